package nn

import (
	"math"

	"etalon/graph"
	"etalon/rng"
)

// Coupling is an affine coupling block (RealNVP: Dinh et al., arXiv:1605.08803,
// eqs. 7-8) as the LaSeR paper's public code uses it. With x = (x1, x2), a =
// (a_s, a_t) = Net(x1):
//
//	s  = tanh(0.1·a_s)              log-scale, soft-clamped to ±1
//	y2 = x2 · exp(s) + 0.1·a_t
//	y  = permute(scale · (x1, y2) + offset)
//
// scale is a learned factor per channel, kept positive as 0.2·softplus(r/2), and
// offset a learned shift. The log-determinant of forward is Σ s + Σ ln scale.
//
// With a Spline, y2 is instead the spline of x2 whose parameters are Net(x1)
// (arXiv:1906.04032, section 3.2).
type Coupling struct {
	Net    MLP     // In: the features that condition; Out = 2·(Dim - In), or the spline's parameters
	Dim    int     // features
	Perm   []int   // feature j of the result is feature Perm[j] of the transformed row
	Spline *Spline // nil: affine
}

const (
	couplingGain = 0.1 // factor on the subnet's output
	scaleGain    = 0.2 // ∂scale: 0.2·softplus(r/2) is 1 at scaleStart
)

// scaleStart is the initial r, for which scale = 1.
var scaleStart = 2 * math.Log(math.Exp(1/scaleGain)-1)

// Init declares the parameters and draws their initial values.
func (c Coupling) Init(p *Params, s rng.Stream) {
	c.Net.Init(p, s)
	p.Add(c.Net.Name+"/scale", c.Dim)
	p.Add(c.Net.Name+"/offset", c.Dim)
	r := p.Values(c.Net.Name + "/scale")
	for i := range r {
		r[i] = float32(scaleStart)
	}
}

func (c Coupling) affine(prefix string, g *graph.Graph) (scale, offset *graph.Node) {
	r := g.Shared(prefix+c.Net.Name+"/scale", c.Dim)
	offset = g.Shared(prefix+c.Net.Name+"/offset", c.Dim)
	return graph.MulScalar(graph.Softplus(graph.MulScalar(r, 0.5)), scaleGain), offset
}

// conditioned returns log-scale and shift of the second part, given the first.
func (c Coupling) conditioned(prefix string, x1 *graph.Node) (s, t *graph.Node) {
	k := c.Dim - c.Net.In
	a := graph.MulScalar(c.Net.Build(prefix, x1), couplingGain)
	return graph.Tanh(graph.Slice(a, 0, k)), graph.Slice(a, k, 2*k)
}

// Forward maps data towards the latent space: x (rows Dim) to y (rows Dim) and
// the log-determinant of the Jacobian (rows 1), in nats.
func (c Coupling) Forward(prefix string, x *graph.Node) (y, logDet *graph.Node) {
	defer x.Graph.Push(prefix + c.Net.Name)()
	k := c.Net.In
	x1, x2 := graph.Slice(x, 0, k), graph.Slice(x, k, c.Dim)
	var y2 *graph.Node
	if c.Spline != nil {
		y2, logDet = c.Spline.Forward(x2, c.Net.Build(prefix, x1))
	} else {
		s, t := c.conditioned(prefix, x1)
		y2, logDet = graph.Add(graph.Mul(x2, graph.Exp(s)), t), graph.SumFeatures(s)
	}
	scale, offset := c.affine(prefix, x.Graph)
	y = graph.Add(graph.Mul(graph.Concat(x1, y2), scale), offset)
	logDet = graph.Add(logDet, graph.SumFeatures(graph.Log(scale)))
	return graph.Permute(y, c.Perm), logDet
}

// Inverse maps y back to x; its log-determinant is minus that of Forward.
func (c Coupling) Inverse(prefix string, y *graph.Node) *graph.Node {
	x, _ := c.inverse(prefix, y, false)
	return x
}

// InverseLogDet is Inverse with the log-determinant of Forward at x (rows 1), in nats.
func (c Coupling) InverseLogDet(prefix string, y *graph.Node) (x, logDet *graph.Node) {
	return c.inverse(prefix, y, true)
}

// inverse adds x, and the log-determinant of Forward at x where det asks for it.
func (c Coupling) inverse(prefix string, y *graph.Node, det bool) (x, logDet *graph.Node) {
	defer y.Graph.Push(prefix + c.Net.Name)()
	inv := make([]int, c.Dim)
	for j, p := range c.Perm {
		inv[p] = j
	}
	scale, offset := c.affine(prefix, y.Graph)
	x = graph.Div(graph.Sub(graph.Permute(y, inv), offset), scale)
	k := c.Net.In
	x1, y2 := graph.Slice(x, 0, k), graph.Slice(x, k, c.Dim)
	var x2 *graph.Node
	if c.Spline != nil {
		a := c.Net.Build(prefix, x1)
		x2 = c.Spline.Inverse(y2, a)
		if det {
			_, logDet = c.Spline.Forward(x2, a)
		}
	} else {
		s, t := c.conditioned(prefix, x1)
		x2 = graph.Mul(graph.Sub(y2, t), graph.Exp(graph.Neg(s)))
		if det {
			logDet = graph.SumFeatures(s)
		}
	}
	if det {
		logDet = graph.Add(logDet, graph.SumFeatures(graph.Log(scale)))
	}
	return graph.Concat(x1, x2), logDet
}
