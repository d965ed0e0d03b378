package report

import (
	"strings"
	"testing"
)

// A sample that is off in one slice is marked there, whatever its joint score; the baseline
// is not, and names are escaped.
func TestConditionRows(t *testing.T) {
	slices := func(second float64) []sliceScore {
		return []sliceScore{{Lo: 0, Hi: 1, JSD: 0.011, Floor: 0.01, Spread: 0.002}, {Lo: 1, Hi: 2, JSD: second, Floor: 0.01, Spread: 0.002}}
	}
	m := &metrics{Scores: []score{
		{Method: "laser", Conditions: []conditionScore{{Column: 3, Name: "<b>E", JSD: 0.02, Floor: 0.019, Slices: slices(0.03)}}},
		{Method: "baseline", Conditions: []conditionScore{{Column: 3, Name: "<b>E", JSD: 0.2, Floor: 0.019, Slices: slices(0.3)}}},
		{Method: "dctr", Conditions: []conditionScore{{Column: 3, Name: "<b>E", JSD: 0.02, Floor: 0.019, Slices: slices(0.01)}}},
	}}
	p := page{}
	m.conditionRows(&p)
	if len(p.Conditions) != 3 {
		t.Fatalf("%d rows", len(p.Conditions))
	}
	for _, r := range p.Conditions {
		refined := r.Method == methodLabel("laser")
		if r.Wrong != refined || r.Column != "3" {
			t.Errorf("%+v", r)
		}
		if refined && (r.Range != "1.000 to 2.000" || r.Slice != "30.0" || r.Above != "10 σ") {
			t.Errorf("the worst slice is %+v", r)
		}
		if r.Method == methodLabel("dctr") && r.Range != "0 to 1.000" {
			t.Errorf("the worst slice is %+v", r)
		}
	}
	var b strings.Builder
	if err := pageTemplate.Execute(&b, p); err != nil || !strings.Contains(b.String(), "&lt;b&gt;E") || !strings.Contains(b.String(), `class="wrong">10 σ`) {
		t.Errorf("the page lacks the table (%v)", err)
	}
	b.Reset()
	if err := pageTemplate.Execute(&b, page{}); err != nil || strings.Contains(b.String(), "Given the conditions") {
		t.Errorf("an empty table is shown (%v)", err)
	}
}
