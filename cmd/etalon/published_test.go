package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"etalon/calo"
	"etalon/dataset"
)

// The published high-level classifier of arXiv:2009.03796 through the command line, at
// points whose logits Keras gives: [cells, centroid, MeV, MeV of each layer].
func TestPublishedClassifier(t *testing.T) {
	const keras = "../../../shared/keras"
	if _, err := os.Stat(keras); err != nil {
		t.Skipf("%s is absent", keras)
	}
	dir := t.TempDir()
	model, sample, out := filepath.Join(dir, "dctrgan"), filepath.Join(dir, "x.npy"), filepath.Join(dir, "w.npy")
	const layers = 30
	scale := calo.HighLevelScale(layers)
	x := make([]float32, 3*len(scale))
	ones, shower := x[len(scale):2*len(scale)], x[2*len(scale):]
	for i := range ones {
		ones[i] = float32(scale[i])
	}
	shower[0], shower[1], shower[2] = 780, 16.5, 750
	sum := 0.0
	profile := func(i int) float64 { return math.Exp(-math.Pow(float64(i-15)/5, 2) / 2) }
	for i := 1; i <= layers; i++ {
		sum += profile(i)
	}
	for i := 1; i <= layers; i++ {
		shower[2+i] = float32(750 * profile(i) / sum)
	}
	if err := dataset.WriteNPY(sample, 3, len(scale), x); err != nil {
		t.Fatal(err)
	}
	etalon := func(args ...string) {
		t.Helper()
		var text bytes.Buffer
		if status := execute(args, &text, &text); status != statusOK {
			t.Fatalf("etalon %q: %s", args, text.String())
		}
	}
	etalon("import", filepath.Join(keras, "model_paper.json"), filepath.Join(keras, "model_paper.h5"), "--scale", "calo", "--out", model)
	etalon("reweight", "--apply", model, "--sample", sample, "--out", out, "--log", "--normalise", "none", "--threads", "1")
	got, err := dataset.ReadFloat64(out)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{-5.75419454, -36.1105198, 2.39256459} {
		if d := math.Abs(got[i] - want); d > 1e-5*max(1, math.Abs(want)) {
			t.Errorf("logit %d is %v; Keras gives %v", i, got[i], want)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "w.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p provenance
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	if p.Weights.Rows != 3 || p.Weights.Content != "log-weights" || p.Sample.Rows != 3 || p.Model.Features != 33 || p.Model.Source != "Keras 2.2.4" || len(p.Training.Files) != 2 || len(p.Warnings) != 1 {
		t.Errorf("provenance %+v", p)
	}
}
