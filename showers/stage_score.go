package showers

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"

	"etalon/calo"
	"etalon/calo/showerscore"
	"etalon/dataset"
	"etalon/dctr"
	"etalon/report"
	"etalon/rundir"
	"etalon/version"
)

// Metrics is metrics.json, a function of the configuration and the files.
type Metrics struct {
	Protocol     string                       `json:"protocol"`
	Name         string                       `json:"name"`
	Preset       string                       `json:"preset"`
	Seed         uint64                       `json:"seed"`
	Version      string                       `json:"version"`
	Generator    string                       `json:"generator"`
	Cells        [3]int                       `json:"cells"` // of a shower: layers, x, y
	Truth        Samples                      `json:"truth"`
	Generated    Samples                      `json:"generated"`
	Scores       *showerscore.Scores          `json:"scores"`
	Weights      map[string]*dctr.Diagnostics `json:"weights"`
	Clipped      map[string]*dctr.Clipped     `json:"clipped"`
	Closure      closure                      `json:"closure"`
	Correlations *showerscore.Correlations    `json:"correlations"`
	Warnings     []string                     `json:"warnings"`
}

// Samples are the numbers of showers that are trained on and scored.
type Samples struct {
	Train int `json:"train"`
	Score int `json:"score"`
}

// score compares every sample with the truth, and writes the report.
func (r *Run) score(ctx context.Context) (string, error) {
	m := Metrics{
		Protocol: Protocol, Name: r.cfg.Name, Preset: r.cfg.Preset, Seed: r.cfg.Seed, Version: version.String(), Generator: r.cfg.Generator.Kind, Cells: [3]int{r.shape.Layers, r.shape.X, r.shape.Y},
		Truth: Samples{r.truth.train.len(), r.truth.score.len()}, Generated: Samples{r.gen.train.len(), r.gen.score.len()},
		Weights: map[string]*dctr.Diagnostics{}, Clipped: map[string]*dctr.Clipped{}, Warnings: []string{},
	}
	for _, w := range r.weighted {
		if w.clipped != nil {
			m.Clipped[w.name] = w.clipped
		}
	}
	if err := rundir.ReadJSON(r.d.Path(closureFile), &m.Closure); err != nil {
		return "", err
	}
	page := &report.Calo{Name: r.cfg.Name, Truth: r.truth.score.table}
	tables := map[*dataset.Table]*dataset.Table{}
	widen := func(t *dataset.Table) (*dataset.Table, error) {
		if !r.cfg.Score.Differences {
			return t, nil
		}
		if w := tables[t]; w != nil {
			return w, nil
		}
		w, err := showerscore.AddDifferences(t)
		tables[t] = w
		return w, err
	}
	var err error
	if page.Truth, err = widen(page.Truth); err != nil {
		return "", err
	}
	var list []showerscore.Method
	for _, s := range r.methods() {
		t, err := widen(s.set.table)
		if err != nil {
			return "", err
		}
		list = append(list, showerscore.Method{Name: s.name, Table: t, LogW: s.logw})
		c := m.Closure[s.name]
		page.Methods = append(page.Methods, report.CaloMethod{Key: s.name, Label: s.label, Table: t, LogW: s.logw, ClosureAUC: &c.AUC, ClosureError: &c.AUCError})
		if s.logw != nil {
			if m.Weights[s.name], err = dctr.Diagnose(nil, s.logw); err != nil {
				return "", err
			}
		}
	}
	r.d.Progress(0, 3, "scores")
	if m.Scores, err = showerscore.Compare(page.Truth, list, showerscore.Options{Replicas: r.cfg.Score.Replicas, Seed: r.cfg.Seed, Threads: r.e.Threads()}); err != nil {
		return "", err
	}
	r.d.Progress(1, 3, "correlations and images")
	names := correlated(r.truth.score.table.Names)
	if m.Correlations, err = showerscore.Correlate(page.Truth, list, names); err != nil {
		return "", err
	}
	if err := r.images(ctx, page); err != nil {
		return "", err
	}
	m.Warnings = append(m.Warnings, r.leftOut...)
	m.warn()
	r.d.Progress(2, 3, "figures")
	page.Scores, page.Correlations, page.Warnings = m.Scores, m.Correlations, m.Warnings
	page.Facts = r.facts(&m)
	page.Verdict = m.verdict()
	text, err := os.ReadFile(r.d.Path(rundir.ConfigFile))
	if err != nil {
		return "", err
	}
	page.Config = string(text)
	if err := rundir.WriteJSON(r.d.Path(rundir.MetricsFile), m); err != nil {
		return "", err
	}
	_, err = report.BuildCalo(r.d.String(), page)
	return page.Verdict, err
}

