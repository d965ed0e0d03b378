package mcmc

import (
	"errors"
	"fmt"
	"math"
)

// HistogramSize is the effective sample size of a histogram of correlated draws.
type HistogramSize struct {
	N float64 `json:"n"` // draws, in and out of range
	// Factor D is the variance of the bin counts over that of independent
	// draws.
	Factor float64 `json:"factor"`
	ESS    float64 `json:"ess"`    // N/D
	StdErr float64 `json:"stderr"` // of ESS, jackknife over chains
}

// HistogramESS estimates how many independent draws would give a histogram
// with the noise of this one.
//
// counts holds the bin counts of each chain, chains×bins row-major; draws is
// the number of draws of each chain, which may exceed the sum of its counts
// where draws fell outside the range.
//
// Derivation. Let c_mb be the count of chain m in bin b, C_b = Σ_m c_mb, and N
// = chains·draws. For independent draws C_b is binomial with variance N p_b(1-p_b).
// For M independent chains, whatever the correlation within each,
// Var C_b = M·Var(c_mb), and the sample variance over chains estimates
// Var(c_mb) without bias. The ratio of the sums over bins,
//
//	D = Σ_b g_b M·Var_m(c_mb) / Σ_b g_b N p_b(1-p_b),   p_b = C_b/N,
//
// where every bin is weighted by g_b = 1/(C_b + 1), is the ratio of the expected
// value of Σ_b (C_b/N - p_b)²/p_b of this histogram to that of N independent
// draws; the latter goes as 1/N, hence n_eff = N/D. This is the noise that χ²
// and, to leading order, the Jensen-Shannon divergence of a histogram see: chains
// that are stuck in rare bins count. Adding one count keeps nearly empty bins from
// dominating, and summing before dividing needs no cut on them. A scale common to
// all chains (jitter of the trajectories) does no harm: given it, chains are
// independent and each is unbiased. Starts that coincide do: they make D too small.
//
// The standard error is the jackknife over chains (Efron & Stein 1981): the
// estimate is repeated without each chain in turn.
//
// Errors: fewer than 3 chains; lengths that disagree; counts that exceed draws;
// histograms that do not vary.
func HistogramESS(counts []uint32, chains, bins, draws int) (HistogramSize, error) {
	if chains < 3 || bins < 1 || draws < 1 {
		return HistogramSize{}, fmt.Errorf("mcmc: %d chains, %d bins, %d draws; at least 3, 1 and 1 are needed", chains, bins, draws)
	}
	if len(counts)%chains != 0 || len(counts)/chains != bins {
		return HistogramSize{}, fmt.Errorf("mcmc: %d counts do not fill %d chains of %d bins", len(counts), chains, bins)
	}
	sum, sum2 := make([]float64, bins), make([]float64, bins)
	for m := range chains {
		row, inside := counts[m*bins:(m+1)*bins], uint64(0)
		for b, c := range row {
			inside += uint64(c)
			sum[b] += float64(c)
			sum2[b] += float64(c) * float64(c)
		}
		if inside > uint64(draws) {
			return HistogramSize{}, fmt.Errorf("mcmc: chain %d has %d counts of %d draws", m, inside, draws)
		}
	}
	n := float64(chains) * float64(draws)
	out := HistogramSize{N: n, Factor: varianceFactor(sum, sum2, nil, chains, draws)}
	if !(out.Factor > 0) || math.IsInf(out.Factor, 1) {
		return HistogramSize{}, errors.New("mcmc: the chains' histograms do not vary; no effective size can be estimated")
	}
	out.ESS = n / out.Factor

	leave := make([]float64, chains)
	for m := range leave {
		leave[m] = n / varianceFactor(sum, sum2, counts[m*bins:(m+1)*bins], chains-1, draws)
	}
	v := variance(leave) * float64(chains-1) * float64(chains-1) / float64(chains)
	if math.IsNaN(v) || math.IsInf(v, 1) {
		return HistogramSize{}, errors.New("mcmc: the chains' histograms hardly vary; the effective size has no standard error")
	}
	out.StdErr = math.Sqrt(v)
	return out, nil
}

// varianceFactor is D from the sums and sums of squares over chains of each
// bin's counts, leaving out one chain's counts unless without is nil. chains
// is the number that remain.
func varianceFactor(sum, sum2 []float64, without []uint32, chains, draws int) float64 {
	m := float64(chains)
	n := m * float64(draws)
	var top, bottom float64
	for b := range sum {
		s, s2 := sum[b], sum2[b]
		g := 1 / (s + 1)
		if without != nil {
			c := float64(without[b])
			s -= c
			s2 -= c * c
		}
		top += g * m * (s2 - s*s/m) / (m - 1)
		bottom += g * s * (1 - s/n)
	}
	return top / bottom
}
