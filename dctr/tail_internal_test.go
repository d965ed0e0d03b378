package dctr

import (
	"math"
	"slices"
	"testing"

	"etalon/rng"
)

// The largest values are those at the end of the sorted ones, with ties and zeros.
func TestLargest(t *testing.T) {
	src := rng.New(1, "largest").Source(0)
	for _, n := range []int{1, 2, 50, 1000} {
		x := make([]float64, n)
		for i := range x {
			if x[i] = float64(src.Uint64() % 37); x[i] == 0 {
				x[i] = math.Inf(-1)
			}
		}
		sorted := slices.Sorted(slices.Values(x))
		for _, m := range []int{1, n/3 + 1, n} {
			got, ok := largest(x, m)
			if !ok || !slices.Equal(got, sorted[n-m:]) {
				t.Errorf("the %d largest of %d are %v", m, n, got)
			}
		}
		x[n/2] = math.NaN()
		if _, ok := largest(x, 1); ok {
			t.Error("NaN is accepted")
		}
	}
}
