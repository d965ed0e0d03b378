package generator

import (
	"fmt"
	"math"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/rng"
)

var initStream = rng.New(0, "overwritten") // of parameters that a file replaces

// RefinedSampler draws from g∘Φ, with acceptance where the model has one. Point i
// of a stream is a pure function of (seed, stream, i): attempt a of point i uses
// row i of step a of the random streams, and the first accepted attempt counts.
type RefinedSampler struct {
	model  *Composed
	run    *cpu.Program // y → Φ(y), g(Φ(y)), logit
	latent rng.Stream
	accept rng.Stream
	y      []float32
	z, x   []float32
	logit  []float32

	columns []float32 // latents, feature-major
	given   []float32 // conditions of the rows of a block
	base    uint64    // its first row
}

// NewRefinedSampler compiles a refined model for sampling.
func NewRefinedSampler(e *cpu.Engine, c *Composed, seed uint64, stream string) (*RefinedSampler, error) {
	return newRefinedSampler(e, c, seed, stream)
}

func newRefinedSampler(e *cpu.Engine, c *Composed, seed uint64, stream string) (*RefinedSampler, error) {
	g := graph.New()
	z := c.Phi.Build("phi/", g.Input("y", c.LatentDim()))
	x := c.G.Build("g/", z)
	outs := []*graph.Node{z, x}
	if c.Accept != nil {
		outs = append(outs, c.Accept.build("accept/", z, x))
	}
	p, err := e.Compile(g, cpu.Config{}, outs...)
	if err != nil {
		return nil, err
	}
	if err := c.Bind(p, ""); err != nil {
		return nil, err
	}
	if c.Accept != nil {
		if err := c.Accept.params.Bind(p, "accept/"); err != nil {
			return nil, err
		}
	}
	return &RefinedSampler{model: c, run: p, latent: rng.New(seed, stream), accept: rng.New(seed, stream).Sub("accept")}, nil
}

// rows lists n row numbers from row0.
func (s *RefinedSampler) rows(row0 uint64, n int) []uint64 {
	r := make([]uint64, n)
	for i := range r {
		r[i] = row0 + uint64(i)
	}
	return r
}

// attempt evaluates attempt number step of the given rows. Destinations may be nil.
func (s *RefinedSampler) attempt(step uint64, rows []uint64, y, z, x, logit []float32) error {
	l := s.model.LatentDim()
	if y == nil {
		if len(s.y) < len(rows)*l {
			s.y = make([]float32, len(rows)*l)
		}
		y = s.y[:len(rows)*l]
	}
	s.drawLatents(y, step, rows)
	if err := s.run.Feed("y", cpu.Rows{Data: y}); err != nil {
		return err
	}
	for i, dst := range [][]float32{z, x, logit} {
		if i == 2 && s.model.Accept == nil {
			break
		}
		if err := s.run.Into(i, dst); err != nil {
			return err
		}
	}
	return s.run.Run(cpu.Batch{Rows: len(rows)})
}

// drawLatents fills y with the auxiliary latents of the given rows: runs of
// successive rows at once, as they are at the first attempt.
func (s *RefinedSampler) drawLatents(y []float32, step uint64, rows []uint64) {
	l, k := s.model.LatentDim(), s.model.Given()
	for lo := 0; lo < len(rows); {
		n := 1
		for lo+n < len(rows) && rows[lo+n] == rows[lo]+uint64(n) {
			n++
		}
		if len(s.columns) < n*l {
			s.columns = make([]float32, n*l)
		}
		at := int(rows[lo]-s.base) * k
		s.model.Prior().fillGiven(s.latent, y[lo*l:(lo+n)*l], s.columns, step, rows[lo], l, s.given[at:at+n*k], k)
		lo += n
	}
}

const maxAttempts = 1000

// Draw fills x (n×Dim, row-major) with points row0 and following, and, unless nil,
// y with their auxiliary latents and z with their refined latents Φ(y).
func (s *RefinedSampler) Draw(row0 uint64, y, z, x []float32) error {
	return s.DrawGiven(row0, nil, y, z, x)
}

// DrawGiven is Draw of a model that takes k conditions: those of given (n×k, row-major)
// for its n points. A point that is refused is made anew with its own conditions, so that
// acceptance leaves their distribution as it is.
func (s *RefinedSampler) DrawGiven(row0 uint64, given, y, z, x []float32) error {
	n, k := len(x)/s.model.Dim(), s.model.Given()
	if err := checkGiven(given, n, k); err != nil {
		return err
	}
	if len(x) != n*s.model.Dim() || (y != nil && len(y) != n*s.model.LatentDim()) || (z != nil && len(z) != n*s.model.Phi.Dim()) {
		return fmt.Errorf("generator: room for %d features, %d latents and %d auxiliary latents is no whole number of points", len(x), len(z), len(y))
	}
	part := func(v []float32, lo, hi, width int) []float32 {
		if v == nil {
			return nil
		}
		return v[lo*width : hi*width]
	}
	for lo := 0; lo < n; lo += sampleRows {
		hi := min(lo+sampleRows, n)
		s.give(row0+uint64(lo), given[lo*k:hi*k])
		err := s.drawBlock(row0+uint64(lo), hi-lo, part(y, lo, hi, s.model.LatentDim()), part(z, lo, hi, s.model.Phi.Dim()), part(x, lo, hi, s.model.Dim()))
		if err != nil {
			return err
		}
	}
	return nil
}

// give sets the conditions of the rows from base on.
func (s *RefinedSampler) give(base uint64, given []float32) { s.base, s.given = base, given }

func (s *RefinedSampler) drawBlock(row0 uint64, n int, y, z, x []float32) error {
	pending := s.rows(row0, n)
	if s.model.Accept == nil {
		return s.attempt(0, pending, y, z, x, nil)
	}
	l, d, m := s.model.LatentDim(), s.model.Dim(), s.model.Phi.Dim()
	if len(s.logit) < n {
		s.y, s.z, s.x, s.logit = make([]float32, n*l), make([]float32, n*m), make([]float32, n*d), make([]float32, n)
	}
	for a := uint64(0); len(pending) > 0; a++ {
		if a == maxAttempts {
			return fmt.Errorf("generator: %d points were refused %d times each: the refined model is broken%s", len(pending), maxAttempts, s.where(pending))
		}
		k := len(pending)
		if err := s.attempt(a, pending, s.y[:k*l], s.z[:k*m], s.x[:k*d], s.logit[:k]); err != nil {
			return err
		}
		left := pending[:0]
		for i, r := range pending {
			if s.accept.Uniform(a, r, 0) >= math.Exp(float64(s.logit[i])-s.model.Accept.LogCap) {
				left = append(left, r)
				continue
			}
			to := int(r - row0)
			copy(x[to*d:(to+1)*d], s.x[i*d:])
			if z != nil {
				copy(z[to*m:(to+1)*m], s.z[i*m:])
			}
			if y != nil {
				copy(y[to*l:(to+1)*l], s.y[i*l:])
			}
		}
		pending = left
	}
	return nil
}

// where tells the conditions of the first of some rows.
func (s *RefinedSampler) where(rows []uint64) string {
	k := s.model.Given()
	if k == 0 {
		return ""
	}
	at := int(rows[0]-s.base) * k
	return fmt.Sprintf(" at conditions like %v", s.given[at:at+k])
}
