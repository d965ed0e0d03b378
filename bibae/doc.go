// Package bibae is the bounded-information-bottleneck autoencoder of calorimeter showers
// (BIB-AE, arXiv:2005.05334) with the changes of DCTRGAN (arXiv:2009.03796, section III B):
// every critic is two alike that are trained in parallel, one of which starts anew after
// each epoch; the noise is uniform; there is no post-processing network.
//
// An encoder makes some 24 latents of a shower, near N(0, 1) by a KL and an MMD term and a
// critic of single latents. A decoder makes a shower of the latents, of further noise
// and of the energy of the particle; critics with gradient penalty (arXiv:1704.00028) judge it
// beside the shower that it was made of. Afterwards the decoder alone is the generator.
//
// Full has the papers' sizes, Small sizes for two processor cores. What Small does
// differently is in the comments of the settings: Config.Unit, Config.CellNoise,
// CriticConfig.Sums, Training.Sums.
//
// Showers are in MeV, in the order of calo.Shape: layer, x, y. Generated ones have deposits
// of any size from zero: callers apply the threshold of a cell (calo.DefaultCut), which the
// showers of the training have passed already.
//
// Where to start: New makes a model of Full or Small sizes, NewLearner its training on a
// calo.Sparse store of showers, which a train.Loop runs. Model.Save writes a model
// directory, Load reads it, and NewSimulator makes showers of latents, the noise hidden.
package bibae
