package report

import (
	"math"

	"etalon/calo"
	"etalon/calo/showerscore"
	"etalon/report/figure"
)

// caloImages shows mean showers: three projections, of the truth and of every method,
// and the ratio of each to the truth.
type caloImages struct {
	shape   calo.Shape
	truth   *showerscore.Images
	columns []caloImageColumn
}

type caloImageColumn struct {
	label  string
	images *showerscore.Images
}

// caloProjections are the rows of images.
var caloProjections = []struct {
	x, y string
	get  func(m *showerscore.Images) []float64 // first index along x
	size func(s calo.Shape) (nx, ny int)
}{
	{"$x$ cell", "$y$ cell", func(m *showerscore.Images) []float64 { return m.XY }, func(s calo.Shape) (int, int) { return s.X, s.Y }},
	{"layer", "$x$ cell", func(m *showerscore.Images) []float64 { return m.LayerX }, func(s calo.Shape) (int, int) { return s.Layers, s.X }},
	{"layer", "$y$ cell", func(m *showerscore.Images) []float64 { return m.LayerY }, func(s calo.Shape) (int, int) { return s.Layers, s.Y }},
}

// newCaloImages returns nil without images of the truth and at least one method.
func newCaloImages(c *Calo) *caloImages {
	if c.TruthImages == nil {
		return nil
	}
	f := &caloImages{shape: c.TruthImages.Shape, truth: c.TruthImages}
	for k, m := range c.Methods {
		if m.Images != nil && len(f.columns) < 4 {
			f.columns = append(f.columns, caloImageColumn{c.style(k).label, m.Images})
		}
	}
	if len(f.columns) == 0 {
		return nil
	}
	return f
}

const (
	caloImageLeft = 50
	caloImageHead = 26
	caloImageFoot = 40
	caloBarRoom   = 84
)

func (f *caloImages) side() float64 {
	n := float64(len(f.columns) + 1)
	return math.Floor(min((pageWidth-caloImageLeft-caloBarRoom-12*(n-1))/n, 230))
}

// drawing returns the figure of the means, or of their ratios to the truth.
func (f *caloImages) drawing(ratio bool) figure.Drawing {
	rows := float64(len(caloProjections))
	return figure.Drawing{Width: pageWidth, Height: rows * (caloImageHead + f.side() + caloImageFoot), Draw: func(s *figure.Sheet) {
		for i := range caloProjections {
			f.drawRow(s, i, float64(i)*(caloImageHead+f.side()+caloImageFoot)+caloImageHead, ratio)
		}
	}}
}

// imageGrid turns means into a grid; cells without energy stay white.
func imageGrid(v []float64, nx, ny int) figure.Grid {
	g := figure.Grid{NX: nx, NY: ny, V: make([]float64, nx*ny)}
	for i, e := range v {
		if !(e > 0) {
			e = math.NaN()
		}
		g.V[i%ny*nx+i/ny] = e
	}
	return g
}

func (f *caloImages) drawRow(s *figure.Sheet, row int, y float64, ratio bool) {
	p := caloProjections[row]
	nx, ny := p.size(f.shape)
	truth := imageGrid(p.get(f.truth), nx, ny)
	sc := energyScale(truth)
	faintest := sc.Lo
	label := "MeV"
	if ratio {
		sc, label = figure.Scale{Lo: 0.5, Hi: 1.5, Map: figure.Diverging(), Over: true, Under: true}, "ratio"
	}
	side := f.side()
	column := 0
	panel := func(title string, g figure.Grid) {
		r := figure.Rect{X: caloImageLeft + float64(column)*(side+12), Y: y, W: side, H: side}
		ax := figure.Axes{
			Rect: r,
			X:    figure.Axis{Min: 0, Max: float64(nx), Label: p.x, Ticks: panelTicks(0, float64(nx))},
			Y:    figure.Axis{Min: 0, Max: float64(ny), Label: p.y, Count: 4, Bare: column > 0},
		}
		ax.Grid(s, g, sc)
		ax.Frame(s)
		ax.Title(s, title, "")
		column++
	}
	if !ratio {
		panel("Truth", truth)
	}
	for _, c := range f.columns {
		g := imageGrid(p.get(c.images), nx, ny)
		title := c.label
		if ratio {
			for i := range g.V {
				g.V[i] /= truth.V[i]
				if !(truth.V[i] >= faintest) {
					g.V[i] = math.NaN()
				}
			}
			title += " / truth"
		}
		panel(title, g)
	}
	bar := figure.Rect{X: caloImageLeft + float64(column)*(side+12) + 6, Y: y + 12, W: 13, H: side - 24}
	s.ColorBar(bar, sc, label)
}

// energyScale is logarithmic over the four decades below the largest value.
func energyScale(g figure.Grid) figure.Scale {
	top := largest(g.V)
	if !(top > 0) || math.IsInf(top, 0) {
		top = 1
	}
	return figure.Scale{Lo: 1e-4 * top, Hi: top, Log: true, Map: figure.Density()[16:], Over: true, Under: true}
}

// newCaloProfiles returns the longitudinal and the radial profile, nil without images.
func newCaloProfiles(c *Calo) *caloGrid {
	if c.TruthImages == nil {
		return nil
	}
	t := c.TruthImages
	layers, rings := len(t.Longitudinal), len(t.Radial)
	for rings > 1 && t.Radial[rings-1] <= 1e-6*largest(t.Radial) {
		rings--
	}
	long := &caloPanel{title: "Longitudinal profile", label: "layer", yLabel: "mean energy [MeV]", truthLabel: "Truth", first: true,
		edges: figure.Edges(0, float64(layers), layers), truth: t.Longitudinal, sigma: t.LongitudinalError}
	radial := &caloPanel{title: "Radial profile", label: "distance from the shower's centre [cells]", yLabel: "mean energy per ring [MeV]", truthLabel: "Truth", first: true, logY: true,
		edges: figure.Edges(0, float64(rings), rings), truth: t.Radial[:rings], sigma: t.RadialError[:rings]}
	for k, m := range c.Methods {
		if m.Images != nil {
			long.curves = append(long.curves, caloCurve{c.style(k), m.Images.Longitudinal, m.Images.LongitudinalError, nil})
			radial.curves = append(radial.curves, caloCurve{c.style(k), m.Images.Radial[:rings], m.Images.RadialError[:rings], nil})
		}
	}
	if len(long.curves) == 0 {
		return nil
	}
	return &caloGrid{panels: []*caloPanel{long, radial}, columns: 2}
}
