package mcmc

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"etalon/rng"
)

// autoregressive makes chains×n draws of the stationary AR(1) process
// x_t = φ x_{t-1} + √(1-φ²) e_t, whose integrated autocorrelation time is
// (1+φ)/(1-φ) and whose marginal is standard normal.
func autoregressive(chains, n int, phi float64, seed uint64) []float32 {
	s := rng.New(seed, "ar1")
	out := make([]float32, chains*n)
	for c := range chains {
		x := s.Normal(0, uint64(c), 0)
		for i := range n {
			if i > 0 {
				x = phi*x + math.Sqrt(1-phi*phi)*s.Normal(uint64(i), uint64(c), 0)
			}
			out[c*n+i] = float32(x)
		}
	}
	return out
}

func diagnose1(t *testing.T, x []float32, chains int) Column {
	t.Helper()
	d, err := NewDraws(x, chains, len(x)/chains, 1)
	if err != nil {
		t.Fatal(err)
	}
	diag, err := Diagnose(d)
	if err != nil {
		t.Fatal(err)
	}
	return diag.Columns[0]
}

// TestAutocorrelationTime: AR(1) with known times. The estimate sums about
// W = 3τ lags; its relative error is about √(2(2W+1)/S) (Madras & Sokal 1988),
// 4 % in the worst case here; tolerance 4 times that. φ < 0 is antithetic.
func TestAutocorrelationTime(t *testing.T) {
	for _, phi := range []float64{-0.5, 0, 0.5, 0.9} {
		const chains, n = 20, 4000
		want := (1 + phi) / (1 - phi)
		c := diagnose1(t, autoregressive(chains, n, phi, 4), chains)
		tol := 4 * math.Sqrt(2*(6*max(want, 1)+1)/(chains*n))
		for name, tau := range map[string]float64{"mean": c.Tau, "bulk": chains * n / c.ESSBulk} {
			if math.Abs(tau/want-1) > tol {
				t.Errorf("φ = %g: τ (%s) = %.3f, want %.3f within %.0f %%", phi, name, tau, want, 100*tol)
			}
		}
		if math.Abs(c.SD-1) > 4*math.Sqrt(want/(2*chains*n)*2) {
			t.Errorf("φ = %g: sd %.4f, want 1", phi, c.SD)
		}
		if se := math.Sqrt(want / (chains * n)); math.Abs(c.MCSEMean/se-1) > tol || math.Abs(c.Mean) > 4*se {
			t.Errorf("φ = %g: mean %.4f ± %.4f, true error %.4f", phi, c.Mean, c.MCSEMean, se)
		}
		if c.RHat > 1.01 || c.RHat < 0.99 {
			t.Errorf("φ = %g: R̂ %.4f", phi, c.RHat)
		}
		// The indicator of a Gaussian's tail decorrelates faster for φ > 0 and
		// lies between the chain's own size and the number of draws.
		if phi > 0 && (c.ESSTail < c.ESSBulk || c.ESSTail > chains*n) {
			t.Errorf("φ = %g: tail %.0f, bulk %.0f", phi, c.ESSTail, c.ESSBulk)
		}
	}
}

// TestDirectAutocovariance holds the transform against the defining sums, with
// lengths that are no nice numbers, and the effective size against a plain
// reading of the definition.
func TestDirectAutocovariance(t *testing.T) {
	for i := range 60 {
		n := []int{4, 5, 7, 31, 97}[i%5]
		const chains = 3
		raw := autoregressive(chains, n, 0.6, uint64(i))
		s := sequences{x: make([]float64, len(raw)), chains: chains, n: n}
		for i, v := range raw {
			s.x[i] = float64(v) + 3
		}
		k := newCorrelator(n)
		k.moments(sequences{x: make([]float64, len(raw)), chains: chains, n: n}) // leaves no trace
		means, within, acov := k.moments(s)
		direct := make([]float64, n)
		w := 0.0
		for c := range chains {
			row := s.row(c)
			m := mean(row)
			if math.Abs(m-means[c]) > 1e-12 {
				t.Errorf("n = %d: mean %g, want %g", n, means[c], m)
			}
			for lag := range n {
				for i := range n - lag {
					direct[lag] += (row[i] - m) * (row[i+lag] - m) / float64(n*chains)
				}
			}
			w += variance(row) / chains
		}
		if math.Abs(w-within) > 1e-12 {
			t.Errorf("n = %d: W = %g, want %g", n, within, w)
		}
		for lag := range n {
			if math.Abs(acov[lag]-direct[lag]) > 1e-12 {
				t.Errorf("n = %d, lag %d: %g, want %g", n, lag, acov[lag], direct[lag])
			}
		}
		ess, _ := effectiveSize(k, s)
		if want := plainSize(direct, w, variance(means), chains); math.Abs(ess/want-1) > 1e-9 {
			t.Errorf("n = %d: ESS %g, want %g", n, ess, want)
		}
	}
}

