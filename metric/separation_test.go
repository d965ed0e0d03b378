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

// Histograms of two dimensions: one row of bins has the value of one dimension; of two
// normals a distance δ apart in x ⟨S²⟩ is δ²/4 whatever they are in y, and that of
// densities is ⟨S²⟩ divided by the area of a bin.
func TestSeparation2(t *testing.T) {
	const bins, delta = 160, 0.1
	fill := func(shift float64) (*hist.H1, *hist.H2, *hist.H2) {
		line, _ := hist.NewH1(bins, -6, 6)
		row, _ := hist.NewH2(bins, 1, -6, 6, 0, 1)
		plane, err := hist.NewH2(bins, bins/2, -6, 6, -6, 6)
		if err != nil {
			t.Fatal(err)
		}
		for i := range bins {
			x := line.Center(i)
			p := math.Exp(-(x - shift) * (x - shift) / 2)
			line.Fill(x, p)
			row.Fill(x, 0.5, p)
			for k := range bins / 2 {
				_, y := plane.Center(i, k)
				plane.Fill(x, y, p*math.Exp(-y*y/2))
			}
		}
		return line, row, plane
	}
	l1, r1, p1 := fill(0)
	l2, r2, p2 := fill(delta)
	want, err := metric.NewSeparation(l1, l2)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := metric.NewSeparation2(r1, r2); err != nil || *got != *want {
		t.Errorf("one row: %+v, %v; want %+v", got, err, want)
	}
	got, err := metric.NewSeparation2(p1, p2)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(got.S2-delta*delta/4) > math.Pow(delta, 4)/16+1e-5 || math.Abs(got.Density*p1.BinArea()-got.S2) > 1e-15 {
		t.Errorf("plane: %+v; want S2 = %v", got, delta*delta/4)
	}
	if _, err := metric.NewSeparation2(p1, r1); err == nil {
		t.Error("different grids are accepted")
	}
}
