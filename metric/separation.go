package metric

import (
	"fmt"
	"math"

	"etalon/hist"
)

// S2 returns the triangular discrimination, or separation power, of two
// histograms, from 0 (equal) to 1 (disjoint):
//
//	⟨S²⟩ = ½ Σ (h1-h2)²/(h1+h2)
//
// over bins in which either has mass, both normalised to unit sum over the range.
//
// Source: DCTRGAN (arXiv:2009.03796), eq. (15). The numbers printed there come
// from density-normalised histograms: they are this value divided by the bin
// width (Separation.Density). Errors: bins or ranges that differ, bins that are negative or not finite,
// a histogram without mass in its range.
func S2(h1, h2 *hist.H1) (float64, error) {
	if h1 == nil || h2 == nil {
		return 0, fmt.Errorf("metric: S2: histogram is nil")
	}
	if !h1.SameGrid(h2) || len(h1.W) != h1.N {
		return 0, fmt.Errorf("metric: S2: histograms have different bins: %d on [%g, %g] and %d on [%g, %g]", h1.N, h1.X0, h1.X1, h2.N, h2.X0, h2.X1)
	}
	for k, h := range []*hist.H1{h1, h2} {
		name := [2]string{"first", "second"}[k]
		for b, w := range h.W {
			if !(w >= 0) || math.IsInf(w, 0) {
				return 0, fmt.Errorf("metric: S2: bin %d of the %s histogram holds %g: finite sums of weights >= 0 are needed", b, name, w)
			}
		}
		if s, _ := h.Inside(); !(s > 0) || math.IsInf(s, 0) {
			return 0, fmt.Errorf("metric: S2: the %s histogram has total weight %g in its range: a positive finite one is needed", name, s)
		}
	}
	p, q := h1.Mass(), h2.Mass()
	var s float64
	for b := range p {
		if sum := p[b] + q[b]; sum > 0 {
			d := p[b] - q[b]
			s += d * d / sum
		}
	}
	return min(s/2, 1), nil
}
