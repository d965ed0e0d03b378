package main

import (
	"fmt"

	"etalon/dataset"
	"etalon/dctr"
)

// tabled is a sample of cols columns.
type tabled struct {
	dctr.Sample
	cols  int
	names []string // nil where the file has none

	showers *dctr.Showers // nil for a plain table
}

// readSample reads a table of cols columns (0: any number) and at least rows rows,
// and its weights unless the path of these is empty. Without options for showers there
// are plain tables alone.
func (a *app) readSample(path, weights string, cols, rows int, showers *showerOptions, threads int) (tabled, error) {
	t, from, err := a.readTable(path, dataset.ReadOptions{Cols: cols}, showers, threads)
	if err != nil {
		return tabled{}, err
	}
	if t.Rows < rows {
		return tabled{}, fmt.Errorf("%s: %d rows; at least %d are accepted", path, t.Rows, rows)
	}
	s := tabled{dctr.Sample{X: t.Data}, t.Cols, t.Names, from}
	if weights == "" {
		return s, nil
	}
	if s.W, err = dataset.ReadFloat64(weights); err != nil {
		return tabled{}, err
	}
	if len(s.W) != t.Rows {
		return tabled{}, fmt.Errorf("%s: %d weights; %s has %d rows", weights, len(s.W), path, t.Rows)
	}
	return s, nil
}
