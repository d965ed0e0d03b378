package metric

import "etalon/hist"

// HistogramSize is the number of unweighted points whose histogram scatters about its
// expectation as much as that of a weighted sample, every occupied bin b counting as it
// does in χ² and, to leading order, in the JSD: with W_b = Σw and Q_b = Σw² in each of K
// bins, and W the total,
//
//	n = K·W / Σ_b (Q_b/W_b).
//
// It is the number of points where all weights are equal, and Kish's effective sample
// size where weights and places have nothing to do with each other. Weights that only say
// which regions hardly count cost nothing inside the others: then it is above Kish's. It
// is 0 of an empty histogram.
func HistogramSize(h *hist.H2) float64 {
	total, sum, k := 0.0, 0.0, 0
	for b, w := range h.W {
		if w > 0 {
			total += w
			sum += h.W2[b] / w
			k++
		}
	}
	if k == 0 {
		return 0
	}
	return float64(k) * total / sum
}
