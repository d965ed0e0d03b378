package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"etalon/laser"
)

// refinement is what refine --json prints.
type refinement struct {
	Out       string  `json:"out"`
	Generator float64 `json:"generator_jsd"` // nats
	Refined   float64 `json:"refined_jsd"`   // of the unweighted points, nats; 0 without points
	Floor     float64 `json:"refined_floor_jsd"`
	// Left is the part of the generator's excess over its floor that is left.
	Left     float64  `json:"excess_left"`
	NEff     float64  `json:"n_eff"` // of the weighted points
	Points   string   `json:"points,omitempty"`
	Model    string   `json:"model"`
	ONNX     string   `json:"onnx"`
	Report   string   `json:"report"`
	Warnings []string `json:"warnings,omitempty"`
	// Conditions are slices of the conditions, of a generator that takes any.
	Conditions []conditionRow `json:"conditions,omitempty"`
}

// refinedRows are the rows of the table: methods of a run, for people.
var refinedRows = []struct{ method, name string }{
	{"baseline", "generator"}, {"dctr", "generator, weighted"}, {"rejection", "rejection by weight"},
	{"refiner", "Φ alone"}, {"laser", "refined model"},
}

// printRefinement prints how much better the refined model is, and where it is.
func (a *app) printRefinement(o refineOptions, cfg laser.Config, file string) error {
	path := filepath.Join(o.out, metricsName)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var m runMetrics
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("%s: it is not what this program writes: %w", path, err)
	}
	scores := map[string]laser.Score{}
	for _, s := range m.Scores {
		scores[s.Method] = s
	}
	excess := func(s laser.Score) float64 {
		if s.Floor == nil {
			return s.JSD
		}
		return s.JSD - s.Floor.JSD
	}
	base, weighted := scores["baseline"], scores["dctr"]
	refined, drawn := scores["laser"]
	points := filepath.Join(o.out, "samples", "laser.npy")
	j := refinement{Out: o.out, Generator: base.JSD, NEff: weighted.NEff, Model: filepath.Join(o.out, "models", "laser"),
		ONNX: file, Report: filepath.Join(o.out, reportName), Warnings: m.Warnings}
	if drawn {
		j.Refined, j.Left, j.Points = refined.JSD, excess(refined)/excess(base), points
		if refined.Floor != nil {
			j.Floor = refined.Floor.JSD
		}
	}
	if j.Conditions, err = conditionRows(o.out, scores); err != nil {
		return err
	}
	if o.json {
		return a.printJSON(j)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tpoints\tN_eff\tJSD [nat]\tfloor\tEMD\tfloor\texcess left\t")
	for _, row := range refinedRows {
		s, ok := scores[row.method]
		if !ok {
			continue
		}
		var floor laser.Values
		if s.Floor != nil {
			floor = *s.Floor
		}
		left := ""
		if row.method != "baseline" {
			left = fmt.Sprintf("%.1f %%", 100*excess(s)/excess(base))
		}
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%.3g\t%.2g\t%.3g\t%.2g\t%s\t\n", row.name, s.N, s.NEff, s.JSD, floor.JSD, s.EMD, floor.EMD, left)
	}
	w.Flush()
	printConditions(&b, j.Conditions)
	for _, text := range m.Warnings {
		fmt.Fprintf(&b, "\nwarning: %s\n", text)
	}
	if t := m.Truth; t != nil {
		fmt.Fprintf(&b, "\nTruth: %d points with the weights of column %s, worth %.0f of equal weight.\n", t.Rows, t.Column, t.NEff)
	}
	fmt.Fprintf(&b, "\nExcess left: the part of the generator's JSD above its floor, the score of truth points as many as N_eff.\n")
	if drawn {
		fmt.Fprintf(&b, "refined points  %s\n", points)
	}
	what, with, number := "features", "", "-n 1e6"
	if cfg.Conditional() {
		with, number = " and conditions", "--condition-file FILE"
	}
	if !cfg.Network() {
		what = "refined latents for the generator"
	}
	fmt.Fprintf(&b, "refined model   %s, as ONNX %s (latents%s to %s)\nreport          %s\n", j.Model, file, with, what, j.Report)
	if cfg.Generator.Pairs.Latents == "" {
		fmt.Fprintf(&b, "more points     etalon sample %s %s --seed 2 --out more.npy\n", quoted([]string{o.out}), number)
	} else {
		fmt.Fprintf(&b, "more latents    etalon sample %s %s --seed 2 --out more.npy\n", quoted([]string{j.Model}), number)
	}
	_, err = a.out.Write([]byte(b.String()))
	return err
}
