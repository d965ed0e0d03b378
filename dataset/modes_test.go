package dataset

import (
	"math"
	"slices"
	"testing"

	"etalon/rng"
)

// The points that are nearest to a centre have it as their mean and the stated
// standard deviation, and are as many as those of any other; tolerances are 5
// standard deviations. Modes overlap by less than 1e-3 of their mass.
func TestModes(t *testing.T) {
	if !slices.Contains(MultimodalNames(), "gaussians") {
		t.Fatalf("densities with modes: %v", MultimodalNames())
	}
	for _, name := range MultimodalNames() {
		d, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		centres, sigma := d.(Multimodal).Modes()
		const n = 100_000
		dim, k := d.Dim(), len(centres)
		x := make([]float32, n*dim)
		Sample(d, x, rng.New(5, "modes"), 0)
		count, square := make([]float64, k), make([]float64, k)
		mean := make([][]float64, k)
		for j := range mean {
			mean[j] = make([]float64, dim)
		}
		for i := range n {
			best, at := math.Inf(1), 0
			for j, c := range centres {
				r2 := 0.0
				for l, v := range x[i*dim:][:dim] {
					r2 += (float64(v) - c[l]) * (float64(v) - c[l])
				}
				if r2 < best {
					best, at = r2, j
				}
			}
			count[at]++
			square[at] += best
			for l, v := range x[i*dim:][:dim] {
				mean[at][l] += float64(v)
			}
		}
		for j, c := range centres {
			expected := float64(n) / float64(k)
			if math.Abs(count[j]-expected) > 5*math.Sqrt(expected)+1e-3*expected {
				t.Errorf("%s: mode %d has %g of %d points", name, j, count[j], n)
			}
			for l := range c {
				if math.Abs(mean[j][l]/count[j]-c[l]) > 5*sigma/math.Sqrt(count[j])+1e-3*sigma {
					t.Errorf("%s: mode %d has the mean %g along %d, centre %g", name, j, mean[j][l]/count[j], l, c[l])
				}
			}
			if got := math.Sqrt(square[j] / count[j] / float64(dim)); math.Abs(got/sigma-1) > 5/math.Sqrt(2*count[j]*float64(dim))+1e-3 {
				t.Errorf("%s: mode %d has the standard deviation %g, stated %g", name, j, got, sigma)
			}
		}
		centres[0][0] += 100
		if again, _ := d.(Multimodal).Modes(); again[0][0] == centres[0][0] {
			t.Errorf("%s: a caller changed the density", name)
		}
	}
}
