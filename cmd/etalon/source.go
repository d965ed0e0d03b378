package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"etalon/calo"
	"etalon/dataset"
	"etalon/dctr"
)

// source is a table that is read some rows at a time: a file, or the observables of
// showers.
type source struct {
	path       string
	rows, cols int
	names      []string // nil where the file has none
	showers    *dctr.Showers
	block      int // rows that are read at a time
	// read fills dst with the next rows and returns their number; at the end it is 0,
	// io.EOF.
	read func(dst []float32) (int, error)
	// weights are those of the rows that were read, of the column of weights; nil without one.
	weights      []float64
	weightColumn string
	// look computes what the ranges of a training are of from rows; nil where that is the
	// rows themselves.
	look  func(x []float32) []float32
	close func() error
}

// showerBlock is enough for all threads and few enough to see a progress.
const showerBlock = 2048

// mostReaders bounds the threads that read showers: each has some blocks of them in memory.
const mostReaders = 8

// openSource opens a table. Without --observables showers have those of the names, or the high-level
// ones where there are no names.
func openSource(path string, opt dataset.ReadOptions, s *showerOptions, names []string, threads int) (*source, error) {
	if s == nil || !s.are(path) {
		r, err := dataset.OpenRows(path, opt)
		if err != nil {
			return nil, err
		}
		src := &source{path: path, rows: r.Rows, cols: r.Cols, names: r.Names, block: max(chunkValues/r.Cols, 1), read: r.Read, close: r.Close}
		if r.HasWeights() {
			src.weightColumn, src.read = opt.Weight, src.weighing(r)
		}
		return src, nil
	}
	if opt.Columns != nil || opt.Weight != "" {
		return nil, usage("%s has showers, whose columns --observables chooses; --columns and --weight-column are for tables", path)
	}
	return openShowers(path, opt.Cols, s, names, threads)
}

// weighing reads rows in order and keeps their weights.
func (s *source) weighing(r *dataset.RowReader) func(dst []float32) (int, error) {
	const promised = 1 << 24 // rows; a file may promise more than it has
	s.weights = make([]float64, 0, min(s.rows, promised))
	return func(dst []float32) (int, error) {
		lo := len(s.weights)
		n := min(len(dst)/s.cols, s.rows-lo)
		if n == 0 {
			return 0, io.EOF
		}
		s.weights = append(s.weights, make([]float64, n)...)
		return n, r.ReadRows(lo, lo+n, dst[:n*s.cols], s.weights[lo:])
	}
}

// openShowers opens a file of showers for cols observables (0: any number).
func openShowers(path string, cols int, s *showerOptions, names []string, threads int) (*source, error) {
	if s.names != nil {
		names = s.names
	}
	if names == nil {
		names = []string{calo.HighLevel}
	}
	if threads == 0 || threads > runtime.GOMAXPROCS(0) {
		threads = runtime.GOMAXPROCS(0)
	}
	threads = min(threads, mostReaders)
	r, err := calo.OpenRows(path, s.cfg, threads, names...)
	if err != nil {
		if s.shape == "" && strings.Contains(err.Error(), "four dimensions are expected") {
			err = fmt.Errorf("%w: give --shape, or :/path for a plain table", err)
		}
		return nil, err
	}
	shape := r.Shape()
	src := &source{path: path, rows: r.Len(), cols: len(r.Names), names: r.Names, block: showerBlock, close: r.Close,
		showers: &dctr.Showers{Dataset: r.Dataset(), Shape: [3]int{shape.Layers, shape.X, shape.Y}, Cut: max(r.Cut(), 0)}}
	if cols > 0 && src.cols != cols {
		r.Close()
		return nil, fmt.Errorf("%s: %d observables; %d expected", path, src.cols, cols)
	}
	next := 0
	src.read = func(dst []float32) (int, error) {
		n := min(len(dst)/src.cols, src.rows-next)
		if n == 0 {
			return 0, io.EOF
		}
		if err := r.Read(next, next+n, dst[:n*src.cols]); err != nil {
			return 0, err
		}
		next += n
		return n, nil
	}
	return src, nil
}

// maxTableBytes bounds the observables that are in memory together.
const maxTableBytes = 8 << 30

// readTable reads a whole table. showers is nil where it is a plain one.
func (a *app) readTable(path string, opt dataset.ReadOptions, s *showerOptions, threads int) (t *dataset.Table, showers *dctr.Showers, err error) {
	if s == nil || !s.are(path) {
		t, err = dataset.Read(path, opt)
		return t, nil, err
	}
	if opt.Columns != nil || opt.Weight != "" {
		return nil, nil, usage("%s has showers, whose columns --observables chooses; --columns and --weight-column are for tables", path)
	}
	src, err := openShowers(path, opt.Cols, s, nil, threads)
	if err != nil {
		return nil, nil, err
	}
	defer src.close()
	most := opt.MaxBytes
	if most == 0 {
		most = maxTableBytes
	}
	if int64(src.rows) > most/4/int64(src.cols) {
		return nil, nil, fmt.Errorf("%s: %d observables of %d showers exceed the limit of %d bytes", path, src.cols, src.rows, most)
	}
	t = &dataset.Table{Cols: src.cols, Names: src.names}
	part := make([]float32, min(src.block, src.rows)*src.cols)
	a.show.StageStart("showers", 0, 0)
	defer a.show.Clear()
	for {
		n, err := src.read(part)
		if err == io.EOF {
			return t, src.showers, nil
		}
		if err != nil {
			return nil, nil, err
		}
		t.Data = append(t.Data, part[:n*t.Cols]...)
		t.Rows += n
		a.show.Progress(t.Rows, src.rows, "")
	}
}

// hashed describes an input file; a key behind its name stays there.
func hashed(path string) (*dctr.Source, error) {
	name := dataset.File(path)
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &dctr.Source{File: filepath.Base(name) + path[len(name):], SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// sourceOf describes a table that was read, and its weights unless their path, or the name
// of their column, is empty.
func sourceOf(path, weights, column string, rows int, showers *dctr.Showers) (*dctr.Source, error) {
	s, err := hashed(path)
	if err != nil {
		return nil, err
	}
	s.Rows, s.Showers, s.WeightColumn = rows, showers, column
	if weights != "" {
		if s.Weights, err = hashed(weights); err != nil {
			return nil, err
		}
	}
	return s, nil
}
