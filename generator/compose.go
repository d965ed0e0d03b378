package generator

import (
	"fmt"
	"os"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
)

const composedKind = "composed"

// Composed is the refined model g∘Φ (LaSeR, section 3): the refiner Φ makes
// latents of the primary generator g. It is a generator again, so that a second round
// can refine it: Compose(Compose(g, Φ1), Φ2), where the latents of the second round are
// those of Φ1, with Φ1's prior.
//
// Only the outermost model may have acceptance. A second round starts from Map, and
// the classifier that gives its weights must be trained against samples of that map,
// not against accepted ones, which are no function of latents.
type Composed struct {
	G   Generator // primary generator
	Phi Generator // refiner: its features are the latents of G
	// Accept polishes samples of g∘Φ; nil is none. It belongs to sampling, not to the
	// map that Build makes, nor to its gradients and density.
	Accept *Acceptance
}

// Compose returns g∘Φ. Parts that are refined models themselves may not have
// acceptance, and not more than 16 models may lie inside one another.
func Compose(g, phi Generator) (*Composed, error) {
	c := &Composed{G: g, Phi: phi}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// check returns an error for parts that make no model.
func (c *Composed) check() error {
	if c.Phi.Dim() != c.G.LatentDim() {
		return fmt.Errorf("generator: the refiner makes %d latents, the generator takes %d", c.Phi.Dim(), c.G.LatentDim())
	}
	if k, n := GivenOf(c.Phi), GivenOf(c.G); k != n {
		return fmt.Errorf("generator: the refiner keeps %d conditions, the generator takes %d", k, n)
	}
	for _, part := range []Generator{c.G, c.Phi} {
		if accepts(part) {
			return fmt.Errorf("generator: a refined model with acceptance is no map of latents, and cannot be a part of another; Map leaves the acceptance off")
		}
	}
	if err := extentOf(c).check(); err != nil {
		return fmt.Errorf("generator: refined model: %w", err)
	}
	return nil
}

// accepts tells whether a model or one of its parts has acceptance.
func accepts(gen Generator) bool {
	if m, ok := gen.(*Conditional); ok {
		return accepts(m.G)
	}
	c, ok := gen.(*Composed)
	return ok && (c.Accept != nil || accepts(c.G) || accepts(c.Phi))
}

// Map returns the same model without acceptance: the map that a further round refines.
func (c *Composed) Map() *Composed { return &Composed{G: c.G, Phi: c.Phi} }

// LatentDim implements Generator.
func (c *Composed) LatentDim() int { return c.Phi.LatentDim() }

// Given implements Conditioned.
func (c *Composed) Given() int { return GivenOf(c.G) }

// Dim implements Generator.
func (c *Composed) Dim() int { return c.G.Dim() }

// Prior implements Generator.
func (c *Composed) Prior() Prior { return c.Phi.Prior() }

// Build implements Generator.
func (c *Composed) Build(prefix string, y *graph.Node) *graph.Node {
	return c.G.Build(prefix+"g/", c.Phi.Build(prefix+"phi/", y))
}

// Bind implements Generator.
func (c *Composed) Bind(b nn.Binder, prefix string) error {
	if err := c.G.Bind(b, prefix+"g/"); err != nil {
		return err
	}
	return c.Phi.Bind(b, prefix+"phi/")
}

const (
	primaryDir = "generator"
	refinerDir = "refiner"
	acceptDir  = "acceptance"
)

// Save implements Generator.
func (c *Composed) Save(dir string) error {
	if err := c.check(); err != nil { // the parts may have changed since Compose
		return err
	}
	parts := map[string]modeldir.Writer{primaryDir: c.G.Save, refinerDir: c.Phi.Save}
	if c.Accept != nil {
		parts[acceptDir] = c.Accept.Save
	}
	return modeldir.Save(dir, modeldir.NewHeader(composedKind), nil, parts)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
