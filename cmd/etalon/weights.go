package main

import (
	"fmt"

	"etalon/dataset"
	"etalon/dctr"
)

// tabled is a sample of cols columns.
type tabled struct {
	dctr.Sample
	cols       int
	names      []string      // nil where the file has none
	unweighted error         // that the table has not the column of weights
	showers    *dctr.Showers // nil for a plain table

	weightColumn string // that W is from, "" where it is of a file or nil
}

// readSample reads a table of cols columns (0: any number) and at least rows rows,
// and its weights unless the path of these is empty; its columns in the order of the
// names like where it has the same ones. Without options for showers there are plain
// tables alone.
func (a *app) readSample(path, weights string, cols, rows int, tables *tableOptions, like []string, showers *showerOptions, threads int) (tabled, error) {
	var from *dctr.Showers
	t, unweighted, err := tables.read(cols, like, func(opt dataset.ReadOptions) (t *dataset.Table, err error) {
		t, from, err = a.readTable(path, opt, showers, threads)
		return t, err
	})
	if err != nil {
		return tabled{}, err
	}
	if t.Rows < rows {
		return tabled{}, fmt.Errorf("%s: %d rows; at least %d are accepted", path, t.Rows, rows)
	}
	s := tabled{Sample: dctr.Sample{X: t.Data, W: t.Weights}, cols: t.Cols, names: t.Names, unweighted: unweighted, showers: from}
	if s.W != nil {
		s.weightColumn = tables.weight
	}
	if weights == "" {
		return s, nil
	}
	if s.W != nil {
		return tabled{}, usage("%s has weights in its column %s, and in %s; one of both is accepted", path, tables.weight, weights)
	}
	if s.W, err = dataset.ReadColumn(weights, dataset.ReadOptions{MaxBytes: int64(tables.memory)}); err != nil {
		return tabled{}, err
	}
	if len(s.W) != t.Rows {
		return tabled{}, fmt.Errorf("%s: %d weights; %s has %d rows", weights, len(s.W), path, t.Rows)
	}
	return s, nil
}

// needWeights returns an error where none of the tables has the column of weights.
func needWeights(tables ...tabled) error {
	for _, t := range tables {
		if t.unweighted == nil {
			return nil
		}
	}
	return tables[0].unweighted
}

// weightName is the name of a column of weights that is written.
func weightName(log bool) string {
	if log {
		return "log_weight"
	}
	return "weight"
}
