package dctr_test

import (
	"math"
	"strings"
	"testing"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
)

// PyTorch's discriminators give the log-weights that PyTorch has, whatever changes the
// shape behind their last Sigmoid or Softmax: far beyond where a float32 probability is 1.
// One that no longer looks like a probability, and is one, is noticed by its outputs.
func TestTorchDiscriminators(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	const dir = "testdata/torch/"
	points, err := dataset.Read(dir+"want.npz:x", dataset.ReadOptions{Cols: 2})
	if err != nil {
		t.Fatal(err)
	}
	want, err := dataset.ReadFloat64(dir + "want.npz:l")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file, form string
		most       float64 // |ℓ| up to which the log-weights are right; 0 where the file is taken for a logit
	}{
		{"squeeze", "", 100}, {"view", "", 100}, {"flatten", "", 100}, {"double", "", 100}, {"classes", "", 100},
		{"squeeze", dctr.Probability, 100},
		{"clamp", "", 0}, {"index", "", 0},
		{"clamp", dctr.Probability, 8}, {"index", dctr.Probability, 8}, // float32 probabilities near 1
	} {
		w, err := dctr.ImportONNX(dir+c.file+".onnx", dctr.ONNXConfig{Form: c.form})
		if err != nil {
			t.Errorf("%s as %q: %v", c.file, c.form, err)
			continue
		}
		got, err := w.Logits(e, points.Data)
		if err != nil {
			t.Fatal(err)
		}
		err = dctr.CheckOutputs(w, got)
		if c.most == 0 {
			if err == nil || !strings.Contains(err.Error(), "lies between 0 and 1 for all of 200 events") {
				t.Errorf("%s as %q: %v", c.file, c.form, err)
			}
			// Said to be a logit, or of few events, it is taken.
			if err := dctr.CheckOutputs(w, got[:99]); err != nil {
				t.Error(err)
			}
			w.Config.Form = dctr.Logit
			if err := dctr.CheckOutputs(w, got); err != nil {
				t.Error(err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s as %q: %v", c.file, c.form, err)
		}
		seen := 0
		for i, l := range want {
			if math.Abs(l) > c.most {
				continue
			}
			seen++
			tol := 2e-6 * (1 + math.Abs(l)) // some roundings of float32
			if c.most < 100 {
				tol = 2 * math.Exp(l) / (1 << 24) * 4 // of a probability near 1, seen through ln(1-p)
				tol = math.Max(tol, 1e-5)
			}
			if math.Abs(got[i]-l) > tol {
				t.Errorf("%s as %q: row %d: %v, PyTorch has %v", c.file, c.form, i, got[i], l)
				break
			}
		}
		if seen < 50 {
			t.Errorf("only %d of the logits are below %g", seen, c.most)
		}
	}
	if _, err := dctr.ImportONNX(dir+"two.onnx", dctr.ONNXConfig{}); err == nil || !strings.Contains(err.Error(), "need not add up to 1") {
		t.Errorf("two: %v", err)
	}
}
