package mcmc

import (
	"math"
	"slices"
)

// splitRHat is the potential scale reduction of sequences that are already
// split: √(var⁺/W) with var⁺ = (n-1)/n W + B/n.
// Source: Vehtari et al. 2021, arXiv:1903.08008, section 3.1. +Inf if the chains
// differ but do not move; NaN if nothing varies.
func splitRHat(s sequences) float64 {
	means := make([]float64, s.chains)
	within := 0.0
	for c := range s.chains {
		means[c] = mean(s.row(c))
		within += variance(s.row(c))
	}
	within /= float64(s.chains)
	n := float64(s.n)
	return math.Sqrt(((n-1)/n*within + variance(means)) / within)
}

// effectiveSize is the effective sample size of sequences that are already
// split, and the standard deviation √var⁺ of their pooled distribution.
//
// Source: Vehtari et al. 2021, arXiv:1903.08008, section 3.2: autocorrelations
// ρ_t = 1 - (W - γ_t)/var⁺ combined over chains, summed by Geyer's initial
// monotone sequence of pairs (Geyer 1992, Statist. Sci. 7, 473), with the first
// even lag past the cut added where it is positive, which helps antithetic
// chains. The result is at most S log10 S for S draws. Zero if nothing varies.
func effectiveSize(k *correlator, s sequences) (ess, sd float64) {
	means, within, acov := k.moments(s)
	n := float64(s.n)
	total := n * float64(s.chains)
	plus := within*(n-1)/n + variance(means)
	if !(plus > 0) {
		return 0, 0
	}
	rho := func(t int) float64 { return 1 - (within-acov[t])/plus }

	even, odd := 1.0, rho(1)
	sum, last, t := 0.0, math.Inf(1), 0
	for even+odd > 0 {
		last = min(last, even+odd)
		sum += last
		t += 2
		if t+1 >= s.n {
			even = 0
			break
		}
		even, odd = rho(t), rho(t+1)
	}
	tau := -1 + 2*sum + max(even, 0)
	tau = max(tau, 1/math.Log10(total))
	return total / tau, math.Sqrt(plus)
}

// rankNormal replaces values by normal scores of their ranks,
// Φ⁻¹((r - 3/8)/(S + 1/4)), ties sharing their average rank, and returns the
// order of the values too. Values are compared as float32, the precision of
// draws. Source: Vehtari et al. 2021, arXiv:1903.08008, section 4.1.
func rankNormal(s sequences) (sequences, ordered) {
	n := len(s.x)
	order := make(ordered, n)
	for i, v := range s.x {
		order[i] = uint64(sortable(float32(v)))<<32 | uint64(i)
	}
	slices.Sort(order)
	out := make([]float64, n)
	for i := 0; i < n; {
		j := i + 1
		for j < n && order[j]>>32 == order[i]>>32 {
			j++
		}
		p := (float64(i+j+1)/2 - 0.375) / (float64(n) + 0.25) // ranks i+1 … j
		z := math.Sqrt2 * math.Erfinv(2*p-1)
		for ; i < j; i++ {
			out[uint32(order[i])] = z
		}
	}
	return sequences{x: out, chains: s.chains, n: s.n}, order
}

// maxDraws bounds the draws of a column: their numbers have 32 bits.
const maxDraws = int64(1) << 32

// ordered lists the places of values in ascending order: the sortable bits of
// the value above, its index below. Such words sort several times faster than
// pairs with a comparison function.
type ordered []uint64

// sortable maps float32 to integers of the same order, with -0 equal to 0.
func sortable(v float32) uint32 {
	b := math.Float32bits(v + 0) // -0 + 0 = 0
	if b>>31 != 0 {
		return ^b
	}
	return b | 1<<31
}

// folded returns |x - median|.
func folded(s sequences, median float64) sequences {
	out := make([]float64, len(s.x))
	for i, v := range s.x {
		out[i] = math.Abs(v - median)
	}
	return sequences{x: out, chains: s.chains, n: s.n}
}

// below returns the indicator of x ≤ q.
func below(s sequences, q float64) sequences {
	out := make([]float64, len(s.x))
	for i, v := range s.x {
		if v <= q {
			out[i] = 1
		}
	}
	return sequences{x: out, chains: s.chains, n: s.n}
}

// quantile interpolates linearly between order statistics (type 7 of Hyndman &
// Fan 1996).
func quantile(s sequences, o ordered, p float64) float64 {
	at := p * float64(len(o)-1)
	i := int(at)
	low := s.x[uint32(o[i])]
	if i+1 >= len(o) {
		return low
	}
	return low + (at-float64(i))*(s.x[uint32(o[i+1])]-low)
}
