package hist

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func mustH2(t *testing.T, nx, ny int, x0, x1, y0, y1 float64) *H2 {
	t.Helper()
	h, err := NewH2(nx, ny, x0, x1, y0, y1)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestEdges(t *testing.T) {
	h := mustH2(t, 4, 5, 0, 1, -1, 1)
	for _, c := range []struct {
		x, y float64
		want int
	}{
		{0, -1, 0},
		{0.25, -1, 5}, // a lower edge belongs to its bin
		{math.Nextafter(0.25, 0), -1, 0},
		{1, 1, 19}, // the last bin is closed
		{math.Nextafter(1, 2), 0, -1},
		{math.Nextafter(0, -1), 0, -1},
		{0.5, math.Inf(1), -1},
		{math.NaN(), 0, -1},
		{0.5, math.NaN(), -1},
	} {
		if got := h.Bin(c.x, c.y); got != c.want {
			t.Errorf("Bin(%v, %v) = %d, want %d", c.x, c.y, got, c.want)
		}
	}
}

// On every edge, and one ulp to either side, the bin is the one that a search
// among numpy.linspace's edges gives.
func TestEdgesAgainstSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		n := 1 + r.IntN(150)
		lo := 30 * r.NormFloat64()
		hi := lo + math.Exp(3*r.NormFloat64())
		search := func(v float64) int {
			if !(v >= lo && v <= hi) {
				return -1
			}
			i := n - 1
			for i > 0 && v < edge(i, n, lo, hi) {
				i--
			}
			return i
		}
		for i := 0; i <= n; i++ {
			e := edge(i, n, lo, hi)
			for _, v := range []float64{e, math.Nextafter(e, lo-1), math.Nextafter(e, hi+1), lo + (hi-lo)*r.Float64()} {
				if got, want := axisBin(v, n, lo, hi), search(v); got != want {
					t.Fatalf("%d bins on [%v, %v]: %v is in bin %d, want %d", n, lo, hi, v, got, want)
				}
			}
		}
	}
}

func TestTotals(t *testing.T) {
	h := mustH2(t, 2, 2, 0, 2, 0, 2)
	h.Fill(0.5, 0.5, 2)
	h.Fill(0.5, 1.5, 3)
	h.Fill(5, 0.5, 4)
	h.Fill(math.Inf(-1), 0.5, 1)
	h.Fill(math.NaN(), 0.5, 1)
	h.Fill(0.5, math.NaN(), 1)
	h.Fill(0.5, 0.5, math.NaN())
	h.Fill(0.5, 0.5, math.Inf(1))
	if h.Entries != 4 || h.SumW != 10 || h.SumW2 != 30 || h.Outside != 5 || h.NaN != 4 {
		t.Errorf("totals %d %v %v %v %d", h.Entries, h.SumW, h.SumW2, h.Outside, h.NaN)
	}
	if w, w2 := h.Inside(); w != 5 || w2 != 13 || h.EffectiveEntries() != 25./13 {
		t.Errorf("inside %v %v", w, w2)
	}
	m, d, e := h.Mass(), h.Density(), h.DensityError()
	if m[0] != 0.4 || m[1] != 0.6 || m[2] != 0 || d[1] != 0.6 || e[1] != 0.6 {
		t.Errorf("mass %v density %v error %v", m, d, e)
	}
	x, y := h.MarginX(), h.MarginY()
	if x.W[0] != 5 || x.W[1] != 0 || y.W[0] != 2 || y.W[1] != 3 || y.W2[1] != 9 || x.Entries != 4 {
		t.Errorf("margins %v %v", x, y)
	}
	for _, v := range mustH2(t, 2, 2, 0, 1, 0, 1).Mass() {
		if v != 0 {
			t.Error("an empty histogram has mass")
		}
	}
}

