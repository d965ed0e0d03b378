package generator

import "fmt"

// CheckContinue returns an error if g cannot be trained further on the latents of phi;
// see NewContinuedLearner.
func CheckContinue(g, phi Generator) error {
	if err := CheckContinueKinds(kindOf(g), kindOf(phi)); err != nil {
		return err
	}
	c, err := Compose(g, phi)
	if err != nil {
		return err
	}
	if _, ok := g.(Invertible); !ok {
		return nil
	}
	if _, err := ExplicitDensity(phi); err != nil {
		return errNotExplicit(kindOf(g), "that refiner", err)
	}
	_, err = ExplicitDensity(c)
	return err
}

// CheckContinueKinds is CheckContinue for configurations, before there are models: the
// kinds are those of model directories (flow, gan, vae, flow-matching, composed,
// process, pairs, chain, hidden-latents). A composed phi is accepted here; CheckContinue looks at its parts.
func CheckContinueKinds(g, phi string) error {
	switch phi {
	case flowKind, flowMatchingKind, ganKind, vaeKind, composedKind:
	default:
		return fmt.Errorf("generator: a refiner of kind %q; %s, %s, %s, %s and %s are accepted", phi, ganKind, flowKind, flowMatchingKind, vaeKind, composedKind)
	}
	switch g {
	case ganKind, vaeKind:
		return nil
	case flowKind, flowMatchingKind:
		if phi == ganKind || phi == vaeKind {
			return errNotExplicit(g, "a refiner of kind "+phi, nil)
		}
		return nil
	case composedKind:
		return fmt.Errorf("generator: of a refined model as a whole no weights are trained further: take its primary generator, with the refiners composed to one")
	}
	return errNoWeights(g)
}

func errNoWeights(g string) error {
	return fmt.Errorf("generator: a generator of kind %q has no weights to train further; %s, %s, %s and %s have: refine again, on top of g∘Φ", g, ganKind, vaeKind, flowKind, flowMatchingKind)
}

func errNotExplicit(g, refiner string, cause error) error {
	text := fmt.Sprintf("generator: a %s cannot be trained further behind %s: the density of g∘Φ is not explicit, so there is no likelihood (LaSeR, Table 2): refine again, on top of g∘Φ, or take a refiner of kind %s or %s",
		g, refiner, flowKind, flowMatchingKind)
	if cause != nil {
		return fmt.Errorf("%s: %w", text, cause)
	}
	return fmt.Errorf("%s", text)
}
