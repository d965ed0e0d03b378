package dataset_test

import (
	"fmt"
	"os"
	"path/filepath"

	"etalon/dataset"
	"etalon/rng"
)

func ExampleLookup() {
	d, err := dataset.Lookup("double-donut")
	if err != nil {
		fmt.Println(err)
		return
	}
	b0, b1 := d.Betti()
	fmt.Printf("%s: b0 = %d, b1 = %d, log p(0) = %.4f\n", d.Name(), b0, b1, d.LogProb([]float64{0, 0}))
	_, err = dataset.Lookup("donut")
	fmt.Println(err)
	// Output:
	// double-donut: b0 = 1, b1 = 2, log p(0) = -4.1431
	// unknown density "donut"; known are gaussians, double-donut, rings, bimodal, circle8, grid25
}

// A sample is drawn and written in parts, in bounded memory.
func ExampleCreateNPY() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "truth.npy")

	d, _ := dataset.Lookup("rings")
	s := rng.New(7, "truth")
	w, err := dataset.CreateNPY(path, 10000, d.Dim())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Abort() // after Close it does nothing
	block := make([]float32, 1000*d.Dim())
	for row := range 10 {
		dataset.Sample(d, block, s, uint64(row*1000))
		if err := w.Write(block); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}

	t, err := dataset.Read(path, dataset.ReadOptions{Cols: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Rows, t.Cols)
	// Output: 10000 2
}
