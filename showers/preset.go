package showers

import (
	"fmt"

	"etalon/bibae"
	"etalon/calo"
	"etalon/dctr"
	"etalon/optim"
	"etalon/train"
)

// Presets lists the names of the presets.
func Presets() []string { return []string{"quick", "paper"} }

// ShippedTruth is the file of showers that comes with the source code.
const ShippedTruth = "examples/calo/photon50.h5"

// thirty are the cells of the paper's showers.
var thirty = [3]int{30, 30, 30}

// Preset returns the settings of a preset. paper has the high-level network of
// DCTRGAN, section III (2 × 128 ReLU units, Adam, batches of 128, 50 epochs), whose
// weights overfit a few thousand showers; quick has a smaller one, an ensemble with a
// decaying learning rate.
func Preset(preset string) (Config, error) {
	adam := optim.Adam{Alpha: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-7}
	decayed := adam
	decayed.WeightDecay, decayed.Decoupled = 0.1, true
	cosine := optim.Schedule{Kind: "cosine", Final: 0.001}
	small := dctr.Config{Hidden: 2, Units: 64, Start: "torch"}
	c := Config{Protocol: Protocol, Name: "calo", Preset: preset, Seed: 1}
	c.Truth = TruthConfig{File: ShippedTruth, Train: 0.5}
	c.Generator = GeneratorConfig{Kind: KindFastsim, Showers: 20_000, Scored: 20_000}
	c.HighLevel = HighLevelConfig{
		Observables: []string{calo.HighLevel}, Network: small, Loss: dctr.BCE, Members: 8, Calibrate: "temperature",
		Training: train.Config{Epochs: 20, Batch: 128, Validation: 0.1, Adam: decayed, Schedule: cosine},
	}
	c.LowLevel = LowLevelConfig{Showers: 10_000, Calibrate: "temperature", Clip: 5}
	c.LowLevel.Network, c.LowLevel.Training = dctr.SmallVolume(thirty)
	c.Generator.BIBAE = BIBAEConfig{Network: bibae.Small(), Training: bibae.SmallTraining()}
	c.Closure = ClosureConfig{Network: small, Level: 0.025, Training: train.Config{Epochs: 20, Batch: 128, Validation: 0.1, Adam: decayed, Schedule: cosine}}
	c.Refine = RefineConfig{
		Showers: 20_000, Iterations: 4, CapQuantile: 0.999, Pilot: 20_000,
		Detector: small, Particle: dctr.Config{Hidden: 2, Units: 32, Slope: 0.1},
		Training: train.Config{Epochs: 10, Batch: 128, Validation: 0.1, Adam: decayed, Schedule: cosine},
	}
	c.Score = ScoreConfig{Replicas: 200, Differences: true}
	switch preset {
	case "quick":
	case "paper":
		c.LowLevel.Network, c.LowLevel.Training = dctr.FullVolume(thirty)
		c.Generator.BIBAE = BIBAEConfig{Network: bibae.Full(), Training: bibae.FullTraining()}
		c.HighLevel.Network = dctr.Config{Hidden: 2, Units: 128, Start: "torch"}
		c.HighLevel.Members, c.HighLevel.Calibrate = 1, ""
		c.HighLevel.Training = train.Config{Epochs: 50, Batch: 128, Validation: 0.1, Adam: adam, Schedule: optim.Schedule{Kind: "constant"}}
	default:
		return c, fmt.Errorf("config: preset = %q; %s and %s are accepted", preset, Presets()[0], Presets()[1])
	}
	return c, nil
}

// GeneratorsMade lists the kinds of generators that a run makes itself.
func GeneratorsMade() []string { return []string{KindFastsim, KindCascade, KindBIBAE} }

// SetGenerator changes the kind of the generator, and the numbers of showers of a preset
// to those that it makes in some minutes.
func (c *Config) SetGenerator(kind string) {
	c.Generator.Kind = kind
	if kind == KindCascade {
		c.Generator.Showers, c.Generator.Scored = min(c.Generator.Showers, 10_000), min(c.Generator.Scored, 10_000)
		c.Refine.Showers, c.Refine.Pilot = min(c.Refine.Showers, 2000), min(c.Refine.Pilot, 2000)
		c.HighLevel.Training.Epochs = max(c.HighLevel.Training.Epochs, 60)
	}
}
