package showers

import (
	"fmt"
	"slices"

	"etalon/bibae"
	"etalon/calo"
	"etalon/cascade"
	"etalon/dctr"
	"etalon/fastsim"
	"etalon/omnifold"
	"etalon/train"
)

// Protocol is the value of protocol in a TOML file of this package's runs.
const Protocol = "showers"

// Config has every setting of a run.
type Config struct {
	Protocol  string          `toml:"protocol"`
	Name      string          `toml:"name"`
	Preset    string          `toml:"preset"`
	Seed      uint64          `toml:"seed"`
	Truth     TruthConfig     `toml:"truth"`
	Generator GeneratorConfig `toml:"generator"`
	HighLevel HighLevelConfig `toml:"high_level"`
	LowLevel  LowLevelConfig  `toml:"low_level"`
	Closure   ClosureConfig   `toml:"closure"`
	Refine    RefineConfig    `toml:"refine"`
	Score     ScoreConfig     `toml:"score"`
}

// TruthConfig is the file of true showers, in random order: the first Train of them, a
// share, are trained on, the rest is what everything is scored against.
type TruthConfig struct {
	File string `toml:"file"`
	calo.Config
	Train float64 `toml:"train"`
}

// Kinds of generators.
const (
	KindFastsim = "fastsim" // a parametrised simulation, fitted to the truth
	KindCascade = "cascade" // a small Monte Carlo, tuned to the truth
	KindBIBAE   = "bibae"   // an autoencoder, trained on the truth
	KindModel   = "model"   // a model directory
	KindFile    = "file"    // a file of generated showers
)

// GeneratorConfig says what is refined.
type GeneratorConfig struct {
	Kind string `toml:"kind"`
	// Showers that are made for the classifiers, and Scored those that are weighted and
	// scored. A file is cut into such two parts, in proportion.
	Showers int `toml:"showers"`
	Scored  int `toml:"scored"`

	Fastsim fastsim.Config `toml:"fastsim"`
	Cascade cascade.Config `toml:"cascade"`
	BIBAE   BIBAEConfig    `toml:"bibae"`
	Model   string         `toml:"model"`
	File    string         `toml:"file"`
	Layout  calo.Config    `toml:"layout"` // of the file
}

// BIBAEConfig is the autoencoder; its cells are those of the truth.
type BIBAEConfig struct {
	Network  bibae.Config   `toml:"network"`
	Training bibae.Training `toml:"training"`
}

// LowLevelConfig is the classifier of the cells themselves; their numbers in the network
// are those of the truth.
type LowLevelConfig struct {
	Showers   int          `toml:"showers"` // of each class at most that it is trained on; 0: no such classifier
	Network   dctr.Volume  `toml:"network"`
	Training  train.Config `toml:"training"`
	Calibrate string       `toml:"calibrate"`
	Clip      float64      `toml:"clip"`
}

func (c LowLevelConfig) fit(shape calo.Shape, seed uint64) dctr.Fit {
	v := c.Network
	v.Positions = [3]int{shape.Layers, shape.X, shape.Y}
	return dctr.Fit{Network: dctr.Config{Volume: &v}, Training: c.Training, Loss: dctr.BCE, Calibrate: c.Calibrate, Seed: seed}
}

func (c LowLevelConfig) check() error {
	switch {
	case c.Showers < 0 || c.Showers > maxShowers:
		return fmt.Errorf("showers = %d; 0 to %d is accepted", c.Showers, maxShowers)
	case c.Showers == 0:
		return nil
	case c.Clip != 0 && !(c.Clip > 1):
		return fmt.Errorf("clip = %v; 0 or more than 1 is accepted", c.Clip)
	}
	return nil
}

// HighLevelConfig is the classifier of observables.
type HighLevelConfig struct {
	Observables []string     `toml:"observables"` // names of package calo
	Network     dctr.Config  `toml:"network"`
	Training    train.Config `toml:"training"`
	Loss        dctr.Loss    `toml:"loss"`
	Members     int          `toml:"members"`
	Calibrate   string       `toml:"calibrate"` // "", temperature or isotonic
	Clip        float64      `toml:"clip"`      // largest weight, then mean 1 again; 0: none
}

func (c HighLevelConfig) fit(shift, scale []float64, seed uint64) dctr.Fit {
	return dctr.Fit{Network: c.Network, Shift: shift, Scale: scale, Training: c.Training, Loss: c.Loss, Members: c.Members, Calibrate: c.Calibrate, Seed: seed}
}

// ClosureConfig is the test of the weights: a fresh classifier of the high-level
// observables between weighted showers and the truth that everything is scored against.
type ClosureConfig struct {
	Network  dctr.Config  `toml:"network"`
	Training train.Config `toml:"training"`
	Level    float64      `toml:"level"` // p-value below which it fails
}

