package graphtest

import "etalon/graph"

// featureCases are the cases of the operations that move features and of those
// that multiply or add up.
func featureCases() map[graph.Op][]Case {
	type builder = func(g *graph.Graph) *graph.Node
	rows := func(f func(a *graph.Node) *graph.Node) builder {
		return func(g *graph.Graph) *graph.Node { return f(g.Input("a", 5)) }
	}
	shared := func(f func(a *graph.Node) *graph.Node) builder {
		return func(g *graph.Graph) *graph.Node { return f(g.Shared("a", 5)) }
	}
	// A tensor that is made, not given, and dies in the operation.
	made := func(f func(a *graph.Node) *graph.Node) builder {
		return func(g *graph.Graph) *graph.Node { return f(graph.Tanh(g.Input("a", 5))) }
	}
	both := func(f func(a *graph.Node) *graph.Node) []Case {
		return []Case{{"rows", rows(f)}, {"shared", shared(f)}, {"made", made(f)}}
	}
	slice := func(a *graph.Node) *graph.Node { return graph.Slice(a, 1, 4) }
	pad := func(a *graph.Node) *graph.Node { return graph.Pad(a, 2, 9) }
	perm := func(a *graph.Node) *graph.Node { return graph.Permute(a, []int{3, 0, 4, 1, 2}) }
	list := map[graph.Op][]Case{
		graph.OpConcat: {
			{"rows", func(g *graph.Graph) *graph.Node {
				return graph.Concat(g.Input("a", 2), g.Input("b", 1), g.Input("c", 3))
			}},
			{"shared", func(g *graph.Graph) *graph.Node { return graph.Concat(g.Shared("a", 2), g.Shared("b", 3)) }},
			{"twice the same", rows(func(a *graph.Node) *graph.Node { return graph.Concat(a, a) })},
			{"parts in another order", rows(func(a *graph.Node) *graph.Node {
				return graph.Concat(graph.Slice(a, 3, 5), graph.Slice(a, 0, 3))
			})},
			{"spread", func(g *graph.Graph) *graph.Node {
				return graph.Concat(graph.ToRows(g.Shared("a", 2)), graph.Expand(g.Input("b", 1), 3))
			}},
		},
		graph.OpSlice:       append(both(slice), Case{"of a slice", rows(func(a *graph.Node) *graph.Node { return graph.Slice(slice(a), 1, 3) })}),
		graph.OpPad:         append(both(pad), Case{"of a slice", rows(func(a *graph.Node) *graph.Node { return pad(slice(a)) })}),
		graph.OpPermute:     append(both(perm), Case{"of a slice", rows(func(a *graph.Node) *graph.Node { return graph.Permute(slice(a), []int{2, 0, 1}) })}),
		graph.OpSumFeatures: append(both(graph.SumFeatures), Case{"matrix", func(g *graph.Graph) *graph.Node { return graph.SumFeatures(g.Shared("a", 2, 3)) }}, Case{"mean", rows(graph.MeanFeatures)}),
		graph.OpExpand: {
			{"rows", func(g *graph.Graph) *graph.Node { return graph.Expand(g.Input("a", 1), 4) }},
			{"shared", func(g *graph.Graph) *graph.Node { return graph.Expand(g.Shared("a", 1), 4) }},
			{"to a matrix", func(g *graph.Graph) *graph.Node { return graph.Expand(g.Shared("a", 1), 2, 3) }},
			{"into a product", func(g *graph.Graph) *graph.Node {
				return graph.MatMul(graph.Expand(g.Input("a", 1), 2), g.Shared("b", 2, 3))
			}},
		},
		graph.OpMatMul: {
			{"wide", func(g *graph.Graph) *graph.Node { return graph.MatMul(g.Input("a", 2), g.Shared("b", 2, 5)) }},
			{"narrow", func(g *graph.Graph) *graph.Node { return graph.MatMul(g.Input("a", 5), g.Shared("b", 5, 1)) }},
			{"one by one", func(g *graph.Graph) *graph.Node { return graph.MatMul(g.Input("a", 1), g.Shared("b", 1, 1)) }},
			{"transposed", func(g *graph.Graph) *graph.Node { return graph.MatMulT(g.Input("a", 3), g.Shared("b", 4, 3)) }},
			{"bias", func(g *graph.Graph) *graph.Node {
				return graph.Add(graph.MatMul(g.Input("a", 3), g.Shared("b", 3, 4)), g.Shared("c", 4))
			}},
			{"bias first, leaky", func(g *graph.Graph) *graph.Node {
				return graph.LeakyReLU(graph.Add(g.Shared("c", 4), graph.MatMulT(g.Input("a", 3), g.Shared("b", 4, 3))), 0.25)
			}},
			{"masked", func(g *graph.Graph) *graph.Node {
				return graph.LeakyMask(graph.MatMul(g.Input("a", 3), g.Shared("b", 3, 4)), g.Input("c", 4), 0.25)
			}},
			{"one feature, wide bias", func(g *graph.Graph) *graph.Node {
				return graph.LeakyReLU(graph.Add(graph.MatMul(g.Input("a", 3), g.Shared("b", 3, 1)), g.Shared("c", 4)), 0.25)
			}},
			{"one feature, wide mask", func(g *graph.Graph) *graph.Node {
				return graph.LeakyMask(graph.MatMul(g.Input("a", 3), g.Shared("b", 3, 1)), g.Input("c", 4), 0.25)
			}},
			{"bias for all features", func(g *graph.Graph) *graph.Node {
				return graph.LeakyReLU(graph.Add(graph.MatMul(g.Input("a", 3), g.Shared("b", 3, 4)), g.Shared("c", 1)), 0.25)
			}},
			{"mask for all features", func(g *graph.Graph) *graph.Node {
				return graph.LeakyMask(graph.MatMul(g.Input("a", 3), g.Shared("b", 3, 4)), g.Input("c", 1), 0.25)
			}},
			{"mask that masks itself", func(g *graph.Graph) *graph.Node {
				y := graph.MatMul(g.Input("a", 3), g.Shared("b", 3, 4))
				return graph.LeakyMask(y, y, 0.25)
			}},
			{"mask spread over the rows", func(g *graph.Graph) *graph.Node {
				return graph.LeakyMask(graph.MatMul(g.Input("a", 3), g.Shared("b", 3, 4)), graph.ToRows(g.Shared("c", 4)), 0.25)
			}},
			{"weights made of rows", func(g *graph.Graph) *graph.Node {
				a := g.Input("a", 3)
				return graph.MatMul(a, graph.Div(graph.OuterSum(a, g.Input("b", 2)), g.RowCount()))
			}},
		},
		graph.OpOuterSum: {
			{"wide", func(g *graph.Graph) *graph.Node { return graph.OuterSum(g.Input("a", 2), g.Input("b", 5)) }},
			{"tall", func(g *graph.Graph) *graph.Node { return graph.OuterSum(g.Input("a", 5), g.Input("b", 1)) }},
			{"one by one", func(g *graph.Graph) *graph.Node { return graph.OuterSum(g.Input("a", 1), g.Input("b", 1)) }},
			{"with itself", func(g *graph.Graph) *graph.Node { a := g.Input("a", 3); return graph.OuterSum(a, a) }},
			{"parts", rows(func(a *graph.Node) *graph.Node { return graph.OuterSum(graph.Slice(a, 0, 2), graph.Slice(a, 1, 4)) })},
		},
		graph.OpSumRows: {
			{"rows", rows(graph.SumRows)},
			{"part", rows(func(a *graph.Node) *graph.Node { return graph.SumRows(graph.Slice(a, 1, 2)) })},
			{"spread", func(g *graph.Graph) *graph.Node { return graph.SumRows(graph.ToRows(g.Shared("a", 3))) }},
			{"normalised", rows(func(a *graph.Node) *graph.Node {
				p := graph.Exp(a)
				return graph.Log(graph.Div(p, graph.SumRows(p)))
			})},
		},
		graph.OpToRows: {
			{"alone", shared(graph.ToRows)},
			{"into a product", func(g *graph.Graph) *graph.Node {
				return graph.MatMul(graph.ToRows(g.Shared("a", 2)), g.Shared("b", 2, 3))
			}},
			{"of a sum", rows(func(a *graph.Node) *graph.Node { return graph.ToRows(graph.MeanRows(a)) })},
		},
	}
	for op, cases := range volumeCases() {
		list[op] = cases
	}
	return list
}
