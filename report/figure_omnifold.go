package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"etalon/report/figure"
)

// omnifoldFigure shows how an unfolding converges.
type omnifoldFigure struct {
	record *omnifoldRecord
	x      []float64 // 1 … number of iterations
}

// newOmnifoldFigure returns nil without a record.
func newOmnifoldFigure(o *omnifoldRecord) *omnifoldFigure {
	if o == nil {
		return nil
	}
	f := &omnifoldFigure{record: o}
	for i := range o.Iterations {
		f.x = append(f.x, float64(i+1))
	}
	return f
}

// omnifoldReferences are scores to compare with that are drawn, in this order.
var omnifoldReferences = []string{"baseline", "direct", "dctr", "floor"}

// referenceStroke returns the line of a score that is compared with, and its name.
func referenceStroke(name string) (figure.Stroke, string) {
	switch name {
	case "floor":
		return figure.Stroke{Color: reference, Width: 1.2, Dash: []float64{4, 3}}, "floor: an independent truth sample"
	case "direct":
		return figure.Stroke{Color: color.RGBA{0xd1, 0x8f, 0x00, 0xff}, Width: 1.4, Dash: []float64{7, 2.5}}, "direct: weights of x carried over to z"
	}
	for _, m := range methods {
		if m.key == name {
			label := m.label
			if name == "dctr" {
				label += ": weighted by w(x)"
			}
			return m.stroke(1.4), label
		}
	}
	return figure.Stroke{Color: reference, Width: 1}, name
}

func jsdOf(s omnifoldScore) *float64 { return s.JSD }
func emdOf(s omnifoldScore) *float64 { return s.EMD }

// scored tells whether any iteration has a score.
func (f *omnifoldFigure) scored(get func(omnifoldScore) *float64) bool {
	return slices.ContainsFunc(f.record.Iterations, func(it omnifoldIteration) bool { return get(it.omnifoldScore) != nil })
}

func (f *omnifoldFigure) drawing() figure.Drawing {
	h := float64(panelHead + hmcHeight + panelFoot)
	if f.scored(jsdOf) || f.scored(emdOf) {
		h *= 2
	}
	return figure.Drawing{Width: pageWidth, Height: h, Draw: f.draw}
}

func (f *omnifoldFigure) draw(s *figure.Sheet) {
	const left = 74
	y, x := float64(panelHead), float64(left)
	next := func() figure.Rect {
		r := figure.Rect{X: x, Y: y, W: hmcWidth, H: hmcHeight}
		x += hmcWidth + hmcGap
		return r
	}
	f.drawChange(s, next())
	f.drawAUC(s, next())
	f.drawNEff(s, next())
	if !f.scored(jsdOf) && !f.scored(emdOf) {
		return
	}
	x, y = left, y+hmcHeight+panelFoot+panelHead
	if f.scored(jsdOf) {
		f.drawScore(s, next(), "JSD of the refined sample", "JSD, 10^{−3} nats", 1000, jsdOf)
	}
	if f.scored(emdOf) {
		f.drawScore(s, next(), "EMD of the refined sample", "EMD, data units", 1, emdOf)
	}
	keys := []figure.Key{{Text: "sample that follows ν", Line: figure.Stroke{Color: trainLine, Width: 1.6}}}
	for _, name := range omnifoldReferences[1:] {
		if _, ok := f.record.References[name]; ok {
			stroke, label := referenceStroke(name)
			keys = append(keys, figure.Key{Text: label, Line: stroke})
		}
	}
	s.Legend(x-hmcGap/2, y+8, keys)
}

// axis returns the axis of iterations from first on.
func (f *omnifoldFigure) axis(first int, label string) figure.Axis {
	n := len(f.x)
	a := figure.Axis{Min: float64(first) - 0.4, Max: float64(n) + 0.4, Label: label}
	every := 1 + n/9
	for i := first; i <= n; i++ {
		t := figure.Tick{Value: float64(i), Minor: i%every != 0 && i != first}
		if !t.Minor {
			t.Label = strconv.Itoa(i)
		}
		a.Ticks = append(a.Ticks, t)
	}
	return a
}

func (f *omnifoldFigure) drawChange(s *figure.Sheet, r figure.Rect) {
	v := f.record.column(func(it omnifoldIteration) *float64 { return it.MeanChange })
	ax := figure.Axes{Rect: r, X: f.axis(1, "iteration"), Y: logAxis(v, "mean |Δ ln ν|")}
	markedLine(s, &ax, f.x, v)
	ax.Frame(s)
	ax.Title(s, "Change", "of the log-weights, by an iteration")
}