// correlated are the observables whose correlations are shown: all but the second
// moments, as in the paper.
func correlated(names []string) []string {
	var list []string
	for _, n := range names {
		if showerscore.InGroup(n, "inputs") {
			list = append(list, n)
		}
	}
	return list
}

// images adds mean showers and single ones to the page.
func (r *Run) images(ctx context.Context, page *report.Calo) error {
	display := func(title string, cells []float32) {
		page.Displays = append(page.Displays, report.CaloDisplay{Title: title, Shape: r.shape, Cells: slices.Clone(cells)})
	}
	sum := func(s *set, title string, logw ...[]float64) ([]*showerscore.Images, error) {
		acc, err := showerscore.NewAccumulator(r.shape, len(logw))
		if err != nil {
			return nil, err
		}
		w := make([]float64, len(logw))
		err = s.blocks(ctx, func(first int, cells []float32) error {
			if first == 0 && len(page.Displays) < 4 {
				display(title, cells[:r.shape.Cells()])
			}
			for i := range len(cells) / r.shape.Cells() {
				for k, l := range logw {
					w[k] = 1
					if l != nil {
						w[k] = math.Exp(l[first+i])
					}
				}
				acc.Add(cells[i*r.shape.Cells():(i+1)*r.shape.Cells()], w...)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		list := make([]*showerscore.Images, len(logw))
		for k := range list {
			if list[k], err = acc.Images(k); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	truth, err := sum(&r.truth.score, "Truth", nil)
	if err != nil {
		return err
	}
	page.TruthImages = truth[0]
	methods := r.methods()
	for i := 0; i < len(methods); {
		k := i
		var logw [][]float64
		for ; k < len(methods) && methods[k].set == methods[i].set; k++ {
			logw = append(logw, methods[k].logw)
		}
		list, err := sum(methods[i].set, methods[i].label, logw...)
		if err != nil {
			return err
		}
		for j, images := range list {
			page.Methods[i+j].Images = images
		}
		i = k
	}
	return nil
}

func (r *Run) facts(m *Metrics) []report.CaloFact {
	return []report.CaloFact{
		{Key: "Truth", Value: fmt.Sprintf("%s, %d showers trained on, %d scored against", r.cfg.Truth.File, m.Truth.Train, m.Truth.Score)},
		{Key: "Generator", Value: fmt.Sprintf("%s, %d showers for the classifiers, %d scored", m.Generator, m.Generated.Train, m.Generated.Score)},
		{Key: "Cells", Value: fmt.Sprintf("%d × %d × %d, empty below %g MeV", r.shape.Layers, r.shape.X, r.shape.Y, r.cut())},
		{Key: "Seed", Value: fmt.Sprint(m.Seed)},
		{Key: "Version", Value: m.Version},
	}
}

// Main are the observables that a few numbers must do for.
var Main = []string{calo.NActive, calo.Centroid, calo.TotalEnergy}

// verdict is one sentence on the scores of the weights.
func (m *Metrics) verdict() string {
	text := ""
	for _, name := range Main {
		o := m.Scores.Observable(name)
		if o == nil {
			continue
		}
		g, w := o.Score(methodGenerator), o.Score(methodHigh)
		if g == nil || w == nil {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s %.4f → %.4f (floor %.4f)", name, g.S2, w.S2, w.S2Noise)
	}
	return "⟨S²⟩ of generator → weighted: " + text
}

// warn says what makes weights or samples unfit.
func (m *Metrics) warn() {
	say := func(format string, args ...any) { m.Warnings = append(m.Warnings, fmt.Sprintf(format, args...)) }
	for _, s := range m.Scores.Methods {
		if d := m.Weights[s.Name]; d != nil {
			if n := float64(d.N); d.NEff < max(min(1000, n/2), 0.01*n) {
				say("%s: %d weighted showers are worth %.0f: the generator makes next to nothing where much of the truth is", s.Name, d.N, d.NEff)
			}
			if k := d.Tail.K; k > 0.7 {
				say("%s: the tail of the weights has k = %.2f; above 0.7 means over them do not converge at a practical rate", s.Name, k)
			}
		}
		if c := m.Clipped[s.Name]; c != nil && c.Events > 0 {
			say("%s: %d weights above %g were cut; they had %.0f %% of the total, %.0f %% were cut away and the rest multiplied by %.2f", s.Name, c.Events, c.Limit, 100*c.Share, 100*c.Removed, c.Factor)
		}
		if c := m.Closure[s.Name]; s.Name != methodGenerator && c != nil && !c.Closed {
			say("%s: %s", s.Name, c.Verdict)
		}
	}
}
