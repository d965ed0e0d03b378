package dctr_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
)

// A classifier with a shift sees x as one without it sees x - shift, also when it
// was saved in between.
func TestShift(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	plain, err := dctr.New(dctr.Config{Hidden: 2, Units: 16, Slope: 0.1}, []float64{0.5, 2}, 1)
	if err != nil {
		t.Fatal(err)
	}
	shifted := *plain
	shifted.Shift = []float64{1024, -64}
	x := []float32{0, 0, 0.25, -1, 3, 8, -0.5, 16} // exact in float32, shifted or not
	far := slices.Clone(x)
	for i := range far {
		far[i] += float32(shifted.Shift[i%2])
	}
	want, err := plain.Logits(e, x)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "f")
	if err := shifted.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := dctr.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*dctr.Classifier{"shifted": &shifted, "loaded": loaded} {
		got, err := c.Logits(e, far)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: logits %v, %v; want %v", name, got, err, want)
		}
	}

	path := filepath.Join(dir, "model.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), "1024,", "1024, 5,", 1))
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := dctr.Load(dir); err == nil || !strings.Contains(err.Error(), "3 shifts for 2 features") {
		t.Errorf("a model with three shifts for two features: %v", err)
	}
}
