package report

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"

	"etalon/report/figure"
)

// hmcFigure shows how the Markov chains move and mix.
type hmcFigure struct {
	record   *hmcRecord
	variable string
	chains   [][]float64
}

// Colours of chains, from one hue circle of equal lightness.
var chainColors = []color.RGBA{
	{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xa0, 0x4f, 0x8a, 0xff},
	{0x56, 0xa4, 0xd9, 0xff}, {0xd1, 0x8f, 0x00, 0xff}, {0x6b, 0x6e, 0x2e, 0xff}, {0x80, 0x80, 0x80, 0xff},
}

// newHMCFigure returns nil if the record has neither traces nor a history.
func newHMCFigure(r *hmcRecord) *hmcFigure {
	if r == nil {
		return nil
	}
	f := &hmcFigure{record: r}
	keys := slices.Sorted(maps.Keys(r.Trace))
	if len(keys) > 0 {
		f.variable = keys[0]
		if slices.Contains(keys, "z1") {
			f.variable = "z1"
		}
		for _, c := range r.Trace[f.variable] {
			if len(c) > 1 && !slices.ContainsFunc(c, func(v float64) bool { return math.IsNaN(v - v) }) {
				f.chains = append(f.chains, c)
			}
		}
		f.chains = f.chains[:min(len(f.chains), len(chainColors))]
	}
	if len(f.chains) == 0 && len(r.AcceptHist) < 2 {
		return nil
	}
	return f
}

// symbol returns the traced variable as marked-up text.
func (f *hmcFigure) symbol() string {
	if len(f.variable) == 2 && f.variable[0] == 'z' {
		return "$z$_{" + f.variable[1:] + "}"
	}
	return "$z$"
}

const (
	traceHeight = 150
	hmcHeight   = 190
	hmcWidth    = 288
	hmcGap      = 80
)

func (f *hmcFigure) drawing() figure.Drawing {
	h := float64(panelHead + hmcHeight + panelFoot)
	if len(f.chains) > 0 {
		h += panelHead + traceHeight + panelFoot
	}
	return figure.Drawing{Width: pageWidth, Height: h, Draw: f.draw}
}

func (f *hmcFigure) draw(s *figure.Sheet) {
	y, x := float64(panelHead), 66.0
	if len(f.chains) > 0 {
		f.drawTraces(s, figure.Rect{X: x, Y: y, W: pageWidth - x - 26, H: traceHeight})
		y += traceHeight + panelFoot + panelHead
	}
	next := func() figure.Rect {
		r := figure.Rect{X: x, Y: y, W: hmcWidth, H: hmcHeight}
		x += hmcWidth + hmcGap
		return r
	}
	if len(f.record.AcceptHist) > 1 {
		f.drawAcceptance(s, next())
	}
	if len(f.chains) > 0 {
		f.drawAutocorrelation(s, next())
		f.drawRanks(s, next())
	}
}

// maxTrace is the number of draws that a trace shows.
const maxTrace = 1000

func (f *hmcFigure) drawTraces(s *figure.Sheet, r figure.Rect) {
	n := 0
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, c := range f.chains {
		shown := c[:min(len(c), maxTrace)]
		n = max(n, len(shown))
		lo, hi = min(lo, slices.Min(shown)), max(hi, slices.Max(shown))
	}
	if !(hi > lo) {
		lo, hi = lo-1, hi+1
	}
	pad := 0.05 * (hi - lo)
	ax := figure.Axes{
		Rect: r,
		X:    figure.Axis{Min: 0, Max: float64(n), Label: "draw", Count: 10},
		Y:    figure.Axis{Min: lo - pad, Max: hi + pad, Label: f.symbol()},
	}
	// Four chains can be told apart; more are one tangle.
	for i, c := range f.chains[:min(len(f.chains), 4)] {
		c = c[:min(len(c), maxTrace)]
		xs := make([]float64, len(c))
		for j := range xs {
			xs[j] = float64(j)
		}
		ax.Line(s, xs, c, figure.Stroke{Color: chainColors[i], Width: 0.8})
	}
	ax.Frame(s)
	ax.Title(s, "Traces", f.summary())
}

func (f *hmcFigure) summary() string {
	r := f.record
	text := fmt.Sprintf("%d chains", r.Chains)
	if len(r.RHat) > 0 {
		text += "   largest R\u0302 " + fmt.Sprintf("%.4f", slices.Max(r.RHat))
	}
	if len(r.ESSBulk) > 0 {
		text += "   least ESS (bulk) " + figure.Count(int(slices.Min(r.ESSBulk)))
	}
	if len(r.ESSTail) > 0 {
		text += "   least ESS (tail) " + figure.Count(int(slices.Min(r.ESSTail)))
	}
	if r.N > 0 {
		text += "   of " + figure.Count(r.N) + " draws"
	}
	return text
}

