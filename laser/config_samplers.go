package laser

import (
	"fmt"
	"slices"

	"etalon/generator"
	"etalon/mcmc"
)

// SamplersConfig names samplers of the weighted latent space that a run holds
// against each other, beside rejection and HMC.
type SamplersConfig struct {
	Methods []mcmc.Method `toml:"methods"` // of package mcmc; "all" is every one
	Samples int           `toml:"samples"` // of each
	// Reference draws from the prior, with their weights, tell the shares that the
	// modes should have.
	Reference int `toml:"reference"`
	// CapQuantile is the share of the weight that lies below the cap of rejection, found
	// with Pilot draws: points above it are repeated. A smaller one takes more draws.
	CapQuantile float64 `toml:"cap_quantile"`
	Pilot       int     `toml:"pilot"`
	// Rejection is the number of points that rejection takes; 0 means score.points.
	Rejection int `toml:"rejection"`
}

const allMethods = "all"

// list returns the methods in the order of package mcmc.
func (c SamplersConfig) list() []mcmc.Method {
	var list []mcmc.Method
	for _, m := range mcmc.Methods() {
		if m != mcmc.HMCMethod && m != mcmc.Rejection && (slices.Contains(c.Methods, m) || slices.Contains(c.Methods, allMethods)) {
			list = append(list, m)
		}
	}
	return list
}

func (c SamplersConfig) check() error {
	for _, m := range c.Methods {
		if m != allMethods && !slices.Contains(mcmc.Methods(), m) {
			return fmt.Errorf("methods: there is no %q; %v and %s are accepted", m, mcmc.Methods(), allMethods)
		}
	}
	if c.Samples < 1000 || c.Samples > 1<<26 {
		return fmt.Errorf("samples = %d; 1000 to %d is accepted", c.Samples, 1<<26)
	}
	if c.Reference < 1000 || c.Reference > 1<<26 {
		return fmt.Errorf("reference = %d; 1000 to %d is accepted", c.Reference, 1<<26)
	}
	if c.Rejection != 0 && (c.Rejection < 1000 || c.Rejection > 1<<26) {
		return fmt.Errorf("rejection = %d; 0 (score.points), or 1000 to %d is accepted", c.Rejection, 1<<26)
	}
	_, err := c.rejection(c.Samples).WithDefaults()
	return err
}

// rejection has the settings of rejection for n points.
func (c SamplersConfig) rejection(n int) mcmc.Config {
	return mcmc.Config{Method: mcmc.Rejection, Samples: n, Chains: rejectionBlock, Overweight: mcmc.OverweightRepeat, CapQuantile: c.CapQuantile, Pilot: c.Pilot}
}

// HMCConfig samples the weighted latent space.
type HMCConfig struct {
	Chains           int     `toml:"chains"`
	Samples          int     `toml:"samples"`           // over all chains, after burn-in; 0: no HMC
	BurnIn           int     `toml:"burn_in"`           // proposals of each chain that are discarded; 0 is none
	Thin             int     `toml:"thin"`              // proposals per recorded point
	StepSize         float64 `toml:"step_size"`         // ε; the first value tried if adapted
	Leapfrog         int     `toml:"leapfrog"`          // steps of a trajectory; 0: as many as trajectory_length needs
	TrajectoryLength float64 `toml:"trajectory_length"` // in latent units; used if leapfrog is 0
	MaxLeapfrog      int     `toml:"max_leapfrog"`      // most steps of a trajectory: bounds its cost, and ε from below
	Jitter           float64 `toml:"jitter"`            // relative spread of the trajectory length, 0 to below 1
	Adapt            bool    `toml:"adapt"`             // tune ε in the burn-in to target_accept
	TargetAccept     float64 `toml:"target_accept"`
	Mass             string  `toml:"mass"`         // unit or diagonal
	Start            string  `toml:"start"`        // weighted (importance-resampled prior draws) or prior
	GlobalEvery      int     `toml:"global_every"` // proposals between independence Metropolis–Hastings moves; 0 is never
}

// mcmc returns the settings for latents of a prior.
func (c HMCConfig) mcmc(prior generator.Prior) mcmc.HMCConfig {
	h := mcmc.HMCConfig{
		Chains: c.Chains, Samples: c.Samples, BurnIn: c.BurnIn, Thin: c.Thin, StepSize: c.StepSize, Leapfrog: c.Leapfrog,
		Jitter: c.Jitter, Adapt: c.Adapt, TargetAccept: c.TargetAccept, Mass: mcmc.Mass(c.Mass), GlobalEvery: c.GlobalEvery,
	}
	if h.Leapfrog == 0 {
		h.TrajectoryLength, h.MaxLeapfrog = c.TrajectoryLength, c.MaxLeapfrog
	}
	if h.Jitter == 0 {
		h.Jitter = mcmc.None
	}
	if h.BurnIn == 0 {
		h.BurnIn = mcmc.None
	}
	if prior == generator.Uniform {
		h.Lower, h.Upper = -1, 1
	}
	return h
}

func (c HMCConfig) check() error {
	switch {
	case c.Start != "weighted" && c.Start != "prior":
		return fmt.Errorf("start = %q; weighted and prior are accepted", c.Start)
	case c.Chains < 1:
		return fmt.Errorf("chains = %d; at least 1 is accepted", c.Chains)
	case c.BurnIn < 0 || c.Samples != 0 && c.Samples < 8*c.Chains:
		return fmt.Errorf("burn_in = %d, hmc.samples = %d with %d chains; no negative burn-in, and no samples or at least 8 a chain are accepted", c.BurnIn, c.Samples, c.Chains)
	}
	if c.Samples == 0 {
		c.Samples = 8 * c.Chains // of etalon sample
	}
	_, err := c.mcmc(generator.Normal).WithDefaults()
	return err
}
