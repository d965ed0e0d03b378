package metric_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"etalon/metric"
	"etalon/rng"
)

// shifted draws n events of N(mu, 1) in the step of a stream, with the weights
// exp(mu²/2 - mu·x) that make them N(0, 1). All sums of section II B of DCTRGAN are
// known for f = x: with W² the density is tilted to N(-mu, 1) times exp(mu²), so
//
//	E_G[W²] = e^{mu²},  E_G[W²δ²] = e^{mu²}(1 + mu²),  N_G/N_T = e^{mu²}(1 + mu²).
func shifted(mu float64, n int, stream string, step int) metric.Observable {
	o := metric.Observable{F: make([]float64, n), W: make([]float64, n)}
	s, v := rng.New(1, stream), make([]float32, n)
	s.NormalRows(v, n, uint64(step), 0, n, 1)
	for i, z := range v {
		x := float64(z) + mu
		o.F[i], o.W[i] = x, math.Exp(mu*mu/2-mu*x)
	}
	return o
}

func TestMean(t *testing.T) {
	// Weights 1 and 3 on 0 and 4: mean 3, u = sqrt(1·9 + 9·1)/4. A common factor,
	// however large or small, changes nothing; an event of weight 0 neither.
	for _, unit := range []float64{1, 1e300, 1e-300} {
		e, err := metric.Observable{F: []float64{0, 1e9, 4}, W: []float64{unit, 0, 3 * unit}}.Mean()
		if err != nil || math.Abs(e.Value-3) > 1e-12 || math.Abs(e.Error-math.Sqrt(18)/4) > 1e-12 {
			t.Errorf("unit %g: %+v, %v", unit, e, err)
		}
	}
	w, err := metric.LinearWeights([]float64{5000, 5000 + math.Log(3)})
	if err != nil || math.Abs(w[0]-0.5) > 1e-12 || math.Abs(w[1]-1.5) > 1e-12 {
		t.Errorf("weights %v, %v", w, err)
	}
	// A constant has no uncertainty, also where it is no binary number.
	e, err := metric.Observable{F: []float64{0.1, 0.1, 0.1}, W: []float64{1, 2, 0.3}}.Mean()
	if err != nil || e != (metric.Estimate{Value: 0.1}) {
		t.Errorf("constant: %+v, %v", e, err)
	}
	// Weights as they are: E[f, W] of three events.
	e, err = metric.Observable{F: []float64{1, 2, 3}, W: []float64{1, -1, 2}}.Expectation()
	if err != nil || math.Abs(e.Value-5.0/3) > 1e-15 || math.Abs(e.Error-math.Sqrt(1+4+36-25.0/3)/3) > 1e-15 {
		t.Errorf("expectation %+v, %v", e, err)
	}
}

// The stated errors beside the scatter over samples, and the analytic ones:
// u² = e^{mu²}(1+mu²)/n for the self-normalised mean of x, Var(Wx)/n for the other;
// f̄ = 0, so both of them are the same to first order here, and for x+1 they differ.
// The scatter of m samples is known to 1/sqrt(2m): five of them, and 10/n for the next
// order of the ratio.
func TestMeanErrors(t *testing.T) {
	const mu, n, samples = 0.5, 1000, 2000
	var mean, square, said [2]float64
	for k := range samples {
		o := shifted(mu, n, "mean errors", k)
		for i := range o.F {
			o.F[i]++
		}
		for j, f := range []func() (metric.Estimate, error){o.Mean, o.Expectation} {
			e, err := f()
			if err != nil {
				t.Fatal(err)
			}
			mean[j] += e.Value / samples
			square[j] += (e.Value - 1) * (e.Value - 1) / samples
			said[j] += e.Error * e.Error / samples
		}
	}
	tilt := math.Exp(mu * mu)
	// E[W²(x+1)²] - 1 with x ~ N(-mu, 1) under W².
	want := [2]float64{tilt * (1 + mu*mu) / n, (tilt*(1+(1-mu)*(1-mu)) - 1) / n}
	tolerance := 2 * (5/math.Sqrt(2*samples) + 10.0/n) // of variances
	for j, name := range []string{"self-normalised", "plain"} {
		t.Logf("%s: mean %.5f, scatter² %.3g, stated² %.3g, expected² %.3g", name, mean[j], square[j], said[j], want[j])
		if math.Abs(square[j]/want[j]-1) > tolerance || math.Abs(said[j]/want[j]-1) > tolerance {
			t.Errorf("%s: scatter² %v, stated² %v, expected² %v", name, square[j], said[j], want[j])
		}
		// The bias of a ratio is of order 1/n.
		if math.Abs(mean[j]-1) > 5*math.Sqrt(want[j]/samples)+1.0/n {
			t.Errorf("%s: mean %v", name, mean[j])
		}
	}
}

