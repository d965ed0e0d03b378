package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"etalon/report/figure"
)

//go:embed report.tmpl.html
var pageText string

var pageTemplate = template.Must(template.New("report").Parse(pageText))

// page is what the template shows; every string in it is escaped there.
type page struct {
	Name, Preset, Verdict string
	Facts                 []fact
	HasPublished          bool
	PaperN                string
	Paper                 []paperRow
	Scores                []scoreRow
	TruthBetti            string
	Modes                 []modesRow
	ModesNote             string
	BettiFigure           string // title of the figure that shows them
	Separations           []separationRow
	Conditions            []conditionRow
	Figures               []htmlFigure
	Sampler, Weights      []fact
	Dimensions            []dimensionRow
	Samplers              []samplerRow
	Choice                string
	Warnings              []string
	Stages                []stageRow
	Total, Machine        string
	Notes                 []string
	Config                string
}

type fact struct{ Key, Value string }

type paperRow struct {
	Method, JSD, EMD, PaperJSD, PaperEMD, FloorJSD, FloorEMD string
}

type scoreRow struct {
	Method, JSD, JSDFloor, Ratio, Excess, EMD, EMDFloor, N, NEff, Betti string
	BettiRight, BettiKnown                                              bool
}

type modesRow struct{ Method, Within, Covered, Chi2, P, Z string }

type htmlFigure struct {
	Name, Title, Caption, Alt string
	Source                    template.URL
	Width, Height             int
}

type dimensionRow struct{ Name, RHat, Bulk, Tail, IAT string }

type stageRow struct {
	Name, Seconds string
	Percent       string
}

// html returns the report as one file without any reference to others.
func (r *run) html(figures []*rendered) ([]byte, error) {
	m := r.metrics
	p := page{
		Name: m.Name, Preset: m.Preset, Verdict: m.verdict(),
		Paper: m.paperRows(), Scores: m.scoreRows(), TruthBetti: betti(m.TruthBetti),
		Notes: r.notes, Config: r.config,
	}
	if p.Name == "" {
		p.Name = "run"
	}
	_, p.HasPublished = table3[m.Name]
	p.PaperN = figure.Count(m.N)
	for _, f := range []fact{
		{"density", m.Name}, {"generator", m.Generator}, {"weights of the latents", m.PullBack}, {"preset", m.Preset}, {"seed", m.Seed.String()}, {"points per sample", figure.Count(m.N)}, {"Etalon", m.Version},
	} {
		if f.Value != "" {
			p.Facts = append(p.Facts, f)
		}
	}
	for _, f := range figures {
		p.Figures = append(p.Figures, htmlFigure{
			Name: f.name, Title: f.title, Caption: f.caption, Alt: f.alt,
			Source: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(f.png)),
			Width:  f.width / figure.PixelsPerPoint, Height: f.height / figure.PixelsPerPoint,
		})
	}
	if slices.ContainsFunc(figures, func(f *rendered) bool { return f.title == titlePersistence }) {
		p.BettiFigure = titlePersistence
	}
	p.Warnings = m.Warnings
	m.modesRows(&p)
	m.separationRows(&p)
	m.conditionRows(&p)
	r.samplerRows(&p)
	r.samplerFacts(&p)
	r.weightFacts(&p)
	r.timingFacts(&p)
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (m *metrics) paperRows() []paperRow {
	var rows []paperRow
	for _, md := range methods {
		s := m.score(md.key)
		if s == nil {
			continue
		}
		row := paperRow{Method: md.label, JSD: digits(s.JSDPaper, 3), EMD: digits(s.EMDPaper, 3), FloorJSD: "–", FloorEMD: "–"}
		if s.Floor != nil {
			row.FloorJSD, row.FloorEMD = digits(s.Floor.JSDPaper, 3), digits(s.Floor.EMDPaper, 3)
		}
		if t, ok := table3[m.Name][md.key]; ok {
			row.PaperJSD, row.PaperEMD = t.jsd, t.emd
		}
		rows = append(rows, row)
	}
	return rows
}

