package generator

import (
	"fmt"
	"os"
	"path/filepath"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
)

const composedKind = "composed"

// Composed is the refined model g∘Φ (LaSeR, section 3): the refiner Φ makes
// latents of the primary generator g.
type Composed struct {
	G   Generator // primary generator
	Phi Generator // refiner: its features are the latents of G
	// Accept polishes samples of g∘Φ; nil is none. It belongs to sampling, not to the
	// map that Build makes.
	Accept *Acceptance
}

// Compose returns g∘Φ.
func Compose(g, phi Generator) (*Composed, error) {
	if phi.Dim() != g.LatentDim() {
		return nil, fmt.Errorf("generator: the refiner makes %d latents, the generator takes %d", phi.Dim(), g.LatentDim())
	}
	for _, part := range []Generator{g, phi} {
		if c, ok := part.(*Composed); ok && c.Accept != nil {
			return nil, fmt.Errorf("generator: a refined model with acceptance is no map of latents, and cannot be a part of another")
		}
	}
	return &Composed{G: g, Phi: phi}, nil
}

// LatentDim implements Generator.
func (c *Composed) LatentDim() int { return c.Phi.LatentDim() }

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
	parts := map[string]modeldir.Writer{primaryDir: c.G.Save, refinerDir: c.Phi.Save}
	if c.Accept != nil {
		parts[acceptDir] = c.Accept.Save
	}
	return modeldir.Save(dir, modeldir.NewHeader(composedKind), nil, parts)
}

func loadComposed(dir string) (*Composed, error) {
	g, err := Load(filepath.Join(dir, primaryDir))
	if err != nil {
		return nil, err
	}
	phi, err := Load(filepath.Join(dir, refinerDir))
	if err != nil {
		return nil, err
	}
	c, err := Compose(g, phi)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if path := filepath.Join(dir, acceptDir); exists(path) {
		if c.Accept, err = loadAcceptance(path, g.LatentDim(), g.Dim()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
