package metric_test

import (
	"math"
	"testing"

	"etalon/hist"
	"etalon/metric"
)

func h1(t *testing.T, w ...float64) *hist.H1 {
	t.Helper()
	h, err := hist.NewH1(len(w), 0, float64(len(w)))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range w {
		if v != 0 {
			h.Fill(float64(i)+0.5, v)
		}
	}
	return h
}

func TestS2(t *testing.T) {
	for _, c := range []struct {
		p, q []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{1, 2, 3}, 0},
		{[]float64{1, 2, 3}, []float64{10, 20, 30}, 0}, // only shapes count
		{[]float64{1, 0, 0}, []float64{0, 1, 1}, 1},    // disjoint
		// ½((3/4-1/4)² + (1/4-3/4)²)/1 = 1/4
		{[]float64{3, 1, 0}, []float64{1, 3, 0}, 0.25},
		// ½((1-½)²/(3/2) + ½²/½) = ½(1/6 + 1/2)
		{[]float64{1, 0}, []float64{1, 1}, 1.0 / 3},
	} {
		p, q := h1(t, c.p...), h1(t, c.q...)
		got, err := metric.S2(p, q)
		if err != nil || math.Abs(got-c.want) > 1e-15 {
			t.Errorf("S2(%v, %v) = %v, %v; want %v", c.p, c.q, got, err, c.want)
		}
		back, err := metric.S2(q, p)
		if err != nil || back != got {
			t.Errorf("S2 is not symmetric: %v and %v", got, back)
		}
	}
}

// For two normals a distance δ apart ⟨S²⟩ → δ²/4 as δ → 0 (a quarter of the Fisher
// information times δ²); the next order is δ⁴/16.
func TestS2OfNormals(t *testing.T) {
	const bins, delta = 4000, 0.05
	p, _ := hist.NewH1(bins, -8, 8)
	q, _ := hist.NewH1(bins, -8, 8)
	for i := range bins {
		x := p.Center(i)
		p.Fill(x, math.Exp(-x*x/2))
		q.Fill(x, math.Exp(-(x-delta)*(x-delta)/2))
	}
	got, err := metric.S2(p, q)
	if want := delta * delta / 4; err != nil || math.Abs(got-want) > delta*delta*delta*delta/16+1e-9 {
		t.Errorf("S2 = %v, %v; want %v", got, err, want)
	}
}

func TestS2Errors(t *testing.T) {
	for name, pair := range map[string][2]*hist.H1{
		"nil":      {nil, h1(t, 1)},
		"bins":     {h1(t, 1, 1), h1(t, 1)},
		"empty":    {h1(t, 1, 1), h1(t, 0, 0)},
		"negative": {h1(t, 1, -1), h1(t, 1, 1)},
		"infinite": {h1(t, math.MaxFloat64, math.MaxFloat64), h1(t, 1, 1)},
	} {
		if v, err := metric.S2(pair[0], pair[1]); err == nil {
			t.Errorf("%s: S2 = %v without an error", name, v)
		}
	}
}
