// Package hist holds weighted histograms on regular grids, in one and two
// dimensions, with the edge rules of numpy.histogram and numpy.histogram2d.
//
// Every bin keeps Σw and Σw², so that statistical errors and effective sample
// sizes of weighted samples follow from the histogram alone. Events that hold a
// NaN are counted apart and enter no sum.
//
// NewH1 and NewH2 make an empty histogram; FillRows and FillColumn fill it with points
// and their log-weights, Fill with single events; Mass, Density and their errors are
// what package metric scores and package report draws.
package hist

import (
	"fmt"
	"math"
)

// MaxBins is the largest number of bins that NewH1 and NewH2 accept.
const MaxBins = 1 << 24

// H2 is a weighted histogram of NX × NY equal bins on [X0, X1] × [Y0, Y1].
//
// Bin (ix, iy) has the index ix*NY+iy and is closed on the left and open on the
// right; the last bin of each axis is closed on both sides, as in
// numpy.histogram2d. The zero value is not usable: call NewH2.
//
// W and W2 hold Σw and Σw² per bin. Entries, SumW and SumW2 count all events
// without a NaN, inside the range or not; Outside is Σw of those not inside;
// NaN counts the events left out because a coordinate was NaN or the weight was
// not finite.
type H2 struct {
	NX, NY         int
	X0, X1, Y0, Y1 float64
	W, W2          []float64
	Entries        int64
	SumW, SumW2    float64
	Outside        float64
	NaN            int64
}

// NewH2 returns an empty histogram of nx × ny bins on [x0, x1] × [y0, y1].
// It is an error if a number of bins is not positive, if there are more than
// MaxBins in all, or if a range is empty, reversed or not finite.
func NewH2(nx, ny int, x0, x1, y0, y1 float64) (*H2, error) {
	if nx < 1 || ny < 1 || nx > MaxBins/ny {
		return nil, fmt.Errorf("hist: %d x %d bins: each number must be at least 1 and their product at most %d", nx, ny, MaxBins)
	}
	if err := checkRange("x", nx, x0, x1); err != nil {
		return nil, err
	}
	if err := checkRange("y", ny, y0, y1); err != nil {
		return nil, err
	}
	return &H2{NX: nx, NY: ny, X0: x0, X1: x1, Y0: y0, Y1: y1, W: make([]float64, nx*ny), W2: make([]float64, nx*ny)}, nil
}

func checkRange(axis string, n int, lo, hi float64) error {
	width := hi - lo
	if !(width > 0) || math.IsInf(width, 0) {
		return fmt.Errorf("hist: %s range [%g, %g]: the upper end must be finite and above the lower", axis, lo, hi)
	}
	if lo+width/float64(n) == lo || hi-width/float64(n) == hi {
		return fmt.Errorf("hist: %s range [%g, %g]: too narrow for %d bins in double precision", axis, lo, hi, n)
	}
	return nil
}

// edge returns the i-th of the n+1 edges on [lo, hi], rounded as numpy.linspace
// does.
func edge(i, n int, lo, hi float64) float64 {
	if i == n {
		return hi
	}
	return float64(float64(i)*((hi-lo)/float64(n))) + lo
}

// axisBin returns the bin of v among n on [lo, hi], or -1 outside (and for NaN).
func axisBin(v float64, n int, lo, hi float64) int {
	if !(v >= lo && v <= hi) {
		return -1
	}
	i := min(int((v-lo)/(hi-lo)*float64(n)), n-1)
	// The division may be off by an ulp; the edges decide.
	if i > 0 && v < edge(i, n, lo, hi) {
		i--
	} else if i < n-1 && v >= edge(i+1, n, lo, hi) {
		i++
	}
	return i
}

// Bin returns the index ix*NY+iy of the bin that holds (x, y), or -1 if the
// point is outside the range or not a number.
func (h *H2) Bin(x, y float64) int {
	ix := axisBin(x, h.NX, h.X0, h.X1)
	if ix < 0 {
		return -1
	}
	iy := axisBin(y, h.NY, h.Y0, h.Y1)
	if iy < 0 {
		return -1
	}
	return ix*h.NY + iy
}

// Fill adds one event of weight w at (x, y). An event with a NaN coordinate or a
// weight that is not finite only raises NaN.
func (h *H2) Fill(x, y, w float64) {
	if x != x || y != y || !finite(w) {
		h.NaN++
		return
	}
	h.Entries++
	h.SumW += w
	h.SumW2 += w * w
	b := h.Bin(x, y)
	if b < 0 {
		h.Outside += w
		return
	}
	h.W[b] += w
	h.W2[b] += w * w
}

func finite(v float64) bool { return v-v == 0 }

// FillRows adds n events, rows (n, 2) row-major, with natural log-weights logw
// (n), or weight 1 each if logw is nil. The log-weights are exponentiated after
// their maximum is subtracted and scaled to mean 1 over this call, so a sample
// that is filled in several calls wants FillWeights instead. An event whose
// log-weight is NaN or +Inf counts as NaN; -Inf is weight 0. It panics if the
// lengths disagree.
func (h *H2) FillRows(rows []float32, logw []float64) {
	n := len(rows) / 2
	if len(rows)%2 != 0 || logw != nil && len(logw) != n {
		panic("hist: FillRows: rows must be n x 2 and logw nil or of length n")
	}
	if logw == nil {
		for i := 0; i < n; i++ {
			h.Fill(float64(rows[2*i]), float64(rows[2*i+1]), 1)
		}
		return
	}
	scale := newLogScale(logw)
	for i := 0; i < n; i++ {
		h.Fill(float64(rows[2*i]), float64(rows[2*i+1]), scale.weight(logw[i]))
	}
}

// FillWeights adds n events, rows (n, 2) row-major, with the weights w (n) as
// they are. It panics if the lengths disagree.
func (h *H2) FillWeights(rows []float32, w []float64) {
	if len(rows) != 2*len(w) {
		panic("hist: FillWeights: rows must be n x 2 and w of length n")
	}
	for i, wi := range w {
		h.Fill(float64(rows[2*i]), float64(rows[2*i+1]), wi)
	}
}

// Add adds the contents of o, bin by bin. It is an error if the grids differ.
func (h *H2) Add(o *H2) error {
	if !h.SameGrid(o) {
		return fmt.Errorf("hist: Add: %s does not match %s", o.grid(), h.grid())
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

// SameGrid reports whether both histograms have the same bins and ranges.
func (h *H2) SameGrid(o *H2) bool {
	return h.NX == o.NX && h.NY == o.NY && h.X0 == o.X0 && h.X1 == o.X1 && h.Y0 == o.Y0 && h.Y1 == o.Y1 &&
		len(h.W) == len(o.W) && len(h.W2) == len(o.W2)
}

func (h *H2) grid() string {
	return fmt.Sprintf("grid %d x %d on [%g, %g] x [%g, %g]", h.NX, h.NY, h.X0, h.X1, h.Y0, h.Y1)
}