// ordered returns the scores in the order of the figures, others after them.
func (m *metrics) ordered() []*score {
	var known, other []*score
	for _, md := range methods {
		if s := m.score(md.key); s != nil {
			known = append(known, s)
		}
	}
	for i := range m.Scores {
		if s := &m.Scores[i]; !slices.Contains(known, s) {
			other = append(other, s)
		}
	}
	return append(known, other...)
}

func (m *metrics) scoreRows() []scoreRow {
	var rows []scoreRow
	for _, s := range m.ordered() {
		row := scoreRow{
			Method: methodLabel(s.Method), JSD: digits(1000*s.JSD, 3), EMD: digits(s.EMD, 3),
			JSDFloor: "–", Ratio: "–", Excess: "–", EMDFloor: "–", N: count(s.N), NEff: count(s.NEff), Betti: betti(s.Betti),
		}
		if s.N == 0 && m.N > 0 {
			row.N = figure.Count(m.N)
		}
		if s.Floor != nil {
			row.JSDFloor, row.EMDFloor = digits(1000*s.Floor.JSD, 3), digits(s.Floor.EMD, 3)
			if s.Spread != nil {
				row.JSDFloor += " ± " + digits(1000*s.Spread.JSD, 1)
				row.EMDFloor += " ± " + digits(s.Spread.EMD, 1)
			}
			row.Excess = digits(1000*(s.JSD-s.Floor.JSD), 2)
			if s.Floor.JSD > 0 {
				row.Ratio = digits(s.JSD/s.Floor.JSD, 3)
			}
		}
		row.BettiKnown = len(s.Betti) == 2 && len(m.TruthBetti) == 2
		row.BettiRight = row.BettiKnown && row.Betti == betti(m.TruthBetti)
		rows = append(rows, row)
	}
	return rows
}

// modesRows shows how the samples fill the modes of the truth, where it has modes.
func (m *metrics) modesRows(p *page) {
	for _, s := range m.ordered() {
		if o := s.Modes; o != nil {
			p.Modes = append(p.Modes, modesRow{methodLabel(s.Method), strconv.FormatFloat(o.Within, 'f', 4, 64), fmt.Sprintf("%d of %d", o.Covered, len(o.Shares)),
				fmt.Sprintf("%.1f / %d", o.Chi2, o.DOF), digits(o.P, 2), digits(o.MaxAbsZ, 2)})
			p.ModesNote = fmt.Sprintf("Within %g σ of a mode: of the truth %.5f. χ² of the shares of the modes against equal ones; the points are taken as independent, so that p is too small for Markov chains.", o.Radius, o.Expected)
		}
	}
}

func (r *run) samplerFacts(p *page) {
	h := r.hmc
	if h == nil {
		return
	}
	p.Sampler = []fact{
		{"chains", figure.Count(h.Chains)}, {"draws", figure.Count(h.N)}, {"step size", digits(h.StepSize, 3)},
		{"leapfrog steps", fmt.Sprintf("%.1f", h.Leapfrog)}, {"mean acceptance", digits(h.Accept, 3)}, {"divergences", figure.Count(h.Divergences)},
	}
	at := func(v []float64, i int, text func(float64) string) string {
		if i >= len(v) {
			return "–"
		}
		return text(v[i])
	}
	whole := func(v float64) string { return count(v) }
	const most = 64 // dimensions shown
	for i := range min(max(len(h.RHat), len(h.ESSBulk), len(h.ESSTail), len(h.IAT)), most) {
		p.Dimensions = append(p.Dimensions, dimensionRow{
			Name: strconv.Itoa(i + 1),
			RHat: at(h.RHat, i, func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }),
			Bulk: at(h.ESSBulk, i, whole), Tail: at(h.ESSTail, i, whole),
			IAT: at(h.IAT, i, func(v float64) string { return digits(v, 3) }),
		})
	}
}

