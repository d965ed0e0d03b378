package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"etalon/hist"
)

// donut fills n points of the double donut: rings r ~ N(4, sigma), centres
// (±4, 0), the right one with probability right.
func donut(r *rand.Rand, n int, sigma, right float64) *hist.H2 {
	h, err := hist.NewH2(100, 100, -11, 11, -7, 7)
	if err != nil {
		panic(err)
	}
	for range n {
		rad, phi, c := 4+sigma*r.NormFloat64(), 2*math.Pi*r.Float64(), -4.0
		if r.Float64() < right {
			c = 4
		}
		h.Fill(rad*math.Cos(phi)+c, rad*math.Sin(phi), 1)
	}
	return h
}

// BenchmarkEMD solves the case of the peer's timing (two samples of 2·10⁶
// points, the second wider and with 51 % on the right), a case of pure noise,
// and one of disjoint supports.
func BenchmarkEMD(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	truth := donut(r, 2_000_000, 1, 0.5)
	for _, c := range []struct {
		name string
		p, q *hist.H2
	}{
		{"case=wider", truth, donut(r, 2_000_000, 1.1, 0.51)},
		{"case=noise", truth, donut(r, 2_000_000, 1, 0.5)},
		{"case=onering", donut(r, 2_000_000, 1, 0), donut(r, 2_000_000, 1, 1)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var res EMDResult
			for b.Loop() {
				var err error
				if res, err = SolveEMD(c.p, c.q); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(res.Stats.Pivots), "pivots")
			b.ReportMetric(float64(res.Stats.Rounds), "rounds")
			b.ReportMetric(float64(res.Stats.Arcs), "arcs")
			b.ReportMetric(res.Paper, "paper-emd")
		})
	}
}
