package report

import (
	"math"
	"math/rand/v2"
	"testing"
)

// An AR(1) chain of coefficient a has autocorrelation a^k.
func TestAutocorrelation(t *testing.T) {
	const n, a = 200_000, 0.8
	r := rand.New(rand.NewPCG(6, 6))
	c := make([]float64, n)
	for i := 1; i < n; i++ {
		c[i] = a*c[i-1] + r.NormFloat64()
	}
	rho := autocorrelation(c, 20)
	// Bartlett: the standard error is below √((1+a²)/(1−a²)/n) = 0.005.
	for k, v := range rho {
		if math.Abs(v-math.Pow(a, float64(k))) > 0.025 {
			t.Errorf("lag %d: %v, want %v", k, v, math.Pow(a, float64(k)))
		}
	}
	if rho := autocorrelation([]float64{2, 2, 2}, 1); rho[0] != 1 || rho[1] != 0 {
		t.Errorf("a constant chain gives %v", rho)
	}
}

func TestRankHistograms(t *testing.T) {
	// The first chain holds the lower half of all draws.
	h := rankHistograms([][]float64{{1, 2, 3, 4}, {5, 6, 7, 8}}, 4)
	for i, want := range [][]float64{{2, 2, 0, 0}, {0, 0, 2, 2}} {
		for k := range want {
			if h[i][k] != want[k] {
				t.Errorf("chain %d: %v, want %v", i, h[i], want)
				break
			}
		}
	}
}

// Compression keeps the mean of a curve and bounds it.
func TestCompress(t *testing.T) {
	x, y := make([]float64, 1000), make([]float64, 1000)
	for i := range x {
		x[i], y[i] = float64(i), math.Sin(float64(i))
	}
	c := compress(x, y, 100)
	if len(c.x) != 50 || len(c.lo) != 50 {
		t.Fatalf("%d points, want 50", len(c.x))
	}
	var mean, want float64
	for i := range c.mean {
		mean += c.mean[i] / 50
		if c.lo[i] > c.mean[i] || c.hi[i] < c.mean[i] {
			t.Errorf("point %d: %v is not in [%v, %v]", i, c.mean[i], c.lo[i], c.hi[i])
		}
	}
	for _, v := range y {
		want += v / 1000
	}
	if math.Abs(mean-want) > 1e-12 {
		t.Errorf("mean %v, want %v", mean, want)
	}
	if c := compress(x[:20], y[:20], 100); len(c.x) != 20 || c.lo != nil {
		t.Error("a short curve was changed")
	}
}

// Histories and chains of odd shapes are drawn without complaint, or not at all.
func TestOddCurves(t *testing.T) {
	nan := math.NaN()
	for _, h := range []*history{
		{Generator: &curve{X: []float64{1, 1}, Train: []float64{2, 2}, Valid: []float64{nan, nan}}},
		{Refiner: &curve{X: []float64{1, 2, 3}, Train: []float64{1e300, -1e300, 0}}},
		{Classifier: &curve{X: []float64{1, 2}, Epoch: []float64{0, 0}, Valid: []float64{0.6, nan}}},
	} {
		f := newLossFigure(h)
		if f == nil {
			t.Fatal("no figure")
		}
		if err := render([]*rendered{{drawing: f.drawing()}}); err != nil {
			t.Error(err)
		}
	}
	if newLossFigure(&history{Generator: &curve{X: []float64{1}}}) != nil || newLossFigure(nil) != nil {
		t.Error("a figure without curves")
	}
	for _, r := range []*hmcRecord{
		{Trace: map[string][][]float64{"z1": {{1, 1}, {2, 2, 2}, {}, {nan, 1}}}},
		{AcceptHist: []float64{0, 1}},
		{Trace: map[string][][]float64{"other": {{1, 5, 3}}}, IAT: []float64{1e9}, AcceptHist: []float64{1}},
	} {
		f := newHMCFigure(r)
		if f == nil {
			t.Fatal("no figure")
		}
		if err := render([]*rendered{{drawing: f.drawing()}}); err != nil {
			t.Error(err)
		}
	}
	if newHMCFigure(&hmcRecord{}) != nil || newHMCFigure(nil) != nil {
		t.Error("a figure without chains")
	}
}
