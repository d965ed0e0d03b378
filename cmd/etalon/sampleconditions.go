package main

import (
	"fmt"
	"strconv"
	"strings"

	"etalon/dataset"
	"etalon/generator"
)

// valueList is a flag of numbers, separated by commas.
type valueList []float32

// Set implements pflag.Value.
func (l *valueList) Set(s string) error {
	*l = valueList{}
	for text := range strings.SplitSeq(s, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 32)
		if err != nil || v-v != 0 {
			return fmt.Errorf("%q is no number; finite numbers, separated by commas, are accepted", text)
		}
		*l = append(*l, float32(v))
	}
	return nil
}

// Type implements pflag.Value.
func (l *valueList) Type() string { return "VALUES" }

// String implements pflag.Value.
func (l *valueList) String() string {
	var list []string
	for _, v := range *l {
		list = append(list, strconv.FormatFloat(float64(v), 'g', -1, 32))
	}
	return strings.Join(list, ",")
}

// givenConditions are the conditions that points are drawn at: those of a file, row by
// row, or the same for all.
type givenConditions struct {
	file  string
	table *dataset.Table // of all columns of the file; nil where values has them
	value valueList
	data  []float32 // n×k of the model's conditions, row-major; nil without
	k     int
}

// conditions reads the conditions, and sets the number of points where only they tell.
func (o *sampleOptions) conditions() (*givenConditions, error) {
	g := &givenConditions{file: o.conditionFile, value: o.condition}
	if o.conditionFile == "" {
		return g, nil
	}
	var err error
	if g.table, err = dataset.Read(o.conditionFile, dataset.ReadOptions{}); err != nil {
		return nil, err
	}
	if o.n == 0 {
		o.n = count(g.table.Rows)
	}
	return g, nil
}

func (g *givenConditions) set() bool { return g.table != nil || g.value != nil }

// countOf is the number of conditions; nil is none.
func countOf(c *generator.Conditions) int {
	if c == nil {
		return 0
	}
	return len(c.Columns)
}

// fit takes the k conditions of a model from what was given, and warns of those that the
// training has not seen, where c tells.
func (a *app) fit(g *givenConditions, c *generator.Conditions, k int) error {
	names := ""
	if c != nil {
		names = " (" + strings.Join(c.Names, ", ") + ")"
	}
	switch {
	case k == 0 && g.set():
		return usage("it takes no conditions, so that --condition and --condition-file are for another model")
	case k == 0:
		return nil
	case !g.set():
		return usage("it makes points at given conditions%s: --condition with %s, or --condition-file", names, plural(k, "value"))
	}
	g.k = k
	if g.table == nil {
		if len(g.value) != k {
			return usage("--condition %s: %s; the model takes %d%s", g.value.String(), plural(len(g.value), "value"), k, names)
		}
		g.data = g.value
	} else {
		pick, err := g.columns(c, k)
		if err != nil {
			return err
		}
		g.data = make([]float32, 0, g.table.Rows*k)
		for i := range g.table.Rows {
			for _, j := range pick {
				g.data = append(g.data, g.table.Data[i*g.table.Cols+j])
			}
		}
	}
	if c == nil {
		return nil
	}
	below, above := c.Outside(g.data)
	for j, name := range c.Names {
		if n := below[j] + above[j]; n > 0 {
			a.show.Message(fmt.Sprintf("warning: condition %s: %d of %d lie outside %.6g to %.6g, which is all that the training has seen: what is made there is extrapolated", name, n, len(g.data)/k, c.Min[j], c.Max[j]))
		}
	}
	return nil
}

// columns finds the conditions in the file: by their names where it has them, or else all
// of its columns.
func (g *givenConditions) columns(c *generator.Conditions, k int) ([]int, error) {
	t := g.table
	if c != nil && t.Names != nil && named(c.Names) {
		list, err := dataset.Columns(t.Cols, t.Names, c.Names)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.file, err)
		}
		return list, nil
	}
	if t.Cols != k {
		names := ""
		if c != nil {
			names = " (" + strings.Join(c.Names, ", ") + ")"
		}
		return nil, fmt.Errorf("%s: %s; the model takes %s%s", g.file, plural(t.Cols, "column"), plural(k, "condition"), names)
	}
	list := make([]int, k)
	for j := range list {
		list[j] = j
	}
	return list, nil
}

// rows returns the conditions of n points from row0 on; nil of a model without.
func (g *givenConditions) rows(row0 uint64, n int) []float32 {
	if g.k == 0 {
		return nil
	}
	have := uint64(len(g.data) / g.k)
	if lo := int(row0 % have); uint64(lo+n) <= have {
		return g.data[lo*g.k : (lo+n)*g.k]
	}
	out := make([]float32, 0, n*g.k)
	for i := range n {
		at := int((row0+uint64(i))%have) * g.k
		out = append(out, g.data[at:at+g.k]...)
	}
	return out
}

// named tells that conditions have names, and not only numbers of columns.
func named(names []string) bool {
	for _, s := range names {
		if _, err := strconv.Atoi(s); err == nil {
			return false
		}
	}
	return true
}
