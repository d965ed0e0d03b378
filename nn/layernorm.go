package nn

import "etalon/graph"

// LayerNorm shifts and scales the features of each row to mean 0 and variance 1,
//
//	y = (x − mean)/√(var + Eps) · W + b
//
// with the variance of the n features themselves (divided by n): Ba et al. 2016,
// arXiv:1607.06450, eq. 3, and PyTorch's nn.LayerNorm.
//
// It takes volumes of Positions × Channels features, channels last. Mean and variance
// are those of all features, and the parameters NAME/W and NAME/b have an element for
// each: nn.LayerNorm of shape [C, D, H, W]. With PerChannel every channel has its mean and
// variance over the positions, and NAME/W and NAME/b an element for each position, which
// the channels share: nn.LayerNorm of shape [D, H, W] on (N, C, D, H, W).
type LayerNorm struct {
	Name       string
	Positions  int
	Channels   int // 0 means 1
	PerChannel bool
	Eps        float64 // 0 means 1e-5
}

func (l LayerNorm) sizes() (channels, params int, eps float64) {
	channels, eps = max(l.Channels, 1), l.Eps
	if eps == 0 {
		eps = 1e-5
	}
	if l.PerChannel {
		return channels, l.Positions, eps
	}
	return channels, l.Positions * channels, eps
}

// Init declares the parameters: W one, b zero.
func (l LayerNorm) Init(p *Params) {
	_, n, _ := l.sizes()
	p.Add(l.Name+"/W", n)
	p.Add(l.Name+"/b", n)
	w := p.Values(l.Name + "/W")
	for i := range w {
		w[i] = 1
	}
}

// Build adds the layer to the graph of x (rows Positions·Channels).
func (l LayerNorm) Build(prefix string, x *graph.Node) *graph.Node {
	g := x.Graph
	defer g.Push(prefix + l.Name)()
	channels, n, eps := l.sizes()
	w, b := g.Shared(prefix+l.Name+"/W", n), g.Shared(prefix+l.Name+"/b", n)
	mean, spread := graph.MeanFeatures, func(a *graph.Node) *graph.Node { return a }
	if l.PerChannel && channels > 1 {
		mean = func(a *graph.Node) *graph.Node {
			return graph.MulScalar(graph.SumRepeats(a, l.Positions, 1), 1/float64(l.Positions))
		}
		spread = func(a *graph.Node) *graph.Node { return graph.Repeat(a, l.Positions, 1) }
		w, b = graph.Repeat(graph.ToRows(w), 1, channels), graph.Repeat(graph.ToRows(b), 1, channels)
	}
	d := graph.Sub(x, spread(mean(x)))
	scale := graph.Div(g.Scalar(1), graph.Sqrt(graph.AddScalar(mean(graph.Square(d)), eps)))
	return graph.Add(graph.Mul(graph.Mul(d, spread(scale)), w), b)
}
