package generator

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whatever stands in the files of a model directory, it is a model or an error of one
// line.
func FuzzLoad(f *testing.F) {
	given := map[string]Generator{"velocity": moving(f, Uniform), "latents": NewGivenIdentity(3, Normal, energy)}
	for _, list := range []map[string]Generator{models(f), families(f), given} {
		for _, name := range slices.Sorted(maps.Keys(list)) {
			dir := filepath.Join(f.TempDir(), name)
			if err := list[name].Save(dir); err != nil {
				f.Fatal(err)
			}
			meta, err := os.ReadFile(filepath.Join(dir, "model.json"))
			if err != nil {
				f.Fatal(err)
			}
			weights, err := os.ReadFile(filepath.Join(dir, "weights.safetensors"))
			if err != nil {
				continue // a composed one, whose parts are models
			}
			f.Add(meta, weights)
		}
	}
	f.Fuzz(func(t *testing.T, meta, weights []byte) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{"model.json": meta, "weights.safetensors": weights} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		g, err := Load(dir)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		if g.Dim() < 1 || g.LatentDim() < 1 {
			t.Errorf("a model of %d latents and %d features", g.LatentDim(), g.Dim())
		}
	})
}
