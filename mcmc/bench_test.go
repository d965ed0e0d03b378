package mcmc

import (
	"testing"

	"etalon/rng"
)

func BenchmarkDiagnose(b *testing.B) {
	for _, shape := range []struct {
		name          string
		chains, draws int
	}{{"100x20000x2", 100, 20000}, {"2000x150x2", 2000, 150}} {
		b.Run(shape.name, func(b *testing.B) {
			x := autoregressive(shape.chains, 2*shape.draws, 0.9, 1)
			d, err := NewDraws(x, shape.chains, shape.draws, 2)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := Diagnose(d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStep is the sampler's own cost: the target does next to nothing.
func BenchmarkStep(b *testing.B) {
	cfg := HMCConfig{Chains: 100, StepSize: 0.004, Leapfrog: 50, Samples: 100, BurnIn: 1 << 30}
	z := make([]float32, 200)
	if err := NormalPrior(z, 2, rng.New(1, "start"), 0); err != nil {
		b.Fatal(err)
	}
	h, err := NewHMC(cfg, standardNormal(2), z, rng.New(1, "run"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := h.Step(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHistogramESS(b *testing.B) {
	counts := occupancy(100, 10000, 2000, 0.5, 1)
	for b.Loop() {
		if _, err := HistogramESS(counts, 100, 10000, 2000); err != nil {
			b.Fatal(err)
		}
	}
}