// Scaled, permuted and, for means, split weights change nothing; events of weight
// zero leave means and their errors alone.
func TestWeightsTransformed(t *testing.T) {
	const n = 500
	o := shifted(0.7, n, "transformed", 0)
	for i := 0; i < n; i += 10 {
		o.W[i] *= -0.3
	}
	perm := rand.New(rng.New(2, "perm").Source(0)).Perm(n)
	scaled, permuted := metric.Observable{F: o.F}, metric.Observable{}
	split, padded := metric.Observable{}, metric.Observable{}
	for i := range n {
		scaled.W = append(scaled.W, 1e-200*o.W[i])
		permuted.F, permuted.W = append(permuted.F, o.F[perm[i]]), append(permuted.W, o.W[perm[i]])
		split.F, split.W = append(split.F, o.F[i], o.F[i]), append(split.W, 0.25*o.W[i], 0.75*o.W[i])
		padded.F, padded.W = append(padded.F, o.F[i], 77), append(padded.W, o.W[i], 0)
	}
	truth := shifted(0, n, "truth", 0)
	results := func(o metric.Observable) []float64 {
		mean, err1 := o.Mean()
		d, err2 := metric.NewDilution(o, metric.Observable{F: truth.F})
		g, err3 := metric.MatchingEvents(o, 100)
		b, err4 := metric.MatchingBins(o, 5, -2, 3)
		if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
			t.Fatal(err1, err2, err3, err4)
		}
		return append([]float64{mean.Value, mean.Error, d.R.Value, d.R.Error, d.Kish, g.Value, g.Error}, append(append(b.Ratio, b.Error...), b.Full...)...)
	}
	want := results(o)
	for name, c := range map[string]struct {
		o    metric.Observable
		keep int // of the results
	}{"scaled": {scaled, len(want)}, "permuted": {permuted, len(want)}, "split": {split, 1}, "padded": {padded, 3}} {
		for k, v := range results(c.o)[:c.keep] {
			if math.Abs(v-want[k]) > 1e-10*math.Abs(want[k])+1e-12 {
				t.Errorf("%s: result %d is %v, not %v", name, k, v, want[k])
			}
		}
	}
}

func TestObservableErrors(t *testing.T) {
	for name, o := range map[string]metric.Observable{
		"no events":       {},
		"NaN":             {F: []float64{1, math.NaN()}},
		"infinite weight": {F: []float64{1, 2}, W: []float64{1, math.Inf(1)}},
		"no weight":       {F: []float64{1, 2}, W: []float64{0, 0}},
		"negative":        {F: []float64{1, 2}, W: []float64{1, -2}},
		"cancelling":      {F: []float64{1, 2, 3}, W: []float64{5, -4, 1}}, // total 2 ± 6.5
		"overflow":        {F: []float64{-1e300, 1e300}},
	} {
		if e, err := o.Mean(); err == nil {
			t.Errorf("%s: %+v without an error", name, e)
		}
		if e, err := metric.MatchingEvents(o, 1); err == nil {
			t.Errorf("%s: %+v events without an error", name, e)
		}
	}
	if n, err := (metric.Observable{F: []float64{1, 2, 3}, W: []float64{1, 1, 2}}).EffectiveEvents(); err != nil || math.Abs(n-16.0/6) > 1e-14 {
		t.Errorf("N_eff %v, %v", n, err)
	}
}
