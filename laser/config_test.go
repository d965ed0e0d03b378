package laser

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"etalon/dataset"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every preset can run, and its file gives it back.
func TestPresetsRoundTrip(t *testing.T) {
	for _, preset := range Presets() {
		for _, density := range append(dataset.Names(), "") {
			c, err := Preset(preset, density)
			if err != nil {
				t.Fatal(err)
			}
			if density == "" {
				c.Name, c.Truth, c.Score.Range = "mine", "a file.npy", []float64{-1, 2, 0.1, 1e300}
			}
			c.Seed, c.HMC.Jitter, c.Refiner.Training.DiscAdam.Alpha = 1<<63-1, 1.0/3, 1e-300
			if err := c.Check(); err != nil {
				t.Errorf("%s %s: %v", preset, density, err)
			}
			text, err := EncodeConfig(c)
			if err != nil {
				t.Fatal(err)
			}
			back, err := ReadConfig(writeFile(t, "c.toml", string(text)))
			if err != nil {
				t.Fatalf("%s %s: %v", preset, density, err)
			}
			if len(back.Score.Range) == 0 {
				back.Score.Range = c.Score.Range // nil and empty are the same
			}
			if !reflect.DeepEqual(c, back) {
				t.Errorf("%s %s: %+v came back as %+v", preset, density, c, back)
			}
			if again, err := EncodeConfig(back); err != nil || !bytes.Equal(again, text) {
				t.Errorf("%s %s: it is encoded differently the second time: %v", preset, density, err)
			}
		}
	}
	if _, err := Preset("slow", "rings"); err == nil {
		t.Error("there is a preset slow")
	}
}

// A file that says little gets the rest from the preset, and its name.
func TestReadConfigDefaults(t *testing.T) {
	path := writeFile(t, "mine.toml", "truth = \"x.npy\"\n[hmc]\nchains = 7\n")
	c, err := ReadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Preset("quick", "")
	if err != nil {
		t.Fatal(err)
	}
	want.Name, want.Truth, want.HMC.Chains = "mine", "x.npy", 7
	if !reflect.DeepEqual(c, want) {
		t.Errorf("%+v; want %+v", c, want)
	}
	if c, err = ReadConfigAs(path, "paper"); err != nil || c.Preset != "paper" || c.HMC.Leapfrog != 50 || c.HMC.Chains != 7 {
		t.Errorf("as paper: %+v, %v", c, err)
	}
}

// The preset's density is of its own generator: another one has it where the file says so.
func TestDensityOfOtherGenerators(t *testing.T) {
	const rings = "density = \"rings\"\npreset = \"paper\"\n"
	for text, want := range map[string]bool{
		rings:                                                    true,
		rings + "[generator]\nkind = \"flow\"\n":                 true,
		rings + "[generator]\nkind = \"gan\"\n":                  false,
		rings + "[generator]\nhidden = 1\n":                      false,
		rings + "[generator]\nkind = \"model\"\nmodel = \"m\"\n": false,
		rings + "[generator]\nkind = \"model\"\nmodel = \"m\"\n[classifier]\ndensity = true\n": true,
		rings + "[classifier]\ndensity = false\n":                                              false,
		"density = \"rings\"\n": false,
	} {
		c, err := ReadConfig(writeFile(t, "c.toml", text))
		if err != nil || c.Classifier.Density != want {
			t.Errorf("%q: density is %v, %v; want %v", text, c.Classifier.Density, err, want)
		}
	}
}

