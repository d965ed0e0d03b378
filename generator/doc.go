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
//
// Where to start: NewFlow, NewGAN, NewVAE or NewFlowMatching make an untrained model;
// NewFlowObjective, NewGANLearner and their like its training, which a train.Loop runs
// (GAN, VAE and velocity take weighted examples; flows, by NewWeightedFlowObjective).
// Save writes a model directory that Load reads, whatever its kind, as it reads ONNX files.
// NewSampler draws: point i of a stream is a function of seed, stream and i alone. What
// is no network is loaded by LoadSimulator and drawn from by NewSimulatorSampler. LogProb
// is the density of what has one; Acceptance refuses what a refiner makes too much of.
//
// Latents are vectors of LatentDim, features of Dim, both row-major float32. Features
// are in data units: Shift and Scale of a model undo the preprocessing.
//
// Papers: RealNVP, arXiv:1605.08803; neural spline flows, arXiv:1906.04032; GAN with
// weighted losses, LaSeR (arXiv:2106.00792), section 3; VAE, arXiv:1312.6114; flow
// matching, arXiv:2210.02747; g∘Φ and its density, LaSeR, eqs. 1 and 2.
package generator
