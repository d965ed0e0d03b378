package dctr_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// Generated numbers follow N(0, 1), the truth N(½, 1). The exact log-weights are
// x/2 - 1/8, and the weights of N points are worth N·exp(-¼) = 0.78·N of the truth.
func Example() {
	const n = 20000
	truth, gen := make([]float32, n), make([]float32, n)
	s := rng.New(1, "example")
	for i := range n {
		truth[i] = float32(s.Normal(0, uint64(i), 0) + 0.5)
		gen[i] = float32(s.Normal(1, uint64(i), 0))
	}

	e := cpu.New(0)
	defer e.Close()
	fit := dctr.Fit{
		Network:  dctr.Config{Hidden: 2, Units: 16, Slope: 0.1},
		Scale:    []float64{1},
		Training: train.Config{Epochs: 8, Batch: 200, Adam: optim.Adam{Alpha: 3e-3}, Schedule: optim.Schedule{Kind: "cosine"}},
		Loss:     dctr.BCE,
		Seed:     1,
	}
	r, err := fit.Run(context.Background(), e, dctr.Sample{X: truth}, dctr.Sample{X: gen})
	if err != nil {
		log.Fatal(err)
	}
	d, err := dctr.Diagnose(nil, r.LogW)
	if err != nil {
		log.Fatal(err)
	}
	mean, sumW := 0.0, 0.0
	for i, l := range r.LogW {
		mean += math.Exp(l) * float64(gen[i])
		sumW += math.Exp(l)
	}
	fmt.Println("weighted mean within 0.05 of ½:", math.Abs(mean/sumW-0.5) < 0.05)
	fmt.Println("N_eff within 5 % of 0.78·N:", math.Abs(d.Fraction-math.Exp(-0.25)) < 0.05)
	fmt.Println("Σw/N within 5 % of 1:", math.Abs(d.Closure) < 0.05)
	// Output:
	// weighted mean within 0.05 of ½: true
	// N_eff within 5 % of 0.78·N: true
	// Σw/N within 5 % of 1: true
}
