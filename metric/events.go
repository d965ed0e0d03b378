package metric

import "fmt"

// Events are n independent points of d coordinates with weights, which may be
// negative and whose scale is immaterial.
type Events struct {
	X   []float32 // (n, d), row-major
	Dim int       // d
	W   []float64 // weights (n), nil: 1 each
}

// Len returns n.
func (e Events) Len() int {
	if e.Dim < 1 {
		return 0
	}
	return len(e.X) / e.Dim
}

// Observable returns coordinate j as an observable. It panics if there is none.
func (e Events) Observable(j int) Observable {
	if j < 0 || j >= e.Dim {
		panic("metric: Events: there is no such coordinate")
	}
	f := make([]float64, 0, e.Len())
	for i := j; i < len(e.X); i += e.Dim {
		f = append(f, float64(e.X[i]))
	}
	return Observable{F: f, W: e.W}
}

// prepared checks the events and returns their weights scaled to mean 1.
func (e Events) prepared(what string) ([]float64, error) {
	if e.Dim < 1 || len(e.X)%e.Dim != 0 || e.W != nil && len(e.W) != e.Len() {
		panic("metric: Events: X must be n x Dim and W nil or of length n")
	}
	if len(e.X) == 0 {
		return nil, fmt.Errorf("metric: %s: there are no events", what)
	}
	for i, v := range e.X {
		if v-v != 0 {
			return nil, fmt.Errorf("metric: %s: event %d has coordinate %d = %g: it must be finite", what, i/e.Dim, i%e.Dim, v)
		}
	}
	return meanOne(what, e.W, e.Len())
}

// means returns the weighted means, for weights of mean 1.
func (e Events) means(w []float64) []float64 {
	mean := make([]float64, e.Dim)
	for i, v := range w {
		for j, x := range e.X[i*e.Dim:][:e.Dim] {
			mean[j] += v * (float64(x) - float64(e.X[j]))
		}
	}
	for j := range mean {
		mean[j] = float64(e.X[j]) + mean[j]/float64(len(w))
	}
	return mean
}
