package mcmc

import (
	"math"
	"testing"
)

// TestMoments holds means and second moments of known densities against their
// exact values within 4 Monte-Carlo standard errors, which the chains
// themselves provide; 25 comparisons, so that a correct sampler fails for one
// seed in about 600.
func TestMoments(t *testing.T) {
	adapted := AdaptedHMC()
	adapted.Chains, adapted.BurnIn, adapted.Samples = 200, 150, 40000
	fixed := HMCConfig{Chains: 100, StepSize: 0.2, Leapfrog: 8, BurnIn: 100, Samples: 40000}
	mala := HMCConfig{Chains: 100, StepSize: 1, Leapfrog: 1, BurnIn: 100, Samples: 40000, Thin: 2}
	hard := adapted
	hard.TrajectoryLength, hard.TargetAccept = 2, 0.9
	for _, c := range []struct {
		name string
		cfg  HMCConfig
		d    *density
		want []float64 // x, y, x², y², xy
	}{
		{"normal, adapted", adapted, standardNormal(2), []float64{0, 0, 1, 1, 0}},
		{"normal, fixed", fixed, standardNormal(2), []float64{0, 0, 1, 1, 0}},
		{"normal, one step", mala, standardNormal(2), []float64{0, 0, 1, 1, 0}},
		{"correlated", adapted, correlated(0.9), []float64{0, 0, 1, 1, 0.9}},
		{"banana", hard, banana(0.6, 0.5), []float64{0, 0, 1, 0.97, 0}},
	} {
		h := mustHMC(t, c.cfg, c.d, priorPoints(t, c.cfg.Chains, 2, 3), 5)
		finish(t, h)
		for i, m := range moments(t, h.Draws()) {
			z := (m.Mean - c.want[i]) / m.MCSEMean
			if math.Abs(z) > 4 || m.RHat > 1.05 {
				t.Errorf("%s: moment %d is %.4f ± %.4f, want %g (z = %.1f), R̂ %.3f", c.name, i, m.Mean, m.MCSEMean, c.want[i], z, m.RHat)
			}
		}
		// The banana's tails are stiff enough for a few.
		if a := h.Activity(); a.Divergences+a.NonFinite > 0 && c.name != "banana" {
			t.Errorf("%s: %d divergences, %d non-finite", c.name, a.Divergences, a.NonFinite)
		}
	}
}

// TestRecordedPoints: every recorded point is one whose density was evaluated.
func TestRecordedPoints(t *testing.T) {
	seen := map[[2]float32]bool{}
	d := banana(1, 0.5)
	f := d.f
	d.f = func(z, g []float64) float64 {
		seen[[2]float32{float32(z[0]), float32(z[1])}] = true
		return f(z, g)
	}
	h := mustHMC(t, HMCConfig{Chains: 5, BurnIn: None, Samples: 100}, d, priorPoints(t, 5, 2, 5), 2)
	finish(t, h)
	s := h.Samples()
	for i := 0; i < len(s); i += 2 {
		if !seen[[2]float32{s[i], s[i+1]}] {
			t.Fatalf("sample %d was never evaluated", i/2)
		}
	}
}

func TestStepAllocates(t *testing.T) {
	cfg := AdaptedHMC()
	cfg.Chains, cfg.GlobalEvery, cfg.Samples = 20, 2, 20*1000
	h := mustHMC(t, cfg, normalPrior{standardNormal(3)}, priorPoints(t, 20, 3, 1), 7)
	if n := testing.AllocsPerRun(200, func() {
		if err := h.Step(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("a step allocates %g times", n)
	}
}
