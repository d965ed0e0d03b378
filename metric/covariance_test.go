package metric_test

import (
	"math"
	"slices"
	"testing"

	"etalon/metric"
	"etalon/rng"
)

// plane draws pairs of normals of correlation rho about (mu, 0), with the weights that
// move them to the origin.
func plane(rho, mu float64, n, step int) metric.Events {
	e := metric.Events{Dim: 2}
	s, v := rng.New(1, "plane"), make([]float32, 2*n)
	s.NormalRows(v, n, uint64(step), 0, n, 2)
	for i := range n {
		x := float64(v[i])
		y := rho*x + math.Sqrt(1-rho*rho)*float64(v[n+i])
		// exp(-x²/2)/exp(-(x-mu)²/2) for the first coordinate; the second follows it.
		e.X = append(e.X, float32(x+mu), float32(y+rho*mu))
		e.W = append(e.W, math.Exp(-mu*mu/2-mu*x))
	}
	return e
}

// Weighted covariances and correlations are those of the truth, and the stated errors
// the scatter between samples: (1-ρ²)/sqrt(n) without weights, as is known. Tolerances:
// five errors of means and spreads over the samples, and 5 % for the order 1/N_eff.
func TestCovariance(t *testing.T) {
	const rho, n, samples = 0.6, 2000, 300
	for _, mu := range []float64{0, 0.4} {
		var sum, square, said [3]float64
		for k := range samples {
			e := plane(rho, mu, n, k)
			if mu == 0 {
				e.W = nil
			}
			c, err := e.Covariance()
			if err != nil {
				t.Fatal(err)
			}
			for j, v := range []metric.Estimate{{Value: c.Cov[0], Error: c.CovError[0]}, {Value: c.Cov[1], Error: c.CovError[1]}, {Value: c.Corr[1], Error: c.CorrError[1]}} {
				sum[j] += v.Value / samples
				square[j] += v.Value * v.Value / samples
				said[j] += v.Error / samples
			}
			m, err := e.Observable(0).Mean()
			if err != nil || math.Abs(m.Value-c.Mean[0].Value) > 1e-12 || math.Abs(m.Error-c.Mean[0].Error) > 1e-12 {
				t.Fatalf("mean %+v, of the column alone %+v, %v", c.Mean[0], m, err)
			}
			if c.Corr[0] != 1 || c.Corr[3] != 1 || c.CorrError[0] != 0 || c.Corr[1] != c.Corr[2] || c.CovError[1] != c.CovError[2] {
				t.Fatalf("%+v", c)
			}
		}
		for j, want := range []float64{1, rho, rho} {
			sd := math.Sqrt(square[j] - sum[j]*sum[j])
			t.Logf("mu %v, entry %d: %.4f, scatter %.4f, stated %.4f", mu, j, sum[j], sd, said[j])
			if math.Abs(sum[j]-want) > 5*sd/math.Sqrt(samples)+2.0/n || math.Abs(said[j]/sd-1) > 5/math.Sqrt(2*samples)+0.05 {
				t.Errorf("mu %v, entry %d: %v, scatter %v, stated %v", mu, j, sum[j], sd, said[j])
			}
		}
		if known := (1 - rho*rho) / math.Sqrt(n); mu == 0 && math.Abs(said[2]/known-1) > 0.05 {
			t.Errorf("error of ρ without weights: %v, known %v", said[2], known)
		}
	}
}

// Scaled, permuted and split weights leave the matrices alone; negative weights are
// subtracted events.
func TestCovarianceTransformed(t *testing.T) {
	const n = 300
	e := plane(-0.3, 0.5, n, 0)
	c, err := e.Covariance()
	if err != nil {
		t.Fatal(err)
	}
	split, scaled, reversed := metric.Events{Dim: 2}, metric.Events{X: e.X, Dim: 2}, metric.Events{Dim: 2}
	removed := metric.Events{X: append(slices.Clone(e.X), 40, -50), Dim: 2, W: append(slices.Clone(e.W), 3)}
	removed.X, removed.W = append(removed.X, 40, -50), append(removed.W, -3)
	for i := range n {
		row := e.X[2*i : 2*i+2]
		split.X, split.W = append(append(split.X, row...), row...), append(split.W, e.W[i]/3, 2*e.W[i]/3)
		reversed.X, reversed.W = append(slices.Clone(row), reversed.X...), append([]float64{e.W[i]}, reversed.W...)
		scaled.W = append(scaled.W, 1e250*e.W[i])
	}
	for name, s := range map[string]struct {
		e      metric.Events
		errors bool // stay the same too
	}{"scaled": {scaled, true}, "permuted": {reversed, true}, "split": {split, false}, "removed": {removed, false}} {
		d, err := s.e.Covariance()
		if err != nil {
			t.Fatal(name, err)
		}
		for k := range c.Cov {
			if math.Abs(d.Cov[k]-c.Cov[k]) > 1e-9 || math.Abs(d.Corr[k]-c.Corr[k]) > 1e-9 {
				t.Errorf("%s: entry %d: %v, %v; before %v, %v", name, k, d.Cov[k], d.Corr[k], c.Cov[k], c.Corr[k])
			}
			if s.errors && (math.Abs(d.CovError[k]-c.CovError[k]) > 1e-12 || math.Abs(d.CorrError[k]-c.CorrError[k]) > 1e-12) {
				t.Errorf("%s: entry %d has errors %v, %v; before %v, %v", name, k, d.CovError[k], d.CorrError[k], c.CovError[k], c.CorrError[k])
			}
		}
	}
	flat, err := metric.Events{X: []float32{1, 0.1, 2, 0.1, 4, 0.1}, Dim: 2}.Covariance()
	if err != nil || flat.Corr[0] != 1 || !math.IsNaN(flat.Corr[1]) || !math.IsNaN(flat.Corr[3]) || flat.Cov[3] != 0 {
		t.Errorf("constant column: %+v, %v", flat, err)
	}
	for name, e := range map[string]metric.Events{
		"no events": {Dim: 1},
		"NaN":       {X: []float32{1, float32(math.NaN())}, Dim: 1},
		"weights":   {X: []float32{1, 2}, Dim: 1, W: []float64{1, -1}},
	} {
		if c, err := e.Covariance(); err == nil {
			t.Errorf("%s: %+v without an error", name, c)
		}
	}
}

