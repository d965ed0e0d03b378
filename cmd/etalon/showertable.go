package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"etalon/showers"
)

// printShowers prints the scores of a study of showers and where its report is.
func (a *app) printShowers(dir, path string, text []byte) error {
	var m showers.Metrics
	if err := json.Unmarshal(text, &m); err != nil || m.Scores == nil {
		return fmt.Errorf("%s: it is not what this program writes: %w", path, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: preset %s, seed %d, %d showers of %s scored against %d\n\n", m.Name, m.Preset, m.Seed, m.Generated.Score, m.Generator, m.Truth.Score)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "method\tN_eff\tclosure AUC\t")
	for _, name := range showers.Main {
		fmt.Fprintf(w, "⟨S²⟩ %s\tfloor\tr\t", name)
	}
	fmt.Fprintln(w)
	for _, s := range m.Scores.Methods {
		auc := "–"
		if c := m.Closure[s.Name]; c != nil {
			auc = fmt.Sprintf("%.4f ± %.4f", c.AUC, c.AUCError)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%s\t", s.Name, s.NEff, auc)
		for _, name := range showers.Main {
			v := m.Scores.Observable(name).Score(s.Name)
			fmt.Fprintf(w, "%.4f\t%.4f\t%.2f\t", v.S2, v.S2Noise, float64(v.R))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	fmt.Fprintln(&b)
	for _, s := range m.Scores.Summary {
		if s.Method != "generator" && s.RatioMode != nil && (s.Group == "inputs" || s.Group == "moments" || s.Group == "main") {
			fmt.Fprintf(&b, "%s, %d observables (%s): most probable ratio of ⟨S²⟩ to the generator's %.1f to %.1f, median %.2f\n", s.Method, s.Observables, s.Group, s.RatioMode[0], s.RatioMode[1], float64(s.RatioMedian))
		}
	}
	for _, text := range m.Warnings {
		fmt.Fprintf(&b, "\nwarning: %s", text)
	}
	fmt.Fprintf(&b, "\n⟨S²⟩ of histograms of unit sum; its floor is what independent truth showers would have.\n%s\n", filepath.Join(dir, reportName))
	_, err := a.out.Write([]byte(b.String()))
	return err
}
