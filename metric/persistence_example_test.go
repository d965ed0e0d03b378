package metric_test

import (
	"fmt"
	"math"

	"etalon/hist"
	"etalon/metric"
)

// A ring of points: one part with one hole.
func ExamplePersistence() {
	h, err := hist.NewH2(20, 20, -2, 2, -2, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	for k := range 100_000 {
		phi := 2 * math.Pi * float64(k) / 100_000
		h.Fill(math.Cos(phi), math.Sin(phi), 1)
	}
	d, err := metric.Persistence(h, metric.BettiOptions{Smoothing: 1.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range d.Features {
		if f.Counts {
			fmt.Printf("dimension %d, there where the region has 80 %% of the mass: %v\n", f.Dim, f.BirthMass < 0.8 && f.DeathMass > 0.8)
		}
	}
	fmt.Println("Betti numbers", d.Betti)
	// Output:
	// dimension 0, there where the region has 80 % of the mass: true
	// dimension 1, there where the region has 80 % of the mass: true
	// Betti numbers [1 1]
}
