package showerscore

import (
	"math"
	"testing"

	"etalon/calo"
	"etalon/dataset"
)

// Two showers of 2 layers × 3 × 2 cells, by hand.
func TestImages(t *testing.T) {
	shape := calo.Shape{Layers: 2, X: 3, Y: 2}
	a := make([]float32, 12)
	a[0*6+1*2+0], a[1*6+1*2+0] = 4, 2 // centre at x = 1, y = 0
	b := make([]float32, 12)
	b[1*6+0*2+1], b[1*6+2*2+1] = 3, 3 // centre at x = 1, y = 1; both cells 1 away
	acc, err := NewAccumulator(shape, 2)
	if err != nil {
		t.Fatal(err)
	}
	acc.Add(a, 1, 3)
	acc.Add(b, 1, 1)
	m, err := acc.Images(1)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, got []float64, want ...float64) {
		t.Helper()
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-12 {
				t.Errorf("%s: %v, want %v", what, got, want)
				return
			}
		}
	}
	check("xy", m.XY, 0, 0.75, 4.5, 0, 0, 0.75)
	check("layer x", m.LayerX, 0, 3, 0, 0.75, 1.5, 0.75)
	check("layer y", m.LayerY, 3, 0, 1.5, 1.5)
	check("longitudinal", m.Longitudinal, 3, 3)
	check("radial", m.Radial, 4.5, 1.5)
	// u² = Σ w²(f-m)²/(Σw)² = (9·1 + 1·9)/16 for layer 0 and (9·1 + 1·9)/16 for layer 1.
	check("errors", m.LongitudinalError, math.Sqrt(18)/4, math.Sqrt(18)/4)
	if m.Showers != 2 {
		t.Errorf("%d showers", m.Showers)
	}
	empty, _ := NewAccumulator(shape, 1)
	if _, err := empty.Images(0); err == nil {
		t.Error("no showers have a mean")
	}
	if _, err := NewAccumulator(calo.Shape{}, 1); err == nil {
		t.Error("no cells are accepted")
	}
}

// A sample has the truth's correlations if it is the truth, and those that it was made
// with, within errors.
func TestCorrelate(t *testing.T) {
	r := source(31)
	make2 := func(rho float64) *dataset.Table {
		d := &dataset.Table{Rows: 20_000, Cols: 3, Names: []string{"a", "b", "c"}}
		for range d.Rows {
			x, y := r.NormFloat64(), r.NormFloat64()
			d.Data = append(d.Data, float32(x), 7, float32(rho*x+math.Sqrt(1-rho*rho)*y))
		}
		return d
	}
	truth, gen := make2(0.8), make2(0.5)
	c, err := Correlate(truth, []Method{{"same", truth, nil}, {"g", gen, nil}}, []string{"a", "c"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Methods[0].Largest != 0 || math.Abs(float64(c.Methods[1].Difference[0][1])+0.3) > 4*float64(c.Methods[1].DifferenceError[0][1]) {
		t.Errorf("%+v", c.Methods)
	}
	if m := c.Methods[1]; math.Abs(float64(m.RMS-m.Largest)) > 1e-12 || m.NoiseRMS != m.DifferenceError[0][1] {
		t.Errorf("one pair has RMS %g, largest %g, noise %g", m.RMS, m.Largest, m.NoiseRMS)
	}
	if c, err = Correlate(truth, []Method{{"g", gen, nil}}, []string{"a", "b"}); err != nil || !c.Methods[0].Difference[0][1].Undefined() || !c.Methods[0].RMS.Undefined() {
		t.Errorf("a constant correlates: %+v, %v", c, err)
	}
	for _, names := range [][]string{{"a"}, {"a", "z"}} {
		if _, err := Correlate(truth, []Method{{"g", gen, nil}}, names); err == nil {
			t.Errorf("names %q are accepted", names)
		}
	}
}
