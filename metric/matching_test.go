package metric_test

import (
	"math"
	"testing"

	"etalon/hist"
	"etalon/metric"
)

// What eq. (9) predicts for generators with known ratios, from generated events and
// from truth events: a shifted normal, for which more events are needed, and one of
// width s = 2, for which less are: ∫p_T W x² = s·a^(-3/2), a = 2 - 1/s². Within five
// stated errors; the analytic number of the shifted one is exp(mu²)(1+mu²).
func TestMatchingEvents(t *testing.T) {
	const n = 40000
	wide := func(stream string, sigma float64) metric.Observable {
		o := shifted(0, n, stream, 0)
		for i, x := range o.F {
			x *= sigma
			o.F[i], o.W[i] = x, 2*math.Exp(-x*x*(1-0.25)/2)
		}
		return o
	}
	atTruth := shifted(0, n, "truth", 0)
	for i, x := range atTruth.F {
		atTruth.W[i] = math.Exp(0.125 - 0.5*x)
	}
	for _, c := range []struct {
		name     string
		at       func(o metric.Observable, nTruth float64) (metric.Estimate, error)
		o        metric.Observable
		expected float64
	}{
		{"shifted, generated", metric.MatchingEvents, shifted(0.5, n, "generated", 0), math.Exp(0.25) * 1.25},
		{"shifted, truth", metric.MatchingEventsAtTruth, atTruth, math.Exp(0.25) * 1.25},
		{"wide, generated", metric.MatchingEvents, wide("generated", 2), 2 * math.Pow(1.75, -1.5)},
		{"wide, truth", metric.MatchingEventsAtTruth, wide("truth", 1), 2 * math.Pow(1.75, -1.5)},
		{"no weights", metric.MatchingEvents, metric.Observable{F: atTruth.F}, 1},
	} {
		e, err := c.at(c.o, 1000)
		t.Logf("%s: %.1f ± %.1f, expected %.1f", c.name, e.Value, e.Error, 1000*c.expected)
		if err != nil || math.Abs(e.Value-1000*c.expected) > 5*e.Error+1e-9 || e.Error > 100 {
			t.Errorf("%s: %+v, %v; expected %v", c.name, e, err, 1000*c.expected)
		}
	}
}

// The prediction tried out: as many generated events as MatchingEvents says, and the
// spread of their mean over replicas is that of the truth sample, 1/sqrt(N_T) for
// x and sqrt(p(1-p)/N_T) for the content of a bin. Spreads over m replicas are known
// to 1/sqrt(2m), five times which is the tolerance, and 3/N for the ratio's next order.
func TestMatchingIsTrue(t *testing.T) {
	const mu, truth, replicas = 0.5, 400, 4000
	inBin := func(o metric.Observable) metric.Observable {
		f := make([]float64, len(o.F))
		for i, x := range o.F {
			if x > -1.1 && x < -0.9 {
				f[i] = 1
			}
		}
		return metric.Observable{F: f, W: o.W}
	}
	p := normalCDF(-0.9) - normalCDF(-1.1)
	for _, c := range []struct {
		name string
		f    func(o metric.Observable) metric.Observable
		u    float64
	}{
		{"x", func(o metric.Observable) metric.Observable { return o }, 1 / math.Sqrt(truth)},
		{"bin", inBin, math.Sqrt(p * (1 - p) / truth)},
	} {
		need, err := metric.MatchingEvents(c.f(shifted(mu, 200000, "pilot", 0)), truth)
		if err != nil {
			t.Fatal(err)
		}
		n := int(math.Round(need.Value))
		var mean, square float64
		for k := range replicas {
			e, err := c.f(shifted(mu, n, "replicas", k)).Mean()
			if err != nil {
				t.Fatal(err)
			}
			mean += e.Value / replicas
			square += e.Value * e.Value / replicas
		}
		spread := math.Sqrt(square - mean*mean)
		t.Logf("%s: %d events for %d, spread %.5f, that of the truth %.5f", c.name, n, truth, spread, c.u)
		if math.Abs(spread/c.u-1) > 5/math.Sqrt(2*replicas)+3.0/truth+need.Error/need.Value {
			t.Errorf("%s: with %d events the spread is %v, that of the truth %v", c.name, n, spread, c.u)
		}
	}
}

