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
	// draw fills x with the points from row0 on, at given conditions if the model takes
	// any, and z with their latents unless it is nil.
	draw func(row0 uint64, given, z, x []float32) error
}

func newDrawer(e *cpu.Engine, gen generator.Generator, seed uint64) (*drawer, error) {
	if c, ok := gen.(*generator.Composed); ok {
		s, err := generator.NewRefinedSampler(e, c, seed, sampleStream)
		if err != nil {
			return nil, err
		}
		return &drawer{c.G.LatentDim(), func(row0 uint64, given, z, x []float32) error { return s.DrawGiven(row0, given, nil, z, x) }}, nil
	}
	s, err := generator.NewSampler(e, gen, seed, sampleStream)
	if err != nil {
		return nil, err
	}
	return &drawer{gen.LatentDim(), s.DrawGiven}, nil
}

func exists(parts ...string) bool {
	_, err := os.Stat(filepath.Join(parts...))
	return err == nil
}
