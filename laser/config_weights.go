package laser

import (
	"fmt"

	"etalon/dctr"
	"etalon/omnifold"
	"etalon/train"
)

// ClassifierConfig is the post-hoc classifier and what is made of it.
type ClassifierConfig struct {
	// Model is a classifier that stands in for the one that would be trained, in the first
	// and only round: a model directory, or an ONNX file. Its odds are taken as they are.
	Model     string       `toml:"model,omitempty"`
	Network   dctr.Config  `toml:"network"`
	Training  train.Config `toml:"training"`
	Generated int          `toml:"generated"` // generated points to train against
	Loss      dctr.Loss    `toml:"loss"`      // bce, mse or mlc
	// Folds of cross-fitting, 0 and 1 are none; Members are networks of each fold that
	// differ by their seeds. All of them weight fresh points together; pairs, which are
	// trained on, are weighted by those that did not see them, and take at least 2 folds.
	Folds     int    `toml:"folds"`
	Members   int    `toml:"members"`
	Calibrate string `toml:"calibrate"` // "", temperature or isotonic
	// Density gives the networks g⁻¹(x) and ln p_g(x) as more inputs
	// (dctr.DensityWeigher); the generator must have an explicit density.
	Density bool `toml:"density"`
}

// fit returns the training of the weights.
func (c ClassifierConfig) fit(shift, scale []float64, seed uint64) dctr.Fit {
	return dctr.Fit{Network: c.Network, Shift: shift, Scale: scale, Training: c.Training, Loss: c.Loss,
		Folds: c.Folds, Members: c.Members, Calibrate: c.Calibrate, Seed: seed}
}

func (c ClassifierConfig) check() error {
	if err := c.Network.Check(); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	if err := c.Training.Check(); err != nil {
		return fmt.Errorf("training: %w", err)
	}
	if err := c.fit(nil, nil, 0).Check(); err != nil {
		return fmt.Errorf("folds, members, calibrate, loss: %w", err)
	}
	return nil
}

// ClosureConfig is the closure test: a fresh classifier between weighted generated
// points and truth points that nothing was trained on.
type ClosureConfig struct {
	Points   int          `toml:"points"` // of each class, half of them for its training; 0: no test
	Network  dctr.Config  `toml:"network"`
	Training train.Config `toml:"training"`
	// Level is the p-value below which the test fails: 0.025 for an AUC beyond the
	// upper end of the central 95 % of its null distribution.
	Level float64 `toml:"level"`
}

func (c ClosureConfig) check() error {
	if c.Points == 0 {
		return nil
	}
	switch {
	case c.Points < 1000 || c.Points > 1<<26:
		return fmt.Errorf("points = %d; 0 (no test), or 1000 to %d is accepted", c.Points, 1<<26)
	case !(c.Level > 0 && c.Level < 1):
		return fmt.Errorf("level = %v; a probability above 0 and below 1 is accepted", c.Level)
	}
	if err := c.Network.Check(); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	if err := c.Training.Check(); err != nil {
		return fmt.Errorf("training: %w", err)
	}
	return nil
}

// OmniFoldConfig pulls the weights of a generator that is no network, or has hidden
// latents, back to its known latents. Other generators do without.
type OmniFoldConfig struct {
	Events     int          `toml:"events"` // generated points with their latents
	Iterations int          `toml:"iterations"`
	WarmStart  bool         `toml:"warm_start"` // each iteration begins with the networks of the last
	Detector   dctr.Config  `toml:"detector"`   // network of x, step 1
	Particle   dctr.Config  `toml:"particle"`   // network of z, step 2
	Training   train.Config `toml:"training"`   // of both, in each iteration
}

func (c OmniFoldConfig) unfold(seed uint64) omnifold.Config {
	return omnifold.Config{Detector: c.Detector, Particle: c.Particle, Training: c.Training, Loss: dctr.BCE,
		Iterations: c.Iterations, WarmStart: c.WarmStart, Seed: seed}
}

func (c OmniFoldConfig) check() error {
	if c.Events < 1000 || c.Events > 1<<28 {
		return fmt.Errorf("events = %d; 1000 to %d is accepted", c.Events, 1<<28)
	}
	return c.unfold(0).Check()
}
