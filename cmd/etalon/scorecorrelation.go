package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"etalon/metric"
)

const (
	maxCorrelated = 128 // columns whose correlations are compared
	shownPairs    = 10
)

// correlations are the correlation matrices of some columns, in the order of Columns.
type correlations struct {
	Columns    []int      `json:"columns"`
	Sample     [][]number `json:"sample"`
	Error      [][]number `json:"sample_error"`
	Truth      [][]number `json:"truth"`
	TruthError [][]number `json:"truth_error"`
	MaxZ       number     `json:"max_abs_z"` // largest difference in units of its error
}

// correlate compares the correlations of the columns whose points are compared; nil
// for one column, or for too many.
func (o *scoreOptions) correlate(truth, sample metric.Events) (*correlations, error) {
	if n := len(o.cloudColumns); n < 2 || n > maxCorrelated {
		return nil, nil
	}
	c := &correlations{Columns: o.cloudColumns}
	for _, side := range []struct {
		e      metric.Events
		rho, u *[][]number
	}{{truth, &c.Truth, &c.TruthError}, {sample, &c.Sample, &c.Error}} {
		m, err := chosen(side.e, o.cloudColumns).Covariance()
		if err != nil {
			return nil, err
		}
		*side.rho, *side.u = square(m.Corr, m.Dim), square(m.CorrError, m.Dim)
	}
	for a := range c.Columns {
		for b := range a {
			if z := math.Abs(c.z(a, b)); z > float64(c.MaxZ) {
				c.MaxZ = number(z)
			}
		}
	}
	return c, nil
}

// z is the difference of two correlations in units of its error.
func (c *correlations) z(a, b int) float64 {
	return float64(c.Sample[a][b]-c.Truth[a][b]) / math.Hypot(float64(c.Error[a][b]), float64(c.TruthError[a][b]))
}

func chosen(e metric.Events, columns []int) metric.Events {
	out := metric.Events{Dim: len(columns), W: e.W, X: make([]float32, 0, e.Len()*len(columns))}
	for i := range e.Len() {
		for _, j := range columns {
			out.X = append(out.X, e.X[i*e.Dim+j])
		}
	}
	return out
}

func square(v []float64, n int) [][]number {
	rows := make([][]number, n)
	for i := range rows {
		for _, x := range v[i*n : (i+1)*n] {
			rows[i] = append(rows[i], number(x))
		}
	}
	return rows
}

// printCorrelations prints the pairs of columns whose correlations differ most.
func printCorrelations(b *strings.Builder, o *scoreOptions, r *comparison) {
	c := r.Correlations
	if c == nil {
		if n := len(o.cloudColumns); n > maxCorrelated {
			fmt.Fprintf(b, "\ncorrelations of %d columns are left out; --columns chooses up to %d\n", n, maxCorrelated)
		}
		return
	}
	type pair struct {
		a, b int
		z    float64
	}
	var pairs []pair
	for i := range c.Columns {
		for j := range i {
			if z := c.z(i, j); !math.IsNaN(z) {
				pairs = append(pairs, pair{j, i, z})
			}
		}
	}
	slices.SortStableFunc(pairs, func(p, q pair) int { return cmp.Compare(math.Abs(q.z), math.Abs(p.z)) })
	b.WriteByte('\n')
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "correlation of\tsample\terror\ttruth\terror\tdifference [σ]\t")
	for _, p := range pairs[:min(len(pairs), shownPairs)] {
		fmt.Fprintf(w, "%s, %s\t%s\t%s\t%s\t%s\t%s\t\n", r.Names[c.Columns[p.a]], r.Names[c.Columns[p.b]],
			c.Sample[p.a][p.b], c.Error[p.a][p.b], c.Truth[p.a][p.b], c.TruthError[p.a][p.b], number(p.z))
	}
	w.Flush()
	if n := len(pairs); n > shownPairs {
		fmt.Fprintf(b, "the %d of %d pairs that differ most\n", shownPairs, n)
	}
}
