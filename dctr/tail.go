package dctr

import (
	"math"
	"slices"
)

// Tail describes the upper tail of a distribution of weights, P(w > t) ~ t^(-1/k).
type Tail struct {
	// K is the shape of the generalised Pareto distribution fitted to the largest
	// weights as in Pareto-smoothed importance sampling (arXiv:1507.02646): below 0.5
	// the weights have a variance, up to 0.7 means over them converge at a practical
	// rate, from 1 on they have no mean. NaN where the tail is too short.
	K float64
	// Error is the standard error of K, (1+K)/√Points, of the maximum-likelihood fit.
	Error float64
	// Hill is Hill's estimate of k from the same weights, mean ln w/w_threshold; it is
	// for k > 0 and converges slowly where the tail is no pure power.
	Hill   float64
	Points int // weights in the tail: min(n/5, 3√n)
}

const minTail = 5

// NewTail fits the tail of weights exp(logw). Weights of 0 (-Inf) take part as zeros;
// a NaN or +Inf gives NaN. Source: Vehtari et al., arXiv:1507.02646, section 2 and
// appendix (Zhang and Stephens' estimate of the generalised Pareto distribution with
// a weak prior of 10 weights at k = ½).
func NewTail(logw []float64) Tail {
	n := len(logw)
	m := int(min(float64(n)/5, 3*math.Sqrt(float64(n))))
	t := Tail{K: math.NaN(), Error: math.NaN(), Hill: math.NaN(), Points: m}
	if m < minTail {
		return t
	}
	l, ok := largest(logw, m+1)
	if !ok || math.IsInf(l[m], 1) || math.IsInf(l[0], -1) {
		return t
	}
	top, cut := l[m], l[0]
	excess := make([]float64, m) // over the threshold, in units of the largest weight; rising
	t.Hill = 0
	for i, v := range l[1:] {
		excess[i] = math.Exp(v-top) - math.Exp(cut-top)
		t.Hill += (v - cut) / float64(m)
	}
	if !(excess[m-1] > 0) {
		t.K, t.Error = 0, 0 // no tail: equal weights
		return t
	}
	k := paretoShape(excess)
	const prior = 10
	t.K = (k*float64(m) + 0.5*prior) / (float64(m) + prior)
	t.Error = (1 + t.K) / math.Sqrt(float64(m))
	return t
}

// largest returns the m largest values, rising; ok is false if there is a NaN.
func largest(x []float64, m int) (top []float64, ok bool) {
	top = make([]float64, 0, 2*m)
	least := math.Inf(-1)
	for _, v := range x {
		if v != v {
			return nil, false
		}
		if v < least {
			continue
		}
		if top = append(top, v); len(top) == 2*m {
			slices.Sort(top)
			copy(top, top[m:])
			top = top[:m]
			least = top[0]
		}
	}
	slices.Sort(top)
	return top[max(0, len(top)-m):], true
}

// paretoShape estimates the shape k of the generalised Pareto distribution of rising
// x ≥ 0 (Zhang and Stephens, Technometrics 51 (2009) 316).
func paretoShape(x []float64) float64 {
	n := len(x)
	quartile := x[int(float64(n)/4+0.5)-1]
	if !(quartile > 0) {
		quartile = x[n-1] / float64(n)
	}
	grid := 30 + int(math.Sqrt(float64(n)))
	shape := func(theta float64) float64 {
		s := 0.0
		for _, v := range x {
			s += math.Log1p(-theta * v)
		}
		return s / float64(n)
	}
	theta, like := make([]float64, grid), make([]float64, grid)
	for j := range theta {
		theta[j] = 1/x[n-1] + (1-math.Sqrt(float64(grid)/(float64(j)+0.5)))/(3*quartile)
		k := shape(theta[j])
		if k == 0 { // the exponential distribution, where θ/k is -1/mean
			theta[j] = 0
			like[j] = -float64(n) * (math.Log(sum(x)/float64(n)) + 1)
			continue
		}
		like[j] = float64(n) * (math.Log(-theta[j]/k) - k - 1)
	}
	mean := 0.0
	for j := range theta {
		s := 0.0
		for _, l := range like {
			s += math.Exp(l - like[j])
		}
		if s > 0 {
			mean += theta[j] / s
		}
	}
	return shape(mean)
}
