package report

import (
	"fmt"
	"math"
	"slices"

	"etalon/calo"
	"etalon/calo/showerscore"
	"etalon/report/figure"
)

// caloGrid is figures 3 to 6 of arXiv:2009.03796: panels of observables in rows.
type caloGrid struct {
	panels  []*caloPanel
	columns int
}

// newCaloGrid returns nil where the scores have none of the named observables.
func newCaloGrid(c *Calo, columns int, names []string) (*caloGrid, error) {
	g := &caloGrid{columns: columns}
	for _, name := range names {
		if c.Scores.Observable(name) == nil {
			continue
		}
		p, err := newCaloPanel(c, name)
		if err != nil {
			return nil, err
		}
		p.first = len(g.panels)%columns == 0
		g.panels = append(g.panels, p)
	}
	if len(g.panels) == 0 {
		return nil, nil
	}
	return g, nil
}

func newCaloPanel(c *Calo, name string) (*caloPanel, error) {
	o := c.Scores.Observable(name)
	j := slices.Index(c.Truth.Names, name)
	label, unit := observableLabel(name)
	p := &caloPanel{
		title: label, label: label, yLabel: "share per bin", truthLabel: "Truth",
		edges: figure.Edges(o.Range.Lo, o.Range.Hi, o.Range.Bins), header: []string{"10³ ‹$S$²›", "noise", "$r$"},
	}
	if unit != "" {
		p.label += " [" + unit + "]"
	}
	h, err := o.Range.Histogram(c.Truth.Data, c.Truth.Cols, j, nil)
	if err != nil {
		return nil, err
	}
	p.truth, p.sigma = masses(h)
	for k, m := range c.Methods {
		var w []float64
		if m.LogW != nil {
			if w, err = normalised(m.LogW); err != nil {
				return nil, fmt.Errorf("%.60q: %w", m.Key, err)
			}
		}
		if h, err = o.Range.Histogram(m.Table.Data, m.Table.Cols, j, w); err != nil {
			return nil, err
		}
		v, e := masses(h)
		p.curves = append(p.curves, caloCurve{c.style(k), v, e, scoreNumbers(&o.Scores[k])})
	}
	return p, nil
}

// scoreNumbers are ⟨S²⟩ and its noise, both times 1000, and r in a legend.
func scoreNumbers(s *showerscore.Score) []string {
	return []string{figure.Number(1000*s.S2, 3), figure.Number(1000*s.S2Noise, 2), number(s.R, 3)}
}

func (g *caloGrid) methods() int { return len(g.panels[0].curves) }

func (g *caloGrid) drawing() figure.Drawing {
	rows := (len(g.panels) + g.columns - 1) / g.columns
	return figure.Drawing{Width: pageWidth, Height: float64(rows) * (caloPanelHeight(g.methods()) + 12), Draw: g.draw}
}

func (g *caloGrid) draw(s *figure.Sheet) {
	const left = 70
	gap := 46.0
	if len(g.panels) > 1 && g.panels[1].first {
		gap = 84
	}
	width := (pageWidth - left - 12 - gap*float64(g.columns-1)) / float64(g.columns)
	for i, p := range g.panels {
		x := left + float64(i%g.columns)*(width+gap)
		y := float64(i/g.columns) * (caloPanelHeight(g.methods()) + 12)
		p.draw(s, x, y, width)
	}
}

// caloLayers returns the number of layers whose energies are scored.
func caloLayers(c *Calo) int {
	for n := 0; ; n++ {
		if c.Scores.Observable(fmt.Sprintf("%s_%d", calo.LayerEnergy, n)) == nil {
			return n
		}
	}
}

// spread returns n layers that stand in the middles of n equal parts of all.
func spread(layers, n int) (out []int) {
	for k := range n {
		l := int((float64(k) + 0.5) * float64(layers) / float64(n))
		if len(out) == 0 || out[len(out)-1] != l {
			out = append(out, l)
		}
	}
	return out
}

func layerNames(kind string, layers []int) (out []string) {
	for _, l := range layers {
		out = append(out, fmt.Sprintf("%s_%d", kind, l))
	}
	return out
}

// differenceNames are figure 5's: layers 5, 10, 15 and 20 of 30 against the next one and
// the fourth after it.
func differenceNames(layers int) (out []string) {
	for _, step := range []int{1, 4} {
		for k := 1; k <= 4; k++ {
			i := int(math.Round(float64(k*layers) / 6))
			out = append(out, fmt.Sprintf("%s_%d_%d", calo.LayerDifference, i, i+step))
		}
	}
	return out
}
