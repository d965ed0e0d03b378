package train_test

import (
	"math"
	"slices"
	"testing"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/nn"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// gaussians returns n rows of N(+μ, 1) and then n rows of N(-μ, 1) in two
// dimensions, with labels 1 and 0, and the label as a single feature.
func gaussians(n int, mu [2]float64, seed uint64) (x, y []float32) {
	s := rng.New(seed, "gaussians")
	x, y = make([]float32, 4*n), make([]float32, 2*n)
	for i := range 2 * n {
		sign := 1.0
		if i >= n {
			sign = -1
		} else {
			y[i] = 1
		}
		for j := range 2 {
			x[2*i+j] = float32(sign*mu[j] + s.Normal(0, uint64(i), j))
		}
	}
	return x, y
}

// problem is a small classification with noise on its inputs, so that a step
// depends on its number, and rows held out.
type problem struct {
	rows, batch, holdout int
	hidden               int
	noise                float64
	adam                 optim.Adam
}

var small = problem{rows: 40, batch: 10, holdout: 10, hidden: 1, noise: 0.1, adam: optim.Adam{Alpha: 1e-2}}

// learner builds a fresh learner of the problem.
func (p problem) learner(t testing.TB, threads int) (*train.Objective, *nn.Params) {
	t.Helper()
	e := cpu.New(threads)
	t.Cleanup(e.Close)
	net := nn.MLP{Name: "f", In: 2, Hidden: p.hidden, Units: 12, Out: 1, Slope: 0.1}
	params := &nn.Params{}
	net.Init(params, rng.New(1, "init"))
	g := graph.New()
	x, y := g.Input("x", 2), g.Input("y", 1)
	if p.noise > 0 {
		x = graph.Add(x, graph.MulScalar(g.RandomNormal("noise", 2), p.noise))
	}
	l := net.Build("", x)
	xs, ys := gaussians(p.rows+p.holdout, [2]float64{0.5, 0}, 1)
	n := p.rows + p.holdout
	o, err := train.NewObjective(e, train.ObjectiveConfig{
		Loss:   graph.MeanRows(graph.Sub(graph.Softplus(l), graph.Mul(l, y))),
		Params: params, Adam: p.adam, Seed: 4,
		Fields: map[string][]float32{"x": xs, "y": ys},
		Batches: train.NewBatches(rng.New(2, "batches"),
			train.Group{Lo: 0, Hi: p.rows, Share: p.batch}, train.Group{Lo: n, Hi: n + p.rows, Share: p.batch}),
		Holdout: slices.Concat(train.Range(p.rows, n), train.Range(n+p.rows, 2*n)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return o, params
}

// The log-ratio of N(μ, 1) to N(-μ, 1) is 2μ·x: a linear classifier trained on both
// must find it. The standard error of each of its parameters is 1/√(2n·I) with the
// Fisher information I = E[f(1-f) x²] (x = 1 for the bias), f the classifier, which
// lies between 0.16 and 0.20 here; five of them, for I = 0.15, leave room for the
// optimiser's own noise.
func TestGaussianLogRatio(t *testing.T) {
	const n = 20000
	o, params := problem{rows: n, batch: 1000, hidden: 0, adam: optim.Adam{Alpha: 0.05}}.learner(t, 2)
	loop := train.Loop{Name: "ratio", Epochs: 15, Schedule: optim.Schedule{Kind: "cosine"}}
	records, err := loop.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	tol := 5 / math.Sqrt(2*n*0.15)
	for i, want := range []float64{1, 0} {
		if got := float64(params.Values("f/0/W")[i]); math.Abs(got-want) > tol {
			t.Errorf("slope %d is %v, want %v ± %.3f", i, got, want, tol)
		}
	}
	if b := float64(params.Values("f/0/b")[0]); math.Abs(b) > tol {
		t.Errorf("bias %v, want 0 ± %.3f", b, tol)
	}
	// The Bayes-optimal loss E[softplus(-l)], l ~ N(½, 1): by quadrature.
	best := 0.0
	for k := range 4000 {
		u := -10 + 20*(float64(k)+0.5)/4000
		best += 20.0 / 4000 * math.Exp(-u*u/2) / math.Sqrt(2*math.Pi) * math.Log1p(math.Exp(-(0.5 + u)))
	}
	last := records[len(records)-1]
	if len(records) != 15 || last.Step != 300 || last.Epoch != 15 {
		t.Errorf("%d records, the last %+v", len(records), last)
	}
	// The mean of 40000 losses of standard deviation 0.5 has an error of 0.0025.
	if got := last.Losses["train"]; math.Abs(got-best) > 0.0125 {
		t.Errorf("loss %v, the best is %v", got, best)
	}
}

func TestThreadsTrainTheSameBytes(t *testing.T) {
	var want []float32
	var first []train.Record
	for _, threads := range []int{1, 2, 3} {
		p := small
		p.rows, p.batch, p.hidden = 1000, 200, 3
		o, params := p.learner(t, threads)
		records, err := train.Loop{Name: "threads", Epochs: 10}.Run(t.Context(), o) // 50 steps
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want, first = slices.Clone(params.Flat()), records
			continue
		}
		if !slices.Equal(params.Flat(), want) {
			t.Errorf("%d threads: other parameters after %d steps", threads, records[9].Step)
		}
		if !sameRecords(records, first) {
			t.Errorf("%d threads: records %v, with one thread %v", threads, records, first)
		}
	}
}

func sameRecords(a, b []train.Record) bool {
	return slices.EqualFunc(a, b, func(x, y train.Record) bool {
		if x.Step != y.Step || x.Epoch != y.Epoch || x.LR != y.LR || len(x.Losses) != len(y.Losses) {
			return false
		}
		for name, v := range x.Losses {
			if w, ok := y.Losses[name]; !ok || w != v {
				return false
			}
		}
		return true
	})
}
