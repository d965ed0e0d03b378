package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"etalon/generator"
	"etalon/laser"
	"etalon/rundir"
)

// The table of slices has, for each condition, the column that comes out worst, with all
// methods side by side.
func TestConditionTable(t *testing.T) {
	dir := t.TempDir()
	c := generator.Conditions{Columns: []int{1}, Names: []string{"energy"}, Min: []float64{0}, Max: []float64{2}}
	if err := rundir.WriteJSON(filepath.Join(dir, "conditions.json"), c); err != nil {
		t.Fatal(err)
	}
	score := func(method string, first, second, third, fourth float64) laser.Score {
		slices := func(a, b float64) []laser.SliceScore {
			return []laser.SliceScore{{Lo: 0, Hi: 1, JSD: a, Floor: 0.01, Spread: 0.001}, {Lo: 1, Hi: 2, JSD: b, Floor: 0.01, Spread: 0.001}}
		}
		return laser.Score{Method: method, N: 10, NEff: 10, Values: laser.Values{JSD: 0.3}, Floor: &laser.Values{JSD: 0.1},
			Conditions: []laser.ConditionScore{{Column: 0, Condition: 1, Slices: slices(first, second)}, {Column: 2, Condition: 1, Slices: slices(third, fourth)}}}
	}
	m := map[string]any{"scores": []laser.Score{score("baseline", 0.1, 0.2, 0.3, 0.4), score("dctr", 0.05, 0.06, 0.07, 0.08), score("laser", 0.011, 0.012, 0.013, 0.0125)}}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, metricsName), text, 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := laser.Preset("quick", "")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Condition = []any{"energy"}
	var out bytes.Buffer
	a := &app{out: &out}
	if err := a.printRefinement(refineOptions{out: dir}, cfg, "f.onnx"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		if f := strings.Fields(line); len(f) > 0 && (f[0] == "energy" || f[0] == "condition") {
			got = append(got, strings.Join(f, " "))
		}
	}
	want := "condition from to column generator generator, weighted refined model floor\n" +
		"energy 0 1 2 0.3 0.07 0.013 0.01\nenergy 1 2 2 0.4 0.08 0.0125 0.01"
	if strings.Join(got, "\n") != want {
		t.Errorf("the table is\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if !strings.Contains(out.String(), "latents and conditions to features") || !strings.Contains(out.String(), "--condition-file FILE") {
		t.Errorf("what the model takes is not said: %s", out.String())
	}
}
