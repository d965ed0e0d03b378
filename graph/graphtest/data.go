package graphtest

import (
	"math"
	"strings"

	"etalon/graph"
	"etalon/rng"
)

// Held starts the names of leaves in cases that only a stopped node reads: their
// gradient is zero, whatever finite differences say.
const Held = "held "

// Data holds values for the leaves of a graph, row-major. Every value is exactly
// a float32.
type Data struct {
	Rows          int
	Input, Shared map[string][]float64
}

// Limit bounds the absolute values that Draw and Grid make.
const Limit = 2

// gridUnit is the distance of neighbouring values of Grid.
const gridUnit = 0x1p-3

// positive starts the names of leaves that are drawn from [0.5, Limit].
const positive = "pos"

// Draw fills the leaves with independent deviates, uniform in ±Limit.
func Draw(g *graph.Graph, rows int, seed uint64) Data {
	return draw(g, rows, seed, func(u float64) float64 { return u })
}

// Grid is Draw with values rounded to multiples of 1/8, so that short sums and
// products of them are exact in float32 and ties are met.
func Grid(g *graph.Graph, rows int, seed uint64) Data {
	return draw(g, rows, seed, func(u float64) float64 { return gridUnit * math.Round(u/gridUnit) })
}

func draw(g *graph.Graph, rows int, seed uint64, round func(float64) float64) Data {
	d := Data{Rows: rows, Input: map[string][]float64{}, Shared: map[string][]float64{}}
	for _, n := range g.Nodes() {
		size, into := n.Size(), d.Shared
		switch n.Op {
		case graph.OpInput:
			size, into = size*rows, d.Input
		case graph.OpShared:
		default:
			continue
		}
		s := rng.New(seed, n.Name)
		v := make([]float64, size)
		for i := range v {
			u := s.Uniform(0, uint64(i), 0)
			if strings.HasPrefix(n.Name, positive) {
				u = 0.5 + (Limit-0.5)*u
			} else {
				u = Limit * (2*u - 1)
			}
			v[i] = float64(float32(round(u)))
		}
		into[n.Name] = v
	}
	return d
}

// Float32 returns the values as an engine takes them.
func Float32(from map[string][]float64) map[string][]float32 {
	to := make(map[string][]float32, len(from))
	for name, v := range from {
		f := make([]float32, len(v))
		for i, x := range v {
			f[i] = float32(x)
		}
		to[name] = f
	}
	return to
}

// Leaves lists the inputs and shared tensors of a graph.
func Leaves(g *graph.Graph) []*graph.Node {
	var list []*graph.Node
	for _, n := range g.Nodes() {
		if n.Op == graph.OpInput || n.Op == graph.OpShared {
			list = append(list, n)
		}
	}
	return list
}

// Kinks adds nodes that are zero where the graph built so far is not
// differentiable. Finite differences need all of them well away from zero.
func Kinks(g *graph.Graph) []*graph.Node {
	var list []*graph.Node
	for _, n := range g.Nodes() {
		switch n.Op {
		case graph.OpMax, graph.OpMin:
			list = append(list, graph.Sub(n.In[0], n.In[1]))
		case graph.OpLeaky, graph.OpAbs, graph.OpSign, graph.OpStep, graph.OpSelect:
			list = append(list, n.In[0])
		case graph.OpFloor: // just above an integer, and just below
			up := graph.Sub(n.In[0], graph.Floor(n.In[0]))
			list = append(list, up, graph.AddScalar(graph.Neg(up), 1))
		case graph.OpLeakyMask:
			list = append(list, n.In[1])
		}
	}
	return list
}

// Contract sums all elements of y, each times an element of a new leaf, to a
// shared scalar: a loss whose adjoints are all different.
func Contract(y *graph.Node) *graph.Node {
	g := y.Graph
	if y.Rows {
		return graph.SumRows(graph.SumFeatures(graph.Mul(y, g.Input("cotangent", y.Width()))))
	}
	return graph.SumFeatures(graph.Mul(y, g.Shared("cotangent", y.Shape...)))
}
