package laser

import (
	"etalon/hist"
)

// grid returns an empty histogram of the columns that are compared. One column has a
// second axis of a single bin of width 1, so that areas are widths.
func (r *Run) grid() (*hist.H2, error) {
	nx, ny, lim := r.cfg.Score.Bins, r.cfg.Score.Bins, r.truth.rng
	if len(r.cfg.Score.Columns) == 1 {
		ny = 1
	}
	return hist.NewH2(nx, ny, lim[0], lim[1], lim[2], lim[3])
}

// compared returns the pairs of rows that grid takes.
func (r *Run) compared(x []float32) []float32 {
	dim, c := r.truth.dim, r.cfg.Score.Columns
	if dim == 2 && len(c) == 2 && c[0] == 0 {
		return x
	}
	pair := make([]float32, len(x)/dim*2)
	for i := range len(pair) / 2 {
		pair[2*i], pair[2*i+1] = x[i*dim+c[0]], 0.5
		if len(c) == 2 {
			pair[2*i+1] = x[i*dim+c[1]]
		}
	}
	return pair
}

// histogram fills the grid with points of log-weights (nil: 1 each).
func (r *Run) histogram(x []float32, logw []float64) (*hist.H2, error) {
	h, err := r.grid()
	if err != nil {
		return nil, err
	}
	h.FillRows(r.compared(x), logw)
	return h, nil
}
