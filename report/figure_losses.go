package report

import (
	"image/color"
	"math"
	"slices"

	"etalon/report/figure"
)

// lossFigure shows the training curves side by side.
type lossFigure struct {
	panels []lossPanel
}

type lossPanel struct {
	title        string
	xLabel, unit string
	x            []float64
	lines        []lossLine
	references   []lossReference
}

type lossLine struct {
	label  string
	values []float64
	color  color.RGBA
}

type lossReference struct {
	label string
	value float64
}

// newLossFigure returns nil if there is no curve to show.
func newLossFigure(h *history) *lossFigure {
	if h == nil {
		return nil
	}
	f := new(lossFigure)
	if c := h.Generator; c != nil && len(c.X) > 1 {
		if len(c.Disc) > 0 || len(c.Gen) > 0 {
			f.panels = append(f.panels, adversarialPanel(c, "Baseline GAN"))
		} else {
			p := newLossPanel(c, "Baseline", "negative log-likelihood or its bound, nats")
			p.add("training", c.Train, trainLine)
			p.add("validation", c.Valid, validLine)
			f.panels = append(f.panels, p)
		}
	}
	if c := h.Classifier; c != nil && len(c.X) > 1 {
		p := newLossPanel(c, "Classifier", "binary cross-entropy, nats")
		p.add("training", c.Train, trainLine)
		p.add("validation", c.Valid, validLine)
		p.references = []lossReference{{"ln 2: sees no difference", math.Ln2}}
		f.panels = append(f.panels, p)
	}
	if c := h.Refiner; c != nil && len(c.X) > 1 {
		if len(c.Disc) > 0 || len(c.Gen) > 0 {
			f.panels = append(f.panels, adversarialPanel(c, "Refiner GAN"))
		} else if len(c.Train) > 0 || len(c.Valid) > 0 {
			p := newLossPanel(c, "Refiner", "training loss")
			p.add("training", c.Train, trainLine)
			p.add("validation", c.Valid, validLine)
			f.panels = append(f.panels, p)
		}
	}
	if len(f.panels) == 0 {
		return nil
	}
	return f
}

// adversarialPanel shows the losses of a GAN.
func adversarialPanel(c *curve, title string) lossPanel {
	p := newLossPanel(c, title, "loss, nats")
	p.add("discriminator", c.Disc, trainLine)
	p.add("generator", c.Gen, validLine)
	p.references = []lossReference{{"2 ln 2", 2 * math.Ln2}, {"ln 2", math.Ln2}}
	return p
}

func newLossPanel(c *curve, title, unit string) lossPanel {
	if len(c.Epoch) == len(c.X) {
		return lossPanel{title: title, unit: unit, x: c.Epoch, xLabel: "epoch"}
	}
	return lossPanel{title: title, unit: unit, x: c.X, xLabel: "step"}
}

func (p *lossPanel) add(label string, values []float64, c color.RGBA) {
	if len(values) == len(p.x) && len(values) > 1 {
		p.lines = append(p.lines, lossLine{label, values, c})
	}
}

const lossHeight = 240

func (f *lossFigure) drawing() figure.Drawing {
	return figure.Drawing{Width: pageWidth, Height: 34 + lossHeight + panelFoot, Draw: f.draw}
}

func (f *lossFigure) draw(s *figure.Sheet) {
	const left, gap, right = 74, 78, 26
	n := float64(len(f.panels))
	width := min(math.Floor((pageWidth-left-right-gap*(n-1))/n), 520)
	for i := range f.panels {
		f.panels[i].draw(s, figure.Rect{X: left + float64(i)*(width+gap), Y: 34, W: width, H: lossHeight})
	}
}

// limits returns the range of the y axis: all of the second half of the
// training, most of the first, and the reference values near it.
func (p *lossPanel) limits() (lo, hi float64) {
	var late, all []float64
	for _, l := range p.lines {
		for i, v := range l.values {
			if math.IsNaN(v - v) {
				continue
			}
			all = append(all, v)
			if i >= len(l.values)/2 {
				late = append(late, v)
			}
		}
	}
	if len(all) == 0 {
		return 0, 1
	}
	slices.Sort(all)
	slices.Sort(late)
	lo, hi = quantile(all, 0.002), quantile(all, 0.97)
	if len(late) > 0 {
		lo, hi = min(lo, quantile(late, 0.001)), max(hi, quantile(late, 0.999))
	}
	for _, r := range p.references {
		lo, hi = min(lo, r.value), max(hi, r.value)
	}
	if !(hi > lo) {
		lo, hi = lo-0.5, lo+0.5
	}
	return lo - 0.06*(hi-lo), hi + 0.30*(hi-lo) // head room for the legend
}

func (p *lossPanel) draw(s *figure.Sheet, r figure.Rect) {
	ax := figure.Axes{Rect: r}
	ax.X = figure.Axis{Min: slices.Min(p.x), Max: slices.Max(p.x), Label: p.xLabel}
	if !(ax.X.Max > ax.X.Min) {
		ax.X.Max = ax.X.Min + 1
	}
	ax.Y.Min, ax.Y.Max = p.limits()
	ax.Y.Label = p.unit
	for _, ref := range p.references {
		ax.HLine(s, ref.value, figure.Stroke{Color: reference, Width: 1, Dash: []float64{4, 3}})
		at := ax.At(ax.X.Max, ref.value)
		s.Text(at.X-8, at.Y-4, ref.label, figure.TextStyle{Size: figure.SizeTick, Color: figure.Muted, H: figure.End, V: figure.Baseline})
	}
	var keys []figure.Key
	for _, l := range p.lines {
		c := compress(p.x, l.values, int(r.W))
		if c.lo != nil {
			ax.Band(s, c.x, c.lo, c.hi, faint(l.color))
		}
		keys = append(keys, figure.Key{Text: l.label + "   " + figure.Number(l.values[len(l.values)-1], 4), Line: figure.Stroke{Color: l.color, Width: 1.8}})
	}
	for _, l := range p.lines {
		c := compress(p.x, l.values, int(r.W))
		ax.Line(s, c.x, c.mean, figure.Stroke{Color: l.color, Width: 1.4})
	}
	ax.Frame(s)
	ax.Title(s, p.title, "")
	s.Legend(r.X+12, r.Y+9, keys)
}

// faint returns a light version of c on white.
func faint(c color.RGBA) color.RGBA {
	mix := func(v uint8) uint8 { return uint8(255 - (255-int(v))*3/10) }
	return color.RGBA{mix(c.R), mix(c.G), mix(c.B), 0xff}
}

// compressed is a long curve reduced to few points; lo and hi are nil if no
// point stands for several.
type compressed struct {
	x, mean, lo, hi []float64
}

// compress joins neighbouring points so that about one per two columns
// remains, with the least and largest of each group.
func compress(x, y []float64, columns int) compressed {
	group := (len(x) + columns/2 - 1) / max(columns/2, 1)
	if group < 2 {
		return compressed{x: x, mean: y}
	}
	var c compressed
	for i := 0; i < len(x); i += group {
		j := min(i+group, len(x))
		var sx, sy float64
		for k := i; k < j; k++ {
			sx += x[k]
			sy += y[k]
		}
		n := float64(j - i)
		c.x = append(c.x, sx/n)
		c.mean = append(c.mean, sy/n)
		c.lo = append(c.lo, slices.Min(y[i:j]))
		c.hi = append(c.hi, slices.Max(y[i:j]))
	}
	return c
}
