package report

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"etalon/report/figure"
)

func omnifoldOf(t *testing.T, v any) *omnifoldFigure {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	o := new(omnifoldRecord)
	if err := json.Unmarshal(text, o); err != nil {
		t.Fatal(err)
	}
	if err := o.check("omnifold.json"); err != nil {
		t.Fatal(err)
	}
	return newOmnifoldFigure(o)
}

// Every number but the iterations themselves may be missing; scores take a second row.
func TestOmnifoldFigure(t *testing.T) {
	row := float64(panelHead + hmcHeight + panelFoot)
	for name, c := range map[string]struct {
		record any
		height float64
	}{
		"whole":  {syntheticOmnifold(rand.New(rand.NewPCG(3, 4)), 100000), 2 * row},
		"empty":  {object{"iterations": []object{{}}}, row},
		"one":    {object{"iterations": []object{{"mean_change": 0.2, "n_eff": 900.5, "auc": 0.6, "auc_error": 0.01}}}, row},
		"zero":   {object{"iterations": []object{{"mean_change": 0, "n_eff": 0, "auc": 0.5, "auc_error": nil, "jsd": 0}}}, 2 * row},
		"gaps":   {object{"iterations": []object{{"jsd": 0.1, "auc": 0.6, "auc_error": 0.02}, {}, {"jsd": 0.02, "auc": 0.5}}}, 2 * row},
		"emd":    {object{"iterations": []object{{"emd": 0.1}, {"emd": 0.05}}, "references": object{"floor": object{"emd": 0.04}}}, 2 * row},
		"wide":   {object{"iterations": slices.Repeat([]object{{"mean_change": 1e-9, "n_eff": 1e12}, {"mean_change": 10, "n_eff": 3}}, 40)}, row},
		"others": {object{"iterations": []object{{"jsd": 0.1}}, "references": object{"unknown": object{"jsd": 0.1}}}, 2 * row},
	} {
		d := omnifoldOf(t, c.record).drawing()
		if d.Height != c.height {
			t.Errorf("%s: %v points high, want %v", name, d.Height, c.height)
		}
		var b bytes.Buffer
		if err := d.PNG(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		img := decode(t, b.Bytes())
		if n := colours(img, figure.Rect{W: pageWidth, H: d.Height}); n < 10 {
			t.Errorf("%s: %d colours: blank?", name, n)
		}
	}
}

// A logarithmic axis holds all positive values, with at least two labels.
func TestLogAxis(t *testing.T) {
	for _, v := range [][]float64{{2.3, 21}, {5}, {0.004, 0.24, math.NaN(), 0}, {1e-9, 10}, {9.5, 10.2}, {3.1, 3.2}} {
		a := logAxis(v, "")
		labels := 0
		for _, tick := range a.Ticks {
			if tick.Label != "" && tick.Value >= a.Min && tick.Value <= a.Max {
				labels++
			}
		}
		for _, x := range v {
			if x > 0 && !(a.Min < x && x < a.Max) {
				t.Errorf("%v: %v is outside %v … %v", v, x, a.Min, a.Max)
			}
		}
		if a.Ticks != nil && labels < 1 {
			t.Errorf("%v: no label in %v … %v", v, a.Min, a.Max)
		}
	}
	if a := logAxis([]float64{0, math.NaN()}, ""); a.Log || a.Max != 1 {
		t.Errorf("nothing positive: %+v", a)
	}
}
