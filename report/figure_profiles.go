package report

import (
	"math"
	"slices"

	"etalon/hist"
	"etalon/report/figure"
)

// profileFigure shows the projections on both axes with ratios to the truth; of one
// column the densities themselves.
type profileFigure struct {
	axes []profileAxis
}

type profileAxis struct {
	label  string
	edges  []float64
	truth  profile
	curves []profileCurve
}

type profileCurve struct {
	method  method
	profile profile
	note    string // in the legend
}

func newProfileFigure(r *run) *profileFigure {
	f := &profileFigure{make([]profileAxis, 2)}
	t := r.truth
	if r.metrics.line() {
		f.axes = f.axes[:1]
	}
	for i := range f.axes {
		project := (*hist.H2).MarginX
		a := &f.axes[i]
		a.label, a.edges = "$x$_{1}", figure.Edges(t.X0, t.X1, t.NX)
		if i == 1 {
			project = (*hist.H2).MarginY
			a.label, a.edges = "$x$_{2}", figure.Edges(t.Y0, t.Y1, t.NY)
		}
		a.truth = newProfile(project(t), t.SumW)
		if r.metrics.line() {
			a.label = "$x$"
		}
		for _, m := range methods {
			if d := r.feature[m.key]; d != nil {
				p := newProfile(project(d), d.SumW)
				a.curves = append(a.curves, profileCurve{m, p, "JSD " + figure.Number(jensenShannon(p.p, a.truth.p), 2)})
			}
		}
	}
	return f
}

const (
	profileWidth = 476
	profileMain  = 250
	profileRatio = 96
)

func (f *profileFigure) drawing() figure.Drawing {
	return figure.Drawing{Width: pageWidth, Height: 16 + profileMain + 10 + profileRatio + panelFoot, Draw: f.draw}
}

func (f *profileFigure) draw(s *figure.Sheet) {
	width := float64(profileWidth)
	if len(f.axes) == 1 {
		width = 2*profileWidth + 82
	}
	for i := range f.axes {
		f.axes[i].draw(s, 66+float64(i)*(profileWidth+82), 16, width)
	}
}

func (a *profileAxis) draw(s *figure.Sheet, x, y, across float64) {
	width := a.edges[1] - a.edges[0]
	perUnit := func(p []float64) []float64 {
		out := make([]float64, len(p))
		for i, v := range p {
			out[i] = v / width
		}
		return out
	}
	top := slices.Max(perUnit(a.truth.p))
	for _, c := range a.curves {
		top = max(top, slices.Max(perUnit(c.profile.p)))
	}
	ends := figure.Axis{Min: a.edges[0], Max: a.edges[len(a.edges)-1], Label: a.label, Count: 8}
	bare := ends
	bare.Bare = true
	// The legend stands in the head room above the curves.
	main := figure.Axes{
		Rect: figure.Rect{X: x, Y: y, W: across, H: profileMain},
		X:    bare,
		Y:    figure.Axis{Min: 0, Max: 1.42 * top, Label: "probability per unit " + a.label},
	}
	truth := perUnit(a.truth.p)
	main.FillHistogram(s, a.edges, truth, truthFill)
	main.Histogram(s, a.edges, truth, figure.Stroke{Color: truthLine, Width: 0.8})
	keys := []figure.Key{{Text: "Truth", Fill: truthFill}}
	for _, c := range a.curves {
		main.Histogram(s, a.edges, perUnit(c.profile.p), c.method.stroke(1.4))
		keys = append(keys, figure.Key{Text: c.method.label + "   " + c.note, Line: c.method.stroke(1.8)})
	}
	main.Frame(s)
	half := (len(keys) + 1) / 2
	s.Legend(x+14, y+10, keys[:half])
	s.Legend(x+14+across/2, y+10, keys[half:])

	a.drawRatio(s, figure.Axes{
		Rect: figure.Rect{X: x, Y: y + profileMain + 10, W: across, H: profileRatio},
		X:    ends,
	})
}

func (a *profileAxis) drawRatio(s *figure.Sheet, ax figure.Axes) {
	n := len(a.truth.p)
	lo, hi := make([]float64, n), make([]float64, n)
	for i, p := range a.truth.p {
		lo[i], hi[i] = math.NaN(), math.NaN()
		if p > 0 {
			lo[i], hi[i] = 1-a.truth.sigma[i]/p, 1+a.truth.sigma[i]/p
		}
	}
	half := a.ratioRange()
	ax.Y = figure.Axis{Min: 1 - half, Max: 1 + half, Label: "ratio to truth", Count: 4}
	ax.FillHistogramBand(s, a.edges, lo, hi, truthFill)
	ax.HLine(s, 1, figure.Stroke{Color: truthLine, Width: 0.8})
	for _, c := range a.curves {
		ax.Histogram(s, a.edges, a.ratio(c), c.method.stroke(1.3))
	}
	ax.Frame(s)
}

// ratio returns method/truth per bin, NaN where the truth is empty.
func (a *profileAxis) ratio(c profileCurve) []float64 {
	out := make([]float64, len(a.truth.p))
	for i, p := range a.truth.p {
		out[i] = math.NaN()
		if p > 0 {
			out[i] = c.profile.p[i] / p
		}
	}
	return out
}

// ratioRange returns a half-width of the ratio axis that shows nine tenths of
// the deviations in bins known to better than 10 %.
func (a *profileAxis) ratioRange() float64 {
	var v []float64
	for _, c := range a.curves {
		for i, r := range a.ratio(c) {
			if p := a.truth.p[i]; p > 0 && a.truth.sigma[i] < 0.1*p {
				v = append(v, math.Abs(r-1))
			}
		}
	}
	if len(v) == 0 {
		return 0.5
	}
	slices.Sort(v)
	want := 1.25 * quantile(v, 0.93)
	for _, nice := range []float64{0.02, 0.05, 0.1, 0.2, 0.3, 0.5} {
		if want <= nice {
			return nice * 1.1
		}
	}
	return 0.99
}
