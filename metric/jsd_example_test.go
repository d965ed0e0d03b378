package metric_test

import (
	"fmt"
	"log"

	"etalon/hist"
	"etalon/metric"
	"etalon/rng"
)

// normals returns a histogram of n points of N((mean, 0), 1).
func normals(name string, n int, mean float64) *hist.H2 {
	h, err := hist.NewH2(20, 20, -4, 4, -4, 4)
	if err != nil {
		log.Fatal(err)
	}
	x := make([]float32, 2*n)
	s := rng.New(1, name)
	for i := range n {
		x[2*i] = float32(mean + s.Normal(0, uint64(i), 0))
		x[2*i+1] = float32(s.Normal(0, uint64(i), 1))
	}
	h.FillRows(x, nil)
	return h
}

// A divergence of histograms is above zero for samples of one density, too. The floor
// says by how much, and a score is worth looking at where it is far above.
func ExampleJSDFloor() {
	truth := normals("truth", 20000, 0)
	for _, mean := range []float64{0, 0.5} {
		sample := normals("sample", 20000, mean)
		jsd, err := metric.JSD(truth, sample)
		if err != nil {
			log.Fatal(err)
		}
		floor, err := metric.JSDFloor(truth, sample)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("shift %.1f: within 20 %% of the floor %v, above 5 floors %v\n", mean, jsd < 1.2*floor && jsd > 0.8*floor, jsd > 5*floor)
	}
	// Output:
	// shift 0.0: within 20 % of the floor true, above 5 floors false
	// shift 0.5: within 20 % of the floor false, above 5 floors true
}
