// Package showers is the protocol for calorimeter showers: a generator is fitted to true
// showers, classifiers of observables and of whole images weight what it makes
// (DCTRGAN, arXiv:2009.03796, section III), the weights are pulled back to its latents
// (OmniFold), and unweighted showers are drawn there (LaSeR, arXiv:2106.00792). Every
// sample is scored against showers that nothing was trained on, with the figures of
// the DCTRGAN paper.
package showers
