package dataset

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"etalon/internal/hdf5"
)

// hdf5Source reads one data set, or several of as many rows side by side, such as the
// fields of a compound one.
type hdf5Source struct {
	parts []*hdf5.Dataset
	order []int // column of the table for each column of the parts in turn; nil for the same
	name  string
	buf   []float64
}

// openHDF5 opens a data set of numbers. An empty path takes the only one.
func openHDF5(f io.ReaderAt, size int64, path string, opt ReadOptions) (source, *plan, error) {
	h, err := hdf5.New(f, size)
	if err != nil {
		return nil, nil, err
	}
	s := &hdf5Source{}
	if path == "" {
		if path, err = onlyTable(h); err != nil {
			return nil, nil, err
		}
		s.name = path + ": "
	}
	names, err := s.find(h, path)
	if err != nil {
		if s.name == "" {
			return nil, nil, withList(h, path, err)
		}
		return nil, nil, err
	}
	p, err := s.plan(names, opt)
	if err != nil {
		return nil, nil, fmt.Errorf("%s%w", s.name, bare(err))
	}
	return s, p, nil
}

// find opens what a path leads to and returns the names of its columns, nil for none.
func (s *hdf5Source) find(h *hdf5.File, path string) ([]string, error) {
	if frame, names, ok, err := openFrame(h, path); ok || err != nil {
		s.parts, s.order = frame.parts, frame.order
		return names, err
	}
	d, err := h.Dataset(path)
	if err != nil {
		return nil, err
	}
	if d.Type.Class == hdf5.Compound && len(d.Type.Dims) == 0 {
		return s.fields(d)
	}
	s.parts = []*hdf5.Dataset{d}
	return columnNames(d), nil
}

// fields opens all fields of a compound that are numbers.
func (s *hdf5Source) fields(d *hdf5.Dataset) ([]string, error) {
	var names []string
	for _, f := range d.Type.Fields {
		if !f.Type.Numeric() {
			continue
		}
		part, err := d.Field(f.Name)
		if err != nil {
			return nil, err
		}
		s.parts = append(s.parts, part)
		names = append(names, fieldNames(f.Name, part)...)
	}
	if len(s.parts) == 0 {
		return nil, bareObject(d, d.ReadRows(0, 0, nil)) // says what is expected
	}
	return names, nil
}

// fieldNames names the columns of a field: x, or x[0], x[1] … of an array.
func fieldNames(name string, part *hdf5.Dataset) []string {
	n := part.RowSize()
	if len(part.Type.Dims) == 0 && n == 1 {
		return []string{name}
	}
	var names []string
	for i := range min(n, maxColumns) {
		names = append(names, fmt.Sprintf("%s[%d]", name, i))
	}
	return names
}

// columnNames reads the attribute in which etalon stores the names of columns.
func columnNames(d *hdf5.Dataset) []string {
	list, err := d.Attributes()
	if err != nil {
		return nil
	}
	for _, a := range list {
		if a.Name == columnsAttribute && uint64(len(a.Strings)) == d.RowSize() {
			return a.Strings
		}
	}
	return nil
}

// plan holds the shapes against each other and the size of the file.
func (s *hdf5Source) plan(names []string, opt ReadOptions) (*plan, error) {
	cols, most := uint64(0), uint64(0)
	rows := s.parts[0].Rows()
	for _, d := range s.parts {
		if len(d.Shape) == 0 {
			return nil, errors.New("a single value; an array is expected")
		}
		if !d.Type.Numeric() {
			return nil, bareObject(d, d.ReadRows(0, 0, nil)) // says what is expected
		}
		if d.Rows() != rows {
			return nil, fmt.Errorf("%s has %s, %s has %d", s.parts[0].Path, plural(rows, "row"), d.Path, d.Rows())
		}
		n := d.RowSize()
		for _, m := range d.Shape[1:] {
			if m == 0 {
				n = 0 // whatever the product of the others overflows to
			}
		}
		if n == 0 || n > maxColumns || cols > maxColumns {
			cols = n
			break
		}
		cols += n
		most += d.StoredAtMost()
	}
	p, err := opt.plan(rows, cols, names)
	if err != nil {
		return nil, err
	}
	// The real size of the file bounds what it can hold, whatever it says.
	if rows*cols > most {
		return nil, fmt.Errorf("the data set says that it has %s by %s; the file cannot hold that", plural(rows, "row"), plural(cols, "column"))
	}
	return p, nil
}

func (s *hdf5Source) close() error { return nil }

func (s *hdf5Source) place(row uint64, col int) string { return s.name + arrayPlace(row, col) }

func (s *hdf5Source) read(lo uint64, dst []float64) error {
	if len(s.parts) == 1 && s.order == nil {
		d := s.parts[0]
		if err := d.ReadRows64(lo, lo+uint64(len(dst))/d.RowSize(), dst); err != nil {
			return fmt.Errorf("%s%w", s.name, bareObject(d, err))
		}
		return nil
	}
	cols := 0
	for _, d := range s.parts {
		cols += int(d.RowSize())
	}
	rows, at := len(dst)/cols, 0
	for _, d := range s.parts {
		n := int(d.RowSize())
		if cap(s.buf) < rows*n {
			s.buf = make([]float64, rows*n)
		}
		buf := s.buf[:rows*n]
		if err := d.ReadRows64(lo, lo+uint64(rows), buf); err != nil {
			return fmt.Errorf("%s%w", s.name, bareObject(d, err))
		}
		for k := range n {
			j := at + k
			if s.order != nil {
				j = s.order[j]
			}
			for i := range rows {
				dst[i*cols+j] = buf[i*n+k]
			}
		}
		at += n
	}
	return nil
}

// bareObject strips the path of the data set from an error.
func bareObject(d *hdf5.Dataset, err error) error {
	if e := errors.Unwrap(err); e != nil && strings.HasPrefix(err.Error(), d.Path+": ") {
		return e
	}
	return err
}

// numericPaths lists the data sets of numbers, and such fields of compounds. What
// pandas keeps beside its tables is left out.
func numericPaths(h *hdf5.File) (tables, fields []string, err error) {
	all, err := h.Datasets()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range all {
		if strings.Contains(p, "/_i_") {
			continue // an index of PyTables
		}
		d, err := h.Dataset(p)
		if err != nil || len(d.Shape) == 0 {
			continue // it cannot be meant
		}
		if d.Type.Numeric() {
			tables, fields = append(tables, p), append(fields, p)
		}
		compound := false
		for _, f := range d.Type.Fields {
			if f.Type.Numeric() {
				compound = true
				fields = append(fields, p+"/"+f.Name)
			}
		}
		if compound {
			tables = append(tables, p)
		}
	}
	return tables, fields, nil
}

func onlyTable(h *hdf5.File) (string, error) {
	tables, paths, err := numericPaths(h)
	switch {
	case err != nil:
		return "", err
	case len(tables) == 0:
		return "", errors.New("the file holds no data sets of numbers")
	case len(tables) > 1:
		if frame := onlyFrame(h, tables); frame != "" {
			return frame, nil
		}
		return "", fmt.Errorf("the file holds %d data sets; add :/path, one of %s", len(tables), quoteSome(paths))
	}
	return tables[0], nil
}

// withList adds to the error about a path what paths there are.
func withList(h *hdf5.File, path string, err error) error {
	if e := errors.Unwrap(err); e != nil {
		err = e
	}
	if !errors.Is(err, hdf5.ErrNotFound) {
		return err
	}
	_, paths, e := numericPaths(h)
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
		list = append(list, fmt.Sprintf("%.200q", n))
	}
	return strings.Join(list, ", ")
}
