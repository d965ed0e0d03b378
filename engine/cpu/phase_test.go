package cpu_test

import (
	"fmt"
	"testing"

	"etalon/graph"
	"etalon/graph/graphtest"
	"etalon/internal/simd"
)

// outputs builds the outputs of a test graph from two inputs of 3 and 1 features.
type outputs func(g *graph.Graph, x, w *graph.Node) []*graph.Node

// checkGraphs compares each graph, with the gradient of the sum of its outputs,
// against the reference.
func checkGraphs(t *testing.T, graphs map[string]outputs) {
	e := engine(t, 2)
	for name, build := range graphs {
		for _, grads := range []bool{false, true} {
			g := graph.New()
			outs := build(g, g.Input("x", 3), g.Input("pos w", 1))
			if grads {
				loss := g.Scalar(0)
				for _, o := range outs {
					loss = graph.Add(loss, spread(o))
				}
				d, err := graph.Grad(loss, graphtest.Leaves(g)...)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				outs = append(outs, d...)
			}
			for _, rows := range []int{1, 49, 600} {
				d := graphtest.Draw(g, rows, 3)
				want := reference(t, g, d, outs...)
				atLevels(func(level simd.Level) {
					for _, block := range []int{48, 336} {
						what := fmt.Sprintf("%s (gradients %v), %d rows in blocks of %d, %v", name, grads, rows, block, level)
						compare(t, what, outs, run(t, e, g, d, block, outs...), want, 1e-5)
					}
				})
			}
		}
	}
}

// spread is a bounded scalar that depends on every element of o.
func spread(o *graph.Node) *graph.Node {
	s := graph.Tanh(graph.MulScalar(graph.SumFeatures(graph.Mul(o, o)), 0.05))
	if s.Rows {
		return graph.MeanRows(s)
	}
	return s
}

// Sums over rows in the middle of a graph cut it into phases.
func TestPhases(t *testing.T) {
	list := func(n ...*graph.Node) []*graph.Node { return n }
	normal := func(p *graph.Node) *graph.Node { return graph.Div(p, graph.MeanRows(p)) }
	checkGraphs(t, map[string]outputs{
		"normalised weights": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			return list(graph.MeanRows(graph.Mul(normal(w), graph.Square(x))))
		},
		"normalised twice": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			p := normal(graph.Exp(x))
			q := normal(graph.Mul(p, w))
			return list(graph.Log(q), graph.MeanRows(graph.Mul(q, x)))
		},
		"normalised four times": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			p := w
			for range 4 {
				p = normal(graph.Exp(graph.Tanh(graph.Sub(graph.Mul(p, w), p))))
			}
			return list(p)
		},
		"batch normalisation": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			d := graph.Sub(x, graph.MeanRows(x))
			s := graph.Sqrt(graph.AddScalar(graph.MeanRows(graph.Square(d)), 0.1))
			return list(graph.LeakyReLU(graph.Add(graph.MatMul(graph.Div(d, s), g.Shared("W", 3, 5)), g.Shared("b", 5)), 0.1))
		},
		"tensor kept for a later phase": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			h := graph.Tanh(graph.MatMul(x, g.Shared("W", 3, 5)))
			m := graph.MeanRows(h)
			return list(graph.Mul(graph.Slice(h, 1, 4), graph.Slice(m, 0, 1)), graph.Permute(h, []int{4, 2, 0, 1, 3}))
		},
		"kept for the phase after the next": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			h := graph.Exp(x)
			p := graph.Mul(w, graph.MeanRows(graph.SumFeatures(h)))
			q := graph.Mul(p, graph.MeanRows(graph.Square(p)))
			return list(graph.Add(h, q))
		},
		"kept view of a view": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			h := graph.Stop(graph.Slice(graph.Exp(x), 0, 2))
			return list(graph.Sub(h, graph.MeanRows(h)), graph.Slice(h, 1, 2))
		},
		"output of the first phase": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			h := graph.Square(x)
			return list(h, graph.Add(x, graph.MeanRows(h)))
		},
		"slice of a tensor of the first phase": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			h := graph.Square(x)
			return list(graph.Slice(h, 2, 3), graph.Mul(x, graph.SumFeatures(graph.MeanRows(h))))
		},
		"input as an output": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			return list(x, graph.Slice(x, 1, 2), graph.Mul(w, graph.MeanRows(x)))
		},
		"random rows in two phases": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			z, u := g.RandomNormal("z", 3), g.RandomUniform("u", 1)
			m := graph.MeanRows(graph.Mul(z, u))
			return list(graph.Mul(graph.Sub(z, m), u), graph.Add(x, m), z, u)
		},
		"weights made of sums": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			cov := graph.Div(graph.OuterSum(x, x), g.RowCount())
			return list(graph.MatMul(graph.Mul(x, w), cov), graph.MatMulT(x, cov), cov)
		},
		"fused layer with a bias made of sums": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			return list(graph.ReLU(graph.Add(graph.MatMul(x, g.Shared("W", 3, 3)), graph.MeanRows(x))))
		},
		"only shared values": func(g *graph.Graph, _, _ *graph.Node) []*graph.Node {
			a := g.Shared("a", 4)
			return list(graph.Exp(a), graph.Concat(graph.Slice(a, 2, 4), graph.Pad(a, 1, 6)), graph.Permute(a, []int{3, 2, 1, 0}), a, g.RowCount())
		},
		"sums of different phases": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			a := graph.MeanRows(x)
			b := graph.MeanRows(graph.Mul(x, a))
			c := graph.MeanRows(graph.Mul(w, graph.Add(graph.Slice(a, 0, 1), graph.Slice(b, 1, 2))))
			return list(a, b, c)
		},
	})
}

