package main

import (
	"etalon/dataset"
)

const chunkValues = 1 << 21 // values of the widest file in memory at a time

// sink is a file of rows of cols values.
type sink struct {
	path string
	cols int
}

// stream writes the rows first … last-1 to all sinks, chunk by chunk in bounded
// memory. fill computes the rows from row0 on, one table for each sink. The files
// appear at the end, or none of them does where something fails or the user
// interrupts.
func (a *app) stream(name string, first, last int, sinks []sink, fill func(row0 int, rows [][]float32) error) error {
	ctx, stop := interruptible()
	defer stop()
	widest := 1
	for _, s := range sinks {
		widest = max(widest, s.cols)
	}
	chunk := min(max(chunkValues/widest, 1), last-first)
	files, tables, rows := make([]*dataset.RowWriter, len(sinks)), make([][]float32, len(sinks)), make([][]float32, len(sinks))
	for i, s := range sinks {
		f, err := dataset.Create(s.path, last-first, s.cols, dataset.WriteOptions{})
		if err != nil {
			return err
		}
		defer f.Abort()
		files[i], tables[i] = f, make([]float32, chunk*s.cols)
	}
	a.show.StageStart(name, 0, 0)
	for lo := first; lo < last; lo += chunk {
		if ctx.Err() != nil {
			return interruptedError{"nothing was written"}
		}
		n := min(chunk, last-lo)
		for i, s := range sinks {
			rows[i] = tables[i][:n*s.cols]
		}
		if err := fill(lo, rows); err != nil {
			return err
		}
		for i, f := range files {
			if err := f.Write(rows[i]); err != nil {
				return err
			}
		}
		a.show.Progress(lo+n-first, last-first, "")
	}
	for _, f := range files {
		if err := f.Close(); err != nil {
			return err
		}
	}
	a.show.Clear()
	return nil
}
