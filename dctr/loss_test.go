package dctr_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

var small = dctr.Config{Hidden: 2, Units: 16, Slope: 0.1}

func settings(epochs int) train.Config {
	return train.Config{Epochs: epochs, Batch: 500, Validation: 0.1,
		Adam: optim.Adam{Alpha: 2e-3}, Schedule: optim.Schedule{Kind: "cosine", Final: 0.001}}
}

func run(t *testing.T, l train.Learner, cfg train.Config) {
	t.Helper()
	if _, err := (train.Loop{Name: "test", Epochs: cfg.Epochs, Schedule: cfg.Schedule}).Run(context.Background(), l); err != nil {
		t.Fatal(err)
	}
}

// moments returns the mean and the root mean square of got - want.
func moments(got []float64, want func(i int) float64) (mean, rms float64) {
	n := float64(len(got))
	for i, g := range got {
		d := g - want(i)
		mean, rms = mean+d/n, rms+d*d/n
	}
	return mean, math.Sqrt(rms)
}

var (
	unit  = normal{sigma: [2]float64{1, 1}}
	moved = normal{[2]float64{0.5, -0.3}, [2]float64{1, 1}}
)

func exactRatio(truth, gen normal, x []float32) func(i int) float64 {
	return func(i int) float64 { return truth.logProb(x[2*i:2*i+2]) - gen.logProb(x[2*i:2*i+2]) }
}

// Every loss has the log-ratio as its optimum, with unequal classes and with weights:
// truth drawn from the generated density with the exact ratio as weights is truth.
// The tolerances are those of TestRatioOfNormals; importance weights of mean 1 and
// variance exp(0.34) - 1 = 0.4 make 20000 events worth 14000.
func TestLossesLearnTheRatio(t *testing.T) {
	gen := unit.draw("gen", 20000)
	plain := dctr.Sample{X: moved.draw("truth", 20000)}
	few := dctr.Sample{X: moved.draw("truth", 7000)}
	weighted := dctr.Sample{X: unit.draw("other", 20000), W: make([]float64, 20000)}
	for i, ratio := 0, exactRatio(moved, unit, weighted.X); i < len(weighted.W); i++ {
		weighted.W[i] = 1e6 * math.Exp(ratio(i)) // the scale of the weights does not matter
	}
	x := unit.draw("fresh", 10000)
	for _, loss := range dctr.Losses() {
		for name, truth := range map[string]dctr.Sample{"plain": plain, "unequal": few, "weighted": weighted} {
			t.Run(string(loss)+" "+name, func(t *testing.T) {
				e := cpu.New(2)
				defer e.Close()
				c, err := dctr.New(small, []float64{1, 1}, 1)
				if err != nil {
					t.Fatal(err)
				}
				cfg := settings(15 * 20000 * 2 / len(truth.X))
				l, err := dctr.NewWeightedObjective(e, c, truth, dctr.Sample{X: gen}, loss, cfg, 2)
				if err != nil {
					t.Fatal(err)
				}
				run(t, l, cfg)
				v, err := l.Validate()
				if err != nil || !(v["valid"] < loss.Chance()) {
					t.Errorf("held-out loss %v, %v; below %v is expected", v, err, loss.Chance())
				}
				logits, err := c.Logits(e, x)
				if err != nil {
					t.Fatal(err)
				}
				mean, rms := moments(logits, exactRatio(moved, unit, x))
				t.Logf("errors: mean %.4f, rms %.4f", mean, rms)
				if math.Abs(mean) > 0.06 || rms > 0.13 {
					t.Errorf("errors: mean %v, rms %v; at most 0.06 and 0.13 are expected", mean, rms)
				}
			})
		}
	}
}