func TestFillRows(t *testing.T) {
	rows := []float32{0.5, 0.5, 1.5, 0.5, 1.5, 1.5, 0.5, float32(math.NaN())}
	h := mustH2(t, 2, 2, 0, 2, 0, 2)
	h.FillRows(rows, nil)
	if h.Entries != 3 || h.NaN != 1 || h.W[0] != 1 || h.W[2] != 1 || h.W[3] != 1 {
		t.Errorf("unweighted: %+v", h)
	}
	// Weights 1 : 3 : 0, far beyond the range of exp; the NaN weight does not count.
	logw := []float64{5000, 5000 + math.Log(3), math.Inf(-1), math.NaN()}
	h = mustH2(t, 2, 2, 0, 2, 0, 2)
	h.FillRows(rows, logw)
	want := []float64{0.75, 0, 2.25, 0}
	for k, w := range want {
		if math.Abs(h.W[k]-w) > 1e-12 {
			t.Errorf("bin %d: %v, want %v", k, h.W[k], w)
		}
	}
	if math.Abs(h.SumW-3) > 1e-12 || h.NaN != 1 || h.Entries != 3 {
		t.Errorf("weighted: Σw %v, NaN %d, entries %d", h.SumW, h.NaN, h.Entries)
	}
	h = mustH2(t, 2, 2, 0, 2, 0, 2)
	h.FillRows(rows[:4], []float64{math.Inf(1), 0})
	if h.NaN != 1 || h.SumW != 1 {
		t.Errorf("+Inf: NaN %d, Σw %v", h.NaN, h.SumW)
	}
	h = mustH2(t, 2, 2, 0, 2, 0, 2)
	h.FillRows(rows[:4], []float64{math.Inf(-1), math.Inf(-1)})
	if h.Entries != 2 || h.SumW != 0 {
		t.Errorf("all weights 0: %+v", h)
	}
	odd := 3
	for name, f := range map[string]func(){
		"odd":     func() { h.FillRows(rows[:odd], nil) },
		"weights": func() { h.FillRows(rows, logw[:2]) },
		"plain":   func() { h.FillWeights(rows, logw[:2]) },
	} {
		func() {
			defer func() {
				if s, ok := recover().(string); !ok || !strings.HasPrefix(s, "hist: ") {
					t.Errorf("%s: panic value %v", name, s)
				}
			}()
			f()
		}()
	}
}

// A weight of 2 fills as an event twice does, and parts add up to the whole.
func TestAddAndRepeat(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	whole, left, right := mustH2(t, 7, 5, -1, 1, -1, 1), mustH2(t, 7, 5, -1, 1, -1, 1), mustH2(t, 7, 5, -1, 1, -1, 1)
	double := mustH2(t, 7, 5, -1, 1, -1, 1)
	for i := range 1000 {
		x, y := r.NormFloat64(), r.NormFloat64()
		whole.Fill(x, y, 2)
		if i%3 == 0 {
			left.Fill(x, y, 2)
		} else {
			right.FillWeights([]float32{float32(x), float32(y)}, []float64{2})
		}
		double.Fill(x, y, 1)
		double.Fill(x, y, 1)
	}
	if err := left.Add(right); err != nil {
		t.Fatal(err)
	}
	for k := range whole.W {
		if whole.W[k] != left.W[k] || whole.W2[k] != left.W2[k] || whole.W[k] != double.W[k] {
			t.Fatalf("bin %d: %v, %v, %v", k, whole.W[k], left.W[k], double.W[k])
		}
	}
	if whole.SumW != left.SumW || whole.Outside != left.Outside || whole.Entries != left.Entries {
		t.Errorf("totals %v and %v", whole.SumW, left.SumW)
	}
	if err := left.Add(mustH2(t, 7, 5, -1, 1, -1, 2)); err == nil {
		t.Error("adding another grid: no error")
	}
}

func TestNewErrors(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		nx, ny         int
		x0, x1, y0, y1 float64
	}{
		{0, 1, 0, 1, 0, 1}, {1, -1, 0, 1, 0, 1}, {1 << 40, 1 << 40, 0, 1, 0, 1}, {MaxBins, 2, 0, 1, 0, 1},
		{1, 1, 1, 1, 0, 1}, {1, 1, 2, 1, 0, 1}, {1, 1, nan, 1, 0, 1}, {1, 1, 0, inf, 0, 1}, {1, 1, 0, 1, -inf, 1},
		{1, 1, -1e308, 1e308, 0, 1}, {100, 1, 1e17, 1e17 + 64, 0, 1},
	} {
		if _, err := NewH2(c.nx, c.ny, c.x0, c.x1, c.y0, c.y1); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: error %v", c, err)
		}
	}
	for _, c := range []struct {
		n      int
		x0, x1 float64
	}{{0, 0, 1}, {MaxBins + 1, 0, 1}, {3, 1, 0}, {3, nan, 1}} {
		if _, err := NewH1(c.n, c.x0, c.x1); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}
