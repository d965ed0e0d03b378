package nn

import (
	"etalon/graph"
	"etalon/rng"
)

// Conv3D is a convolution of volumes with a bias for each filter: PyTorch's
// nn.Conv3d. Volumes are rows of features with the channels last (graph.ConvGeometry).
// Its parameters are NAME/W (taps·Channels × Filters), whose element
// [((kz·KH+ky)·KW+kx)·Channels + c][f] is PyTorch's weight[f][c][kz][ky][kx], and NAME/b (Filters).
type Conv3D struct {
	Name     string
	In       [3]int // positions along z, y, x
	Channels int    // of the volume that comes in
	Filters  int    // channels of the volume that goes out
	Kernel   [3]int
	Stride   [3]int // 0 means 1
	Pad      [3]int // zeros on both sides, less than Kernel
	NoBias   bool
}

// Geometry returns the sizes of the convolution.
func (l Conv3D) Geometry() graph.ConvGeometry {
	return graph.ConvGeometry{In: l.In, Kernel: l.Kernel, Stride: strides(l.Stride), Pad: l.Pad, Channels: l.Channels, Filters: l.Filters}
}

// Out returns the positions of the volume that goes out. Err of the graph tells, after
// Build, about sizes that make no sense.
func (l Conv3D) Out() [3]int { return l.Geometry().Out() }

// Init declares the parameters and draws them as PyTorch does: weights and biases
// uniform in ±1/√(Channels·taps).
func (l Conv3D) Init(p *Params, s rng.Stream) {
	initConv(p, s, l.Name, l.Geometry(), l.Filters, l.NoBias)
}

// Build adds the layer to the graph of x (rows, a volume In of Channels).
func (l Conv3D) Build(prefix string, x *graph.Node) *graph.Node {
	g, c := x.Graph, l.Geometry()
	defer g.Push(prefix + l.Name)()
	y := graph.Conv(x, convWeights(g, prefix+l.Name, c), c)
	return addBias(y, prefix+l.Name, l.Filters, l.NoBias)
}

// ConvTranspose3D is a transposed convolution with a bias for each filter:
// PyTorch's nn.ConvTranspose3d. Its parameters are NAME/W (taps·Filters × Channels), whose element
// [((kz·KH+ky)·KW+kx)·Filters + f][c] is PyTorch's weight[c][f][kz][ky][kx], and NAME/b (Filters).
type ConvTranspose3D struct {
	Name     string
	In       [3]int // positions along z, y, x
	Channels int    // of the volume that comes in
	Filters  int    // channels of the volume that goes out
	Kernel   [3]int
	Stride   [3]int // 0 means 1
	Pad      [3]int // positions cut off on both sides, less than Kernel
	OutPad   [3]int // positions added at the end, less than Stride
	NoBias   bool
}

// Geometry returns the sizes of the convolution of which the layer is the
// transpose. Errors: sizes that make no sense.
func (l ConvTranspose3D) Geometry() (graph.ConvGeometry, error) {
	c := graph.ConvGeometry{Kernel: l.Kernel, Stride: strides(l.Stride), Pad: l.Pad, Channels: l.Filters, Filters: l.Channels}
	return c.Transposed(l.In, l.OutPad)
}

// Out returns the positions of the volume that goes out: (In − 1)·Stride − 2·Pad + Kernel + OutPad.
func (l ConvTranspose3D) Out() [3]int {
	c, _ := l.Geometry()
	return c.In
}

// Init declares the parameters and draws them as PyTorch does: weights and biases
// uniform in ±1/√(Filters·taps).
func (l ConvTranspose3D) Init(p *Params, s rng.Stream) {
	c, _ := l.Geometry()
	initConv(p, s, l.Name, c, l.Filters, l.NoBias)
}

// Build adds the layer to the graph of x (rows, a volume In of Channels).
func (l ConvTranspose3D) Build(prefix string, x *graph.Node) *graph.Node {
	g := x.Graph
	defer g.Push(prefix + l.Name)()
	c, err := l.Geometry()
	if err != nil {
		return g.Fail(err)
	}
	y := graph.ConvTranspose(x, convWeights(g, prefix+l.Name, c), c)
	return addBias(y, prefix+l.Name, l.Filters, l.NoBias)
}

func strides(s [3]int) [3]int {
	for i := range s {
		if s[i] == 0 {
			s[i] = 1
		}
	}
	return s
}

func initConv(p *Params, s rng.Stream, name string, c graph.ConvGeometry, filters int, noBias bool) {
	rows, columns := c.WeightShape()
	p.Add(name+"/W", rows, columns)
	var b []float32
	if !noBias {
		p.Add(name+"/b", filters)
		b = p.Values(name + "/b")
	}
	TorchUniform.fill(p.Values(name+"/W"), b, rows, columns, 0, false, s.Sub(name))
}

func convWeights(g *graph.Graph, name string, c graph.ConvGeometry) *graph.Node {
	rows, columns := c.WeightShape()
	return g.Shared(name+"/W", rows, columns)
}

func addBias(y *graph.Node, name string, filters int, noBias bool) *graph.Node {
	if noBias {
		return y
	}
	return graph.AddChannels(y, y.Graph.Shared(name+"/b", filters))
}
