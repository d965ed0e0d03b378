package cpu_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/graph/graphtest"
	"etalon/internal/simd"
)

// geometry draws the sizes of a convolution of at most 600 fine features.
func geometry(t *rapid.T) graph.ConvGeometry {
	c := graph.ConvGeometry{Channels: rapid.SampledFrom([]int{1, 2, 3, 7, 8, 9, 17}).Draw(t, "channels"), Filters: rapid.SampledFrom([]int{1, 2, 5, 8, 16, 19, 33}).Draw(t, "filters")}
	left := 600 / c.Channels
	for i := range c.In {
		c.In[i] = rapid.IntRange(1, min(left, 9)).Draw(t, "size")
		left /= c.In[i]
		c.Kernel[i] = rapid.IntRange(1, 4).Draw(t, "kernel")
		c.Stride[i] = rapid.IntRange(1, 4).Draw(t, "stride")
		c.Pad[i] = rapid.IntRange(0, c.Kernel[i]-1).Draw(t, "padding")
		c.In[i] = max(c.In[i], c.Kernel[i]-2*c.Pad[i])
	}
	return c
}

// Convolutions of random sizes, with bias and activation, their transposes and all
// gradients, against the reference, at all levels.
func TestConvSizes(t *testing.T) {
	e := engine(t, 2)
	rapid.Check(t, func(r *rapid.T) {
		c := geometry(r)
		rows := rapid.IntRange(1, 40).Draw(r, "rows")
		block := rapid.SampledFrom([]int{0, 16, 48}).Draw(r, "block")
		g := graph.New()
		k, n := c.WeightShape()
		x, y, w := g.Input("x", c.FineWidth()), g.Input("y", c.CoarseWidth()), g.Shared("w", k, n)
		forward := graph.LeakyReLU(graph.AddChannels(graph.Conv(x, w, c), g.Shared("b", n)), 0.5)
		back := graph.LeakyMask(graph.ConvTranspose(y, w, c), x, 0.25)
		outs := []*graph.Node{forward, back, graph.ConvOuterSum(x, y, c), graph.AddChannels(graph.ConvTranspose(forward, w, c), g.Shared("a", c.Channels))}
		if err := g.Err(); err != nil {
			r.Fatal(err)
		}
		d := graphtest.Draw(g, rows, rapid.Uint64().Draw(r, "seed"))
		want := reference(t, g, d, outs...)
		atLevels(func(l simd.Level) {
			compare(t, fmt.Sprintf("%v, %d rows, %v", c, rows, l), outs, run(t, e, g, d, block, outs...), want, 1e-5)
		})
	})
}

// critic is two convolutions with layer norm between them, and a mean: a value for each row.
func critic(g *graph.Graph, x *graph.Node) *graph.Node {
	first := graph.ConvGeometry{In: [3]int{5, 4, 6}, Kernel: [3]int{3, 3, 3}, Stride: [3]int{2, 1, 2}, Pad: [3]int{1, 1, 1}, Channels: 1, Filters: 9}
	second := graph.ConvGeometry{In: first.Out(), Kernel: [3]int{2, 3, 2}, Stride: [3]int{1, 2, 1}, Pad: [3]int{0, 1, 1}, Channels: 9, Filters: 4}
	layer := func(x *graph.Node, c graph.ConvGeometry, name string) *graph.Node {
		k, n := c.WeightShape()
		return graph.AddChannels(graph.Conv(x, graph.MulScalar(g.Shared(name+"/W", k, n), 0.2), c), g.Shared(name+"/b", n))
	}
	h := layer(x, first, "1")
	o := first.Out()
	positions := o[0] * o[1] * o[2]
	mean := func(a *graph.Node) *graph.Node {
		return graph.MulScalar(graph.SumRepeats(a, positions, 1), 1/float64(positions))
	}
	d := graph.Sub(h, graph.Repeat(mean(h), positions, 1))
	h = graph.Div(d, graph.Repeat(graph.Sqrt(graph.AddScalar(mean(graph.Square(d)), 1e-3)), positions, 1))
	h = graph.Mul(h, graph.Repeat(graph.ToRows(g.Shared("scale", positions)), 1, 9))
	return graph.MeanFeatures(layer(graph.Softplus(h), second, "2"))
}

