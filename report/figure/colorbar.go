package figure

const barTip = 9 // length of a pointed end

// ColorBar draws a colour bar in r: upright with numbers on its right if it is
// taller than wide, else lying with numbers below. Values beyond the scale are
// shown by a pointed end.
func (s *Sheet) ColorBar(r Rect, sc Scale, label string) {
	upright := r.H > r.W
	n := len(sc.Map)
	g := Grid{NX: n, NY: 1, V: make([]float64, n)}
	for i := range g.V {
		g.V[i] = float64(i) / float64(n-1)
	}
	axis := Axis{Min: sc.Lo, Max: sc.Hi, Log: sc.Log, Label: label, Count: max(int(max(r.W, r.H)/34), 2)}
	none := Axis{Min: 0, Max: 1, Ticks: []Tick{}, Bare: true}
	ax := Axes{Rect: r, X: axis, Y: none}
	if upright {
		g.NX, g.NY = 1, n
		ax.X, ax.Y = none, axis
	}
	ax.Grid(s, g, Scale{Lo: 0, Hi: 1, Map: sc.Map})

	s.barOutline(r, sc, upright)
	edge := Stroke{Color: Ink, Width: frameWidth}
	number := TextStyle{Size: SizeTick, H: Center, V: Start}
	for _, t := range axis.ticks() {
		if t.Minor || t.Label == "" {
			continue
		}
		f := axis.fraction(t.Value)
		if upright {
			y := r.Bottom() - f*r.H
			s.Line(edge, Point{r.Right(), y}, Point{r.Right() - 4, y})
			number.H, number.V = Start, Center
			s.Text(r.Right()+tickGap, y, t.Label, number)
		} else {
			x := r.X + f*r.W
			s.Line(edge, Point{x, r.Bottom()}, Point{x, r.Bottom() - 4})
			s.Text(x, r.Bottom()+tickGap, t.Label, number)
		}
	}
	if upright {
		s.Text(r.X, r.Y-barTip-7, label, TextStyle{Size: SizeNote, V: Baseline})
	} else {
		s.Text(r.X, r.Y-7, label, TextStyle{Size: SizeNote, V: Baseline})
	}
}

// barOutline draws the outline of a colour bar with its pointed ends.
func (s *Sheet) barOutline(r Rect, sc Scale, upright bool) {
	// along is measured from the low end of the scale, across from 0 to 1.
	length := r.W
	if upright {
		length = r.H
	}
	at := func(along, across float64) Point {
		if upright {
			return Point{r.X + across*r.W, r.Bottom() - along}
		}
		return Point{r.X + along, r.Y + across*r.H}
	}
	outline := []Point{at(0, 0), at(length, 0)}
	if sc.Over {
		s.Polygon(sc.Map[len(sc.Map)-1], at(length-0.5, 0), at(length+barTip, 0.5), at(length-0.5, 1))
		outline = append(outline, at(length+barTip, 0.5))
	}
	outline = append(outline, at(length, 1), at(0, 1))
	if sc.Under {
		s.Polygon(sc.Map[0], at(0.5, 0), at(-barTip, 0.5), at(0.5, 1))
		outline = append(outline, at(-barTip, 0.5))
	}
	s.Line(Stroke{Color: Ink, Width: frameWidth}, append(outline, outline[0])...)
}
