package metric

import (
	"fmt"
	"math"
)

// Normalisation returns Σ v W / Σ v, which is 1 for the exact density ratio W within
// its standard error, over n generated events that had the weights v before (nil: 1
// each; then it is ΣW/N_G). The scale of W counts, that of v does not:
//
//	u = sqrt(Σ v² (W - ΣvW/Σv)²) / |Σ v|.
//
// Source: DCTRGAN (arXiv:2009.03796), eq. (10). Errors: no events, numbers that are
// not finite, a Σv that is not above 0 and, with negative ones, its statistical error. It panics if the lengths disagree.
func Normalisation(w, v []float64) (Estimate, error) {
	if v != nil && len(v) != len(w) {
		panic("metric: Normalisation: w and v must have one length")
	}
	if v == nil { // of very many events without their copies
		return plainMean("normalisation", w)
	}
	m, err := Observable{F: w, W: v}.moments("normalisation")
	if err != nil {
		return Estimate{}, err
	}
	return m.estimate(), nil
}

// plainMean is Observable.Mean of events without weights.
func plainMean(what string, f []float64) (Estimate, error) {
	if err := (Observable{F: f}).check(what); err != nil {
		return Estimate{}, err
	}
	n, origin := float64(len(f)), f[0]
	var shift, s2 float64
	for _, x := range f {
		shift += (x - origin) / n
	}
	for _, x := range f {
		d := x - origin - shift
		s2 += d * d / n
	}
	if !finite(s2) || !finite(origin+shift) {
		return Estimate{}, fmt.Errorf("metric: %s: the sums over the events overflow", what)
	}
	return Estimate{origin + shift, math.Sqrt(s2 / n)}, nil
}

// WeightCorrelation returns Pearson's correlation coefficient ρ of two weightings of
// the same n events, and its standard error by the delta method,
//
//	u = sqrt(Σ (z₁z₂ - ρ(z₁²+z₂²)/2)²) / n,  z = (w - w̄)/σ.
//
// Each may have a scale of its own. Source: the scatter plot of DCTRGAN
// (arXiv:2009.03796), figure 2. Errors: no events, weights that are not finite or
// all equal. It panics if the lengths disagree.
func WeightCorrelation(w1, w2 []float64) (Estimate, error) {
	if len(w1) != len(w2) {
		panic("metric: WeightCorrelation: w1 and w2 must have one length")
	}
	z1, err := standardised("first", w1)
	if err != nil {
		return Estimate{}, err
	}
	z2, err := standardised("second", w2)
	if err != nil {
		return Estimate{}, err
	}
	n := float64(len(z1))
	var e Estimate
	for i := range z1 {
		e.Value += z1[i] * z2[i] / n
	}
	e.Value = max(-1, min(1, e.Value))
	for i := range z1 {
		psi := (z1[i]*z2[i] - e.Value*(z1[i]*z1[i]+z2[i]*z2[i])/2) / n
		e.Error += psi * psi
	}
	e.Error = math.Sqrt(e.Error)
	return e, nil
}

// standardised returns weights with mean 0 and variance 1.
func standardised(name string, w []float64) ([]float64, error) {
	var unit float64
	for _, v := range w {
		unit = max(unit, math.Abs(v))
	}
	scaled := make([]float64, len(w))
	for i, v := range w {
		if !finite(v) {
			return nil, fmt.Errorf("metric: correlation of weights: weight %d of the %s weighting is %g: it must be finite", i, name, v)
		}
		if unit > 0 {
			scaled[i] = v / unit
		}
	}
	m, err := Observable{F: scaled}.moments("correlation of weights")
	if err != nil {
		return nil, err
	}
	if !(m.wd2 > 0) {
		return nil, fmt.Errorf("metric: correlation of weights: the weights of the %s weighting are all equal", name)
	}
	for i := range m.delta {
		m.delta[i] /= math.Sqrt(m.wd2)
	}
	return m.delta, nil
}
