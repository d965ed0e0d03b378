package metric

import (
	"fmt"
	"math"

	"etalon/hist"
)

// maxCells bounds the grids of SolveEMD: the work grows like bins^1.5 or faster.
const maxCells = 1 << 18

// Stats describes the work of an exact transport solution.
type Stats struct {
	Supplies, Demands int   // nodes that still had mass to send or to get
	Arcs              int   // arcs in the final set, of Supplies × Demands pairs
	Rounds            int   // pricings of all pairs
	Pivots            int64 // of the network simplex
}

// EMDResult is an exact earth mover's distance with its certificate.
type EMDResult struct {
	Value float64 // in data units: Σ transported probability × distance
	Paper float64 // Value / (largest distance between bin centres) / bin area
	Moved float64 // probability that changes its bin
	Gap   float64 // proven bound on |Value - optimum|, in data units, but for the rounding of the masses
	Stats Stats
}

// EMD returns the earth mover's distance (1-Wasserstein distance) between the
// masses of two histograms, in data units, with the Euclidean distance between
// bin centres as ground distance. It is exact: see SolveEMD, whose errors it
// has.
func EMD(p, q *hist.H2) (float64, error) {
	r, err := SolveEMD(p, q)
	return r.Value, err
}

// PaperEMD returns the EMD in the convention of LaSeR's Table 3
// (arXiv:2106.00792): the distances are divided by the largest one between bin
// centres and the masses are density-normalised, so the number is
// EMD / largest distance / bin area.
func PaperEMD(p, q *hist.H2) (float64, error) {
	r, err := SolveEMD(p, q)
	return r.Paper, err
}

// SolveEMD solves the optimal transport between the masses of p and q exactly.
//
// The ground distance is a metric, so the common mass min(p, q) may stay where
// it is and only p-q has to be transported. That problem is solved by a network
// simplex on a small set of arcs which grows until no pair of bins at all has a
// negative reduced cost. Distances and masses are held as 60-bit integers, so
// the optimality of the integer problem is proven without a tolerance; Gap
// bounds what rounding the distances can cost.
//
// Errors: grids that differ; bins that are negative or not finite; a histogram
// without mass in its range; more than 2^18 bins. Mass outside the range plays no part.
func SolveEMD(p, q *hist.H2) (EMDResult, error) {
	pm, qm, err := masses("EMD", p, q)
	if err != nil {
		return EMDResult{}, err
	}
	if len(pm) > maxCells {
		return EMDResult{}, fmt.Errorf("metric: EMD: %d x %d bins: at most %d in all are accepted", p.NX, p.NY, maxCells)
	}
	dx, dy := p.BinWidths()
	largest := math.Hypot(float64(p.NX-1)*dx, float64(p.NY-1)*dy)
	if math.IsInf(largest, 0) {
		return EMDResult{}, fmt.Errorf("metric: EMD: the largest distance on [%g, %g] x [%g, %g] is not finite", p.X0, p.X1, p.Y0, p.Y1)
	}
	for i := range pm {
		pm[i] -= qm[i]
	}
	t, err := solveGrid(pm, p.NX, p.NY, dx, dy)
	if err != nil {
		return EMDResult{}, err
	}
	r := EMDResult{Value: t.value, Moved: t.moved, Gap: t.gap, Stats: t.stats}
	if largest > 0 {
		r.Paper = r.Value / largest / p.BinArea()
	}
	return r, nil
}

// masses returns the bin probabilities of two histograms on one grid.
func masses(what string, p, q *hist.H2) (pm, qm []float64, err error) {
	if p == nil || q == nil {
		return nil, nil, fmt.Errorf("metric: %s: histogram is nil", what)
	}
	if !p.SameGrid(q) || len(p.W) != p.NX*p.NY {
		return nil, nil, fmt.Errorf("metric: %s: histograms have different grids: %d x %d on [%g, %g] x [%g, %g] and %d x %d on [%g, %g] x [%g, %g]",
			what, p.NX, p.NY, p.X0, p.X1, p.Y0, p.Y1, q.NX, q.NY, q.X0, q.X1, q.Y0, q.Y1)
	}
	for k, h := range []*hist.H2{p, q} {
		name := [2]string{"first", "second"}[k]
		for b, w := range h.W {
			if !(w >= 0) || math.IsInf(w, 0) {
				return nil, nil, fmt.Errorf("metric: %s: bin (%d, %d) of the %s histogram holds %g: finite sums of weights >= 0 are needed", what, b/h.NY, b%h.NY, name, w)
			}
		}
		if s, _ := h.Inside(); !(s > 0) || math.IsInf(s, 0) {
			return nil, nil, fmt.Errorf("metric: %s: the %s histogram has total weight %g in its range: a positive finite one is needed", what, name, s)
		}
	}
	return p.Mass(), q.Mass(), nil
}
