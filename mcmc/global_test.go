package mcmc

import (
	"math"
	"testing"
)

// TestGlobalExact: with trajectories too short to move anything, the chains
// follow independence Metropolis-Hastings alone. From the prior it must reach
// N(0.5, 0.7²), whose weights are bounded; KS as in TestInvariance.
func TestGlobalExact(t *testing.T) {
	const mu, sd, chains = 0.5, 0.7, 4000
	d := newDensity(1, func(z, g []float64) float64 {
		u := (z[0] - mu) / sd
		g[0] = -u / sd
		return -u * u / 2
	})
	cfg := HMCConfig{Chains: chains, StepSize: 1e-9, Leapfrog: 1, BurnIn: None, Samples: 40 * chains, GlobalEvery: 1}
	h := mustHMC(t, cfg, normalPrior{d}, priorPoints(t, chains, 1, 2), 4)
	finish(t, h)
	x := make([]float64, chains)
	for c := range x {
		x[c] = (float64(h.Draws().At(c, 39, 0)) - mu) / sd
	}
	if ks := ksNormal(x); ks > 1.95/math.Sqrt(chains) {
		t.Errorf("KS distance %.4f, want below %.4f", ks, 1.95/math.Sqrt(chains))
	}
	a := h.Activity()
	if a.GlobalMoves != 40 || a.GlobalAccept < 0.5 || a.GlobalAccept > 0.99 {
		t.Errorf("global moves %d, acceptance %.3f", a.GlobalMoves, a.GlobalAccept)
	}
}

// TestGlobalMixes: chains that all start in the left mode of a mixture find
// the right one by global moves only.
func TestGlobalMixes(t *testing.T) {
	d := normalPrior{twoModes(0.3, 1.8, 0.4)}
	start := make([]float32, 2*200)
	for c := range 200 {
		start[2*c] = -1.8
	}
	cfg := HMCConfig{Chains: 200, StepSize: 0.1, BurnIn: 400, Samples: 60000, GlobalEvery: 1}
	h := mustHMC(t, cfg, d, start, 8)
	finish(t, h)
	x := moments(t, h.Draws())[0]
	want := 1.8 * (0.7 - 0.3)
	if z := (x.Mean - want) / x.MCSEMean; math.Abs(z) > 4 || x.RHat > 1.1 {
		t.Errorf("mean %.3f ± %.3f, want %.3f; R̂ %.3f", x.Mean, x.MCSEMean, want, x.RHat)
	}
	cfg.GlobalEvery, cfg.BurnIn, cfg.Samples = 0, 20, 4000
	h = mustHMC(t, cfg, d, start, 8)
	finish(t, h)
	if x := moments(t, h.Draws())[0]; x.Mean > -1.5 {
		t.Errorf("without the move chains left their mode (mean %.3f): the test has no power", x.Mean)
	}
}
