package bibae_test

import (
	"fmt"
	"log"

	"etalon/bibae"
	"etalon/engine/cpu"
)

// The decoder of an untrained model of small showers, as a generator with hidden noise:
// the same latents in another row make another shower. NewLearner and a train.Loop would
// train it.
func Example() {
	model, err := bibae.New(bibae.Config{
		Layers: 6, X: 6, Y: 6, Latent: 3, Noise: 2, Units: 12, Wide: 16,
		Encoder: []bibae.Layer{{Filters: 2, Kernel: 4, Stride: 2, Pad: 2}, {Filters: 3, Kernel: 3, Stride: 1}},
		Grid:    2, GridFilters: 2,
		Decoder: []bibae.Layer{{Filters: 2, Kernel: 3, Stride: 3, Transposed: true}, {Filters: 1, Kernel: 3, Stride: 1, Pad: 1}},
		Slope:   0.2, Unit: 0.1, EnergyUnit: 100,
	}, 1)
	if err != nil {
		log.Fatal(err)
	}
	model.Energy = 50 // GeV

	e := cpu.New(1)
	defer e.Close()
	s, err := bibae.NewSimulator(e, model)
	if err != nil {
		log.Fatal(err)
	}
	z, x := make([]float32, 2*s.LatentDim()), make([]float32, 2*s.Dim())
	if err := s.Generate(0, z, x); err != nil {
		log.Fatal(err)
	}
	negative, same := 0, true
	for i, v := range x {
		if v < 0 {
			negative++
		}
		same = same && v == x[i%s.Dim()]
	}
	fmt.Println(s.LatentDim(), "latents,", s.Dim(), "cells, hidden noise:", s.Hidden())
	fmt.Println("negative deposits:", negative, " two showers alike:", same)
	// Output:
	// 3 latents, 216 cells, hidden noise: true
	// negative deposits: 0  two showers alike: false
}
