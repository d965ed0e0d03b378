package bibae

import (
	"math"
	"slices"

	"etalon/calo"
)

// start gives offsets a and factors b of the cells values such that a + b·n, n uniform in
// (-1, 1), is active as often as the cell is in the showers, and then has the mean of its
// compressed energy. Cells that are nearly always active get their mean and spread instead.
// Nothing happens if the model has no such parameters, or trained ones.
func (m *Model) start(showers *calo.Sparse, s *sums) {
	m.standardise(s)
	if !m.Config.CellNoise {
		return
	}
	a, b := m.Params.Values(offsets), m.Params.Values(factors)
	if slices.ContainsFunc(a, func(v float32) bool { return v != 0 }) {
		return
	}
	hits, sum, square := make([]float64, len(a)), make([]float64, len(a)), make([]float64, len(a))
	total, all := 0.0, 0.0
	for i := range showers.Len() {
		cells, mev := showers.Shower(i)
		for k, c := range cells {
			y := m.Config.compress(math.Max(0, float64(mev[k])))
			hits[c]++
			sum[c] += y
			square[c] += y * y
			all += y
			total++
		}
	}
	at := m.Config.compress(s.cut)
	typical := math.Max(all/math.Max(total, 1), at*1.1)
	n := float64(showers.Len())
	for c := range a {
		p := (hits[c] + 0.1) / (n + 0.2)
		mean := (sum[c] + 0.1*typical) / (hits[c] + 0.1)
		spread := math.Sqrt(math.Max(0, square[c]/math.Max(hits[c], 1)-mean*mean))
		mean = math.Max(mean, at*1.05)
		// P(a + b·n > at) = (a + b - at)/2b = p, mean above at (at + a + b)/2.
		factor := (mean - at) / p
		offset := 2*mean - at - factor
		if half := math.Sqrt(3) * spread; p > 0.9 && mean-half > at {
			factor, offset = half, mean
		}
		a[c], b[c] = float32(offset), float32(factor)
	}
}

// standardise gives the encoder means and scales of the sums, unless it has them.
func (m *Model) standardise(s *sums) {
	if !m.Config.EncodeSums {
		return
	}
	mean, scale := m.Params.Values(sumMeans), m.Params.Values(sumScales)
	if slices.ContainsFunc(scale, func(v float32) bool { return v != 0 }) {
		return
	}
	for k, v := range s.scale() {
		mean[k], scale[k] = float32(s.mean[k]), float32(v)
	}
}
