package metric_test

import (
	"math"
	"testing"

	"etalon/hist"
	"etalon/metric"
)

// The expectation of ⟨S²⟩ for one density is the mean over pairs of samples, one of
// them weighted, within five of its errors and 2 % for the next order; its spread within
// 15 %. Without weights it is (K-1)/4·(1/n1+1/n2).
func TestSeparationNoise(t *testing.T) {
	const bins, n1, n2, samples = 20, 4000, 2000, 300
	fill := func(o metric.Observable) *hist.H1 {
		h, err := hist.NewH1(bins, -1.5, 1.5)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range o.F {
			w := 1.0
			if o.W != nil {
				w = o.W[i]
			}
			h.Fill(x, w)
		}
		return h
	}
	for _, mu := range []float64{0, 0.5} {
		var mean, square, noise, spread float64
		for k := range samples {
			a, b := shifted(0, n1, "separation truth", k), shifted(mu, n2, "separation", k)
			a.W = nil
			if mu == 0 {
				b.W = nil
			}
			p, q := fill(a), fill(b)
			s, err := metric.NewSeparation(p, q)
			if err != nil {
				t.Fatal(err)
			}
			if v, _ := metric.S2(p, q); v != s.S2 || math.Abs(s.Density*0.15-s.S2) > 1e-15 {
				t.Fatalf("%+v, S2 = %v", s, v)
			}
			mean += s.S2 / samples
			square += s.S2 * s.S2 / samples
			noise += s.Noise / samples
			spread += s.NoiseSpread / samples
			inside := 1/p.EffectiveEntries() + 1/q.EffectiveEntries()
			if mu == 0 && math.Abs(s.Noise/((bins-1)/4.0*inside)-1) > 0.01 {
				t.Fatalf("noise %v, expected %v", s.Noise, (bins-1)/4.0*inside)
			}
		}
		sd := math.Sqrt(square - mean*mean)
		t.Logf("mu %v: mean %.5f ± %.5f, expected %.5f; spread %.5f, expected %.5f", mu, mean, sd/math.Sqrt(samples), noise, sd, spread)
		if math.Abs(mean-noise) > 5*sd/math.Sqrt(samples)+0.02*noise {
			t.Errorf("mu %v: mean %v, expected %v", mu, mean, noise)
		}
		if math.Abs(spread/sd-1) > 5/math.Sqrt(2*samples)+0.15 {
			t.Errorf("mu %v: spread %v, expected %v", mu, sd, spread)
		}
	}
	if _, err := metric.NewSeparation(h1(t, 1, -1), h1(t, 1, 1)); err == nil {
		t.Error("a negative bin is accepted")
	}
}
