package graphtest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"etalon/graph"
	"etalon/rng"
)

// Random makes a graph of some operations over rows and shared tensors, and
// returns a few of its nodes and a loss that depends on several of them. Stop is
// graph.Stop, or what is to stand in its place in an otherwise equal graph.
//
// Values stay of order one for leaves within ±Limit. Operations with kinks or
// jumps take only values that are exact in float32 when the leaves come from
// Grid, so that engines of any precision agree about the side they are on.
func Random(seed uint64, ops int, stop func(a *graph.Node) *graph.Node) (g *graph.Graph, loss *graph.Node, outs []*graph.Node) {
	b := &generator{g: graph.New(), stop: stop, rand: rand.New(rng.New(seed, "graphtest").Source(0))}
	b.input(1 + b.rand.IntN(5))
	b.input(1 + b.rand.IntN(5))
	for range ops {
		b.grow()
	}
	last := len(b.nodes) - 1
	loss = b.g.Scalar(0)
	for k := range 4 {
		n := b.nodes[max(0, last-k*(1+b.rand.IntN(4)))].n
		if n.Op == graph.OpShared || n.Op == graph.OpInput {
			continue
		}
		outs = append(outs, n)
		s := graph.Tanh(graph.SumFeatures(n))
		if s.Rows {
			s = graph.MeanRows(s)
		}
		loss = graph.Add(loss, graph.MulScalar(s, float64(k+1)))
	}
	return b.g, loss, outs
}

// value is a node with what is known of its elements.
type value struct {
	n     *graph.Node
	bound float64 // of the absolute values
	unit  float64 // all elements are multiples of it; 0 where that is not known
}

// exact tells whether all elements are exactly representable in float32.
func (v value) exact() bool { return v.unit > 0 && v.bound/v.unit < 1<<22 }

type generator struct {
	g      *graph.Graph
	rand   *rand.Rand
	stop   func(a *graph.Node) *graph.Node
	nodes  []value
	leaves int
}

func (b *generator) add(n *graph.Node, bound, unit float64) value {
	v := value{n, bound, unit}
	if bound > 10 {
		v = value{graph.MulScalar(graph.Tanh(graph.MulScalar(n, 2/bound)), 2), 2, 0}
	}
	b.nodes = append(b.nodes, v)
	return v
}

func (b *generator) name() string { b.leaves++; return fmt.Sprintf("x%d", b.leaves) }

func (b *generator) input(width int) value { return b.add(b.g.Input(b.name(), width), Limit, gridUnit) }

func (b *generator) vector(width int) value {
	return b.add(b.g.Shared(b.name(), width), Limit, gridUnit)
}

// pick returns a node that satisfies ok, favouring late ones, or what make makes.
func (b *generator) pick(ok func(v value) bool, otherwise func() value) value {
	var fit []value
	for _, v := range b.nodes {
		if ok(v) {
			fit = append(fit, v)
		}
	}
	if len(fit) == 0 || b.rand.IntN(10) == 0 {
		return otherwise()
	}
	if b.rand.IntN(2) == 0 {
		return fit[len(fit)-1-b.rand.IntN(min(3, len(fit)))]
	}
	return fit[b.rand.IntN(len(fit))]
}

func (b *generator) rows() value {
	return b.pick(func(v value) bool { return v.n.Rows }, func() value { return b.input(1 + b.rand.IntN(5)) })
}

func (b *generator) exactRows() value {
	return b.pick(func(v value) bool { return v.n.Rows && v.exact() }, func() value { return b.input(1 + b.rand.IntN(5)) })
}

// any returns rows or, at times, a shared vector.
func (b *generator) any() value {
	if b.rand.IntN(6) > 0 {
		return b.rows()
	}
	return b.pick(func(v value) bool { return !v.n.Rows && len(v.n.Shape) == 1 }, func() value { return b.vector(1 + b.rand.IntN(5)) })
}

// partner returns an operand that broadcasts with a.
func (b *generator) partner(a value, exact bool) value {
	return b.pick(func(v value) bool {
		w := v.n.Width()
		return len(v.n.Shape) == 1 && (w == a.n.Width() || w == 1 || a.n.Width() == 1) && (!exact || v.exact())
	}, func() value {
		if b.rand.IntN(2) == 0 {
			return b.vector(a.n.Width())
		}
		return b.input(a.n.Width())
	})
}

// small returns a with a bound of at most limit, squeezed if need be.
func (b *generator) small(a value, limit float64) (*graph.Node, float64) {
	if a.bound <= limit {
		return a.n, a.bound
	}
	return graph.Tanh(a.n), 1
}

// matrix returns a shared matrix of the shape: a leaf, or one made of rows.
func (b *generator) matrix(k, n int) value {
	return b.pick(func(v value) bool { return len(v.n.Shape) == 2 && v.n.Shape[0] == k && v.n.Shape[1] == n },
		func() value { return b.add(b.g.Shared(b.name(), k, n), Limit, gridUnit) })
}

// product units and bounds: of a sum of k products.
func dot(a, w value, k int) (bound, unit float64) {
	return float64(k) * a.bound * w.bound, a.unit * w.unit
}

// lesser is the unit of sums of multiples of both.
func lesser(a, b value) float64 { return math.Min(a.unit, b.unit) }
