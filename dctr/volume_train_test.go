package dctr_test

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"etalon/calo"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// poissonShowers are volumes whose cells have Poisson numbers, in MeV, of a rate that rises
// with the layer: rate·(1 + slope·l/(L-1)).
type poissonShowers struct {
	positions   [3]int
	rate, slope float64
}

func (p poissonShowers) mean(layer int) float64 {
	return p.rate * (1 + p.slope*float64(layer)/float64(p.positions[0]-1))
}

func (p poissonShowers) draw(name string, n int) []float32 {
	s, plane := rng.New(11, name), p.positions[1]*p.positions[2]
	x := make([]float32, n*p.positions[0]*plane)
	for i := range x {
		shower, cell := i/(p.positions[0]*plane), i%(p.positions[0]*plane)
		u, q := s.Uniform(0, uint64(shower), cell), math.Exp(-p.mean(cell/plane))
		for k := 0.0; u > q && k < 50; k++ { // inversion
			u -= q
			q *= p.mean(cell/plane) / (k + 1)
			x[i]++
		}
	}
	return x
}

// logRatio is the exact ln p(x)/o(x) = Σ N·ln(λ_p/λ_o) - (λ_p - λ_o).
func (p poissonShowers) logRatio(o poissonShowers, x []float32) float64 {
	l, plane := 0.0, p.positions[1]*p.positions[2]
	for i, k := range x {
		a, b := p.mean(i/plane), o.mean(i/plane)
		l += float64(k)*math.Log(a/b) - (a - b)
	}
	return l
}

