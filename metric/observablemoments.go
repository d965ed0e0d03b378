package metric

import (
	"fmt"
	"math"
)

// observableMoments are the sums over weighted events that standard errors need,
// as means over the n events of weights W of mean 1. δ is f minus its mean.
type observableMoments struct {
	w, delta []float64
	mean     float64
	wd2      float64 // E[Wδ²], the variance of f
	w2d2     float64 // E[W²δ²]
	w2d      float64 // E[W²δ]
	w2       float64 // E[W²]
}

func (o Observable) moments(what string) (*observableMoments, error) {
	if err := o.check(what); err != nil {
		return nil, err
	}
	w, err := meanOne(what, o.W, len(o.F))
	if err != nil {
		return nil, err
	}
	m := &observableMoments{w: w, delta: make([]float64, len(o.F))}
	n, origin := float64(len(o.F)), o.F[0] // a constant f has δ = 0 exactly
	var shift float64
	for i, f := range o.F {
		m.delta[i] = f - origin
		shift += w[i] * m.delta[i] / n
	}
	m.mean = origin + shift
	for i := range m.delta {
		m.delta[i] -= shift
		d, v := m.delta[i], w[i]
		m.w2 += v * v / n
		m.wd2 += v * d * d / n
		m.w2d += v * v * d / n
		m.w2d2 += v * v * d * d / n
	}
	if !finite(m.w2d2) || !finite(m.mean) {
		return nil, fmt.Errorf("metric: %s: the sums over the events overflow", what)
	}
	return m, nil
}

func (m *observableMoments) n() float64 { return float64(len(m.w)) }

// estimate returns f̄ with its standard error.
func (m *observableMoments) estimate() Estimate {
	return Estimate{m.mean, math.Sqrt(m.w2d2 / m.n())}
}

func (m *observableMoments) effective() float64 { return m.n() / m.w2 }

// relative returns the standard error of a logarithm whose derivative to the weight
// of event i is influence(W, δ), by the delta method over independent events.
func (m *observableMoments) relative(influence func(w, d float64) float64) float64 {
	var s float64
	for i, w := range m.w {
		psi := influence(w, m.delta[i]) / m.n()
		s += psi * psi
	}
	return math.Sqrt(s)
}

// uncertaintyError returns the relative error of the standard error u of the mean:
// that of u² = Σw²δ²/(Σw)², in which f̄ is estimated too, halved.
func (m *observableMoments) uncertaintyError() float64 {
	slope := -2 * m.w2d / m.w2d2 // of ln E[W²δ²] in f̄
	return m.relative(func(w, d float64) float64 {
		return w*w*d*d/m.w2d2 - 1 - 2*(w-1) + slope*w*d
	}) / 2
}

// matchingError returns the relative error of N_G/N_T = n Σw²δ²/(Σw Σwδ²).
func (m *observableMoments) matchingError() float64 {
	slope := -2 * m.w2d / m.w2d2
	return m.relative(func(w, d float64) float64 {
		return w*w*d*d/m.w2d2 - w*d*d/m.wd2 - (w - 1) + slope*w*d
	})
}
