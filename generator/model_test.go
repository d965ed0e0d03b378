package generator

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/nn"
	"etalon/rng"
)

func newEngine(t *testing.T, threads int) *cpu.Engine {
	t.Helper()
	e := cpu.New(threads)
	t.Cleanup(e.Close)
	return e
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// models returns a small generator of every kind, with random parameters.
func models(t testing.TB) map[string]Generator {
	t.Helper()
	flow := must(NewFlow(FlowConfig{Blocks: 3, Hidden: 1, Units: 8, Slope: 0.1}, []float64{0.5, 3}, 7))(t)
	flow.Shift = []float64{-2, 1.5}
	gan := must(NewGAN(GANConfig{Latent: 3, Hidden: 2, Units: 8, Slope: 0.2}, []float64{2, 0.25, 7}, 8))(t)
	phi := must(NewGAN(GANConfig{Latent: 4, Hidden: 2, Units: 8, Slope: 0.1, Residual: true}, []float64{1, 1}, 9))(t)
	perturb(phi.Params, 10)
	accept := &Acceptance{LogCap: 0.3, params: &nn.Params{}, disc: discriminator{
		Config: DiscConfig{Hidden: 2, Units: 8, Slope: 0.1}, Scale: []float64{1, 1}, FeatureScale: []float64{0.5, 3}, Spread: true}}
	accept.disc.net().Init(accept.params, rng.New(11, "accept"))
	perturb(accept.params, 12)
	composed := must(Compose(flow, phi))(t)
	polished := *composed
	polished.Accept = accept
	return map[string]Generator{"flow": flow, "gan": gan, "composed": composed, "polished": &polished}
}

// perturb adds noise to parameters, so that no part of a network is near zero.
func perturb(p *nn.Params, seed uint64) {
	noise := make([]float32, p.Len())
	rng.New(seed, "perturb").NormalRows(noise, 1, 0, 0, 1, p.Len())
	for i, v := range noise {
		p.Flat()[i] += 0.2 * v
	}
}

func draw(t *testing.T, e *cpu.Engine, g Generator, row0 uint64, n int) (z, x []float32) {
	t.Helper()
	s := must(NewSampler(e, g, 5, "test"))(t)
	z, x = make([]float32, n*g.LatentDim()), make([]float32, n*g.Dim())
	if err := s.Draw(row0, z, x); err != nil {
		t.Fatal(err)
	}
	return z, x
}

// A model that was saved and loaded draws the same bytes, and saves to the same
// bytes again.
func TestSaveLoad(t *testing.T) {
	e := newEngine(t, 1)
	for name, g := range models(t) {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "m")
			if err := g.Save(dir); err != nil {
				t.Fatal(err)
			}
			loaded := must(Load(dir))(t)
			z, x := draw(t, e, g, 3, 500)
			z2, x2 := draw(t, e, loaded, 3, 500)
			if !slices.Equal(z, z2) || !slices.Equal(x, x2) {
				t.Error("the loaded model draws other points")
			}
			again := filepath.Join(t.TempDir(), "m")
			if err := loaded.Save(again); err != nil {
				t.Fatal(err)
			}
			files := 0
			err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				rel, _ := filepath.Rel(dir, path)
				a := must(os.ReadFile(path))(t)
				b := must(os.ReadFile(filepath.Join(again, rel)))(t)
				if !bytes.Equal(a, b) {
					t.Errorf("%s is saved differently", rel)
				}
				files++
				return nil
			})
			if want := map[string]int{"flow": 2, "gan": 2, "composed": 5, "polished": 7}[name]; err != nil || files != want {
				t.Errorf("%d files, %v; want %d", files, err, want)
			}
		})
	}
}

