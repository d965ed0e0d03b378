package showers

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/dataset"
	"etalon/engine/cpu"
	"etalon/internal/hdf5"
	"etalon/rng"
	"etalon/rundir"
)

// quiet is an Observer; stop is told of progress.
type quiet struct{ stop func(stage string, done int) }

func (q *quiet) StageStart(string, int, int)      {}
func (q *quiet) StageEnd(string, float64, string) {}
func (q *quiet) Progress(done, _ int, info string) {
	if q.stop != nil {
		q.stop(info, done)
	}
}

const shipped = "../examples/calo/photon50.h5"

// tiny has settings that run in seconds.
func tiny(t *testing.T) Config {
	t.Helper()
	c, err := Preset("quick")
	if err != nil {
		t.Fatal(err)
	}
	c.Truth.File = shipped
	c.Generator.Showers, c.Generator.Scored = 300, 200
	c.Generator.Fastsim.Rounds, c.Generator.Fastsim.Simulated = 1, 1000
	c.HighLevel.Members, c.HighLevel.Training.Epochs = 2, 2
	c.Closure.Training.Epochs = 2
	c.LowLevel.Showers, c.LowLevel.Training.Epochs = 64, 1
	c.LowLevel.Network.Filters, c.LowLevel.Network.Dense = []int{2, 2, 2}, []int{8}
	c.Refine.Showers, c.Refine.Iterations, c.Refine.Training.Epochs = 150, 2, 2
	c.Score.Replicas, c.Score.Differences = -1, false
	return c
}

