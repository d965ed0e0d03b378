package train_test

import (
	"testing"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/nn"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// normals returns n deviates.
func normals(n int, seed uint64) []float32 {
	v := make([]float32, n)
	rng.New(seed, "bench").NormalRows(v, n, 0, 0, n, 1)
	return v
}

// The paper's training steps (LaSeR, section 4.1), forward, backward and Adam.
func BenchmarkClassifierStep(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(map[int]string{1: "threads=1", 2: "threads=2"}[threads], func(b *testing.B) {
			e := cpu.New(threads)
			defer e.Close()
			net := nn.MLP{Name: "f", In: 2, Hidden: 8, Units: 96, Out: 1, Slope: 0.1}
			p := &nn.Params{}
			net.Init(p, rng.New(1, "init"))
			g := graph.New()
			x, y := g.Input("x", 2), g.Input("y", 1)
			l := net.Build("", x)
			loss := graph.MeanRows(graph.Sub(graph.Softplus(l), graph.Mul(l, y)))
			u, err := train.NewUpdate(e, cpu.Config{}, loss, p, "", optim.Adam{Alpha: 1e-3})
			if err != nil {
				b.Fatal(err)
			}
			const rows = 4000
			labels := make([]float32, rows)
			for i := range rows / 2 {
				labels[i] = 1
			}
			u.Program.Feed("x", cpu.Rows{Data: normals(2*rows, 1)})
			u.Program.Feed("y", cpu.Rows{Data: labels})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := u.Step(cpu.Batch{Rows: rows}, 1); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(1.55*1e3/(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6), "GFLOP/s")
		})
	}
}

func BenchmarkFlowStep(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(map[int]string{1: "threads=1", 2: "threads=2"}[threads], func(b *testing.B) {
			e := cpu.New(threads)
			defer e.Close()
			flow := nn.RealNVP{Name: "flow", Dim: 2, Blocks: 12, Hidden: 3, Units: 48, Slope: 0.1}
			p := &nn.Params{}
			flow.Init(p, rng.New(1, "init"))
			g := graph.New()
			loss := graph.Neg(graph.MeanRows(flow.LogProb("", g.Input("x", 2))))
			u, err := train.NewUpdate(e, cpu.Config{}, loss, p, "", optim.Adam{Alpha: 1e-3, WeightDecay: 1e-5})
			if err != nil {
				b.Fatal(err)
			}
			const rows = 2000
			u.Program.Feed("x", cpu.Rows{Data: normals(2*rows, 1)})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := u.Step(cpu.Batch{Rows: rows}, 1); err != nil {
					b.Fatal(err)
				}
			}
			w, gr := u.Program.Footprint()
			b.ReportMetric(float64(w)/1e6, "MB/worker")
			b.ReportMetric(float64(gr)/1e6, "MB/group")
		})
	}
}
