package report

import (
	"math"
	"slices"

	"etalon/calo"
	"etalon/report/figure"
)

// caloCorrelations is figure 7 of arXiv:2009.03796: how far the linear correlations of
// a sample are from those of the truth.
type caloCorrelations struct {
	labels  []string
	panels  []caloMatrix
	largest float64
}

type caloMatrix struct {
	title, note string
	grid        figure.Grid // row 0 on top: the first observable
}

// newCaloCorrelations returns nil without correlations.
func newCaloCorrelations(c *Calo) *caloCorrelations {
	if c.Correlations == nil || len(c.Correlations.Methods) == 0 {
		return nil
	}
	r := c.Correlations
	f := new(caloCorrelations)
	for _, name := range r.Names {
		label, _ := observableLabel(name)
		if name == calo.Centroid {
			label = "centroid"
		}
		f.labels = append(f.labels, label)
	}
	n := len(r.Names)
	var all []float64
	for _, m := range r.Methods {
		k := slices.IndexFunc(c.Methods, func(o CaloMethod) bool { return o.Key == m.Method })
		if k < 0 {
			continue
		}
		g := figure.Grid{NX: n, NY: n, V: make([]float64, n*n)}
		for i, row := range m.Difference {
			for j, d := range row {
				g.V[(n-1-i)*n+j] = float64(d)
				if !d.Undefined() {
					all = append(all, math.Abs(float64(d)))
				}
			}
		}
		f.panels = append(f.panels, caloMatrix{c.style(k).label + " − truth", "RMS " + number(m.RMS, 2) + " (errors: " + number(m.NoiseRMS, 2) + ")", g})
	}
	if len(f.panels) == 0 {
		return nil
	}
	f.largest = 0.01
	if len(all) > 0 {
		f.largest = max(niceAbove(slices.Max(all)), f.largest)
	}
	return f
}

const caloMatrixLeft, caloMatrixGap = 84, 20

func (f *caloCorrelations) perRow() int { return min(len(f.panels), 4) }

// side returns the length of a matrix's edge.
func (f *caloCorrelations) side() float64 {
	n := float64(f.perRow())
	return math.Floor(min((pageWidth-caloMatrixLeft-70-(n-1)*caloMatrixGap)/n, 290))
}

func (f *caloCorrelations) drawing() figure.Drawing {
	rows := (len(f.panels) + f.perRow() - 1) / f.perRow()
	return figure.Drawing{Width: pageWidth, Height: float64(rows)*(panelHead+f.side()) + 84, Draw: f.draw}
}

func (f *caloCorrelations) draw(s *figure.Sheet) {
	n := float64(len(f.labels))
	sc := figure.Scale{Lo: -f.largest, Hi: f.largest, Map: figure.Diverging()}
	side := figure.TextStyle{Size: min(figure.SizeTick, 0.9*f.side()/n), H: figure.End, V: figure.Center}
	below := side
	below.Angle = 90
	size := f.side()
	for k, p := range f.panels {
		col, row := k%f.perRow(), k/f.perRow()
		r := figure.Rect{X: caloMatrixLeft + float64(col)*(size+caloMatrixGap), Y: panelHead + float64(row)*(size+panelHead), W: size, H: size}
		none := figure.Axis{Min: 0, Max: n, Ticks: []figure.Tick{}, Bare: true}
		ax := figure.Axes{Rect: r, X: none, Y: none}
		ax.Grid(s, p.grid, sc)
		ax.Frame(s)
		ax.Title(s, p.title, p.note)
		last := k+f.perRow() >= len(f.panels)
		for i, l := range f.labels {
			at := (float64(i) + 0.5) * size / n
			if col == 0 {
				s.Text(r.X-6, r.Y+at, l, side)
			}
			if last {
				s.Text(r.X+at, r.Bottom()+6, l, below)
			}
		}
		if k == min(f.perRow(), len(f.panels))-1 {
			s.ColorBar(figure.Rect{X: r.Right() + 18, Y: r.Y, W: 13, H: size}, sc, "Δρ")
		}
	}
}
