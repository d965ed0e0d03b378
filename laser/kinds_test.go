package laser

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/mcmc"
	"etalon/rng"
	"etalon/rundir"
)

const programVariable = "ETALON_TEST_PROGRAM"

// TestMain lets the test binary be the external program of a run.
func TestMain(m *testing.M) {
	switch os.Getenv(programVariable) {
	case "conditional":
		simulateGiven(os.Stdin, os.Stdout)
		return
	case "1":
		simulate(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// simulate answers requests with x = (z1 + 0.5, z2 + noise of the row's own).
func simulate(r io.Reader, w io.Writer) {
	in, out := bufio.NewReader(r), bufio.NewWriter(w)
	noise := rng.New(9, "program")
	for {
		var head struct {
			N, Zero uint32
			Row0    uint64
		}
		if binary.Read(in, binary.LittleEndian, &head) != nil {
			return
		}
		z := make([]float32, 2*head.N)
		if binary.Read(in, binary.LittleEndian, z) != nil {
			return
		}
		h := make([]float32, head.N)
		noise.NormalRows(h, int(head.N), 0, head.Row0, int(head.N), 1)
		for i := range h {
			z[2*i] += 0.5
			z[2*i+1] = 0.7*z[2*i+1] + 0.7*h[i]
		}
		binary.Write(out, binary.LittleEndian, head.N)
		binary.Write(out, binary.LittleEndian, z)
		out.Flush()
	}
}

// simulateGiven answers requests with x = (1+c)·z of rows (z, c).
func simulateGiven(r io.Reader, w io.Writer) {
	in, out := bufio.NewReader(r), bufio.NewWriter(w)
	for {
		var head struct {
			N, Zero uint32
			Row0    uint64
		}
		if binary.Read(in, binary.LittleEndian, &head) != nil {
			return
		}
		z, x := make([]float32, 2*head.N), make([]float32, head.N)
		if binary.Read(in, binary.LittleEndian, z) != nil {
			return
		}
		for i := range x {
			x[i] = (1 + z[2*i+1]) * z[2*i]
		}
		binary.Write(out, binary.LittleEndian, head.N)
		binary.Write(out, binary.LittleEndian, x)
		out.Flush()
	}
}

// normals writes a truth file of a standard normal in two dimensions.
func normals(t *testing.T, rows int) string {
	t.Helper()
	x := make([]float32, 2*rows)
	rng.New(2, "truth").NormalRows(x, 1, 0, 0, 1, len(x))
	path := filepath.Join(t.TempDir(), "truth.npy")
	if err := dataset.WriteNPY(path, rows, 2, x); err != nil {
		t.Fatal(err)
	}
	return path
}

// tinyKind is a tiny run of a kind of generator on normal points. Its files are in dir.
func tinyKind(t *testing.T, kind string) Config {
	c := tinyConfig(t, "", normals(t, 16000))
	c.Generator.GAN.Network = generator.GANConfig{Latent: 3, Hidden: 1, Units: 16, Slope: 0.1}
	c.Generator.GAN.Training.Epochs, c.Generator.GAN.Training.Batch = 20, 200
	c.Generator.VAE.Network = generator.VAEConfig{Latent: 2, Hidden: 1, Units: 16, Slope: 0.1, Beta: 1, Noise: true}
	c.Generator.VAE.Training.Epochs, c.Generator.VAE.Training.Batch = 20, 200
	c.OmniFold.Events, c.OmniFold.Iterations, c.OmniFold.Training.Epochs, c.OmniFold.Training.Batch = 4000, 2, 5, 500
	c.OmniFold.Detector.Hidden, c.OmniFold.Particle.Hidden = 1, 1
	c.Iterate.Continue.GANTraining = c.Generator.GAN.Training
	c.Iterate.Continue.Epochs = 2
	kind, uniform := strings.CutSuffix(kind, ", uniform")
	if uniform {
		c.Generator.GAN.Network.Prior, c.Generator.VAE.Network.Prior = generator.Uniform, generator.Uniform
	}
	kind, hidden := strings.CutSuffix(kind, ", hidden")
	if hidden {
		c.Generator.Hidden = 1
	}
	c.Generator.Kind = kind
	switch kind {
	case kindProcess:
		t.Setenv(programVariable, "1")
		c.Generator.Process = generator.ProcessConfig{Command: []string{os.Args[0]}, Latent: 2, Dim: 2, Hidden: true}
	case kindPairs:
		z := make([]float32, 2*8000)
		rng.New(3, "z").NormalRows(z, 1, 0, 0, 1, len(z))
		x := slices.Clone(z)
		for i := range x {
			x[i] += 0.5
		}
		dir := t.TempDir()
		c.Generator.Pairs = PairsConfig{Latents: filepath.Join(dir, "z.npy"), Sample: filepath.Join(dir, "x.npy")}
		c.Classifier.Folds = 2
		for path, rows := range map[string][]float32{c.Generator.Pairs.Latents: z, c.Generator.Pairs.Sample: x} {
			if err := dataset.WriteNPY(path, 8000, 2, rows); err != nil {
				t.Fatal(err)
			}
		}
	case "onnx":
		c.Generator.Kind, c.Generator.Model = kindModel, filepath.Join(t.TempDir(), "g.onnx")
		gan, err := generator.NewGAN(generator.GANConfig{Latent: 2, Hidden: 1, Units: 8, Residual: true}, []float64{1, 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		file, err := generator.EncodeONNX(gan, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.Generator.Model, file, 0o644); err != nil {
			t.Fatal(err)
		}
	case kindModel:
		gan, err := generator.NewGAN(generator.GANConfig{Latent: 2, Hidden: 1, Units: 8, Residual: true}, []float64{1, 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		gan.Shift = []float64{0.5, -0.5}
		c.Generator.Model = filepath.Join(t.TempDir(), "model")
		if err := gan.Save(c.Generator.Model); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func runTo(t *testing.T, e *cpu.Engine, dir string, c Config) *metrics {
	t.Helper()
	r, err := Open(dir, c, e, &quiet{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Do(context.Background()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	m := &metrics{}
	if err := json.Unmarshal(text, m); err != nil {
		t.Fatal(err)
	}
	return m
}

func rows(m *metrics) (list []string) {
	for _, s := range m.Scores {
		list = append(list, s.Method)
	}
	return list
}

// Every kind of generator goes through the protocol, pulls its weights back in its own
// way, and its latent space can be sampled afterwards.
func TestRunKindsOfGenerator(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	plain := []string{"baseline", "dctr", "rejection", "hmc", "refiner", "laser"}
	hidden := slices.Insert(slices.Clone(plain), 2, "direct")
	for kind, want := range map[string]struct {
		pullBack string
		rows     []string
	}{
		"gan": {"direct", plain}, "vae": {"direct", plain}, "model": {"direct", plain}, "onnx": {"direct", plain},
		"gan, uniform": {"direct", plain}, "gan, hidden": {"omnifold", hidden},
		"process": {"omnifold", hidden}, "pairs": {"omnifold", plain[:2]},
	} {
		if testing.Short() && kind != "process" {
			continue // the race detector needs the concurrent one
		}
		t.Run(kind, func(t *testing.T) {
			c := tinyKind(t, kind)
			dir := filepath.Join(t.TempDir(), "run")
			m := runTo(t, e, dir, c)
			if got := rows(m); m.PullBack != want.pullBack || !slices.Equal(got, want.rows) {
				t.Errorf("pulled back by %s, scores of %v; want %s and %v", m.PullBack, got, want.pullBack, want.rows)
			}
			if kind == "gan, uniform" {
				for _, name := range []string{"rejection", "hmc", "laser"} {
					z, err := dataset.Read(filepath.Join(dir, "samples", name+"_latent.npy"), dataset.ReadOptions{})
					if err != nil {
						t.Fatal(err)
					}
					if slices.Min(z.Data) < -1 || slices.Max(z.Data) > 1 {
						t.Errorf("%s: latents from %v to %v; want them within (-1, 1)", name, slices.Min(z.Data), slices.Max(z.Data))
					}
				}
			}
			if kind == "model" { // nearly the identity, shifted
				x, err := dataset.Read(filepath.Join(dir, "samples", "baseline.npy"), dataset.ReadOptions{Cols: 2})
				if err != nil {
					t.Fatal(err)
				}
				for j, want := range []float64{0.5, -0.5} {
					mean := 0.0
					for i := j; i < len(x.Data); i += 2 {
						mean += float64(x.Data[i]) / float64(x.Rows)
					}
					if math.Abs(mean-want) > 4/math.Sqrt(float64(x.Rows))+0.01 {
						t.Errorf("feature %d has mean %v; want %v", j, mean, want)
					}
				}
			}
			d, err := OpenDraws(e, dir, 1)
			if kind == "pairs" {
				// Weights by the network that did not see a row differ from those of both.
				logw, err1 := dataset.ReadFloat64(filepath.Join(dir, "samples", "log_weights.npy"))
				f, err2 := dctr.LoadWeigher(filepath.Join(dir, "models", "classifier"))
				x, err3 := dataset.Read(c.Generator.Pairs.Sample, dataset.ReadOptions{Cols: 2})
				if err := errors.Join(err1, err2, err3); err != nil {
					t.Fatal(err)
				}
				both, err := f.Logits(e, x.Data)
				if err != nil {
					t.Fatal(err)
				}
				same, shift := 0, logw[0]-both[0]
				for i := range logw {
					if math.Abs(logw[i]-both[i]-shift) < 1e-9 {
						same++
					}
				}
				if same > len(logw)/100 {
					t.Errorf("%d of %d rows have the weight of both networks", same, len(logw))
				}
			}
			if kind == "pairs" {
				if err == nil || !strings.Contains(err.Error(), "a sample in a file, which makes no new points") {
					t.Errorf("drawing from pairs: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			for _, method := range []string{Auto, "imh"} {
				z, x, report, err := d.Draw(context.Background(), method, 2000, nil)
				if err != nil || len(x) != 4000 || len(z) != 2000*d.LatentDim() || report == nil {
					t.Errorf("%s: %d latents, %d values, %v", method, len(z), len(x), err)
				}
			}
		})
	}
}

// A program that shifts one feature and smears the other by half is refined: the shift
// by its latents is undone.
func TestRunOfProgramIsRefined(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	c := tinyKind(t, "process")
	c.OmniFold.Iterations, c.OmniFold.Training.Epochs = 4, 20
	c.Classifier.Network.Units, c.Classifier.Training.Epochs = 16, 40
	dir := filepath.Join(t.TempDir(), "run")
	m := runTo(t, e, dir, c)
	for _, name := range []string{"direct", "rejection", "hmc", "laser"} {
		x, err := dataset.Read(filepath.Join(dir, "samples", name+".npy"), dataset.ReadOptions{Cols: 2})
		if err != nil {
			t.Fatal(err)
		}
		mean := 0.0
		for i := 0; i < len(x.Data); i += 2 {
			mean += float64(x.Data[i]) / float64(x.Rows)
		}
		// The first feature is a function of the latents: every way undoes the shift of
		// 0.5, up to what networks of 8 to 16 units and 8000 truth points leave.
		if mean < -0.15 || mean > 0.15 {
			t.Errorf("%s: mean %v; want 0 where the program has 0.5", name, mean)
		}
	}
	if len(m.Scores) != 7 {
		t.Errorf("scores of %v", rows(m))
	}
	var rec omnifoldRecord
	if err := rundir.ReadJSON(filepath.Join(dir, "omnifold.json"), &rec); err != nil || len(rec.Iterations) != 4 || rec.Iterations[3].Score == nil || rec.References["direct"] == nil {
		t.Errorf("omnifold.json: %+v, %v", rec, err)
	}
}

// Rounds refine again, or train the generator on; what Table 2 of LaSeR rules out is
// refused before anything is made.
func TestIterate(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	for name, c := range map[string]struct {
		generator, refiner, kind string
		rows                     []string
	}{ // flows with refiners that leave them a density: the classifiers see it
		"NF/FM refined again":    {"flow", refinerFlowMatching, iterateRefine, []string{"dctr2", "refiner2", "laser2"}},
		"NF/GAN refined again":   {"flow", refinerGAN, iterateRefine, []string{"dctr2", "refiner2", "laser2"}},
		"NF/NF trained on":       {"flow", refinerFlow, iterateContinue, []string{"baseline2", "dctr2", "refiner2", "laser2"}},
		"GAN/NF trained on":      {"gan", refinerFlow, iterateContinue, []string{"baseline2", "dctr2", "refiner2", "laser2"}},
		"GAN/GAN trained on":     {"gan", refinerGAN, iterateContinue, []string{"baseline2", "dctr2", "refiner2", "laser2"}},
		"VAE/FM trained on":      {"vae", refinerFlowMatching, iterateContinue, []string{"baseline2", "dctr2", "refiner2", "laser2"}},
		"program, refined again": {"process", refinerFlowMatching, iterateRefine, []string{"dctr2", "refiner2", "laser2"}},
	} {
		if testing.Short() && name != "NF/NF trained on" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			cfg := tinyKind(t, c.generator)
			cfg.Refiner.Kind, cfg.Iterate.Rounds, cfg.Iterate.Kind = c.refiner, 1, c.kind
			cfg.Classifier.Density = c.generator == "flow" && c.refiner != refinerGAN
			if c.generator == "gan" {
				cfg.Refiner.Network.Latent = 4 // of 3 latents
				cfg.Refiner.Training.Coupled = true
			}
			m := runTo(t, e, filepath.Join(t.TempDir(), "run"), cfg)
			if got := rows(m); !slices.Equal(got[len(got)-len(c.rows):], c.rows) {
				t.Errorf("scores of %v; want %v at the end", got, c.rows)
			}
		})
	}
	for _, c := range []struct{ generator, refiner, want string }{
		{"flow", refinerGAN, "the density of g∘Φ is not explicit"},
		{"process", refinerFlowMatching, "has no weights to train further"},
		{"gan, hidden", refinerFlowMatching, "a generator with hidden latents is not trained on"},
	} {
		cfg := tinyKind(t, c.generator)
		cfg.Refiner.Kind, cfg.Iterate.Rounds, cfg.Iterate.Kind = c.refiner, 1, iterateContinue
		if err := cfg.Check(); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s behind %s: the error is %v; want one line with %q", c.generator, c.refiner, err, c.want)
		}
	}
}

// All samplers of package mcmc can be run, each with its row, its report and its time.
func TestRunAllSamplers(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	c := tinyConfig(t, "double-donut", "")
	c.Samplers.Methods, c.Samplers.Samples = []mcmc.Method{allMethods}, 2000
	dir := filepath.Join(t.TempDir(), "run")
	m := runTo(t, e, dir, c)
	if len(m.Scores) != 6+len(mcmc.Methods())-2 {
		t.Errorf("scores of %v", rows(m))
	}
	var rec samplersRecord
	if err := rundir.ReadJSON(filepath.Join(dir, "samplers.json"), &rec); err != nil {
		t.Fatal(err)
	}
	var times struct {
		Samplers []struct {
			Name    string
			Seconds float64
		}
	}
	if err := rundir.ReadJSON(filepath.Join(dir, "timings.json"), &times); err != nil {
		t.Fatal(err)
	}
	for _, method := range mcmc.Methods() {
		if s := rec.report(method); s == nil || s.Occupancy == nil || !(s.HistogramESS > 0) {
			t.Errorf("%s: report %+v", method, s)
		}
		timed := false
		for _, s := range times.Samplers {
			timed = timed || s.Name == string(method) && s.Seconds > 0
		}
		if !timed {
			t.Errorf("%s has no time", method)
		}
	}
	if rec.Choice == nil || rec.Choice.Config.Method == "" {
		t.Errorf("choice %+v", rec.Choice)
	}
}

// Hidden randomness that follows the row's number differs between streams and between
// seeds, and is the same where both are.
func TestHiddenRandomnessOfStreams(t *testing.T) {
	t.Setenv(programVariable, "1")
	p, err := generator.NewProcess(generator.ProcessConfig{Command: []string{os.Args[0]}, Latent: 2, Dim: 2, Hidden: true})
	if err != nil {
		t.Fatal(err)
	}
	g := &primary{sim: p}
	defer g.close()
	z := make([]float32, 200)
	push := func(seed uint64, stream string) []float32 {
		x, err := g.push(seed, stream, z)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	x := push(1, "a")
	if !slices.Equal(push(1, "a"), x) {
		t.Error("the same stream has other hidden randomness")
	}
	if slices.Equal(push(2, "a"), x) || slices.Equal(push(1, "b"), x) {
		t.Error("another seed or stream has the same hidden randomness")
	}
}

// Generators that are not trained are looked at before a directory is made for them.
func TestOpenRefusesGenerators(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	for name, c := range map[string]struct {
		kind   string
		change func(*Config)
		want   string
	}{
		"no model":       {kindModel, func(c *Config) { c.Generator.Model += "x" }, "there is no model.json"},
		"other features": {kindModel, func(c *Config) { c.Truth = threeColumns(t, 8000) }, "the generator makes 2 features, the truth has 3"},
		"no program":     {kindProcess, func(c *Config) { c.Generator.Process.Command = []string{"/none/at/all"} }, "/none/at/all"},
		"no pairs":       {kindPairs, func(c *Config) { c.Generator.Pairs.Latents += "x" }, "z.npyx"},
		"one fold":       {kindPairs, func(c *Config) { c.Classifier.Folds = 0 }, "classifier.folds = 0"},
		"all hidden":     {kindModel, func(c *Config) { c.Generator.Hidden = 2 }, "generator.hidden = 2"},
	} {
		cfg := tinyKind(t, c.kind)
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

// A sampler that is stopped leaves a checkpoint, and goes on to the same bytes.
func TestSamplerContinues(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	c := tinyConfig(t, "double-donut", "")
	c.Closure.Points = 0
	c.Samplers.Methods, c.Samplers.Samples = []mcmc.Method{mcmc.MALA, mcmc.ISIR}, 2000
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	runTo(t, e, whole, c)
	for _, stage := range []string{"mala", "i-sir"} {
		ctx, cancel := context.WithCancel(context.Background())
		r, err := Open(parts, c, e, &quiet{stop: func(name string, done int) {
			if name == stage && done == 3 {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Do(ctx); !errors.Is(err, context.Canceled) || !rundir.Exists(filepath.Join(parts, "checkpoints", stage+".ckpt")) {
			t.Errorf("stopped in %s: %v, or no checkpoint", stage, err)
		}
		cancel()
	}
	runTo(t, e, parts, c)
	for _, name := range []string{"samplers.json", "metrics.json", "samples/mala.npy", "samples/i-sir.npy"} {
		a, err1 := os.ReadFile(filepath.Join(whole, name))
		b, err2 := os.ReadFile(filepath.Join(parts, name))
		if err := errors.Join(err1, err2); err != nil || string(a) != string(b) {
			t.Errorf("%s of the stopped run differs: %v", name, err)
		}
	}
}