// Results may be written over operands only where nobody can tell.
func TestBuffersReused(t *testing.T) {
	list := func(n ...*graph.Node) []*graph.Node { return n }
	one := func(f func(h *graph.Node) *graph.Node) outputs {
		return func(_ *graph.Graph, x, _ *graph.Node) []*graph.Node { return list(f(graph.Tanh(x))) }
	}
	part := func(h *graph.Node) *graph.Node { return graph.Slice(h, 1, 2) }
	checkGraphs(t, map[string]outputs{
		"times a part of itself":     one(func(h *graph.Node) *graph.Node { return graph.Mul(h, part(h)) }),
		"a part minus the whole":     one(func(h *graph.Node) *graph.Node { return graph.Sub(part(h), h) }),
		"first part over the whole":  one(func(h *graph.Node) *graph.Node { return graph.Div(graph.Slice(h, 0, 1), graph.AddScalar(h, 3)) }),
		"twice the same":             one(func(h *graph.Node) *graph.Node { return graph.Mul(h, h) }),
		"the same behind a stop":     one(func(h *graph.Node) *graph.Node { return graph.Sub(graph.Stop(h), h) }),
		"select of itself":           one(func(h *graph.Node) *graph.Node { return graph.Select(h, h, graph.Neg(h)) }),
		"select by a part of itself": one(func(h *graph.Node) *graph.Node { return graph.Select(part(h), h, graph.Square(h)) }),
		"select a part of itself":    one(func(h *graph.Node) *graph.Node { return graph.Select(h, part(h), h) }),
		"select by the last": one(func(h *graph.Node) *graph.Node {
			return graph.Select(graph.Square(h), graph.Neg(h), graph.Slice(h, 2, 3))
		}),
		"mask of itself":             one(func(h *graph.Node) *graph.Node { return graph.LeakyMask(h, h, 0.25) }),
		"mask by a part of itself":   one(func(h *graph.Node) *graph.Node { return graph.LeakyMask(h, part(h), 0.25) }),
		"a part masked by the whole": one(func(h *graph.Node) *graph.Node { return graph.LeakyMask(part(h), h, 0.25) }),
		"permuted into itself": one(func(h *graph.Node) *graph.Node {
			return graph.Permute(graph.Permute(h, []int{1, 2, 0}), []int{1, 2, 0})
		}),
		"concat of swapped parts":      one(func(h *graph.Node) *graph.Node { return graph.Concat(graph.Slice(h, 1, 3), graph.Slice(h, 0, 1)) }),
		"overlapping parts":            one(func(h *graph.Node) *graph.Node { return graph.Add(graph.Slice(h, 0, 2), graph.Slice(h, 1, 3)) }),
		"one feature against its copy": one(func(h *graph.Node) *graph.Node { s := graph.SumFeatures(h); return graph.Mul(s, graph.Expand(s, 3)) }),
		"padded and cut": one(func(h *graph.Node) *graph.Node {
			return graph.Mul(graph.Slice(graph.Pad(h, 2, 6), 1, 4), h)
		}),
		"operand needed later": one(func(h *graph.Node) *graph.Node {
			b := graph.Neg(h)
			c := graph.Add(graph.Exp(h), b)
			return graph.Mul(graph.Mul(b, c), graph.Sub(h, c))
		}),
		"part needed later": one(func(h *graph.Node) *graph.Node {
			p := part(h)
			return graph.Concat(graph.Exp(h), p, graph.Square(h))
		}),
		"output overwritten by none": func(_ *graph.Graph, x, _ *graph.Node) []*graph.Node {
			a := graph.Tanh(x)
			b := graph.Neg(a)
			c := graph.Exp(b)
			return list(a, b, c, graph.Square(c), graph.Slice(b, 1, 3), b)
		},
		"nobody reads a part": func(_ *graph.Graph, x, w *graph.Node) []*graph.Node {
			h := graph.Concat(graph.Exp(x), w)
			return list(graph.SumRows(graph.Slice(h, 3, 4)))
		},
	})
}

