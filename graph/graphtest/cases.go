package graphtest

import (
	"fmt"
	"strconv"
	"strings"

	"etalon/graph"
)

// Case is a small graph around one operation.
type Case struct {
	Name  string
	Build func(g *graph.Graph) *graph.Node // the result of the operation
}

// operand makes an operand of a kind, as kinds stand in the names of cases: r rows,
// s shared vector, m shared matrix, t shared vector spread over the rows, e one
// feature spread over the features, v features 1… of wider rows (a view). The digits
// are the shape.
func operand(g *graph.Graph, kind, name string) *graph.Node {
	w, err := strconv.Atoi(kind[1:])
	if err != nil {
		panic(err)
	}
	switch kind[0] {
	case 'r':
		return g.Input(name, w)
	case 's':
		return g.Shared(name, w)
	case 'm':
		return g.Shared(name, w/10, w%10)
	case 't':
		return graph.ToRows(g.Shared(name, w))
	case 'e':
		return graph.Expand(g.Input(name, 1), w)
	case 'v':
		return graph.Slice(g.Input(name, w+2), 1, 1+w)
	}
	panic(kind)
}

var (
	singles = []string{"r3", "r1", "s3", "s1", "m23", "m11", "t3", "e3", "v3"}
	pairs   = []string{
		"r3 r3", "r3 r1", "r1 r3", "r1 r1", "r3 s3", "s3 r3", "r3 s1", "s1 r3", "r1 s3", "s3 r1", "r1 s1", "r3 m11",
		"s3 s3", "s3 s1", "s1 s3", "s1 s1", "m23 m23", "m23 s1", "s1 m23", "m11 m11", "m11 s1", "s3 m11",
		"r3 t3", "t3 r3", "t3 t3", "t3 s3", "t1 r3", "r1 t3", "t3 r1", "e3 r3", "r3 e3", "e3 e3", "e3 s3", "e3 t3", "e3 r1",
		"v3 r3", "r3 v3", "v3 v3", "v1 r3", "v3 s3", "s3 v3", "v3 e3",
	}
	triples = []string{
		"r3 r3 r3", "r1 r3 r3", "r3 r1 r3", "r3 r3 r1", "s3 r3 r3", "r3 s3 r3", "r3 r3 s3", "r3 s3 s1", "s1 r3 r3", "s3 s1 r3",
		"s3 s3 s3", "s3 s1 s3", "m23 m23 m23", "m23 s1 m23", "s1 m23 s1", "r1 s3 s3", "t3 t3 t3", "e3 r3 s3", "v3 v3 v3", "r1 s1 s1", "r3 m11 t3",
	}
)

// elementwise makes a case for each kind of operands.
func elementwise(kinds []string, names []string, f func(in []*graph.Node) *graph.Node) []Case {
	var list []Case
	for _, k := range kinds {
		list = append(list, Case{k, func(g *graph.Graph) *graph.Node {
			var in []*graph.Node
			for i, kind := range strings.Fields(k) {
				in = append(in, operand(g, kind, names[i]))
			}
			return f(in)
		}})
	}
	return list
}

func unary(f func(a *graph.Node) *graph.Node) []Case {
	return elementwise(singles, []string{"a"}, func(in []*graph.Node) *graph.Node { return f(in[0]) })
}

func unaryPositive(f func(a *graph.Node) *graph.Node) []Case {
	return elementwise(singles, []string{"pos a"}, func(in []*graph.Node) *graph.Node { return f(in[0]) })
}

func binary(f func(a, b *graph.Node) *graph.Node) []Case {
	list := elementwise(pairs, []string{"a", "b"}, func(in []*graph.Node) *graph.Node { return f(in[0], in[1]) })
	return append(list,
		Case{"same operand", func(g *graph.Graph) *graph.Node { a := g.Input("a", 3); return f(a, a) }},
		Case{"with a part of itself", func(g *graph.Graph) *graph.Node { a := g.Input("a", 3); return f(a, graph.Slice(a, 1, 2)) }},
		Case{"two parts of one", func(g *graph.Graph) *graph.Node {
			a := g.Input("a", 5)
			return f(graph.Slice(a, 0, 3), graph.Slice(a, 2, 5))
		}})
}

