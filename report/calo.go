package report

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"strings"

	"etalon/calo"
	"etalon/calo/showerscore"
	"etalon/dataset"
	"etalon/report/figure"
)

// Calo is what a report on calorimeter showers shows. Methods, Truth and Scores belong
// together: Scores come from showerscore.Compare of just these tables and weights.
type Calo struct {
	Name     string
	Verdict  string // one sentence; "" leaves it out
	Facts    []CaloFact
	Warnings []string // shown first, before those of Scores
	Truth    *dataset.Table
	Methods  []CaloMethod // in the order of legends and tables, those of Scores
	Scores   *showerscore.Scores

	Correlations *showerscore.Correlations // optional
	TruthImages  *showerscore.Images       // optional; methods need theirs too
	Displays     []CaloDisplay             // optional, at most 4
	Config       string                    // shown as it is
}

// CaloFact is a line about the run.
type CaloFact struct{ Key, Value string }

// CaloMethod is one way of generating or weighting showers. The colours of "generator",
// "dctr_hl", "dctr_ll" and "refined" are theirs alone.
type CaloMethod struct {
	Key    string // its name in Scores
	Label  string // for people; "" takes one from Key
	Table  *dataset.Table
	LogW   []float64           // nil: 1 each
	Images *showerscore.Images // optional
	// ClosureAUC is what a fresh classifier of the weighted sample against the truth
	// reaches, ½ for weights that are right; nil where there was none.
	ClosureAUC, ClosureError *float64
}

// CaloDisplay is a single shower to look at.
type CaloDisplay struct {
	Title string // "Truth", "Generator"
	Shape calo.Shape
	Cells []float32 // Layers×X×Y, MeV
}

// caloStyles are the colours of methods; others take those of caloSpare in turn.
var caloStyles = map[string]method{
	"generator": {"generator", "Generator", "", "", color.RGBA{0xd5, 0x5e, 0x00, 0xff}, nil},
	"dctr_hl":   {"dctr_hl", "DCTR, high-level", "", "", color.RGBA{0x00, 0x72, 0xb2, 0xff}, []float64{7, 2.5}},
	"dctr_ll":   {"dctr_ll", "DCTR, low-level", "", "", color.RGBA{0xa0, 0x4f, 0x8a, 0xff}, []float64{2.5, 2}},
	"refined":   {"refined", "LaSeR", "", "", color.RGBA{0x00, 0x9e, 0x73, 0xff}, nil},
}

var caloSpare = []method{
	{color: color.RGBA{0xd1, 0x8f, 0x00, 0xff}, dash: []float64{9, 2, 2, 2}},
	{color: color.RGBA{0x38, 0x9b, 0xd6, 0xff}},
	{color: color.RGBA{0x8c, 0x6d, 0x31, 0xff}, dash: []float64{4, 2}},
	{color: color.RGBA{0x4d, 0x4d, 0x4d, 0xff}, dash: []float64{1.5, 1.5}},
}