// Products with and without what may be fused to them.
func TestFusedProducts(t *testing.T) {
	list := func(n ...*graph.Node) []*graph.Node { return n }
	layer := func(g *graph.Graph, x *graph.Node, n int) (y, a, h *graph.Node) {
		y = graph.MatMul(x, g.Shared("W", x.Width(), n))
		a = graph.Add(y, g.Shared("b", n))
		return y, a, graph.LeakyReLU(a, 0.25)
	}
	checkGraphs(t, map[string]outputs{
		"layer":             func(g *graph.Graph, x, _ *graph.Node) []*graph.Node { _, _, h := layer(g, x, 5); return list(h) },
		"product as output": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node { y, _, h := layer(g, x, 5); return list(h, y) },
		"sum as output":     func(g *graph.Graph, x, _ *graph.Node) []*graph.Node { _, a, h := layer(g, x, 5); return list(a, h) },
		"all as outputs":    func(g *graph.Graph, x, _ *graph.Node) []*graph.Node { y, a, h := layer(g, x, 5); return list(y, a, h) },
		"product read twice": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			y, _, h := layer(g, x, 5)
			return list(graph.Mul(h, graph.Tanh(y)))
		},
		"sum read twice": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			_, a, h := layer(g, x, 5)
			return list(graph.Mul(h, graph.Tanh(a)))
		},
		"part of a product": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			y := graph.MatMul(x, g.Shared("W", 3, 5))
			return list(graph.ReLU(graph.Add(graph.Slice(y, 1, 4), g.Shared("b", 3))))
		},
		"two biases": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			_, a, _ := layer(g, x, 5)
			return list(graph.ReLU(graph.Add(g.Shared("c", 5), a)))
		},
		"product plus product": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			return list(graph.ReLU(graph.Add(graph.MatMul(x, g.Shared("W", 3, 5)), graph.MatMul(w, g.Shared("V", 1, 5)))))
		},
		"activation without bias": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			return list(graph.LeakyReLU(graph.MatMul(x, g.Shared("W", 3, 5)), 0.25))
		},
		"product of a part": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			_, _, h := layer(g, graph.Slice(x, 1, 3), 5)
			return list(h)
		},
		"deep": func(g *graph.Graph, x, _ *graph.Node) []*graph.Node {
			return list(mlp(g, x, "f", 17, 16, 33, 2))
		},
		"two networks over one set of weights": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			return list(graph.Sub(mlp(g, x, "f", 7, 2), mlp(g, graph.Mul(x, w), "f", 7, 2)))
		},
		"masked twice": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			y := graph.MatMul(x, g.Shared("W", 3, 3))
			return list(graph.LeakyMask(graph.LeakyMask(y, x, 0.25), graph.Neg(x), 0.5))
		},
		"weight and bias gradients": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			d := graph.MatMul(x, g.Shared("W", 3, 6))
			return list(graph.Div(graph.OuterSum(x, d), g.RowCount()), graph.Square(graph.MeanRows(d)), graph.Div(graph.OuterSum(d, w), g.RowCount()))
		},
		"one bias sum for two products": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			d := graph.Tanh(graph.MatMul(x, g.Shared("W", 3, 6)))
			b := graph.Exp(graph.MeanRows(d))
			return list(b, graph.Div(graph.OuterSum(x, d), g.RowCount()), graph.Div(graph.OuterSum(w, d), g.RowCount()), graph.Neg(graph.MeanRows(d)))
		},
		"bias sum of another phase": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			d := graph.Tanh(graph.MatMul(x, g.Shared("W", 3, 6)))
			m := graph.Exp(graph.Neg(graph.MeanRows(d)))
			return list(graph.Div(graph.OuterSum(graph.Mul(x, graph.Slice(m, 0, 1)), d), g.RowCount()))
		},
		"bias sum as an output": func(g *graph.Graph, x, w *graph.Node) []*graph.Node {
			d := graph.MulScalar(graph.MatMul(x, g.Shared("W", 3, 6)), 0.01)
			return list(graph.OuterSum(graph.MulScalar(x, 0.1), d), graph.SumRows(d))
		},
	})
}
