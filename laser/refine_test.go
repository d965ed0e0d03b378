package laser

import (
	"path/filepath"
	"strings"
	"testing"

	"etalon/dataset"
	"etalon/generator"
	"etalon/rng"
)

func normalTable(t *testing.T, rows, cols int) string {
	t.Helper()
	x := make([]float32, rows*cols)
	rng.New(1, "table").NormalRows(x, len(x), 0, 0, len(x), 1)
	path := filepath.Join(t.TempDir(), "t.npy")
	if err := dataset.WriteNPY(path, rows, cols, x); err != nil {
		t.Fatal(err)
	}
	return path
}

// The settings follow the numbers of points and of latents, for every kind of generator,
// and are those of a run.toml.
func TestRefinementConfig(t *testing.T) {
	process := func(latent int) GeneratorConfig {
		return NewProcessGenerator(generator.ProcessConfig{Command: []string{"x"}, Latent: latent, Prior: generator.Uniform})
	}
	for _, c := range []struct {
		rows, cols int
		g          GeneratorConfig
		kind       string
		bins       int
	}{
		{4000, 2, process(1), refinerRosenblatt, 10},
		{40000, 3, process(2), refinerRosenblatt, 22},
		{40000, 1, process(3), refinerFlowMatching, 22},
		{4000, 2, NewPairsGenerator(PairsConfig{Latents: normalTable(t, 5000, 5), Sample: "x.npy"}), refinerFlowMatching, 10},
	} {
		cfg, err := Refinement{Name: "n", Truth: normalTable(t, c.rows, c.cols), Generator: c.g, Seed: 3}.Config(0)
		if err != nil {
			t.Fatal(err)
		}
		if cfg.Refiner.Kind != c.kind || cfg.Score.Bins != c.bins || cfg.HMC.Samples != 0 || len(cfg.Score.Columns) != min(c.cols, 2) {
			t.Errorf("%d × %d: refiner %s, %d bins, columns %v", c.rows, c.cols, cfg.Refiner.Kind, cfg.Score.Bins, cfg.Score.Columns)
		}
		if k := cfg.Generator.Kind; k == kindProcess && cfg.Generator.Process.Dim != c.cols {
			t.Errorf("the program has %d features", cfg.Generator.Process.Dim)
		} else if k == kindPairs && cfg.Classifier.Folds != 2 {
			t.Error("pairs are not cross-fitted")
		}
		text, err := EncodeConfig(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadConfig(writeFile(t, "c.toml", string(text))); err != nil {
			t.Error(err)
		}
	}
}

// Nothing that a run would refuse is made.
func TestRefinementRefuses(t *testing.T) {
	truth := normalTable(t, 4000, 2)
	for _, c := range []struct {
		r    Refinement
		want string
	}{
		{Refinement{Truth: "none.npy", Generator: NewModelGenerator("m", "")}, "none.npy"},
		{Refinement{Truth: truth, Generator: NewModelGenerator("none.onnx", "")}, "none.onnx"},
		{Refinement{Truth: truth, Generator: GeneratorConfig{Kind: kindFlow}}, "a model, a program or pairs"},
		{Refinement{Truth: truth, Points: 10, Generator: NewProcessGenerator(generator.ProcessConfig{Command: []string{"x"}, Latent: 1})}, "score.points = 10"},
		{Refinement{Truth: truth, Classifier: "f", Generator: NewProcessGenerator(generator.ProcessConfig{Command: []string{"x"}, Latent: 1})}, "OmniFold"},
	} {
		if _, err := c.r.Config(0); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v, want %q", c.r, err, c.want)
		}
	}
}
