package showers_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"etalon/engine/cpu"
	"etalon/showers"
)

// silent is an Observer that says nothing.
type silent struct{}

func (silent) StageStart(string, int, int)      {}
func (silent) Progress(int, int, string)        {}
func (silent) StageEnd(string, float64, string) {}

// A study of the showers that come with the repository, with fewer generated ones than
// the preset has. Run.Do then fits, weights, refines and scores, some minutes long.
func Example() {
	tmp, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(tmp)

	cfg, err := showers.Preset("quick")
	if err != nil {
		log.Fatal(err)
	}
	cfg.Truth.File = "../" + showers.ShippedTruth
	cfg.Generator.Showers, cfg.Generator.Scored = 2000, 2000
	e := cpu.New(0)
	defer e.Close()
	run, err := showers.Open(filepath.Join(tmp, "run"), cfg, e, silent{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("generator:", cfg.Generator.Kind, " classifier inputs:", cfg.HighLevel.Observables, " complete:", run.Complete())
	fmt.Println("to draw:", showers.DrawMethods())
	// Output:
	// generator: fastsim  classifier inputs: [high_level]  complete: false
	// to draw: [refiner rejection baseline]
}
