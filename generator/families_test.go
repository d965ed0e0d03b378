package generator

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/dataset"
	"etalon/nn"
	"etalon/rng"
)

// families returns a small generator of the kinds that models does not have.
func families(t testing.TB) map[string]Generator {
	t.Helper()
	spline := must(NewFlow(FlowConfig{Blocks: 3, Hidden: 1, Units: 8, Slope: 0.1, Coupling: "spline", Bins: 5, Bound: 3, Prior: Uniform}, []float64{0.5, 3}, 7))(t)
	perturb(spline.Params, 1)
	fm := must(NewFlowMatching(FlowMatchingConfig{Hidden: 1, Units: 8, Path: Rotation, Steps: 2, Solver: nn.Heun, Prior: Uniform}, []float64{2, 3}, 1))(t)
	fm.Shift = []float64{1, -4}
	perturb(fm.Params, 2)
	vae := must(NewVAE(VAEConfig{Latent: 1, Hidden: 1, Units: 8, Beta: 1, Noise: true}, []float64{1, 2}, 1))(t)
	perturb(vae.Params, 3)
	fixed := must(NewVAE(VAEConfig{Latent: 3, Hidden: 2, Units: 8, Beta: 0.5, Sigma: 0.2, Prior: Uniform}, []float64{1, 2}, 1))(t)
	gan := must(NewGAN(GANConfig{Latent: 3, Hidden: 1, Units: 8, Prior: Uniform}, []float64{2, 1}, 8))(t)
	return map[string]Generator{"spline": spline, "flow-matching": fm, "vae": vae, "vae-fixed": fixed, "gan-uniform": gan, "composed": must(Compose(spline, fm))(t)}
}

// Saved and loaded, a model draws the same bytes, with any number of threads, and
// whether the latents are drawn in the engine or beside it.
func TestFamiliesSaveLoad(t *testing.T) {
	one, two := newEngine(t, 1), newEngine(t, 2)
	for name, g := range families(t) {
		dir := filepath.Join(t.TempDir(), "m")
		if err := g.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded := must(Load(dir))(t)
		z, x := draw(t, one, g, 3, 700)
		z2, x2 := draw(t, two, loaded, 3, 700)
		if !slices.Equal(x, x2) || !slices.Equal(z, z2) || loaded.Prior() != g.Prior() {
			t.Errorf("%s: the loaded model draws other points", name)
		}
		sim := must(LoadSimulator(two, dir))(t)
		z3, x3 := make([]float32, len(z)), make([]float32, len(x))
		if err := NewSimulatorSampler(sim, 5, "test").Draw(3, z3, x3); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(x, x3) || !slices.Equal(z, z3) || sim.Hidden() {
			t.Errorf("%s: as a simulator it draws other points", name)
		}
		if g.Prior() == Uniform {
			for _, v := range z {
				if !(v >= -1 && v <= 1) {
					t.Fatalf("%s: latent %v", name, v)
				}
			}
		}
	}
}

