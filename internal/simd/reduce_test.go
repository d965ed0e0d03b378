package simd

import (
	"math"
	"math/big"
	"testing"
)

// TestReduce holds Sum and Dot against exact sums. The bound is n·2⁻⁵³ times the sum of
// magnitudes; and all levels must agree to the bit.
func TestReduce(t *testing.T) {
	first := map[int][2]float64{}
	atLevels(t, func(t *testing.T) {
		for n := range 140 {
			a, b := normals(newRand(1), n, n%16), normals(newRand(2), n, 0)
			var sum, dot big.Float
			var sumSize, dotSize float64
			sum.SetPrec(200)
			dot.SetPrec(200)
			for i := range a {
				x, p := float64(a[i]), float64(a[i])*float64(b[i])
				sum.Add(&sum, big.NewFloat(x))
				dot.Add(&dot, big.NewFloat(p))
				sumSize += math.Abs(x)
				dotSize += math.Abs(p)
			}
			s, d := Sum(a), Dot(a, b)
			wantS, _ := sum.Float64()
			wantD, _ := dot.Float64()
			if math.Abs(s-wantS) > float64(n)*0x1p-53*sumSize || math.Abs(d-wantD) > float64(n)*0x1p-53*dotSize {
				t.Fatalf("length %d: Sum %v, want %v; Dot %v, want %v", n, s, wantS, d, wantD)
			}
			if f, ok := first[n]; ok && f != [2]float64{s, d} {
				t.Fatalf("length %d: %v and %v, at another level %v", n, s, d, f)
			}
			first[n] = [2]float64{s, d}
		}
		x := make([]float32, 100)
		x[37] = float32(math.Inf(1))
		if s := Sum(x); !math.IsInf(s, 1) {
			t.Errorf("Sum with +Inf is %v", s)
		}
		if d := Dot(x, make([]float32, 100)); d == d {
			t.Errorf("Dot with 0·Inf is %v", d)
		}
	})
	if !panics(func() { Dot(make([]float32, 3), make([]float32, 4)) }) {
		t.Error("Dot: no panic for lengths 3 and 4")
	}
}
