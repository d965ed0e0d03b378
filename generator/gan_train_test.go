package generator

import (
	"context"
	"math"
	"testing"

	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// tiltedLatents returns n draws of N(0, 1)² with the weights exp(a·z1 - a²/2), mean 1.
// Weighted, they are N(a, 1)×N(0, 1).
func tiltedLatents(n int, a float64) (z, w []float32) {
	z, w = make([]float32, 2*n), make([]float32, n)
	s := rng.New(1, "latents")
	for i := range n {
		s.NormalRows(z[2*i:2*i+2], 1, 0, uint64(i), 1, 2)
		w[i] = float32(math.Exp(a*float64(z[2*i]) - a*a/2))
	}
	return z, w
}

func trainingConfig(epochs int) train.Config {
	return train.Config{Epochs: epochs, Batch: 1000, Adam: optim.Adam{Alpha: 2e-3, Beta1: 0.5, Beta2: 0.99}, Schedule: optim.Schedule{Kind: "cosine", Final: 0.01}}
}

func runLearner(t *testing.T, l train.Learner, cfg train.Config) {
	t.Helper()
	if _, err := (train.Loop{Name: "test", Epochs: cfg.Epochs, Schedule: cfg.Schedule}).Run(context.Background(), l); err != nil {
		t.Fatal(err)
	}
}

func means(x []float32) (m [2]float64) {
	for i, v := range x {
		m[i%2] += float64(v) / float64(len(x)/2)
	}
	return m
}

// A refiner that learns weighted latents moves to them, and the acceptance that is
// trained on it corrects what it left.
func TestRefinerLearnsTilt(t *testing.T) {
	const a = 0.6
	e := newEngine(t, 2)
	z, w := tiltedLatents(20000, a)
	for name, c := range map[string]GANTraining{
		"coupled":  {Coupled: true, Average: 0.9, DiscAverage: 0.5, Warmup: 0.1},
		"separate": {Average: 0.9},
	} {
		phi := must(NewGAN(GANConfig{Latent: 4, Hidden: 2, Units: 16, Slope: 0.1, Residual: true}, []float64{1, 1}, 2))(t)
		c.Config, c.DiscSteps = trainingConfig(30), 2
		l := must(NewGANLearner(e, phi, z, w, c, 3))(t)
		if steps := c.Epochs * l.StepsPerEpoch(); steps != 300 {
			t.Fatalf("%d steps", steps)
		}
		runLearner(t, l, c.Config)
		_, x := draw(t, e, phi, 0, 20000)
		m := means(x)
		// Untrained, Φ has the mean 0 within 0.01. A third of a is what must be gone at most.
		t.Logf("%s: mean %.3f; the weighted latents have %v, 0", name, m, a)
		if math.Abs(m[0]-a) > a/3 || math.Abs(m[1]) > a/3 {
			t.Errorf("%s: mean %v; want %v, 0", name, m, a)
		}
	}
}

// Trained for a refiner that does nothing, the acceptance estimates the logarithm of
// the weight itself.
func TestAcceptanceLearnsTilt(t *testing.T) {
	const a, n = 0.6, 20000
	e := newEngine(t, 2)
	z, w := tiltedLatents(n, a)
	c := tilted(t, 0, 0)
	phi := c.Phi.(*GAN)
	cfg := trainingConfig(12)
	l, accept, err := NewAcceptanceLearner(e, c.G, phi, z, w, DiscConfig{Hidden: 2, Units: 16, Slope: 0.1}, cfg, 4)
	if err != nil {
		t.Fatal(err)
	}
	runLearner(t, l, cfg)
	for _, v := range phi.Params.Flat() {
		if v != 0 {
			t.Fatal("the refiner was changed")
		}
	}
	if err := accept.Finish(e, c.G, phi, 5); err != nil {
		t.Fatal(err)
	}
	c.Accept = accept
	_, x := draw(t, e, c, 0, n)
	m := means(x)
	m[0], m[1] = m[0]/2, m[1]/3 // x = (2·z1, 3·z2)
	t.Logf("mean %.3f, %.3f of the points accepted", m, accept.Efficiency)
	// The trained means scatter by the noise of the 20000 weighted examples, 0.01, and
	// of the training, a few times that.
	if math.Abs(m[0]-a) > 0.08 || math.Abs(m[1]) > 0.08 {
		t.Errorf("mean %v; want %v, 0", m, a)
	}
}

// Settings that cannot train, and data that are no table, are errors.
func TestGANTrainingErrors(t *testing.T) {
	e := newEngine(t, 1)
	z, w := tiltedLatents(100, 0.5)
	for name, change := range map[string]func(*GANTraining, *GANConfig){
		"warmup":       func(c *GANTraining, _ *GANConfig) { c.Warmup = math.NaN() },
		"warmup 2":     func(c *GANTraining, _ *GANConfig) { c.Warmup = 2 },
		"average":      func(c *GANTraining, _ *GANConfig) { c.Average = 1 },
		"disc_average": func(c *GANTraining, _ *GANConfig) { c.DiscAverage = 1 },
		"disc_steps":   func(c *GANTraining, _ *GANConfig) { c.DiscSteps = 0 },
		"disc_adam":    func(c *GANTraining, _ *GANConfig) { c.DiscAdam.Alpha = -1 },
		"residual":     func(c *GANTraining, n *GANConfig) { c.Coupled, n.Residual = true, false },
		"no noise":     func(c *GANTraining, n *GANConfig) { c.Coupled, n.Latent = true, 2 },
	} {
		c, n := GANTraining{Config: trainingConfig(1), DiscSteps: 1}, GANConfig{Latent: 4, Hidden: 1, Units: 4, Slope: 0.1, Residual: true}
		change(&c, &n)
		phi := must(NewGAN(n, []float64{1, 1}, 1))(t)
		if _, err := NewGANLearner(e, phi, z, w, c, 1); err == nil {
			t.Errorf("%s: there is no error", name)
		}
	}
	phi := must(NewGAN(GANConfig{Latent: 2, Hidden: 1, Units: 4}, []float64{1, 1}, 1))(t)
	for name, c := range map[string][2][]float32{"odd": {z[:5], w[:2]}, "few weights": {z, w[:99]}, "one row": {z[:2], w[:1]}} {
		if _, err := NewGANLearner(e, phi, c[0], c[1], GANTraining{Config: trainingConfig(1), DiscSteps: 1}, 1); err == nil {
			t.Errorf("%s: there is no error", name)
		}
	}
}
