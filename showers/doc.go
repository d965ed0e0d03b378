// Package showers is the protocol for calorimeter showers: a generator is fitted to true
// showers, classifiers of observables and of whole images weight what it makes
// (DCTRGAN, arXiv:2009.03796, section III), the weights are pulled back to its latents
// (OmniFold), and unweighted showers are drawn there (LaSeR, arXiv:2106.00792). Every
// sample is scored against showers that nothing was trained on, with the figures of
// the DCTRGAN paper.
//
// Where to start: Preset or ReadConfigAs give the settings, Open makes or continues a run
// directory, Run.Do runs what is left of it, Draw makes more showers of a finished run.
// The parts are packages of their own: calo reads showers and computes observables,
// fastsim, cascade and bibae generate, dctr weights, omnifold pulls back, calo/showerscore scores.
package showers
