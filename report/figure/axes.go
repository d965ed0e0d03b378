package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// An Axis is one direction of a plot.
type Axis struct {
	Min, Max float64 // data limits; Min > 0 if Log
	Log      bool
	Label    string
	Ticks    []Tick // nil: LinearTicks or LogTicks
	Count    int    // about how many labelled ticks; 0 means 5
	Bare     bool   // ticks without numbers and without label
}

// fraction returns where v lies between Min (0) and Max (1).
func (a Axis) fraction(v float64) float64 {
	if !a.Log {
		return (v - a.Min) / (a.Max - a.Min)
	}
	if v <= 0 {
		return math.Inf(-1)
	}
	return math.Log(v/a.Min) / math.Log(a.Max/a.Min)
}

func (a Axis) ticks() []Tick {
	switch {
	case a.Ticks != nil:
		return a.Ticks
	case a.Log:
		return LogTicks(a.Min, a.Max)
	case a.Count > 0:
		return LinearTicks(a.Min, a.Max, a.Count)
	}
	return LinearTicks(a.Min, a.Max, 5)
}

// Axes is a framed plot: Rect is the data area, to which everything drawn
// through the methods of Axes is clipped. Draw data first, Frame last.
type Axes struct {
	Rect Rect
	X, Y Axis
}

// Font sizes in points.
const (
	SizeTick  = 11
	SizeLabel = 12.5
	SizeTitle = 14
	SizeNote  = 11.5
)

const (
	tickLength = 5
	tickMinor  = 2.5
	tickGap    = 5
	frameWidth = 0.9
)

// At returns the position on the sheet of a data point, which may lie outside
// the data area.
func (a *Axes) At(x, y float64) Point {
	return Point{a.Rect.X + a.X.fraction(x)*a.Rect.W, a.Rect.Bottom() - a.Y.fraction(y)*a.Rect.H}
}

// Frame draws the outline, ticks on all four sides, numbers and labels.
func (a *Axes) Frame(s *Sheet) {
	r := a.Rect
	line := Stroke{Color: Ink, Width: frameWidth}
	number := TextStyle{Size: SizeTick, H: Center, V: Start}
	for _, t := range a.X.ticks() {
		f := a.X.fraction(t.Value)
		if f < -1e-9 || f > 1+1e-9 {
			continue
		}
		x := r.X + f*r.W
		l := length(t)
		s.Line(line, Point{x, r.Bottom()}, Point{x, r.Bottom() - l})
		s.Line(line, Point{x, r.Y}, Point{x, r.Y + l})
		if !a.X.Bare && t.Label != "" {
			s.Text(x, r.Bottom()+tickGap, t.Label, number)
		}
	}
	widest := 0.0
	number.H, number.V = End, Center
	for _, t := range a.Y.ticks() {
		f := a.Y.fraction(t.Value)
		if f < -1e-9 || f > 1+1e-9 {
			continue
		}
		y := r.Bottom() - f*r.H
		l := length(t)
		s.Line(line, Point{r.X, y}, Point{r.X + l, y})
		s.Line(line, Point{r.Right(), y}, Point{r.Right() - l, y})
		if !a.Y.Bare && t.Label != "" {
			s.Text(r.X-tickGap, y, t.Label, number)
			widest = max(widest, s.TextWidth(t.Label, number))
		}
	}
	s.StrokeRect(line, r)
	if !a.X.Bare && a.X.Label != "" {
		s.Text(r.X+r.W/2, r.Bottom()+tickGap+SizeTick+5, a.X.Label, TextStyle{Size: SizeLabel, H: Center, V: Start})
	}
	if !a.Y.Bare && a.Y.Label != "" {
		s.Text(r.X-tickGap-widest-9, r.Y+r.H/2, a.Y.Label, TextStyle{Size: SizeLabel, H: Center, V: Baseline, Angle: 90})
	}
}

func length(t Tick) float64 {
	if t.Minor {
		return tickMinor
	}
	return tickLength
}

// Title writes a bold line above the plot and a plain one below it; either may
// be empty.
func (a *Axes) Title(s *Sheet, title, note string) {
	y := a.Rect.Y - 8
	if note != "" {
		s.Text(a.Rect.X, y, note, TextStyle{Size: SizeNote, V: Baseline})
		y -= SizeNote + 5
	}
	s.Text(a.Rect.X, y, title, TextStyle{Size: SizeTitle, Bold: true, V: Baseline})
}

// clip returns a canvas that knows the data area.
func (a *Axes) clip(s *Sheet) draw.Canvas {
	lo := s.at(Point{a.Rect.X, a.Rect.Bottom()})
	hi := s.at(Point{a.Rect.Right(), a.Rect.Y})
	return draw.Canvas{Canvas: s.canvas, Rectangle: vg.Rectangle{Min: lo, Max: hi}}
}

// project maps data points to the canvas. Values that cannot be shown (NaN,
// zero on a logarithmic axis) are moved far outside the data area or split
// the curve.
func (a *Axes) project(s *Sheet, xs, ys []float64) [][]vg.Point {
	if len(xs) != len(ys) {
		panic("figure: lengths of x and y differ")
	}
	const far = 1e6 // points
	var parts [][]vg.Point
	var part []vg.Point
	for i := range xs {
		p := a.At(xs[i], ys[i])
		if math.IsNaN(p.X) || math.IsNaN(p.Y) {
			if len(part) > 0 {
				parts = append(parts, part)
				part = nil
			}
			continue
		}
		p.X = min(max(p.X, -far), far)
		p.Y = min(max(p.Y, -far), far)
		part = append(part, s.at(p))
	}
	if len(part) > 0 {
		parts = append(parts, part)
	}
	return parts
}

// Line draws a curve through data points. NaN interrupts it.
func (a *Axes) Line(s *Sheet, xs, ys []float64, st Stroke) {
	c := a.clip(s)
	s.setStroke(st)
	for _, pts := range c.ClipLinesXY(a.project(s, xs, ys)...) {
		path := make(vg.Path, 0, len(pts))
		for i, p := range pts {
			if i == 0 {
				path.Move(p)
			} else {
				path.Line(p)
			}
		}
		s.canvas.Stroke(path)
	}
}

// Band fills the area between two curves over the same x.
func (a *Axes) Band(s *Sheet, xs, lo, hi []float64, fill color.Color) {
	n := len(xs)
	if len(lo) != n || len(hi) != n {
		panic("figure: lengths of x, lo and hi differ")
	}
	c := a.clip(s)
	for start := 0; start < n; {
		end := start
		for end < n && !math.IsNaN(lo[end]) && !math.IsNaN(hi[end]) && !math.IsNaN(xs[end]) {
			end++
		}
		if end-start > 1 {
			px := append([]float64(nil), xs[start:end]...)
			py := append([]float64(nil), hi[start:end]...)
			for i := end - 1; i >= start; i-- {
				px = append(px, xs[i])
				py = append(py, lo[i])
			}
			if pts := a.project(s, px, py); len(pts) == 1 {
				c.FillPolygon(fill, c.ClipPolygonXY(pts[0]))
			}
		}
		start = end + 1
	}
}

// HLine draws a horizontal line across the plot at y.
func (a *Axes) HLine(s *Sheet, y float64, st Stroke) {
	a.Line(s, []float64{a.X.Min, a.X.Max}, []float64{y, y}, st)
}

// VLine draws a vertical line across the plot at x.
func (a *Axes) VLine(s *Sheet, x float64, st Stroke) {
	a.Line(s, []float64{x, x}, []float64{a.Y.Min, a.Y.Max}, st)
}