// plainSize follows section 3.2 of Vehtari et al. 2021 step by step with
// explicit arrays.
func plainSize(acov []float64, within, between float64, chains int) float64 {
	n := len(acov)
	plus := float64(n-1)/float64(n)*within + between
	rho := make([]float64, n)
	for i := range rho {
		rho[i] = 1 - (within-acov[i])/plus
	}
	rho[0] = 1
	var pairs []float64
	extra := 0.0
	for i := 0; i+1 < n; i += 2 {
		if p := rho[i] + rho[i+1]; p > 0 {
			pairs = append(pairs, p)
			continue
		}
		extra = max(rho[i], 0)
		break
	}
	tau := -1 + extra
	for i, p := range pairs {
		tau += 2 * min(p, slices.Min(pairs[:i+1]))
	}
	total := float64(n * chains)
	return total / max(tau, 1/math.Log10(total))
}

// TestSmooth: the transform's length is 2^a 3^b 5^c and the smallest.
func TestSmooth(t *testing.T) {
	isSmooth := func(n int) bool {
		if n%2 != 0 {
			return false
		}
		for _, p := range []int{2, 3, 5} {
			for n%p == 0 {
				n /= p
			}
		}
		return n == 1
	}
	for n := 2; n < 3000; n++ {
		want := n
		for !isSmooth(want) {
			want++
		}
		if got := smooth(n); got != want {
			t.Fatalf("smooth(%d) = %d, want %d", n, got, want)
		}
	}
}

// TestStuckChains: chains in different places, or of different widths.
func TestStuckChains(t *testing.T) {
	const chains, n = 8, 500
	iid := autoregressive(chains, n, 0, 9)
	if c := diagnose1(t, iid, chains); c.RHat > 1.01 {
		t.Errorf("independent draws: R̂ %.3f", c.RHat)
	}
	apart, wide, drift := slices.Clone(iid), slices.Clone(iid), slices.Clone(iid)
	for i := range iid {
		if c := i / n; c%2 == 1 {
			apart[i] += 3
			wide[i] *= 3
		}
		drift[i] += float32(i%n) / n * 3 // all chains alike: only the split sees it
	}
	if c := diagnose1(t, apart, chains); c.RHatBulk < 1.1 || c.ESSMean > 50 {
		t.Errorf("modes: R̂ %.3f, ESS %.1f", c.RHatBulk, c.ESSMean)
	}
	if c := diagnose1(t, wide, chains); c.RHatBulk > 1.02 || c.RHatFolded < 1.1 {
		t.Errorf("widths: R̂ %.3f, folded %.3f", c.RHatBulk, c.RHatFolded)
	}
	if c := diagnose1(t, drift, chains); c.RHat < 1.1 {
		t.Errorf("drift: R̂ %.3f", c.RHat)
	}

	// Rank normalisation makes bulk estimates invariant under monotone maps.
	cauchy := slices.Clone(iid)
	for i, v := range cauchy {
		cauchy[i] = float32(math.Tan(math.Pi * (0.5*math.Erfc(-float64(v)/math.Sqrt2) - 0.5)))
	}
	a, b := diagnose1(t, iid, chains), diagnose1(t, cauchy, chains)
	if math.Abs(a.RHatBulk-b.RHatBulk) > 1e-3 || math.Abs(a.ESSBulk/b.ESSBulk-1) > 1e-3 {
		t.Errorf("bulk: R̂ %g and %g, ESS %g and %g", a.RHatBulk, b.RHatBulk, a.ESSBulk, b.ESSBulk)
	}
}

