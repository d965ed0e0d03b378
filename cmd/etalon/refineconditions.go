package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"text/tabwriter"

	"etalon/generator"
	"etalon/laser"
	"etalon/rundir"
)

// conditionRow is a line of the table of slices: a column in a range of a condition.
type conditionRow struct {
	Column    int                `json:"column"`
	Condition string             `json:"condition"`
	Lo        float64            `json:"lo"`
	Hi        float64            `json:"hi"`
	JSD       map[string]float64 `json:"jsd"`   // nats, by method
	Floor     float64            `json:"floor"` // of the refined points, or else of the weighted ones
}

// conditionRows lists, for each condition, the slices of the column in which the refined
// sample, or else the weighted one, is furthest above its floor.
func conditionRows(dir string, scores map[string]laser.Score) ([]conditionRow, error) {
	last, ok := scores["laser"]
	if !ok {
		last = scores["dctr"]
	}
	if len(last.Conditions) == 0 {
		return nil, nil
	}
	var c generator.Conditions
	if err := rundir.ReadJSON(filepath.Join(dir, "conditions.json"), &c); err != nil {
		return nil, err
	}
	var rows []conditionRow
	for i, condition := range c.Columns {
		var at []laser.ConditionScore
		for _, s := range last.Conditions {
			if s.Condition == condition {
				at = append(at, s)
			}
		}
		worst, _ := laser.Worst(at)
		if worst == nil {
			continue
		}
		for k, slice := range worst.Slices {
			row := conditionRow{worst.Column, c.Names[i], slice.Lo, slice.Hi, map[string]float64{}, slice.Floor}
			for method, s := range scores {
				for _, one := range s.Conditions {
					if one.Column == worst.Column && one.Condition == condition {
						row.JSD[method] = one.Slices[k].JSD
					}
				}
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// printConditions prints the slices.
func printConditions(out io.Writer, rows []conditionRow) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(out, "\nJSD [nat] in slices of the conditions, of the column that comes out worst:\n\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "condition\tfrom\tto\tcolumn\t")
	var methods []string
	for _, m := range refinedRows {
		if _, ok := rows[0].JSD[m.method]; ok {
			methods = append(methods, m.method)
			fmt.Fprintf(w, "%s\t", m.name)
		}
	}
	fmt.Fprintln(w, "floor\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%.4g\t%.4g\t%s\t", r.Condition, r.Lo, r.Hi, strconv.Itoa(r.Column))
		for _, m := range methods {
			fmt.Fprintf(w, "%.3g\t", r.JSD[m])
		}
		fmt.Fprintf(w, "%.2g\t\n", r.Floor)
	}
	w.Flush()
}
