package metric

import (
	"fmt"
	"math"
)

// Observable holds the values of one function f of phase space at n independent
// events and the weights of these. Weights may be negative; but for Expectation
// and the functions that say so their scale is immaterial.
type Observable struct {
	F []float64 // values
	W []float64 // weights, nil: 1 each
}

// Mean returns the self-normalised estimate of the weighted expectation, and its
// standard error, in the units of f:
//
//	f̄ = Σ W f / Σ W,  u = sqrt(Σ W² (f-f̄)²) / Σ W.
//
// Source: DCTRGAN (arXiv:2009.03796), eqs. (2), (6) and (8), with the integrals
// replaced by their sampling estimates; without weights u is eq. (7). That the
// total is estimated as well is in u to the first order in 1/n: it is why δf and
// not f stands there. Error is 0 for one event, of which it tells nothing.
//
// Errors: no events, a value or weight that is not finite, a total weight that is
// not above 0, or, with negative weights, not above its own statistical error
// sqrt(ΣW²). It panics if the lengths disagree.
func (o Observable) Mean() (Estimate, error) {
	m, err := o.moments("mean")
	if err != nil {
		return Estimate{}, err
	}
	return m.estimate(), nil
}

// Expectation returns the estimate of E[f, W] = ∫ p W f for weights that are taken
// as they are, and its standard error:
//
//	Ê = (1/n) Σ W f,  u² = Σ (W f - Ê)² / n².
//
// Source: DCTRGAN (arXiv:2009.03796), eqs. (2), (6) and (8) for f instead of δf.
// For weights whose expectation is 1 it estimates what Mean does; it is unbiased,
// and better than Mean only where f is small in most of the phase space. Errors
// are those of Mean, but any total is accepted.
func (o Observable) Expectation() (Estimate, error) {
	if err := o.check("expectation"); err != nil {
		return Estimate{}, err
	}
	n := float64(len(o.F))
	var e Estimate
	for i, f := range o.F {
		e.Value += f * o.weight(i) / n
	}
	for i, f := range o.F {
		d := (f*o.weight(i) - e.Value) / n
		e.Error += d * d
	}
	e.Error = math.Sqrt(e.Error)
	if !finite(e.Value) || !finite(e.Error) {
		return Estimate{}, fmt.Errorf("metric: expectation: the sums over the events overflow")
	}
	return e, nil
}

// EffectiveEvents returns Kish's (ΣW)²/ΣW² of the events. Errors are those of Mean.
func (o Observable) EffectiveEvents() (float64, error) {
	m, err := o.moments("effective events")
	if err != nil {
		return 0, err
	}
	return m.effective(), nil
}

func (o Observable) weight(i int) float64 {
	if o.W == nil {
		return 1
	}
	return o.W[i]
}

func (o Observable) check(what string) error {
	if o.W != nil && len(o.W) != len(o.F) {
		panic("metric: Observable: F and W must have one length")
	}
	if len(o.F) == 0 {
		return fmt.Errorf("metric: %s: there are no events", what)
	}
	for i, f := range o.F {
		if !finite(f) {
			return fmt.Errorf("metric: %s: value %d is %g: it must be finite", what, i, f)
		}
	}
	for i, w := range o.W {
		if !finite(w) {
			return fmt.Errorf("metric: %s: weight %d is %g: it must be finite", what, i, w)
		}
	}
	return nil
}

// meanOne returns n weights (nil: 1 each) scaled to mean 1.
func meanOne(what string, w []float64, n int) ([]float64, error) {
	out := make([]float64, n)
	if w == nil {
		for i := range out {
			out[i] = 1
		}
		return out, nil
	}
	var unit, s1, s2 float64
	negative := false
	for i, v := range w {
		if !finite(v) {
			return nil, fmt.Errorf("metric: %s: weight %d is %g: it must be finite", what, i, v)
		}
		unit = max(unit, math.Abs(v))
		negative = negative || v < 0
	}
	if unit == 0 {
		return nil, fmt.Errorf("metric: %s: all weights are zero", what)
	}
	for i, v := range w {
		out[i] = v / unit
		s1 += out[i]
		s2 += out[i] * out[i]
	}
	if !(s1 > 0) || negative && s1*s1 <= s2 {
		return nil, fmt.Errorf("metric: %s: the total weight is %g and its statistical error %g: a total above 0 and its error is needed", what, s1*unit, math.Sqrt(s2)*unit)
	}
	for i := range out {
		out[i] *= float64(n) / s1
	}
	return out, nil
}

// LinearWeights returns the weights of natural log-weights, scaled to mean 1. Errors
// are those of NormaliseLogWeights.
func LinearWeights(logw []float64) ([]float64, error) {
	w, err := NormaliseLogWeights(logw)
	for i := range w {
		w[i] = math.Exp(w[i])
	}
	return w, err
}

func finite(v float64) bool { return v-v == 0 }