// penalty is the gradient penalty of arXiv:1704.00028, eq. 3.
func penalty(t *testing.T, g *graph.Graph, x *graph.Node) *graph.Node {
	slope, err := graph.Grad(critic(g, x), x)
	if err != nil {
		t.Fatal(err)
	}
	norm := graph.Sqrt(graph.AddScalar(graph.SumFeatures(graph.Square(slope[0])), 1e-4))
	return graph.MeanRows(graph.Square(graph.AddScalar(norm, -1)))
}

// A gradient penalty through convolutions and layer norm, and its gradients: against the
// reference at all levels; the same bits with any number of threads.
func TestConvGradientPenalty(t *testing.T) {
	g := graph.New()
	p := penalty(t, g, g.Input("x", 5*4*6))
	leaves := graphtest.Leaves(g)
	grads, err := graph.Grad(p, leaves...)
	if err != nil {
		t.Fatal(err)
	}
	outs := append([]*graph.Node{p}, grads...)
	d := graphtest.Draw(g, 50, 3)
	want := reference(t, g, d, outs...)
	one, many := engine(t, 1), engine(t, 3)
	atLevels(func(l simd.Level) {
		got := run(t, one, g, d, 0, outs...)
		compare(t, l.String(), outs, got, want, 3e-5)
		sameBits(t, fmt.Sprintf("3 threads, %v", l), outs, run(t, many, g, d, 0, outs...), got)
		compare(t, "blocks of 16", outs, run(t, one, g, d, 16, outs...), want, 3e-5)
	})
}

// Without sums over rows a row does not depend on its block, nor on the batch.
func TestConvRowsDoNotDependOnBlocks(t *testing.T) {
	g := graph.New()
	outs := []*graph.Node{critic(g, g.Input("x", 5*4*6))}
	d := graphtest.Draw(g, 100, 5)
	atLevels(func(l simd.Level) {
		want := run(t, engine(t, 1), g, d, 96, outs...)
		for _, block := range []int{0, 16, 32, 48, 80} {
			sameBits(t, fmt.Sprintf("blocks of %d, %v", block, l), outs, run(t, engine(t, 2), g, d, block, outs...), want)
		}
		short := d
		short.Rows, short.Input = 7, map[string][]float64{"x": d.Input["x"][:7*120]}
		sameBits(t, "7 rows", outs, run(t, engine(t, 2), g, short, 0, outs...), [][]float32{want[0][:7]})
	})
}

// A program of wide volumes takes 16 rows at a time, whatever the batch, and allocates
// nothing in a step.
func TestConvMemory(t *testing.T) {
	c := graph.ConvGeometry{In: [3]int{64, 64, 16}, Kernel: [3]int{1, 1, 1}, Stride: [3]int{1, 1, 1}, Channels: 1, Filters: 8}
	g := graph.New()
	y := graph.Conv(g.Input("x", c.FineWidth()), g.Shared("w", 1, 8), c)
	d := graphtest.Draw(g, 40, 1)
	p, res := compile(t, engine(t, 1), g, d, 0, y)
	if err := p.Run(cpu.Batch{Rows: d.Rows}); err != nil {
		t.Fatal(err)
	}
	for i, x := range d.Input["x"] {
		for f, w := range d.Shared["w"] {
			if got, want := res[0][8*i+f], float32(x*w); got != want {
				t.Fatalf("position %d, filter %d: %v, want %v", i, f, got, want)
			}
		}
	}
	if worker, _ := p.Footprint(); worker > 4*16*(c.FineWidth()+c.CoarseWidth())+1024 {
		t.Errorf("%d bytes a worker", worker)
	}
	if n := testing.AllocsPerRun(3, func() { p.Run(cpu.Batch{Rows: d.Rows}) }); n > 0 {
		t.Errorf("%v allocations in a step", n)
	}
}

