package report

import (
	"math"
	"strconv"

	"etalon/calo/showerscore"
	"etalon/report/figure"
)

// caloSummary is figure 8 of arXiv:2009.03796: histograms over the observables of ⟨S²⟩,
// of its ratio to that of the reference, and of r, a row for each group.
type caloSummary struct {
	rows                      []caloSummaryRow
	styles                    []method
	reference, referenceLabel string
}

type caloSummaryRow struct {
	group  string
	n      int
	s2     [][]float64 // log10, by method
	ratio  [][]float64
	r      [][]float64
	legend [][]string // by method: medians of the three
}

// caloGroups are the rows, with the names that people read.
var caloGroups = []struct{ key, label string }{
	{"inputs", "inputs of the high-level classifier"}, {"moments", "second moments"}, {"differences", "differences between layers"},
}

// newCaloSummary returns nil where there are no observables of any group.
func newCaloSummary(c *Calo) *caloSummary {
	f := &caloSummary{reference: c.Scores.Reference}
	for k := range c.Methods {
		f.styles = append(f.styles, c.style(k))
		if c.Methods[k].Key == f.reference {
			f.referenceLabel = c.style(k).label
		}
	}
	for _, g := range caloGroups {
		row := caloSummaryRow{group: g.label}
		n := len(c.Methods)
		row.s2, row.ratio, row.r, row.legend = make([][]float64, n), make([][]float64, n), make([][]float64, n), make([][]string, n)
		for _, o := range c.Scores.Observables {
			if !showerscore.InGroup(o.Name, g.key) {
				continue
			}
			row.n++
			for k, s := range o.Scores {
				if s.S2 > 0 {
					row.s2[k] = append(row.s2[k], math.Log10(s.S2))
				}
				if s.Method != c.Scores.Reference && !s.Ratio.Undefined() {
					row.ratio[k] = append(row.ratio[k], float64(s.Ratio))
				}
				if !s.R.Undefined() {
					row.r[k] = append(row.r[k], float64(s.R))
				}
			}
		}
		if row.n == 0 {
			continue
		}
		for k, m := range c.Methods {
			row.legend[k] = []string{"–", "–", "–"}
			for _, s := range c.Scores.Summary {
				if s.Method == m.Key && s.Group == g.key {
					row.legend[k] = []string{figure.Number(1000*float64(s.S2Median), 3), number(s.RatioMedian, 3), number(s.RMedian, 3)}
				}
			}
		}
		f.rows = append(f.rows, row)
	}
	if len(f.rows) == 0 {
		return nil
	}
	return f
}

const caloSummaryHeight = 170

func (f *caloSummary) rowHeight() float64 {
	return caloTitle + float64(len(f.styles)+1)*caloKeyRow + 6 + caloSummaryHeight + panelFoot
}

func (f *caloSummary) drawing() figure.Drawing {
	return figure.Drawing{Width: pageWidth, Height: float64(len(f.rows)) * f.rowHeight(), Draw: f.draw}
}

func (f *caloSummary) draw(s *figure.Sheet) {
	const left, gap = 60, 58
	width := (pageWidth - left - 12 - 2*gap) / 3.0
	for i, row := range f.rows {
		y := float64(i) * f.rowHeight()
		title := row.group + ": " + strconv.Itoa(row.n)
		lo, hi := ends(row.s2)
		lo, hi = math.Floor(4*lo)/4, math.Ceil(4*hi+1e-9)/4
		at := func(k int) float64 { return left + float64(k)*(width+gap) }
		f.panel(s, at(0), y, width, title, "‹$S$²›", "median, 10^{−3}", row, 0, row.s2, lo, hi, 0.25/2, weightTicks(lo, hi))
		_, top := ends(row.ratio)
		if f.reference != "" {
			f.panel(s, at(1), y, width, "", "‹$S$²› / ‹$S$²› of "+f.referenceLabel, "median", row, 1, row.ratio, 0, min(max(math.Ceil(5*top)/5, 1.2), 3), showerscore.RatioBin, nil)
		}
		_, top = ends(row.r)
		f.panel(s, at(2), y, width, "", "$r$", "median", row, 2, row.r, 0, min(max(math.Ceil(2*top)/2, 2), 10), showerscore.RBin, nil)
	}
}

// ends returns the least and the largest of all values, 0 and 1 where there are none.
func ends(v [][]float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, m := range v {
		lo, hi = min(lo, least(m)), max(hi, largest(m))
	}
	if !(hi >= lo) {
		return 0, 1
	}
	return lo, hi
}

// panel draws histograms of values; those beyond an end of the axis count in the bin
// there.
func (f *caloSummary) panel(s *figure.Sheet, x, y, width float64, title, label, header string, row caloSummaryRow, column int, values [][]float64, lo, hi, bin float64, ticks []figure.Tick) {
	n := max(int(math.Round((hi-lo)/bin)), 2)
	hi = lo + float64(n)*bin
	edges := figure.Edges(lo, hi, n)
	legend := &caloPanel{header: []string{header}}
	top := 1.0
	for k, v := range values {
		c := caloCurve{method: f.styles[k], value: make([]float64, n), numbers: row.legend[k][column : column+1]}
		for _, x := range v {
			b := min(max(int(math.Floor((x-lo)/bin+1e-9)), 0), n-1)
			c.value[b]++
			top = max(top, c.value[b])
		}
		if len(v) > 0 {
			legend.curves = append(legend.curves, c)
		}
	}
	if title != "" {
		s.Text(x, y+14, title, figure.TextStyle{Size: figure.SizeTitle, Bold: true, V: figure.Baseline})
	}
	y += caloTitle
	legend.drawLegend(s, x, y, min(width, 260))
	y += float64(len(f.styles)+1)*caloKeyRow + 6
	ax := figure.Axes{
		Rect: figure.Rect{X: x, Y: y, W: width, H: caloSummaryHeight},
		X:    figure.Axis{Min: lo, Max: hi, Label: label, Ticks: ticks, Count: 6},
		Y:    figure.Axis{Min: 0, Max: 1.1 * top, Label: "observables", Count: 4},
	}
	for _, c := range legend.curves {
		if c.method.key == f.reference {
			ax.FillHistogram(s, edges, c.value, faint(c.method.color))
		}
	}
	for _, c := range legend.curves {
		ax.Histogram(s, edges, c.value, c.method.stroke(1.5))
	}
	if column > 0 {
		ax.VLine(s, 1, figure.Stroke{Color: reference, Width: 1, Dash: []float64{4, 3}})
	}
	ax.Frame(s)
}
