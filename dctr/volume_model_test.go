package dctr_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
)

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

// As an ONNX file a model of volumes gives the same log-weights; rows stay flat there.
func TestVolumeToONNX(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	v := tiny
	v.Sums = true
	if err := v.MeasureSums(drawn(flatShowers.draw("sums", 40))); err != nil {
		t.Fatal(err)
	}
	c := newVolume(t, v, 1)
	c.Calibration = &dctr.Calibration{Kind: dctr.Temperature, Slope: 0.5, Bias: 0.1}
	file, err := dctr.EncodeONNX(c, dctr.ExportLogWeight, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := dctr.ImportONNX(path, dctr.ONNXConfig{Form: dctr.Logit})
	if err != nil {
		t.Fatal(err)
	}
	x := flatShowers.draw("x", 20)
	want, err1 := c.Logits(e, x)
	got, err2 := m.Logits(e, x)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-5 {
			t.Fatalf("log-weight %d is %v; want %v", i, got[i], want[i])
		}
	}
}
