package hist_test

import (
	"fmt"
	"log"

	"etalon/hist"
)

// Weighted events keep Σw and Σw² in every bin: masses, densities, errors and the
// number of events that they are worth follow.
func Example() {
	h, err := hist.NewH1(4, 0, 2)
	if err != nil {
		log.Fatal(err)
	}
	for _, ev := range [][2]float64{{0.1, 1}, {0.2, 1}, {0.7, 2}, {2, 1}, {3, 5}} { // value, weight
		h.Fill(ev[0], ev[1])
	}
	fmt.Println("masses", h.Mass())
	fmt.Println("densities", h.Density())
	fmt.Printf("outside %v, worth %.2f events\n", h.Outside, h.EffectiveEntries())
	// Output:
	// masses [0.4 0.4 0 0.2]
	// densities [0.8 0.8 0 0.4]
	// outside 5, worth 3.57 events
}

// Points of the plane, with log-weights; the upper edge belongs to the last bin.
func ExampleH2() {
	h, err := hist.NewH2(2, 2, -1, 1, -1, 1)
	if err != nil {
		log.Fatal(err)
	}
	h.FillRows([]float32{-0.5, -0.5, 0.5, 0.5, 1, 1}, []float64{0, 0, 0})
	fmt.Println(h.W, h.MarginX().W)
	// Output: [1 0 0 2] [1 2]
}
