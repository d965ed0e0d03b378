package report

import (
	"strings"

	"etalon/hist"
	"etalon/report/figure"
)

// dctrganFigure is figure 1 of DCTRGAN (arXiv:2009.03796): the densities of the data, of
// a GAN and of its weighted points side by side, with one colour scale; of one column as
// curves with their ratio to the data.
type dctrganFigure struct {
	panels []dctrganPanel
	line   *profileAxis // of one column
}

type dctrganPanel struct {
	title string
	notes []string // scores, below the panel
	h     *hist.H2
}

const generatorGAN = "gan" // in metrics.json

// newDCTRGANFigure returns nil where the generator is no GAN or has no weights.
func newDCTRGANFigure(r *run) *dctrganFigure {
	gan, weighted := r.feature["baseline"], r.feature["dctr"]
	if r.metrics.Generator != generatorGAN || gan == nil || weighted == nil {
		return nil
	}
	f := &dctrganFigure{panels: []dctrganPanel{
		{"Data", []string{figure.Count(int(r.truth.Entries)) + " points"}, r.truth},
		{"GAN", r.metrics.score("baseline").lines(), gan},
		{"DCTRGAN", r.metrics.score("dctr").lines(), weighted},
	}}
	if !r.metrics.line() {
		return f
	}
	f.line = &newProfileFigure(r).axes[0]
	var curves []profileCurve
	for _, c := range f.line.curves {
		for i, key := range []string{"baseline", "dctr"} {
			if c.method.key == key {
				c.method.label, c.note = f.panels[i+1].title, strings.Join(f.panels[i+1].notes, "   ")
				curves = append(curves, c)
			}
		}
	}
	f.line.curves = curves
	return f
}

// lines tells how good a method is, in units that DCTRGAN has, beside the floor.
func (s *score) lines() []string {
	if s == nil {
		return nil
	}
	text := []string{"$S$^{2} " + figure.Number(s.S2, 3), "JSD " + figure.Number(s.JSD, 3)}
	if s.Floor != nil {
		text[0] += " (floor " + figure.Number(s.Floor.S2, 2) + ")"
		text[1] += " (floor " + figure.Number(s.Floor.JSD, 2) + ")"
	}
	if r := s.dilution(); r != "" {
		text = append(text, r)
	}
	return text
}

// dilution lists r of the columns.
func (s *score) dilution() string {
	var list []string
	for _, c := range s.Columns {
		if c.R != nil && len(list) < 3 {
			list = append(list, figure.Number(*c.R, 3))
		}
	}
	if list == nil {
		return ""
	}
	return "r " + strings.Join(list, ", ")
}

func (f *dctrganFigure) caption() string {
	const scores = " S² is ⟨S²⟩, the separation power from the data (eq. 15, in [0, 1]), JSD in nats; the floor is what independent samples of the truth score. r is the standard error of the weighted points' mean over that of as many data, column by column."
	if f.line != nil {
		return "Figure 1 of DCTRGAN (arXiv:2009.03796): the GAN's density is that of unweighted points, DCTRGAN's that of the same points with their weights. Below, the ratio to the data with their statistical error in grey." + scores
	}
	return "Figure 1 of DCTRGAN (arXiv:2009.03796), on one colour scale: data, the GAN's points, and the same points with their weights. Bridges between modes and lost modes are what to look for; weights take bridges away, but bring no lost mode back." + scores
}

// The three panels.
const (
	dctrganSide = 300
	dctrganGap  = 26
	dctrganLeft = 58
	dctrganFoot = 96 // numbers, label and scores
)

func (f *dctrganFigure) drawing() figure.Drawing {
	if f.line != nil {
		return figure.Drawing{Width: pageWidth, Height: 16 + profileMain + 10 + profileRatio + panelFoot, Draw: func(s *figure.Sheet) {
			f.line.draw(s, 66, 16, 2*profileWidth+82)
		}}
	}
	return figure.Drawing{Width: pageWidth, Height: 34 + panelHeight(f.panels[0].h, dctrganSide) + dctrganFoot, Draw: f.draw}
}

func (f *dctrganFigure) draw(s *figure.Sheet) {
	h := panelHeight(f.panels[0].h, dctrganSide)
	// The scale is the data's: what a bad generator heaps up goes beyond it.
	sc := rowScale([]*hist.H2{f.panels[0].h})
	for _, p := range f.panels[1:] {
		for _, v := range densityGrid(p.h).V {
			sc.Over = sc.Over || v > sc.Hi
		}
	}
	note := figure.TextStyle{Size: figure.SizeNote, V: figure.Baseline}
	var r figure.Rect
	for i, p := range f.panels {
		r = figure.Rect{X: dctrganLeft + float64(i)*(dctrganSide+dctrganGap), Y: 34, W: dctrganSide, H: h}
		ax := figure.Axes{
			Rect: r,
			X:    figure.Axis{Min: p.h.X0, Max: p.h.X1, Label: "$x$_{1}", Count: 5},
			Y:    figure.Axis{Min: p.h.Y0, Max: p.h.Y1, Label: "$x$_{2}", Count: 5, Bare: i > 0},
		}
		ax.Grid(s, densityGrid(p.h), sc)
		ax.Frame(s)
		ax.Title(s, p.title, "")
		for k, text := range p.notes {
			s.Text(r.X, r.Bottom()+52+16*float64(k), text, note)
		}
	}
	s.ColorBar(figure.Rect{X: r.Right() + 18, Y: r.Y + 14, W: 13, H: h - 14}, sc, "")
}
