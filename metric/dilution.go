package metric

import (
	"fmt"
	"math"
)

// WeightedMean returns the self-normalised mean x̄ = Σwx/Σw of n values under
// natural log-weights logw (n, or nil for weight 1 each), and its statistical
// uncertainty
//
//	u = sqrt(Σ w²(x-x̄)²) / Σw,
//
// both in the units of x. Source: the sampling estimate of the variance of a
// weighted expectation, DCTRGAN (arXiv:2009.03796), eqs. (6)-(8). Errors: no
// values, a value that is not finite, the errors of NormaliseLogWeights. It panics
// if the lengths disagree.
func WeightedMean(x, logw []float64) (mean, uncertainty float64, err error) {
	if logw != nil && len(logw) != len(x) {
		panic("metric: WeightedMean: x and logw must have one length")
	}
	if len(x) == 0 {
		return 0, 0, fmt.Errorf("metric: WeightedMean: there are no values")
	}
	for i, v := range x {
		if v-v != 0 {
			return 0, 0, fmt.Errorf("metric: WeightedMean: value %d is %g: it must be finite", i, v)
		}
	}
	if logw != nil {
		if logw, err = NormaliseLogWeights(logw); err != nil {
			return 0, 0, err
		}
	}
	weight := func(i int) float64 {
		if logw == nil {
			return 1
		}
		return math.Exp(logw[i])
	}
	n := float64(len(x)) // = Σw
	for i, v := range x {
		mean += weight(i) / n * v
	}
	var m2 float64
	for i, v := range x {
		d := weight(i) / n * (v - mean)
		m2 += d * d
	}
	return mean, math.Sqrt(m2), nil
}

// Dilution returns DCTRGAN's r of an observable: the uncertainty of its mean in a
// weighted sample divided by that in the truth sample,
//
//	r = u(x, logw) / u(truth),
//
// with u as in WeightedMean. For equal spreads r² = N_truth/N_eff: r is 1 for as
// many unweighted events as the truth has and grows as weights make events count
// less. Differs from the paper, which takes both spreads from 200 Poisson
// bootstraps: their expectation is u. Errors: those of WeightedMean; a truth
// without spread.
func Dilution(x, logw, truth []float64) (float64, error) {
	_, u, err := WeightedMean(x, logw)
	if err != nil {
		return 0, err
	}
	_, ut, err := WeightedMean(truth, nil)
	if err != nil {
		return 0, err
	}
	if !(ut > 0) {
		return 0, fmt.Errorf("metric: Dilution: the truth does not vary")
	}
	return u / ut, nil
}