// Lying model files are refused in one line.
func TestFamiliesHostile(t *testing.T) {
	for name, c := range map[string][3]string{ // kind of model, text, its replacement
		"coupling":    {"spline", `"spline"`, `"cubic"`},
		"bins":        {"spline", `"bins": 5`, `"bins": 1000000`},
		"other bins":  {"spline", `"bins": 5`, `"bins": 6`},
		"bound":       {"spline", `"bound": 3`, `"bound": -3`},
		"flow prior":  {"spline", `"uniform"`, `"cauchy"`},
		"steps":       {"flow-matching", `"steps": 2`, `"steps": 1000000`},
		"no steps":    {"flow-matching", `"steps": 2`, `"steps": 0`},
		"many layers": {"flow-matching", `"steps": 2`, `"steps": 1000, "hidden": 60000`},
		"solver":      {"flow-matching", `"heun"`, `"heuns"`},
		"path":        {"flow-matching", `"rotation"`, `"detour"`},
		"shift":       {"flow-matching", `-4`, `-4, 5`},
		"unknown":     {"flow-matching", `"steps"`, `"stairs"`},
		"huge":        {"flow-matching", `"units": 8`, `"units": 65000`},
		"beta":        {"vae", `"beta": 1`, `"beta": -1`},
		"sigma":       {"vae", `"sigma": 0`, `"sigma": 1`},
		"latent":      {"vae", `"latent": 1`, `"latent": 0`},
		"vae size":    {"vae", `"units": 8`, `"units": 9`},
		"vae scale":   {"vae", "\"scale\": [\n    1", "\"scale\": [\n    0"},
		"kind":        {"vae", `"kind": "vae"`, `"kind": "gan"`},
		"kind 2":      {"vae", `"kind": "vae"`, `"kind": "process"`},
		"kind 3":      {"vae", `"kind": "vae"`, `"kind": "diffusion"`},
	} {
		dir := filepath.Join(t.TempDir(), "m")
		if err := families(t)[c[0]].Save(dir); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "model.json")
		text := string(must(os.ReadFile(path))(t))
		if !strings.Contains(text, c[1]) {
			t.Fatalf("%s: no %q in %s", name, c[1], text)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(text, c[1], c[2], 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A flow trained on weighted draws is their density (affine: exactly representable).
func TestWeightedFlow(t *testing.T) {
	const a, n = 0.6, 40000
	e := newEngine(t, 2)
	z, w := tiltedLatents(n, a)
	for _, cfg := range []FlowConfig{{Coupling: "affine"}, {Coupling: "spline"}} {
		cfg.Blocks, cfg.Hidden, cfg.Units, cfg.Slope = 4, 1, 16, 0.1
		f := must(NewFlow(cfg, []float64{1, 1}, 1))(t)
		runLearner(t, must(NewWeightedFlowObjective(e, f, z, w, steady(8, 500), 3))(t), steady(8, 500))
		_, x := draw(t, e, f, 0, n)
		m, s, rho := moments(x)
		t.Logf("%s: mean %.3f, standard deviation %.3f, correlation %.3f", cfg.Coupling, m, s, rho)
		// The weighted examples scatter by 0.006, a network some times that.
		if math.Abs(m[0]-a) > 0.05 || math.Abs(m[1]) > 0.05 || math.Abs(s[0]-1) > 0.05 || math.Abs(s[1]-1) > 0.05 || math.Abs(rho) > 0.05 {
			t.Errorf("%s: mean %v, standard deviation %v, correlation %v; want (%v, 0), 1, 0", cfg.Coupling, m, s, rho, a)
		}
	}
	if _, err := NewWeightedFlowObjective(e, must(NewFlow(FlowConfig{Blocks: 1, Hidden: 1, Units: 4}, []float64{1, 1}, 1))(t), z, w[1:], steady(1, 5), 1); err == nil {
		t.Error("too few weights are accepted")
	}
}

// Weighted examples on a line with noise are a linear model with one latent, which a
// VAE with its noise learned reproduces: means, spreads, correlation.
func TestVAE(t *testing.T) {
	const n, a = 40000, 0.5
	e := newEngine(t, 2)
	z, w := tiltedLatents(n, a)
	s := rng.New(9, "noise")
	data := make([]float32, 2*n)
	for i := range n {
		u := float64(z[2*i]) // N(a, 1) with the weights
		data[2*i] = float32(u + 0.3*s.Normal(0, uint64(i), 0))
		data[2*i+1] = float32(0.5*u + 0.3*s.Normal(0, uint64(i), 1))
	}
	v := must(NewVAE(VAEConfig{Latent: 1, Hidden: 1, Units: 16, Slope: 0.1, Beta: 1, Noise: true}, []float64{1, 1}, 1))(t)
	runLearner(t, must(NewVAEObjective(e, v, data, w, steady(20, 500), 3))(t), steady(20, 500))
	_, x := draw(t, e, v, 0, n)
	m, sd, rho := moments(x)
	want := [2]float64{math.Sqrt(1.09), math.Sqrt(0.34)}
	t.Logf("mean %.3f, standard deviation %.3f, correlation %.3f", m, sd, rho)
	if math.Abs(m[0]-a) > 0.08 || math.Abs(m[1]-a/2) > 0.08 || math.Abs(sd[0]/want[0]-1) > 0.08 || math.Abs(sd[1]/want[1]-1) > 0.08 || math.Abs(rho-0.5/(want[0]*want[1])) > 0.08 {
		t.Errorf("mean %v, standard deviation %v, correlation %v; want (%v, %v), %v, %v", m, sd, rho, a, a/2, want, 0.5/(want[0]*want[1]))
	}
}

// Hidden latents are those of the full generator at the row's number, and the map of
// the visible ones alone is declared to be none.
func TestHiddenLatents(t *testing.T) {
	e := newEngine(t, 1)
	sim := must(NewSimulator(e, families(t)["vae"]))(t) // 1 latent and 2 of noise
	h := must(NewHiddenLatents(sim, 1, 4))(t)
	if !h.Hidden() || h.LatentDim() != 1 || h.Dim() != 2 {
		t.Fatalf("%v %d %d", h.Hidden(), h.LatentDim(), h.Dim())
	}
	const n = 500
	z, x := make([]float32, n), make([]float32, 2*n)
	if err := h.Generate(10, z, x); err != nil {
		t.Fatal(err)
	}
	part := make([]float32, 2*100)
	if err := h.Generate(310, z[300:400], part); err != nil || !slices.Equal(part, x[600:800]) {
		t.Errorf("a part of the rows differs, %v", err)
	}
	if slices.Equal(x[:2], x[2:4]) {
		t.Error("equal latents give equal features: nothing is hidden")
	}
	for _, visible := range []int{0, 3} {
		if _, err := NewHiddenLatents(sim, visible, 1); err == nil {
			t.Errorf("%d visible latents were accepted", visible)
		}
	}
	chain := must(NewChain(h, must(NewSimulator(e, must(NewGAN(GANConfig{Latent: 2, Hidden: 1, Units: 4}, []float64{1}, 8))(t)))(t)))(t)
	if !chain.Hidden() || chain.LatentDim() != 2 {
		t.Error("the chain hides its hidden latents")
	}
	y, x2 := make([]float32, 2*n), make([]float32, 2*n)
	if err := chain.Generate(10, y, x2); err != nil {
		t.Fatal(err)
	}
	if _, err := NewChain(sim, h); err == nil {
		t.Error("2 features were taken for 3 latents")
	}
}

// A sample gives its rows, each once; saved and loaded too.
func TestPairs(t *testing.T) {
	z, x := []float32{1, 2, 3}, []float32{10, 11, 20, 21, 30, 31}
	p := must(NewPairs(z, 1, x, 2, "", false))(t)
	dir := filepath.Join(t.TempDir(), "m")
	if err := p.Save(dir); err != nil {
		t.Fatal(err)
	}
	for _, q := range []*Pairs{p, must(LoadPairs(dir))(t)} {
		zs, xs := make([]float32, 2), make([]float32, 4)
		if err := q.Draw(1, zs, xs); err != nil || !slices.Equal(zs, z[1:]) || !slices.Equal(xs, x[2:]) || q.Rows() != 3 || q.Hidden() {
			t.Errorf("%v %v, %v", zs, xs, err)
		}
		if err := q.Draw(2, zs, xs); err == nil || !strings.Contains(err.Error(), "there are 3") {
			t.Errorf("beyond the end: %v", err)
		}
		if err := q.Draw(math.MaxUint64, nil, xs); err == nil {
			t.Error("far beyond the end: no error")
		}
	}
	alone := must(NewPairs(nil, 0, x, 2, Normal, false))(t)
	if err := alone.Draw(0, make([]float32, 0), nil); err == nil || !alone.Hidden() {
		t.Error("unknown latents were drawn")
	}
	for name, c := range map[string]func() (*Pairs, error){
		"rows":   func() (*Pairs, error) { return NewPairs(z[:2], 1, x, 2, "", false) },
		"odd":    func() (*Pairs, error) { return NewPairs(z, 1, x[:5], 2, "", false) },
		"none":   func() (*Pairs, error) { return NewPairs(nil, 1, nil, 2, "", false) },
		"nan":    func() (*Pairs, error) { return NewPairs([]float32{1, 2, float32(math.NaN())}, 1, x, 2, "", false) },
		"prior":  func() (*Pairs, error) { return NewPairs(z, 1, x, 2, "cauchy", false) },
		"no dim": func() (*Pairs, error) { return NewPairs(z, 1, x, 0, "", false) },
	} {
		if _, err := c(); err == nil {
			t.Errorf("%s: there is no error", name)
		}
	}
	csv := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(csv, []byte("1,2\n3,4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if q := must(ReadPairs("", csv, Normal, false, dataset.ReadOptions{}))(t); q.Rows() != 2 || q.LatentDim() != 0 {
		t.Errorf("%d rows", q.Rows())
	}
	if q := must(ReadPairs(csv, csv, Uniform, true, dataset.ReadOptions{}))(t); q.LatentDim() != 2 || !q.Hidden() || q.Prior() != Uniform {
		t.Errorf("%d latents", q.LatentDim())
	}
	path := filepath.Join(dir, "model.json")
	text := string(must(os.ReadFile(path))(t))
	for _, lie := range []string{`"rows": 300000000`, `"rows": 2`, `"rows": -1`, `"rows": 3, "extra": 1`} {
		if err := os.WriteFile(path, []byte(strings.Replace(text, `"rows": 3`, lie, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadPairs(dir); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", lie, err)
		}
	}
}
