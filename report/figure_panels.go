package report

import (
	"fmt"
	"math"
	"slices"

	"etalon/hist"
	"etalon/report/figure"
)

// panelFigure is figures 3 to 5 of the LaSeR paper (arXiv:2106.00792): the
// feature space above, the latent space below, one colour scale per row.
type panelFigure struct {
	truth   *hist.H2
	columns []panelColumn
	name    string
	floor   *floor
}

type panelColumn struct {
	method  method
	score   *score
	feature *hist.H2
	latent  *hist.H2 // may be nil
}

// The grid of panels: at two pixels per point, 100 bins are four pixels each.
const (
	panelLeft = 50
	panelSide = 200
	panelGap  = 14
	panelHead = 46 // titles above a panel
	panelFoot = 46 // numbers and label below a panel
)

// columnX returns the left edge of a column of panels.
func columnX(i int) float64 { return panelLeft + float64(i)*(panelSide+panelGap) }

// columnsWidth returns the width of a figure with panels of so many methods
// beside its first column.
func columnsWidth(methods int) float64 { return columnX(methods + 1) }

// panelTicks returns ticks for the lower edge of a panel; those at its ends
// have no number, which would run into that of the next panel.
func panelTicks(lo, hi float64) []figure.Tick {
	const margin = 8.0 // points
	ticks := figure.LinearTicks(lo, hi, 5)
	for i, t := range ticks {
		at := (t.Value - lo) / (hi - lo) * panelSide
		if at < margin || at > panelSide-margin {
			ticks[i].Label = ""
		}
	}
	return ticks
}

// panelHeight returns the height of a feature panel with the aspect of the
// data, kept within reason, and on whole pixels per bin if that is near.
func panelHeight(d *hist.H2, width float64) float64 {
	h := width * (d.Y1 - d.Y0) / (d.X1 - d.X0)
	h = min(max(h, 0.35*width), 1.5*width)
	whole := float64(d.NX) / figure.PixelsPerPoint
	if snapped := math.Round(h/whole) * whole; snapped > 0 && math.Abs(snapped-h) < 0.04*h {
		return snapped
	}
	return math.Round(h)
}

func newPanelFigure(r *run) *panelFigure {
	f := &panelFigure{truth: r.truth, floor: r.metrics.Floor, name: r.metrics.Name}
	for _, m := range methods {
		if d := r.feature[m.key]; d != nil {
			f.columns = append(f.columns, panelColumn{m, r.metrics.score(m.key), d, r.latent[m.key]})
		}
	}
	return f
}

func (f *panelFigure) hasLatent() bool {
	return slices.ContainsFunc(f.columns, func(c panelColumn) bool { return c.latent != nil })
}

func (f *panelFigure) drawing() figure.Drawing {
	h := panelHeight(f.truth, panelSide)
	height := panelHead + h + panelFoot
	if f.hasLatent() {
		height += panelHead + panelSide + panelFoot
	} else {
		height += 56
	}
	return figure.Drawing{Width: columnsWidth(len(f.columns)), Height: height, Draw: f.draw}
}

// rowScale returns the scale that all densities of a row share. Its upper end
// leaves the thickest half per cent of the bins to the last colour.
func rowScale(row []*hist.H2) figure.Scale {
	sc := figure.Scale{Map: figure.Density()}
	for _, d := range row {
		var v []float64
		for _, x := range densityGrid(d).V {
			if !math.IsNaN(x) {
				v = append(v, x)
			}
		}
		if len(v) == 0 {
			continue
		}
		slices.Sort(v)
		sc.Hi = max(sc.Hi, quantile(v, 0.995))
	}
	for _, d := range row {
		for _, x := range densityGrid(d).V {
			sc.Over = sc.Over || x > sc.Hi
		}
	}
	if sc.Hi == 0 {
		sc.Hi = 1
	}
	return sc
}

func (f *panelFigure) draw(s *figure.Sheet) {
	top, bottom := []*hist.H2{f.truth}, []*hist.H2(nil)
	for _, c := range f.columns {
		top = append(top, c.feature)
		if c.latent != nil {
			bottom = append(bottom, c.latent)
		}
	}
	h := panelHeight(f.truth, panelSide)
	y := float64(panelHead)
	topScale := rowScale(top)
	f.panel(s, figure.Rect{X: columnX(0), Y: y, W: panelSide, H: h}, f.truth, topScale,
		"Truth", fmt.Sprintf("%s points", figure.Count(int(f.truth.Entries))), "$x$", true)
	for i, c := range f.columns {
		f.panel(s, figure.Rect{X: columnX(i + 1), Y: y, W: panelSide, H: h}, c.feature, topScale,
			c.method.label, scoreLine(c.score), "$x$", false)
	}
	y += h + panelFoot
	bar := figure.Rect{X: columnX(0), Y: y + panelHead + 18, W: 136, H: 13}
	if len(bottom) == 0 {
		bar.Y, bar.W = y+20, panelSide
		s.ColorBar(bar, topScale, "Probability per unit area")
		return
	}
	s.Text(bar.X, y+panelHead-8, "Probability per unit area", figure.TextStyle{Size: figure.SizeNote, V: figure.Baseline})
	s.ColorBar(bar, topScale, "upper row")
	y += panelHead
	bottomScale := rowScale(bottom)
	bar.Y += 60
	s.ColorBar(bar, bottomScale, "lower row")
	if f.floor != nil {
		note := figure.TextStyle{Size: figure.SizeNote, Color: figure.Muted}
		lines := []string{
			"Floor: a second sample of",
			"the truth scores JSD",
			figure.Number(1000*f.floor.JSD, 3) + "·10^{−3} nats, EMD " + figure.Number(f.floor.EMD, 2),
		}
		for i, line := range lines {
			s.Text(bar.X, bar.Bottom()+40+16*float64(i), line, note)
		}
	}
	first := true
	for i, c := range f.columns {
		if c.latent == nil {
			continue
		}
		f.panel(s, figure.Rect{X: columnX(i + 1), Y: y, W: panelSide, H: panelSide}, c.latent, bottomScale,
			c.method.latent, c.method.note, "$z$", first)
		first = false
	}
}

// panel draws one map; variable is the letter of its axes.
func (f *panelFigure) panel(s *figure.Sheet, r figure.Rect, d *hist.H2, sc figure.Scale, title, note, variable string, numbers bool) {
	ax := figure.Axes{
		Rect: r,
		X:    figure.Axis{Min: d.X0, Max: d.X1, Label: variable + "_{1}", Ticks: panelTicks(d.X0, d.X1)},
		Y:    figure.Axis{Min: d.Y0, Max: d.Y1, Label: variable + "_{2}", Count: 4, Bare: !numbers},
	}
	ax.Grid(s, densityGrid(d), sc)
	ax.Frame(s)
	ax.Title(s, title, note)
}

// scoreLine says how good a method is, in multiples of the floor.
func scoreLine(sc *score) string {
	if sc == nil {
		return ""
	}
	emd := "EMD " + figure.Number(sc.EMD, 2)
	if sc.Floor != nil && sc.Floor.JSD > 0 {
		return "JSD " + figure.Number(sc.JSD/sc.Floor.JSD, 3) + " × floor   " + emd
	}
	return "JSD " + figure.Number(sc.JSD, 3) + "   " + emd
}
