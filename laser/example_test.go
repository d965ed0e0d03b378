package laser_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"etalon/engine/cpu"
	"etalon/laser"
	"etalon/mcmc"
)

// silent is an Observer that says nothing.
type silent struct{}

func (silent) StageStart(string, int, int)      {}
func (silent) Progress(int, int, string)        {}
func (silent) StageEnd(string, float64, string) {}

// tiny returns settings that run in a moment, for examples: far too small for anything
// else. A refined model comes with Refiner.Kind as the preset has it.
func tiny() laser.Config {
	c, err := laser.Preset("quick", "gaussians")
	if err != nil {
		log.Fatal(err)
	}
	c.Data.Points, c.Classifier.Generated, c.Score.Points, c.Score.Bins = 2000, 2000, 2000, 10
	c.Generator.Flow.Network.Blocks, c.Generator.Flow.Network.Hidden, c.Generator.Flow.Network.Units = 2, 1, 8
	c.Generator.Flow.Training.Epochs, c.Generator.Flow.Training.Batch = 4, 200
	c.Classifier.Network.Hidden, c.Classifier.Network.Units = 1, 8
	c.Classifier.Training.Epochs, c.Classifier.Training.Batch = 4, 200
	c.Closure.Points, c.HMC.Samples, c.Refiner.Kind = 0, 0, "none"
	c.Samplers.Reference = 2000
	return c
}

// The protocol in a directory, and points of the weighted latent space of the finished
// run: rejection is one of the methods of package mcmc, laser.Auto finds the cheapest.
func Example() {
	tmp, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	dir := filepath.Join(tmp, "run")
	e := cpu.New(0)
	defer e.Close()
	ctx := context.Background()

	run, err := laser.Open(dir, tiny(), e, silent{})
	if err != nil {
		log.Fatal(err)
	}
	if err := run.Do(ctx); err != nil { // continues where an earlier call stopped
		log.Fatal(err)
	}

	draws, err := laser.OpenDraws(e, dir, 2)
	if err != nil {
		log.Fatal(err)
	}
	defer draws.Close()
	z, x, report, err := draws.Draw(ctx, string(mcmc.Rejection), 1000, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("complete:", run.Complete())
	fmt.Println(len(z)/draws.LatentDim(), "latents,", len(x)/draws.Dim(), "points by", report.Method)
	// Output:
	// complete: true
	// 1000 latents, 1000 points by rejection
}
