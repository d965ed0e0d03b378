package generator

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/nn"
	"etalon/train"
)

// ContinueConfig has the settings of a training of g on a refined latent space.
type ContinueConfig struct {
	// GANTraining has all settings of an adversarial training, where Coupled must be
	// false. A training by likelihood takes the shared ones of train.Config.
	GANTraining
}

// CheckFor returns an error for settings that cannot train a generator of a kind.
func (c ContinueConfig) CheckFor(gKind string) error {
	return c.check(gKind != flowKind && gKind != flowMatchingKind)
}

func (c ContinueConfig) check(adversarial bool) error {
	if !adversarial {
		return c.Config.Check()
	}
	if err := c.GANTraining.Check(); err != nil {
		return err
	}
	if c.Coupled {
		return fmt.Errorf("coupled = true; it belongs to a refiner, whose examples are latents: false is accepted")
	}
	return nil
}

// NewContinuedLearner prepares the last step of LaSeR's iteration (section 3: "if g is
// a neural network, its weights could be updated using the refined latent space"): the
// training of g on truth data (n×Dim, row-major) with weights (n; nil means 1), its
// latents no longer drawn from its prior but made by the refiner phi, which stays as it
// is. What is trained is the density of g(Φ(y)), so the data are those of g, not
// latents. g is changed in place: Clone makes a copy to keep. What was
// trained on the former g (classifier, weights, acceptance) does not fit it any more.
//
// Which g and phi can be, and how g is trained (LaSeR, Table 2):
//
//	g            Φ                     training
//	GAN          any                   adversarial: GANLearner with the fakes g(Φ(y))
//	VAE          any                   the same, for the decoder; the encoder stays as it
//	                                   is and does not belong to it any more
//	flow, flow   flow, flow matching   likelihood: -Σ w·ln p(x) / Σ w of
//	matching                           ExplicitDensity(g∘Φ), in nats of the data
//	flow, flow   GAN, VAE              none: the density is no longer explicit
//	matching
//
// Two flows keep an explicit density, and the topological obstruction: g∘Φ is a
// bijection of the normal latents of Φ (Proposition 1). The likelihood of flow matching
// takes a gradient for each feature at each evaluation of its velocity, and is that of the exact
// flow of the velocity: its solver must be precise enough for that (nn.RK4), or the
// training exploits the difference.
//
// A Composed model is no g here, but can be phi: to train the primary generator of
// Compose(Compose(g, Φ1), Φ2), take g and Compose(Φ1, Φ2).
func NewContinuedLearner(e *cpu.Engine, g, phi Generator, data, weights []float32, cfg ContinueConfig, seed uint64) (train.Learner, error) {
	if err := CheckContinue(g, phi); err != nil {
		return nil, err
	}
	_, byLikelihood := g.(Invertible)
	if err := cfg.check(!byLikelihood); err != nil {
		return nil, fmt.Errorf("continued training: %w", err)
	}
	w, err := normalisedWeights(data, weights, g.Dim())
	if err != nil {
		return nil, fmt.Errorf("continued training: %w", err)
	}
	switch g := g.(type) {
	case *Flow:
		return continueDensity(e, g, g.Params, phi, data, w, cfg.Config, seed)
	case *FlowMatching:
		return continueDensity(e, g, g.Params, phi, data, w, cfg.Config, seed)
	case *GAN:
		if cfg.Disc.Hidden == 0 {
			cfg.Disc = DiscConfig{Hidden: g.Config.Hidden, Units: g.Config.Units, Slope: g.Config.Slope}
		}
		return continueAdversarial(e, g, phi, &adversarial{disc: &discriminator{Shift: g.Shift, Scale: g.Scale, Transform: g.Transform}, params: g.Params, model: g.Params.Flat()}, data, w, cfg, seed)
	case *VAE:
		if cfg.Disc.Hidden == 0 {
			cfg.Disc = DiscConfig{Hidden: g.Config.Hidden, Units: g.Config.Units, Slope: g.Config.Slope}
		}
		params, model := g.sampling()
		return continueAdversarial(e, g, phi, &adversarial{disc: &discriminator{Shift: g.Shift, Scale: g.Scale, Transform: g.Transform}, params: params, model: model}, data, w, cfg, seed)
	}
	return nil, errNoWeights(kindOf(g)) // CheckContinue has refused it
}

// sampling returns the parameters that samples depend on, the decoder and the noise
// that is added, as a copy and as the part of Params that they lie in.
func (v *VAE) sampling() (params *nn.Params, model []float32) {
	params = &nn.Params{}
	v.decoder().Init(params, initStream)
	if v.Config.Noise && v.Config.Sigma == 0 {
		params.Add(sigmaName, v.Dim())
	}
	lo := -1
	for _, t := range v.Params.Tensors() {
		if params.Has(t.Name) {
			copy(params.Values(t.Name), v.Params.Values(t.Name))
			if lo < 0 {
				lo = t.Offset // decoder and noise follow one another
			}
		}
	}
	return params, v.Params.Flat()[lo : lo+params.Len()]
}
