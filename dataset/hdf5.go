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
	d, err := openHDF5(f, size, path)
	if err != nil {
		return nil, err
	}
	a, err := readHDF5Rows[T](d, opt)
	if err != nil {
		err = nameObject(d, path, err)
	}
	return a, err
}

func readHDF5Rows[T float32 | float64](d *hdf5.Dataset, opt ReadOptions) (*array[T], error) {
	rows, cols, err := hdf5Shape[T](d, opt)
	if err != nil {
		return nil, err
	}
	a := &array[T]{rows: rows, cols: cols, data: make([]T, rows*cols)}
	values := make([]float64, min(max(1<<16/cols, 1), rows)*cols)
	for at := 0; at < len(a.data); {
		part := values[:min(len(values), len(a.data)-at)]
		if err := hdf5Values(d, uint64(at/cols), part, a.data[at:], opt.AllowNonFinite); err != nil {
			return nil, err
		}
		at += len(part)
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
