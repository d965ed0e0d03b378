package main

import (
	"os"
	"path/filepath"

	"etalon/engine/cpu"
	"etalon/generator"
)

// sampleStream names the random numbers of drawn points. A run draws its refined
// sample from the same stream: with its seed the points are the same.
const sampleStream = "sample"

// drawer draws points with the latents that they were made from: those of the
// primary generator, where the model is refined.
type drawer struct {
	latentDim int
	first     *generator.Sampler // of the model, or of its refiner
	push      *generator.Sampler // of the primary generator; nil where there is no refiner
	latents   []float32          // of a chunk, where the caller does not want them
}

func newDrawer(e *cpu.Engine, gen generator.Generator, seed uint64) (*drawer, error) {
	d := &drawer{latentDim: gen.LatentDim()}
	var err error
	if c, ok := gen.(*generator.Composed); ok {
		d.latentDim = c.G.LatentDim()
		if d.push, err = generator.NewSampler(e, c.G, seed, "unused"); err != nil {
			return nil, err
		}
		gen = c.Phi
	}
	d.first, err = generator.NewSampler(e, gen, seed, sampleStream)
	return d, err
}

// draw fills x with the points from row0 on, and z with their latents unless it is
// nil.
func (d *drawer) draw(row0 uint64, z, x []float32) error {
	if d.push == nil {
		return d.first.Draw(row0, z, x)
	}
	if z == nil {
		n := len(x) / d.push.Generator().Dim() * d.latentDim
		if len(d.latents) < n {
			d.latents = make([]float32, n)
		}
		z = d.latents[:n]
	}
	if err := d.first.Draw(row0, nil, z); err != nil {
		return err
	}
	return d.push.Push(z, x)
}

func exists(parts ...string) bool {
	_, err := os.Stat(filepath.Join(parts...))
	return err == nil
}
