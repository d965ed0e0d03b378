package generator

import (
	"fmt"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
)

const identityKind = "identity"

// Identity is the generator of nothing but its latents. It stands for a generator that
// is no network: a refined model with it makes latents for that one.
type Identity struct {
	dim   int
	prior Prior
}

// NewIdentity returns the identity on dim latents of a prior.
func NewIdentity(dim int, prior Prior) *Identity { return &Identity{dim, prior.orNormal()} }

// LatentDim implements Generator.
func (n *Identity) LatentDim() int { return n.dim }

// Dim implements Generator.
func (n *Identity) Dim() int { return n.dim }

// Prior implements Generator.
func (n *Identity) Prior() Prior { return n.prior }

// Build implements Generator.
func (n *Identity) Build(_ string, z *graph.Node) *graph.Node { return z }

// Bind implements Generator.
func (n *Identity) Bind(nn.Binder, string) error { return nil }

type identityMeta struct {
	modeldir.Header
	Dim   int   `json:"dim"`
	Prior Prior `json:"prior"`
}

// Save implements Generator.
func (n *Identity) Save(dir string) error {
	return modeldir.Save(dir, identityMeta{modeldir.NewHeader(identityKind), n.dim, n.prior}, &nn.Params{}, nil)
}

func loadIdentity(dir string) (*Identity, error) {
	var m identityMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	err := checkSizes(m.Dim)
	if err == nil {
		err = m.Prior.check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return NewIdentity(m.Dim, m.Prior), modeldir.LoadParams(dir, &nn.Params{})
}
