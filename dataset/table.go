package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Table is a table of numbers in memory.
type Table struct {
	Rows, Cols int
	Data       []float32 // row-major, Rows × Cols
	Names      []string  // column names where the file has them, else nil
	Weights    []float64 // the column of ReadOptions.Weight, nil where none is named
}

// ReadOptions are the demands of a reader. The zero value is usable.
type ReadOptions struct {
	// Cols is the required number of columns; 0 accepts any.
	Cols int
	// Columns chooses columns and their order, each by its name, its number counted from
	// 0, or a range 2:5 of numbers, here 2, 3 and 4; nil takes all of them.
	Columns []string
	// Weight is the name or the number of a column of weights, which goes to
	// Table.Weights and is none of the others: where Columns is nil it is left out, where
	// Columns has it that is an error. "" for none.
	Weight string
	// Like has names of columns: where Columns is nil and the file has the same names, its
	// columns are brought into this order.
	Like []string
	// AllowNonFinite accepts NaN and infinities, and numbers beyond the range
	// of float32, which become infinities. Weights are always finite.
	AllowNonFinite bool
	// MaxBytes bounds the size of the table's values in memory; 0 means 8 GiB.
	MaxBytes int64

	double bool // float64 is kept
	blocks bool // MaxBytes does not count
}

const defaultMaxBytes = 8 << 30

func (o ReadOptions) maxBytes() int64 {
	if o.MaxBytes <= 0 {
		return defaultMaxBytes
	}
	return o.MaxBytes
}

// Read reads a table; the extension of path tells the format:
//
//	.npy        NumPy array, format versions 1.0 to 3.0, of float32, float64 or
//	            integers, any byte order, C or Fortran order; one-dimensional
//	            arrays are one column
//	.npz[:key]  archive of such arrays; the key may be left out where the
//	            archive holds one array, or one-dimensional arrays of equal
//	            lengths, which are columns named by their keys
//	.h5[:/path] data set of numbers of an HDF5 file, or one field or all of a compound
//	.hdf5       one, or a data frame of pandas; more than two dimensions are flattened
//	            to a row for each index of the first; the path may be left out where
//	            there is one such data set
//	.csv        comma-separated numbers, with or without a header line of
//	.csv.gz     names; lines that begin with # and empty lines are skipped
//
// All values are converted to float32. Errors are one line that begins with
// path. They count rows and columns of arrays from 0, as NumPy does, and lines
// and fields of text from 1, as editors do. A table has at least one row and
// one column.
func Read(path string, opt ReadOptions) (*Table, error) {
	a, err := readFile[float32](path, opt)
	if err != nil {
		return nil, err
	}
	return &Table{Rows: a.rows, Cols: a.cols, Data: a.data, Names: a.names, Weights: a.weights}, nil
}

// ReadFloat64 reads a table of one column, such as weights, without loss of
// precision. Formats and errors are those of Read; all values are finite.
func ReadFloat64(path string) ([]float64, error) {
	return ReadColumn(path, ReadOptions{})
}

// ReadColumn is ReadFloat64 of one column, which opt may choose.
func ReadColumn(path string, opt ReadOptions) ([]float64, error) {
	opt.Cols, opt.double = 1, true
	a, err := readFile[float64](path, opt)
	if err != nil {
		return nil, err
	}
	return a.data, nil
}

// array is a table of either precision.
type array[T float32 | float64] struct {
	rows, cols int
	data       []T // row-major
	names      []string
	weights    []float64
}

func readFile[T float32 | float64](path string, opt ReadOptions) (*array[T], error) {
	r, err := openRows(path, opt)
	if err != nil {
		return nil, err
	}
	a, err := readAll[T](r)
	if e := r.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// readAll reads all rows.
func readAll[T float32 | float64](r *RowReader) (*array[T], error) {
	a := &array[T]{rows: r.Rows, cols: r.Cols, names: r.Names}
	a.data = make([]T, a.rows*a.cols)
	if r.HasWeights() {
		a.weights = make([]float64, a.rows)
	}
	return a, readBlock(r, 0, a.rows, a.data, a.weights)
}

// openRegular opens a regular file that is not empty and returns its size. It
// looks before it opens, because opening a pipe would wait for a writer.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, 0, err
	case !info.Mode().IsRegular():
		return nil, 0, errors.New("not a regular file")
	case info.Size() == 0:
		return nil, 0, errors.New("the file is empty")
	}
	f, err := os.Open(path)
	return f, info.Size(), err
}

// splitKey divides "archive.npz:key" or "file.h5:/path" into the file and the key.
func splitKey(path string) (file, key string) {
	lower := strings.ToLower(path)
	for _, ext := range []string{".npz:", ".h5:", ".hdf5:"} {
		if i := strings.LastIndex(lower, ext); i >= 0 {
			end := i + len(ext)
			return path[:end-1], path[end:]
		}
	}
	return path, ""
}

func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// bare strips the operation and the path from an error of package os, and
// words the end of a file plainly.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("the file ends too early")
	}
	return err
}
