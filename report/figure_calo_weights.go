package report

import (
	"fmt"
	"math"
	"slices"

	"etalon/hist"
	"etalon/metric"
	"etalon/report/figure"
)

// caloWeights is figure 2 of arXiv:2009.03796: the weights of every method that has
// some, and for the first two that weight the same showers one against the other.
type caloWeights struct {
	edges  []float64 // of log10 w
	curves []caloCurve
	joint  *figure.Grid
	x, y   string // labels of the two of joint
	lo, hi float64
	note   string
}

// newCaloWeights returns nil where no method has weights.
func newCaloWeights(c *Calo) (*caloWeights, error) {
	f := new(caloWeights)
	logs := make([][]float64, len(c.Methods)) // log10 of the weights of mean 1
	lo, hi := math.Inf(1), math.Inf(-1)
	for k, m := range c.Methods {
		if m.LogW == nil {
			continue
		}
		w, err := normalised(m.LogW)
		if err != nil {
			return nil, fmt.Errorf("%.60q: %w", m.Key, err)
		}
		for i := range w {
			w[i] = math.Log10(w[i])
		}
		logs[k] = w
		v := slices.Sorted(slices.Values(w))
		lo, hi = min(lo, quantile(v, 0.0005)), max(hi, v[len(v)-1])
	}
	if math.IsInf(hi, -1) {
		return nil, nil
	}
	lo = max(lo, hi-8)
	pad := max(0.03*(hi-lo), 0.02)
	const bins = 80
	f.lo, f.hi = lo-pad, hi+pad
	f.edges = figure.Edges(f.lo, f.hi, bins)
	for k, v := range logs {
		if v != nil {
			counts, err := f.counts(v, bins)
			if err != nil {
				return nil, err
			}
			f.curves = append(f.curves, caloCurve{c.style(k), counts, nil, []string{
				figure.Number(100*metric.KishESS(c.Methods[k].LogW)/float64(len(v)), 3) + " %", figure.Number(math.Pow(10, slices.Max(v)), 3)}})
		}
	}
	return f, f.compare(c, logs)
}

// counts bins log10 w; weights below the range count in the first bin.
func (f *caloWeights) counts(v []float64, bins int) ([]float64, error) {
	h, err := hist.NewH1(bins, f.lo, f.hi)
	if err != nil {
		return nil, err
	}
	for _, x := range v {
		h.Fill(max(x, h.Center(0)), 1)
	}
	return h.W, nil
}

// compare bins the weights of the first pair that has a correlation.
func (f *caloWeights) compare(c *Calo, logs [][]float64) error {
	at := func(key string) int {
		return slices.IndexFunc(c.Methods, func(m CaloMethod) bool { return m.Key == key })
	}
	for _, r := range c.Scores.Correlations {
		a, b := at(r.A), at(r.B)
		if a < 0 || b < 0 || logs[a] == nil || len(logs[a]) != len(logs[b]) {
			continue
		}
		const cells = 75
		h, err := hist.NewH2(cells, cells, f.lo, f.hi, f.lo, f.hi)
		if err != nil {
			return err
		}
		for i, x := range logs[a] {
			h.Fill(max(x, f.lo), max(logs[b][i], f.lo), 1)
		}
		g := displayGrid(h, func(i int) float64 {
			if h.W[i] == 0 {
				return math.NaN()
			}
			return h.W[i]
		})
		f.joint, f.x, f.y = &g, c.style(a).label, c.style(b).label
		f.note = fmt.Sprintf("Pearson ρ of the weights = %s ± %s", figure.Number(r.Rho, 3), figure.Number(r.Error, 1))
		return nil
	}
	return nil
}

func (f *caloWeights) drawing() figure.Drawing {
	return figure.Drawing{Width: pageWidth, Height: 22 + caloKeyRow*float64(len(f.curves)+1) + 10 + weightSide + panelFoot, Draw: f.draw}
}

func (f *caloWeights) draw(s *figure.Sheet) {
	width := 560.0
	if f.joint == nil {
		width = pageWidth - 90
	}
	top := 1.0
	for _, c := range f.curves {
		top = max(top, slices.Max(c.value))
	}
	const left = 76
	s.Text(left, 14, "Weights", figure.TextStyle{Size: figure.SizeTitle, Bold: true, V: figure.Baseline})
	legend := &caloPanel{curves: f.curves, header: []string{"effective", "largest"}}
	legend.drawLegend(s, left, 22, min(width, 320))
	y := 22 + caloKeyRow*float64(len(f.curves)+1) + 10
	ax := figure.Axes{
		Rect: figure.Rect{X: left, Y: y, W: width, H: weightSide},
		X:    figure.Axis{Min: f.lo, Max: f.hi, Label: "weight $w$ (mean 1)", Ticks: weightTicks(f.lo, f.hi)},
		Y:    figure.Axis{Min: 0.5, Max: 2 * top, Log: true, Label: "showers per bin"},
	}
	for _, c := range f.curves {
		ax.Histogram(s, f.edges, c.value, c.method.stroke(1.5))
	}
	ax.VLine(s, 0, figure.Stroke{Color: reference, Width: 1, Dash: []float64{4, 3}})
	ax.Frame(s)
	if f.joint == nil {
		return
	}
	both := figure.Axis{Min: f.lo, Max: f.hi, Ticks: weightTicks(f.lo, f.hi)}
	ax = figure.Axes{Rect: figure.Rect{X: 730, Y: y, W: weightSide, H: weightSide}, X: both, Y: both}
	ax.X.Label, ax.Y.Label = "$w$, "+f.x, "$w$, "+f.y
	sc := figure.Scale{Lo: 1, Hi: max(largest(f.joint.V), 2), Log: true, Map: figure.Density()[24:]}
	ax.Grid(s, *f.joint, sc)
	ax.Line(s, []float64{f.lo, f.hi}, []float64{f.lo, f.hi}, figure.Stroke{Color: figure.Ink, Width: 0.9, Dash: []float64{4, 3}})
	ax.Frame(s)
	ax.Title(s, "One weight against the other", f.note)
	s.ColorBar(figure.Rect{X: 730 + weightSide + 16, Y: y, W: 13, H: weightSide}, sc, "showers")
}

// weightTicks labels an axis of log10 w with w.
func weightTicks(lo, hi float64) []figure.Tick {
	if hi-lo >= 2.2 {
		return decadeTicks(lo, hi)
	}
	a := logAxis([]float64{math.Pow(10, lo), math.Pow(10, hi)}, "")
	for i := range a.Ticks {
		a.Ticks[i].Value = math.Log10(a.Ticks[i].Value)
	}
	if a.Ticks == nil {
		return decadeTicks(lo, hi)
	}
	return a.Ticks
}