// plain protects text from outside from being read as markup.
var plain = strings.NewReplacer(`\`, `\\`, `$`, `\$`, `_`, `\_`, `^`, `\^`)

// style returns how method k is named and drawn; the label is marked-up text.
func (c *Calo) style(k int) method {
	key := c.Methods[k].Key
	m, ok := caloStyles[key]
	if !ok {
		spare := 0
		for _, other := range c.Methods[:k] {
			if _, known := caloStyles[other.Key]; !known {
				spare++
			}
		}
		m = caloSpare[spare%len(caloSpare)]
		m.key = key
	}
	m.label = plain.Replace(c.label(k))
	return m
}

// label returns the name of method k as plain text.
func (c *Calo) label(k int) string {
	m := c.Methods[k]
	if m.Label != "" {
		return m.Label
	}
	if s, ok := caloStyles[m.Key]; ok {
		return s.label
	}
	return m.Key
}

// maxCaloMethods bounds the curves in a panel.
const maxCaloMethods = 8

// check refuses what figures cannot be drawn from.
func (c *Calo) check() error {
	switch {
	case c == nil || c.Truth == nil || c.Scores == nil:
		return errors.New("calorimeter report: truth and scores are missing")
	case len(c.Methods) < 1 || len(c.Methods) > maxCaloMethods:
		return fmt.Errorf("calorimeter report: %d methods: 1 to %d are accepted", len(c.Methods), maxCaloMethods)
	case len(c.Scores.Methods) != len(c.Methods):
		return fmt.Errorf("calorimeter report: %d methods, but scores of %d", len(c.Methods), len(c.Scores.Methods))
	case len(c.Displays) > 4:
		return fmt.Errorf("calorimeter report: %d event displays: up to 4 are accepted", len(c.Displays))
	}
	if err := checkCaloTable("truth", c.Truth, len(c.Scores.Observables)); err != nil {
		return err
	}
	for k, m := range c.Methods {
		if m.Key != c.Scores.Methods[k].Name {
			return fmt.Errorf("calorimeter report: method %d is %.60q, but %.60q in the scores", k, m.Key, c.Scores.Methods[k].Name)
		}
		if err := checkCaloTable(m.Key, m.Table, len(c.Scores.Observables)); err != nil {
			return err
		}
		if m.LogW != nil && len(m.LogW) != m.Table.Rows {
			return fmt.Errorf("calorimeter report: %.60q: %d log-weights for %d showers", m.Key, len(m.LogW), m.Table.Rows)
		}
		if err := c.checkImages(m.Key, m.Images); err != nil {
			return err
		}
	}
	for j, o := range c.Scores.Observables {
		r := o.Range
		if len(o.Scores) != len(c.Methods) || r.Bins < 1 || r.Bins > 1<<16 || !(r.Hi > r.Lo) || math.IsInf(r.Hi-r.Lo, 0) || o.Name != c.Truth.Names[j] {
			return fmt.Errorf("calorimeter report: the scores of %.60q do not fit the tables", o.Name)
		}
	}
	for _, d := range c.Displays {
		if d.Shape.Layers < 1 || d.Shape.X < 1 || d.Shape.Y < 1 || d.Shape.Cells() != len(d.Cells) {
			return fmt.Errorf("calorimeter report: event display %.60q: %d numbers for %d × %d × %d cells", d.Title, len(d.Cells), d.Shape.Layers, d.Shape.X, d.Shape.Y)
		}
	}
	if err := c.checkImages("truth", c.TruthImages); err != nil {
		return err
	}
	return c.checkCorrelations()
}

func checkCaloTable(name string, t *dataset.Table, columns int) error {
	if t == nil || t.Rows < 1 || t.Cols != columns || len(t.Names) != columns || len(t.Data) != t.Rows*t.Cols {
		return fmt.Errorf("calorimeter report: %.60q: a table of the %d observables that have scores is needed", name, columns)
	}
	return nil
}

// checkImages refuses images of another shape than the truth's.
func (c *Calo) checkImages(name string, m *showerscore.Images) error {
	if m == nil || c.TruthImages == nil {
		return nil
	}
	s := m.Shape
	if s != c.TruthImages.Shape || len(m.XY) != s.X*s.Y || len(m.LayerX) != s.Layers*s.X || len(m.LayerY) != s.Layers*s.Y ||
		len(m.Longitudinal) != s.Layers || len(m.LongitudinalError) != s.Layers || len(m.Radial) < 1 || len(m.Radial) != len(c.TruthImages.Radial) || len(m.RadialError) != len(m.Radial) {
		return fmt.Errorf("calorimeter report: the mean images of %.60q do not have the shape of the truth's", name)
	}
	return nil
}

func (c *Calo) checkCorrelations() error {
	r := c.Correlations
	if r == nil {
		return nil
	}
	n := len(r.Names)
	if n < 2 || n > 64 {
		return fmt.Errorf("calorimeter report: correlations of %d observables: 2 to 64 are accepted", n)
	}
	for _, m := range r.Methods {
		if len(m.Difference) != n {
			return fmt.Errorf("calorimeter report: the correlations of %.60q are no matrix of %d × %d", m.Method, n, n)
		}
		for _, row := range m.Difference {
			if len(row) != n {
				return fmt.Errorf("calorimeter report: the correlations of %.60q are no matrix of %d × %d", m.Method, n, n)
			}
		}
	}
	return nil
}

// observableLabel returns the name of an observable for an axis, as marked-up text, and
// its unit.
func observableLabel(name string) (label, unit string) {
	for _, kind := range []struct{ prefix, label, unit string }{
		{calo.LayerEnergy, "$E$_{%s}", "MeV"}, {calo.X2Moment, "‹$x$²›_{%s}", "cells²"}, {calo.Y2Moment, "‹$y$²›_{%s}", "cells²"},
	} {
		if layer, ok := strings.CutPrefix(name, kind.prefix+"_"); ok {
			return fmt.Sprintf(kind.label, plain.Replace(layer)), kind.unit
		}
	}
	if layers, ok := strings.CutPrefix(name, calo.LayerDifference+"_"); ok {
		i, j, _ := strings.Cut(layers, "_")
		return fmt.Sprintf("$E$_{%s} − $E$_{%s}", plain.Replace(i), plain.Replace(j)), "MeV"
	}
	switch name {
	case calo.NActive:
		return "active cells", ""
	case calo.Centroid:
		return "longitudinal centroid", "layers"
	case calo.TotalEnergy:
		return "total energy", "MeV"
	}
	return plain.Replace(name), ""
}

// number writes a score in a figure.
func number(v showerscore.Number, n int) string { return figure.Number(float64(v), n) }