// RefineConfig is the refinement of the latent space.
type RefineConfig struct {
	Showers  int          `toml:"showers"` // unweighted, of each method; 0: none
	Detector dctr.Config  `toml:"detector"`
	Particle dctr.Config  `toml:"particle"`
	Training train.Config `toml:"training"`
	// Iterations of OmniFold, which pulls the weights back to the latents.
	Iterations int `toml:"iterations"`
	// CapQuantile is the share of the weight below the cap of rejection, found with Pilot
	// draws: points above it are repeated.
	CapQuantile float64 `toml:"cap_quantile"`
	Pilot       int     `toml:"pilot"`
}

func (c RefineConfig) unfold(seed uint64) omnifold.Config {
	return omnifold.Config{Detector: c.Detector, Particle: c.Particle, Training: c.Training, Loss: dctr.BCE, Iterations: c.Iterations, WarmStart: true, Seed: seed}
}

// ScoreConfig says how samples are scored.
type ScoreConfig struct {
	Replicas    int  `toml:"replicas"`    // of the bootstrap; negative: none
	Differences bool `toml:"differences"` // score the differences of layers, too
}

// Check returns an error for settings that cannot run.
func (c Config) Check() error {
	if c.Protocol != Protocol {
		return fmt.Errorf("config: protocol = %q; %q is accepted", c.Protocol, Protocol)
	}
	if c.Truth.File == "" {
		return fmt.Errorf("config: truth.file is empty; an HDF5 file of showers is accepted")
	}
	if !(c.Truth.Train >= 0.1 && c.Truth.Train <= 0.9) {
		return fmt.Errorf("config: truth.train = %v; a share from 0.1 to 0.9 is accepted", c.Truth.Train)
	}
	if err := c.Generator.check(); err != nil {
		return fmt.Errorf("config: generator.%w", err)
	}
	if err := c.HighLevel.check(); err != nil {
		return fmt.Errorf("config: high_level.%w", err)
	}
	if err := c.LowLevel.check(); err != nil {
		return fmt.Errorf("config: low_level.%w", err)
	}
	if err := c.Closure.Network.Check(); err != nil {
		return fmt.Errorf("config: closure.network: %w", err)
	}
	if err := c.Closure.Training.Check(); err != nil {
		return fmt.Errorf("config: closure.training: %w", err)
	}
	if c.Refine.Showers < 0 || c.Refine.Showers > maxShowers {
		return fmt.Errorf("config: refine.showers = %d; 0 to %d is accepted", c.Refine.Showers, maxShowers)
	}
	if c.Refine.Showers > 0 {
		if err := c.Refine.unfold(0).Check(); err != nil {
			return fmt.Errorf("config: refine: %w", err)
		}
	}
	return nil
}

// maxShowers bounds the showers of a sample.
const maxShowers = 1 << 24

// trains tells that the run makes the generator itself.
func (c GeneratorConfig) trains() bool { return slices.Contains(GeneratorsMade(), c.Kind) }

func (c GeneratorConfig) check() error {
	switch {
	case !slices.Contains([]string{KindFastsim, KindCascade, KindBIBAE, KindModel, KindFile}, c.Kind):
		return fmt.Errorf("kind = %q; %s, %s, %s, %s and %s are accepted", c.Kind, KindFastsim, KindCascade, KindBIBAE, KindModel, KindFile)
	case c.Kind == KindModel && c.Model == "":
		return fmt.Errorf("model is empty; a model directory is accepted")
	case c.Kind == KindFile && c.File == "":
		return fmt.Errorf("file is empty; an HDF5 file of generated showers is accepted")
	case c.Showers < 100 || c.Showers > maxShowers || c.Scored < 100 || c.Scored > maxShowers:
		return fmt.Errorf("showers = %d, scored = %d; 100 to %d are accepted", c.Showers, c.Scored, maxShowers)
	}
	switch c.Kind {
	case KindFastsim:
		if err := c.Fastsim.Check(); err != nil {
			return fmt.Errorf("fastsim: %w", err)
		}
	case KindCascade:
		if err := c.Cascade.Check(); err != nil {
			return fmt.Errorf("cascade: %w", err)
		}
	case KindBIBAE:
		if err := c.BIBAE.Network.Check(); err != nil {
			return fmt.Errorf("bibae.network: %w", err)
		}
		if err := c.BIBAE.Training.Check(c.BIBAE.Network); err != nil {
			return fmt.Errorf("bibae.training: %w", err)
		}
	}
	return nil
}

func (c HighLevelConfig) check() error {
	switch {
	case len(c.Observables) == 0:
		return fmt.Errorf("observables is empty; names of observables are accepted, such as %s", calo.HighLevel)
	case c.Clip != 0 && !(c.Clip > 1):
		return fmt.Errorf("clip = %v; 0 or more than 1 is accepted", c.Clip)
	}
	if err := c.Network.Check(); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	if err := c.Training.Check(); err != nil {
		return fmt.Errorf("training: %w", err)
	}
	if err := c.fit(nil, nil, 0).Check(); err != nil {
		return fmt.Errorf("members, calibrate, loss: %w", err)
	}
	return nil
}