// The stated errors are the scatter between samples, within five times 1/sqrt(2m),
// and 10 % for estimates of fourth moments of weighted events.
func TestMatchingErrors(t *testing.T) {
	const n, samples = 4000, 400
	var sum, square, said [4]float64
	for k := range samples {
		o := shifted(0.3, n, "matching errors", k)
		a, err1 := metric.MatchingEvents(o, 1)
		truth := shifted(0, n, "matching truth", k)
		d, err2 := metric.NewDilution(o, metric.Observable{F: truth.F})
		for i, x := range truth.F {
			truth.W[i] = math.Exp(0.045 - 0.3*x)
		}
		b, err3 := metric.MatchingEventsAtTruth(truth, 1)
		bins, err4 := metric.MatchingBins(o, 1, -0.5, 0)
		if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
			t.Fatal(err1, err2, err3, err4)
		}
		for j, e := range []metric.Estimate{a, b, d.R, {Value: bins.Ratio[0], Error: bins.Error[0]}} {
			sum[j] += e.Value / samples
			square[j] += e.Value * e.Value / samples
			said[j] += e.Error / samples
		}
	}
	for j, name := range []string{"generated", "truth", "dilution", "bin"} {
		sd := math.Sqrt(square[j] - sum[j]*sum[j])
		t.Logf("%s: %.4f, scatter %.5f, stated %.5f", name, sum[j], sd, said[j])
		if math.Abs(said[j]/sd-1) > 5/math.Sqrt(2*samples)+0.1 {
			t.Errorf("%s: scatter %v, stated %v", name, sd, said[j])
		}
	}
}

// W(x0) in every bin, and what eq. (9) says of its indicator.
func TestMatchingBins(t *testing.T) {
	const n, mu = 100000, 0.5
	o := shifted(mu, n, "bins", 0)
	truth := shifted(0, n, "bins truth", 0)
	for i, x := range truth.F {
		truth.W[i] = math.Exp(mu*mu/2 - mu*x)
	}
	a, err1 := metric.MatchingBins(o, 40, -2, 2)
	b, err2 := metric.MatchingBinsAtTruth(truth, 40, -2, 2)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	h, _ := hist.NewH1(40, -2, 2)
	for k := range 40 {
		// The width 0.1 changes W by less than 1e-3 of it within a bin.
		w := math.Exp(mu*mu/2 - mu*h.Center(k))
		for name, m := range map[string]*metric.BinMatching{"generated": a, "truth": b} {
			if math.Abs(m.Ratio[k]-w) > 5*m.Error[k]+1e-3*w || m.Error[k] > 0.05*w {
				t.Errorf("%s: bin %d: %v ± %v, W = %v", name, k, m.Ratio[k], m.Error[k], w)
			}
		}
		indicator := metric.Observable{F: make([]float64, n), W: o.W}
		for i, x := range o.F {
			if h.Bin(x) == k {
				indicator.F[i] = 1
			}
		}
		if k%13 == 0 {
			e, err := metric.MatchingEvents(indicator, 1)
			if err != nil || math.Abs(e.Value-a.Full[k]) > 1e-9 || math.Abs(b.Full[k]/e.Value-1) > 0.1 {
				t.Errorf("bin %d: %v, from truth %v; eq. (9): %+v, %v", k, a.Full[k], b.Full[k], e, err)
			}
		}
	}
	empty, err := metric.MatchingBins(o, 1, 100, 101)
	if err != nil || !math.IsNaN(empty.Ratio[0]) {
		t.Errorf("empty bin: %+v, %v", empty, err)
	}
	if _, err := metric.MatchingBins(o, 0, 0, 1); err == nil {
		t.Error("no bins are accepted")
	}
}

func TestMatchingRefuses(t *testing.T) {
	two := metric.Observable{F: []float64{1, 2}}
	for name, f := range map[string]func() (metric.Estimate, error){
		"constant": func() (metric.Estimate, error) {
			return metric.MatchingEvents(metric.Observable{F: []float64{3, 3}}, 1)
		},
		"no truth": func() (metric.Estimate, error) { return metric.MatchingEvents(two, 0) },
		"infinite": func() (metric.Estimate, error) { return metric.MatchingEventsAtTruth(two, math.Inf(1)) },
		"constant truth": func() (metric.Estimate, error) {
			return metric.MatchingEventsAtTruth(metric.Observable{F: []float64{3, 3}}, 1)
		},
		"negative at truth": func() (metric.Estimate, error) {
			return metric.MatchingEventsAtTruth(metric.Observable{F: two.F, W: []float64{-1, -1}}, 1)
		},
		// Mean 0 and variance (1·1 + 1·1 - 1·4)/… < 0.
		"negative variance": func() (metric.Estimate, error) {
			return metric.MatchingEvents(metric.Observable{F: []float64{0, 0, 0, 0, 0, 2}, W: []float64{1, 1, 1, 1, 1, -0.5}}, 1)
		},
	} {
		if e, err := f(); err == nil {
			t.Errorf("%s: %+v without an error", name, e)
		}
	}
}

func normalCDF(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
