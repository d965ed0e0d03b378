// Package generator holds generative models: maps from a latent space with an
// easy prior to feature space. Each family is trained on (weighted) examples, so
// each can be the primary generator g as well as the refiner Φ that generates
// latents for another generator; Compose makes g∘Φ, which is a generator again, to be
// refined by a further round. NewContinuedLearner trains g itself on refined latents.
//
// Networks are a Generator: a graph through which gradients reach the latents. They
// are normalizing flows of affine or spline coupling blocks (Flow), GANs, VAEs and
// velocity fields (FlowMatching), and, without training, tables of one or two latents
// (Rosenblatt). A Simulator is less: an external program (Process), a
// network, or either with hidden latents. Pairs is less still: a sample in a file.
package generator
