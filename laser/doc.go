// Package laser is the LaSeR protocol (arXiv:2106.00792, section 3): a primary
// generator g of any kind is trained, read or started, a post-hoc classifier gives its
// points weights, the weights are pulled back to the latent space (directly, or by
// OmniFold where g is no network or has hidden latents), and the weighted latent space
// is sampled by rejection, Hamiltonian Monte Carlo and others, or by a trained refiner Φ,
// whose composition g∘Φ is a better, unweighted generator, and can be refined again.
//
// A Run works in a directory, stage by stage. A stage that is finished has left
// its files; a stage that was interrupted has left a checkpoint; the same run
// continues from there to the same bytes.
//
// Where to start: Preset gives the settings for a built-in density, ReadConfig those of
// a TOML file; Open makes or continues a run directory, Run.Do runs what is left of it.
// OpenDraws draws more of a run, by any sampler of package mcmc; generator.Load of its
// models/laser is the refined model itself. To refine in a program of your own, take the
// parts: a generator.Generator, a dctr.Weigher, and NewTarget, which is their weighted
// latent density (LaSeR, eq. 3),
//
//	ln q_Z(z) = ln p_Z(z) + ln w(g(z)),
//
// as a target of package mcmc.
package laser
