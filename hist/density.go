package hist

import "math"

// Inside returns Σw and Σw² over the bins of the range.
func (h *H2) Inside() (sumW, sumW2 float64) { return sum(h.W), sum(h.W2) }

// EffectiveEntries returns Kish's effective number of events inside the range,
// (Σw)²/Σw²; 0 for an empty histogram.
func (h *H2) EffectiveEntries() float64 { return kish(h.Inside()) }

// Mass returns the probability of each bin, (NX*NY), normalised to sum 1 over
// the bins of the range. If Σw over the range is not positive, all are 0.
func (h *H2) Mass() []float64 { return scaled(h.W, 1) }

// BinWidths returns the widths of a bin along x and y, in data units.
func (h *H2) BinWidths() (dx, dy float64) {
	return (h.X1 - h.X0) / float64(h.NX), (h.Y1 - h.Y0) / float64(h.NY)
}

// BinArea returns the area of a bin, in data units squared.
func (h *H2) BinArea() float64 {
	dx, dy := h.BinWidths()
	return dx * dy
}

// Density returns the probability density of each bin, Mass/BinArea: what
// numpy.histogram2d gives with density=True.
func (h *H2) Density() []float64 { return scaled(h.W, 1/h.BinArea()) }

// DensityError returns the statistical standard deviation of Density per bin,
// sqrt(Σw²)/(Σw · area), the normalisation taken as fixed.
func (h *H2) DensityError() []float64 { return scaledError(h.W, h.W2, 1/h.BinArea()) }

// Center returns the centre of the bin (ix, iy).
func (h *H2) Center(ix, iy int) (x, y float64) {
	dx, dy := h.BinWidths()
	return h.X0 + (float64(ix)+0.5)*dx, h.Y0 + (float64(iy)+0.5)*dy
}

// MarginX returns the histogram of x alone over the events inside the range of
// both axes.
func (h *H2) MarginX() *H1 {
	m := &H1{N: h.NX, X0: h.X0, X1: h.X1, W: make([]float64, h.NX), W2: make([]float64, h.NX)}
	for i := range h.W {
		m.W[i/h.NY] += h.W[i]
		m.W2[i/h.NY] += h.W2[i]
	}
	h.copyTotals(m)
	return m
}

// MarginY returns the histogram of y alone over the events inside the range of
// both axes.
func (h *H2) MarginY() *H1 {
	m := &H1{N: h.NY, X0: h.Y0, X1: h.Y1, W: make([]float64, h.NY), W2: make([]float64, h.NY)}
	for i := range h.W {
		m.W[i%h.NY] += h.W[i]
		m.W2[i%h.NY] += h.W2[i]
	}
	h.copyTotals(m)
	return m
}

func (h *H2) copyTotals(m *H1) {
	m.Entries, m.SumW, m.SumW2, m.Outside, m.NaN = h.Entries, h.SumW, h.SumW2, h.Outside, h.NaN
}

func sum(v []float64) float64 {
	var s float64
	for _, x := range v {
		s += x
	}
	return s
}

func kish(sumW, sumW2 float64) float64 {
	if !(sumW2 > 0) {
		return 0
	}
	return sumW * sumW / sumW2
}

// scaled returns w·factor/Σw, or zeros if Σw is not positive.
func scaled(w []float64, factor float64) []float64 {
	out := make([]float64, len(w))
	s := sum(w)
	if !(s > 0) {
		return out
	}
	for i, v := range w {
		out[i] = v / s * factor
	}
	return out
}

func scaledError(w, w2 []float64, factor float64) []float64 {
	out := make([]float64, len(w))
	s := sum(w)
	if !(s > 0) {
		return out
	}
	for i, v := range w2 {
		out[i] = math.Sqrt(v) / s * factor
	}
	return out
}
