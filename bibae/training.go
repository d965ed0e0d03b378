package bibae

import (
	"fmt"
	"math"

	"etalon/calo"
	"etalon/optim"
	"etalon/train"
)

// Training has the settings of a training. Adam and the other shared settings are those of
// encoder and decoder; an epoch shows every shower to the critics once.
type Training struct {
	train.Config
	CriticAdam  optim.Adam `toml:"critic_adam" json:"critic_adam"`
	CriticSteps int        `toml:"critic_steps" json:"critic_steps"` // updates of the critics per update of the autoencoder
	Penalty     float64    `toml:"penalty" json:"penalty"`           // λ of the gradient penalties
	// Weights of the terms of the autoencoder's loss.
	Adversarial       float64 `toml:"adversarial" json:"adversarial"`               // critics of showers
	LatentAdversarial float64 `toml:"latent_adversarial" json:"latent_adversarial"` // critics of latents
	KL                float64 `toml:"kl" json:"kl"`
	MMD               float64 `toml:"mmd" json:"mmd"`
	// Sums is the weight of the critics of sums (CriticConfig.Sums), Likeness that of the mean
	// squared difference between the same sums of a shower and of the one that it was made of,
	// Cells that of the squared difference of their cells, summed over the cells and
	// divided by a thousand, which falls to zero over the first CellEpochs epochs. None is in
	// the paper.
	Sums       float64 `toml:"sums" json:"sums"`
	Likeness   float64 `toml:"likeness" json:"likeness"`
	Cells      float64 `toml:"cells" json:"cells"`
	CellEpochs int     `toml:"cell_epochs" json:"cell_epochs"`
	// Average is the decay of the moving average of the parameters that becomes the model; 0
	// takes the last parameters.
	Average float64 `toml:"average" json:"average"`
	// Cut, in MeV, is the threshold of a cell that true showers have passed, and that is
	// applied to generated ones; 0 means calo.DefaultCut.
	Cut    float64      `toml:"cut" json:"cut"`
	Critic CriticConfig `toml:"critic" json:"critic"`
}

// FullTraining returns the settings of the papers; the weight of the latent critics and the
// decay of the learning rates, 0.95 an epoch, are those of the public code of arXiv:2005.05334.
func FullTraining() Training {
	return Training{
		Config: train.Config{Epochs: 50, Batch: 32, Adam: optim.Adam{Alpha: 1e-3, Beta1: 0.5, Beta2: 0.9},
			Schedule: optim.Schedule{Kind: "exponential", Gamma: 0.95}},
		CriticAdam: optim.Adam{Alpha: 1e-4, Beta1: 0.5, Beta2: 0.9}, CriticSteps: 5, Penalty: 10,
		Adversarial: 1, LatentAdversarial: 100, KL: 0.05, MMD: 100, Cut: calo.DefaultCut,
		Critic: CriticConfig{
			Towers: []string{towerEnergy, towerLog},
			Conv:   []Layer{{Filters: 128, Kernel: 3, Stride: 2}, {Filters: 128, Kernel: 3, Stride: 2}, {Filters: 128, Kernel: 3, Stride: 1}},
			Norm:   true, Slope: 0.2, Paths: 64, Difference: true, Units: 256,
		},
	}
}

// SmallTraining returns settings for Small. The rates of critics and autoencoder are nearer to
// each other than in the paper, since the critics have one update each time; at 1.5e-3 the
// critics run away. The critic of showers has a small weight: with a weight of 1 it asks for
// distributions of single cells that the decoder cannot make, at the cost of the total energy.
func SmallTraining() Training {
	return Training{
		Config: train.Config{Epochs: 12, Batch: 32, Adam: optim.Adam{Alpha: 1.5e-3, Beta1: 0.5, Beta2: 0.9},
			Schedule: optim.Schedule{Kind: "cosine", Final: 0.05}},
		CriticAdam: optim.Adam{Alpha: 5e-4, Beta1: 0.5, Beta2: 0.9}, CriticSteps: 1, Penalty: 10,
		Adversarial: 0.2, LatentAdversarial: 10, KL: 0.05, MMD: 100, Sums: 3, Likeness: 30, Average: 0.98, Cut: calo.DefaultCut,
		Critic: CriticConfig{
			Towers: []string{towerLog},
			Conv:   []Layer{{Filters: 8, Kernel: 3, Stride: 2, Pad: 1}, {Filters: 16, Kernel: 3, Stride: 2, Pad: 1}, {Filters: 16, Kernel: 3, Stride: 2, Pad: 1}},
			Slope:  0.2, Paths: 32, Units: 64, Sums: 64,
		},
	}
}

// Check returns an error for settings that cannot train a model of the given sizes.
func (c Training) Check(net Config) error {
	if err := c.Config.Check(); err != nil {
		return fmt.Errorf("bibae: %w", err)
	}
	if err := c.CriticAdam.Check(); err != nil {
		return fmt.Errorf("bibae: critic_adam: %w", err)
	}
	if c.CriticSteps < 1 || c.CriticSteps > 1000 {
		return fmt.Errorf("bibae: critic_steps = %d; 1 to 1000 is accepted", c.CriticSteps)
	}
	if c.Validation != 0 {
		return fmt.Errorf("bibae: validation = %v; a BIB-AE is judged by its showers, 0 is accepted", c.Validation)
	}
	for _, w := range []struct {
		name  string
		value float64
	}{{"penalty", c.Penalty}, {"adversarial", c.Adversarial}, {"latent_adversarial", c.LatentAdversarial}, {"kl", c.KL}, {"mmd", c.MMD},
		{"sums", c.Sums}, {"likeness", c.Likeness}, {"cells", c.Cells}, {"cut", c.Cut}} {
		if !(w.value >= 0 && w.value <= 1e6) {
			return fmt.Errorf("bibae: %s = %v; 0 to 1e6 is accepted", w.name, w.value)
		}
	}
	if !(c.Average >= 0 && c.Average < 1) {
		return fmt.Errorf("bibae: average = %v; 0 to below 1 is accepted", c.Average)
	}
	if c.CellEpochs < 0 || (c.Sums > 0) != (c.Critic.Sums > 0) {
		return fmt.Errorf("bibae: cell_epochs = %d, sums = %v, critic.sums = %d; epochs from 0, and a weight where there is a critic of sums, are accepted", c.CellEpochs, c.Sums, c.Critic.Sums)
	}
	if n := float64(c.Batch) * float64(net.Shape().Cells()); n > math.Exp2(29) {
		return fmt.Errorf("bibae: batch = %d with showers of %d cells takes %.2g bytes; 2 GiB are accepted", c.Batch, net.Shape().Cells(), 4*n)
	}
	return c.Critic.check(net)
}

func (c Training) cut() float64 {
	if c.Cut == 0 {
		return calo.DefaultCut
	}
	return c.Cut
}
