package showerscore

import (
	"fmt"
	"math"
	"slices"

	"etalon/dataset"
	"etalon/metric"
)

// Method is a sample that is held against the truth: one way of generating or weighting.
type Method struct {
	Name  string         // a key: "generator", "dctr_hl", "dctr_ll", "refined"
	Table *dataset.Table // (N, observables) with names
	LogW  []float64      // N natural log-weights; nil: 1 each
}

// sample is a method with linear weights of mean 1.
type sample struct {
	name  string
	table *dataset.Table
	logW  []float64
	w     []float64 // nil: 1 each
}

func (s *sample) column(j int) []float64 {
	out := make([]float64, s.table.Rows)
	for i := range out {
		out[i] = float64(s.table.Data[i*s.table.Cols+j])
	}
	return out
}

func (s *sample) observable(j int) metric.Observable {
	return metric.Observable{F: s.column(j), W: s.w}
}

func (s *sample) events() metric.Events {
	return metric.Events{X: s.table.Data, Dim: s.table.Cols, W: s.w}
}

// newSample checks a table and its weights.
func newSample(name string, t *dataset.Table, logW []float64) (*sample, error) {
	refuse := func(format string, a ...any) (*sample, error) {
		return nil, fmt.Errorf("showerscore: %.60q: %s", name, fmt.Sprintf(format, a...))
	}
	switch {
	case t == nil:
		return refuse("no table")
	case t.Rows < 2 || t.Cols < 1:
		return refuse("%d showers of %d observables: at least 2 of 1 are needed", t.Rows, t.Cols)
	case len(t.Data)/t.Cols != t.Rows || len(t.Data)%t.Cols != 0:
		return refuse("%d numbers for %d × %d", len(t.Data), t.Rows, t.Cols)
	case len(t.Names) != t.Cols:
		return refuse("%d names for %d observables", len(t.Names), t.Cols)
	case logW != nil && len(logW) != t.Rows:
		return refuse("%d log-weights for %d showers", len(logW), t.Rows)
	}
	seen := map[string]bool{}
	for _, n := range t.Names {
		if seen[n] {
			return refuse("observable %.60q stands there twice", n)
		}
		seen[n] = true
	}
	for i, v := range t.Data {
		if x := float64(v); math.IsNaN(x) || math.IsInf(x, 0) {
			return refuse("%s of shower %d is %v: finite numbers are needed", t.Names[i%t.Cols], i/t.Cols, x)
		}
	}
	s := &sample{name: name, table: t, logW: logW}
	if logW != nil {
		w, err := metric.LinearWeights(logW)
		if err != nil {
			return refuse("%v", err)
		}
		s.w = w
	}
	return s, nil
}

// newSamples checks the truth and all methods, which have the same observables in the
// same order.
func newSamples(truth *dataset.Table, methods []Method) (*sample, []*sample, error) {
	t, err := newSample("truth", truth, nil)
	if err != nil {
		return nil, nil, err
	}
	if len(methods) == 0 {
		return nil, nil, fmt.Errorf("showerscore: no method is given")
	}
	var out []*sample
	for _, m := range methods {
		if m.Name == "" || m.Name == "truth" || slices.ContainsFunc(out, func(s *sample) bool { return s.name == m.Name }) {
			return nil, nil, fmt.Errorf("showerscore: method %.60q: a name of its own is needed, other than \"truth\"", m.Name)
		}
		s, err := newSample(m.Name, m.Table, m.LogW)
		if err != nil {
			return nil, nil, err
		}
		if !slices.Equal(m.Table.Names, truth.Names) {
			return nil, nil, fmt.Errorf("showerscore: %.60q: the observables are not those of the truth, in their order", m.Name)
		}
		out = append(out, s)
	}
	return t, out, nil
}