// Truth with negative weights: N(0, 1)² events of weight 1 + s, of which a part s/(1+s)
// of those from a second, narrow density has weight -1, so that the total density is
// (1+s)·p - s·q, with a known ratio to p. bce and mse learn it.
func TestNegativeWeights(t *testing.T) {
	const s = 0.3
	q := normal{[2]float64{0.5, 0}, [2]float64{0.8, 0.8}}
	n, m := 30000, 9000
	truth := dctr.Sample{X: append(unit.draw("p", n), q.draw("q", m)...), W: make([]float64, n+m)}
	for i := range truth.W {
		truth.W[i] = (1 + s) / float64(n)
		if i >= n {
			truth.W[i] = -s / float64(m)
		}
	}
	shuffle := make([]uint32, n+m)
	rng.New(1, "shuffle").Perm(shuffle, 0)
	mixed := dctr.Sample{}
	for _, r := range shuffle {
		mixed.X = append(mixed.X, truth.X[2*r:2*r+2]...)
		mixed.W = append(mixed.W, truth.W[r])
	}
	x := unit.draw("fresh", 10000)
	ratio := func(i int) float64 {
		return math.Log((1 + s) - s*math.Exp(exactRatio(q, unit, x)(i)))
	}
	for _, loss := range []dctr.Loss{dctr.BCE, dctr.MSE} {
		e := cpu.New(2)
		defer e.Close()
		c, err := dctr.New(small, []float64{1, 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		cfg := settings(15)
		l, err := dctr.NewWeightedObjective(e, c, mixed, dctr.Sample{X: unit.draw("gen", 40000)}, loss, cfg, 2)
		if err != nil {
			t.Fatal(err)
		}
		run(t, l, cfg)
		logits, err := c.Logits(e, x)
		if err != nil {
			t.Fatal(err)
		}
		// As above; (1+2s)² more variance for the truth.
		mean, rms := moments(logits, ratio)
		t.Logf("%s: errors: mean %.4f, rms %.4f", loss, mean, rms)
		if math.Abs(mean) > 0.08 || rms > 0.17 {
			t.Errorf("%s: errors: mean %v, rms %v; at most 0.08 and 0.17 are expected", loss, mean, rms)
		}
	}
}

// Two weightings of the same rows, the exact ratio and 1, give the ratio more
// precisely than two samples do: 0.05 in the bulk.
func TestPairedObjective(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	x := unit.draw("gen", 20000)
	a := make([]float64, 20000)
	for i, ratio := 0, exactRatio(moved, unit, x); i < len(a); i++ {
		a[i] = math.Exp(ratio(i))
	}
	c, err := dctr.New(small, []float64{1, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	cfg := settings(20)
	l, err := dctr.NewPairedObjective(e, c, x, a, nil, dctr.BCE, cfg, 2)
	if err != nil {
		t.Fatal(err)
	}
	run(t, l, cfg)
	fresh := unit.draw("fresh", 10000)
	logits, err := c.Logits(e, fresh)
	if err != nil {
		t.Fatal(err)
	}
	mean, rms := moments(logits, exactRatio(moved, unit, fresh))
	t.Logf("errors: mean %.4f, rms %.4f", mean, rms)
	if math.Abs(mean) > 0.02 || rms > 0.05 {
		t.Errorf("errors: mean %v, rms %v; at most 0.02 and 0.05 are expected", mean, rms)
	}
}

// Weights that no training can use are refused with the reason.
func TestWeightErrors(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	x := unit.draw("x", 10)
	w := func(v ...float64) []float64 { return append(v, 1, 1, 1, 1, 1, 1, 1, 1) }
	for name, c := range map[string]struct {
		truth, gen []float64
		loss       dctr.Loss
		want       string
	}{
		"negative total":    {w(-9, 1), nil, dctr.BCE, "add up to 0; a positive, finite total"},
		"negative for mlc":  {nil, w(-1, 1), dctr.MLC, "generated: weight 0 is -1; mlc"},
		"no number":         {w(math.NaN(), 1), nil, dctr.BCE, "weight 0 is NaN"},
		"infinite":          {nil, w(math.Inf(1), 1), dctr.MSE, "weight 0 is +Inf"},
		"length":            {w(), nil, dctr.BCE, "truth: 8 weights for 10 rows"},
		"unknown loss":      {nil, nil, "hinge", `loss = "hinge"; bce, mse, mlc are accepted`},
		"no weight trained": {[]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, nil, dctr.BCE, "rows to train on add up to 0"},
	} {
		cl, err := dctr.New(small, []float64{1, 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = dctr.NewWeightedObjective(e, cl, dctr.Sample{X: x, W: c.truth}, dctr.Sample{X: x, W: c.gen}, c.loss, settings(1), 1)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is %v; want %q", name, err, c.want)
		}
	}
}

// Held-out rows have weights of mean 1 whatever those of the training rows are, so that the
// loss of a network that knows nothing is ln 2 there as well, exactly.
func TestHeldOutWeights(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	const n = 1000
	cfg := train.Config{Epochs: 1, Batch: 100, Validation: 0.1, Adam: optim.Adam{Alpha: 1e-3}}
	c, err := dctr.New(dctr.Config{Hidden: 1, Units: 4}, []float64{1, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	clear(c.Params.Flat())
	x := normal{sigma: [2]float64{1, 1}}.draw("x", n)
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
		if i >= n-n/10 {
			w[i] = float64(3 + i%5)
		}
	}
	l, err := dctr.NewWeightedObjective(e, c, dctr.Sample{X: x, W: w}, dctr.Sample{X: x}, dctr.BCE, cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	losses, err := l.Validate()
	if err != nil || math.Abs(losses["valid"]-math.Ln2) > 1e-6 {
		t.Errorf("losses %v, %v; ln 2 is expected", losses, err)
	}
}
