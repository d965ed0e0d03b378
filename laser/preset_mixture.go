package laser

import (
	"etalon/dctr"
	"etalon/generator"
	"etalon/optim"
	"etalon/train"
)

// mixture is what differs between the mixtures of DCTRGAN (arXiv:2009.03796, section
// III A, and its public code).
type mixture struct {
	latent  int   // of the GAN
	updates int   // of its generator
	layers  []int // units of the classifier
	columns []int // that are scored
}

var mixtures = map[string]mixture{
	"bimodal": {5, 10_000, []int{20, 20, 20}, []int{0}},
	"circle8": {8, 10_000, []int{64, 128, 256}, []int{0, 1}},
	"grid25":  {25, 20_000, []int{64, 128, 256}, []int{0, 1}},
}

// mixture sets the preset of a mixture. Differs from the paper: features are divided by
// their standard deviation, and centred where they lie off centre; the discriminator sees
// examples and fakes in one update of 64 + 64.
func (c *Config) mixture(preset string, m mixture) {
	keras := optim.Adam{Alpha: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-7}
	constant := optim.Schedule{Kind: "constant"}
	cosine := optim.Schedule{Kind: "cosine", Final: 0.001}
	const perEpoch = 500 // updates of the GAN
	c.Data.Points = 1_000_000
	c.Score.Columns = m.columns
	c.Generator.Kind = kindGAN
	c.Generator.GAN = GANConfig{
		Network: generator.GANConfig{Latent: m.latent, Hidden: 2, Units: 15, Start: "he-uniform"},
		Training: generator.GANTraining{
			Config:    train.Config{Epochs: m.updates / perEpoch, Batch: 64, Adam: keras, Schedule: constant},
			Updates:   perEpoch,
			GenBatch:  128,
			Disc:      generator.DiscConfig{Hidden: 2, Units: 25},
			DiscSteps: 1,
		},
	}
	c.Classifier.Generated, c.Classifier.Members = 1_000_000, 0
	c.Classifier.Network = dctr.Config{Hidden: len(m.layers), Units: m.layers[0], Layers: m.layers, Start: "glorot"}
	c.Classifier.Training = train.Config{Epochs: 100, Batch: 500, Validation: 0.2, Adam: keras, Schedule: constant, Patience: 10}
	c.Samplers.Rejection = 100_000
	c.Refiner.Kind, c.HMC.Samples = refinerNone, 0
	if preset == "paper" {
		return
	}
	c.Classifier.Network = dctr.Config{Hidden: 6, Units: 64, Slope: 0.1}
	c.Classifier.Training = train.Config{Epochs: 15, Batch: 1000, Validation: 0.02, Adam: optim.Adam{Alpha: 4e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}, Schedule: cosine}
	c.Classifier.Generated = 4_000_000
	if c.Density != "grid25" {
		return
	}
	// Wider than the paper's, which loses modes that no weights bring back.
	c.Data.Points = 2_000_000
	c.Generator.GAN = GANConfig{
		Network: generator.GANConfig{Latent: m.latent, Hidden: 2, Units: 64, Slope: 0.1},
		Training: generator.GANTraining{
			Config:    train.Config{Epochs: 1, Batch: 256, Adam: optim.Adam{Alpha: 3e-4, Beta1: 0.5, Beta2: 0.999, Eps: 1e-8}, Schedule: cosine},
			DiscSteps: 1,
		},
	}
	c.Classifier.Generated = 16_000_000
	c.Samplers.CapQuantile, c.Samplers.Pilot = 0.995, 100_000
}
