package report

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"etalon/hist"
	"etalon/metric"
	"etalon/report/figure"
)

// persistenceFigure shows the persistence diagram of every density: from which level
// to which each part and each hole is there.
type persistenceFigure struct {
	columns []persistenceColumn
}

type persistenceColumn struct {
	label   string
	diagram *metric.Diagram
}

// newPersistenceFigure returns nil if the truth has no diagram.
func newPersistenceFigure(r *run) *persistenceFigure {
	f := new(persistenceFigure)
	add := func(label string, h *hist.H2) {
		if h == nil {
			return
		}
		if d, err := metric.Persistence(h, metric.BettiOptions{}); err == nil {
			f.columns = append(f.columns, persistenceColumn{label, d})
		}
	}
	if add("Truth", r.truth); len(f.columns) == 0 {
		return nil
	}
	for _, m := range methods {
		if m.key == "laser" { // made from what the samplers drew
			for _, sc := range r.metrics.Scores {
				add(methodLabel(sc.Method), r.others[sc.Method])
			}
		}
		add(m.label, r.feature[m.key])
	}
	return f
}

const titlePersistence = "Parts and holes"

// alt describes the figure in words.
func (f *persistenceFigure) alt() string {
	var said []string
	for _, c := range f.columns {
		said = append(said, fmt.Sprintf("%s %d and %d", c.label, c.diagram.Betti[0], c.diagram.Betti[1]))
	}
	return "Persistence diagrams of the densities, with the numbers of parts and holes where 80 % of the mass is: " + strings.Join(said, ", ") + "."
}

const (
	persistenceSide = 232
	persistenceLeft = 66
	persistenceGap  = 34
	persistenceRow  = 4 // panels
)

// Marks of parts and holes; noise is pale.
var (
	featureColors = [2]color.RGBA{{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}}
	featureShapes = [2]figure.Shape{figure.Disc, figure.Diamond}
	noiseColor    = color.RGBA{0xb4, 0xb9, 0xbf, 0xff}
	quadrantFill  = color.RGBA{0xf0, 0xf2, 0xf4, 0xff}
)

const (
	sizeCounts = 9.0 // points
	sizeReal   = 5.5
	sizeNoise  = 2.2
)

// minSigmas is the height of a feature, in standard deviations, from which on it is
// none of noise: the noise band of the Betti numbers.
const minSigmas = 4

// Axes are logarithmic in the mass outside a region. Marks of less than outermost of
// it stand at outermost, and the axes go on a little at both ends.
const (
	outermost = 5e-4
	axisStart = 1.15
	axisEnd   = 4e-4
)

func (f *persistenceFigure) drawing() figure.Drawing {
	rows := (len(f.columns) + persistenceRow - 1) / persistenceRow
	return figure.Drawing{Width: pageWidth, Height: float64(rows) * (panelHead + persistenceSide + panelFoot), Draw: f.draw}
}

func (f *persistenceFigure) draw(s *figure.Sheet) {
	for i, c := range f.columns {
		column, row := i%persistenceRow, i/persistenceRow
		c.draw(s, figure.Rect{
			X: persistenceLeft + float64(column)*(persistenceSide+persistenceGap),
			Y: panelHead + float64(row)*(panelHead+persistenceSide+panelFoot),
			W: persistenceSide, H: persistenceSide,
		}, column == 0)
	}
}

// massTicks are the ticks of an axis of the mass outside a region, which is
// labelled by the mass inside.
func massTicks() []figure.Tick {
	var ticks []figure.Tick
	for _, percent := range []float64{0, 50, 80, 90, 99, 99.9} {
		ticks = append(ticks, figure.Tick{Value: 1 - percent/100, Label: strconv.FormatFloat(percent, 'g', -1, 64)})
	}
	for _, outside := range []float64{0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.09, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02, 0.009, 0.008, 0.007, 0.006, 0.005, 0.004, 0.003, 0.002} {
		ticks = append(ticks, figure.Tick{Value: outside, Minor: true})
	}
	return ticks
}

// outside returns the mass outside a region that holds mass, as it is drawn.
func outside(mass float64) float64 { return max(1-mass, outermost) }

func (c persistenceColumn) draw(s *figure.Sheet, r figure.Rect, numbers bool) {
	d := c.diagram
	axis := figure.Axis{Min: axisStart, Max: axisEnd, Log: true, Ticks: massTicks()}
	ax := figure.Axes{Rect: r, X: axis, Y: axis}
	ax.X.Label, ax.Y.Label, ax.Y.Bare = "appears: mass inside, %", "disappears: mass inside, %", !numbers

	// What is there at the level lies above and left of it.
	level := ax.At(outside(d.Mass), outside(d.Mass))
	s.FillRect(quadrantFill, figure.Rect{X: r.X, Y: r.Y, W: level.X - r.X, H: level.Y - r.Y})
	dashes := figure.Stroke{Color: reference, Width: 1, Dash: []float64{4, 3}}
	s.Line(dashes, figure.Point{X: level.X, Y: r.Y}, level, figure.Point{X: r.X, Y: level.Y})
	s.Line(figure.Stroke{Color: reference, Width: 0.8}, figure.Point{X: r.X, Y: r.Bottom()}, figure.Point{X: r.Right(), Y: r.Y})
	ax.Frame(s)
	c.drawFeatures(s, &ax)
	ax.Title(s, c.label, "")
	c.drawLegend(s, r)
}

// Classes of features, in the order in which they are drawn.
const (
	featureNoise  = iota // such as fluctuations make
	featureReal          // there, but not surely at the level
	featureCounts        // there at the level
	featureClasses
)

func featureClass(f metric.Feature) int {
	switch {
	case f.Counts:
		return featureCounts
	case f.Sigmas >= minSigmas:
		return featureReal
	}
	return featureNoise
}

// drawFeatures draws noise below and what counts on top. Of the marks of noise at
// nearly one place one is drawn, so that figures stay small.
func (c persistenceColumn) drawFeatures(s *figure.Sheet, ax *figure.Axes) {
	taken := map[[2]int]bool{}
	for class := range featureClasses {
		for _, f := range c.diagram.Features {
			if featureClass(f) != class || f.BirthMass > 1-outermost {
				continue
			}
			at := ax.At(outside(f.BirthMass), outside(f.DeathMass))
			if class == featureNoise {
				if place := [2]int{int(at.X), int(at.Y)}; !taken[place] {
					taken[place] = true
					s.Marker(figure.Disc, noiseColor, at, sizeNoise)
				}
				continue
			}
			mark(s, f.Dim, at, class == featureCounts)
		}
	}
}

// mark draws a part or a hole, with a white rim that keeps neighbours apart.
func mark(s *figure.Sheet, dim int, at figure.Point, counts bool) {
	size := sizeReal
	if counts {
		size = sizeCounts
	}
	s.Marker(featureShapes[dim], color.White, at, size+1.6)
	s.Marker(featureShapes[dim], featureColors[dim], at, size)
}

// drawLegend writes the Betti numbers in the half below the diagonal.
func (c persistenceColumn) drawLegend(s *figure.Sheet, r figure.Rect) {
	x, y := r.Right()-106, r.Bottom()-46
	for dim, n := range c.diagram.Betti {
		at := figure.Point{X: x, Y: y + 22*float64(dim)}
		mark(s, dim, at, true)
		noun := [2]string{"part", "hole"}[dim]
		if n != 1 {
			noun += "s"
		}
		s.Text(at.X+11, at.Y, fmt.Sprintf("$b$_{%d} = %d  %s", dim, n, noun), figure.TextStyle{Size: figure.SizeNote, V: figure.Center})
	}
}
