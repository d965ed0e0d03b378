package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Table is a table of numbers in memory.
type Table struct {
	Rows, Cols int
	Data       []float32 // row-major, Rows × Cols
	Names      []string  // column names where the file has them, else nil
}

// ReadOptions are the demands of a reader. The zero value is usable.
type ReadOptions struct {
	// Cols is the required number of columns; 0 accepts any.
	Cols int
	// AllowNonFinite accepts NaN and infinities, and numbers beyond the range
	// of float32, which become infinities.
	AllowNonFinite bool
	// MaxBytes bounds the size of the table's values in memory; 0 means 8 GiB.
	// Reading text takes up to about twice that for a moment.
	MaxBytes int64
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
//	            archive holds one array
//	.h5[:/path] data set of an HDF5 file, or a field of a compound one, of numbers;
//	.hdf5       more than two dimensions are flattened to a row for each index of the
//	            first; the path may be left out where there is one such data set
//	.csv        comma-separated numbers, with or without a header line of
//	            names; lines that begin with # and empty lines are skipped
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
	return &Table{Rows: a.rows, Cols: a.cols, Data: a.data, Names: a.names}, nil
}

// ReadFloat64 reads a table of one column, such as weights, without loss of
// precision. Formats and errors are those of Read; all values are finite.
func ReadFloat64(path string) ([]float64, error) {
	a, err := readFile[float64](path, ReadOptions{Cols: 1})
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
}

func readFile[T float32 | float64](path string, opt ReadOptions) (*array[T], error) {
	file, key := splitKey(path)
	var read func(f *os.File, size int64) (*array[T], error)
	switch strings.ToLower(filepath.Ext(file)) {
	case ".npy":
		read = func(f *os.File, size int64) (*array[T], error) {
			return readNPY[T](bufio.NewReaderSize(f, 1<<16), size, opt)
		}
	case ".npz":
		read = func(f *os.File, size int64) (*array[T], error) {
			return readNPZ[T](f, size, key, opt)
		}
	case ".h5", ".hdf5":
		read = func(f *os.File, size int64) (*array[T], error) {
			return readHDF5[T](f, size, key, opt)
		}
	case ".csv":
		read = func(f *os.File, _ int64) (*array[T], error) { return readCSV[T](f, opt) }
	default:
		return nil, fmt.Errorf("%s: unknown file type; .npy, .npz[:key], .h5[:/path] and .csv are accepted", path)
	}
	f, size, err := openRegular(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, bare(err))
	}
	defer f.Close()
	a, err := read(f, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, bare(err))
	}
	return a, nil
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

// checkShape refuses tables that are empty, of the wrong width or too large.
func (o ReadOptions) checkShape(rows, cols uint64, valueBytes int) error {
	switch {
	case cols == 0:
		return errors.New("the table has no columns")
	case rows == 0:
		return errors.New("the table has no rows")
	case o.Cols > 0 && cols != uint64(o.Cols):
		return fmt.Errorf("the table has %s; %d expected", plural(cols, "column"), o.Cols)
	}
	// rows*cols*valueBytes <= limit without overflow.
	limit := uint64(min(o.maxBytes(), int64(math.MaxInt), 1<<56))
	if cols > limit/uint64(valueBytes)/rows {
		return fmt.Errorf("a table of %s by %s exceeds the limit of %d bytes",
			plural(rows, "row"), plural(cols, "column"), limit)
	}
	return nil
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

// File returns the file of a path such as "archive.npz:key", without the key.
func File(path string) string {
	file, _ := splitKey(path)
	return file
}