func (f *omnifoldFigure) drawAUC(s *figure.Sheet, r figure.Rect) {
	v := f.record.column(func(it omnifoldIteration) *float64 { return it.AUC })
	e := f.record.column(func(it omnifoldIteration) *float64 { return it.AUCError })
	lo, hi := 0.5, 0.5
	for i := range v {
		if !math.IsNaN(v[i]) {
			d := max(e[i], 0)
			if math.IsNaN(d) {
				d = 0
			}
			lo, hi = min(lo, v[i]-d), max(hi, v[i]+d)
		}
	}
	pad := max(0.1*(hi-lo), 0.002)
	ax := figure.Axes{Rect: r, X: f.axis(1, "iteration"), Y: figure.Axis{Min: lo - pad, Max: hi + pad, Label: "AUC"}}
	ax.HLine(s, 0.5, figure.Stroke{Color: reference, Width: 1, Dash: []float64{4, 3}})
	for i := range v {
		ax.Line(s, []float64{f.x[i], f.x[i]}, []float64{v[i] - e[i], v[i] + e[i]}, figure.Stroke{Color: trainLine, Width: 1.4})
	}
	markedLine(s, &ax, f.x, v)
	ax.Frame(s)
	ax.Title(s, "AUC of step 1", "truth against the sample before it; ½: no difference")
}

func (f *omnifoldFigure) drawNEff(s *figure.Sheet, r figure.Rect) {
	v := f.record.column(func(it omnifoldIteration) *float64 { return it.NEff })
	label := "effective events"
	if largest(v) >= 1e4 {
		for i := range v {
			v[i] /= 1000
		}
		label += ", thousands"
	}
	lo, hi := least(v), largest(v)
	if !(hi >= lo) {
		lo, hi = 0, 1
	}
	pad := max(0.15*(hi-lo), 0.01*hi, 1e-3)
	ax := figure.Axes{Rect: r, X: f.axis(1, "iteration"), Y: figure.Axis{Min: max(lo-pad, 0), Max: hi + pad, Label: label}}
	markedLine(s, &ax, f.x, v)
	ax.Frame(s)
	ax.Title(s, "Effective size", "of the simulation weighted by ν")
}

// drawScore draws a score after each iteration, from the baseline's on, which is that of
// iteration 0.
func (f *omnifoldFigure) drawScore(s *figure.Sheet, r figure.Rect, title, label string, unit float64, get func(omnifoldScore) *float64) {
	x, v := f.x, f.record.column(func(it omnifoldIteration) *float64 { return get(it.omnifoldScore) })
	first := 1
	if b := get(f.record.References["baseline"]); b != nil {
		x, v, first = append([]float64{0}, x...), append([]float64{*b}, v...), 0
	}
	for i := range v {
		v[i] *= unit
	}
	all := slices.Clone(v)
	for _, name := range omnifoldReferences[1:] {
		all = append(all, unit*orNaN(get(f.record.References[name])))
	}
	ax := figure.Axes{Rect: r, X: f.axis(first, "iteration"), Y: logAxis(all, label)}
	for _, name := range omnifoldReferences[1:] {
		if p := get(f.record.References[name]); p != nil {
			stroke, _ := referenceStroke(name)
			ax.HLine(s, unit**p, stroke)
		}
	}
	markedLine(s, &ax, x, v)
	ax.Frame(s)
	note := ""
	if first == 0 {
		note = "iteration 0: the baseline"
	}
	if last := v[len(v)-1]; !math.IsNaN(last) {
		if note != "" {
			note += "   "
		}
		note += "last: " + figure.Number(last, 3)
	}
	ax.Title(s, title, note)
}

// markedLine draws points that are joined by lines. NaN interrupts it.
func markedLine(s *figure.Sheet, ax *figure.Axes, x, y []float64) {
	ax.Line(s, x, y, figure.Stroke{Color: trainLine, Width: 1.6})
	for i := range x {
		p := ax.At(x[i], y[i])
		if !math.IsNaN(p.Y) && p.Y >= ax.Rect.Y && p.Y <= ax.Rect.Bottom() {
			s.FillRect(trainLine, figure.Rect{X: p.X - 2.6, Y: p.Y - 2.6, W: 5.2, H: 5.2})
		}
	}
}

// logAxis returns a logarithmic axis for the positive ones of v, with labels at 1, 2 and
// 5 where it spans less than two decades.
func logAxis(v []float64, label string) figure.Axis {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, x := range v {
		if x > 0 {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	if !(hi >= lo) {
		return figure.Axis{Min: 0, Max: 1, Label: label}
	}
	a := figure.Axis{Min: lo / 1.25, Max: hi * 1.25, Log: true, Label: label}
	if a.Max > 100*a.Min {
		return a
	}
	for _, t := range figure.LogTicks(a.Min, a.Max) {
		power := math.Pow(10, math.Floor(math.Log10(t.Value)+1e-9))
		if digit := math.Round(t.Value / power); digit == 1 || digit == 2 || digit == 5 || a.Max < 4*a.Min {
			t = figure.Tick{Value: t.Value, Label: fmt.Sprintf("%.3g", t.Value)}
		}
		a.Ticks = append(a.Ticks, t)
	}
	return a
}

// least and largest pass over NaN.
func least(v []float64) float64 {
	lo := math.Inf(1)
	for _, x := range v {
		if x < lo {
			lo = x
		}
	}
	return lo
}

func largest(v []float64) float64 {
	hi := math.Inf(-1)
	for _, x := range v {
		if x > hi {
			hi = x
		}
	}
	return hi
}
