package report

import (
	"math"
	"runtime"
	"sync"

	"etalon/hist"
	"etalon/report/figure"
)

// fillChunks is the fixed number of parts that a sample is cut into; their
// sums are added in order, so the result does not depend on the threads.
const fillChunks = 8

// fillDensity fills points (x, y pairs) with weights w (nil: all 1) in nx × ny cells on
// limits x0, x1, y0, y1.
func fillDensity(points []float32, w, limits []float64, nx, ny int) (*hist.H2, error) {
	n := len(points) / 2
	parts := make([]*hist.H2, fillChunks)
	for c := range parts {
		h, err := hist.NewH2(nx, ny, limits[0], limits[1], limits[2], limits[3])
		if err != nil {
			return nil, err
		}
		parts[c] = h
	}
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for c, h := range parts {
		lo, hi := c*n/fillChunks, (c+1)*n/fillChunks
		wg.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			if w == nil {
				h.FillRows(points[2*lo:2*hi], nil)
			} else {
				h.FillWeights(points[2*lo:2*hi], w[lo:hi])
			}
		})
	}
	wg.Wait()
	for _, h := range parts[1:] {
		if err := parts[0].Add(h); err != nil {
			return nil, err
		}
	}
	return parts[0], nil
}

// densityGrid returns the probability density per squared data unit, relative
// to all points inside the range or not; empty cells are NaN, so that they
// stay white.
func densityGrid(h *hist.H2) figure.Grid {
	scale := 1 / (h.SumW * h.BinArea())
	return displayGrid(h, func(i int) float64 {
		if h.W[i] == 0 {
			return math.NaN()
		}
		return h.W[i] * scale
	})
}

// displayGrid evaluates value at every bin index of h.
func displayGrid(h *hist.H2, value func(i int) float64) figure.Grid {
	g := figure.Grid{NX: h.NX, NY: h.NY, V: make([]float64, len(h.W))}
	for ix := range h.NX {
		for iy := range h.NY {
			g.V[iy*h.NX+ix] = value(ix*h.NY + iy)
		}
	}
	return g
}

// profile is the projection of a density on one axis: probability per bin
// and its standard deviation.
type profile struct {
	p, sigma []float64
}

// newProfile takes the projection h of a sample of the total weight sumW.
func newProfile(h *hist.H1, sumW float64) profile {
	out := profile{make([]float64, h.N), make([]float64, h.N)}
	for i := range out.p {
		out.p[i] = h.W[i] / sumW
		out.sigma[i] = math.Sqrt(h.W2[i]) / sumW
	}
	return out
}

// jensenShannon returns the Jensen–Shannon divergence in nats of two
// histograms, each normalised to its own sum.
func jensenShannon(p, q []float64) float64 {
	var sp, sq float64
	for i := range p {
		sp += p[i]
		sq += q[i]
	}
	if !(sp > 0) || !(sq > 0) {
		return math.NaN()
	}
	var sum float64
	for i := range p {
		a, b := p[i]/sp, q[i]/sq
		if a > 0 {
			sum += 0.5 * a * math.Log(2*a/(a+b))
		}
		if b > 0 {
			sum += 0.5 * b * math.Log(2*b/(a+b))
		}
	}
	return max(sum, 0)
}

// minCell is the number of points, of both samples together, from which on a
// cell counts in χ².
const minCell = 10

// pulls returns (h − t)/σ per cell, where h and t are the probabilities of a
// sample and of the truth and σ² is the sum of their variances Σw²/(Σw)²;
// cells empty in both are NaN. It also returns the mean of the squared pulls
// over the cells that hold at least minCell points (χ² per bin), and the
// number of those cells.
func pulls(h, t *hist.H2) (g figure.Grid, chi2 float64, cells int) {
	g = displayGrid(t, func(i int) float64 {
		if t.W[i] == 0 && h.W[i] == 0 {
			return math.NaN()
		}
		variance := h.W2[i]/(h.SumW*h.SumW) + t.W2[i]/(t.SumW*t.SumW)
		v := (h.W[i]/h.SumW - t.W[i]/t.SumW) / math.Sqrt(variance)
		if t.W[i]+h.W[i] >= minCell {
			chi2 += v * v
			cells++
		}
		return v
	})
	if cells > 0 {
		chi2 /= float64(cells)
	}
	return g, chi2, cells
}
