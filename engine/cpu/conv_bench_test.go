package cpu_test

import (
	"fmt"
	"testing"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/graph/graphtest"
	"etalon/internal/simd"
)

func cube(n int) [3]int { return [3]int{n, n, n} }

// BenchmarkConv times convolutions of the sizes of shower networks on batches of 32, in
// GFLOP/s of the products: forward with bias and leaky ReLU, and with the gradients
// of the volume and the parameters (three times the products).
func BenchmarkConv(b *testing.B) {
	transposed, err := graph.ConvGeometry{Kernel: cube(3), Stride: cube(2), Pad: cube(1), Channels: 8, Filters: 8}.Transposed(cube(30), cube(1))
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range []struct {
		name string
		c    graph.ConvGeometry
		op   graph.Op
	}{
		{"128-128,15-8", graph.ConvGeometry{In: cube(15), Kernel: cube(3), Stride: cube(2), Pad: cube(1), Channels: 128, Filters: 128}, graph.OpConv},
		{"1-128,30-15", graph.ConvGeometry{In: cube(30), Kernel: cube(3), Stride: cube(2), Pad: cube(1), Channels: 1, Filters: 128}, graph.OpConv},
		{"8-16,30-30", graph.ConvGeometry{In: cube(30), Kernel: cube(3), Stride: cube(1), Pad: cube(1), Channels: 8, Filters: 16}, graph.OpConv},
		{"transposed8-8,30-60", transposed, graph.OpConvT},
	} {
		for _, pass := range []string{"forward", "training"} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("layer=%s/pass=%s/threads=%d", s.name, pass, threads), func(b *testing.B) {
					const rows = 32
					e := cpu.New(threads)
					defer e.Close()
					g := graph.New()
					rowsOf, columns := s.c.WeightShape()
					w := g.Shared("w", rowsOf, columns)
					var x, y, bias *graph.Node
					if s.op == graph.OpConv {
						x, bias = g.Input("x", s.c.FineWidth()), g.Shared("b", s.c.Filters)
						y = graph.Conv(x, w, s.c)
					} else {
						x, bias = g.Input("x", s.c.CoarseWidth()), g.Shared("b", s.c.Channels)
						y = graph.ConvTranspose(x, w, s.c)
					}
					y = graph.LeakyReLU(graph.AddChannels(y, bias), 0.01)
					outs, flop := []*graph.Node{y}, 2.*rows*float64(products(s.c))
					if pass == "training" {
						if outs, err = graph.Grad(graph.SumFeatures(graph.Square(y)), x, w, bias); err != nil {
							b.Fatal(err)
						}
						flop *= 3
					}
					p := bind(b, e, g, graphtest.Draw(g, rows, 1), outs...)
					if err := p.Run(cpu.Batch{Rows: rows}); err != nil {
						b.Fatal(err)
					}
					start := processTime()
					for b.Loop() {
						if err := p.Run(cpu.Batch{Rows: rows}); err != nil {
							b.Fatal(err)
						}
					}
					report(b, flop, start)
					worker, group := p.Footprint()
					b.ReportMetric(float64(worker)/(1<<20), "MiB/worker")
					b.ReportMetric(float64(group)/(1<<20), "MiB/group")
				})
			}
		}
	}
}

// BenchmarkConvPeak is what a core reaches in a product that lies in the level-1 cache.
func BenchmarkConvPeak(b *testing.B) {
	g := &simd.Gemm{M: 8, N: 48, K: 192, A: make([]float32, 8*192), RS: 192, CS: 1, B: make([]float32, 48*192), LDB: 48, C: make([]float32, 48*8), LDC: 48}
	const times = 1000
	start := processTime()
	for b.Loop() {
		for range times {
			g.Run()
		}
	}
	report(b, 2*8*48*192*times, start)
}

// report gives the rate by the clock and by processor time.
func report(b *testing.B, flop, start float64) {
	b.ReportMetric(flop*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
	if used := processTime() - start; used > 0 {
		b.ReportMetric(flop*float64(b.N)/used, "GFLOP/cpu-s")
	}
}

// bind compiles a program whose row outputs are not written anywhere.
func bind(b *testing.B, e *cpu.Engine, g *graph.Graph, d graphtest.Data, outs ...*graph.Node) *cpu.Program {
	p, _ := compile(b, e, g, d, 0, outs...)
	for i, o := range outs {
		if o.Rows {
			if err := p.Into(i, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	return p
}

// products is the number of multiply-adds of a convolution for one row: zeros of the padding
// do not count.
func products(c graph.ConvGeometry) int {
	n, out := c.Channels*c.Filters, c.Out()
	for i := range out {
		pairs := 0
		for o := range out[i] {
			for k := range c.Kernel[i] {
				if at := o*c.Stride[i] - c.Pad[i] + k; at >= 0 && at < c.In[i] {
					pairs++
				}
			}
		}
		n *= pairs
	}
	return n
}
