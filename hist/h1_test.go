package hist

import (
	"math"
	"testing"
)

func TestH1(t *testing.T) {
	h, err := NewH1(4, 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	nan := float32(math.NaN())
	rows := []float32{9, 0, 9, 0.5, 9, 2, 9, 3, 9, nan}
	h.FillColumn(rows, 2, 1, nil)
	if h.W[0] != 1 || h.W[1] != 1 || h.W[3] != 1 || h.Outside != 1 || h.NaN != 1 || h.Entries != 4 {
		t.Errorf("%+v", h)
	}
	if d := h.Density(); math.Abs(d[0]-2./3) > 1e-15 || h.Center(1) != 0.75 || h.BinWidth() != 0.5 {
		t.Errorf("density %v, centre %v", d, h.Center(1))
	}
	if m := h.Mass(); m[0] != 1./3 {
		t.Errorf("mass %v", m)
	}
	if e := h.DensityError(); math.Abs(e[0]-2./3) > 1e-15 || e[2] != 0 {
		t.Errorf("density error %v", e)
	}
	w, _ := NewH1(4, 0, 2)
	w.FillColumn(rows[:4], 2, 1, []float64{-3000, -3000 + math.Log(4)})
	if math.Abs(w.W[0]-0.4) > 1e-12 || math.Abs(w.W[1]-1.6) > 1e-12 || math.Abs(w.EffectiveEntries()-4/2.72) > 1e-9 {
		t.Errorf("weighted %v", w.W)
	}
	if err := h.Add(w); err != nil || math.Abs(h.W[1]-2.6) > 1e-12 || h.Entries != 6 {
		t.Errorf("sum %v, %v", h, err)
	}
	other, _ := NewH1(5, 0, 2)
	if h.Add(other) == nil {
		t.Error("adding another grid: no error")
	}
}