// What is wrong in a file is said in one line.
func TestReadConfigErrors(t *testing.T) {
	const rings = "density = \"rings\"\n"
	for _, c := range []struct{ text, want string }{
		{rings + "[generator.flow]\nepoch = 3\n", `c.toml:3: there is no setting "generator.flow.epoch"`},
		{rings + "[polish.training.adam]\n\nalpa = 3\n", `c.toml:4: there is no setting "polish.training.adam.alpa"`},
		{rings + "seed = \"one\"\n", "c.toml:2:"},
		{rings + "[data]\npoints = 2.5\n", "c.toml:3:"},
		{rings + "[score]\ncolumns = [0, \"y\"]\n", "c.toml:3:"},
		{"density = 3\n", "c.toml:1:"},
		{rings + "density = \"rings\"\n", "c.toml"},
		{rings + "seed = -1\n", "c.toml"},
		{"density == \"rings\"", "c.toml:1:"},
		{"\x00", "c.toml:1:"},
		{"", "give either density"},
		{rings + "truth = \"x.npy\"\n", "give either density"},
		{"density = \"moons\"\n", `unknown density "moons"`},
		{rings + "preset = \"slow\"\n", `there is no preset "slow"`},
		{rings + "[data]\npoints = 10\n", "data.points = 10"},
		{rings + "[classifier]\ngenerated = 999999999999\n", "classifier.generated = 999999999999"},
		{rings + "[classifier.network]\nstart = \"cold\"\n", `start = "cold"`},
		{rings + "[refiner]\nexamples = 0\n", "refiner.examples = 0"},
		{rings + "[generator]\nkind = \"nf\"\n", `generator.kind = "nf"; flow, gan, vae, model, process and pairs are accepted`},
		{rings + "[generator]\nhidden = -1\n", "generator.hidden = -1"},
		{rings + "[generator]\nkind = \"model\"\n", "needs model"},
		{rings + "[generator]\nkind = \"process\"\n", "generator.process: "},
		{rings + "[generator]\nkind = \"pairs\"\n", "latents and sample, two files, are needed"},
		{rings + "[generator]\nkind = \"gan\"\n[generator.gan.training]\nwarmup = 2.0\n", "generator.gan: warmup = 2"},
		{rings + "[generator]\nkind = \"vae\"\n[generator.vae.network]\nbeta = 0.0\n", "generator.vae: vae: beta = 0"},
		{rings + "[refiner.flow_matching.network]\nrefines = \"uniform\"\n", `refines = "uniform"; a run sets it`},
		{rings + "[classifier]\nfolds = 2000\n", "2000 folds"},
		{rings + "[classifier]\ncalibrate = \"platt\"\n", `calibrate = "platt"`},
		{rings + "[classifier]\nloss = \"hinge\"\n", "hinge"},
		{rings + "[closure]\npoints = 10\n", "closure.points = 10"},
		{rings + "[closure]\nlevel = 0.0\n", "closure.level = 0"},
		{rings + "[omnifold]\nevents = 10\n", "omnifold.events = 10"},
		{rings + "[omnifold]\niterations = -1\n", "iterations = -1"},
		{rings + "[samplers]\nmethods = [\"nuts\"]\n", `there is no "nuts"`},
		{rings + "[iterate]\nrounds = 9\n", "iterate.rounds = 9"},
		{rings + "[iterate]\nrounds = 1\nkind = \"again\"\n", `iterate.kind = "again"`},
		{rings + "[iterate]\nrounds = 2\nkind = \"continue\"\n", "makes one round"},
		{rings + "[refiner]\nkind = \"vae\"\n", "refiner.kind = \"vae\"; gan, flow, flow-matching, rosenblatt and none are accepted"},
		{rings + "[refiner.flow_matching.training]\naverage = 2.0\n", "refiner.flow_matching.training: average = 2"},
		{rings + "[refiner]\nkind = \"flow\"\n[refiner.flow.training]\nbatch = 0\n", "refiner.flow.training: "},
		{rings + "[refiner]\nkind = \"gan\"\n[refiner.training]\nwarmup = 1.5\n", "refiner.training: warmup = 1.5"},
		{rings + "[refiner]\nkind = \"gan\"\n[refiner.training]\ndisc_average = nan\n", "disc_average = NaN"},
		{rings + "[refiner]\nkind = \"gan\"\n[refiner.training.disc_adam]\nbeta1 = 1.0\n", "refiner.training: disc_adam: adam: beta1 = 1"},
		{rings + "[polish.network]\nunits = 0\n", "polish.network: discriminator: hidden and units"},
		{rings + "[polish.network]\nslope = nan\n", "polish.network: discriminator: slope NaN"},
		{rings + "[polish.training]\nepochs = -1\n", "polish.training: epochs = -1"},
		{rings + "[polish.training]\nbatch = 0\n", "polish.training: batch = 0"},
		{rings + "[score]\nbins = 1\n", "score.bins = 1"},
		{rings + "[score]\ncolumns = [1, 1]\n", "score.columns = [1 1]"},
		{rings + "[score]\nrange = [0.0, 1.0, 0.0, inf]\n", "score.range"},
		{rings + "[score]\nrange = [0.0, 1.0, nan, 1.0]\n", "score.range"},
		{rings + "[hmc]\nstart = \"warm\"\n", `hmc.start = "warm"`},
		{rings + "[hmc]\nmass = \"dense\"\n", "hmc"},
		{rings + "[hmc]\nsamples = 10\n", "hmc.samples = 10"},
		{rings + "[hmc]\njitter = 1.0\n", "hmc"},
		{rings + "[hmc]\nstep_size = nan\n", "hmc"},
		{rings + "[generator.flow.training.schedule]\nkind = \"linear\"\n", `schedule: kind = "linear"`},
	} {
		_, err := ReadConfig(writeFile(t, "c.toml", c.text))
		if err == nil {
			t.Errorf("%q was accepted", c.text)
			continue
		}
		if text := err.Error(); !strings.Contains(text, c.want) || !strings.Contains(text, "c.toml") || strings.Contains(text, "\n") {
			t.Errorf("%q: the error is %q; want one line with %q", c.text, text, c.want)
		}
	}
	if _, err := ReadConfig(t.TempDir()); err == nil || !strings.Contains(err.Error(), "it is no text file") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := ReadConfig(writeFile(t, "c.toml", strings.Repeat("# long\n", 1<<18))); err == nil || !strings.Contains(err.Error(), "it is no text file of at most") {
		t.Errorf("a long file: %v", err)
	}
}

