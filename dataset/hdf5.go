package dataset

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"etalon/internal/hdf5"
)

// readHDF5 reads one data set of an HDF5 file. An empty path takes the only one that
// holds numbers.
func readHDF5[T float32 | float64](f io.ReaderAt, size int64, path string, opt ReadOptions) (*array[T], error) {
	h, err := hdf5.New(f, size)
	if err != nil {
		return nil, err
	}
	var d *hdf5.Dataset
	if path == "" {
		d, err = onlyDataset(h)
	} else if d, err = h.Dataset(path); err != nil {
		err = withList(h, path, err)
	}
	if err != nil {
		return nil, err
	}
	a, err := readHDF5Rows[T](d, opt)
	if err != nil && path == "" {
		return nil, fmt.Errorf("%s: %w", d.Path, bare(err))
	}
	return a, err
}

func readHDF5Rows[T float32 | float64](d *hdf5.Dataset, opt ReadOptions) (*array[T], error) {
	if len(d.Shape) == 0 {
		return nil, errors.New("a single value; an array is expected")
	}
	if !d.Type.Numeric() {
		return nil, bareObject(d, d.ReadRows(0, 0, nil)) // says what is expected
	}
	rows, cols := d.Rows(), d.RowSize()
	for _, n := range d.Shape[1:] {
		if n == 0 {
			cols = 0 // whatever the product of the others overflows to
		}
	}
	if err := opt.checkShape(rows, cols, byteSize[T]()); err != nil {
		return nil, err
	}
	// The real size of the file bounds what it can hold, whatever it says.
	if most := d.StoredAtMost(); rows*cols > most {
		return nil, fmt.Errorf("the data set says that it has %s by %s; the file cannot hold that", plural(rows, "row"), plural(cols, "column"))
	}
	a := &array[T]{rows: int(rows), cols: int(cols), data: make([]T, rows*cols)}
	block := max(1, (1<<16)/cols)
	values := make([]float64, min(block, rows)*cols)
	for lo := uint64(0); lo < rows; lo += block {
		hi := min(lo+block, rows)
		part := values[:(hi-lo)*cols]
		if err := d.ReadRows64(lo, hi, part); err != nil {
			return nil, bareObject(d, err)
		}
		for i, v := range part {
			k := lo*cols + uint64(i)
			if !finite[T](v) && !opt.AllowNonFinite {
				return nil, fmt.Errorf("row %d, column %d %s", k/cols, k%cols, badValue(v))
			}
			a.data[k] = T(v)
		}
	}
	return a, nil
}

// bareObject strips the path of the data set from an error.
func bareObject(d *hdf5.Dataset, err error) error {
	if e := errors.Unwrap(err); e != nil && strings.HasPrefix(err.Error(), d.Path+": ") {
		return e
	}
	return err
}

// numericPaths lists the data sets of numbers, and such fields of compounds.
func numericPaths(h *hdf5.File) ([]string, error) {
	all, err := h.Datasets()
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, p := range all {
		d, err := h.Dataset(p)
		if err != nil || len(d.Shape) == 0 {
			continue // it cannot be meant
		}
		if d.Type.Numeric() {
			paths = append(paths, p)
		}
		for _, f := range d.Type.Fields {
			if f.Type.Numeric() {
				paths = append(paths, p+"/"+f.Name)
			}
		}
	}
	return paths, nil
}

func onlyDataset(h *hdf5.File) (*hdf5.Dataset, error) {
	paths, err := numericPaths(h)
	switch {
	case err != nil:
		return nil, err
	case len(paths) == 0:
		return nil, errors.New("the file holds no data sets of numbers")
	case len(paths) > 1:
		return nil, fmt.Errorf("the file holds %d data sets; add :/path, one of %s", len(paths), quoteSome(paths))
	}
	return h.Dataset(paths[0])
}

// withList adds to the error about a path what paths there are.
func withList(h *hdf5.File, path string, err error) error {
	if e := errors.Unwrap(err); e != nil {
		err = e
	}
	if !errors.Is(err, hdf5.ErrNotFound) {
		return err
	}
	paths, e := numericPaths(h)
	if e != nil {
		return e
	}
	return fmt.Errorf("the file holds no data set %q; it has %s", clip(path), quoteSome(paths))
}

// quoteSome lists the first ten of some names.
func quoteSome(names []string) string {
	var list []string
	for i, n := range names {
		if i == 10 {
			list = append(list, "...")
			break
		}
		list = append(list, fmt.Sprintf("%q", n))
	}
	return strings.Join(list, ", ")
}
