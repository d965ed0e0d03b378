package laser

import (
	"math"
	"testing"

	"etalon/rng"
)

// TestTrimmedCorrelation: of 20000 points with correlation 0.8, one that lies far
// out and is not followed must not matter; of the plain correlation it takes most.
func TestTrimmedCorrelation(t *testing.T) {
	const n = 20000
	s := rng.New(5, "trimmed")
	a, b := make([]float64, n), make([]float64, n)
	for i := range a {
		b[i] = s.Normal(0, uint64(i), 0)
		a[i] = 0.8*b[i] + 0.6*s.Normal(0, uint64(i), 1)
	}
	b[17] = -300
	// The error of a correlation of n points is (1-r²)/√n = 0.0025; trimming two of
	// 10⁴ normals lowers r by less than that.
	if r := trimmedCorrelation(a, b); math.Abs(r-0.8) > 4*0.0025+0.0025 {
		t.Errorf("trimmed correlation %v, want 0.8", r)
	}
}
