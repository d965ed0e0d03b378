package metric

import (
	"fmt"
	"math"
)

// MatchingEvents returns how many generated events N_G it takes to know the
// mean of f as precisely as nTruth truth events do, from n generated events with
// their weights:
//
//	N_G = N_T · E_G[W² δf²] / E_G[W δf²],
//
// the weights brought to mean 1. The error is that of the sample, by the delta
// method. Source: DCTRGAN (arXiv:2009.03796), eqs. (8) and (9), where for the
// ideal weights ∫ p_T W δf² = E_G[W² δf²] and ∫ p_T δf² = E_G[W δf²].
//
// So n weighted events are worth n·N_T/N_G truth events for f; this is Kish's
// effective number where δf² and the weights do not correlate.
//
// Errors: those of Observable.Mean, an f that does not vary or whose variance
// negative weights make negative, an nTruth that is not above 0.
func MatchingEvents(generated Observable, nTruth float64) (Estimate, error) {
	if err := checkTruthEvents(nTruth); err != nil {
		return Estimate{}, err
	}
	m, err := generated.moments("matching events")
	if err != nil {
		return Estimate{}, err
	}
	if !(m.wd2 > 0) || !(m.w2d2 > 0) {
		return Estimate{}, fmt.Errorf("metric: matching events: the variance of the observable is %g: a positive one is needed", m.wd2)
	}
	v := nTruth * m.w2d2 / m.wd2
	return Estimate{v, v * m.matchingError()}, nil
}

// MatchingEventsAtTruth returns the same from truth events, at which the weighting
// function was evaluated:
//
//	N_G = N_T · E_T[W δf²] / E_T[δf²].
//
// The scale of W counts: its mean over generated events must be 1. Source: DCTRGAN
// (arXiv:2009.03796), eq. (9) as it stands. Errors: no events, numbers that are not
// finite, an f that does not vary, weights for which N_G is not positive, an nTruth
// that is not above 0. It panics if the lengths disagree.
func MatchingEventsAtTruth(truth Observable, nTruth float64) (Estimate, error) {
	const what = "matching events at truth"
	if err := checkTruthEvents(nTruth); err != nil {
		return Estimate{}, err
	}
	if err := truth.check(what); err != nil {
		return Estimate{}, err
	}
	m, err := Observable{F: truth.F}.moments(what)
	if err != nil {
		return Estimate{}, err
	}
	if !(m.wd2 > 0) {
		return Estimate{}, fmt.Errorf("metric: %s: the observable does not vary", what)
	}
	var a, wd float64 // E[Wδ²], E[Wδ]
	for i, d := range m.delta {
		a += truth.weight(i) * d * d / m.n()
		wd += truth.weight(i) * d / m.n()
	}
	if !(a > 0) || math.IsInf(a, 0) {
		return Estimate{}, fmt.Errorf("metric: %s: the mean of W δf² is %g: a positive finite one is needed", what, a)
	}
	var s float64
	for i, d := range m.delta {
		psi := (truth.weight(i)*d*d/a - d*d/m.wd2 - 2*wd/a*d) / m.n()
		s += psi * psi
	}
	v := nTruth * a / m.wd2
	return Estimate{v, v * math.Sqrt(s)}, nil
}

func checkTruthEvents(n float64) error {
	if !(n > 0) || math.IsInf(n, 0) {
		return fmt.Errorf("metric: matching events: %g truth events: a positive number is needed", n)
	}
	return nil
}
