package generator

import "fmt"

// kindOf names the kind of a generator, as its model directory does.
func kindOf(gen Generator) string {
	switch gen.(type) {
	case *Flow:
		return flowKind
	case *GAN:
		return ganKind
	case *VAE:
		return vaeKind
	case *FlowMatching:
		return flowMatchingKind
	case *ONNX:
		return onnxKind
	case *Rosenblatt:
		return rosenblattKind
	case *Conditional:
		return conditionalKind
	case *Composed, composedDensity:
		return composedKind
	}
	return fmt.Sprintf("%T", gen)
}

// Clone returns a copy of a generator with parameters of its own, so that the copy can
// be trained further and the original stays. The acceptance of a refined model is
// shared.
func Clone(gen Generator) (Generator, error) {
	switch p := gen.(type) {
	case *Flow:
		c := *p
		c.Params = p.Params.Clone()
		return &c, nil
	case *GAN:
		c := *p
		c.Params = p.Params.Clone()
		return &c, nil
	case *VAE:
		c := *p
		c.Params = p.Params.Clone()
		return &c, nil
	case *FlowMatching:
		c := *p
		c.Params = p.Params.Clone()
		return &c, nil
	case *Composed:
		g, err := Clone(p.G)
		if err != nil {
			return nil, err
		}
		phi, err := Clone(p.Phi)
		if err != nil {
			return nil, err
		}
		return &Composed{G: g, Phi: phi, Accept: p.Accept}, nil
	}
	return nil, fmt.Errorf("generator: a %s cannot be copied", kindOf(gen))
}
