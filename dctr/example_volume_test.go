package dctr_test

import (
	"context"
	"errors"
	"fmt"

	"etalon/calo"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/metric"
)

// Weights of generated showers by their cells: cross-fitted, with a temperature from
// held-out showers, of mean 1, clipped at 5.
func ExampleSmallVolume() {
	read := func(path string) (*calo.Sparse, error) {
		r, err := calo.Open(path, calo.Config{})
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return calo.ReadSparse(context.Background(), r, 4000)
	}
	truth, err1 := read("geant4.h5")
	gen, err2 := read("generated.h5")
	if err := errors.Join(err1, err2); err != nil {
		fmt.Println(err)
		return
	}
	net, training := dctr.SmallVolume([3]int{truth.Shape.Layers, truth.Shape.X, truth.Shape.Y})
	fit := dctr.Fit{Network: dctr.Config{Volume: &net}, Training: training, Folds: 2, Calibrate: dctr.Temperature, Seed: 1}
	e := cpu.New(0)
	defer e.Close()
	r, err := fit.Run(context.Background(), e, dctr.Sample{From: truth}, dctr.Sample{From: gen})
	if err != nil {
		fmt.Println(err)
		return
	}
	logw, err := metric.NormaliseLogWeights(r.LogW)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, clipped, err := dctr.Clip(nil, logw, 5, true)
	fmt.Println(clipped, err, r.Model.Save("low-level"))
}
