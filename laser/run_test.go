package laser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/dataset"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/rng"
	"etalon/rundir"
)

// quiet is an Observer that counts the stages, and stops a run where it is told to.
type quiet struct {
	begun []string
	stop  func(stage string, done int)
}

func (q *quiet) StageStart(name string, _, _ int) { q.begun = append(q.begun, name) }
func (q *quiet) Progress(done, _ int, _ string) {
	if q.stop != nil {
		q.stop(q.begun[len(q.begun)-1], done)
	}
}
func (q *quiet) StageEnd(string, float64, string) {}

// threeColumns writes a truth file with correlated columns of different widths.
func threeColumns(t *testing.T, rows int) string {
	t.Helper()
	x := make([]float32, 3*rows)
	rng.New(1, "truth").NormalRows(x, 1, 0, 0, 1, len(x))
	for i := range rows {
		x[3*i+1] = 10 * (x[3*i+1] + 0.5*x[3*i])
		x[3*i+2] = 0.1*x[3*i+2]*x[3*i+2] - 4
	}
	path := filepath.Join(t.TempDir(), "truth.npy")
	if err := dataset.WriteNPY(path, rows, 3, x); err != nil {
		t.Fatal(err)
	}
	return path
}

func tinyConfig(t *testing.T, density, truthFile string) Config {
	t.Helper()
	c, err := Preset("quick", density)
	if err != nil {
		t.Fatal(err)
	}
	c.Name, c.Truth = "tiny", truthFile
	c.Data.Points, c.Classifier.Generated, c.Refiner.Examples = 4000, 4000, 4000
	c.Generator.Flow.Network.Blocks, c.Generator.Flow.Network.Hidden, c.Generator.Flow.Network.Units = 3, 1, 8
	c.Classifier.Network.Hidden, c.Classifier.Network.Units = 1, 8
	c.Refiner.Network.Hidden, c.Refiner.Network.Units = 1, 8
	c.Refiner.Flow.Network.Blocks, c.Refiner.Flow.Network.Hidden, c.Refiner.Flow.Network.Units = 2, 1, 8
	c.Refiner.FlowMatching.Network.Hidden, c.Refiner.FlowMatching.Network.Units = 1, 8
	c.Polish.Network.Hidden, c.Polish.Network.Units = 1, 8
	c.Generator.Flow.Training.Epochs, c.Generator.Flow.Training.Batch = 30, 500
	c.Classifier.Training.Epochs, c.Classifier.Training.Batch = 10, 500
	c.Refiner.Training.Epochs, c.Refiner.Training.Batch = 40, 500
	c.Refiner.Flow.Training.Epochs, c.Refiner.Flow.Training.Batch = 5, 500
	c.Refiner.FlowMatching.Training.Epochs, c.Refiner.FlowMatching.Training.Batch = 40, 500
	c.Polish.Training.Epochs, c.Polish.Training.Batch, c.Polish.Training.Adam.Alpha = 10, 500, 1e-2
	c.Closure.Points, c.Closure.Training.Epochs, c.Closure.Training.Batch = 2000, 3, 200
	c.Closure.Network.Hidden, c.Closure.Network.Units = 1, 8
	c.Samplers.Reference = 4000
	c.HMC.Chains, c.HMC.Samples, c.HMC.BurnIn = 100, 4000, 60
	c.Score.Points, c.Score.Bins = 4000, 20
	return c
}

