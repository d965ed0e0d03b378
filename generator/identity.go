package generator

import (
	"fmt"
	"slices"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
)

const identityKind = "identity"

// Identity is the generator of nothing but its latents. It stands for a generator that
// is no network: a refined model with it makes latents for that one.
type Identity struct {
	dim        int
	prior      Prior
	conditions *Conditions // of the last latents; nil is none
}

// NewIdentity returns the identity on dim latents of a prior.
func NewIdentity(dim int, prior Prior) *Identity { return &Identity{dim: dim, prior: prior.orNormal()} }

// NewGivenIdentity returns the identity on dim latents, of which the last are the
// conditions c.
func NewGivenIdentity(dim int, prior Prior, c Conditions) *Identity {
	return &Identity{dim, prior.orNormal(), &c}
}

// Given implements Conditioned.
func (n *Identity) Given() int {
	if n.conditions == nil {
		return 0
	}
	return len(n.conditions.Columns)
}

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
	// Conditions are those of the generator; their columns are those of its rows.
	Conditions *Conditions `json:"conditions,omitempty"`
}

// Save implements Generator.
func (n *Identity) Save(dir string) error {
	return modeldir.Save(dir, identityMeta{modeldir.NewHeader(identityKind), n.dim, n.prior, n.conditions}, &nn.Params{}, nil)
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
	if c := m.Conditions; c != nil {
		if err := c.Check(max(slices.Max(append(c.Columns, 0))+1, len(c.Columns)+1)); err != nil || len(c.Columns) >= m.Dim {
			return nil, fmt.Errorf("%s: %d conditions of %d latents: %w", dir, len(c.Columns), m.Dim, err)
		}
		return NewGivenIdentity(m.Dim, m.Prior, *c), modeldir.LoadParams(dir, &nn.Params{})
	}
	return NewIdentity(m.Dim, m.Prior), modeldir.LoadParams(dir, &nn.Params{})
}
