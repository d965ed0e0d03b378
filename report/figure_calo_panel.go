package report

import (
	"math"
	"slices"
	"strconv"

	"etalon/hist"
	"etalon/report/figure"
)

// caloPanel is a histogram or profile with its ratio to the truth below, and a legend
// with columns of numbers above.
type caloPanel struct {
	title, label string // of the panel and of its x axis, marked-up
	yLabel       string
	edges        []float64
	truth, sigma []float64 // sigma: standard errors
	truthLabel   string    // "": no key of the truth
	header       []string  // of the legend's numbers
	curves       []caloCurve
	logY         bool
	first        bool // carries the labels of the y axes
}

type caloCurve struct {
	method       method
	value, sigma []float64
	numbers      []string // in the legend, one for each of header
}

const (
	caloMain    = 160
	caloRatio   = 62
	caloGap     = 7
	caloFoot    = 42
	caloTitle   = 22
	caloKeyRow  = 15
	caloKeySize = 10.5
)

// caloPanelHeight is the height of a panel whose legend has so many methods.
func caloPanelHeight(methods int) float64 {
	return caloTitle + float64(methods+1)*caloKeyRow + 6 + caloMain + caloGap + caloRatio + caloFoot
}

// masses returns the contents of a histogram of unit sum with standard errors.
func masses(h *hist.H1) (mass, sigma []float64) {
	mass, sigma = h.Mass(), h.DensityError()
	for i := range sigma {
		sigma[i] *= h.BinWidth()
	}
	return mass, sigma
}

// draw draws the panel with its frame from x to x + width.
func (p *caloPanel) draw(s *figure.Sheet, x, y, width float64) {
	s.Text(x, y+14, p.title, figure.TextStyle{Size: figure.SizeTitle, Bold: true, V: figure.Baseline})
	y += caloTitle
	p.drawLegend(s, x, y, width)
	y += float64(len(p.curves)+1)*caloKeyRow + 6

	ends := figure.Axis{Min: p.edges[0], Max: p.edges[len(p.edges)-1], Label: p.label, Count: int(max(width/42, 2))}
	bare := ends
	bare.Bare = true
	ax := figure.Axes{Rect: figure.Rect{X: x, Y: y, W: width, H: caloMain}, X: bare, Y: p.yAxis()}
	ax.FillHistogram(s, p.edges, p.truth, truthFill)
	ax.Histogram(s, p.edges, p.truth, figure.Stroke{Color: truthLine, Width: 0.8})
	for _, c := range p.curves {
		ax.Histogram(s, p.edges, c.value, c.method.stroke(1.4))
	}
	ax.Frame(s)
	p.drawRatio(s, figure.Axes{Rect: figure.Rect{X: x, Y: y + caloMain + caloGap, W: width, H: caloRatio}, X: ends})
}

func (p *caloPanel) yAxis() figure.Axis {
	a := figure.Axis{Min: 0, Log: p.logY, Count: 4}
	if p.first {
		a.Label = p.yLabel
	}
	top, low := 0.0, math.Inf(1)
	for _, v := range append([][]float64{p.truth}, curveValues(p.curves)...) {
		for _, x := range v {
			top = max(top, x)
			if x > 0 {
				low = min(low, x)
			}
		}
	}
	if !(top > 0) {
		top, low = 1, 0.1
	}
	a.Max = 1.08 * top
	if p.logY {
		a.Min, a.Max = max(low/2, 1e-6*top), 2*top
	}
	return a
}

func curveValues(curves []caloCurve) (out [][]float64) {
	for _, c := range curves {
		out = append(out, c.value)
	}
	return out
}

// drawLegend draws the truth and the header in the first row, a method in each other.
func (p *caloPanel) drawLegend(s *figure.Sheet, x, y, width float64) {
	const swatch, gap = 20, 6
	text := figure.TextStyle{Size: caloKeySize, V: figure.Center}
	right := figure.TextStyle{Size: caloKeySize, V: figure.Center, H: figure.End}
	muted := right
	muted.Color = figure.Muted
	// Every column is as wide as its widest number.
	ends := make([]float64, len(p.header))
	at := x + width
	for k := len(ends) - 1; k >= 0; k-- {
		ends[k] = at
		widest := s.TextWidth(p.header[k], right)
		for _, c := range p.curves {
			widest = max(widest, s.TextWidth(c.numbers[k], right))
		}
		at -= widest + 10
	}
	mid := y + caloKeyRow/2
	if p.truthLabel != "" {
		s.FillRect(truthFill, figure.Rect{X: x, Y: mid - 4, W: swatch, H: 8})
		s.Text(x+swatch+gap, mid, p.truthLabel, text)
	}
	for k, h := range p.header {
		s.Text(ends[k], mid, h, muted)
	}
	for _, c := range p.curves {
		mid += caloKeyRow
		s.Line(c.method.stroke(1.8), figure.Point{X: x, Y: mid}, figure.Point{X: x + swatch, Y: mid})
		s.Text(x+swatch+gap, mid, fitted(s, c.method.label, text, at-x-swatch-gap), text)
		for k, n := range c.numbers {
			s.Text(ends[k], mid, n, right)
		}
	}
}

