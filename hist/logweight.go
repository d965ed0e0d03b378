package hist

import "math"

// logScale turns log-weights into weights of mean 1 without overflow.
type logScale struct{ max, factor float64 }

// newLogScale finds the largest log-weight below +Inf and the factor that gives
// exp(logw - max) the mean 1; NaN and +Inf are left out of both.
func newLogScale(logw []float64) logScale {
	m := math.Inf(-1)
	for _, l := range logw {
		if l > m && !math.IsInf(l, 1) {
			m = l
		}
	}
	if math.IsInf(m, -1) {
		return logScale{0, 1} // every usable weight is 0
	}
	var s float64
	var n int
	for _, l := range logw {
		if l != l || math.IsInf(l, 1) {
			continue
		}
		s += math.Exp(l - m)
		n++
	}
	return logScale{m, float64(n) / s}
}

// weight returns the weight for a log-weight of the same set; NaN for NaN and
// +Inf.
func (s logScale) weight(logw float64) float64 {
	if math.IsInf(logw, 1) {
		return math.NaN()
	}
	return math.Exp(logw-s.max) * s.factor
}
