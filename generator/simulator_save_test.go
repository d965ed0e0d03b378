package generator

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// refinedProgram is a program with one latent hidden behind a refiner network: every
// kind of simulator in one.
func refinedProgram(t *testing.T) *Chain {
	t.Helper()
	h := must(NewHiddenLatents(start(t, "good", 50, 0), 1, 4))(t)
	phi := must(NewSimulator(newEngine(t, 1), must(NewGAN(GANConfig{Latent: 3, Hidden: 1, Units: 4}, []float64{1}, 8))(t)))(t)
	return must(NewChain(h, phi))(t)
}

// A refined simulator that was saved and loaded makes the same points, and ends its
// program when it is closed.
func TestSimulatorSaveLoad(t *testing.T) {
	e := newEngine(t, 1)
	c := refinedProgram(t)
	dir := filepath.Join(t.TempDir(), "m")
	if err := SaveSimulator(c, dir); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"refiner/weights.safetensors", "generator/model.json", "generator/simulator/model.json"} {
		if !exists(filepath.Join(dir, part)) {
			t.Errorf("there is no %s", part)
		}
	}
	loaded := must(LoadSimulator(e, dir))(t).(*Chain)
	if !loaded.Hidden() || loaded.LatentDim() != 3 || loaded.Dim() != 2 || loaded.Prior() != Normal {
		t.Errorf("hidden %v, %d latents, %d features", loaded.Hidden(), loaded.LatentDim(), loaded.Dim())
	}
	const n = 200
	points := func(s Simulator) (z, x []float32) {
		z, x = make([]float32, 3*n), make([]float32, 2*n)
		if err := NewSimulatorSampler(s, 5, "test").Draw(9, z, x); err != nil {
			t.Fatal(err)
		}
		return z, x
	}
	z, x := points(c)
	z2, x2 := points(loaded)
	if !slices.Equal(z, z2) || !slices.Equal(x, x2) {
		t.Error("the loaded simulator makes other points")
	}
	if err := loaded.Close(); err != nil {
		t.Error(err)
	}
	if err := loaded.Generate(0, z, x); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("after Close: %v", err)
	}
	if err := c.Generate(0, z, x); err != nil {
		t.Errorf("the other program was closed too: %v", err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "is no network") {
		t.Errorf("Load: %v", err)
	}

	// A second round on top, and networks alone.
	second := must(NewChain(c, must(NewSimulator(e, must(NewGAN(GANConfig{Latent: 2, Hidden: 1, Units: 4}, []float64{1, 1, 1}, 9))(t)))(t)))(t)
	nets := must(NewChain(must(NewSimulator(e, models(t)["composed"]))(t), must(NewSimulator(e, must(NewGAN(GANConfig{Latent: 2, Hidden: 1, Units: 4}, []float64{1, 1, 1, 1}, 9))(t)))(t)))(t)
	for name, s := range map[string]Simulator{"second": second, "networks": nets} {
		dir := filepath.Join(t.TempDir(), name)
		if err := SaveSimulator(s, dir); err != nil {
			t.Fatal(err)
		}
		again := must(LoadSimulator(e, dir))(t).(*Chain)
		z, x, x2 := make([]float32, 2*n), make([]float32, 2*n), make([]float32, 2*n)
		if err := NewSimulatorSampler(s, 5, "test").Draw(9, z, x); err != nil {
			t.Fatal(err)
		}
		if err := again.Generate(9, z, x2); err != nil || !slices.Equal(x, x2) {
			t.Errorf("%s: the loaded simulator makes other points, %v", name, err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
}

// foreign is a simulator of somebody else, which has no model directory.
type foreign struct{}

func (foreign) LatentDim() int                              { return 2 }
func (foreign) Dim() int                                    { return 3 }
func (foreign) Prior() Prior                                { return Normal }
func (foreign) Hidden() bool                                { return false }
func (foreign) Generate(uint64, []float32, []float32) error { return nil }

// Simulators that cannot be stored say so before anything is written, and lying
// directories are refused in one line, the programs ended that were started.
func TestSimulatorHostile(t *testing.T) {
	e := newEngine(t, 1)
	dir := filepath.Join(t.TempDir(), "m")
	phi := must(NewSimulator(e, must(NewGAN(GANConfig{Latent: 1, Hidden: 1, Units: 4}, []float64{1, 1}, 8))(t)))(t)
	part := must(NewHiddenLatents(foreign{}, 1, 1))(t)
	for name, s := range map[string]Simulator{"alone": foreign{}, "hidden": part, "chain": must(NewChain(foreign{}, phi))(t)} {
		if err := SaveSimulator(s, dir); err == nil || !strings.Contains(err.Error(), "generator.foreign cannot be saved") || exists(dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := part.Save(dir); err == nil || exists(dir) {
		t.Errorf("Save: %v", err)
	}

	write := func(file, text string) func(dir string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644) }
	}
	link := func(part, to string) func(dir string) error {
		return func(dir string) error {
			if err := os.RemoveAll(filepath.Join(dir, part)); err != nil {
				return err
			}
			return os.Symlink(to, filepath.Join(dir, part))
		}
	}
	const hidden = "generator/model.json"
	for name, c := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"all visible":      {write(hidden, `{"format": 1, "kind": "hidden-latents", "visible": 2, "seed": 4}`), "2 visible latents; 1 to 1 is accepted"},
		"none visible":     {write(hidden, `{"format": 1, "kind": "hidden-latents", "visible": -1, "seed": 4}`), "-1 visible latents"},
		"negative seed":    {write(hidden, `{"format": 1, "kind": "hidden-latents", "visible": 1, "seed": -4}`), "seed"},
		"unknown field":    {write(hidden, `{"format": 1, "kind": "hidden-latents", "visible": 1, "latents": 4}`), "unknown field"},
		"unknown in chain": {write("model.json", `{"format": 1, "kind": "chain", "visible": 1}`), "unknown field"},
		"format":           {write("model.json", `{"format": 2, "kind": "chain"}`), "format 2"},
		"kind":             {write("model.json", `{"format": 1, "kind": "chains"}`), `a model of kind "chains"`},
		"composed":         {write("model.json", `{"format": 1, "kind": "composed"}`), "is no network"},
		"no refiner":       {func(dir string) error { return os.RemoveAll(filepath.Join(dir, "refiner")) }, "refiner: there is no model.json"},
		"no program":       {func(dir string) error { return os.RemoveAll(filepath.Join(dir, "generator/simulator")) }, "simulator: there is no model.json"},
		"dimensions":       {link("generator", "refiner"), "the refiner makes 1 latents, the generator takes 3"},
		"itself":           {link("refiner", "."), "17 models inside one another; 16 are accepted"},
		"itself behind":    {link("generator", "."), "17 models inside one another; 16 are accepted"},
	} {
		dir := filepath.Join(t.TempDir(), "m")
		if err := refinedProgram(t).Save(dir); err != nil {
			t.Fatal(err)
		}
		if err := c.damage(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadSimulator(e, dir); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

// Rounds of chains are bounded as those of networks.
func TestChainIsBounded(t *testing.T) {
	e := newEngine(t, 1)
	small := must(NewSimulator(e, must(NewGAN(GANConfig{Latent: 1, Hidden: 1, Units: 1}, []float64{1}, 1))(t)))(t)
	s := small
	for range maxNesting {
		s = must(NewChain(s, small))(t)
	}
	if _, err := NewChain(s, small); err == nil || !strings.Contains(err.Error(), "16 are accepted") {
		t.Errorf("%v", err)
	}
	two := must(NewSimulator(e, must(NewGAN(GANConfig{Latent: 2, Hidden: 1, Units: 1}, []float64{1}, 1))(t)))(t)
	s = two
	for range maxNesting - 1 {
		s = must(NewChain(small, s))(t)
	}
	h := must(NewHiddenLatents(s, 1, 1))(t)
	if _, err := NewChain(h, small); err == nil || !strings.Contains(err.Error(), "16 are accepted") {
		t.Errorf("hidden latents: %v", err)
	}
}
