package showerscore

import (
	"context"
	"math"
	"testing"

	"etalon/calo"
)

// The means of a file are those of its showers, and of a part of them where the others
// have no weight.
func TestReadImages(t *testing.T) {
	r, err := calo.Open("../testdata/gettinghigh.h5", calo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, size := r.Len(), r.Shape.Cells()
	one := make([]float64, n)
	for i := range one {
		one[i] = math.Inf(-1)
	}
	one[n-1] = 2
	m, err := ReadImages(context.Background(), r, nil, one)
	if err != nil {
		t.Fatal(err)
	}
	cells := make([]float32, n*size)
	if err := r.Read(0, n, cells); err != nil {
		t.Fatal(err)
	}
	var all, last float64
	for i, c := range cells {
		all += float64(c) / float64(n)
		if i >= (n-1)*size {
			last += float64(c)
		}
	}
	for k, want := range []float64{all, last} {
		for _, v := range [][]float64{m[k].XY, m[k].LayerX, m[k].LayerY, m[k].Longitudinal, m[k].Radial} {
			sum := 0.0
			for _, e := range v {
				sum += e
			}
			if math.Abs(sum-want) > 1e-9*want {
				t.Errorf("weighting %d: %g MeV, want %g", k, sum, want)
			}
		}
	}
	if _, err := ReadImages(context.Background(), r, make([]float64, n+1)); err == nil {
		t.Error("a wrong number of weights is accepted")
	}
}
