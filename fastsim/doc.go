// Package fastsim is a parametrised simulation of electromagnetic showers: a generator
// that is neither a network nor differentiable, with few latents and much hidden
// randomness.
//
// A shower has six numbers of its own: its visible energy, the distance from its start
// to its maximum, the exponent and the start of its longitudinal profile, its width and
// the number of energy spots per MeV. Their marginal distributions are tables of
// quantiles, their dependence that of a normal distribution (a Gaussian copula). Along
// the depth t the energy follows a gamma distribution, dE/dt ∝ u^(α-1) e^(-βu) with u
// the depth from the start; across, it falls off as a core and a tail of the form
// 2rR²/(r²+R²)². Layers fluctuate about the profile together: an energy of mean μ is
// gamma-distributed with a variance in proportion to μ, and the normal scores of layers
// are correlated. In front of a conversion there is nothing, and behind it each layer has
// the energy of a pair of particles beside the profile's. All of it is deposited in
// spots of lognormal energies, in Poisson numbers where they are few.
//
// Source: Grindhammer and Peters, "The parameterized simulation of electromagnetic
// showers in homogeneous and sampling calorimeters", arXiv:hep-ex/0001020. What differs:
// energies are those seen by the sensors, so that a layer samples the profile at its
// depth; the start fluctuates; marginals are tables instead of normal distributions;
// radii are tables over the age of the shower; and layers fluctuate by a covariance that
// is fitted, beside what spots do.
//
// Where to start: Fit fits a simulation to a file of showers. The result is a
// generator.Simulator: Generate makes showers of latents, Save keeps it.
package fastsim