func (f *hmcFigure) drawAcceptance(s *figure.Sheet, r figure.Rect) {
	v := f.record.AcceptHist
	xs := make([]float64, len(v))
	for i := range xs {
		xs[i] = float64(i + 1)
	}
	ax := figure.Axes{
		Rect: r,
		X:    figure.Axis{Min: 0, Max: float64(len(v)), Label: "iteration"},
		Y:    figure.Axis{Min: 0, Max: 1.05, Label: "acceptance"},
	}
	c := compress(xs, v, int(r.W))
	if c.lo != nil {
		ax.Band(s, c.x, c.lo, c.hi, faint(trainLine))
	}
	ax.Line(s, c.x, c.mean, figure.Stroke{Color: trainLine, Width: 1.3})
	ax.HLine(s, f.record.Accept, figure.Stroke{Color: reference, Width: 1, Dash: []float64{4, 3}})
	ax.Frame(s)
	ax.Title(s, "Acceptance", fmt.Sprintf("mean %s   step %s × %.1f   %d divergences",
		figure.Number(f.record.Accept, 3), figure.Number(f.record.StepSize, 2), f.record.Leapfrog, f.record.Divergences))
}

func (f *hmcFigure) drawAutocorrelation(s *figure.Sheet, r figure.Rect) {
	shortest := len(f.chains[0])
	for _, c := range f.chains {
		shortest = min(shortest, len(c))
	}
	lags := min(shortest/2, 100)
	if len(f.record.IAT) > 0 {
		lags = min(lags, max(int(5*slices.Max(f.record.IAT)), 10))
	}
	lags = max(lags, 1)
	xs := figure.Edges(0, float64(lags), lags)
	mean := make([]float64, lags+1)
	ax := figure.Axes{
		Rect: r,
		X:    figure.Axis{Min: 0, Max: float64(lags), Label: "lag"},
		Y:    figure.Axis{Min: -0.25, Max: 1.05, Label: "autocorrelation of " + f.symbol()},
	}
	ax.HLine(s, 0, figure.Stroke{Color: reference, Width: 1, Dash: []float64{4, 3}})
	for i, c := range f.chains {
		rho := autocorrelation(c, lags)
		for k, v := range rho {
			mean[k] += v / float64(len(f.chains))
		}
		ax.Line(s, xs, rho, figure.Stroke{Color: faint(chainColors[i]), Width: 0.9})
	}
	ax.Line(s, xs, mean, figure.Stroke{Color: figure.Ink, Width: 1.5})
	ax.Frame(s)
	note := "black: mean of the chains"
	if len(f.record.IAT) > 0 {
		note = "integrated time " + figure.Number(slices.Max(f.record.IAT), 2) + "   " + note
	}
	ax.Title(s, "Autocorrelation", note)
}

// autocorrelation returns the normalised autocovariance for lags 0 to lags.
func autocorrelation(c []float64, lags int) []float64 {
	n := float64(len(c))
	var mean, variance float64
	for _, v := range c {
		mean += v / n
	}
	for _, v := range c {
		variance += (v - mean) * (v - mean)
	}
	rho := make([]float64, lags+1)
	rho[0] = 1
	if variance == 0 {
		return rho
	}
	for k := 1; k <= lags; k++ {
		var sum float64
		for i := k; i < len(c); i++ {
			sum += (c[i] - mean) * (c[i-k] - mean)
		}
		rho[k] = sum / variance
	}
	return rho
}

// drawRanks draws rank histograms (Vehtari et al. 2021, arXiv:1903.08008):
// the ranks of every chain's draws among all draws. Chains that explore the
// same distribution are flat.
func (f *hmcFigure) drawRanks(s *figure.Sheet, r figure.Rect) {
	const bins = 20
	ranks := rankHistograms(f.chains, bins)
	limit := 0.5
	for _, h := range ranks {
		for _, v := range h {
			limit = max(limit, math.Abs(v-1)*1.15)
		}
	}
	ax := figure.Axes{
		Rect: r,
		X:    figure.Axis{Min: 0, Max: 1, Label: "rank of " + f.symbol() + " / number of draws"},
		Y:    figure.Axis{Min: max(0, 1-limit), Max: 1 + limit, Label: "share / uniform share"},
	}
	ax.HLine(s, 1, figure.Stroke{Color: reference, Width: 1, Dash: []float64{4, 3}})
	for i, h := range ranks {
		ax.Histogram(s, figure.Edges(0, 1, bins), h, figure.Stroke{Color: chainColors[i], Width: 1.1})
	}
	ax.Frame(s)
	ax.Title(s, "Ranks", "one line per chain; flat: well mixed")
}

// rankHistograms returns for each chain the share of its draws in each of so
// many equal intervals of rank, relative to a uniform distribution.
func rankHistograms(chains [][]float64, bins int) [][]float64 {
	type draw struct {
		value float64
		chain int
	}
	var all []draw
	for i, c := range chains {
		for _, v := range c {
			all = append(all, draw{v, i})
		}
	}
	slices.SortStableFunc(all, func(a, b draw) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	out := make([][]float64, len(chains))
	for i := range out {
		out[i] = make([]float64, bins)
	}
	for rank, d := range all {
		out[d.chain][rank*bins/len(all)] += float64(bins) / float64(len(chains[d.chain]))
	}
	return out
}
