package metric_test

import (
	"fmt"
	"log"
	"math"

	"etalon/metric"
)

// A generator of normals about 0.5 stands for the truth, normals about 0: what its
// weighted events are worth for the mean of x. Eq. (9) has e^¼·(1+¼) = 1.605 events
// for each of the truth's.
func ExampleMatchingEvents() {
	generated := metric.Observable{}
	const n = 4000
	for i := range n { // quantiles instead of random numbers
		x := 0.5 + math.Sqrt2*math.Erfinv(2*(float64(i)+0.5)/n-1)
		generated.F = append(generated.F, x)
		generated.W = append(generated.W, math.Exp(0.125-x/2)) // the density ratio
	}
	mean, err := generated.Mean()
	if err != nil {
		log.Fatal(err)
	}
	need, err := metric.MatchingEvents(generated, 1000)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("mean %.2f +- %.2f\n", mean.Value, mean.Error)
	fmt.Printf("%.1f times as many events as of the truth\n", need.Value/1000)
	// Output:
	// mean 0.00 +- 0.02
	// 1.6 times as many events as of the truth
}
