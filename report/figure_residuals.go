package report

import (
	"fmt"
	"math"

	"etalon/hist"
	"etalon/report/figure"
)

// residualFigure shows for every method where its density departs from the
// truth, in units of the statistical error, and how these pulls are
// distributed beside the normal distribution that pure noise would give.
type residualFigure struct {
	truth   *hist.H2
	columns []residualColumn
}

type residualColumn struct {
	method method
	grid   figure.Grid
	chi2   float64
	cells  int
}

const maxPull = 5

func newResidualFigure(r *run) *residualFigure {
	f := &residualFigure{truth: r.truth}
	for _, m := range methods {
		if d := r.feature[m.key]; d != nil {
			c := residualColumn{method: m}
			c.grid, c.chi2, c.cells = pulls(d, r.truth)
			f.columns = append(f.columns, c)
		}
	}
	return f
}

func (f *residualFigure) height() float64 { return panelHeight(f.truth, panelSide) }

func (f *residualFigure) drawing() figure.Drawing {
	return figure.Drawing{Width: columnsWidth(max(len(f.columns), 2)), Height: panelHead + max(f.height(), 120) + panelFoot + 62, Draw: f.draw}
}

func (f *residualFigure) draw(s *figure.Sheet) {
	h := f.height()
	sc := figure.Scale{Lo: -maxPull, Hi: maxPull, Map: figure.Diverging(), Over: true, Under: true}
	f.drawPulls(s, figure.Rect{X: columnX(0), Y: panelHead, W: panelSide - 24, H: max(h, 120)})
	for i, c := range f.columns {
		ax := figure.Axes{
			Rect: figure.Rect{X: columnX(i + 1), Y: panelHead, W: panelSide, H: h},
			X:    figure.Axis{Min: f.truth.X0, Max: f.truth.X1, Label: "$x$_{1}", Ticks: panelTicks(f.truth.X0, f.truth.X1)},
			Y:    figure.Axis{Min: f.truth.Y0, Max: f.truth.Y1, Label: "$x$_{2}", Count: 4, Bare: true},
		}
		ax.Grid(s, c.grid, sc)
		ax.Frame(s)
		swatch := ax.Rect.X + s.TextWidth(c.method.label, figure.TextStyle{Size: figure.SizeTitle, Bold: true}) + 10
		s.Line(c.method.stroke(2.2), figure.Point{X: swatch, Y: panelHead - 29.5}, figure.Point{X: swatch + 26, Y: panelHead - 29.5})
		ax.Title(s, c.method.label, fmt.Sprintf("χ² per bin %s   (%s bins)", figure.Number(c.chi2, 3), figure.Count(c.cells)))
	}
	y := panelHead + max(h, 120) + panelFoot + 24
	s.ColorBar(figure.Rect{X: columnX(1), Y: y, W: 2*panelSide + panelGap, H: 13}, sc,
		"pull: (method − truth) / σ in every bin; white: equal, or no points")
}

// drawPulls draws the distributions of the pulls.
func (f *residualFigure) drawPulls(s *figure.Sheet, r figure.Rect) {
	const bins, limit = 56, 7
	edges := figure.Edges(-limit, limit, bins)
	ax := figure.Axes{
		Rect: r,
		X:    figure.Axis{Min: -limit, Max: limit, Label: "pull"},
		Y:    figure.Axis{Min: 1e-4, Max: 2, Log: true, Label: "bins"},
	}
	normal, xs := make([]float64, 201), figure.Edges(-limit, limit, 200)
	floor := make([]float64, len(xs))
	for i, x := range xs {
		normal[i] = math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
		floor[i] = ax.Y.Min
	}
	ax.Band(s, xs, floor, normal, truthFill)
	for _, c := range f.columns {
		ax.Histogram(s, edges, pullDensity(c.grid.V, edges), c.method.stroke(1.3))
	}
	ax.Frame(s)
	ax.Title(s, "Pulls", "grey: only noise, N(0, 1)")
}

// pullDensity returns the density of the finite values; those beyond the
// edges are counted in the outermost bins.
func pullDensity(v, edges []float64) []float64 {
	bins := len(edges) - 1
	lo, hi := edges[0], edges[bins]
	out := make([]float64, bins)
	n := 0.0
	for _, x := range v {
		if math.IsNaN(x) {
			continue
		}
		n++
		out[int(min(max((x-lo)/(hi-lo)*float64(bins), 0), float64(bins-1)))]++
	}
	for i := range out {
		out[i] /= max(n, 1) * (hi - lo) / float64(bins)
	}
	return out
}
