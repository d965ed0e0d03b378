package hist

import "fmt"

// H1 is a weighted histogram of N equal bins on [X0, X1], with the same rules
// and the same totals as H2. The zero value is not usable: call NewH1.
type H1 struct {
	N           int
	X0, X1      float64
	W, W2       []float64
	Entries     int64
	SumW, SumW2 float64
	Outside     float64
	NaN         int64
}

// NewH1 returns an empty histogram of n bins on [x0, x1]; the errors are those
// of NewH2.
func NewH1(n int, x0, x1 float64) (*H1, error) {
	if n < 1 || n > MaxBins {
		return nil, fmt.Errorf("hist: %d bins: the number must be between 1 and %d", n, MaxBins)
	}
	if err := checkRange("x", n, x0, x1); err != nil {
		return nil, err
	}
	return &H1{N: n, X0: x0, X1: x1, W: make([]float64, n), W2: make([]float64, n)}, nil
}

// Bin returns the bin that holds x, or -1 if x is outside the range or NaN.
func (h *H1) Bin(x float64) int { return axisBin(x, h.N, h.X0, h.X1) }

// Fill adds one event of weight w at x. A NaN, or a weight that is not finite,
// only raises NaN.
func (h *H1) Fill(x, w float64) {
	if x != x || !finite(w) {
		h.NaN++
		return
	}
	h.Entries++
	h.SumW += w
	h.SumW2 += w * w
	b := h.Bin(x)
	if b < 0 {
		h.Outside += w
		return
	}
	h.W[b] += w
	h.W2[b] += w * w
}

// FillColumn adds the n values of column col of rows (n, width) row-major, with
// log-weights logw (n) or nil, treated as in H2.FillRows. It panics if the
// lengths disagree.
func (h *H1) FillColumn(rows []float32, width, col int, logw []float64) {
	if width < 1 || col < 0 || col >= width || len(rows)%width != 0 || logw != nil && len(logw) != len(rows)/width {
		panic("hist: FillColumn: rows must be n x width, col in [0, width) and logw nil or of length n")
	}
	if logw == nil {
		for i := col; i < len(rows); i += width {
			h.Fill(float64(rows[i]), 1)
		}
		return
	}
	scale := newLogScale(logw)
	for i, lw := range logw {
		h.Fill(float64(rows[i*width+col]), scale.weight(lw))
	}
}

// Add adds the contents of o, bin by bin. It is an error if the grids differ.
func (h *H1) Add(o *H1) error {
	if !h.SameGrid(o) {
		return fmt.Errorf("hist: Add: %d bins on [%g, %g] do not match %d bins on [%g, %g]", o.N, o.X0, o.X1, h.N, h.X0, h.X1)
	}
	for i := range h.W {
		h.W[i] += o.W[i]
		h.W2[i] += o.W2[i]
	}
	h.Entries += o.Entries
	h.SumW += o.SumW
	h.SumW2 += o.SumW2
	h.Outside += o.Outside
	h.NaN += o.NaN
	return nil
}

// SameGrid reports whether both histograms have the same bins and range.
func (h *H1) SameGrid(o *H1) bool {
	return h.N == o.N && h.X0 == o.X0 && h.X1 == o.X1 && len(h.W) == len(o.W) && len(h.W2) == len(o.W2)
}

// Inside returns Σw and Σw² over the bins of the range.
func (h *H1) Inside() (sumW, sumW2 float64) { return sum(h.W), sum(h.W2) }

// EffectiveEntries returns (Σw)²/Σw² inside the range; 0 if it is empty.
func (h *H1) EffectiveEntries() float64 { return kish(h.Inside()) }

// Mass returns the probability of each bin, normalised to sum 1 over the range;
// all 0 if Σw over the range is not positive.
func (h *H1) Mass() []float64 { return scaled(h.W, 1) }

// BinWidth returns the width of a bin, in data units.
func (h *H1) BinWidth() float64 { return (h.X1 - h.X0) / float64(h.N) }

// Density returns the probability density of each bin, Mass/BinWidth.
func (h *H1) Density() []float64 { return scaled(h.W, 1/h.BinWidth()) }

// DensityError returns the statistical standard deviation of Density per bin,
// the normalisation taken as fixed.
func (h *H1) DensityError() []float64 { return scaledError(h.W, h.W2, 1/h.BinWidth()) }

// Center returns the centre of bin i.
func (h *H1) Center(i int) float64 { return h.X0 + (float64(i)+0.5)*h.BinWidth() }
