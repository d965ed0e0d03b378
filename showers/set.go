package showers

import (
	"context"
	"fmt"

	"etalon/calo"
	"etalon/dataset"
	"etalon/rundir"
)

// set is some consecutive showers of a file, and their observables.
type set struct {
	name   string
	path   string
	layout calo.Config
	lo, hi int
	table  *dataset.Table // nil until observe
}

func (s set) len() int { return s.hi - s.lo }

// part returns showers lo to hi-1 of the file as a set of its own.
func (s set) part(name string, lo, hi int) set {
	s.name, s.lo, s.hi = name, lo, hi
	return s
}

const blockShowers = 64

// blocks calls f for all showers, some at a time; first counts from 0 within the set.
func (s set) blocks(ctx context.Context, f func(first int, cells []float32) error) error {
	r, err := calo.Open(s.path, s.layout)
	if err != nil {
		return err
	}
	defer r.Close()
	buf := make([]float32, blockShowers*r.Shape.Cells())
	for lo := s.lo; lo < s.hi; lo += blockShowers {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(lo+blockShowers, s.hi)
		cells := buf[:(hi-lo)*r.Shape.Cells()]
		if err := r.Read(lo, hi, cells); err != nil {
			return err
		}
		if err := f(lo-s.lo, cells); err != nil {
			return err
		}
	}
	return nil
}

// sparse reads the first n showers of a set into memory, without their empty cells, and with
// the energies of the incident particles where the file has them. memory bounds it, 0 for
// the bound of calo.Sparse.
func (s set) sparse(ctx context.Context, shape calo.Shape, n int, memory int64) (*calo.Sparse, error) {
	store, err := calo.NewSparse(shape)
	if err != nil {
		return nil, err
	}
	store.MaxBytes = memory
	s.hi = min(s.hi, s.lo+n)
	err = s.blocks(ctx, func(_ int, cells []float32) error {
		if err := store.Append(cells); err != nil {
			return fmt.Errorf("%s: %w", s.path, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r, err := calo.Open(s.path, s.layout)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if r.HasEnergies() {
		store.Energies = make([]float32, s.len())
		err = r.ReadEnergies(s.lo, s.hi, store.Energies)
	}
	return store, err
}

// observeSet computes the table of a set, or reads it from the run directory.
func (r *Run) observeSet(ctx context.Context, s *set, done *int, total int) error {
	names, err := r.columns()
	if err != nil {
		return err
	}
	path := r.d.Path("samples", s.name+"_observables.npy")
	if rundir.Exists(path) {
		if s.table, err = dataset.Read(path, dataset.ReadOptions{MaxBytes: r.memory}); err != nil {
			return err
		}
		if s.table.Rows != s.len() || s.table.Cols != len(names) {
			return fmt.Errorf("%s: %d rows of %d; %d of %d are expected", path, s.table.Rows, s.table.Cols, s.len(), len(names))
		}
		s.table.Names = names
		*done += s.len()
		return nil
	}
	rows, err := calo.OpenRows(s.path, s.layout, r.e.Threads(), names...)
	if err != nil {
		return err
	}
	defer rows.Close()
	t := &dataset.Table{Rows: s.len(), Cols: len(names), Names: names, Data: make([]float32, s.len()*len(names))}
	const block = 1024
	for lo := 0; lo < s.len(); lo += block {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(lo+block, s.len())
		if err := rows.Read(s.lo+lo, s.lo+hi, t.Data[lo*t.Cols:hi*t.Cols]); err != nil {
			return err
		}
		*done += hi - lo
		r.d.Progress(*done, total, s.name)
	}
	s.table = t
	return dataset.WriteNPY(path, t.Rows, t.Cols, t.Data)
}

// observe computes the observables of truth and generator.
func (r *Run) observe(ctx context.Context) (string, error) {
	sets := []*set{&r.truth.train, &r.truth.score, &r.gen.train, &r.gen.score}
	total, done := 0, 0
	for _, s := range sets {
		total += s.len()
	}
	for _, s := range sets {
		if err := r.observeSet(ctx, s, &done, total); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d observables of %d showers", r.truth.score.table.Cols, total), nil
}