// Whatever stands in a file, it is a configuration that is written and read back, or an
// error of one line.
func FuzzConfig(f *testing.F) {
	f.Add("density = \"rings\"\n[hmc]\nchains = 7\n")
	f.Add("truth = \"x.npy\"\ncolumns = [\"x\", 3]\n[score]\nrange = [0.0, 1.0, 0.0, 1e300]\n")
	f.Add("density = \"rings\"\n[generator]\nkind = \"process\"\n[generator.process]\ncommand = [\"x\"]\n")
	f.Add("density = \"rings\"\n[classifier.network]\nunits = 1000000000000\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ReadConfig(writeFile(t, "c.toml", text))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		encoded, err := EncodeConfig(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ReadConfig(writeFile(t, "c.toml", string(encoded)))
		if err != nil {
			t.Fatalf("%v\n%s", err, encoded)
		}
		if again, err := EncodeConfig(back); err != nil || !bytes.Equal(again, encoded) {
			t.Errorf("encoded differently the second time: %v\n%s", err, encoded)
		}
	})
}

// Columns of a truth file are names or numbers.
func TestConfigColumns(t *testing.T) {
	c, err := ReadConfig(writeFile(t, "c.toml", "truth = \"x.npy\"\ncolumns = [\"x\", 3]\n"))
	if err != nil || !reflect.DeepEqual(c.columns(), []string{"x", "3"}) {
		t.Errorf("%v, %v", c.columns(), err)
	}
	for text, want := range map[string]string{
		"truth = \"x.npy\"\ncolumns = [0.5]\n": "columns: 0.5; names, and numbers from 0, are accepted",
		"density = \"rings\"\ncolumns = [0]\n": "columns are those of a truth file",
	} {
		if _, err := ReadConfig(writeFile(t, "c.toml", text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