// Broadcasts in tensors of many features.
func TestWideBroadcasts(t *testing.T) {
	e := engine(t, 2)
	const width = 600
	g := graph.New()
	wide, row, vector, scalar := g.Input("wide", width), g.Input("row", 1), g.Shared("vector", width), g.Shared("scalar", 1)
	tiles := graph.Repeat(g.Input("tile", 4), 150, 1)
	three, half := graph.Repeat(g.Input("three", 3), 50, 4), graph.Repeat(graph.ToRows(g.Shared("half", width/2)), 1, 2)
	list := []*graph.Node{wide, row, vector, scalar, three, half, tiles, graph.Repeat(g.Input("other", 8), 75, 1), graph.Repeat(g.Input("six", 6), 100, 1), graph.Expand(row, width), graph.ToRows(vector)}
	var outs []*graph.Node
	for i, a := range list {
		for j, b := range list {
			if i == j {
				continue
			}
			outs = append(outs, graph.Add(a, b), graph.Sub(a, b), graph.Max(a, b), graph.LeakyMask(a, b, 0.25), graph.Select(a, b, list[(i+3)%len(list)]))
		}
	}
	perm := make([]int, width)
	for i := range perm {
		perm[i] = (7*i + 3) % width
	}
	outs = append(outs, graph.Permute(wide, perm), graph.SumFeatures(wide))
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	d := graphtest.Grid(g, 20, 1)
	want := reference(t, g, d, outs...)
	atLevels(func(l simd.Level) { compare(t, l.String(), outs, run(t, e, g, d, 0, outs...), want, 1e-6) })
}

// Rows of wide inputs that are picked by an index.
func TestWideIndex(t *testing.T) {
	const width = 150
	g := graph.New()
	y := graph.Neg(g.Input("x", width))
	d := graphtest.Draw(g, 9, 1)
	p, res := compile(t, engine(t, 1), g, d, 0, y)
	index := []uint32{8, 0, 3, 3, 7}
	if err := p.Feed("x", cpu.Rows{Data: graphtest.Float32(d.Input)["x"], Index: index}); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(cpu.Batch{Rows: len(index)}); err != nil {
		t.Fatal(err)
	}
	for i, r := range index {
		for j := range width {
			if got, want := res[0][i*width+j], float32(-d.Input["x"][int(r)*width+j]); got != want {
				t.Fatalf("row %d, feature %d: %v, want %v", i, j, got, want)
			}
		}
	}
}

// Convolutions stay float32 where wide matrix products are reduced, and share blocks with those.
func TestConvBesideTiles(t *testing.T) {
	e := engine(t, 2)
	c := graph.ConvGeometry{In: [3]int{3, 3, 4}, Kernel: [3]int{2, 2, 2}, Stride: [3]int{1, 1, 1}, Channels: 2, Filters: 5}
	g := graph.New()
	h := graph.MatMul(g.Input("x", 70), graph.MulScalar(g.Shared("v", 70, 72), 0.1))
	y := graph.MulScalar(graph.Conv(h, g.Shared("w", 16, 5), c), 0.1)
	outs := withGradients(t, graph.SumFeatures(graph.Square(y)))
	d := graphtest.Draw(g, 70, 1)
	want := reference(t, g, d, outs...)
	p, res := compileWith(t, e, cpu.Config{Reduced: true}, g, d, outs...)
	if err := p.Run(cpu.Batch{Rows: d.Rows}); err != nil {
		t.Fatal(err)
	}
	for i, o := range outs {
		if !o.Rows {
			res[i] = p.Shared(i)
		}
	}
	compare(t, "reduced", outs, res, want, 1e-3)
}
