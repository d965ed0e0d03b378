package generator

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/graph"
)

// Sampler draws from a generator. Point i of a stream is a pure function of
// (seed, stream, i): draws in parts or in shards give the same points.
type Sampler struct {
	gen     Generator
	draw    *cpu.Program    // prior → z, x
	push    *cpu.Program    // z → x
	refined *RefinedSampler // draws from a polished model, or nil
}

// NewSampler compiles the generator for sampling.
func NewSampler(e *cpu.Engine, gen Generator, seed uint64, stream string) (*Sampler, error) {
	s := &Sampler{gen: gen}
	g := graph.New()
	z := gen.Prior().Build(g, stream, gen.LatentDim())
	var err error
	if s.draw, err = e.Compile(g, cpu.Config{Seed: seed}, z, gen.Build("", z)); err != nil {
		return nil, err
	}
	g = graph.New()
	if s.push, err = e.Compile(g, cpu.Config{}, gen.Build("", g.Input("z", gen.LatentDim()))); err != nil {
		return nil, err
	}
	if err := gen.Bind(s.draw, ""); err != nil {
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
