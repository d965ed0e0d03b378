package generator_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"

	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// A flow is trained on points of N((3, -1), diag(4, ¼)), saved, loaded as any generator
// is, and sampled.
func Example() {
	const n = 4000
	truth := make([]float32, 2*n)
	s := rng.New(1, "truth")
	for i := range n {
		truth[2*i] = float32(3 + 2*s.Normal(0, uint64(i), 0))
		truth[2*i+1] = float32(-1 + 0.5*s.Normal(0, uint64(i), 1))
	}

	e := cpu.New(0)
	defer e.Close()
	flow, err := generator.NewFlow(generator.FlowConfig{Blocks: 2, Hidden: 1, Units: 8, Slope: 0.01}, []float64{2, 0.5}, 1)
	if err != nil {
		log.Fatal(err)
	}
	flow.Shift = []float64{3, -1} // what the network sees has mean 0 and unit variance
	cfg := train.Config{Epochs: 10, Batch: 200, Adam: optim.Adam{Alpha: 3e-3}, Schedule: optim.Schedule{Kind: "cosine"}}
	o, err := generator.NewFlowObjective(e, flow, truth, cfg, 1)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := (train.Loop{Name: "flow", Epochs: cfg.Epochs, Schedule: cfg.Schedule}).Run(context.Background(), o); err != nil {
		log.Fatal(err)
	}

	tmp, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	dir := filepath.Join(tmp, "model")
	if err := flow.Save(dir); err != nil {
		log.Fatal(err)
	}
	g, err := generator.Load(dir)
	if err != nil {
		log.Fatal(err)
	}
	sampler, err := generator.NewSampler(e, g, 1, "example")
	if err != nil {
		log.Fatal(err)
	}
	x := make([]float32, 2*20000)
	if err := sampler.Draw(0, nil, x); err != nil {
		log.Fatal(err)
	}
	var mean [2]float64
	for i, v := range x {
		mean[i%2] += float64(v) / 20000
	}
	fmt.Println(g.LatentDim(), "latents,", g.Dim(), "features,", g.Prior(), "prior")
	fmt.Println("means within 0.3 and 0.1:", math.Abs(mean[0]-3) < 0.3, math.Abs(mean[1]+1) < 0.1)
	// Output:
	// 2 latents, 2 features, normal prior
	// means within 0.3 and 0.1: true true
}

// A refiner makes latents of another generator; g∘Φ is a generator again.
func ExampleCompose() {
	g, err := generator.NewFlow(generator.FlowConfig{Blocks: 2, Hidden: 1, Units: 8}, []float64{1, 1}, 1)
	if err != nil {
		log.Fatal(err)
	}
	phi, err := generator.NewFlow(generator.FlowConfig{Blocks: 1, Hidden: 1, Units: 8}, []float64{1, 1}, 2)
	if err != nil {
		log.Fatal(err)
	}
	refined, err := generator.Compose(g, phi)
	if err != nil {
		log.Fatal(err)
	}
	e := cpu.New(1)
	defer e.Close()
	whole, err := generator.NewSampler(e, refined, 1, "s")
	if err != nil {
		log.Fatal(err)
	}
	y, x := make([]float32, 10), make([]float32, 10)
	if err := whole.Draw(0, y, x); err != nil { // y: latents of Φ
		log.Fatal(err)
	}
	one, err := generator.NewSampler(e, phi, 1, "s")
	if err != nil {
		log.Fatal(err)
	}
	two, err := generator.NewSampler(e, g, 1, "s")
	if err != nil {
		log.Fatal(err)
	}
	z, again := make([]float32, 10), make([]float32, 10)
	if err := one.Push(y, z); err != nil {
		log.Fatal(err)
	}
	if err := two.Push(z, again); err != nil {
		log.Fatal(err)
	}
	far := 0.0
	for i := range x {
		far = max(far, math.Abs(float64(x[i]-again[i])))
	}
	fmt.Println("g(Φ(y)) by parts, within 1e-5:", far < 1e-5)
	// Output: g(Φ(y)) by parts, within 1e-5: true
}
