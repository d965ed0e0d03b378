package metric_test

import (
	"fmt"

	"etalon/metric"
)

// Three points in two modes, one of double weight, and one point far away.
func ExampleModeCoverage() {
	m, err := metric.ModeCoverage(
		metric.Cloud{X: []float32{-2.5, -1.5, 2, 7}, Dim: 1, LogW: []float64{0, 0, 0.6931471805599453, 0}},
		metric.ModeOptions{Centres: [][]float64{{-2}, {2}}, Sigma: 0.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f within %g sigma of %d modes, shares %.2f and %.2f\n", m.Within, m.Radius, m.Covered, m.Shares[0].Share, m.Shares[1].Share)
	// Output: 0.80 within 4 sigma of 2 modes, shares 0.50 and 0.50
}