// A truth file of three columns goes through all stages; two of its columns are
// compared. A run that was stopped in a stage continues to the same bytes.
func TestRunOfThreeColumns(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole run")
	}
	e := cpu.New(2)
	defer e.Close()
	c := tinyConfig(t, "", threeColumns(t, 12000))
	c.Score.Columns = []int{2, 0}
	c.Classifier.Density = true // more to save and to read back
	dir := filepath.Join(t.TempDir(), "run")
	q := &quiet{}
	r, err := Open(dir, c, e, q)
	if err != nil {
		t.Fatal(err)
	}
	if r.Complete() {
		t.Error("a new run is complete")
	}
	if err := r.Do(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !r.Complete() {
		t.Error("a finished run is not complete")
	}
	want := []string{"generator", "classifier", "weights", "closure", "samplers", "rejection", "hmc", "refiner", "polish", "refined", "scores", "report"}
	if !slices.Equal(q.begun, want) {
		t.Errorf("stages %v; want %v", q.begun, want)
	}
	for name, cols := range map[string]int{"truth": 3, "baseline": 3, "rejection": 3, "hmc": 3, "refiner": 3, "laser": 3, "laser_latent": 3, "hmc_latent": 3} {
		if x, err := dataset.Read(filepath.Join(dir, "samples", name+".npy"), dataset.ReadOptions{Cols: cols}); err != nil || x.Rows < 3000 {
			t.Errorf("%s: %v", name, err)
		}
	}

	metrics := checkMetrics(t, filepath.Join(dir, "metrics.json"), "")
	// The columns are compared in the order given: x is the third, from -4 on, y the
	// first, a unit normal.
	lim := metrics["range"].([]any)
	if x0, x1, y0, y1 := lim[0].(float64), lim[1].(float64), lim[2].(float64), lim[3].(float64); x0 < -4.5 || x1 > 0 || y0 > -2.5 || y0 < -6 || y1 < 2.5 || y1 > 6 {
		t.Errorf("range %v", lim)
	}

	// The same run, stopped once in each stage that saves checkpoints.
	again := filepath.Join(t.TempDir(), "run")
	stopped := map[string]bool{}
	for range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		q := &quiet{stop: func(stage string, done int) {
			if !stopped[stage] && done == 3 && stage != "scores" {
				stopped[stage] = true
				cancel()
			}
		}}
		r, err := Open(again, c, e, q)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Do(ctx)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if len(stopped) != 6 {
		t.Errorf("stopped in %v; want 6 stages", stopped)
	}
	for _, name := range []string{"metrics.json", "hmc.json", "history.json", "samples/laser.npy", "models/laser/acceptance/model.json"} {
		a, err1 := os.ReadFile(filepath.Join(dir, name))
		b, err2 := os.ReadFile(filepath.Join(again, name))
		if err := errors.Join(err1, err2); err != nil || string(a) != string(b) {
			t.Errorf("%s of the stopped run differs: %v", name, err)
		}
	}
}

// checkMetrics demands the keys that readers of metrics.json rely on.
func checkMetrics(t *testing.T, path, density string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	has := func(where string, v any, keys ...string) {
		o, _ := v.(map[string]any)
		for _, k := range keys {
			if _, ok := o[k]; !ok {
				t.Errorf("metrics.json: %s has no %q", where, k)
			}
		}
	}
	has("it", m, "name", "preset", "seed", "version", "n", "stages", "scores", "floor", "bins", "range", "columns", "truth_betti", "weights")
	has("floor", m["floor"], "jsd", "emd", "jsd_paper", "emd_paper")
	has("weights", m["weights"], "n_eff", "n_eff_fraction", "max_share")
	if density != "" {
		has("weights", m["weights"], "exact_correlation", "exact_correlation_trimmed", "exact_rmse")
	}
	for _, s := range m["stages"].([]any) {
		has("a stage", s, "name", "seconds")
	}
	var methods []string
	for _, s := range m["scores"].([]any) {
		has("a score", s, "method", "n", "n_eff", "jsd", "emd", "jsd_paper", "emd_paper", "betti", "floor")
		o := s.(map[string]any)
		methods = append(methods, o["method"].(string))
		has("a score's floor", o["floor"], "jsd", "emd", "jsd_paper", "emd_paper")
		if b, ok := o["betti"].([]any); !ok || len(b) != 2 {
			t.Errorf("betti is %v", o["betti"])
		}
	}
	if want := []string{"baseline", "dctr", "rejection", "hmc", "refiner", "laser"}; !slices.Equal(methods, want) {
		t.Errorf("methods %v; want %v", methods, want)
	}
	return m
}

// Every kind of refiner goes through the protocol: it is saved, polished, and read back
// by a run that continues.
func TestRunKindsOfRefiner(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	for _, kind := range []string{"gan", "flow", "flow-matching"} {
		if testing.Short() && kind != "flow-matching" {
			continue
		}
		c := tinyConfig(t, "double-donut", "")
		c.Refiner.Kind = kind
		dir := filepath.Join(t.TempDir(), kind)
		r, err := Open(dir, c, e, &quiet{})
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if err := r.Do(context.Background()); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		want, err := os.ReadFile(filepath.Join(dir, "metrics.json"))
		if err != nil {
			t.Fatal(err)
		}
		// The later stages once more, from the saved models.
		for _, gone := range []string{"metrics.json", "report.html", "samples/laser.npy", "samples/refiner.npy", "models/laser"} {
			if err := os.RemoveAll(filepath.Join(dir, gone)); err != nil {
				t.Fatal(err)
			}
		}
		if r, err = Open(dir, c, e, &quiet{}); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if err := r.Do(context.Background()); err != nil {
			t.Fatalf("%s, continued: %v", kind, err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "metrics.json")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: metrics.json of the continued run differs (%v)", kind, err)
		}
	}
}

