// Package omnifold reweights the hidden variables z of simulated events so that what
// is seen of them, x, follows the data. Each iteration has two steps (OmniFold,
// arXiv:1911.09107, eqs. 4-5 and figure 1):
//
//  1. a classifier of x between data and simulation weighted by ν(z): ω = ν·w(x)
//  2. a classifier of z between simulation weighted by ω and with its first weights: ν(z)
//
// With z what happened and x what a detector saw of it, ν(z) unfolds the data. With z
// the known latents of a generator and x its output, which depends on latents that
// nobody sees as well, ν(z) pulls the weights w(x) back to the latent space
// (arXiv:2106.00792, section 3): it is a network, so that every sampler can follow its
// gradient.
//
// Where to start: Unfold takes a Simulation (pairs of z and x), the data and a Config;
// Result.LogNu has the log-weights of the events, Result.Iterations what each iteration
// did. PullBack is the same for a generator's latents and returns the network of ν. Stop
// when the AUC of step 1 has come to ½ and ln ν hardly changes: further iterations follow
// the noise of the data.
package omnifold
