package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"etalon/calo"
	"etalon/calo/showerscore"
	"etalon/report/figure"
)

//go:embed calo.tmpl.html
var caloText string

var caloTemplate = template.Must(template.New("calo").Parse(caloText))

// pageStyle is the style sheet of the other report.
var pageStyle = func() template.CSS {
	_, rest, _ := strings.Cut(pageText, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	return template.CSS(style)
}()

// caloPage is what the template shows; every string in it is escaped there.
type caloPage struct {
	Style         template.CSS
	Name, Verdict string
	Facts         []CaloFact
	Warnings      []string
	Columns       []string // observables of the key table
	Key           []caloKeyLine
	Weights       []caloWeightRow
	Paper         []caloPaperRow
	Summary       []caloSummaryLine
	Reference     string
	Figures       []htmlFigure
	Config        string
}

type caloKeyLine struct {
	Method string
	Cells  []caloCell
}

type caloCell struct{ S2, Noise, R, Mean string }

type caloWeightRow struct{ Method, N, NEff, Share, MaxShare, AUC string }

type caloPaperRow struct{ Observable, Method, S2, S2Paper, Ratio, R, RBootstrap, Range string }

type caloSummaryLine struct {
	Group, Method, N, S2, Ratio, Mode, Improved, Excess, R, RMode string
}

// html returns the report as one file without any reference to others.
func (c *Calo) html(figures []*rendered) ([]byte, error) {
	p := caloPage{Style: pageStyle, Name: c.Name, Verdict: c.Verdict, Facts: c.Facts, Config: c.Config}
	if p.Name == "" {
		p.Name = "showers"
	}
	p.Warnings = append(append(p.Warnings, c.Warnings...), c.Scores.Warnings...)
	for k, m := range c.Methods {
		if m.Key == c.Scores.Reference {
			p.Reference = c.label(k)
		}
	}
	c.keyTable(&p)
	c.summaryTable(&p)
	for _, f := range figures {
		p.Figures = append(p.Figures, htmlFigure{
			Name: f.name, Title: f.title, Caption: f.caption, Alt: f.alt,
			Source: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(f.png)),
			Width:  f.width / figure.PixelsPerPoint, Height: f.height / figure.PixelsPerPoint,
		})
	}
	var b bytes.Buffer
	if err := caloTemplate.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// keyObservables are those of the table at the top.
var keyObservables = []string{calo.NActive, calo.Centroid, calo.TotalEnergy}

// limit writes an end of a range.
func limit(v float64) string {
	return strings.Replace(strconv.FormatFloat(v, 'g', 4, 64), "-", "−", 1)
}

func withError(v, e float64) string {
	return digits(v, 4) + " ± " + digits(e, 1)
}

func (c *Calo) keyTable(p *caloPage) {
	var key []*showerscore.Observable
	for _, name := range keyObservables {
		if o := c.Scores.Observable(name); o != nil {
			key = append(key, o)
			label, unit := observableLabel(name)
			if unit != "" {
				label += " [" + unit + "]"
			}
			p.Columns = append(p.Columns, label)
		}
	}
	truth := caloKeyLine{Method: "Truth"}
	for _, o := range key {
		truth.Cells = append(truth.Cells, caloCell{"", "", "", withError(o.Mean, o.MeanError)})
	}
	p.Key = append(p.Key, truth)
	for k, m := range c.Methods {
		row := caloKeyLine{Method: c.label(k)}
		for _, o := range key {
			s := &o.Scores[k]
			row.Cells = append(row.Cells, caloCell{digits(1000*s.S2, 3) + " ± " + digits(1000*s.S2Error, 1), digits(1000*s.S2Noise, 2), digits(float64(s.R), 3), withError(s.Mean, s.MeanError)})
		}
		p.Key = append(p.Key, row)
		w := c.Scores.Methods[k]
		line := caloWeightRow{c.label(k), figure.Count(w.Showers), count(w.NEff), digits(100*w.NEff/float64(w.Showers), 3) + " %", digits(100*w.MaxShare, 2) + " %", "–"}
		if m.ClosureAUC != nil {
			line.AUC = digits(*m.ClosureAUC, 4)
			if m.ClosureError != nil {
				line.AUC += " ± " + digits(*m.ClosureError, 1)
			}
		}
		p.Weights = append(p.Weights, line)
	}
	for _, o := range key {
		label, _ := observableLabel(o.Name)
		for k := range c.Methods {
			s := &o.Scores[k]
			p.Paper = append(p.Paper, caloPaperRow{label, c.label(k), digits(s.S2, 3), digits(s.S2Paper, 3), digits(float64(s.Ratio), 3),
				digits(float64(s.R), 3) + " ± " + digits(float64(s.RError), 1), digits(float64(s.RBootstrap), 3) + " ± " + digits(float64(s.RBootstrapError), 1),
				limit(o.Range.Lo) + " to " + limit(o.Range.Hi)})
		}
	}
}

// groupLabels name the groups of a summary.
var groupLabels = map[string]string{
	"inputs": "classifier’s inputs", "moments": "second moments", "inputs_and_moments": "both", "differences": "layer differences", "all": "all",
}

func (c *Calo) summaryTable(p *caloPage) {
	bin := func(b *[2]float64) string {
		if b == nil {
			return "–"
		}
		return digits(b[0], 2) + " to " + digits(b[1], 2)
	}
	percent := func(v showerscore.Number) string {
		if v.Undefined() {
			return "–"
		}
		return digits(100*float64(v), 3) + " %"
	}
	for _, s := range c.Scores.Summary {
		k := slices.IndexFunc(c.Methods, func(m CaloMethod) bool { return m.Key == s.Method })
		if k < 0 {
			continue
		}
		group := s.Group
		if l, ok := groupLabels[group]; ok {
			group = l
		}
		line := caloSummaryLine{group, c.label(k), figure.Count(s.Observables), digits(1000*float64(s.S2Median), 3), digits(float64(s.RatioMedian), 3), bin(s.RatioMode),
			percent(s.Improved), digits(float64(s.ExcessMedian), 3), digits(float64(s.RMedian), 3), bin(s.RMode)}
		if s.Method == c.Scores.Reference {
			line.Ratio, line.Mode, line.Improved, line.Excess = "–", "–", "–", "–"
		}
		p.Summary = append(p.Summary, line)
	}
}