// Without polish the refiner's points are the refined model's, and there is no
// method of its own for them.
func TestRunWithoutPolish(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	c := tinyConfig(t, "double-donut", "")
	c.Polish.Training.Epochs = 0
	c.Polish.Network.Units = 0 // not looked at
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Open(dir, c, e, &quiet{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Do(context.Background()); err != nil {
		t.Fatal(err)
	}
	if rundir.Exists(filepath.Join(dir, "models", "laser", "acceptance")) || rundir.Exists(filepath.Join(dir, "samples", "refiner.npy")) {
		t.Error("there is an acceptance")
	}
	var m metrics
	text, err := os.ReadFile(filepath.Join(dir, "metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &m); err != nil || len(m.Scores) != 5 || m.Scores[4].Method != "laser" || m.Weights.ExactRMSE == nil {
		t.Errorf("%v: %+v", err, m)
	}

	// Other settings are refused.
	c.Seed++
	if _, err := Open(dir, c, e, &quiet{}); err == nil || !strings.Contains(err.Error(), "it holds a run with other settings (run.toml differs)") {
		t.Errorf("other settings: %v", err)
	}
}

// savedGAN is the directory of a GAN of two features.
func savedGAN(t *testing.T) string {
	t.Helper()
	gan, err := generator.NewGAN(generator.GANConfig{Latent: 3, Hidden: 1, Units: 8, Slope: 0.1}, []float64{1, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "gan")
	if err := gan.Save(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What cannot run is refused before anything is made.
func TestOpenRefuses(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	three := threeColumns(t, 8000)
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"settings":       {func(c *Config) { c.Data.Points = 3 }, "data.points = 3"},
		"no file":        {func(c *Config) { c.Density, c.Truth = "", "none.npy" }, "none.npy: no such file"},
		"column":         {func(c *Config) { c.Density, c.Truth, c.Score.Columns = "", three, []int{0, 3} }, "score.columns = [0 3]; the truth has 3 columns"},
		"density column": {func(c *Config) { c.Score.Columns = []int{0, 2} }, "the truth has 2 columns"},
		"narrow residual": {func(c *Config) {
			c.Density, c.Truth, c.Refiner.Kind, c.Refiner.Network.Latent = "", three, "gan", 2
		}, "refiner.network: gan: a residual network"},
		"coupled": {func(c *Config) {
			c.Density, c.Truth, c.Refiner.Kind, c.Refiner.Network.Latent = "", three, "gan", 3
		}, "refiner.training: gan: coupled"},
		"density of a GAN":    {func(c *Config) { c.Generator.Kind, c.Classifier.Density = kindGAN, true }, `classifier.density = true: a generator of kind "gan" has no explicit density; kind "flow" has one`},
		"density, hidden":     {func(c *Config) { c.Generator.Hidden, c.Classifier.Density = 1, true }, "with generator.hidden = 1 the density is not"},
		"density, GAN rounds": {func(c *Config) { c.Iterate.Rounds, c.Refiner.Kind, c.Classifier.Density = 1, "gan", true }, "a later round needs that of g∘Φ"},
		"density of a model": {func(c *Config) {
			c.Generator.Kind, c.Generator.Model, c.Classifier.Density = kindModel, savedGAN(t), true
		}, "classifier.density = true: generator: a model of kind gan has no explicit density"},
	} {
		cfg := tinyConfig(t, "rings", "")
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

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, tinyConfig(t, "rings", ""), e, &quiet{}); err == nil || !strings.Contains(err.Error(), "it holds other files and no run") {
		t.Errorf("a directory with other files: %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("the directory was changed: %v", entries)
	}
}

// A constant column has no density.
func TestConstantColumn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	x := make([]float32, 10000)
	for i := range 5000 {
		x[2*i] = float32(i)
	}
	if err := dataset.WriteNPY(path, 5000, 2, x); err != nil {
		t.Fatal(err)
	}
	e := cpu.New(1)
	defer e.Close()
	if _, err := Open(filepath.Join(t.TempDir(), "run"), tinyConfig(t, "", path), e, &quiet{}); err == nil || !strings.Contains(err.Error(), "column 1 is constant") {
		t.Errorf("the error is %v", err)
	}
}