// TestDegenerate: constant chains raise the alarm and stay printable.
func TestDegenerate(t *testing.T) {
	same := make([]float32, 40)
	stuck, coin := slices.Clone(same), slices.Clone(same)
	for i := range stuck {
		stuck[i] = float32(i / 10)
		coin[i] = float32(i*7%5%2)*2 - 1
	}
	for name, x := range map[string][]float32{"constant": same, "stuck": stuck} {
		c := diagnose1(t, x, 4)
		if !c.Degenerate || c.RHat < 1e6 || c.ESSMean > 8 {
			t.Errorf("%s: %+v", name, c)
		}
		if _, err := json.Marshal(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c := diagnose1(t, coin, 4); c.Degenerate || c.RHat > 3 || c.RHat-c.RHat != 0 {
		t.Errorf("coin: %+v", c)
	}
	if _, err := Diagnose(Draws{Chains: 1, N: 7, Dim: 1}); err == nil {
		t.Error("7 draws were diagnosed")
	}
	same[25] = float32(math.NaN())
	d, _ := NewDraws(same, 4, 10, 1)
	if _, err := Diagnose(d); err == nil || !strings.Contains(err.Error(), "draw 5 of chain 2") {
		t.Errorf("NaN: %v", err)
	}
	for _, shape := range [][3]int{{0, 1, 1}, {4, 10, 0}, {4, 11, 1}, {3, 10, 1}, {1 << 40, 1 << 40, 1 << 40}, {4, -1, 1}} {
		if _, err := NewDraws(same, shape[0], shape[1], shape[2]); err == nil {
			t.Errorf("shape %v was accepted", shape)
		}
	}
}

// TestRankNormal: scores of distinct values are Blom's; ties share one.
func TestRankNormal(t *testing.T) {
	ranked, order := rankNormal(sequences{x: []float64{5, -1, 3, 3}, chains: 1, n: 4})
	got := ranked.x
	score := func(rank float64) float64 { return math.Sqrt2 * math.Erfinv(2*(rank-0.375)/4.25-1) }
	for i, want := range []float64{score(4), score(1), score(2.5), score(2.5)} {
		if math.Abs(got[i]-want) > 1e-15 {
			t.Errorf("score %d is %g, want %g", i, got[i], want)
		}
	}
	if q := quantile(sequences{x: []float64{5, -1, 3, 3}}, order, 0.9); math.Abs(q-4.4) > 1e-12 {
		t.Errorf("90 %% quantile %g, want 4.4", q)
	}
	for i, v := range []float32{float32(math.Inf(-1)), -2, -1e-45, 0, 1e-45, 3} {
		if w := []float32{-2, -1e-45, 0, 1e-45, 3, float32(math.Inf(1))}[i]; sortable(v) >= sortable(w) {
			t.Errorf("%g does not sort before %g", v, w)
		}
	}
	if sortable(float32(math.Copysign(0, -1))) != sortable(0) {
		t.Error("-0 and 0 differ")
	}
	// Φ⁻¹((1-3/8)/4.25) from a table of the normal distribution.
	if math.Abs(got[1]+1.04913) > 1e-4 {
		t.Errorf("lowest of four: %g", got[1])
	}
}

// TestEnergyDiagnostic: on a standard normal a trajectory of π/2 turns the
// momentum into the position, so that consecutive energies (q² + p²)/2 and
// (p² + p'²)/2 share one half: Var E = d, E(ΔE²) = d, E-BFMI = 1.
func TestEnergyDiagnostic(t *testing.T) {
	cfg := HMCConfig{Chains: 200, StepSize: 0.02, BurnIn: None, Samples: 20000, Jitter: None}
	h := mustHMC(t, cfg, standardNormal(3), priorPoints(t, 200, 3, 2), 3)
	finish(t, h)
	d, err := h.Diagnostics()
	if err != nil {
		t.Fatal(err)
	}
	// Error: 20000 pairs of relative spread about 2: 0.02; times 4, and the
	// mean energy estimated per chain of 100 adds 1 %.
	if math.Abs(d.Sampler.MeanEBFMI-1) > 0.08 {
		t.Errorf("E-BFMI %.3f, want 1", d.Sampler.MeanEBFMI)
	}
	if len(d.Sampler.EBFMI) != 200 || d.Sampler.MinEBFMI > d.Sampler.MeanEBFMI || d.Sampler.Accept < 0.99 {
		t.Errorf("%+v", d.Sampler)
	}
	if _, err := json.Marshal(d); err != nil {
		t.Error(err)
	}
}
