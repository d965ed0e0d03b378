package laser

import (
	"fmt"
	"math"

	"etalon/dctr"
	"etalon/generator"
	"etalon/mcmc"
	"etalon/nn"
	"etalon/optim"
	"etalon/train"
)

// Presets lists the names of the presets.
func Presets() []string { return []string{"quick", "paper"} }

// Preset returns the settings of a preset for a truth density ("" for a file).
//
// paper has the flow, the classifier, the epochs and sample sizes of LaSeR, section 4.1,
// with the details of its public code (slope 0.1, Adam ε = 1e-6). But its classifier
// has a learning rate that decays to zero by a cosine, more generated points and
// smaller batches. Its HMC is the paper's, too, but starts from weighted draws and makes
// an independence move every tenth proposal: without them (start = "prior",
// global_every = 0) chains rarely change mode. quick has the same flow, trained for
// fewer epochs, a narrower classifier, and adapted HMC.
//
// bimodal, circle8 and grid25, the mixtures of DCTRGAN (arXiv:2009.03796, section III A),
// have a GAN and its weights, and rejection for an unweighted sample: paper has the
// networks and the training of that paper, quick what leaves the weights less to be
// desired (mixture). They do without HMC and without a refiner; hmc.samples and
// refiner.kind bring them back.
//
// The refiner of the others is trained by flow matching, and its points are polished. With
// kind = "gan" it is the paper's GAN (paper), or a smaller residual one (quick).
func Preset(preset, density string) (Config, error) {
	c := Config{Name: density, Preset: preset, Seed: 1, Density: density}
	flow := generator.FlowConfig{Blocks: 12, Hidden: 3, Units: 48, Slope: 0.1}
	if density == "rings" {
		flow.Blocks, flow.Units = 20, 60
	}
	adam := optim.Adam{Alpha: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-6}
	decayed := adam
	decayed.WeightDecay = 1e-5
	exponential := optim.Schedule{Kind: "exponential", Gamma: 0.999}
	cosine := optim.Schedule{Kind: "cosine", Final: 0.001}
	c.Data.Points = 480_000
	c.Generator = GeneratorConfig{Kind: kindFlow, Flow: FlowConfig{Network: flow}}
	c.Generator.GAN = GANConfig{
		Network: generator.GANConfig{Latent: 8, Hidden: 3, Units: 64, Slope: 0.1},
		Training: generator.GANTraining{
			Config:    train.Config{Epochs: 6, Batch: 256, Adam: optim.Adam{Alpha: 3e-4, Beta1: 0.5, Beta2: 0.99, Eps: 1e-6}, Schedule: cosine},
			DiscSteps: 1, Average: 0.999,
		},
	}
	c.Generator.VAE = VAEConfig{
		Network:  generator.VAEConfig{Latent: 2, Hidden: 3, Units: 64, Slope: 0.1, Beta: 1, Noise: true},
		Training: train.Config{Epochs: 20, Batch: 1000, Validation: 0.02, Adam: adam, Schedule: cosine},
	}
	c.Generator.Process = generator.ProcessConfig{Command: []string{}}
	c.Classifier.Network = dctr.Config{Hidden: 8, Units: 96, Slope: 0.1}
	c.Polish.Network = generator.DiscConfig{Hidden: 6, Units: 64, Slope: 0.1}
	c.Polish.Training = train.Config{Epochs: 4, Batch: 2000, Adam: adam, Schedule: cosine}
	c.Refiner.Kind, c.Refiner.Examples = refinerFlowMatching, 1_920_000
	c.Refiner.Flow = FlowConfig{Network: generator.FlowConfig{Blocks: 6, Hidden: 3, Units: 48, Slope: 0.1, Coupling: "spline", Bins: 8, Bound: 5},
		Training: train.Config{Epochs: 8, Batch: 2000, Adam: adam, Schedule: cosine}}
	c.Refiner.FlowMatching = FlowMatchingConfig{
		Network: generator.FlowMatchingConfig{Hidden: 4, Units: 64, Slope: 0.1, Path: generator.Rotation, Solver: nn.RK4, Steps: 4},
		Training: generator.FlowMatchingTraining{Average: 0.999, Coupled: true,
			Config: train.Config{Epochs: 24, Batch: 1000, Adam: optim.Adam{Alpha: 1e-3, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8}, Schedule: cosine}},
	}
	c.Refiner.Rosenblatt.Cells = 1024
	c.Classifier.Loss = dctr.BCE
	c.Closure = ClosureConfig{Points: 200_000, Level: 0.025, Network: dctr.Config{Hidden: 4, Units: 64, Slope: 0.1},
		Training: train.Config{Epochs: 12, Batch: 1000, Validation: 0.1, Adam: adam, Schedule: cosine}}
	c.OmniFold = OmniFoldConfig{Events: 1_920_000, Iterations: 8, WarmStart: true,
		Detector: dctr.Config{Hidden: 4, Units: 48, Slope: 0.1}, Particle: dctr.Config{Hidden: 3, Units: 48, Slope: 0.1},
		Training: train.Config{Epochs: 6, Batch: 1000, Validation: 0.02, Adam: adam, Schedule: cosine}}
	c.Samplers = SamplersConfig{Methods: []mcmc.Method{}, Samples: 100_000, Reference: 100_000, CapQuantile: 0.999, Pilot: 20_000}
	c.Iterate = IterateConfig{Kind: iterateRefine, Continue: generator.ContinueConfig{GANTraining: c.Generator.GAN.Training}}
	c.Score = ScoreConfig{Points: 1_000_000, Bins: 100, Columns: []int{0, 1}, Floors: 3}
	switch preset {
	case "paper":
		c.Generator.Flow.Training = train.Config{Epochs: 100, Batch: 2000, Validation: 0.05, Adam: decayed, Schedule: exponential}
		c.Classifier.Training = train.Config{Epochs: 50, Batch: 1000, Validation: 0.02, Adam: adam, Schedule: cosine}
		c.Classifier.Generated = 4_000_000
		if density == "rings" { // the hardest: its cuts are many and thin
			c.Classifier.Training.Batch, c.Classifier.Members, c.Classifier.Density = 500, 3, true
		}
		c.Polish.Network.Units, c.Polish.Training.Epochs = 96, 10
		c.HMC = HMCConfig{Chains: 100, Samples: 2_000_000, BurnIn: 3000, Thin: 1, StepSize: 0.004, Leapfrog: 50, Mass: "unit", Start: "weighted", GlobalEvery: 10}
		c.Refiner.Network = generator.GANConfig{Latent: 4, Hidden: 7, Units: 100, Slope: 0.1}
		c.Refiner.Training = generator.GANTraining{
			Config:    train.Config{Epochs: 200, Batch: 2000, Adam: optim.Adam{Alpha: 1e-4, Beta1: 0.5, Beta2: 0.9, Eps: 1e-6}, Schedule: exponential},
			DiscSteps: 4,
		}
		c.Score.Points, c.Score.Floors = 2_000_000, 5
	case "quick":
		c.Generator.Flow.Training = train.Config{Epochs: 12, Batch: 2000, Validation: 0.02, Adam: decayed, Schedule: cosine}
		c.Classifier.Network = dctr.Config{Hidden: 8, Units: 64, Slope: 0.1}
		c.Classifier.Training = train.Config{Epochs: 64, Batch: 2000, Validation: 0.02, Adam: adam, Schedule: cosine}
		c.Classifier.Generated = 1_920_000
		c.HMC = HMCConfig{Chains: 2000, Samples: 500_000, BurnIn: 60, Thin: 2, StepSize: 0.2, TrajectoryLength: math.Pi / 2, MaxLeapfrog: 4, Jitter: 0.5,
			Adapt: true, TargetAccept: 0.8, Mass: "unit", Start: "weighted", GlobalEvery: 2}
		c.Refiner.Network = generator.GANConfig{Latent: 4, Hidden: 4, Units: 64, Slope: 0.1, Residual: true}
		c.Refiner.Training = generator.GANTraining{
			Config:    train.Config{Epochs: 14, Batch: 2000, Adam: optim.Adam{Alpha: 1e-3, Beta1: 0.5, Beta2: 0.99, Eps: 1e-6}, Schedule: cosine},
			DiscAdam:  optim.Adam{Alpha: 1e-3, Beta1: 0.9, Beta2: 0.99, Eps: 1e-6},
			DiscSteps: 4, Average: 0.95, DiscAverage: 0.9, Warmup: 0.15, Coupled: true,
		}
	default:
		return c, fmt.Errorf("there is no preset %q; %v are known", preset, Presets())
	}
	if m, ok := mixtures[density]; ok {
		c.mixture(preset, m)
	}
	return c, nil
}