// Log-normal weights exp(a) and exp(b) of normals with correlation ρ correlate with
// (e^{ρs²}-1)/(e^{s²}-1); for s = ½ and ρ = ½ that is 0.4688. Five stated errors, which
// are the scatter between samples to 5/sqrt(2m) and 15 % (fourth moments of weights).
func TestWeightCorrelation(t *testing.T) {
	const n, samples = 4000, 200
	want := math.Expm1(0.125) / math.Expm1(0.25)
	var sum, square, said float64
	for k := range samples {
		e := plane(0.5, 0, n, k)
		w1, w2 := make([]float64, n), make([]float64, n)
		for i := range n {
			w1[i], w2[i] = 1e300*math.Exp(float64(e.X[2*i])/2), 1e-300*math.Exp(float64(e.X[2*i+1])/2)
		}
		rho, err := metric.WeightCorrelation(w1, w2)
		if err != nil || math.Abs(rho.Value-want) > 5*rho.Error {
			t.Fatalf("ρ = %+v, %v; expected %v", rho, err, want)
		}
		sum += rho.Value / samples
		square += rho.Value * rho.Value / samples
		said += rho.Error / samples
	}
	if sd := math.Sqrt(square - sum*sum); math.Abs(said/sd-1) > 5/math.Sqrt(2*samples)+0.15 || math.Abs(sum-want) > 5*sd/math.Sqrt(samples)+5.0/n {
		t.Errorf("ρ = %v, expected %v; scatter %v, stated %v", sum, want, sd, said)
	}
	if rho, err := metric.WeightCorrelation([]float64{1, 2, 4}, []float64{-2, -4, -8}); err != nil || math.Abs(rho.Value+1) > 1e-12 || rho.Error > 1e-12 {
		t.Errorf("opposite weights: %+v, %v", rho, err)
	}
	for name, w := range map[string][]float64{"constant": {0.1, 0.1, 0.1}, "NaN": {1, math.NaN(), 2}} {
		if rho, err := metric.WeightCorrelation(w, []float64{1, 2, 3}); err == nil {
			t.Errorf("%s: %+v without an error", name, rho)
		}
	}
	if rho, err := metric.WeightCorrelation(nil, nil); err == nil {
		t.Errorf("no weights: %+v", rho)
	}
}

// ΣW → N_G for the exact ratio, also on events that had weights, and its error is
// sqrt((e^{mu²}-1)/n): five of them.
func TestNormalisation(t *testing.T) {
	const n, mu = 20000, 0.5
	o := shifted(mu, n, "normalisation", 0)
	e, err := metric.Normalisation(o.W, nil)
	want := math.Sqrt(math.Expm1(mu*mu) / n)
	if err != nil || math.Abs(e.Value-1) > 5*want || math.Abs(e.Error/want-1) > 0.1 {
		t.Errorf("%+v, %v; error %v expected", e, err, want)
	}
	// Events of N(0, 1) that stand for N(mu, 1) by their weights v.
	v, w := make([]float64, n), make([]float64, n)
	for i, x := range shifted(0, n, "normalisation", 1).F {
		v[i] = 1e-9 * math.Exp(mu*x-mu*mu/2)
		w[i] = math.Exp(mu*mu/2 - mu*x)
	}
	if e, err := metric.Normalisation(w, v); err != nil || math.Abs(e.Value-1) > 5*e.Error || e.Error > 0.02 {
		t.Errorf("with weights before: %+v, %v", e, err)
	}
	if e, err := metric.Normalisation([]float64{2, 2, 2}, nil); err != nil || e != (metric.Estimate{Value: 2}) {
		t.Errorf("the scale of W counts: %+v, %v", e, err)
	}
	if _, err := metric.Normalisation(nil, nil); err == nil {
		t.Error("no events are accepted")
	}
}
