package metric_test

import (
	"math"
	"slices"
	"testing"

	"etalon/metric"
)

// asEvents makes points of two coordinates, f and f², of an observable.
func asEvents(o metric.Observable) metric.Events {
	e := metric.Events{Dim: 2, W: o.W}
	for _, f := range o.F {
		e.X = append(e.X, float32(f), float32(f*f))
	}
	return e
}

// A normal at distance mu, weighted: r² = e^{mu²}(1+mu²) for x, and Kish's relation
// has r² = N_T/N_eff = e^{mu²}. For cos(κx) with κ → large δf² does not correlate with
// the weights, and both are one. Tolerances are five stated errors.
func TestDilution(t *testing.T) {
	const n, mu = 40000, 0.5
	g, truth := shifted(mu, n, "dilution", 0), shifted(0, n, "dilution truth", 0)
	truth.W = nil
	want := math.Exp(mu*mu/2) * math.Sqrt(1+mu*mu)
	d, err := metric.NewDilution(g, truth)
	if err != nil || math.Abs(d.R.Value-want) > 5*d.R.Error || d.R.Error > 0.03 {
		t.Errorf("r = %+v, %v; expected %v", d, err, want)
	}
	// N_eff fluctuates by 1 % at most here: that of its logarithm is
	// sqrt(E[W⁴]/E[W²]²/n) = e^{2mu²}/sqrt(n), half of it for the root.
	if kish := math.Exp(mu * mu / 2); math.Abs(d.Kish-kish) > 5*math.Exp(2*mu*mu)/math.Sqrt(n)/2*kish {
		t.Errorf("Kish's relation has %v, expected %v", d.Kish, kish)
	}
	// r² = N_T/N_eff(f), N_eff(f) = n/MatchingEvents(1), but for the variance of f, which
	// both samples estimate: five errors of r again.
	m, err := metric.MatchingEvents(g, 1)
	if err != nil || math.Abs(math.Sqrt(m.Value)-d.R.Value) > 5*d.R.Error {
		t.Errorf("r = %v, but N_G/N_T = %v, %v", d.R.Value, m.Value, err)
	}
	wave := func(o metric.Observable) metric.Observable {
		f := make([]float64, len(o.F))
		for i, x := range o.F {
			f[i] = math.Cos(20 * x)
		}
		return metric.Observable{F: f, W: o.W}
	}
	if d, err := metric.NewDilution(wave(g), wave(truth)); err != nil || math.Abs(d.R.Value-d.Kish) > 5*d.R.Error {
		t.Errorf("uncorrelated: r = %+v, %v", d, err)
	}
	// As many events without weights: 1, and exactly 1 for the same.
	if d, err := metric.NewDilution(truth, truth); err != nil || d.R.Value != 1 || d.Kish != 1 {
		t.Errorf("equal samples: %+v, %v", d, err)
	}
	one := metric.Observable{F: truth.F[:3], W: []float64{0, 1, 0}}
	flat := metric.Observable{F: []float64{0.1, 0.1, 0.1}}
	for name, f := range map[string]func() (*metric.Dilution, error){
		"no values":    func() (*metric.Dilution, error) { return metric.NewDilution(metric.Observable{}, truth) },
		"one event":    func() (*metric.Dilution, error) { return metric.NewDilution(one, truth) },
		"flat truth":   func() (*metric.Dilution, error) { return metric.NewDilution(g, flat) },
		"empty truth":  func() (*metric.Dilution, error) { return metric.NewDilution(g, metric.Observable{}) },
		"single truth": func() (*metric.Dilution, error) { return metric.NewDilution(g, one) },
	} {
		if d, err := f(); err == nil {
			t.Errorf("%s: %+v without an error", name, d)
		}
	}
	if d, err := metric.NewDilution(flat, truth); err != nil || d.R != (metric.Estimate{}) {
		t.Errorf("flat sample: %+v, %v", d, err)
	}
}

