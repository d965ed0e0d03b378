package generator

import (
	"fmt"
	"os"
	"path/filepath"

	"etalon/dataset"
	"etalon/internal/modeldir"
	"etalon/nn"
)

const pairsKind = "pairs"

// Pairs is a generator of which only a sample is at hand: features x, and the
// latents z that they were made of unless those are unknown. It can be weighted and
// resampled, but makes no new points.
type Pairs struct {
	rows, latent, dim int
	z, x              []float32 // z nil if latent is 0
	hidden            bool
	prior             Prior
}

// NewPairs takes a sample x (n×dim, row-major) with its latents z (n×latent; nil and 0
// if they are unknown) of the given prior ("" is normal). hidden tells that x is no
// function of z alone. The slices are kept.
func NewPairs(z []float32, latent int, x []float32, dim int, prior Prior, hidden bool) (*Pairs, error) {
	if err := prior.check(); err != nil {
		return nil, fmt.Errorf("pairs: %w", err)
	}
	if err := checkSizes(dim); err != nil {
		return nil, fmt.Errorf("pairs: features: %w", err)
	}
	n := len(x) / dim
	if n < 1 || len(x) != n*dim || latent < 0 || latent > 1<<16 || len(z) != n*latent {
		return nil, fmt.Errorf("pairs: %d latents in rows of %d and %d features in rows of %d; equal numbers of rows are accepted", len(z), latent, len(x), dim)
	}
	for _, part := range [][]float32{z, x} {
		for i, v := range part {
			if v-v != 0 {
				return nil, fmt.Errorf("pairs: value %d is %v; finite numbers are accepted", i, v)
			}
		}
	}
	return &Pairs{rows: n, latent: latent, dim: dim, z: z, x: x, hidden: hidden, prior: prior.orNormal()}, nil
}

// ReadPairs reads a sample from files (see dataset.Read) under the demands of opt on both;
// zFile may be "" where the latents are unknown.
func ReadPairs(zFile, xFile string, prior Prior, hidden bool, opt dataset.ReadOptions) (*Pairs, error) {
	x, err := dataset.Read(xFile, opt)
	if err != nil {
		return nil, err
	}
	if zFile == "" {
		return NewPairs(nil, 0, x.Data, x.Cols, prior, hidden)
	}
	z, err := dataset.Read(zFile, opt)
	if err != nil {
		return nil, err
	}
	if z.Rows != x.Rows {
		return nil, fmt.Errorf("%s: %d rows; %s has %d: a row of latents for each row of features is accepted", zFile, z.Rows, xFile, x.Rows)
	}
	return NewPairs(z.Data, z.Cols, x.Data, x.Cols, prior, hidden)
}

// Rows is the number of points.
func (p *Pairs) Rows() int { return p.rows }

// LatentDim is the dimension of z; 0 if the latents are unknown.
func (p *Pairs) LatentDim() int { return p.latent }

// Dim is the dimension of x.
func (p *Pairs) Dim() int { return p.dim }

// Prior is the density of z.
func (p *Pairs) Prior() Prior { return p.prior }

// Hidden tells that x is no function of z alone.
func (p *Pairs) Hidden() bool { return p.hidden || p.latent == 0 }

// Draw implements Drawer: points of the sample, each once. More than there are is an
// error.
func (p *Pairs) Draw(row0 uint64, z, x []float32) error {
	n := len(x) / p.dim
	switch {
	case len(x) != n*p.dim || (z != nil && len(z) != n*p.latent):
		return fmt.Errorf("pairs: room for %d features and %d latents; rows of %d and %d are needed", len(x), len(z), p.dim, p.latent)
	case z != nil && p.latent == 0:
		return fmt.Errorf("pairs: the latents are unknown")
	case row0 > uint64(p.rows) || uint64(n) > uint64(p.rows)-row0:
		return fmt.Errorf("pairs: rows %d to %d are asked for, there are %d: a sample makes no new points", row0, row0+uint64(n)-1, p.rows)
	}
	lo := int(row0)
	copy(x, p.x[lo*p.dim:])
	if z != nil {
		copy(z, p.z[lo*p.latent:])
	}
	return nil
}

type pairsMeta struct {
	modeldir.Header
	Rows   int   `json:"rows"`
	Latent int   `json:"latent"`
	Dim    int   `json:"dim"`
	Prior  Prior `json:"prior"`
	Hidden bool  `json:"hidden"`
}

const maxPairValues = 1 << 29 // 2 GiB

func pairParams(m pairsMeta) *nn.Params {
	p := &nn.Params{}
	p.Add("x", m.Rows, m.Dim)
	if m.Latent > 0 {
		p.Add("z", m.Rows, m.Latent)
	}
	return p
}

// Save writes a model directory with the whole sample.
func (p *Pairs) Save(dir string) error {
	m := pairsMeta{modeldir.NewHeader(pairsKind), p.rows, p.latent, p.dim, p.prior, p.hidden}
	if p.rows > maxPairValues/(p.dim+p.latent) {
		return fmt.Errorf("%s: %d rows of %d values are too many for a model directory: keep them in a table", dir, p.rows, p.dim+p.latent)
	}
	params := pairParams(m)
	copy(params.Values("x"), p.x)
	if p.latent > 0 {
		copy(params.Values("z"), p.z)
	}
	return modeldir.Save(dir, m, params, nil)
}

// LoadPairs reads the model directory of a sample.
func LoadPairs(dir string) (*Pairs, error) {
	var m pairsMeta
	kind, err := modeldir.Kind(dir)
	if err != nil {
		return nil, err
	}
	if kind != pairsKind {
		return nil, fmt.Errorf("%s: a model of kind %q; %s is accepted", dir, kind, pairsKind)
	}
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	if m.Rows < 1 || m.Dim < 1 || m.Dim > 1<<16 || m.Latent < 0 || m.Latent > 1<<16 || m.Rows > maxPairValues/(m.Dim+m.Latent) {
		return nil, fmt.Errorf("%s: %d rows of %d latents and %d features; at most %d values are accepted", dir, m.Rows, m.Latent, m.Dim, maxPairValues)
	}
	// The file must have the size that the header claims before memory is taken for it.
	path := filepath.Join(dir, "weights.safetensors")
	if info, err := os.Stat(path); err != nil || info.Size() < 4*int64(m.Rows)*int64(m.Dim+m.Latent) {
		return nil, fmt.Errorf("%s: it does not hold the %d rows that model.json announces", path, m.Rows)
	}
	params := pairParams(m)
	if err := modeldir.LoadParams(dir, params); err != nil {
		return nil, err
	}
	var z []float32
	if m.Latent > 0 {
		z = params.Values("z")
	}
	p, err := NewPairs(z, m.Latent, params.Values("x"), m.Dim, m.Prior, m.Hidden)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return p, nil
}

// WithConditions returns the same points with the conditions of their rows behind the
// latents, as those of a generator of rows.
func (p *Pairs) WithConditions(c Conditions) (*Pairs, error) {
	if err := c.Check(p.dim); err != nil {
		return nil, fmt.Errorf("pairs: %w", err)
	}
	k := len(c.Columns)
	q := *p
	q.latent = p.latent + k
	q.z = make([]float32, 0, p.rows*q.latent)
	for i := range p.rows {
		q.z = append(q.z, p.z[i*p.latent:(i+1)*p.latent]...)
		for _, j := range c.Columns {
			q.z = append(q.z, p.x[i*p.dim+j])
		}
	}
	return &q, nil
}
