package metric

import (
	"math"

	"etalon/hist"
)

// JSD returns the Jensen-Shannon divergence between the masses of two
// histograms in nats, from 0 (equal) to ln 2 (disjoint):
//
//	JSD = ½ Σ p ln(2p/(p+q)) + ½ Σ q ln(2q/(p+q))
//
// Source: LaSeR (arXiv:2106.00792), eq. (4). Differs from the paper: the second
// numerator printed there is a slip and is q here, as in the definition of the
// divergence. Errors: grids that differ, bins that are negative or not finite, a
// histogram without mass in its range.
func JSD(p, q *hist.H2) (float64, error) {
	pm, qm, err := masses("JSD", p, q)
	if err != nil {
		return 0, err
	}
	return jsd(pm, qm), nil
}

// PaperJSD returns the divergence in the convention of LaSeR's Table 3, whose
// histograms are density-normalised: JSD in nats divided by the bin area.
func PaperJSD(p, q *hist.H2) (float64, error) {
	v, err := JSD(p, q)
	if err != nil {
		return 0, err
	}
	return v / p.BinArea(), nil
}

func jsd(p, q []float64) float64 {
	var s float64
	for i := range p {
		m := p[i]/2 + q[i]/2
		if p[i] > 0 {
			s += p[i] * math.Log(p[i]/m)
		}
		if q[i] > 0 {
			s += q[i] * math.Log(q[i]/m)
		}
	}
	return max(s/2, 0)
}

// JSDFloor returns the expectation of the JSD, in nats, between the histograms
// of two independent samples of one density:
//
//	K/8 · (1/N_t + 1/N_eff)
//
// with K the bins occupied in either and N the effective entries (Σw)²/Σw²
// inside the range. It is the leading term in 1/(entries per bin): where a good
// part of the mass lies in bins of a few events it is some 10 % off. The errors
// are those of JSD.
func JSDFloor(p, q *hist.H2) (float64, error) {
	if _, _, err := masses("JSDFloor", p, q); err != nil {
		return 0, err
	}
	k := 0
	for i := range p.W {
		if p.W[i] > 0 || q.W[i] > 0 {
			k++
		}
	}
	return JSDFloorOf(k, p.EffectiveEntries(), q.EffectiveEntries()), nil
}

// JSDFloorOf is JSDFloor for k occupied bins and samples of nt and neff
// effective entries, in nats.
func JSDFloorOf(k int, nt, neff float64) float64 { return float64(k) / 8 * (1/nt + 1/neff) }
