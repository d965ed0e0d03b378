// Package mcmc draws from a latent density with many parallel Markov chains
// and measures how far the draws can be trusted.
//
// HMC is Hamiltonian Monte Carlo with a common number of leapfrog steps for all
// chains, so that every evaluation of the density is one long batch. An optional
// independence Metropolis-Hastings move with proposals from the prior lets
// chains change mode. One leapfrog step per proposal is the Metropolis-adjusted
// Langevin algorithm.
//
// New starts any sampler of a weighted latent space q(z) ∝ w(z) p_Z(z), a Space,
// by its Method: HMC, MALA and unadjusted Langevin; rejection, resampling,
// independence Metropolis-Hastings and iterated resampling from the prior;
// parallel tempering; and the approximate DGflow and DOT. Choose measures the
// weights and recommends one, NewReference and Assess say what the draws are
// worth, what they cost and whether every mode has its share, and Checkpoint and
// Resume stop and continue a run.
//
// The diagnostics are those of Vehtari et al. 2021, arXiv:1903.08008, the
// energy diagnostic of Betancourt 2016, arXiv:1604.00695, and an effective
// sample size for histograms.
//
// Where to start: write a PriorTarget (laser.NewTarget makes one of a generator and its
// weights), wrap it in a Space, and call Choose, New, Step until Done, and Assess.
package mcmc

import "etalon/rng"

// Target is a log-density, up to a constant, evaluated for many chains at once.
//
// The density and gradient of a row must be a function of that row alone: not
// of the other rows, of their number, or of earlier calls. The exactness of the
// samplers rests on that; whether the gradient is accurate only changes the
// acceptance rate.
type Target interface {
	// Dim is the dimension of the latent space.
	Dim() int
	// LogDensityGrad writes log q(z_i) in nats and its gradient for n rows.
	// z, grad: n×Dim row-major; logq: n. It must not keep or change z.
	LogDensityGrad(z []float32, logq []float64, grad []float32) error
}

// PriorTarget is a Target that also knows the density of the latent prior. The
// global move needs it: its weights are log w = log q - log p_Z.
type PriorTarget interface {
	Target
	// LogPrior writes log p_Z(z_i) in nats, up to a constant, for n rows.
	// z: n×Dim row-major; logp: n.
	LogPrior(z []float32, logp []float64) error
}

// PriorDraw fills z (rows×dim, row-major) with independent draws from the
// latent prior. It must be a pure function of (stream, step), so that a
// restored run continues identically.
type PriorDraw func(z []float32, dim int, stream rng.Stream, step uint64) error

// NormalPrior is the PriorDraw of a standard normal prior.
func NormalPrior(z []float32, dim int, stream rng.Stream, step uint64) error {
	for i := range z {
		z[i] = float32(stream.Normal(step, uint64(i/dim), i%dim))
	}
	return nil
}
