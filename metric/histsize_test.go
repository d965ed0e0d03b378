package metric

import (
	"math"
	"testing"

	"etalon/hist"
	"etalon/rng"
)

// Equal weights are worth all points; weights that depend on the place alone as many, in
// units of their bins; random ones as many as Kish says.
func TestHistogramSize(t *testing.T) {
	const n = 200_000
	x := make([]float32, 2*n)
	rng.New(1, "x").UniformRows(x, len(x), 0, 0, len(x), 1)
	u := rng.New(1, "w").Source(0)
	size := func(logw func(i int) float64) (got, kish float64) {
		h, err := hist.NewH2(10, 10, 0, 1, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		w := make([]float64, n)
		for i := range w {
			w[i] = logw(i)
		}
		h.FillRows(x, w)
		return HistogramSize(h), KishESS(w)
	}
	if got, _ := size(func(int) float64 { return 0.7 }); math.Abs(got-n) > 1e-6*n {
		t.Errorf("equal weights: %v; want %v", got, n)
	}
	// Left half of weight 9, right half of weight 1. With n/2 points in 50 bins each,
	// Q_b/W_b is 9 and 1, so that n = 100·5n/(50·9+50) = n; Kish has 25/41.
	got, kish := size(func(i int) float64 {
		if x[2*i] < 0.5 {
			return math.Log(9)
		}
		return 0
	})
	if math.Abs(got-n) > 0.02*n || math.Abs(kish-n*25./41) > 0.02*n {
		t.Errorf("weights of the place: %v, Kish %v; want %v and %v", got, kish, n, n*25./41)
	}
	got, kish = size(func(int) float64 { return math.Log(float64(u.Uint64()>>11)/(1<<53) + 1e-3) })
	if math.Abs(got/kish-1) > 0.02 {
		t.Errorf("random weights: %v; want Kish's %v", got, kish)
	}
	if h, _ := hist.NewH2(2, 2, 0, 1, 0, 1); HistogramSize(h) != 0 {
		t.Error("an empty histogram has a size")
	}
}
