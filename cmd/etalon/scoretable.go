package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"etalon/laser"
	"etalon/showers"
)

// runMetrics is what the table of a run shows of metrics.json.
type runMetrics struct {
	Name       string `json:"name"`
	Preset     string `json:"preset"`
	Seed       uint64 `json:"seed"`
	N          int    `json:"n"`
	Bins       int    `json:"bins"`
	Columns    []int  `json:"columns"`
	Classifier *struct {
		Validation float64 `json:"validation_cross_entropy"`
		JSDBound   float64 `json:"jsd_bound"`
	} `json:"classifier"`
	Truth *struct {
		Column string  `json:"weight_column"`
		Rows   int     `json:"rows"`
		NEff   float64 `json:"n_eff"`
	} `json:"truth"`
	Scores     []laser.Score `json:"scores"`
	Floor      laser.Values  `json:"floor"`
	Warnings   []string      `json:"warnings"`
	FloorN     int           `json:"floor_n"`
	TruthBetti [2]int        `json:"truth_betti"`
}

// printScores prints the scores of a run and where its report is.
func (a *app) printScores(dir string) error {
	path := filepath.Join(dir, metricsName)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var kind struct {
		Protocol string `json:"protocol"`
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return fmt.Errorf("%s: it is not what this program writes: %w", path, err)
	}
	if kind.Protocol == showers.Protocol {
		return a.printShowers(dir, path, text)
	}
	var m runMetrics
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("%s: it is not what this program writes: %w", path, err)
	}
	var b strings.Builder
	bins := fmt.Sprintf("%d x %d bins", m.Bins, m.Bins)
	if len(m.Columns) == 1 {
		bins = fmt.Sprintf("%d bins", m.Bins)
	}
	fmt.Fprintf(&b, "%s: preset %s, seed %d, %s\n\n", m.Name, m.Preset, m.Seed, bins)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "method\tN_eff\tJSD/floor\tJSD [nat]\tEMD\tJSD (paper)\tEMD (paper)\tS2\tS2/floor\tr\tBetti\t")
	row := func(name string, n float64, v, floor laser.Values, r string, betti [2]int) {
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.3g\t%.3g\t%.3g\t%.3g\t%.3g\t%.2f\t%s\t%d %d\t\n",
			name, n, v.JSD/floor.JSD, v.JSD, v.EMD, v.JSDPaper, v.EMDPaper, v.S2, v.S2/floor.S2, r, betti[0], betti[1])
	}
	for _, s := range m.Scores {
		floor, betti := laser.Values{JSD: math.NaN(), S2: math.NaN()}, [2]int{}
		if s.Floor != nil {
			floor = *s.Floor
		}
		if s.Betti != nil {
			betti = *s.Betti
		}
		row(s.Method, s.NEff, s.Values, floor, dilutions(s.Columns), betti)
	}
	row("truth", float64(m.FloorN), m.Floor, m.Floor, "", m.TruthBetti)
	w.Flush()
	if t := m.Truth; t != nil {
		fmt.Fprintf(&b, "\nTruth: %d points with the weights of column %s, worth %.0f of equal weight.\n", t.Rows, t.Column, t.NEff)
	}
	if c := m.Classifier; c != nil {
		fmt.Fprintf(&b, "\nThe classifier's cross-entropy on rows held out is %.4f nats: truth and generator are at least ln 2 less that apart in JSD, %.3g.\n", c.Validation, c.JSDBound)
	}
	modesTable(&b, m.Scores)
	for _, text := range m.Warnings {
		fmt.Fprintf(&b, "\nwarning: %s", text)
	}
	fmt.Fprintf(&b, "\nJSD/floor: in units of the score of independent truth points, as many as N_eff. r: the error of the weighted mean over that of the truth, by column.\n%s\n", filepath.Join(dir, reportName))
	_, err = a.out.Write([]byte(b.String()))
	return err
}

// dilutions lists r of the first columns of weighted points.
func dilutions(columns []laser.ColumnScore) string {
	var list []string
	for _, c := range columns[:min(len(columns), 2)] {
		if c.R != nil {
			list = append(list, fmt.Sprintf("%.2f", *c.R))
		}
	}
	return strings.Join(list, " ")
}

// modesTable shows how the samples fill the modes of the density, where it has modes.
func modesTable(b *strings.Builder, scores []laser.Score) {
	if len(scores) == 0 || scores[0].Modes == nil {
		return
	}
	fmt.Fprintf(b, "\nShares of the points within %g σ of a mode (of the truth %.5f), modes that have points, and χ² of their shares:\n\n", scores[0].Modes.Radius, scores[0].Modes.WithinExpected)
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "method\twithin\tmodes\tχ²\tdof\tp\tmax |z|\t")
	for _, s := range scores {
		if m := s.Modes; m != nil {
			fmt.Fprintf(w, "%s\t%.4f\t%d of %d\t%.1f\t%d\t%.2g\t%.1f\t\n", s.Method, m.Within, m.Covered, len(m.Shares), m.Chi2, m.DOF, m.P, m.MaxAbsZ)
		}
	}
	w.Flush()
}
