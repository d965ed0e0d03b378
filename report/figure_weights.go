package report

import (
	"fmt"
	"math"
	"slices"

	"etalon/report/figure"
)

const weightSide = 300

func (f *weightFigure) drawing() figure.Drawing {
	return figure.Drawing{Width: pageWidth, Height: panelHead + weightSide + panelFoot, Draw: f.draw}
}

func (f *weightFigure) draw(s *figure.Sheet) {
	width := 560.0
	if f.joint == nil {
		width = pageWidth - 90
	}
	f.drawHistogram(s, figure.Rect{X: 76, Y: panelHead, W: width, H: weightSide})
	if f.joint != nil {
		f.drawJoint(s, figure.Rect{X: 730, Y: panelHead, W: weightSide, H: weightSide})
	}
}

func (f *weightFigure) drawHistogram(s *figure.Sheet, r figure.Rect) {
	top := slices.Max(f.counts)
	ax := figure.Axes{
		Rect: r,
		X:    figure.Axis{Min: f.edges[0], Max: f.edges[len(f.edges)-1], Label: "weight $w$ (mean 1)", Count: 8},
		Y:    figure.Axis{Min: 0.5, Max: 2 * math.Pow(10, math.Ceil(math.Log10(max(top, 1)))), Log: true, Label: "points per bin"},
	}
	one := 1.0
	if f.wide {
		ax.X.Ticks = decadeTicks(ax.X.Min, ax.X.Max)
		one = 0
	}
	ax.FillHistogram(s, f.edges, f.counts, faint(dctr.color))
	ax.Histogram(s, f.edges, f.counts, figure.Stroke{Color: dctr.color, Width: 1.2})
	ax.VLine(s, one, figure.Stroke{Color: reference, Width: 1, Dash: []float64{4, 3}})
	ax.Frame(s)
	ax.Title(s, "DCTR weights", fmt.Sprintf("N_{eff} = %s %% of %s   largest %s, %s %% of the sum",
		figure.Number(100*f.nEff/float64(f.n), 3), figure.Count(f.n), figure.Number(f.largest, 3), figure.Number(100*f.share, 2)))
}

// decadeTicks labels an axis of log10 values with powers of ten.
func decadeTicks(lo, hi float64) []figure.Tick {
	ticks := figure.LogTicks(math.Pow(10, lo), math.Pow(10, hi))
	for i := range ticks {
		ticks[i].Value = math.Log10(ticks[i].Value)
	}
	return ticks
}

func (f *weightFigure) drawJoint(s *figure.Sheet, r figure.Rect) {
	both := figure.Axis{Min: f.lo, Max: f.hi}
	ax := figure.Axes{Rect: r, X: both, Y: both}
	ax.X.Label, ax.Y.Label = "exact ln $w$", "learned ln $w$"
	sc := figure.Scale{Lo: 1, Hi: max(slices.Max(f.joint.V), 2), Log: true, Map: figure.Density()[24:]}
	ax.Grid(s, *f.joint, sc)
	ax.Line(s, []float64{f.lo, f.hi}, []float64{f.lo, f.hi}, figure.Stroke{Color: figure.Ink, Width: 0.9, Dash: []float64{4, 3}})
	ax.Frame(s)
	ax.Title(s, "Learned against exact", fmt.Sprintf("correlation %s   RMSE %s", figure.Number(f.correlation, 3), figure.Number(f.rmse, 2)))
	s.ColorBar(figure.Rect{X: r.Right() + 16, Y: r.Y, W: 13, H: r.H}, sc, "points")
}
