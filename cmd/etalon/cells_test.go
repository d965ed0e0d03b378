package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
)

// reweight --apply weights the cells of showers with a network of volumes, and says which
// observables leave the range of the training.
func TestApplyVolumes(t *testing.T) {
	const file = "../../calo/testdata/gettinghigh.h5"
	r, err := calo.Open(file, calo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	v, _ := dctr.SmallVolume([3]int{r.Shape.Layers, r.Shape.X, r.Shape.Y})
	v.Kernel, v.Filters = 2, []int{2, 3, 2}
	c, err := dctr.New(dctr.Config{Volume: &v}, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, r.Len()*r.Shape.Cells())
	if err := r.Read(0, r.Len(), x); err != nil {
		t.Fatal(err)
	}
	e := cpu.New(1)
	defer e.Close()
	want, err := c.Logits(e, x)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{calo.NActive, calo.TotalEnergy}
	if err := dctr.SetOrigin(c, &dctr.Origin{Sample: &dctr.Source{Rows: 100000}, Names: names, Ranges: []dctr.Range{{Max: 1000, Top: 1000}, {Max: 1, Top: 1}}}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	model, out, plain := filepath.Join(dir, "m"), filepath.Join(dir, "w.npy"), filepath.Join(dir, "x.npy")
	if err := c.Save(model); err != nil {
		t.Fatal(err)
	}
	etalon := func(sample string, args ...string) (string, int) {
		var text bytes.Buffer
		status := execute(append([]string{"reweight", "--apply", model, "--sample", sample, "--out", out, "--log", "--normalise", "none", "--threads", "1"}, args...), &text, &text)
		return text.String(), status
	}
	text, status := etalon(file)
	if status != statusOK {
		t.Fatal(text)
	}
	got, err := dataset.ReadFloat64(out)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
		t.Errorf("log-weights %v; want %v", got, want)
	}
	if !strings.Contains(text, "column total_energy: 100 %") || strings.Contains(text, "column n_active") {
		t.Errorf("warnings: %s", text)
	}
	record, err := os.ReadFile(filepath.Join(dir, "w.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p provenance
	if err := json.Unmarshal(record, &p); err != nil || p.Model.Network == nil || p.Model.Network.Volume == nil || p.Sample.Showers == nil || p.Model.Features != r.Shape.Cells() {
		t.Errorf("provenance %s: %v", record, err)
	}
	if err := dataset.WriteNPY(plain, 2, 60, make([]float32, 120)); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"no HDF5 file of showers":  {plain},
		"the cells themselves":     {file, "--observables", "n_active"},
		"those of the model have ": {"../../calo/testdata/calochallenge.hdf5", "--shape", "5x4x3"},
	} {
		if text, status := etalon(args[0], args[1:]...); status == statusOK || !strings.Contains(text, want) || strings.Count(text, "\n") != 1 {
			t.Errorf("%q: status %d, %s", args, status, text)
		}
	}
}