func (r *run) weightFacts(p *page) {
	w := r.metrics.Weights
	if w == nil {
		return
	}
	p.Weights = []fact{
		{"effective sample size", count(w.NEff)}, {"share of the points", digits(100*w.NEffFraction, 3) + " %"},
		{"largest weight", digits(w.Max, 4)}, {"its share of the sum", digits(100*w.MaxShare, 2) + " %"}, {"smallest weight", digits(w.Min, 3)},
	}
	if c := r.metrics.Closure; c != nil {
		p.Weights = append(p.Weights, fact{"closure test: AUC of a fresh classifier", fmt.Sprintf("%.4f ± %.4f", c.AUC, c.AUCError)},
			fact{"its p-value, " + count(2*c.Truth) + " points of each class", digits(c.P, 2)})
	}
	if c := r.metrics.Classifier; c != nil {
		p.Weights = append(p.Weights, fact{"cross-entropy on rows held out", digits(c.Validation, 4) + " nats"},
			fact{"ln 2 less that: the JSD is at least", digits(c.JSDBound, 3) + " nats"})
		if v, ok := publishedCrossEntropy[r.metrics.Name]; ok {
			p.Weights = append(p.Weights, fact{"that of the GAN of DCTRGAN", v})
		}
		p.Weights = append(p.Weights, fact{"epoch of the parameters", fmt.Sprintf("%d of %d", c.Epoch, c.Epochs)})
	}
	if c := r.metrics.Polish; c != nil {
		p.Weights = append(p.Weights, fact{"refiner's points that the polish accepts", digits(100*c.Efficiency, 3) + " %"}, fact{"weight beyond its cap", digits(100*c.Overweight, 2) + " %"})
	}
	if w.ExactCorrelation != nil {
		p.Weights = append(p.Weights, fact{"correlation with exact ln w", digits(*w.ExactCorrelation, 4)})
	}
	if w.ExactTrimmed != nil {
		p.Weights = append(p.Weights, fact{"without the extreme 2 in 10 000", digits(*w.ExactTrimmed, 4)})
	}
	if w.ExactRMSE != nil {
		p.Weights = append(p.Weights, fact{"RMSE of ln w", digits(*w.ExactRMSE, 3)})
	}
}

func (r *run) timingFacts(p *page) {
	t := r.timings
	if t == nil {
		return
	}
	longest, total := 0.0, 0.0
	for _, s := range t.Stages {
		longest = max(longest, s.Seconds)
		total += s.Seconds
	}
	for _, s := range t.Stages {
		row := stageRow{Name: s.Name, Seconds: seconds(s.Seconds), Percent: "0"}
		if longest > 0 && s.Seconds > 0 {
			row.Percent = strconv.FormatFloat(100*s.Seconds/longest, 'f', 1, 64)
		}
		p.Stages = append(p.Stages, row)
	}
	if t.Total > 0 {
		total = t.Total
	}
	p.Total = seconds(total)
	var parts []string
	if t.CPU != "" {
		parts = append(parts, t.CPU)
	}
	if t.Threads > 0 {
		word := " threads"
		if t.Threads == 1 {
			word = " thread"
		}
		parts = append(parts, strconv.Itoa(t.Threads)+word)
	}
	if t.SIMD != "" {
		parts = append(parts, t.SIMD)
	}
	if t.Go != "" {
		parts = append(parts, t.Go)
	}
	p.Machine = strings.Join(parts, ", ")
}

// superscripts writes an exponent for HTML text.
var superscripts = strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// digits writes v with so many significant digits.
func digits(v float64, n int) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case v == 0:
		return "0"
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', n-1, 64), "e")
	d, _ := strconv.Atoi(exponent)
	text := strconv.FormatFloat(v, 'f', max(0, n-1-d), 64)
	if d < -3 || d > 5 {
		text = mantissa + "·10" + superscripts.Replace(strconv.Itoa(d))
	}
	return strings.Replace(text, "-", "−", 1)
}

// count writes a number of points.
func count(v float64) string {
	if !(v > 0) || v > 1e15 {
		return "–"
	}
	return figure.Count(int(v + 0.5))
}

func betti(b []int) string {
	if len(b) != 2 {
		return "–"
	}
	return fmt.Sprintf("(%d, %d)", b[0], b[1])
}

// seconds writes a duration.
func seconds(v float64) string {
	switch {
	case v >= 600:
		return fmt.Sprintf("%d min %02d s", int(v)/60, int(v)%60)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 0, 64) + " s"
	}
	return digits(v, 2) + " s"
}