func runTo(t *testing.T, e *cpu.Engine, dir string, c Config) *Metrics {
	t.Helper()
	r, err := Open(dir, c, e, &quiet{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !r.Complete() {
		t.Error("the run is not complete")
	}
	var m Metrics
	if err := rundir.ReadJSON(filepath.Join(dir, rundir.MetricsFile), &m); err != nil {
		t.Fatal(err)
	}
	return &m
}

// A run that is stopped again and again, and runs on other threads, comes to the same bytes.
func TestRunContinues(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole run")
	}
	c := tiny(t)
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	e := cpu.New(2)
	defer e.Close()
	m := runTo(t, e, whole, c)
	for _, name := range []string{methodGenerator, methodHigh, methodLow, methodAccepted, methodRefined} {
		if m.Closure[name] == nil || m.Scores.Observable(calo.NActive).Score(name) == nil {
			t.Errorf("there is no score of %s", name)
		}
	}
	if c := m.Clipped[methodLow]; c == nil || c.Limit != 5 {
		t.Errorf("clipping of the low-level weights: %+v", c)
	}
	one := cpu.New(1)
	defer one.Close()
	for _, stage := range []string{"generator", "BIB-AE", "network", "low level", "rejection", "refined"} {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := Open(parts, c, one, &quiet{stop: func(info string, _ int) {
			if strings.Contains(info, stage) {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Do(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
	}
	runTo(t, one, parts, c)
	for _, name := range []string{"metrics.json", "closure.json", "samples/generator_latents.npy", "samples/rejection_observables.npy", "samples/refined_observables.npy"} {
		a, err1 := os.ReadFile(filepath.Join(whole, name))
		b, err2 := os.ReadFile(filepath.Join(parts, name))
		if err := errors.Join(err1, err2); err != nil || string(a) != string(b) {
			t.Errorf("%s of the stopped run differs: %v", name, err)
		}
	}
	// With the run's seed its own showers are drawn again.
	for method, name := range map[string]string{"": methodRefined, "rejection": methodAccepted, "baseline": methodGenerator} {
		out, z := filepath.Join(t.TempDir(), "x.h5"), filepath.Join(t.TempDir(), "z.npy")
		if err := Draw(t.Context(), e, whole, method, c.Seed, 100, out, z, &quiet{}); err != nil {
			t.Fatal(err)
		}
		a := set{path: out, hi: 100}
		b := set{path: filepath.Join(whole, "samples", name+".h5"), hi: 100}
		if !slices.Equal(cells(t, a), cells(t, b)) {
			t.Errorf("method %q draws other showers than the run", method)
		}
		if err := Draw(t.Context(), e, whole, method, c.Seed+1, 100, out, "", &quiet{}); err != nil || slices.Equal(cells(t, a), cells(t, b)) {
			t.Errorf("method %q with another seed: %v, or the same showers", method, err)
		}
	}
	// What is made can be read again: a run whose generator is that of the first.
	c.Generator.Kind, c.Generator.Model = KindModel, filepath.Join(whole, "models", "generator")
	c.Refine.Showers = 0
	again := runTo(t, e, filepath.Join(t.TempDir(), "again"), c)
	a, _ := json.Marshal(m.Scores.Observable(calo.TotalEnergy).Score(methodGenerator))
	b, _ := json.Marshal(again.Scores.Observable(calo.TotalEnergy).Score(methodGenerator))
	if string(a) != string(b) {
		t.Errorf("the same generator from its directory scores %s, not %s", b, a)
	}
}

func cells(t *testing.T, s set) []float32 {
	t.Helper()
	var all []float32
	if err := s.blocks(t.Context(), func(_ int, cells []float32) error { all = append(all, cells...); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// writeToy makes a file of n showers of 4 layers of 3 × 3 cells: layer energies are
// exponential with mean 5·scale, spread over 1 to 9 cells.
func writeToy(t *testing.T, path string, n int, scale float64, seed uint64) {
	t.Helper()
	w, err := hdf5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	rows, err := w.Dataset("showers", hdf5.Float32, []int{36}, hdf5.Options{Rows: n})
	if err != nil {
		t.Fatal(err)
	}
	s := rng.New(seed, "toy")
	x := make([]float32, 36)
	for i := range n {
		clear(x)
		for l := range 4 {
			energy := 1 + 4*scale*-math.Log(s.Uniform(0, uint64(i), 2*l))
			cells := 1 + int(9*s.Uniform(0, uint64(i), 2*l+1))
			for k := range cells {
				x[9*l+k] = float32(energy / float64(cells))
			}
		}
		if err := rows.Append(x); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// Weights of a file of showers bring its observables to the truth: the energies of its
// layers are too low by a fifth, which weights can mend exactly.
func TestWeightsOfFile(t *testing.T) {
	dir := t.TempDir()
	truth, gen := filepath.Join(dir, "truth.h5"), filepath.Join(dir, "gen.h5")
	writeToy(t, truth, 8000, 0.8, 1)
	writeToy(t, gen, 24000, 1, 2)
	c := tiny(t)
	c.Truth.File, c.Generator.Kind, c.Generator.File = truth, KindFile, gen
	c.Truth.Layers, c.Truth.X, c.Truth.Y = 4, 3, 3
	c.Generator.Layout = c.Truth.Config
	c.Generator.Showers, c.Generator.Scored = 16000, 8000
	c.HighLevel.Training.Epochs, c.Closure.Training.Epochs = 12, 6
	c.LowLevel.Showers = 0
	e := cpu.New(2)
	defer e.Close()
	m := runTo(t, e, filepath.Join(dir, "run"), c)
	for _, name := range []string{calo.TotalEnergy, "layer_energy_0", "layer_energy_3"} {
		o := m.Scores.Observable(name)
		g, w := o.Score(methodGenerator), o.Score(methodHigh)
		// The noise is the floor; 3 of its spreads are left to the training.
		if !(g.S2 > w.S2Noise+10*w.S2NoiseSpread) || !(w.S2 < w.S2Noise+3*w.S2NoiseSpread+0.1*g.S2) {
			t.Errorf("%s: ⟨S²⟩ %.5f of the generator, %.5f weighted; noise %.5f ± %.5f", name, g.S2, w.S2, w.S2Noise, w.S2NoiseSpread)
		}
	}
	if a, b := m.Closure[methodGenerator].AUC, m.Closure[methodHigh]; a < 0.55 || b.AUC > 0.5+3*b.AUCError {
		t.Errorf("AUC %.4f before, %.4f ± %.4f after", a, b.AUC, b.AUCError)
	}
	if len(m.Scores.Methods) != 2 {
		t.Errorf("methods %v", m.Scores.Methods)
	}
}

// What cannot run is refused before anything is made.
func TestOpenRefuses(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no file":         {func(c *Config) { c.Truth.File = "none.h5" }, "none.h5: no such file"},
		"few showers":     {func(c *Config) { c.Truth.Train = 0.9 }, "256 showers, 230 of them to train on"},
		"share":           {func(c *Config) { c.Truth.Train = 1 }, "truth.train = 1"},
		"kind":            {func(c *Config) { c.Generator.Kind = "magic" }, `generator.kind = "magic"`},
		"no model":        {func(c *Config) { c.Generator.Kind, c.Generator.Model = KindModel, "nowhere" }, "nowhere"},
		"observable":      {func(c *Config) { c.HighLevel.Observables = []string{"colour"} }, `unknown observable "colour"`},
		"other showers":   {func(c *Config) { c.Generator.Kind, c.Generator.File = KindFile, "run.go" }, "run.go"},
		"numbers":         {func(c *Config) { c.Generator.Scored = 7 }, "scored = 7"},
		"cells":           {func(c *Config) { c.LowLevel.Network.Filters = []int{1 << 30, 1, 1} }, "low_level"},
		"autoencoder":     {func(c *Config) { c.Generator.Kind = KindBIBAE; c.Generator.BIBAE.Network.X = 7 }, "generator.bibae.network"},
		"clip":            {func(c *Config) { c.HighLevel.Clip = 0.5 }, "clip = 0.5"},
		"other protocol":  {func(c *Config) { c.Protocol = "laser" }, `protocol = "laser"`},
		"refined showers": {func(c *Config) { c.Refine.Showers = -1 }, "refine.showers = -1"},
	} {
		cfg := tiny(t)
		c.change(&cfg)
		dir := filepath.Join(t.TempDir(), "run")
		_, err := Open(dir, cfg, e, &quiet{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is %v; want one line with %q", name, err, c.want)
		}
		if rundir.Exists(dir) {
			t.Errorf("%s: %s was made", name, dir)
		}
	}
}

// A file of settings changes the preset's; what it does not know is refused.
func TestReadConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my.toml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("protocol = 'showers'\npreset = 'paper'\n[truth]\nfile = 'a.h5'\ncut = 0.2\n[high_level]\nclip = 5\n")
	c, err := ReadConfigAs(path, "")
	if err != nil || c.Name != "my" || c.Truth.Cut != 0.2 || c.HighLevel.Clip != 5 || c.HighLevel.Network.Units != 128 {
		t.Errorf("%v: %+v", err, c)
	}
	write("protocol = 'showers'\n[truth]\ncolour = 3\n")
	if _, err := ReadConfigAs(path, ""); err == nil || !strings.Contains(err.Error(), `my.toml:3: there is no setting "truth.colour"`) {
		t.Errorf("an unknown setting: %v", err)
	}
}

// A bound of the memory is kept: observables are counted before anything is made, cells of
// showers while they are read.
func TestMemoryLimit(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	c := tiny(t)
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Open(dir, c, e, &quiet{}, MemoryLimit(1<<30))
	if err != nil {
		t.Fatal(err)
	}
	names, err := r.columns()
	if err != nil {
		t.Fatal(err)
	}
	need := int64(4 * len(names) * max(r.truth.train.len(), r.truth.score.len(), c.Generator.Showers))
	if _, err := Open(filepath.Join(t.TempDir(), "run"), c, e, &quiet{}, MemoryLimit(need)); err != nil {
		t.Errorf("%d bytes: %v", need, err)
	}
	dir = filepath.Join(t.TempDir(), "run")
	_, err = Open(dir, c, e, &quiet{}, MemoryLimit(need-1))
	if err == nil || !strings.Contains(err.Error(), "observables of") || !strings.Contains(err.Error(), "exceed the limit of") {
		t.Errorf("%d bytes: %v", need-1, err)
	}
	if rundir.Exists(dir) {
		t.Error("a directory was made")
	}
	for memory, ok := range map[int64]bool{0: true, 8 << 20: true, 8 << 10: false} {
		s, err := r.truth.train.sparse(t.Context(), r.shape, 64, memory)
		if ok && (err != nil || s.Len() != 64) {
			t.Errorf("%d bytes: %v", memory, err)
		}
		if !ok && (err == nil || !strings.Contains(err.Error(), "more than 1024 cells with energy, 8192 bytes, in the first 2 showers")) {
			t.Errorf("%d bytes: %v", memory, err)
		}
	}
}

// The generator that follows particles is fitted and weighted like any other; it has seven latents.
// Photons of a fiftieth of the energy make the test fast, and showers that no weight can mend.
func TestRunOfCascade(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole run")
	}
	c := tiny(t)
	c.SetGenerator(KindCascade)
	c.HighLevel.Training.Epochs = 2
	c.Generator.Cascade.Energy, c.Generator.Cascade.Rounds, c.Generator.Cascade.Simulated = 1000, 1, 50
	c.LowLevel.Showers = 0
	c.Refine.Showers = 0
	dir := filepath.Join(t.TempDir(), "run")
	e := cpu.New(2)
	defer e.Close()
	m := runTo(t, e, dir, c)
	if m.Generator != KindCascade {
		t.Errorf("generator %q", m.Generator)
	}
	z, err := dataset.Read(filepath.Join(dir, "samples", "generator_latents.npy"), dataset.ReadOptions{})
	if err != nil || z.Cols != 7 || z.Rows != c.Generator.Scored {
		t.Errorf("latents %+v, %v", z, err)
	}
	out := filepath.Join(dir, "more.h5")
	if err := Draw(t.Context(), e, dir, "baseline", c.Seed, 3, out, "", &quiet{}); err != nil {
		t.Fatal(err)
	}
}