// Damaged and lying model directories give one line that names the place.
func TestHostileModels(t *testing.T) {
	replace := func(file, old, with string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, file)
			text := string(must(os.ReadFile(path))(t))
			if !strings.Contains(text, old) {
				t.Fatalf("%s holds no %q: %s", file, old, text)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(text, old, with, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(file string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		}
	}
	copyTo := func(from, to string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			remove(to)(t, dir)
			if err := os.CopyFS(filepath.Join(dir, to), os.DirFS(filepath.Join(dir, from))); err != nil {
				t.Fatal(err)
			}
		}
	}
	const accept, flow, phi = "acceptance/model.json", "generator/model.json", "refiner/model.json"
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string)
		want   string
	}{
		"no acceptance weights":  {remove("acceptance/weights.safetensors"), "acceptance/weights.safetensors"},
		"no acceptance model":    {remove(accept), "acceptance: there is no model.json"},
		"no generator":           {remove("generator"), "generator: there is no model.json"},
		"no refiner":             {remove("refiner"), "refiner: there is no model.json"},
		"three latents":          {replace(accept, "\"scale\": [\n    1,", "\"scale\": [\n    1, 1,"), "made for 3 latents and 2 features"},
		"one feature":            {replace(accept, "0.5,", ""), "made for 2 latents and 1 features"},
		"no features":            {replace(accept, "feature_scale", "spare"), "unknown field"},
		"zero feature scale":     {replace(accept, "0.5,", "0,"), "scale 0; positive numbers"},
		"NaN cap":                {replace(accept, `"log_cap": 0.3`, `"log_cap": NaN`), "invalid character"},
		"infinite cap":           {replace(accept, `"log_cap": 0.3`, `"log_cap": 1e999`), "1e999"},
		"acceptance of a kind":   {replace(accept, `"acceptance"`, `"flow"`), `a model of kind "flow"; acceptance is accepted`},
		"acceptance is a flow":   {copyTo("generator", "acceptance"), "acceptance/model.json"},
		"acceptance as model":    {copyTo("acceptance", "refiner"), `a model of kind "acceptance"`},
		"unknown kind":           {replace(phi, `"gan"`, `"diffusion"`), `a model of kind "diffusion"; flow, gan, vae, flow-matching, rosenblatt, onnx, composed, conditional and identity`},
		"format":                 {replace(flow, `"format": 1`, `"format": 2`), "format 2; format 1 is accepted"},
		"huge discriminator":     {replace(accept, `"units": 8`, `"units": 65536`), "parameters"},
		"endless discriminator":  {replace(accept, `"hidden": 2`, `"hidden": 99999999`), "1 to 65536"},
		"negative discriminator": {replace(accept, `"units": 8`, `"units": -8`), "1 to 65536"},
		"other discriminator":    {replace(accept, `"units": 8`, `"units": 9`), "acceptance/weights.safetensors"},
		"discriminator slope":    {replace(accept, `"slope": 0.1`, `"slope": 7`), "slope 7"},
		"three shifts":           {replace(flow, "1.5", "1.5, 0"), "3 shifts for 2 features"},
		"huge flow":              {replace(flow, `"units": 8`, `"units": 60000`), "parameters"},
		"deep flow":              {replace(flow, `"blocks": 3`, `"blocks": 60000`), "generator"},
		"refiner dimension":      {replace(phi, "\"scale\": [\n    1,", "\"scale\": [\n    1, 1,"), "refiner"},
		"cut weights": {func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "acceptance/weights.safetensors"), 100); err != nil {
				t.Fatal(err)
			}
		}, "acceptance/weights.safetensors"},
		"NaN weight": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, "acceptance/weights.safetensors")
			data := must(os.ReadFile(path))(t)
			copy(data[len(data)-4:], []byte{0, 0, 0xc0, 0x7f})
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "not finite"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "m")
			if err := models(t)["polished"].Save(dir); err != nil {
				t.Fatal(err)
			}
			c.damage(t, dir)
			_, err := Load(dir)
			if err == nil {
				t.Fatal("it was loaded")
			}
			if text := err.Error(); !strings.Contains(text, c.want) || !strings.Contains(text, dir) || strings.Contains(text, "\n") || len(text) > len(dir)+300 {
				t.Errorf("the error is %q; want one line with %q and the place", text, c.want)
			}
		})
	}
}