// The spread between replicas is the analytic standard error, within five of its own
// errors (5/sqrt(2B)) and 3 % for the next order at N_eff ≈ 2000; so is their ratio r.
func TestBootstrap(t *testing.T) {
	const n, replicas = 3000, 1000
	o := shifted(0.5, n, "bootstrap", 0)
	for i := 0; i < n; i += 7 { // negative weights too
		o.W[i] *= -0.1
	}
	g, truth := asEvents(o), asEvents(shifted(0, n, "bootstrap truth", 0))
	truth.W = nil
	options := metric.BootstrapOptions{Replicas: replicas, Seed: 3, Threads: 1}
	b, err1 := g.BootstrapMeans(options)
	r, err2 := g.BootstrapDilution(truth, options)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for j := range 2 {
		d, err := metric.NewDilution(g.Observable(j), truth.Observable(j))
		if err != nil {
			t.Fatal(err)
		}
		u := d.Generated.Error
		t.Logf("column %d: spread %.5f ± %.5f, analytic %.5f; r %.3f ± %.3f, analytic %.3f", j, b[j].Spread.Value, b[j].Spread.Error, u, r[j].Value, r[j].Error, d.R.Value)
		if math.Abs(b[j].Spread.Value/u-1) > 5/math.Sqrt(2*replicas)+0.03 || math.Abs(r[j].Value-d.R.Value) > 5*r[j].Error+0.03 {
			t.Errorf("column %d: spread %+v, analytic %v; r %+v, analytic %v", j, b[j].Spread, u, r[j], d.R)
		}
		// The replicas scatter about the sample's mean, but for a bias of order 1/N_eff.
		if math.Abs(b[j].Mean-d.Generated.Value) > 5*u/math.Sqrt(replicas)+5.0/n {
			t.Errorf("column %d: mean %v, that of the sample %v", j, b[j].Mean, d.Generated.Value)
		}
	}
	// A function of seed and events alone.
	for _, threads := range []int{2, 3} {
		options.Threads = threads
		if again, err := g.BootstrapMeans(options); err != nil || !slices.Equal(again, b) {
			t.Errorf("%d threads: %v, %v; %v with one", threads, again, err, b)
		}
	}
	small := metric.BootstrapOptions{Threads: 1}
	a, err := g.BootstrapMeans(small)
	if err != nil || math.Abs(a[0].Spread.Error/a[0].Spread.Value-1/math.Sqrt(2*199)) > 1e-12 {
		t.Errorf("200 replicas: %+v, %v", a, err)
	}
	for i := range g.W {
		g.W[i] *= 0x1p200
	}
	if again, err := g.BootstrapMeans(small); err != nil || !slices.Equal(again, a) {
		t.Errorf("scaled weights: %v, %v; before %v", again, err, a)
	}
	small.Seed = 1
	if again, err := g.BootstrapMeans(small); err != nil || slices.Equal(again, a) {
		t.Errorf("two seeds have the same replicas, %v", err)
	}
}

func TestBootstrapRefuses(t *testing.T) {
	two := metric.Events{X: []float32{1, 2}, Dim: 1}
	for name, f := range map[string]func() error{
		"two events":  func() error { _, err := two.BootstrapMeans(metric.BootstrapOptions{}); return err },
		"no events":   func() error { _, err := metric.Events{Dim: 1}.BootstrapMeans(metric.BootstrapOptions{}); return err },
		"one replica": func() error { _, err := two.BootstrapMeans(metric.BootstrapOptions{Replicas: 1}); return err },
		"dimensions": func() error {
			_, err := two.BootstrapDilution(metric.Events{X: two.X, Dim: 2}, metric.BootstrapOptions{})
			return err
		},
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	flat := metric.Events{X: make([]float32, 200), Dim: 2}
	for i := range flat.X {
		flat.X[i] = 0.1 + float32(i%2*i)
	}
	r, err := flat.BootstrapDilution(flat, metric.BootstrapOptions{})
	if err != nil || !math.IsNaN(r[0].Value) || r[1].Value != 1 {
		t.Errorf("constant column: %v, %v", r, err)
	}
}
