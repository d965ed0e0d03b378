package mcmc

import (
	"math"
	"slices"
	"testing"

	"etalon/rng"
)

// TestMixtureStart: modes 3.6 standard deviations of the prior apart and 12 of
// their own: no trajectory passes. Importance-resampled starts put the right share of chains in
// each; systematic resampling of 20000 prior draws has a share error of
// about √(0.3·0.7/n_eff) + 1/chains.
func TestMixtureStart(t *testing.T) {
	const a, m, s = 0.3, 1.8, 0.3
	d := twoModes(a, m, s)
	n, chains := 20000, 500
	z := priorPoints(t, n, 2, 11)
	logw := make([]float64, n)
	grad := make([]float32, 2*n)
	if err := d.LogDensityGrad(z, logw, grad); err != nil {
		t.Fatal(err)
	}
	logp := make([]float64, n)
	if err := (normalPrior{d}).LogPrior(z, logp); err != nil {
		t.Fatal(err)
	}
	var sum, sum2 float64
	for i := range logw {
		logw[i] -= logp[i]
		w := math.Exp(logw[i])
		sum += w
		sum2 += w * w
	}
	start, err := Start(z, logw, chains, rng.New(1, "resample"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := HMCConfig{Chains: chains, BurnIn: 100, Samples: 20000, Adapt: true}
	h := mustHMC(t, cfg, d, start, 6)
	finish(t, h)
	left := 0
	draws := h.Draws()
	for c := range draws.Chains {
		for i := range draws.N {
			if draws.At(c, i, 0) < 0 {
				left++
			}
		}
	}
	got := float64(left) / float64(draws.Chains*draws.N)
	tol := 4*math.Sqrt(a*(1-a)*sum2)/sum + 1/float64(chains)
	if math.Abs(got-a) > tol {
		t.Errorf("share of the left mode %.3f, want %g ± %.3f", got, a, tol)
	}
	// Within a mode the moments are exact.
	for j, want := range []float64{m*m + s*s, s * s} {
		col := moments(t, draws)[2+j]
		if z := (col.Mean - want) / col.MCSEMean; math.Abs(z) > 4 {
			t.Errorf("second moment %d is %.4f ± %.4f, want %.4f", j, col.Mean, col.MCSEMean, want)
		}
	}
}

// TestInvariance starts chains from the target itself: after any number of
// proposals their distribution is the same. Kolmogorov-Smirnov distance below
// 1.95/√n, which independent chains exceed with probability 0.001; 2 columns
// and 3 configurations.
func TestInvariance(t *testing.T) {
	const chains = 4000
	d := banana(1, 0.5)
	s := rng.New(17, "banana")
	start := make([]float32, 2*chains)
	for c := range chains {
		x := s.Normal(0, uint64(c), 0)
		start[2*c] = float32(x)
		start[2*c+1] = float32(x*x - 1 + 0.5*s.Normal(0, uint64(c), 1))
	}
	for _, cfg := range []HMCConfig{
		{StepSize: 0.45, TrajectoryLength: 1.5}, // coarse: acceptance well below 1
		{StepSize: 0.8, Leapfrog: 1, Jitter: None},
		{StepSize: 0.6, Leapfrog: 3, GlobalEvery: 3},
	} {
		cfg.Chains, cfg.BurnIn, cfg.Samples = chains, None, 12*chains
		h := mustHMC(t, cfg, normalPrior{d}, start, 9)
		finish(t, h)
		a := h.Activity()
		if a.Accept > 0.95 {
			t.Errorf("acceptance %.3f: too high for a test of the accept step", a.Accept)
		}
		draws := h.Draws()
		x, r := make([]float64, chains), make([]float64, chains)
		for c := range chains {
			u, v := float64(draws.At(c, 11, 0)), float64(draws.At(c, 11, 1))
			x[c], r[c] = u, (v-u*u+1)/0.5
		}
		for i, col := range [][]float64{x, r} {
			if ks := ksNormal(col); ks > 1.95/math.Sqrt(chains) {
				t.Errorf("%+v: column %d: KS distance %.4f, want below %.4f", cfg, i, ks, 1.95/math.Sqrt(chains))
			}
		}
	}
}

// ksNormal is the Kolmogorov-Smirnov distance to the standard normal.
func ksNormal(x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	d, n := 0.0, float64(len(x))
	for i, v := range x {
		p := 0.5 * math.Erfc(-v/math.Sqrt2)
		d = max(d, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
	}
	return d
}
