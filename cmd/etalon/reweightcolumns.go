package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"etalon/metric"
)

const shownColumns = 40

// weightedColumn is what weights do to the mean of a column.
type weightedColumn struct {
	Name       string `json:"name"`
	Before     number `json:"before"`
	Mean       number `json:"mean"`
	Error      number `json:"error"`
	Truth      number `json:"truth"`
	TruthError number `json:"truth_error"`
	R          number `json:"r"`   // dilution
	NG         number `json:"n_g"` // weighted points that match the truth's
}

// weighColumns compares the columns of the sample, under its new weights w, with the
// truth; values that do not exist are NaN.
func weighColumns(truth, sample tabled, w []float64) []weightedColumn {
	t := metric.Events{X: truth.X, Dim: truth.cols, W: truth.W}
	before := metric.Events{X: sample.X, Dim: sample.cols, W: sample.W}
	columns := make([]weightedColumn, truth.cols)
	for j := range columns {
		name := strconv.Itoa(j)
		if truth.names != nil {
			name = truth.names[j]
		}
		none := number(math.NaN())
		c := weightedColumn{Name: name, Before: none, Mean: none, Error: none, Truth: none, TruthError: none, R: none, NG: none}
		f, b := t.Observable(j), before.Observable(j)
		o := metric.Observable{F: b.F, W: w}
		if e, err := b.Mean(); err == nil {
			c.Before = number(e.Value)
		}
		if e, err := o.Mean(); err == nil {
			c.Mean, c.Error = number(e.Value), number(e.Error)
		}
		if e, err := f.Mean(); err == nil {
			c.Truth, c.TruthError = number(e.Value), number(e.Error)
		}
		if d, err := metric.NewDilution(o, f); err == nil {
			c.R = number(d.R.Value)
		}
		if n, err := f.EffectiveEvents(); err == nil {
			if e, err := metric.MatchingEvents(o, n); err == nil {
				c.NG = number(e.Value)
			}
		}
		columns[j] = c
	}
	return columns
}

func printWeightedColumns(b *strings.Builder, columns []weightedColumn) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "column\tmean\tweighted\terror\ttruth\terror\tr\tN_G\t")
	for _, c := range columns[:min(len(columns), shownColumns)] {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.Name, c.Before, c.Mean, c.Error, c.Truth, c.TruthError, c.R, c.NG)
	}
	w.Flush()
	if n := len(columns); n > shownColumns {
		fmt.Fprintf(b, "and %d more columns, which --json has\n", n-shownColumns)
	}
}
