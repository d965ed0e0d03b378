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
package laser
