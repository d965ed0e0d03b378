package mcmc

import (
	"fmt"
	"math"

	"etalon/rng"
)

// Start chooses the starting points of chains by systematic importance
// resampling (Kitagawa 1996; Douc, Cappé & Moulines 2005, arXiv:cs/0507025): draws
// from the prior with weights w = q/p_Z become draws that follow q, as far as the
// weights' effective sample size allows, so that every mode starts with its share of chains
// and the burn-in has only the details to mend.
//
// z: n×dim row-major, rows from the prior in random order; logw: n values of
// log q - log p_Z, up to a constant; -Inf is weight zero. Row i is chosen
// floor or ceil of chains·w_i/Σw times, and that often on average. The result
// is chains×dim. Use several times more rows than chains: equal starts make
// chains that are not independent.
//
// Errors: lengths that disagree; a weight that is NaN or +Inf (the error names
// the row); no positive weight.
func Start(z []float32, logw []float64, chains int, stream rng.Stream) ([]float32, error) {
	n := len(logw)
	if n == 0 || len(z) == 0 || len(z)%n != 0 {
		return nil, fmt.Errorf("mcmc: %d coordinates and %d weights do not make rows; give n×dim values and n weights", len(z), n)
	}
	if chains < 1 {
		return nil, fmt.Errorf("mcmc: %d chains asked for; at least 1 is needed", chains)
	}
	dim := len(z) / n
	top := math.Inf(-1)
	for i, l := range logw {
		if math.IsNaN(l) || math.IsInf(l, 1) {
			return nil, fmt.Errorf("mcmc: log-weight of row %d is %g; it must be finite or -Inf", i, l)
		}
		top = max(top, l)
	}
	if math.IsInf(top, -1) {
		return nil, fmt.Errorf("mcmc: all %d weights are zero; no chain can start", n)
	}
	total, last := 0.0, 0
	for i, l := range logw {
		if w := math.Exp(l - top); w > 0 {
			total += w
			last = i
		}
	}
	u := stream.Uniform(0, 0, 0)
	start := make([]float32, 0, chains*dim)
	row, sum := 0, math.Exp(logw[0]-top)
	for c := range chains {
		at := (float64(c) + u) / float64(chains) * total
		for sum <= at && row < last {
			row++
			sum += math.Exp(logw[row] - top)
		}
		start = append(start, z[row*dim:(row+1)*dim]...)
	}
	return start, nil
}
