package dctr_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/generator"
	"etalon/graph"
	"etalon/preprocess"
)

// oracle holds parameters for the float64 engine.
type oracle map[string][]float64

func (o oracle) Bind(name string, values []float32) error {
	o[name] = wide(values)
	return nil
}

func wide(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func newMember(t *testing.T, seed uint64, c *dctr.Calibration) *dctr.Classifier {
	t.Helper()
	m, err := dctr.New(nets["torch"], []float64{0.5, 2}, seed)
	if err != nil {
		t.Fatal(err)
	}
	m.Shift, m.Calibration = []float64{0.1, -0.2}, c
	return m
}

// A transform that is none of the features, or of a network of volumes, is refused.
func TestTransformIsChecked(t *testing.T) {
	few := newMember(t, 1, nil)
	few.Transform = preprocess.Transform{{}}
	dir := filepath.Join(t.TempDir(), "few")
	if err := few.Save(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := dctr.Load(dir); err == nil || !strings.Contains(err.Error(), "1 transforms of 2 columns") {
		t.Errorf("%v", err)
	}
	fit := dctr.Fit{Network: nets["torch"], Scale: []float64{1, 1}, Transform: preprocess.Transform{{Kind: preprocess.Log}, {}}}
	fit.Training.Epochs, fit.Training.Batch, fit.Training.Adam.Alpha = 1, 2, 1e-3
	e := cpu.New(1)
	defer e.Close()
	good, bad := []float32{1, 0, 2, 0}, []float32{1, 0, -2, 0}
	if _, err := fit.Run(t.Context(), e, dctr.Sample{X: good}, dctr.Sample{X: bad}); err == nil || !strings.Contains(err.Error(), "generated: row 1, column 0: -2; log accepts values above 0") {
		t.Errorf("%v", err)
	}
}

func weighers(t *testing.T) map[string]dctr.Weigher {
	scaled := &dctr.Calibration{Kind: dctr.Temperature, Slope: 0.7, Bias: -0.2}
	steps := &dctr.Calibration{Kind: dctr.Isotonic, X: []float64{-0.2, -0.01, 0, 0.1}, Y: []float64{-3, -0.5, 0.25, 2}}
	list := []*dctr.Classifier{newMember(t, 1, nil), newMember(t, 2, scaled), newMember(t, 3, steps)}
	dense, err := dctr.NewImported(2, []dctr.ImportedLayer{{Units: 3, Activation: "tanh"}, {Units: 4, Activation: "leaky_relu", Slope: 0.2}, {Units: 3, Activation: "softplus"}, {Units: 2, Activation: "linear"}})
	if err != nil {
		t.Fatal(err)
	}
	dense.Shift, dense.Scale = []float64{0.1, -0.2}, []float64{0.5, 2}
	for i := range dense.Params.Flat() {
		dense.Params.Flat()[i] = float32(i*i%7-3) / 4
	}
	volume := newVolume(t, dctr.Volume{Positions: [3]int{1, 2, 1}, Filters: []int{3}, Stride: []int{1}, Pad: []int{1}, Kernel: 2, Dense: []int{4}, Slope: 0.1, Unit: 2, Mirror: true}, 5)
	volume.Calibration = scaled
	flow, err := generator.NewFlow(generator.FlowConfig{Blocks: 3, Hidden: 1, Units: 6, Slope: 0.1}, []float64{1, 2}, 5)
	if err != nil {
		t.Fatal(err)
	}
	wide := &dctr.Ensemble{}
	for seed := range uint64(2) {
		m, err := dctr.New(nets["torch"], []float64{0.5, 2, 1, 1.2, 1.5}, 6+seed)
		if err != nil {
			t.Fatal(err)
		}
		m.Shift, m.Calibration = []float64{0.1, -0.2, 0, 0.1, -3}, scaled
		wide.Members = append(wide.Members, m)
	}
	mapped := newMember(t, 9, scaled)
	mapped.Transform = preprocess.Transform{{Kind: preprocess.Logit, Lo: -30, Hi: 30}, {Kind: preprocess.Log, Offset: 30}}
	mapped.Scale = []float64{0.1, 0.2}
	return map[string]dctr.Weigher{
		"mapped":      mapped,
		"density":     &dctr.DensityWeigher{Gen: flow, Floor: -5, Inner: wide.Members[0]},
		"densities":   &dctr.DensityWeigher{Gen: flow, Floor: -5, Inner: wide},
		"imported":    dense,
		"volume":      volume,
		"plain":       list[0],
		"temperature": list[1],
		"isotonic":    list[2],
		"constant":    newMember(t, 4, &dctr.Calibration{Kind: dctr.Isotonic, X: []float64{0.1}, Y: []float64{0.4}}),
		"ensemble":    &dctr.Ensemble{Members: list},
		"geometric":   &dctr.Ensemble{Members: list, Geometric: true},
		"folds":       &dctr.Ensemble{Members: list, Folds: 3},
	}
}

// Every weigher, saved and loaded, gives the same log-weights; its graph has their
// values, and the gradient of central differences in float64.
func TestWeighers(t *testing.T) {
	const n, h = 200, 1e-6
	e := cpu.New(1)
	defer e.Close()
	x := normal{sigma: [2]float64{1, 3}}.draw("x", n)
	for name, w := range weighers(t) {
		want, err := w.Logits(e, x)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "w")
		if err := w.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded, err := dctr.LoadWeigher(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := loaded.Logits(e, x); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: the loaded weigher differs: %v", name, err)
		}
		scorer, err := dctr.NewScorer(e, loaded)
		if err != nil {
			t.Fatal(err)
		}
		first, err1 := scorer.LogWeights(x[:2*77])
		rest, err2 := scorer.LogWeights(x[2*77:])
		if err1 != nil || err2 != nil || !slices.Equal(append(first, rest...), want) {
			t.Errorf("%s: the scorer differs: %v, %v", name, err1, err2)
		}
		g := graph.New()
		in := g.Input("x", 2)
		out := loaded.Build("p/", in)
		dx, err := graph.Grad(out, in)
		if err != nil {
			t.Fatal(err)
		}
		params := oracle{}
		if err := loaded.Bind(params, "p/"); err != nil {
			t.Fatal(err)
		}
		at := func(j int, h float64) [][]float64 {
			shifted := wide(x)
			for i := range n {
				shifted[2*i+j] += h
			}
			v, err := ref.Eval(g, ref.Env{Rows: n, Input: map[string][]float64{"x": shifted}, Shared: params}, out, dx[0])
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		v := at(0, 0)
		for i := range n {
			if math.Abs(v[0][i]-want[i]) > 1e-4*(1+math.Abs(want[i])) {
				t.Fatalf("%s: log-weight %v in the graph; want %v", name, v[0][i], want[i])
			}
		}
		p, err := e.Compile(g, cpu.Config{}, out, dx[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := loaded.Bind(p, "p/"); err != nil {
			t.Fatal(err)
		}
		grad := make([]float32, 2*n)
		if err := errors.Join(p.Feed("x", cpu.Rows{Data: x}), p.Into(1, grad), p.Run(cpu.Batch{Rows: n})); err != nil {
			t.Fatal(err)
		}
		bad := 0
		for i, d := range grad {
			if math.Abs(float64(d)-v[1][i]) > 1e-4*(1+math.Abs(v[1][i])) {
				bad++
			}
		}
		for j := range 2 {
			up, down := at(j, h), at(j, -h)
			for i := range n {
				d := (up[0][i] - down[0][i]) / (2 * h)
				if math.Abs(v[1][2*i+j]-d) > 1e-5*(1+math.Abs(d)) {
					bad++
				}
			}
		}
		if bad > 4 { // points at a kink
			t.Errorf("%s: %d of %d derivatives are wrong", name, bad, 4*n)
		}
	}
}

// The mean of an ensemble is that of its weights, its error their spread.
func TestEnsembleMean(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	x := normal{sigma: [2]float64{1, 3}}.draw("x", 50)
	list := []*dctr.Classifier{newMember(t, 1, nil), newMember(t, 2, nil), newMember(t, 3, nil)}
	var each [][]float64
	for _, c := range list {
		l, err := c.Logits(e, x)
		if err != nil {
			t.Fatal(err)
		}
		each = append(each, l)
	}
	logw, errs, err := (&dctr.Ensemble{Members: list}).LogitsErrors(e, x)
	if err != nil {
		t.Fatal(err)
	}
	logs, err := (&dctr.Ensemble{Members: list, Geometric: true}).Logits(e, x)
	if err != nil {
		t.Fatal(err)
	}
	fold := make([]int, 50)
	for i := range fold {
		fold[i] = i % 3
	}
	own, _, err := (&dctr.Ensemble{Members: list, Folds: 3}).OutOfFold(e, x, fold)
	if err != nil {
		t.Fatal(err)
	}
	for i := range logw {
		var mean, mean2, log float64
		for _, l := range each {
			mean += math.Exp(l[i]) / 3
			mean2 += math.Exp(2*l[i]) / 3
			log += l[i] / 3
		}
		sd := math.Sqrt((mean2-mean*mean)*3/2) / mean
		if math.Abs(logw[i]-math.Log(mean)) > 1e-12 || math.Abs(errs[i]-sd) > 1e-7 || math.Abs(logs[i]-log) > 1e-12 {
			t.Fatalf("point %d: %v ± %v and %v; want %v ± %v and %v", i, logw[i], errs[i], logs[i], math.Log(mean), sd, log)
		}
		if math.Abs(own[i]-each[i%3][i]) > 1e-12 {
			t.Fatalf("point %d: %v out of fold; want %v", i, own[i], each[i%3][i])
		}
	}
}

// Damaged ensembles and calibrations give one line that names the place.
func TestHostileWeighers(t *testing.T) {
	all := weighers(t)
	for name, c := range map[string]struct{ weigher, file, old, with, want string }{
		"members":      {"folds", "model.json", `"members": 3`, `"members": 0`, "members = 0"},
		"too many":     {"folds", "model.json", `"members": 3`, `"members": 4`, "member3"},
		"huge":         {"folds", "model.json", `"members": 3`, `"members": 1000000000`, "members = 1000000000"},
		"folds":        {"folds", "model.json", `"folds": 3`, `"folds": 2`, "3 members of 2 folds"},
		"no folds":     {"folds", "model.json", `"folds": 3`, `"folds": -3`, "3 members of -3 folds"},
		"kind":         {"folds", "model.json", `"ensemble"`, `"flow"`, `"flow"; classifier, ensemble, density, imported and onnx-classifier`},
		"inner kind":   {"folds", "member1/model.json", `"classifier"`, `"ensemble"`, `"ensemble"; classifier is accepted`},
		"calibration":  {"isotonic", "model.json", `"isotonic"`, `"platt"`, `kind = "platt"`},
		"knots":        {"isotonic", "model.json", `-0.01,`, `-0.3,`, "knot 1"},
		"lost knot":    {"isotonic", "model.json", `-0.01,`, ``, "3 and 4 coordinates"},
		"layers":       {"imported", "model.json", `"layers": [`, `"layers": [], "source": [`, "source"},
		"activation":   {"imported", "model.json", `"tanh"`, `"step"`, `activation "step"`},
		"units":        {"imported", "model.json", `"units": 3`, `"units": 1000000000`, "1000000000 units"},
		"outputs":      {"imported", "model.json", `"units": 2`, `"units": 3`, "3 outputs"},
		"steep":        {"imported", "model.json", `"slope": 0.2`, `"slope": 2`, "slope 2"},
		"shift":        {"imported", "model.json", `-0.2`, `-0.2, 1`, "shift has 3 numbers for 2 features"},
		"other sizes":  {"imported", "model.json", `"units": 4`, `"units": 5`, "weights.safetensors"},
		"no generator": {"density", "generator/model.json", `"flow"`, `"classifier"`, `"classifier"; flow`},
		"no floor":     {"density", "model.json", `-5`, `1e999`, "1e999"},
		"features":     {"density", "classifier/model.json", `"kind": "classifier"`, `"kind": "imported"`, `"imported"; classifier and ensemble are accepted`},
		"nested":       {"densities", "classifier/model.json", `"ensemble"`, `"density"`, `"density"; classifier and ensemble are accepted`},
		"slope":        {"temperature", "model.json", `"slope": 0.7`, `"slope": -0.7`, "slope = -0.7"},
	} {
		dir := filepath.Join(t.TempDir(), "w")
		if err := all[c.weigher].Save(dir); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, c.file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := strings.LastIndex(string(text), c.old)
		if at < 0 {
			t.Fatalf("%s: no %s in %s", name, c.old, text)
		}
		if err := os.WriteFile(path, []byte(string(text[:at])+c.with+string(text[at+len(c.old):])), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = dctr.LoadWeigher(dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is %v; want one line with %q and the place", name, err, c.want)
		}
	}
	narrow := *all["density"].(*dctr.DensityWeigher)
	narrow.Inner = newMember(t, 1, nil)
	if err := narrow.Save(filepath.Join(t.TempDir(), "w")); err == nil || !strings.Contains(err.Error(), "it takes 2 features") {
		t.Errorf("a classifier without the density: %v", err)
	}
	if _, err := dctr.LoadEnsemble(t.TempDir()); err == nil {
		t.Error("an empty directory was loaded")
	}
	if err := (&dctr.Ensemble{}).Save(filepath.Join(t.TempDir(), "w")); err == nil {
		t.Error("an empty ensemble was saved")
	}
	mixed := &dctr.Ensemble{Members: []*dctr.Classifier{newMember(t, 1, nil)}}
	other, err := dctr.New(small, []float64{1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	mixed.Members = append(mixed.Members, other)
	if err := mixed.Check(); err == nil || !strings.Contains(fmt.Sprint(err), "1 features") {
		t.Errorf("members of different sizes: %v", err)
	}
}
