package report

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"etalon/hist"
)

var negInf = math.Inf(-1)

func mustFill(t *testing.T, points []float32, w, limits []float64, bins int) *hist.H2 {
	t.Helper()
	h, err := fillDensity(points, w, limits, bins, bins)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func uniformPoints(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	p := make([]float32, 2*n)
	for i := range p {
		p[i] = r.Float32()
	}
	return p
}

var unit = []float64{0, 1, 0, 1}

// A uniform sample has density 1, and its cells lie where they are drawn.
func TestDensityGrid(t *testing.T) {
	h := mustFill(t, []float32{0.1, 0.1, 0.9, 0.1, 0.9, 0.1, 0.1, 0.9, 7, 7}, nil, unit, 2)
	g := densityGrid(h)
	// Five points, one of them outside; cells of area 1/4.
	for i, want := range []float64{0.8, 1.6, 0.8, math.NaN()} {
		if g.V[i] != want && !(math.IsNaN(want) && math.IsNaN(g.V[i])) {
			t.Errorf("cell %d is %v, want %v", i, g.V[i], want)
		}
	}
}

func TestFillDensityIgnoresThreads(t *testing.T) {
	p := uniformPoints(3, 10_001)
	w := make([]float64, 10_001)
	r := rand.New(rand.NewPCG(5, 5))
	for i := range w {
		w[i] = r.ExpFloat64()
	}
	many := mustFill(t, p, w, unit, 10)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := mustFill(t, p, w, unit, 10)
	for i := range one.W {
		if one.W[i] != many.W[i] || one.W2[i] != many.W2[i] {
			t.Fatalf("cell %d differs", i)
		}
	}
}

// For samples of the same density, unweighted of equal size, a cell with k
// points in all has a squared pull of expectation exactly 1 (the split of k is
// binomial), and χ² per cell fluctuates by √(2/cells).
func TestPullsOfEqualDensities(t *testing.T) {
	const n, bins = 200_000, 30
	h, q := mustFill(t, uniformPoints(1, n), nil, unit, bins), mustFill(t, uniformPoints(2, n), nil, unit, bins)
	_, chi2, cells := pulls(h, q)
	if cells != bins*bins {
		t.Fatalf("%d cells count, want %d", cells, bins*bins)
	}
	// Five standard deviations: a false alarm in 2·10⁶ seeds.
	if sigma := math.Sqrt(2.0 / float64(cells)); math.Abs(chi2-1) > 5*sigma {
		t.Errorf("χ² per bin is %.4f, want 1 ± %.4f", chi2, sigma)
	}
	// Weights of either sample that do not depend on the place change the
	// errors but not the expectation.
	w := make([]float64, n)
	r := rand.New(rand.NewPCG(8, 8))
	for i := range w {
		w[i] = 0.5 + r.Float64()
	}
	_, chi2, _ = pulls(mustFill(t, uniformPoints(1, n), w, unit, bins), q)
	// A variance estimated from about 222 points per cell, and correlated
	// with its mean, adds terms of order 1/222.
	if sigma := math.Sqrt(2.0 / float64(cells)); math.Abs(chi2-1) > 5*sigma+0.02 {
		t.Errorf("with weights χ² per bin is %.4f", chi2)
	}
}

func TestPullSigns(t *testing.T) {
	truth := mustFill(t, []float32{0.1, 0.1, 0.9, 0.1}, nil, unit, 2)
	more := mustFill(t, []float32{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.9, 0.1}, nil, unit, 2)
	g, _, _ := pulls(more, truth)
	if !(g.V[0] > 0) || !(g.V[1] < 0) || !math.IsNaN(g.V[2]) || !math.IsNaN(g.V[3]) {
		t.Errorf("pulls %v, want +, −, empty, empty", g.V)
	}
	// (3/4 − 1/2)/√(3/16 + 1/4)
	if want := 0.25 / math.Sqrt(3.0/16+1.0/4); math.Abs(g.V[0]-want) > 1e-12 {
		t.Errorf("pull %v, want %v", g.V[0], want)
	}
}

func TestJensenShannon(t *testing.T) {
	if d := jensenShannon([]float64{1, 2, 3}, []float64{2, 4, 6}); d > 1e-15 {
		t.Errorf("equal histograms differ by %v", d)
	}
	if d := jensenShannon([]float64{1, 0}, []float64{0, 5}); math.Abs(d-math.Ln2) > 1e-15 {
		t.Errorf("disjoint histograms: %v, want ln 2", d)
	}
	// ½·½ln(2·½/(½+1)) + ½·½ln 2 + ½ ln(2/(3/2)), by hand.
	want := 0.25*math.Log(1/1.5) + 0.25*math.Log(2) + 0.5*math.Log(2/1.5)
	if d := jensenShannon([]float64{1, 1}, []float64{1, 0}); math.Abs(d-want) > 1e-15 {
		t.Errorf("got %v, want %v", d, want)
	}
	if d := jensenShannon([]float64{0}, []float64{1}); !math.IsNaN(d) {
		t.Errorf("an empty histogram gives %v", d)
	}
}

func TestProfiles(t *testing.T) {
	h := mustFill(t, []float32{0.1, 0.9, 0.1, 0.1, 0.9, 0.1, 5, 5}, nil, unit, 2)
	x, y := newProfile(h.MarginX(), h.SumW), newProfile(h.MarginY(), h.SumW)
	if x.p[0] != 0.5 || x.p[1] != 0.25 || y.p[0] != 0.5 || y.p[1] != 0.25 {
		t.Errorf("profiles %v and %v", x.p, y.p)
	}
	if math.Abs(x.sigma[0]-math.Sqrt2/4) > 1e-15 {
		t.Errorf("error %v, want √2/4", x.sigma[0])
	}
}
