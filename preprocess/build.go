package preprocess

import (
	"math"

	"etalon/graph"
)

// Build adds T(x) to the graph of rows x, as Forward does.
func (t Transform) Build(x *graph.Node) *graph.Node {
	if !t.Maps() {
		return x
	}
	p := t.parts(x)
	y := make([]*graph.Node, 0, 3)
	if p.plain != nil {
		y = append(y, p.plain)
	}
	if p.log != nil {
		y = append(y, p.log.logarithm(p.logX))
	}
	if p.logit != nil {
		v, _ := p.logit.logits(p.logitX)
		y = append(y, v)
	}
	return p.join(y)
}

// BuildDensity adds T(x) and ln|det ∂T/∂x| (rows 1, nats) to the graph of rows x. The
// latter is -∞ beyond the bounds, where a density of T(x) makes nothing.
func (t Transform) BuildDensity(x *graph.Node) (y, logDet *graph.Node) {
	if !t.Maps() {
		return x, nil
	}
	p := t.parts(x)
	var parts []*graph.Node
	if p.plain != nil {
		parts = append(parts, p.plain)
	}
	if p.log != nil {
		v := p.log.logarithm(p.logX)
		parts = append(parts, v)
		logDet = addTo(logDet, p.log.inside(p.logX, graph.Neg(v)))
	}
	if p.logit != nil {
		v, d := p.logit.logits(p.logitX)
		parts = append(parts, v)
		logDet = addTo(logDet, p.logit.inside(p.logitX, d))
	}
	return p.join(parts), logDet
}

// BuildInverse adds x = T⁻¹(y) to the graph of rows y, as Inverse does, and ln|det ∂T/∂x|
// (rows 1, nats) there; nil where T is the identity.
func (t Transform) BuildInverse(y *graph.Node) (x, logDet *graph.Node) {
	if !t.Maps() {
		return y, nil
	}
	p := t.parts(y)
	var parts []*graph.Node
	if p.plain != nil {
		parts = append(parts, p.plain)
	}
	if v := p.log; v != nil {
		g := y.Graph
		l := graph.Max(graph.Min(p.logX, g.Scalar(highest)), g.Scalar(lowest))
		parts = append(parts, v.clip(graph.Sub(graph.Exp(l), v.of(g, v.offset))))
		logDet = addTo(logDet, graph.SumFeatures(graph.Neg(l)))
	}
	if v := p.logit; v != nil {
		g, l := y.Graph, p.logitX
		parts = append(parts, v.clip(graph.Add(graph.Mul(graph.Sigmoid(l), v.of(g, v.width)), v.of(g, v.lo))))
		// ∂T/∂x = 1/(width·σ(y)·σ(-y))
		d := graph.Sub(graph.Add(graph.Softplus(l), graph.Softplus(graph.Neg(l))), v.of(g, v.logWidth))
		logDet = addTo(logDet, graph.SumFeatures(d))
	}
	return p.join(parts), logDet
}

func addTo(a, b *graph.Node) *graph.Node {
	if a == nil {
		return b
	}
	return graph.Add(a, b)
}

// vectors are the constants of the columns of one kind.
type vectors struct {
	offset, lo, hi, width, logWidth, margin []float64
}

// parted is rows sorted by kind.
type parted struct {
	plain, logX, logitX *graph.Node // nil where there is no such column
	log, logit          *vectors
	back                []int // where each column went
}

// parts sorts the columns by their kinds.
func (t Transform) parts(x *graph.Node) parted {
	var byKind [3][]int
	var consts [3]vectors
	for j, c := range t {
		k := 0
		switch c.Kind {
		case Log:
			k = 1
		case Logit:
			k = 2
		}
		byKind[k] = append(byKind[k], j)
		lo, hi := c.bounds()
		v := &consts[k]
		v.offset = append(v.offset, float64(float32(c.Offset)))
		v.lo, v.hi = append(v.lo, lo), append(v.hi, hi)
		v.width, v.logWidth = append(v.width, hi-lo), append(v.logWidth, math.Log(hi-lo))
		v.margin = append(v.margin, c.margin())
	}
	order := append(append(append([]int(nil), byKind[0]...), byKind[1]...), byKind[2]...)
	p := parted{back: make([]int, len(order))}
	for at, j := range order {
		p.back[j] = at
	}
	x = permute(x, order)
	n0, n1, n2 := len(byKind[0]), len(byKind[1]), len(byKind[2])
	if n0 > 0 {
		p.plain = graph.Slice(x, 0, n0)
	}
	if n1 > 0 {
		p.logX, p.log = graph.Slice(x, n0, n0+n1), &consts[1]
	}
	if n2 > 0 {
		p.logitX, p.logit = graph.Slice(x, n0+n1, n0+n1+n2), &consts[2]
	}
	return p
}

// join puts the columns back to their places.
func (p parted) join(parts []*graph.Node) *graph.Node { return permute(graph.Concat(parts...), p.back) }

// permute leaves the identity away.
func permute(x *graph.Node, order []int) *graph.Node {
	for at, j := range order {
		if at != j {
			return graph.Permute(x, order)
		}
	}
	return x
}

func (v *vectors) of(g *graph.Graph, values []float64) *graph.Node {
	return g.Const(values, len(values))
}

// logarithm adds T of logarithmic columns.
func (v *vectors) logarithm(x *graph.Node) *graph.Node {
	return graph.Log(graph.Max(graph.Add(x, v.of(x.Graph, v.offset)), v.of(x.Graph, v.margin)))
}

// logits adds T of bounded columns, and ln ∂T/∂x of each.
func (v *vectors) logits(x *graph.Node) (y, logSlope *graph.Node) {
	g := x.Graph
	margin := v.of(g, v.margin)
	below := graph.Log(graph.Max(graph.Sub(x, v.of(g, v.lo)), margin))
	above := graph.Log(graph.Max(graph.Sub(v.of(g, v.hi), x), margin))
	return graph.Sub(below, above), graph.Sub(v.of(g, v.logWidth), graph.Add(below, above))
}

// inside adds up the columns' ln ∂T/∂x, -∞ for a column beyond its bounds.
func (v *vectors) inside(x, logSlope *graph.Node) *graph.Node {
	g := x.Graph
	beyond := graph.Max(graph.Sub(v.of(g, v.lo), x), graph.Sub(x, v.of(g, v.hi)))
	return graph.SumFeatures(graph.Select(beyond, g.Scalar(math.Inf(-1)), logSlope))
}

// clip keeps x inside of the bounds.
func (v *vectors) clip(x *graph.Node) *graph.Node {
	g := x.Graph
	return graph.Min(graph.Max(x, v.of(g, v.lo)), v.of(g, v.hi))
}
