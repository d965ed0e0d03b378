package dataset

import (
	"math"
	"slices"
	"testing"

	"etalon/rng"
)

// The density is the mixture of normals that Modes states, at drawn points.
func TestMultimodal(t *testing.T) {
	if !slices.Contains(MultimodalNames(), "gaussians") || slices.Contains(MultimodalNames(), "rings") {
		t.Fatalf("densities with modes: %v", MultimodalNames())
	}
	for _, name := range MultimodalNames() {
		d, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		centres, sigma := d.(Multimodal).Modes()
		const n = 1000
		dim := d.Dim()
		x := make([]float32, n*dim)
		Sample(d, x, rng.New(5, "modes"), 0)
		at := make([]float64, dim)
		for i := range n {
			for j := range at {
				at[j] = float64(x[i*dim+j])
			}
			p := 0.0
			for _, c := range centres {
				r2 := 0.0
				for j := range at {
					r2 += (at[j] - c[j]) * (at[j] - c[j]) / (sigma * sigma)
				}
				p += math.Exp(-r2/2) / math.Pow(2*math.Pi*sigma*sigma, float64(dim)/2) / float64(len(centres))
			}
			if got := d.LogProb(at); math.Abs(got-math.Log(p)) > 1e-9 {
				t.Fatalf("%s at %v: log-density %g, its modes say %g", name, at, got, math.Log(p))
			}
		}
		centres[0][0] += 100
		if again, _ := d.(Multimodal).Modes(); again[0][0] == centres[0][0] {
			t.Errorf("%s: a caller changed the density", name)
		}
	}
}