func stored(t *testing.T, positions [3]int, x []float32) *calo.Sparse {
	t.Helper()
	s, err := calo.NewSparse(calo.Shape{Layers: positions[0], X: positions[1], Y: positions[2]})
	if err == nil {
		err = s.Append(x)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	flatShowers  = poissonShowers{[3]int{5, 4, 6}, 0.4, 0}
	risingShower = poissonShowers{[3]int{5, 4, 6}, 0.33, 0.6}
)

func volumeTraining(epochs int) train.Config {
	return train.Config{Epochs: epochs, Batch: 50, Validation: 0.2, Adam: optim.Adam{Alpha: 3e-3}, Schedule: optim.Schedule{Kind: "cosine"}}
}

// The whole of it on showers whose density ratio is known: a cross-fitted, calibrated set
// of networks learns the ratio, in both classes unequally many showers; weights closer to
// it close better. The showers are symmetric, so that flips cost nothing.
func TestVolumesLearnTheRatio(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	x := flatShowers.draw("gen", 3000)
	truth := dctr.Sample{From: stored(t, tiny.Positions, risingShower.draw("truth", 2000))}
	gen := dctr.Sample{From: stored(t, tiny.Positions, x)}
	net := tiny
	net.Filters, net.Dense, net.Mirror = []int{8, 8, 8}, []int{16}, true
	fit := dctr.Fit{Network: dctr.Config{Volume: &net}, Training: volumeTraining(8), Folds: 2, Calibrate: dctr.Temperature, Seed: 1}
	r, err := fit.Run(context.Background(), e, truth, gen)
	if err != nil {
		t.Fatal(err)
	}
	d := len(x) / len(r.LogW)
	var a, b, aa, bb, ab float64
	for i, l := range r.LogW {
		exact := risingShower.logRatio(flatShowers, x[i*d:(i+1)*d])
		a, b, aa, bb, ab = a+l, b+exact, aa+l*l, bb+exact*exact, ab+l*exact
	}
	n := float64(len(r.LogW))
	rho := (ab - a*b/n) / math.Sqrt((aa-a*a/n)*(bb-b*b/n))
	auc, _, err := dctr.AUC(dctr.Scores{Truth: r.TruthLogW, Gen: r.LogW})
	t.Logf("correlation with the exact ratio %.3f, AUC %.3f", rho, auc)
	// 0.85 leaves 28 % of the variance to the noise of a training with 1000 showers of a class.
	if err != nil || rho < 0.85 || r.After == nil || len(r.TruthLogW) != 2000 {
		t.Errorf("correlation %v, reliability %v, %v", rho, r.After, err)
	}
	closure := dctr.ClosureTest{Network: dctr.Config{Volume: &net}, Training: volumeTraining(6), Seed: 2}
	before, err := closure.Run(context.Background(), e, truth, gen)
	if err != nil {
		t.Fatal(err)
	}
	clipped, _, err := dctr.Clip(nil, r.LogW, 5, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range clipped {
		gen.W = append(gen.W, math.Exp(l))
	}
	after, err := closure.Run(context.Background(), e, truth, gen)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("closure before %v, after %v", before.Verdict, after.Verdict)
	// The weights remove three quarters of what a classifier sees, which takes a ratio with
	// the correlation above; the rest is the noise of either network.
	if before.Closed || math.Abs(after.AUC-0.5) > 0.25*(before.AUC-0.5) {
		t.Errorf("AUC %.3f (closed: %v) before, %.3f after the weights", before.AUC, before.Closed, after.AUC)
	}
}

// Parameters are the same bytes for any number of threads, for showers in a dense table
// or in a store, and after an interruption.
func TestVolumeTrainingIsReproducible(t *testing.T) {
	truth, gen := risingShower.draw("truth", 130), flatShowers.draw("gen", 300)
	cfg := volumeTraining(2)
	cfg.Batch = 20
	w := make([]float64, 300)
	for i := range w {
		w[i] = 1 + float64(i%3)
	}
	fit := func(name string, threads int, sparse bool, how func(l train.Learner, loop train.Loop) error) []float32 {
		e := cpu.New(threads)
		defer e.Close()
		c := newVolume(t, tiny, 3)
		a, b := dctr.Sample{X: truth}, dctr.Sample{X: gen, W: w}
		if sparse || name == "mixed" {
			b = dctr.Sample{From: stored(t, tiny.Positions, gen), W: w}
		}
		if sparse {
			a = dctr.Sample{From: stored(t, tiny.Positions, truth)}
		}
		l, err := dctr.NewWeightedObjective(e, c, a, b, dctr.BCE, cfg, 4)
		if err != nil {
			t.Fatal(err)
		}
		// 104 and 240 rows are trained on: the smaller class is repeated.
		if n := l.StepsPerEpoch(); n != 12 {
			t.Errorf("%d steps an epoch; want 12, those of the larger class", n)
		}
		loop := train.Loop{Name: name, Epochs: cfg.Epochs, Schedule: cfg.Schedule}
		if err := how(l, loop); err != nil {
			t.Fatal(err)
		}
		return c.Params.Flat()
	}
	plain := func(l train.Learner, loop train.Loop) error {
		r, err := loop.Run(context.Background(), l)
		if err == nil && !(r[1].Losses["valid"] > 0 && r[1].Losses["valid"] < 1) {
			t.Errorf("records %v", r)
		}
		return err
	}
	want := fit("dense", 1, false, plain)
	if !slices.Equal(fit("threads", 2, false, plain), want) {
		t.Error("another number of threads gives other parameters")
	}
	if !slices.Equal(fit("sparse", 2, true, plain), want) {
		t.Error("a store gives other parameters than a table")
	}
	if !slices.Equal(fit("mixed", 1, false, plain), want) {
		t.Error("a table of truth beside a store gives other parameters")
	}
	path := filepath.Join(t.TempDir(), "checkpoint")
	stop := func(l train.Learner, loop train.Loop) error {
		ctx, cancel := context.WithCancel(context.Background())
		loop.Name, loop.Checkpoint, loop.Every = "restart", path, time.Hour
		loop.Progress = func(step, _ int, _ map[string]float64) {
			if step == 7 {
				cancel()
			}
		}
		if _, err := loop.Run(ctx, l); err == nil {
			t.Error("the training was not stopped")
		}
		return nil
	}
	if slices.Equal(fit("restart", 1, true, stop), want) {
		t.Error("a stopped training is complete")
	}
	proceed := func(l train.Learner, loop train.Loop) error {
		loop.Checkpoint = path
		return plain(l, loop)
	}
	if !slices.Equal(fit("restart", 2, true, proceed), want) {
		t.Error("a restart gives other parameters")
	}
}

// A step on a store allocates nothing.
func TestVolumeStepAllocates(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	truth, gen := stored(t, tiny.Positions, risingShower.draw("truth", 100)), stored(t, tiny.Positions, flatShowers.draw("gen", 100))
	cfg := volumeTraining(1)
	cfg.Batch = 30
	l, err := dctr.NewWeightedObjective(e, newVolume(t, tiny, 1), dctr.Sample{From: truth}, dctr.Sample{From: gen}, dctr.BCE, cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	out, step := make([]float64, 1), 0
	if n := testing.AllocsPerRun(5, func() {
		if err := l.Step(step, 1, out); err != nil {
			t.Fatal(err)
		}
		step++
	}); n > 0 {
		t.Errorf("%v allocations in a step", n)
	}
}
