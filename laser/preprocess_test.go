package laser

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/preprocess"
	"etalon/rng"
)

// skewed writes a truth file of a log-normal column and a bounded one that crowds at its
// bounds, and returns its path.
func skewed(t *testing.T, rows int) string {
	t.Helper()
	x := make([]float32, 2*rows)
	rng.New(1, "truth").NormalRows(x, 1, 0, 0, 1, len(x))
	for i := range rows {
		a, b := float64(x[2*i]), float64(x[2*i+1])
		x[2*i], x[2*i+1] = float32(math.Exp(a)), float32(3/(1+math.Exp(-2*b-a)))
	}
	path := filepath.Join(t.TempDir(), "truth.csv")
	if err := dataset.Write(path, rows, 2, x, dataset.WriteOptions{Names: []string{"E", "theta"}}); err != nil {
		t.Fatal(err)
	}
	return path
}

var skewedColumns = preprocess.Columns{"E": {Kind: preprocess.Log}, "theta": {Kind: preprocess.Logit, Hi: 3}}

// A run with transforms beats the same run without: baseline and refined model are
// closer to the truth, and no point leaves the bounds.
func TestRunWithTransforms(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole run")
	}
	e := cpu.New(2)
	defer e.Close()
	file := skewed(t, 12000)
	jsd := map[bool]map[string]float64{}
	for _, mapped := range []bool{false, true} {
		c := tinyConfig(t, "", file)
		c.Score.Range = []float64{0, 6, 0, 3}
		c.Closure.Points, c.HMC.Samples = 0, 4000
		c.Classifier.Density = true // transforms go beside latents
		if mapped {
			c.Preprocess = skewedColumns
		}
		dir := filepath.Join(t.TempDir(), "run")
		r, err := Open(dir, c, e, &quiet{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Do(context.Background()); err != nil {
			t.Fatal(err)
		}
		jsd[mapped] = map[string]float64{}
		for _, s := range checkMetrics(t, filepath.Join(dir, "metrics.json"), "")["scores"].([]any) {
			s := s.(map[string]any)
			jsd[mapped][s["method"].(string)] = s["jsd"].(float64)
		}
		if !mapped {
			continue
		}
		tr, err := skewedColumns.For([]string{"E", "theta"}, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"baseline", "hmc", "laser"} {
			x, err := dataset.Read(filepath.Join(dir, "samples", name+".npy"), dataset.ReadOptions{Cols: 2})
			if err != nil {
				t.Fatal(err)
			}
			if err := tr.CheckRows(x.Data, nil, 0); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		g, err := generator.Load(filepath.Join(dir, "models", "laser"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := generator.EncodeONNX(g, nil); err != nil {
			t.Error(err)
		}
		f, err := dctr.LoadWeigher(filepath.Join(dir, "models", "classifier"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dctr.EncodeONNX(f, dctr.ExportLogWeight, nil); err != nil {
			t.Error(err)
		}
	}
	t.Logf("JSD without transforms %.4v, with %.4v", jsd[false], jsd[true])
	for _, m := range []string{"baseline", "laser"} {
		if !(jsd[true][m] < 0.7*jsd[false][m]) {
			t.Errorf("%s: JSD %v nats with transforms, %v without", m, jsd[true][m], jsd[false][m])
		}
	}
}

// GAN and VAE of a run are inside of the bounds, and so is a black box's OmniFold.
func TestTransformsOfOtherKinds(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole run")
	}
	e := cpu.New(2)
	defer e.Close()
	file := skewed(t, 8000)
	for _, kind := range []string{kindGAN, kindVAE} {
		c := tinyConfig(t, "", file)
		c.Preprocess, c.Classifier.Density = skewedColumns, false
		c.Generator.Kind = kind
		c.Generator.GAN.Training.Epochs, c.Generator.VAE.Training.Epochs = 2, 2
		if kind == kindVAE {
			c.Generator.Hidden = 2 // the noise: pulled back by OmniFold
			c.OmniFold.Events, c.OmniFold.Iterations, c.OmniFold.Training.Epochs = 4000, 1, 1
		}
		c.Refiner.Kind, c.HMC.Samples, c.Closure.Points = refinerNone, 0, 0
		dir := filepath.Join(t.TempDir(), kind)
		r, err := Open(dir, c, e, &quiet{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Do(context.Background()); err != nil {
			t.Fatal(err)
		}
		x, err := dataset.Read(filepath.Join(dir, "samples", "baseline.npy"), dataset.ReadOptions{Cols: 2})
		if err != nil {
			t.Fatal(err)
		}
		tr, _ := skewedColumns.For([]string{"E", "theta"}, 2)
		if err := tr.CheckRows(x.Data, nil, 0); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// The table is read from a file and written to run.toml; what does not fit the truth is
// refused in one line before anything is made.
func TestTransformConfig(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	file := skewed(t, 5000)
	path := filepath.Join(t.TempDir(), "mine.toml")
	text := "truth = \"" + file + "\"\n[preprocess]\nE = \"log\"\ntheta = \"logit(0, 3)\"\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := ReadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Preprocess["theta"] != skewedColumns["theta"] || c.Preprocess["E"] != skewedColumns["E"] {
		t.Fatalf("%v", c.Preprocess)
	}
	back, err := EncodeConfig(c)
	if err != nil || !strings.Contains(string(back), "theta = 'logit(0,3)'") {
		t.Errorf("%v: %s", err, back)
	}
	for says, columns := range map[string]preprocess.Columns{
		"truth.csv: row ":              {"theta": {Kind: preprocess.Logit, Hi: 2}},
		`column "theta": `:             {"1": {Kind: preprocess.Logit, Hi: 2}},
		`there is no column "x"`:       {"x": {Kind: preprocess.Log}},
		`config: column "E": `:         {"E": {Kind: "square"}},
		"is given twice":               {"E": {}, "0": {}},
		"accepts values from 1 to 3":   {"theta": {Kind: preprocess.Logit, Lo: 1, Hi: 3}},
		"there is no column 7; the ta": {"7": {Kind: preprocess.Log}},
	} {
		bad := tinyConfig(t, "", file)
		bad.Preprocess = columns
		dir := filepath.Join(t.TempDir(), "run")
		_, err := Open(dir, bad, e, &quiet{})
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v; want %q", err, says)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Error("a refused run has left a directory")
		}
	}
}
