package dctr_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/optim"
	"etalon/train"
)

var nets = map[string]dctr.Config{
	"plain": {Hidden: 2, Units: 8, Slope: 0.1},
	"torch": {Hidden: 2, Units: 8, Slope: 0.1, Start: "torch"},
	"cone":  {Layers: []int{6, 3, 9}, Slope: 0.1},
}

func newClassifier(t *testing.T, net dctr.Config) *dctr.Classifier {
	t.Helper()
	c, err := dctr.New(net, []float64{0.5, 2}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A classifier that was saved and loaded gives the same logits, and its
// configuration is kept.
func TestSaveLoad(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	x := normal{sigma: [2]float64{1, 3}}.draw("x", 500)
	for name, net := range nets {
		c := newClassifier(t, net)
		dir := filepath.Join(t.TempDir(), "f")
		if err := c.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded, err := dctr.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		want, err := c.Logits(e, x)
		if err != nil {
			t.Fatal(err)
		}
		got, err := loaded.Logits(e, x)
		if err != nil || !slices.Equal(got, want) || !reflect.DeepEqual(loaded.Config, net) {
			t.Errorf("%s: the loaded classifier differs: %v, %v", name, loaded.Config, err)
		}
	}
}

// Damaged and lying model directories give one line that names the place.
func TestHostileModels(t *testing.T) {
	for name, c := range map[string]struct{ old, with, want string }{
		"kind":       {`"classifier"`, `"flow"`, `a model of kind "flow"; classifier is accepted`},
		"no JSON":    {`{`, `<`, "invalid character"},
		"unknown":    {`"scale"`, `"scales"`, "unknown field"},
		"no network": {`"hidden": 2`, `"hidden": 0`, "hidden = 0"},
		"negative":   {`"units": 8`, `"units": -1`, "units = -1"},
		"huge":       {`"units": 8`, `"units": 65536`, "parameters"},
		"other size": {`"units": 8`, `"units": 9`, "weights.safetensors"},
		"start":      {`"start": ""`, `"start": "warm"`, `start = "warm"; spread, torch and glorot`},
		"slope":      {`"slope": 0.1`, `"slope": 3`, "slope = 3"},
		"scale":      {`0.5,`, `-0.5,`, "scale -0.5"},
		"features":   {`0.5,`, `0.5, 1,`, "weights.safetensors"},
		"overflow":   {`0.5,`, `1e999,`, "1e999"},
	} {
		dir := filepath.Join(t.TempDir(), "f")
		if err := newClassifier(t, nets["plain"]).Save(dir); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "model.json")
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), c.old) {
			t.Fatalf("%s: %v, %s", name, err, text)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), c.old, c.with, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		oneLine(t, name, dir, c.want)
	}
	dir := filepath.Join(t.TempDir(), "f")
	oneLine(t, "nothing", dir, "there is no model.json")
	if err := newClassifier(t, nets["plain"]).Save(dir); err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(dir, "weights.safetensors")
	if err := os.Truncate(weights, 50); err != nil {
		t.Fatal(err)
	}
	oneLine(t, "cut", dir, "weights.safetensors")
	if err := os.Remove(weights); err != nil {
		t.Fatal(err)
	}
	oneLine(t, "no weights", dir, "weights.safetensors")
	oneLine(t, "file", filepath.Join(dir, "model.json"), "model.json")
}

func oneLine(t *testing.T, name, dir, want string) {
	t.Helper()
	_, err := dctr.Load(dir)
	if err == nil {
		t.Errorf("%s: it was loaded", name)
		return
	}
	if text := err.Error(); !strings.Contains(text, want) || !strings.Contains(text, dir) || strings.Contains(text, "\n") {
		t.Errorf("%s: the error is %q; want one line with %q and the place", name, text, want)
	}
}

// Tables and settings that cannot be trained on are errors.
func TestObjectiveErrors(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	c := newClassifier(t, nets["plain"])
	good := train.Config{Epochs: 1, Batch: 10, Adam: optim.Adam{Alpha: 1e-3}}
	x := make([]float32, 40)
	for name, f := range map[string]func() (*train.Objective, error){
		"no truth": func() (*train.Objective, error) { return dctr.NewObjective(e, c, nil, x, good, 1) },
		"odd":      func() (*train.Objective, error) { return dctr.NewObjective(e, c, x, x[:39], good, 1) },
		"one row":  func() (*train.Objective, error) { return dctr.NewObjective(e, c, x, x[:2], good, 1) },
		"settings": func() (*train.Objective, error) { return dctr.NewObjective(e, c, x, x, train.Config{}, 1) },
	} {
		if _, err := f(); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	if _, err := c.Logits(e, x[:39]); err == nil {
		t.Error("logits of half a row")
	}
	for _, scale := range [][]float64{nil, {0}, {math.NaN()}, {math.Inf(1)}} {
		if _, err := dctr.New(nets["plain"], scale, 1); err == nil {
			t.Errorf("the scale %v was accepted", scale)
		}
	}
}

// Whatever stands in the files of a model directory, it is a model or an error of one
// line.
func FuzzLoadWeigher(f *testing.F) {
	for _, kind := range []string{"classifier", "imported", "ensemble"} {
		f.Add([]byte(`{"format": 1, "kind": "`+kind+`", "network": {"hidden": 1, "units": 2, "slope": 0.1}, "scale": [1, 2]}`), []byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	}
	c, err := dctr.New(nets["plain"], []float64{0.5, 2}, 1)
	if err != nil {
		f.Fatal(err)
	}
	dir := filepath.Join(f.TempDir(), "f")
	if err := c.Save(dir); err != nil {
		f.Fatal(err)
	}
	meta, err1 := os.ReadFile(filepath.Join(dir, "model.json"))
	weights, err2 := os.ReadFile(filepath.Join(dir, "weights.safetensors"))
	if err1 != nil || err2 != nil {
		f.Fatal(err1, err2)
	}
	f.Add(meta, weights)
	f.Fuzz(func(t *testing.T, meta, weights []byte) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{"model.json": meta, "weights.safetensors": weights} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		m, err := dctr.LoadWeigher(dir)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		} else if m.Dim() < 1 {
			t.Errorf("a model of %d features", m.Dim())
		}
	})
}
