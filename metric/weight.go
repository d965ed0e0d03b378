package metric

import (
	"fmt"
	"math"
)

// KishESS returns Kish's effective sample size (Σw)²/Σw² of natural
// log-weights, without overflow for any finite ones. It is 0 for no weights or
// if all are -Inf (weight 0), NaN if one is NaN or +Inf.
func KishESS(logw []float64) float64 {
	s1, s2, ok := weightSums(logw)
	if !ok {
		return math.NaN()
	}
	if s1 == 0 {
		return 0
	}
	return s1 * s1 / s2
}

// MaxShare returns the share of the total weight that the largest weight has,
// between 1/n and 1, from natural log-weights. Special cases are those of
// KishESS.
func MaxShare(logw []float64) float64 {
	s1, _, ok := weightSums(logw)
	if !ok {
		return math.NaN()
	}
	if s1 == 0 {
		return 0
	}
	return 1 / s1
}

// NormaliseLogWeights returns log-weights shifted so that the weights have mean
// 1, the closure of DCTRGAN (arXiv:2009.03796), eq. (10). It is an error if
// there are none, if one is NaN or +Inf, or if all are -Inf.
func NormaliseLogWeights(logw []float64) ([]float64, error) {
	for i, l := range logw {
		if l != l || math.IsInf(l, 1) {
			return nil, fmt.Errorf("metric: log-weight %d is %g: it must be finite, or -Inf for weight 0", i, l)
		}
	}
	s1, _, _ := weightSums(logw)
	if s1 == 0 {
		return nil, fmt.Errorf("metric: none of %d log-weights stands for a positive weight", len(logw))
	}
	shift := largest(logw) + math.Log(s1/float64(len(logw)))
	out := make([]float64, len(logw))
	for i, l := range logw {
		out[i] = l - shift
	}
	return out, nil
}

// weightSums returns Σw and Σw² in units of the largest weight (and 0, 0 if
// there is none above 0); ok is false if a log-weight is NaN or +Inf.
func weightSums(logw []float64) (s1, s2 float64, ok bool) {
	m := largest(logw)
	if math.IsInf(m, -1) {
		for _, l := range logw {
			if l != l {
				return 0, 0, false
			}
		}
		return 0, 0, true
	}
	for _, l := range logw {
		if l != l || math.IsInf(l, 1) {
			return 0, 0, false
		}
		w := math.Exp(l - m)
		s1 += w
		s2 += w * w
	}
	return s1, s2, true
}

// largest returns the largest entry that is not NaN, -Inf if there is none.
func largest(v []float64) float64 {
	m := math.Inf(-1)
	for _, x := range v {
		if x > m {
			m = x
		}
	}
	return m
}

// Correlation returns Pearson's correlation coefficient of a and b under the
// weights w (nil: all 1), in [-1, 1]. It is NaN where it is not defined: no
// weight, a column without spread, or a NaN among the values. It panics if the
// lengths disagree.
func Correlation(a, b, w []float64) float64 {
	if len(a) != len(b) || w != nil && len(w) != len(a) {
		panic("metric: Correlation: a, b and w must have one length")
	}
	weight := func(i int) float64 {
		if w == nil {
			return 1
		}
		return w[i]
	}
	var sw, ma, mb float64
	for i := range a {
		sw += weight(i)
		ma += weight(i) * a[i]
		mb += weight(i) * b[i]
	}
	ma /= sw
	mb /= sw
	var aa, bb, ab float64
	for i := range a {
		da, db := a[i]-ma, b[i]-mb
		aa += weight(i) * da * da
		bb += weight(i) * db * db
		ab += weight(i) * da * db
	}
	if !(aa > 0) || !(bb > 0) {
		return math.NaN()
	}
	return max(-1, min(1, ab/(math.Sqrt(aa)*math.Sqrt(bb))))
}
