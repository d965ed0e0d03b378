package laser

import (
	"math"
	"strings"
	"testing"

	"etalon/dctr"
)

// The floor is the mean of its samples, and its spread their standard deviation.
func TestFloor(t *testing.T) {
	f := &truthFloor{each: []Values{{JSD: 1, EMD: 10}, {JSD: 2, EMD: 10}, {JSD: 6, EMD: 10}}}
	f.finish()
	if f.mean.JSD != 3 || math.Abs(f.mean.EMD-10) > 1e-12 || math.Abs(f.spread.JSD-math.Sqrt(7)) > 1e-12 || f.spread.EMD > 1e-12 {
		t.Errorf("mean %+v, spread %+v; want 3, 10, √7 and 0", *f.mean, *f.spread)
	}
	one := &truthFloor{each: []Values{{JSD: 1}}}
	if one.finish(); one.spread != nil || one.mean.JSD != 1 {
		t.Errorf("one sample: mean %+v, spread %v", *one.mean, one.spread)
	}
}

// Samples that are worth a handful of points, and weights that do not close, are warned
// of; others are not.
func TestWarnings(t *testing.T) {
	m := &metrics{Scores: []Score{{Method: "baseline", N: 200_000, NEff: 200_000}, {Method: "hmc", N: 200_000, NEff: 2500}}, Closure: &dctr.Closure{Closed: true}}
	if m.warn(); len(m.Warnings) != 0 {
		t.Errorf("warnings without a reason: %q", m.Warnings)
	}
	m.Scores = append(m.Scores, Score{Method: "dctr", N: 200_000, NEff: 4}, Score{Method: "rejection", N: 200_000, NEff: 1900})
	m.Closure = &dctr.Closure{Verdict: "they differ"}
	m.warn()
	if len(m.Warnings) != 3 || !strings.HasPrefix(m.Warnings[0], "dctr: its 200000 points are worth 4 ") || !strings.HasPrefix(m.Warnings[1], "rejection: ") || m.Warnings[2] != "dctr: they differ" {
		t.Errorf("warnings %q", m.Warnings)
	}
}