// fitted shortens a label that is wider than there is room.
func fitted(s *figure.Sheet, label string, st figure.TextStyle, width float64) string {
	if s.TextWidth(label, st) <= width {
		return label
	}
	if short, ok := shortLabels[label]; ok {
		return short
	}
	r := []rune(label)
	for len(r) > 1 && s.TextWidth(string(r)+".", st) > width {
		r = r[:len(r)-1]
		if r[len(r)-1] == '\\' {
			r = r[:len(r)-1]
		}
	}
	return string(r) + "."
}

var shortLabels = map[string]string{"DCTR, high-level": "DCTR, HL", "DCTR, low-level": "DCTR, LL"}

func (p *caloPanel) drawRatio(s *figure.Sheet, ax figure.Axes) {
	ax.Y = ratioAxis(p.ratioRange())
	if p.first {
		ax.Y.Label = "ratio"
	}
	n := len(p.truth)
	lo, hi := make([]float64, n), make([]float64, n)
	for i, t := range p.truth {
		lo[i], hi[i] = math.NaN(), math.NaN()
		if p.known(i, 1) {
			lo[i], hi[i] = 1-p.sigma[i]/t, 1+p.sigma[i]/t
		}
	}
	ax.FillHistogramBand(s, p.edges, lo, hi, truthFill)
	ax.HLine(s, 1, figure.Stroke{Color: truthLine, Width: 0.8})
	for k, c := range p.curves {
		st := c.method.stroke(1.3)
		ratio := p.ratio(c)
		ax.Histogram(s, p.edges, ratio, st)
		// Errors side by side inside the bin.
		st.Dash, st.Width = nil, 0.9
		for i, r := range ratio {
			if e := c.sigma[i] / p.truth[i]; !math.IsNaN(r) && e > 0 {
				mid := p.edges[i] + (p.edges[i+1]-p.edges[i])*float64(k+1)/float64(len(p.curves)+1)
				ax.Line(s, []float64{mid, mid}, []float64{r - e, r + e}, st)
			}
		}
	}
	ax.Frame(s)
}

// ratio returns method/truth, NaN where the truth is hardly known, by a few showers.
func (p *caloPanel) ratio(c caloCurve) []float64 {
	out := make([]float64, len(p.truth))
	for i, t := range p.truth {
		out[i] = math.NaN()
		if p.known(i, 0.5) {
			out[i] = c.value[i] / t
		}
	}
	return out
}

// known reports whether the truth in bin i has a relative error of at most so much.
func (p *caloPanel) known(i int, most float64) bool {
	return p.truth[i] > 0 && p.sigma[i] <= most*p.truth[i]
}

// ratioAxis shows 1 ± half and a little more.
func ratioAxis(half float64) figure.Axis {
	a := figure.Axis{Min: 1 - 1.1*half, Max: 1 + 1.1*half}
	labelled := half
	if half > 0.5 {
		labelled = 0.5
	}
	for k := -4; k <= 4; k++ {
		t := figure.Tick{Value: 1 + float64(k)*labelled/2, Minor: k%2 != 0}
		if !t.Minor {
			t.Label = strconv.FormatFloat(math.Round(1e4*t.Value)/1e4, 'f', -1, 64)
		}
		a.Ticks = append(a.Ticks, t)
	}
	return a
}

// ratioRange returns a half-width of the ratio axis that shows nine tenths of the
// deviations where the truth is known to better than 15 %.
func (p *caloPanel) ratioRange() float64 {
	var v []float64
	for _, c := range p.curves {
		for i, r := range p.ratio(c) {
			if !math.IsNaN(r) && p.known(i, 0.15) {
				v = append(v, math.Abs(r-1))
			}
		}
	}
	if len(v) == 0 {
		return 0.9
	}
	slices.Sort(v)
	want := 1.25 * quantile(v, 0.9)
	for _, nice := range []float64{0.02, 0.05, 0.1, 0.2, 0.4} {
		if want <= nice {
			return nice
		}
	}
	return 0.9
}
