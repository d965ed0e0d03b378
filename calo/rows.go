package calo

import (
	"errors"
	"fmt"
	"sync"
)

const (
	rowsBlock = 8 << 20  // bytes of showers that a thread has in memory
	mostBlock = 64 << 20 // of showers that are stored together, which may be more
)

// Rows computes the observables of the showers of a file, several blocks of showers at a
// time. It is not safe for concurrent use.
type Rows struct {
	Names []string // of the columns

	readers     []*Reader // one a thread
	observables []*Observables
	scratch     []scratch
	unit        int // showers of a block
}

type scratch struct {
	cells []float32
	row   []float64
}

// OpenRows opens a file of showers for the computation of named observables with some
// threads, which the results do not depend on. Each thread has some 8 MiB of showers in memory,
// or as many as are stored together.
func OpenRows(path string, cfg Config, threads int, names ...string) (*Rows, error) {
	r := &Rows{}
	for i := range max(threads, 1) {
		file, err := Open(path, cfg)
		if err != nil {
			r.Close()
			return nil, err
		}
		r.readers = append(r.readers, file)
		o, err := NewObservables(file.Shape, names...)
		if err == nil && o.Len() == 0 {
			err = errors.New("calo: no observables are named")
		}
		if err != nil {
			r.Close()
			return nil, err
		}
		r.observables = append(r.observables, o)
		if i == 0 {
			r.Names, r.unit = o.Names, file.blockRows()
		}
	}
	r.scratch = make([]scratch, len(r.readers))
	return r, nil
}

// blockRows returns how many showers are read at a time: whole chunks, where they are
// not too large.
func (r *Reader) blockRows() int {
	size := 4 * r.Shape.Cells()
	n := max(rowsBlock/size, 1)
	if chunk := r.showers.ChunkRows(); chunk <= uint64(max(mostBlock/size, 1)) {
		n = (n + int(chunk) - 1) / int(chunk) * int(chunk)
	}
	return min(n, r.Len())
}

// Len returns the number of showers.
func (r *Rows) Len() int { return r.readers[0].Len() }

// Shape returns the number of cells in each direction, Cut the threshold in MeV.
func (r *Rows) Shape() Shape { return r.readers[0].Shape }

// Cut returns the threshold of a cell in MeV; not above zero where all cells are kept.
func (r *Rows) Cut() float64 { return r.readers[0].Cut }

// Dataset returns the name of the data set of the showers.
func (r *Rows) Dataset() string { return r.readers[0].showers.Path }

// Close closes the file.
func (r *Rows) Close() error {
	var errs []error
	for _, f := range r.readers {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// Read computes the observables of showers lo to hi-1 into dst, row-major, one row each.
// An error is that of the first shower that has one.
func (r *Rows) Read(lo, hi int, dst []float32) error {
	cols := len(r.Names)
	if lo < 0 || hi < lo || hi > r.Len() || len(dst) != (hi-lo)*cols {
		return fmt.Errorf("%s: showers %d to %d of %d, %d values into %d places", r.Dataset(), lo, hi, r.Len(), (hi-lo)*cols, len(dst))
	}
	if lo == hi {
		return nil
	}
	// Blocks begin at multiples of the unit, so that no two threads decode a chunk.
	first, last := lo/r.unit, (hi-1)/r.unit
	errs := make([]error, last-first+1)
	var wg sync.WaitGroup
	for t := range r.readers {
		wg.Go(func() {
			for b := first + t; b <= last; b += len(r.readers) {
				from, to := max(b*r.unit, lo), min((b+1)*r.unit, hi)
				if errs[b-first] = r.block(t, from, to, dst[(from-lo)*cols:(to-lo)*cols]); errs[b-first] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// block computes the observables of some showers in thread t.
func (r *Rows) block(t, lo, hi int, dst []float32) error {
	s, o, size := &r.scratch[t], r.observables[t], r.Shape().Cells()
	if s.cells == nil {
		s.cells, s.row = make([]float32, r.unit*size), make([]float64, o.Len())
	}
	cells := s.cells[:(hi-lo)*size]
	if err := r.readers[t].Read(lo, hi, cells); err != nil {
		return err
	}
	for i := range hi - lo {
		o.Compute(s.row, cells[i*size:(i+1)*size])
		for k, v := range s.row {
			dst[i*o.Len()+k] = float32(v)
		}
	}
	return nil
}