// Cases returns the cases of every operation.
func Cases() map[graph.Op][]Case {
	one := func(name string, build func(g *graph.Graph) *graph.Node) Case { return Case{name, build} }
	divisor := elementwise(pairs, []string{"a", "pos b"}, func(in []*graph.Node) *graph.Node { return graph.Div(in[0], in[1]) })
	cases := map[graph.Op][]Case{
		graph.OpInput:  {one("rows", func(g *graph.Graph) *graph.Node { return g.Input("a", 3) })},
		graph.OpShared: {one("matrix", func(g *graph.Graph) *graph.Node { return g.Shared("a", 2, 3) })},
		graph.OpConst: {
			one("vector", func(g *graph.Graph) *graph.Node {
				return graph.Mul(g.Const([]float64{0.5, -2, 3}, 3), g.Input("a", 3))
			}),
			one("matrix", func(g *graph.Graph) *graph.Node {
				return graph.MatMul(g.Input("a", 2), g.Const([]float64{1, 2, 3, 4, 5, 6}, 2, 3))
			}),
		},
		graph.OpRandomNormal:  {one("times rows", func(g *graph.Graph) *graph.Node { return graph.Mul(g.RandomNormal("n", 5), g.Input("a", 5)) })},
		graph.OpRandomUniform: {one("times rows", func(g *graph.Graph) *graph.Node { return graph.Mul(g.RandomUniform("u", 3), g.Input("a", 3)) })},
		graph.OpRowCount:      {one("mean", func(g *graph.Graph) *graph.Node { return graph.MeanRows(g.Input("a", 3)) })},

		graph.OpAdd: binary(graph.Add), graph.OpSub: binary(graph.Sub), graph.OpMul: binary(graph.Mul),
		graph.OpDiv: divisor, graph.OpMax: binary(graph.Max), graph.OpMin: binary(graph.Min),

		graph.OpNeg: unary(graph.Neg), graph.OpExp: unary(graph.Exp), graph.OpLog: unaryPositive(graph.Log),
		graph.OpTanh: unary(graph.Tanh), graph.OpSigmoid: unary(graph.Sigmoid), graph.OpSoftplus: unary(graph.Softplus),
		graph.OpLeaky:  append(unary(graph.ReLU), unary(func(a *graph.Node) *graph.Node { return graph.LeakyReLU(a, 0.25) })...),
		graph.OpSquare: unary(graph.Square), graph.OpSqrt: unaryPositive(graph.Sqrt), graph.OpAbs: unary(graph.Abs),
		graph.OpSign: unary(graph.Sign), graph.OpStep: unary(graph.Step), graph.OpFloor: unary(graph.Floor),
		graph.OpStop: elementwise(singles, []string{Held + "a"}, func(in []*graph.Node) *graph.Node {
			a := in[0]
			if a.Rows {
				return graph.Mul(graph.Stop(a), a.Graph.Input("b", a.Width()))
			}
			return graph.Mul(graph.Stop(a), a.Graph.Shared("b", a.Shape...))
		}),

		graph.OpSelect: elementwise(triples, []string{"a", "b", "c"}, func(in []*graph.Node) *graph.Node { return graph.Select(in[0], in[1], in[2]) }),
		graph.OpLeakyMask: append(binary(func(a, b *graph.Node) *graph.Node { return graph.LeakyMask(a, b, 0.25) }),
			binary(func(a, b *graph.Node) *graph.Node { return graph.LeakyMask(a, b, 0) })...),
	}
	for op, list := range featureCases() {
		cases[op] = list
	}
	for op, list := range cases {
		for i := range list {
			list[i].Name = fmt.Sprintf("%v/%s", op, list[i].Name)
		}
	}
	return cases
}
