package dataset

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"etalon/internal/hdf5"
)

// RowReader reads a table some rows at a time. NumPy arrays in C order and HDF5 data sets
// of any length take bounded memory; others are read whole. It is not safe for concurrent use.
type RowReader struct {
	Rows, Cols int
	Names      []string // column names where the file has them, else nil

	path  string
	next  int // row
	fill  func(lo int, dst []float32) error
	close func() error
}

// OpenRows opens a table. Formats and errors are those of Read; MaxBytes bounds the
// values of tables that are read whole.
func OpenRows(path string, opt ReadOptions) (*RowReader, error) {
	file, key := splitKey(path)
	var open func(f *os.File, size int64) (*RowReader, error)
	switch strings.ToLower(filepath.Ext(file)) {
	case ".npy":
		open = func(f *os.File, size int64) (*RowReader, error) { return npyRows(f, size, opt) }
	case ".h5", ".hdf5":
		open = func(f *os.File, size int64) (*RowReader, error) { return hdf5Rows(f, size, key, opt) }
	default:
		return wholeRows(path, opt)
	}
	f, size, err := openRegular(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, bare(err))
	}
	r, err := open(f, size)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, bare(err))
	}
	if r == nil {
		f.Close()
		return wholeRows(path, opt)
	}
	r.path, r.close = path, f.Close
	return r, nil
}

// Read fills dst, a multiple of Cols values, with the next rows and returns their number,
// which is less than what fits only at the end. At the end it is 0, io.EOF.
func (r *RowReader) Read(dst []float32) (int, error) {
	n := min(len(dst)/r.Cols, r.Rows-r.next)
	if n == 0 {
		return 0, io.EOF
	}
	if err := r.fill(r.next, dst[:n*r.Cols]); err != nil {
		return 0, fmt.Errorf("%s: %w", r.path, bare(err))
	}
	r.next += n
	return n, nil
}

// Close closes the file.
func (r *RowReader) Close() error { return r.close() }

func wholeRows(path string, opt ReadOptions) (*RowReader, error) {
	t, err := Read(path, opt)
	if err != nil {
		return nil, err
	}
	fill := func(lo int, dst []float32) error {
		copy(dst, t.Data[lo*t.Cols:])
		return nil
	}
	return &RowReader{Rows: t.Rows, Cols: t.Cols, Names: t.Names, path: path, fill: fill, close: func() error { return nil }}, nil
}

// unbounded lifts the bound on values that are not in memory together.
func (o ReadOptions) unbounded() ReadOptions {
	o.MaxBytes = math.MaxInt64
	return o
}

// npyRows returns nil for an array in Fortran order, whose rows stand nowhere together.
func npyRows(f *os.File, size int64, opt ReadOptions) (*RowReader, error) {
	in := bufio.NewReaderSize(f, 1<<16)
	h, rows, cols, err := npyTable[float32](in, size, opt.unbounded())
	if err != nil || h.fortran && cols > 1 {
		return nil, err
	}
	raw := make([]byte, 1<<16)
	fill := func(lo int, dst []float32) error {
		a := &array[float32]{rows: len(dst) / cols, cols: cols, data: dst}
		plain := h.kind == 'f' && h.size == 4 && h.order == binary.LittleEndian
		if !plain {
			return readNPYValues(in, h, a, lo, opt.AllowNonFinite)
		}
		for at := 0; at < len(dst); {
			n := min(len(raw)/4, len(dst)-at)
			if _, err := io.ReadFull(in, raw[:4*n]); err != nil {
				return err
			}
			for i := range dst[at : at+n] {
				v := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
				if v-v != 0 && !opt.AllowNonFinite {
					k := at + i
					return fmt.Errorf("row %d, column %d %s", lo+k/cols, k%cols, badValue(float64(v)))
				}
				dst[at+i] = v
			}
			at += n
		}
		return nil
	}
	return &RowReader{Rows: rows, Cols: cols, fill: fill}, nil
}

func hdf5Rows(f *os.File, size int64, path string, opt ReadOptions) (*RowReader, error) {
	d, err := openHDF5(f, size, path)
	if err != nil {
		return nil, err
	}
	rows, cols, err := hdf5Shape[float32](d, opt.unbounded())
	if err != nil {
		return nil, nameObject(d, path, err)
	}
	if err := opt.checkShape(1, uint64(cols), 8); err != nil {
		return nil, nameObject(d, path, err)
	}
	values := make([]float64, max(1<<16/cols, 1)*cols)
	fill := func(lo int, dst []float32) error {
		for from := uint64(lo); len(dst) > 0; {
			part := values[:min(len(values), len(dst))]
			if err := hdf5Values(d, from, part, dst, opt.AllowNonFinite); err != nil {
				return nameObject(d, path, err)
			}
			from += uint64(len(part) / cols)
			dst = dst[len(part):]
		}
		return nil
	}
	return &RowReader{Rows: rows, Cols: cols, fill: fill}, nil
}

func openHDF5(f io.ReaderAt, size int64, path string) (*hdf5.Dataset, error) {
	h, err := hdf5.New(f, size)
	if err != nil {
		return nil, err
	}
	if path == "" {
		return onlyDataset(h)
	}
	d, err := h.Dataset(path)
	if err != nil {
		err = withList(h, path, err)
	}
	return d, err
}

// nameObject says which data set an error is about, where the user named none.
func nameObject(d *hdf5.Dataset, path string, err error) error {
	if path == "" {
		return fmt.Errorf("%s: %w", d.Path, bare(err))
	}
	return err
}

// hdf5Shape returns the rows and columns of a data set of numbers.
func hdf5Shape[T float32 | float64](d *hdf5.Dataset, opt ReadOptions) (rows, cols int, err error) {
	if len(d.Shape) == 0 {
		return 0, 0, errors.New("a single value; an array is expected")
	}
	if !d.Type.Numeric() {
		return 0, 0, bareObject(d, d.ReadRows(0, 0, nil)) // says what is expected
	}
	n, m := d.Rows(), d.RowSize()
	for _, k := range d.Shape[1:] {
		if k == 0 {
			m = 0 // whatever the product of the others overflows to
		}
	}
	if err := opt.checkShape(n, m, byteSize[T]()); err != nil {
		return 0, 0, err
	}
	// The real size of the file bounds what it can hold, whatever it says.
	if most := d.StoredAtMost(); n*m > most {
		return 0, 0, fmt.Errorf("the data set says that it has %s by %s; the file cannot hold that", plural(n, "row"), plural(m, "column"))
	}
	return int(n), int(m), nil
}

// hdf5Values converts as many rows as there is room for in values, from row lo on.
func hdf5Values[T float32 | float64](d *hdf5.Dataset, lo uint64, values []float64, dst []T, allowNonFinite bool) error {
	cols := d.RowSize()
	if err := d.ReadRows64(lo, lo+uint64(len(values))/cols, values); err != nil {
		return bareObject(d, err)
	}
	for i, v := range values {
		if !finite[T](v) && !allowNonFinite {
			return fmt.Errorf("row %d, column %d %s", lo+uint64(i)/cols, uint64(i)%cols, badValue(v))
		}
		dst[i] = T(v)
	}
	return nil
}
