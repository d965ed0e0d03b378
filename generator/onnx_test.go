package generator_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"etalon/engine/cpu"
	"etalon/generator"
)

// An imported generator keeps its numbers through a model directory, alone and as a
// part of a refined model.
func TestONNXModelDirectory(t *testing.T) {
	path := filepath.Join("..", "onnx", "testdata", "generator.onnx")
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	gen, err := generator.NewONNX(path, generator.ONNXConfig{Prior: generator.Uniform})
	if err != nil {
		t.Fatal(err)
	}
	if gen.LatentDim() != 4 || gen.Dim() != 3 || gen.Prior() != generator.Uniform {
		t.Fatalf("%d latents, %d features, %s", gen.LatentDim(), gen.Dim(), gen.Prior())
	}
	composed, err := generator.Compose(gen, generator.NewIdentity(4, generator.Uniform))
	if err != nil {
		t.Fatal(err)
	}
	e := cpu.New(1)
	draw := func(g generator.Generator) []float32 {
		s, err := generator.NewSampler(e, g, 1, "test")
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 50*g.Dim())
		if err := s.Draw(0, nil, x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	want := draw(gen)
	for _, g := range []generator.Generator{gen, composed} {
		dir := filepath.Join(t.TempDir(), "model")
		if err := g.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded, err := generator.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(draw(loaded), want) || loaded.Prior() != generator.Uniform {
			t.Errorf("%T: other points after loading", g)
		}
	}
	if _, err := generator.NewONNX(path, generator.ONNXConfig{Prior: "cauchy"}); err == nil {
		t.Error("a prior that is not known was accepted")
	}
	if g, err := generator.Load(path); err != nil || g.Prior() != generator.Normal {
		t.Errorf("from the file itself: %v", err)
	}
}
