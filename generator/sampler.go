package generator

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/rng"
)

// Sampler draws from a generator. Point i of a stream is a pure function of
// (seed, stream, i): draws in parts or in shards give the same points.
type Sampler struct {
	gen     Generator
	draw    *cpu.Program    // prior → z, x; nil where the generator takes conditions
	push    *cpu.Program    // z → x
	refined *RefinedSampler // draws from a polished model, or nil
	latent  rng.Stream
}

// NewSampler compiles the generator for sampling.
func NewSampler(e *cpu.Engine, gen Generator, seed uint64, stream string) (*Sampler, error) {
	s := &Sampler{gen: gen, latent: rng.New(seed, stream)}
	var err error
	if GivenOf(gen) == 0 {
		g := graph.New()
		z := gen.Prior().Build(g, stream, gen.LatentDim())
		if s.draw, err = e.Compile(g, cpu.Config{Seed: seed}, z, gen.Build("", z)); err != nil {
			return nil, err
		}
		if err := gen.Bind(s.draw, ""); err != nil {
			return nil, err
		}
	}
	g := graph.New()
	if s.push, err = e.Compile(g, cpu.Config{}, gen.Build("", g.Input("z", gen.LatentDim()))); err != nil {
		return nil, err
	}
	if c, ok := gen.(*Composed); ok && c.Accept != nil {
		if s.refined, err = NewRefinedSampler(e, c, seed, stream); err != nil {
			return nil, err
		}
	}
	return s, gen.Bind(s.push, "")
}

const sampleRows = 1 << 16 // rows of one run: bounds the memory of kept values

// Draw fills x (n×Dim, row-major) with points number row0 and following, and z
// (n×LatentDim) with their latents unless it is nil.
func (s *Sampler) Draw(row0 uint64, z, x []float32) error {
	d, l := s.gen.Dim(), s.gen.LatentDim()
	n := len(x) / d
	if len(x) != n*d || (z != nil && len(z) != n*l) {
		return fmt.Errorf("generator: room for %d features and %d latents; rows of %d and %d are needed", len(x), len(z), d, l)
	}
	if s.refined != nil {
		return s.refined.Draw(row0, z, nil, x)
	}
	if s.draw == nil {
		return s.DrawGiven(row0, nil, z, x)
	}
	for lo := 0; lo < n; lo += sampleRows {
		hi := min(lo+sampleRows, n)
		if z != nil {
			if err := s.draw.Into(0, z[lo*l:hi*l]); err != nil {
				return err
			}
		}
		if err := s.draw.Into(1, x[lo*d:hi*d]); err != nil {
			return err
		}
		if err := s.draw.Run(cpu.Batch{Rows: hi - lo, Row0: row0 + uint64(lo)}); err != nil {
			return err
		}
	}
	return s.draw.Into(0, nil)
}

// DrawGiven is Draw of a generator that takes k conditions: those of given (n×k,
// row-major) for its n points. They are the last latents of each point in z.
func (s *Sampler) DrawGiven(row0 uint64, given, z, x []float32) error {
	d, l, k := s.gen.Dim(), s.gen.LatentDim(), GivenOf(s.gen)
	n := len(x) / d
	if err := checkGiven(given, n, k); err != nil {
		return err
	}
	switch {
	case len(x) != n*d || (z != nil && len(z) != n*l):
		return fmt.Errorf("generator: room for %d features and %d latents; rows of %d and %d are needed", len(x), len(z), d, l)
	case s.refined != nil:
		return s.refined.DrawGiven(row0, given, z, nil, x)
	case k == 0:
		return s.Draw(row0, z, x)
	}
	size := min(n, sampleRows)
	own, columns := make([]float32, size*l), make([]float32, size*l)
	for lo := 0; lo < n; lo += sampleRows {
		hi := min(lo+sampleRows, n)
		part := own[:(hi-lo)*l]
		if z != nil {
			part = z[lo*l : hi*l]
		}
		s.gen.Prior().fillGiven(s.latent, part, columns, 0, row0+uint64(lo), l, given[lo*k:hi*k], k)
		if err := s.Push(part, x[lo*d:hi*d]); err != nil {
			return err
		}
	}
	return nil
}

// Push maps given latents (n×LatentDim, row-major) to features x (n×Dim).
func (s *Sampler) Push(z, x []float32) error {
	d, l := s.gen.Dim(), s.gen.LatentDim()
	n := len(x) / d
	if len(x) != n*d || len(z) != n*l {
		return fmt.Errorf("generator: %d latents and room for %d features; rows of %d and %d are needed", len(z), len(x), l, d)
	}
	for lo := 0; lo < n; lo += sampleRows {
		hi := min(lo+sampleRows, n)
		if err := s.push.Feed("z", cpu.Rows{Data: z[lo*l : hi*l]}); err != nil {
			return err
		}
		if err := s.push.Into(0, x[lo*d:hi*d]); err != nil {
			return err
		}
		if err := s.push.Run(cpu.Batch{Rows: hi - lo}); err != nil {
			return err
		}
	}
	return nil
}
