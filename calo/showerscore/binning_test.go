package showerscore

import (
	"math"
	"strings"
	"testing"

	"etalon/dataset"
)

func normals(n int, mean, sigma float64) []float32 {
	r := source(21)
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(mean + sigma*r.NormFloat64())
	}
	return v
}

func TestRangeOf(t *testing.T) {
	for _, c := range []struct {
		name        string
		mean, sigma float64
		lo, hi      float64
		paper       bool
	}{
		{"n_active", 750, 60, 500, 1000, true},
		{"total_energy", 900, 60, 550, 1050, true},
		{"centroid", 15, 2, 10, 25, true},
		{"layer_energy_0", 1, 0.3, 0, 2, true},
		{"layer_energy_11", 60, 20, 0, 120, true},
		{"layer_energy_15", 60, 20, 0, 120, true},
		{"layer_difference_3_4", -5, 10, -50, 50, true},
		{"x2_moment_4", 1, 0.2, 0, 2, true},
		{"y2_moment_4", 12, 3, 0, 20, true},
		// Too low for the paper's range, too narrow for its bins, unknown.
		{"n_active", 300, 30, 0, 0, false},
		{"layer_energy_29", 1.4, 0.5, 0, 0, false},
		{"other", 3, 1, 0, 0, false},
		{"layer_energy_x", 3, 1, 0, 0, false},
	} {
		v := normals(4000, c.mean, c.sigma)
		r := RangeOf(c.name, v)
		if r.Paper != c.paper || r.Bins != 19 || c.paper && (r.Lo != c.lo || r.Hi != c.hi) {
			t.Errorf("%s at %g ± %g: %+v", c.name, c.mean, c.sigma, r)
		}
		if !c.paper {
			// The 0.5 % quantiles are at 2.58 σ, the ends 5 % of 5.15 σ beyond; 4000 numbers
			// know a quantile to 0.12 σ.
			if lo, hi := (c.mean-r.Lo)/c.sigma, (r.Hi-c.mean)/c.sigma; math.Abs(lo-2.83) > 0.4 || math.Abs(hi-2.83) > 0.4 {
				t.Errorf("%s: the range reaches %.2f and %.2f σ", c.name, lo, hi)
			}
		}
	}
	if r := RangeOf("x", []float32{2, 2}); !(r.Lo < 2 && r.Hi > 2) {
		t.Errorf("one value: %+v", r)
	}
	if r := RangeOf("x", []float32{0, 0, 0, 1, 5}); r.Lo != 0 || r.Hi < 5 {
		t.Errorf("numbers that are not negative: %+v", r)
	}
}

// What lies outside is in no bin, and in the outer bins of the histogram with overflow.
func TestOverflow(t *testing.T) {
	r := Range{Lo: 0, Hi: 2, Bins: 2}
	data, w := []float32{-1, 0, 0.5, 1, 2, 2.5, 100}, []float64{1, 2, 3, 4, 5, 6, 7}
	h, err := r.Histogram(data, 1, 0, w)
	if err != nil || h.W[0] != 5 || h.W[1] != 9 || h.Outside != 14 {
		t.Errorf("%+v, %v", h, err)
	}
	h, err = r.withOverflow(data, 1, 0, w)
	if err != nil || h.Outside != 0 || h.W[0] != 1 || h.W[1] != 5 || h.W[2] != 9 || h.W[3] != 13 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestAddDifferences(t *testing.T) {
	table := &dataset.Table{Rows: 2, Cols: 4, Names: []string{"layer_energy_0", "centroid", "layer_energy_1", "layer_energy_2"},
		Data: []float32{1, 9, 3, 10, 2, 9, 5, 4}}
	d, err := AddDifferences(table)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.Names[4:], " "); got != "layer_difference_0_1 layer_difference_0_2 layer_difference_1_2" {
		t.Errorf("names %s", got)
	}
	want := []float32{1, 9, 3, 10, -2, -9, -7, 2, 9, 5, 4, -3, -2, 1}
	for i := range want {
		if d.Data[i] != want[i] {
			t.Fatalf("%v, want %v", d.Data, want)
		}
	}
	if _, err := AddDifferences(d); err == nil {
		t.Error("differences were added twice")
	}
}

func TestSummary(t *testing.T) {
	if m := mode([]float64{0.41, 0.44, 0.72, 1.5}, RatioBin); m == nil || math.Abs(m[0]-0.4) > 1e-12 || math.Abs(m[1]-0.5) > 1e-12 {
		t.Errorf("mode %v", m)
	}
	if mode(nil, 1) != nil || !median(nil).Undefined() || median([]float64{4, 1, 2, 3}) != 2.5 {
		t.Error("median or mode")
	}
	names := []string{"n_active", "layer_energy_0", "x2_moment_3", "y2_moment_3", "layer_difference_0_1", "other"}
	r := source(23)
	truth, gen := normalTable(r, 100, names, 700, 1, 1, 1, 0, 0), normalTable(r, 100, names, 705, 2, 3, 3, 2, 0)
	s := mustCompare(t, truth, Options{Replicas: -1}, Method{Generator, gen, nil})
	want := map[string]int{"inputs": 2, "moments": 2, "inputs_and_moments": 4, "differences": 1, "all": 6}
	for _, sum := range s.Summary {
		if sum.Observables != want[sum.Group] || float64(sum.RatioMedian) != 1 || sum.Improved != 0 {
			t.Errorf("%+v", sum)
		}
	}
	if len(s.Summary) != len(want) {
		t.Errorf("%d groups", len(s.Summary))
	}
}
