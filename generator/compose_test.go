package generator

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/nn"
	"etalon/rng"
)

// nested returns two rounds of refinement, (flow∘GAN)∘flow, the second with acceptance.
func nested(t *testing.T) *Composed {
	t.Helper()
	second := must(NewFlow(FlowConfig{Blocks: 2, Hidden: 1, Units: 6, Slope: 0.2}, []float64{1, 1, 1, 1}, 3))(t)
	perturb(second.Params, 4)
	c := must(Compose(models(t)["composed"], second))(t)
	c.Accept = &Acceptance{LogCap: 0.2, params: &nn.Params{}, disc: discriminator{
		Config: DiscConfig{Hidden: 1, Units: 8, Slope: 0.1}, Scale: []float64{1, 1, 1, 1}, FeatureScale: []float64{0.5, 3}, Spread: true}}
	c.Accept.disc.net().Init(c.Accept.params, rng.New(11, "accept"))
	perturb(c.Accept.params, 12)
	return c
}

// Points of a model of two rounds are those of its parts one after the other.
func TestNestedSampling(t *testing.T) {
	const n = 600
	e := newEngine(t, 2)
	c := nested(t)
	y, x := draw(t, e, c.Map(), 7, n)
	push := func(gen Generator, z []float32) []float32 {
		out := make([]float32, n*gen.Dim())
		if err := must(NewSampler(e, gen, 0, "unused"))(t).Push(z, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	inner := c.G.(*Composed)
	if want := push(inner.G, push(inner.Phi, push(c.Phi, y))); !slices.Equal(x, want) {
		t.Error("the points are not g(Φ1(Φ2(y)))")
	}
	// With acceptance, the latents and points still belong together.
	s := must(NewRefinedSampler(e, c, 5, "test"))(t)
	y, z, x := make([]float32, n*4), make([]float32, n*4), make([]float32, n*2)
	if err := s.Draw(7, y, z, x); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(push(c.Phi, y), z) || !slices.Equal(push(inner, z), x) {
		t.Error("accepted points do not belong to their latents")
	}
	if plain, _ := draw(t, e, c.Map(), 7, n); slices.Equal(plain, y) {
		t.Error("everything was accepted: the test does not see acceptance")
	}
}

// Nested models are saved and loaded with all their parts.
func TestNestedSaveLoad(t *testing.T) {
	e := newEngine(t, 1)
	c := nested(t)
	dir := filepath.Join(t.TempDir(), "m")
	if err := c.Save(dir); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"model.json", "generator/model.json", "generator/generator/weights.safetensors", "generator/refiner/weights.safetensors", "refiner/weights.safetensors", "acceptance/weights.safetensors"} {
		if !exists(filepath.Join(dir, part)) {
			t.Errorf("there is no %s", part)
		}
	}
	loaded := must(Load(dir))(t)
	_, x := draw(t, e, c, 3, 400)
	_, x2 := draw(t, e, loaded, 3, 400)
	if !slices.Equal(x, x2) {
		t.Error("the loaded model draws other points")
	}
	copied := must(Clone(loaded))(t).(*Composed)
	perturb(copied.G.(*Composed).G.(*Flow).Params, 1)
	perturb(copied.Phi.(*Flow).Params, 1)
	if _, x2 = draw(t, e, loaded, 3, 400); !slices.Equal(x, x2) {
		t.Error("a change of the clone changes the original")
	}
}

// Acceptance inside a part is refused wherever it appears.
func TestNestedAcceptanceIsRefused(t *testing.T) {
	c := nested(t)
	phi := must(NewGAN(GANConfig{Latent: 4, Hidden: 1, Units: 4, Residual: true}, []float64{1, 1, 1, 1}, 1))(t)
	if _, err := Compose(c, phi); err == nil || !strings.Contains(err.Error(), "Map leaves the acceptance off") {
		t.Errorf("Compose: %v", err)
	}
	third := must(Compose(c.Map(), phi))(t)
	dir := filepath.Join(t.TempDir(), "m")
	if err := third.Save(dir); err != nil {
		t.Fatal(err)
	}
	third.G.(*Composed).G.(*Composed).Accept = c.Accept
	if err := third.Save(filepath.Join(t.TempDir(), "m")); err == nil || !strings.Contains(err.Error(), "acceptance") {
		t.Errorf("Save: %v", err)
	}
	if err := c.Accept.Save(filepath.Join(dir, "generator", "acceptance")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "only the whole may have") {
		t.Errorf("Load: %v", err)
	}
}

// Rounds upon rounds end with an error, before memory or time run out; as do
// directories that hold themselves.
func TestNestingIsBounded(t *testing.T) {
	small := func() Generator {
		return must(NewGAN(GANConfig{Latent: 1, Hidden: 1, Units: 1}, []float64{1}, 1))(t)
	}
	deep := small()
	for range maxNesting {
		deep = must(Compose(deep, small()))(t)
	}
	if _, err := Compose(deep, small()); err == nil || !strings.Contains(err.Error(), "17 models inside one another; 16 are accepted") {
		t.Errorf("depth: %v", err)
	}
	wide := small()
	for range 6 {
		wide = must(Compose(wide, wide))(t)
	}
	if _, err := Compose(wide, small()); err == nil || !strings.Contains(err.Error(), "65 parts; 64 are accepted") {
		t.Errorf("parts: %v", err)
	}
	if x := extentOf(wide); x != (extent{depth: 6, parts: 64, params: 64 * small().(*GAN).Params.Len()}) {
		t.Errorf("extent %+v", x)
	}
	if err := (extent{params: maxNested + 1}).check(); err == nil || !strings.Contains(err.Error(), "parameters in all parts") {
		t.Errorf("parameters: %v", err)
	}

	dir := filepath.Join(t.TempDir(), "m")
	if err := deep.Save(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err != nil {
		t.Errorf("the deepest model is not read: %v", err)
	}
	for name, links := range map[string][]string{"generator": {"generator"}, "refiner": {"refiner"}, "both": {"generator", "refiner"}} {
		dir := filepath.Join(t.TempDir(), "m")
		if err := must(Compose(small(), small()))(t).Save(dir); err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			if err := os.RemoveAll(filepath.Join(dir, l)); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(".", filepath.Join(dir, l)); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Load(dir)
		if err == nil || !strings.Contains(err.Error(), "are accepted") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A tree in which each level holds the next one twice: 2^12 networks in few files.
	tree := t.TempDir()
	if err := small().Save(filepath.Join(tree, "0")); err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		at := filepath.Join(tree, fmt.Sprint(i+1))
		if err := os.Mkdir(at, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at, "model.json"), []byte(`{"format": 1, "kind": "composed"}`), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{primaryDir, refinerDir} {
			if err := os.Symlink(filepath.Join("..", fmt.Sprint(i)), filepath.Join(at, part)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := Load(filepath.Join(tree, "12")); err == nil || !strings.Contains(err.Error(), "65 parts; 64 are accepted") {
		t.Errorf("tree: %v", err)
	}
	if err := os.WriteFile(filepath.Join(tree, "1", "model.json"), []byte(`{"format": 1, "kind": "composed", "accept": true}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(filepath.Join(tree, "1")); err == nil || !strings.Contains(err.Error(), "unknown field") {
		t.Errorf("unknown field: %v", err)
	}
}

// A saved clone has the same bytes, whatever the family.
func TestClone(t *testing.T) {
	for name, g := range families(t) {
		a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
		if err := g.Save(a); err != nil {
			t.Fatal(err)
		}
		if err := must(Clone(g))(t).Save(b); err != nil {
			t.Fatal(err)
		}
		err := filepath.WalkDir(a, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, _ := filepath.Rel(a, path)
			if !bytes.Equal(must(os.ReadFile(path))(t), must(os.ReadFile(filepath.Join(b, rel)))(t)) {
				t.Errorf("%s: %s differs", name, rel)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := Clone(nil); err == nil {
		t.Error("nothing was cloned")
	}
}
