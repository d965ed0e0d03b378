package dctr_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"etalon/calo"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

var tiny = dctr.Volume{Positions: [3]int{5, 4, 6}, Filters: []int{3, 4, 2}, Stride: []int{2, 1, 1}, Pad: []int{1, 1, 0}, Kernel: 2,
	Dense: []int{5, 3}, Slope: 0.01, Unit: 0.5, Log: true}

func newVolume(t *testing.T, v dctr.Volume, seed uint64) *dctr.Classifier {
	t.Helper()
	c, err := dctr.New(dctr.Config{Volume: &v}, nil, seed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

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

// The paper's network: 128·6·6·6 features behind the convolutions, and as many parameters
// as PyTorch's Conv3d, LayerNorm over the positions, and Linear have.
func TestFullVolume(t *testing.T) {
	v, cfg := dctr.FullVolume([3]int{30, 30, 30})
	c := newVolume(t, v, 1)
	want := 27*128 + 128 + 2*15*15*15 + 27*128*128 + 128 + 2*8*8*8 + 27*128*128 + 128
	for _, l := range [][2]int{{128 * 6 * 6 * 6, 64}, {64, 256}, {256, 256}, {256, 1}} {
		want += l[0]*l[1] + l[1]
	}
	if c.Params.Len() != want || c.Dim() != 27000 {
		t.Errorf("%d parameters of %d features; want %d of 27000", c.Params.Len(), c.Dim(), want)
	}
	if cfg.Check() != nil || cfg.Epochs != 1 || cfg.Adam.Alpha != 1e-3 || v.Slope != 0.01 || v.Log || v.NoFlip {
		t.Errorf("training %+v of %+v", cfg, v)
	}
	small, cfg := dctr.SmallVolume([3]int{30, 30, 30})
	if small.Check() != nil || cfg.Check() != nil {
		t.Error("the small one is refused")
	}
}

// The engine's logits and gradients of all parameters are those of the float64 reference,
// and these are central differences: convolutions, norms and dense layers as one network.
func TestVolumeAgainstReference(t *testing.T) {
	const n = 6
	c := newVolume(t, tiny, 1)
	x := flatShowers.draw("x", n)
	y := []float64{1, 0, 1, 0, 0, 1}
	g := graph.New()
	in, label := g.Input("x", c.Dim()), g.Input("y", 1)
	l := c.Build("", in)
	loss := graph.MeanRows(graph.Sub(graph.Softplus(l), graph.Mul(l, label)))
	grads, err := graph.Grad(loss, c.Params.Nodes(g, "")...)
	if err != nil {
		t.Fatal(err)
	}
	params := oracle{}
	if err := c.Bind(params, ""); err != nil {
		t.Fatal(err)
	}
	env := ref.Env{Rows: n, Input: map[string][]float64{"x": wide(x), "y": y}, Shared: params}
	eval := func(outs ...*graph.Node) [][]float64 {
		v, err := ref.Eval(g, env, outs...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	e := cpu.New(1)
	defer e.Close()
	got, err := c.Logits(e, x)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range eval(l)[0] {
		if math.Abs(got[i]-want) > 1e-5 {
			t.Errorf("logit %d is %v; the reference has %v", i, got[i], want)
		}
	}
	p, err := e.Compile(g, cpu.Config{}, grads...)
	if err != nil {
		t.Fatal(err)
	}
	y32 := []float32{1, 0, 1, 0, 0, 1}
	if err := errors.Join(c.Bind(p, ""), p.Feed("x", cpu.Rows{Data: x}), p.Feed("y", cpu.Rows{Data: y32}), p.Run(cpu.Batch{Rows: n})); err != nil {
		t.Fatal(err)
	}
	for i, want := range eval(grads...) {
		tensor := c.Params.Tensors()[i]
		largest := 0.0
		for _, v := range want {
			largest = max(largest, math.Abs(v))
		}
		for k, v := range p.Shared(i) {
			if math.Abs(float64(v)-want[k]) > 1e-4*largest+1e-7 {
				t.Fatalf("gradient %d of %s is %v; the reference has %v", k, tensor.Name, v, want[k])
			}
		}
		const step = 1e-5
		k, v := tensor.Size/2, params[tensor.Name]
		old := v[k]
		v[k] = old + step
		plus := eval(loss)[0][0]
		v[k] = old - step
		minus := eval(loss)[0][0]
		v[k] = old
		// Truncation is of order step², times third derivatives of a norm's scale.
		if d := (plus - minus) / (2 * step); math.Abs(d-want[k]) > 1e-7 {
			t.Errorf("derivative %d of %s is %v; differences give %v", k, tensor.Name, want[k], d)
		}
	}
}

// In a training step each row is one of its four images, with probability ¼ each, a
// function of seed and step; the log-weights are those of the row itself, or with Mirror
// the mean over the images, the same for all four.
func TestFlips(t *testing.T) {
	const n = 1000
	c := newVolume(t, tiny, 1)
	e := cpu.New(2)
	defer e.Close()
	one := flatShowers.draw("one", 1)
	x := make([]float32, 0, n*len(one))
	for range n {
		x = append(x, one...)
	}
	images := make([][]float32, 4)
	var want []float64
	for k := range images {
		for _, p := range dctr.MirroredCells(tiny, k&1 != 0, k&2 != 0) {
			images[k] = append(images[k], one[p])
		}
		l, err := c.Logits(e, images[k])
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, l[0])
	}
	// The axes: x is the second of layers, x, y.
	if a, b := images[1][(0*4+3)*6+2], one[(0*4+0)*6+2]; a != b {
		t.Errorf("cell (0, 3, 2) mirrored along x is %v; want %v", a, b)
	}
	if a, b := images[2][(4*4+1)*6+5], one[(4*4+1)*6+0]; a != b {
		t.Errorf("cell (4, 1, 5) mirrored along y is %v; want %v", a, b)
	}
	got, err := dctr.TrainingLogits(e, c, x, 5, 9)
	if err != nil {
		t.Fatal(err)
	}
	var counts [4]int
	for i, l := range got {
		k := slices.IndexFunc(want, func(w float64) bool { return math.Abs(float64(l)-w) < 1e-6 })
		if k < 0 {
			t.Fatalf("row %d: logit %v is of no image, %v", i, l, want)
		}
		counts[k]++
	}
	for k, m := range counts { // five standard deviations of a binomial number
		if math.Abs(float64(m)-n/4) > 5*math.Sqrt(n*0.25*0.75) {
			t.Errorf("image %d: %d of %d rows", k, m, n)
		}
	}
	again, err1 := dctr.TrainingLogits(e, c, x, 5, 9)
	other, err2 := dctr.TrainingLogits(e, c, x, 5, 10)
	if err1 != nil || err2 != nil || !slices.Equal(got, again) || slices.Equal(got, other) {
		t.Error("the flips are no function of seed and step", err1, err2)
	}
	still := tiny
	still.NoFlip = true
	c.Config.Volume = &still
	if got, err = dctr.TrainingLogits(e, c, x, 5, 9); err != nil || float64(got[3]) != want[0] {
		t.Errorf("without flips %v, %v; want %v", got[3], err, want[0])
	}
	mean := tiny
	mean.Mirror = true
	c.Config.Volume = &mean
	all, err := c.Logits(e, slices.Concat(images...))
	if err != nil {
		t.Fatal(err)
	}
	for k, l := range all {
		if m := (want[0] + want[1] + want[2] + want[3]) / 4; math.Abs(l-m) > 1e-6 {
			t.Errorf("image %d: %v; want the mean %v", k, l, m)
		}
	}
}

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
		if sparse {
			a, b = dctr.Sample{From: stored(t, tiny.Positions, truth)}, dctr.Sample{From: stored(t, tiny.Positions, gen), W: w}
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

// A model of volumes, alone or in an ensemble, saved and loaded weights showers of a store
// and dense ones, in blocks of any size, with the same bits.
func TestVolumeModels(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	x := flatShowers.draw("x", 70)
	c := newVolume(t, tiny, 1)
	c.Calibration = &dctr.Calibration{Kind: dctr.Temperature, Slope: 0.5, Bias: 0.1}
	set := &dctr.Ensemble{Members: []*dctr.Classifier{c, newVolume(t, tiny, 2)}}
	for _, model := range []dctr.Weigher{c, set} {
		dir := filepath.Join(t.TempDir(), "model")
		if err := model.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded, err := dctr.LoadWeigher(dir)
		if err != nil {
			t.Fatal(err)
		}
		want, err := model.Logits(e, x)
		if err != nil {
			t.Fatal(err)
		}
		scorer, err := dctr.NewScorer(e, loaded)
		if err != nil {
			t.Fatal(err)
		}
		got, err := scorer.LogWeightsOf(stored(t, tiny.Positions, x))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%T: other log-weights of a store, %v", model, err)
		}
		got = got[:0]
		for lo := 0; lo < 70; lo += 17 {
			part, err := scorer.LogWeights(x[lo*120 : min(lo+17, 70)*120])
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, part...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%T: other log-weights in blocks", model)
		}
		if _, err := scorer.LogWeightsOf(stored(t, [3]int{2, 2, 2}, make([]float32, 8))); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("showers of another shape: %v", err)
		}
	}
}

func TestVolumeRefuses(t *testing.T) {
	change := func(f func(v *dctr.Volume)) dctr.Config {
		v := tiny
		f(&v)
		return dctr.Config{Volume: &v}
	}
	for want, cfg := range map[string]dctr.Config{
		"1 strides":        change(func(v *dctr.Volume) { v.Stride = []int{1} }),
		"0 filters":        change(func(v *dctr.Volume) { v.Filters = nil }),
		"convolution 0":    change(func(v *dctr.Volume) { v.Positions[1] = 0 }),
		"convolution 1":    change(func(v *dctr.Volume) { v.Pad = []int{0, 0, 0}; v.Kernel = 3; v.Positions = [3]int{4, 4, 4} }),
		"padding 2":        change(func(v *dctr.Volume) { v.Pad = []int{2, 0, 0} }),
		"up to 4194304":    change(func(v *dctr.Volume) { v.Filters = []int{1 << 18, 1, 1} }),
		"units of dense":   change(func(v *dctr.Volume) { v.Dense = []int{0} }),
		"parameters":       change(func(v *dctr.Volume) { v.Filters = []int{1, 1 << 14, 1 << 14}; v.Positions = [3]int{4, 4, 4} }),
		"slope = NaN":      change(func(v *dctr.Volume) { v.Slope = math.NaN() }),
		"unit = -1":        change(func(v *dctr.Volume) { v.Unit = -1 }),
		"unit = 1e-320":    change(func(v *dctr.Volume) { v.Unit = 1e-320 }),
		"beside a volume":  {Units: 3, Volume: &tiny},
		"up to 64 are acc": change(func(v *dctr.Volume) { v.Dense = make([]int, 65) }),
	} {
		_, err := dctr.New(cfg, nil, 1)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the error is %v; want one line with %q", err, want)
		}
	}
	if _, err := dctr.New(dctr.Config{Volume: &tiny}, []float64{1}, 1); err == nil {
		t.Error("a scale is accepted")
	}
	e := cpu.New(1)
	defer e.Close()
	truth := dctr.Sample{From: stored(t, [3]int{2, 2, 2}, make([]float32, 800))}
	if _, err := (dctr.Fit{Network: dctr.Config{Volume: &tiny}, Training: volumeTraining(1)}).Run(context.Background(), e, truth, truth); err == nil || !strings.Contains(err.Error(), "120 features") {
		t.Errorf("showers of another shape: %v", err)
	}
	both := dctr.Sample{X: make([]float32, 120), From: stored(t, tiny.Positions, make([]float32, 120))}
	if _, err := both.Rows(120); err == nil {
		t.Error("a table beside examples is accepted")
	}
	dir := filepath.Join(t.TempDir(), "model")
	if err := newVolume(t, tiny, 1).Save(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for old, bad := range map[string]string{`"kernel": 2`: `"kernel": 2000000000`, `"scale": null`: `"scale": [1, 2]`, `"log": true`: `"log": 3`, `"unit": 0.5`: `"unit": 0.5, "more": 1`} {
		if !bytes.Contains(text, []byte(old)) {
			t.Fatalf("no %s in %s", old, text)
		}
		if err := os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(bad), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := dctr.LoadWeigher(dir); err == nil || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", bad, err)
		}
	}
}
