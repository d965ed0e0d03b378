package main

import (
	"math"
	"testing"

	"etalon/metric"
	"etalon/rng"
)

// The probabilities of being taken add up to the number that is wanted, and the
// points that are taken stand for all of them.
func TestThinning(t *testing.T) {
	s := rng.New(81, "thinning")
	for _, spread := range []float64{0, 0.5, 3, 300} {
		const n = 20_000
		c := metric.Cloud{X: make([]float32, n), Dim: 1, LogW: make([]float64, n)}
		var all, mean float64
		for i := range n {
			x := s.Normal(0, uint64(i), 0)
			c.X[i] = float32(x)
			c.LogW[i] = spread * (0.5*x + s.Normal(1, uint64(i), 0))
			if i%10 == 0 {
				c.LogW[i] = math.Inf(-1)
			}
			all += math.Exp(c.LogW[i])
			mean += math.Exp(c.LogW[i]) * x
		}
		for _, want := range []int{1, 100, 5000, n * 9 / 10, n} {
			cut := thinning(c.LogW, want)
			var taken float64
			for _, l := range c.LogW {
				if l > cut {
					taken++
				} else if !math.IsInf(l, -1) {
					taken += math.Exp(l - cut)
				}
			}
			if expect := float64(min(want, n*9/10)); math.Abs(taken/expect-1) > 1e-9 {
				t.Errorf("spread %g, %d wanted: %g taken", spread, want, taken)
			}
		}
		o := &scoreOptions{c2stEvents: 5000, seed: 4}
		if spread > 0.5 {
			continue // the mean is that of a few points
		}
		got := o.some(c, "sample")
		var sum, part float64
		for i, l := range got.LogW {
			sum += math.Exp(l)
			part += math.Exp(l) * float64(got.X[i])
		}
		// 5 standard deviations of a mean of some 5000 points, and of their number.
		if math.Abs(float64(got.Len())-5000) > 5*math.Sqrt(5000) || math.Abs(part/sum-mean/all) > 5/math.Sqrt(5000) || math.Abs(sum/all-1) > 5/math.Sqrt(5000) {
			t.Errorf("spread %g: %d points of weight %g and mean %g, all have %g and %g", spread, got.Len(), sum, part/sum, all, mean/all)
		}
	}
}
