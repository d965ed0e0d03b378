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

// mixture sets the preset of a mixture.
//
// paper has the networks of the paper: a generator of 2 × 15 units, a discriminator of
// 2 × 25, He-uniform starts, ReLU, Adam with 10⁻³, batches of 64 + 64 for the
// discriminator and of 128 for the generator; a classifier with early stopping on a
// fifth of 1M + 1M examples. Differs from the paper: features are divided by their
// standard deviation, and centred where they lie off centre. The discriminator makes two
// updates for one of the generator, as with a batch for each class.
//
// Such a GAN oscillates and is left wherever it is after its last update. Those of quick
// come to rest: smaller momentum, a rate that decays to zero, and more units where the
// paper's are too few for two dimensions, so that weights have less to mend.
func (c *Config) mixture(preset string, m mixture) {
	keras := optim.Adam{Alpha: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-7}
	constant := optim.Schedule{Kind: "constant"}
	const perEpoch = 500 // updates of the GAN
	gan := &c.Generator.GAN
	c.Generator.Kind = kindGAN
	gan.Network = generator.GANConfig{Latent: m.latent, Hidden: 2, Units: 15, Start: "he-uniform"}
	gan.Training = generator.GANTraining{
		Config:  train.Config{Epochs: m.updates / perEpoch, Batch: 64, Adam: keras, Schedule: constant},
		Updates: perEpoch, GenBatch: 128, Disc: generator.DiscConfig{Hidden: 2, Units: 25}, DiscSteps: 2,
	}
	c.Data.Points, c.Classifier.Generated = 1_000_000, 1_000_000
	c.Classifier.Network = dctr.Config{Hidden: len(m.layers), Units: m.layers[0], Layers: m.layers, Start: "glorot"}
	c.Classifier.Training = train.Config{Epochs: 100, Batch: 500, Validation: 0.2, Adam: keras, Schedule: constant, Patience: 10}
	c.Samplers.Rejection = 20_000
	c.Refiner.Kind, c.HMC.Samples = refinerNone, 0
	c.Score.Columns, c.Score.Points = m.columns, 1_000_000
	if preset == "paper" {
		return
	}
	cosine := optim.Schedule{Kind: "cosine", Final: 0.001}
	c.Data.Points, c.Samplers.Rejection = 2_000_000, 100_000
	gan.Training.Schedule, gan.Training.Adam.Beta1 = cosine, 0.5
	switch c.Density {
	case "circle8":
		gan.Network = generator.GANConfig{Latent: m.latent, Hidden: 3, Units: 64, Slope: 0.1}
		gan.Training.Disc, gan.Training.Batch, gan.Training.GenBatch, gan.Training.Average = generator.DiscConfig{}, 256, 0, 0.999
	case "grid25":
		gan.Network = generator.GANConfig{Latent: m.latent, Hidden: 2, Units: 64, Slope: 0.1}
		gan.Training = generator.GANTraining{
			Config:    train.Config{Epochs: 1, Batch: 256, Adam: optim.Adam{Alpha: 3e-4, Beta1: 0.5, Beta2: 0.999, Eps: 1e-8}, Schedule: cosine},
			DiscSteps: 1,
		}
	}
	c.Classifier.Network = dctr.Config{Hidden: 6, Units: 64, Slope: 0.1}
	c.Classifier.Training = train.Config{Epochs: 10, Batch: 1000, Validation: 0.02, Adam: optim.Adam{Alpha: 4e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}, Schedule: cosine}
	c.Classifier.Generated = 4_000_000
	switch c.Density {
	case "bimodal": // what is left to see is small: long batches, and no more units than a line needs
		c.Classifier.Network = dctr.Config{Hidden: 3, Units: 32, Slope: 0.1}
		c.Classifier.Training.Epochs, c.Classifier.Training.Batch, c.Classifier.Training.Adam.Alpha = 16, 4000, 2e-3
	case "grid25": // some modes have few of the GAN's points
		c.Classifier.Training.Epochs, c.Classifier.Generated = 15, 16_000_000
		c.Samplers.CapQuantile, c.Samplers.Pilot = 0.995, 100_000
		c.HMC.MaxLeapfrog = 20 // the step that 25 latents take is short
	}
}
