package graphtest

import "etalon/graph"

// Geometries of convolutions: equal and unequal axes, kernels that overlap and
// that leave gaps, padding on all sides, and parts of the fine volume that no
// coarse position reads.
var geometries = []struct {
	name string
	c    graph.ConvGeometry
}{
	{"one position", graph.ConvGeometry{In: [3]int{1, 1, 1}, Kernel: [3]int{1, 1, 1}, Stride: [3]int{1, 1, 1}, Channels: 3, Filters: 2}},
	{"same", graph.ConvGeometry{In: [3]int{3, 2, 4}, Kernel: [3]int{3, 3, 3}, Stride: [3]int{1, 1, 1}, Pad: [3]int{1, 1, 1}, Channels: 2, Filters: 3}},
	{"stride 2", graph.ConvGeometry{In: [3]int{2, 3, 4}, Kernel: [3]int{2, 3, 3}, Stride: [3]int{2, 2, 2}, Pad: [3]int{0, 1, 1}, Channels: 1, Filters: 5}},
	{"gaps", graph.ConvGeometry{In: [3]int{2, 1, 8}, Kernel: [3]int{1, 1, 2}, Stride: [3]int{2, 1, 3}, Channels: 9, Filters: 1}},
	{"wide padding", graph.ConvGeometry{In: [3]int{1, 2, 9}, Kernel: [3]int{2, 3, 4}, Stride: [3]int{1, 2, 1}, Pad: [3]int{1, 2, 3}, Channels: 1, Filters: 1}},
	{"rest", graph.ConvGeometry{In: [3]int{1, 3, 11}, Kernel: [3]int{1, 2, 3}, Stride: [3]int{1, 2, 4}, Channels: 2, Filters: 17}},
}

// volumeCases are the cases of convolutions and of the operations on channels.
func volumeCases() map[graph.Op][]Case {
	fine := func(g *graph.Graph, c graph.ConvGeometry) *graph.Node { return g.Input("fine", c.FineWidth()) }
	coarse := func(g *graph.Graph, c graph.ConvGeometry) *graph.Node { return g.Input("coarse", c.CoarseWidth()) }
	weights := func(g *graph.Graph, c graph.ConvGeometry) *graph.Node {
		return g.Shared("w", c.Taps()*c.Channels, c.Filters)
	}
	list := map[graph.Op][]Case{}
	for _, s := range geometries {
		add := func(op graph.Op, name string, f func(g *graph.Graph, c graph.ConvGeometry) *graph.Node) {
			// Divided by 16, for sums over a batch of terms of order one.
			list[op] = append(list[op], Case{s.name + name, func(g *graph.Graph) *graph.Node { return graph.MulScalar(f(g, s.c), 1./16) }})
		}
		add(graph.OpConv, "", func(g *graph.Graph, c graph.ConvGeometry) *graph.Node {
			return graph.Conv(fine(g, c), weights(g, c), c)
		})
		add(graph.OpConvT, "", func(g *graph.Graph, c graph.ConvGeometry) *graph.Node {
			return graph.ConvTranspose(coarse(g, c), weights(g, c), c)
		})
		add(graph.OpConvOuter, "", func(g *graph.Graph, c graph.ConvGeometry) *graph.Node {
			return graph.ConvOuterSum(fine(g, c), coarse(g, c), c)
		})
		add(graph.OpConv, ", bias, leaky", func(g *graph.Graph, c graph.ConvGeometry) *graph.Node {
			return graph.LeakyReLU(graph.AddChannels(graph.Conv(fine(g, c), weights(g, c), c), g.Shared("b", c.Filters)), 0.25)
		})
		add(graph.OpConvT, ", bias", func(g *graph.Graph, c graph.ConvGeometry) *graph.Node {
			return graph.AddChannels(graph.ConvTranspose(coarse(g, c), weights(g, c), c), g.Shared("b", c.Channels))
		})
		add(graph.OpConvT, ", masked", func(g *graph.Graph, c graph.ConvGeometry) *graph.Node {
			return graph.LeakyMask(graph.ConvTranspose(coarse(g, c), weights(g, c), c), fine(g, c), 0.25)
		})
	}
	for _, s := range []struct {
		name         string
		outer, inner int
	}{{"tiles", 3, 1}, {"each", 1, 4}, {"both", 2, 3}, {"many", 52, 5}} {
		for _, kind := range []string{"r2", "s2", "t2", "v2", "r1"} {
			list[graph.OpRepeat] = append(list[graph.OpRepeat], Case{s.name + " " + kind, func(g *graph.Graph) *graph.Node {
				return graph.Repeat(operand(g, kind, "a"), s.outer, s.inner)
			}})
			list[graph.OpRepeat] = append(list[graph.OpRepeat], Case{s.name + " times " + kind, func(g *graph.Graph) *graph.Node {
				a := graph.Repeat(operand(g, kind, "a"), s.outer, s.inner)
				return graph.Mul(graph.Sub(g.Input("b", a.Width()), a), a)
			}})
		}
		list[graph.OpSumRepeats] = append(list[graph.OpSumRepeats], Case{s.name + " rows", func(g *graph.Graph) *graph.Node {
			return graph.SumRepeats(g.Input("a", 2*s.outer*s.inner), s.outer, s.inner)
		}}, Case{s.name + " shared", func(g *graph.Graph) *graph.Node {
			return graph.SumRepeats(g.Shared("a", 2*s.outer*s.inner), s.outer, s.inner)
		}}, Case{s.name + " part", func(g *graph.Graph) *graph.Node {
			return graph.SumRepeats(graph.Slice(g.Input("a", 2*s.outer*s.inner+3), 2, 2+2*s.outer*s.inner), s.outer, s.inner)
		}})
	}
	return list
}
