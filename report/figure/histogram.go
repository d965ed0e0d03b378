package figure

import "image/color"

// Steps returns the outline of a histogram as a curve: edges of n+1 bin edges,
// values of n contents.
func Steps(edges, values []float64) (xs, ys []float64) {
	if len(edges) != len(values)+1 {
		panic("figure: a histogram has one edge more than bins")
	}
	for i, v := range values {
		xs = append(xs, edges[i], edges[i+1])
		ys = append(ys, v, v)
	}
	return xs, ys
}

// Histogram draws the outline of a histogram.
func (a *Axes) Histogram(s *Sheet, edges, values []float64, st Stroke) {
	xs, ys := Steps(edges, values)
	a.Line(s, xs, ys, st)
}

// FillHistogram fills a histogram down to the lower end of the y axis.
func (a *Axes) FillHistogram(s *Sheet, edges, values []float64, fill color.Color) {
	xs, ys := Steps(edges, values)
	floor := make([]float64, len(xs))
	for i := range floor {
		floor[i] = a.Y.Min
		ys[i] = max(ys[i], a.Y.Min)
	}
	a.Band(s, xs, floor, ys, fill)
}

// FillHistogramBand fills the area between two histograms of the same edges.
func (a *Axes) FillHistogramBand(s *Sheet, edges, lo, hi []float64, fill color.Color) {
	xs, yl := Steps(edges, lo)
	_, yh := Steps(edges, hi)
	a.Band(s, xs, yl, yh, fill)
}

// Edges returns the n+1 edges of n equal bins in [lo, hi].
func Edges(lo, hi float64, n int) []float64 {
	edges := make([]float64, n+1)
	for i := range edges {
		edges[i] = lo + (hi-lo)*float64(i)/float64(n)
	}
	return edges
}
