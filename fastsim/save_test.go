package fastsim_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/fastsim"
	"etalon/generator"
)

// A simulation that was saved makes the same showers, alone and as a part.
func TestSaveLoad(t *testing.T) {
	s := simulation(t, known(), 3, "saved")
	dir := filepath.Join(t.TempDir(), "m")
	if err := s.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := fastsim.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(draw(t, s, 1, 9, 5), draw(t, loaded, 1, 9, 5)) {
		t.Error("the loaded simulation makes other showers")
	}
	e := cpu.New(2)
	defer e.Close()
	hidden, err := generator.NewHiddenLatents(s, 2, 8)
	if err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(t.TempDir(), "w")
	if err := generator.SaveSimulator(hidden, whole); err != nil {
		t.Fatal(err)
	}
	if _, err := generator.LoadSimulator(e, whole); err == nil || !strings.Contains(err.Error(), `"fastsim"`) {
		t.Errorf("without the kind: %v", err)
	}
	again, err := generator.LoadSimulator(e, whole, fastsim.Kind())
	if err != nil {
		t.Fatal(err)
	}
	z := latents(s, 1, 0, 1)[:6]
	a, b := make([]float32, 3*s.Dim()), make([]float32, 3*s.Dim())
	if err := hidden.Generate(4, z, a); err != nil {
		t.Fatal(err)
	}
	if err := again.Generate(4, z, b); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a, b) {
		t.Error("the loaded part makes other showers")
	}
}

func TestLoadRefuses(t *testing.T) {
	s := simulation(t, known(), 3, "saved")
	dir := filepath.Join(t.TempDir(), "m")
	if err := s.Save(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{
		{`"spot_energy": 0.3`, `"spot_energy": -1`, "spot_energy = -1"},
		{`"layers": 20`, `"layers": 2000000000`, "layers"},
		{`"kind": "fastsim"`, `"kind": "flow"`, `kind "flow"`},
		{`"cut": 0.1`, `"cat": 0.1`, "unknown field"},
	} {
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), c[0], c[1], 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := fastsim.Load(dir); err == nil || !strings.Contains(err.Error(), c[2]) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the error is %v; want one line with %q", err, c[2])
		}
	}
	if _, err := fastsim.Load(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there was read")
	}
}
