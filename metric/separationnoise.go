package metric

import (
	"math"

	"etalon/hist"
)

// Separation is the separation power of two histograms in both conventions, beside
// what the statistical fluctuations of both give for equal densities.
type Separation struct {
	S2      float64 // in [0, 1], as the function S2 says
	Density float64 // from density-normalised histograms, as DCTRGAN prints it: S2 / bin width
	// Noise is the expectation of S2 for samples of one density, NoiseSpread its
	// standard deviation.
	Noise, NoiseSpread float64
}

// NewSeparation returns ⟨S²⟩ with its noise,
//
//	E⟨S²⟩ = ½ Σ (Var h1 + Var h2)/(h1 + h2),
//
// over bins in which either has mass; the variance of the content h = w/s of a
// normalised bin is (w2 (1-2h) + h² s2)/s², with w and w2 the sums of weights and of
// their squares in the bin, s and s2 those of all bins. Without weights that is
// (K-1)/4·(1/n1 + 1/n2) over K filled bins. The spread takes the bins as independent
// and normal: it is too small where most bins hold a few events.
//
// Source: DCTRGAN (arXiv:2009.03796), eq. (15). Errors are those of S2.
func NewSeparation(h1, h2 *hist.H1) (*Separation, error) {
	s2, err := S2(h1, h2)
	if err != nil {
		return nil, err
	}
	v1, v2 := massVariances(h1), massVariances(h2)
	p, q := h1.Mass(), h2.Mass()
	s := &Separation{S2: s2, Density: s2 / h1.BinWidth()}
	for b := range p {
		if sum := p[b] + q[b]; sum > 0 {
			v := (v1[b] + v2[b]) / sum
			s.Noise += v / 2
			s.NoiseSpread += v * v / 2
		}
	}
	s.NoiseSpread = math.Sqrt(s.NoiseSpread)
	return s, nil
}

// massVariances returns the variance of the share of the range that each bin has.
func massVariances(h *hist.H1) []float64 {
	sumW, sumW2 := h.Inside()
	v := h.Mass()
	for b, p := range v {
		v[b] = max(h.W2[b]/sumW/sumW*(1-2*p)+p*p*(sumW2/sumW/sumW), 0)
	}
	return v
}

// NewSeparation2 is NewSeparation of two-dimensional histograms; Density is S2 divided by
// the area of a bin.
func NewSeparation2(h1, h2 *hist.H2) (*Separation, error) {
	if _, _, err := masses("S2", h1, h2); err != nil {
		return nil, err
	}
	return NewSeparation(inLine(h1), inLine(h2))
}

// inLine has the bins of h in a row, their widths being their areas.
func inLine(h *hist.H2) *hist.H1 {
	n := len(h.W)
	return &hist.H1{N: n, X1: float64(n) * h.BinArea(), W: h.W, W2: h.W2, Entries: h.Entries, SumW: h.SumW, SumW2: h.SumW2, Outside: h.Outside, NaN: h.NaN}
}
