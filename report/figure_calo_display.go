package report

import (
	"math"
	"slices"

	"etalon/calo"
	"etalon/report/figure"
)

// caloDisplay shows single showers: the cells in space, and three projections.
type caloDisplay struct {
	showers []CaloDisplay
	scale   figure.Scale // of cells
	project figure.Scale // of projections
}

// newCaloDisplay returns nil without showers.
func newCaloDisplay(c *Calo) *caloDisplay {
	if len(c.Displays) == 0 {
		return nil
	}
	f := &caloDisplay{showers: c.Displays}
	cells, top := 0.0, 0.0
	for _, d := range c.Displays {
		for _, e := range d.Cells {
			cells = max(cells, float64(e))
		}
		for _, v := range projections(d) {
			top = max(top, slices.Max(v))
		}
	}
	scale := func(top float64) figure.Scale {
		if !(top > 0) || math.IsInf(top, 0) {
			top = 1
		}
		return figure.Scale{Lo: min(calo.DefaultCut, top/10), Hi: top, Log: true, Map: figure.Density()[48:]}
	}
	f.scale, f.project = scale(cells), scale(top)
	return f
}

// projections returns the sums over one direction: x–y, layer–x, layer–y.
func projections(d CaloDisplay) [3][]float64 {
	s := d.Shape
	out := [3][]float64{make([]float64, s.X*s.Y), make([]float64, s.Layers*s.X), make([]float64, s.Layers*s.Y)}
	for i, c := range d.Cells {
		if !(c > 0) {
			continue
		}
		l, x, y := i/(s.X*s.Y), i/s.Y%s.X, i%s.Y
		out[0][x*s.Y+y] += float64(c)
		out[1][l*s.X+x] += float64(c)
		out[2][l*s.Y+y] += float64(c)
	}
	return out
}

const (
	displaySpace = 300
	displaySide  = 190
	displayRow   = caloImageHead + displaySpace + 20
)

func (f *caloDisplay) drawing() figure.Drawing {
	return figure.Drawing{Width: pageWidth, Height: float64(len(f.showers)) * displayRow, Draw: f.draw}
}

func (f *caloDisplay) draw(s *figure.Sheet) {
	for i, d := range f.showers {
		y := float64(i)*displayRow + caloImageHead
		active, sum := 0, 0.0
		for _, c := range d.Cells {
			if c > 0 {
				active++
				sum += float64(c)
			}
		}
		s.Text(8, y-8, plain.Replace(d.Title)+": "+figure.Count(active)+" cells, "+figure.Number(sum, 4)+" MeV", figure.TextStyle{Size: figure.SizeTitle, Bold: true, V: figure.Baseline})
		f.drawSpace(s, d, figure.Rect{X: 8, Y: y, W: displaySpace, H: displaySpace})
		s.ColorBar(figure.Rect{X: displaySpace + 22, Y: y + 50, W: 13, H: 180}, f.scale, "MeV per cell")
		v := projections(d)
		const left, gap = displaySpace + 120, 46
		for k, p := range caloProjections {
			nx, ny := p.size(d.Shape)
			r := figure.Rect{X: left + float64(k)*(displaySide+gap), Y: y + 36, W: displaySide, H: displaySide}
			ax := figure.Axes{
				Rect: r,
				X:    figure.Axis{Min: 0, Max: float64(nx), Label: p.x, Ticks: panelTicks(0, float64(nx))},
				Y:    figure.Axis{Min: 0, Max: float64(ny), Label: p.y, Count: 4},
			}
			ax.Grid(s, imageGrid(v[k], nx, ny), f.project)
			ax.Frame(s)
		}
		s.ColorBar(figure.Rect{X: left, Y: y + 36 + displaySide + 62, W: displaySide, H: 12}, f.project, "MeV, sum along the line of sight")
	}
}

// drawSpace draws the cells as a cloud of marks, in an oblique parallel projection: the
// layers to the right and a little up, x away from the viewer, y upwards.
func (f *caloDisplay) drawSpace(s *figure.Sheet, d CaloDisplay, r figure.Rect) {
	n := d.Shape
	// Directions on the sheet of a whole edge of the box; the box fits into r.
	layer, x, y := figure.Point{X: 0.70, Y: -0.08}, figure.Point{X: 0.28, Y: -0.24}, figure.Point{X: 0, Y: -0.64}
	at := func(l, i, j float64) figure.Point {
		u, v, w := l/float64(n.Layers), i/float64(n.X), j/float64(n.Y)
		return figure.Point{
			X: r.X + r.W*(0.01+u*layer.X+v*x.X+w*y.X),
			Y: r.Bottom() - r.H*0.02 + r.H*(u*layer.Y+v*x.Y+w*y.Y),
		}
	}
	nl, nx, ny := float64(n.Layers), float64(n.X), float64(n.Y)
	edge := figure.Stroke{Color: truthLine, Width: 0.8}
	box := func(corners ...[3]float64) {
		var pts []figure.Point
		for _, c := range corners {
			pts = append(pts, at(c[0]*nl, c[1]*nx, c[2]*ny))
		}
		s.Line(edge, pts...)
	}
	// The three faces behind the shower.
	box([3]float64{0, 0, 0}, [3]float64{1, 0, 0}, [3]float64{1, 1, 0}, [3]float64{0, 1, 0}, [3]float64{0, 0, 0})
	box([3]float64{0, 1, 0}, [3]float64{0, 1, 1}, [3]float64{1, 1, 1}, [3]float64{1, 1, 0})
	box([3]float64{0, 0, 0}, [3]float64{0, 0, 1}, [3]float64{0, 1, 1})

	cells := make([]int, 0, 1024)
	for i, c := range d.Cells {
		if c > 0 {
			cells = append(cells, i)
		}
	}
	// From back to front: larger x first; of one x the faint ones first.
	slices.SortFunc(cells, func(a, b int) int {
		if xa, xb := a/n.Y%n.X, b/n.Y%n.X; xa != xb {
			return xb - xa
		}
		switch ea, eb := d.Cells[a], d.Cells[b]; {
		case ea < eb:
			return -1
		case ea > eb:
			return 1
		}
		return a - b
	})
	for _, i := range cells {
		e := float64(d.Cells[i])
		strength := min(max(math.Log(e/f.scale.Lo)/math.Log(f.scale.Hi/f.scale.Lo), 0), 1)
		p := at(float64(i/(n.X*n.Y))+0.5, float64(i/n.Y%n.X)+0.5, float64(i%n.Y)+0.5)
		s.Marker(figure.Disc, f.scale.Color(e), p, 2+5*strength)
	}
	note := figure.TextStyle{Size: figure.SizeTick, Color: figure.Muted, H: figure.Center, V: figure.Start}
	p := at(nl/2, 0, 0)
	s.Text(p.X, p.Y+4, "layer", note)
	p = at(nl, nx/2, 0)
	s.Text(p.X+10, p.Y+4, "$x$", note)
	p = at(0, 0, ny)
	s.Text(p.X+14, p.Y+8, "$y$", note)
}
