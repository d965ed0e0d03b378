// Package generator holds generative models: maps from a latent space with an
// easy prior to feature space. Each family is trained on (weighted) examples, so
// each can be the primary generator g as well as the refiner Φ that generates
// latents for another generator; Compose makes g∘Φ, which is a generator again.
package generator
