package dataset

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
)

// RowReader reads a table block by block, in memory that does not depend on its length.
// It is not safe for concurrent use.
type RowReader struct {
	Rows, Cols int      // Cols is without the column of weights
	Names      []string // of the columns, nil where the file has none

	path string
	next int // row, for Read
	plan *plan
	src  source
	file *os.File // nil where the caller has it
	opt  ReadOptions
	buf  []float64
}

// source reads blocks of a file of one format, all columns.
type source interface {
	// read fills dst, a whole number of rows of all columns of the file, from row lo on.
	// Blocks in order cost least.
	read(lo uint64, dst []float64) error
	// place names a value of the block read last, for an error.
	place(row uint64, col int) string
	close() error
}

// OpenRows opens a table; formats and options are those of [Read], but for MaxBytes:
// memory is that of a block. What can be known before the values are read is an error
// here; text is read once to count its rows.
func OpenRows(path string, opt ReadOptions) (*RowReader, error) {
	opt.blocks = true
	return openRows(path, opt)
}

func openRows(path string, opt ReadOptions) (*RowReader, error) {
	file, key := splitKey(path)
	open := opener(file)
	if open == nil {
		return nil, fmt.Errorf("%s: unknown file type; .npy, .npz[:key], .h5[:/path], .csv and .csv.gz are accepted", path)
	}
	f, size, err := openRegular(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, bare(err))
	}
	src, p, err := open(f, size, key, opt)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, bare(err))
	}
	r := newRowReader(path, src, p, opt)
	r.file = f
	return r, nil
}

func newRowReader(path string, src source, p *plan, opt ReadOptions) *RowReader {
	return &RowReader{Rows: int(p.rows), Cols: p.width(), Names: p.table(), path: path, plan: p, src: src, opt: opt}
}

type openFunc func(f io.ReaderAt, size int64, key string, opt ReadOptions) (source, *plan, error)

// opener chooses the format by the extension, nil for none.
func opener(file string) openFunc {
	switch extension(file) {
	case ".npy":
		return func(f io.ReaderAt, size int64, _ string, opt ReadOptions) (source, *plan, error) {
			return openNPY(f, size, opt)
		}
	case ".npz":
		return openNPZ
	case ".h5", ".hdf5":
		return openHDF5
	case ".csv":
		return func(f io.ReaderAt, size int64, _ string, opt ReadOptions) (source, *plan, error) {
			return openCSV(f, size, false, opt)
		}
	case ".csv.gz":
		return func(f io.ReaderAt, size int64, _ string, opt ReadOptions) (source, *plan, error) {
			return openCSV(f, size, true, opt)
		}
	}
	return nil
}

// extension returns the extension in lower case, two where a file is packed.
func extension(path string) string {
	lower := strings.ToLower(path)
	for _, ext := range []string{".npy", ".npz", ".hdf5", ".h5", ".csv", ".csv.gz"} {
		if strings.HasSuffix(lower, ext) {
			return ext
		}
	}
	return ""
}

// HasWeights tells whether a column of weights was asked for.
func (r *RowReader) HasWeights() bool { return r.plan.weight >= 0 }

// Close closes the file.
func (r *RowReader) Close() error {
	err := r.src.close()
	if r.file != nil {
		err = errors.Join(err, r.file.Close())
	}
	return err
}

// Read fills dst, a multiple of Cols values, with the next rows and returns their number,
// which is less than what fits only at the end. At the end it is 0, io.EOF.
func (r *RowReader) Read(dst []float32) (int, error) {
	n := min(len(dst)/r.Cols, r.Rows-r.next)
	if n == 0 {
		return 0, io.EOF
	}
	if err := r.ReadRows(r.next, r.next+n, dst[:n*r.Cols], nil); err != nil {
		return 0, err
	}
	r.next += n
	return n, nil
}

// ReadRows reads rows lo to hi-1 into dst, row-major, (hi-lo)×Cols, and their weights
// into w unless w is nil. Blocks in order cost least: packed files and text are read from
// their beginning to go back.
func (r *RowReader) ReadRows(lo, hi int, dst []float32, w []float64) error {
	return readBlock(r, lo, hi, dst, w)
}

// ReadRows64 is ReadRows in double precision.
func (r *RowReader) ReadRows64(lo, hi int, dst, w []float64) error {
	return readBlock(r, lo, hi, dst, w)
}

// blockValues is the number of values of a file that are in memory at a time.
const blockValues = 1 << 12

func readBlock[T float32 | float64](r *RowReader, lo, hi int, dst []T, w []float64) error {
	cols := int(r.plan.cols)
	width := r.plan.width()
	switch {
	case lo < 0 || hi < lo || hi > r.Rows:
		return fmt.Errorf("%s: rows %d to %d of %d", r.path, lo, hi, r.Rows)
	case len(dst) != (hi-lo)*width || w != nil && (len(w) != hi-lo || !r.HasWeights()):
		return fmt.Errorf("%s: %d rows of %d values into %d places, with %d weights", r.path, hi-lo, width, len(dst), len(w))
	}
	per := max(1, blockValues/cols)
	for lo < hi {
		n := min(per, hi-lo)
		if cap(r.buf) < n*cols {
			r.buf = make([]float64, n*cols)
		}
		buf := r.buf[:n*cols]
		if err := r.src.read(uint64(lo), buf); err != nil {
			return fmt.Errorf("%s: %w", r.path, bare(err))
		}
		if r.plan.pick == nil && w == nil { // the columns as they are
			for k, v := range buf {
				t := T(v)
				if t-t != 0 && !r.opt.AllowNonFinite {
					return fmt.Errorf("%s: %s %s", r.path, r.src.place(uint64(lo+k/cols), k%cols), badValue(v))
				}
				dst[k] = t
			}
			dst, lo = dst[n*width:], lo+n
			continue
		}
		for i := range n {
			row := buf[i*cols : (i+1)*cols]
			out := dst[i*width : (i+1)*width]
			for k := range out {
				j := k
				if r.plan.pick != nil {
					j = r.plan.pick[k]
				}
				v := row[j]
				if !finite[T](v) && !r.opt.AllowNonFinite {
					return fmt.Errorf("%s: %s %s", r.path, r.src.place(uint64(lo+i), j), badValue(v))
				}
				out[k] = T(v)
			}
			if w != nil {
				v := row[r.plan.weight]
				if v-v != 0 {
					return fmt.Errorf("%s: %s, a weight, %s", r.path, r.src.place(uint64(lo+i), r.plan.weight), badValue(v))
				}
				w[i] = v
			}
		}
		dst, lo = dst[n*width:], lo+n
		if w != nil {
			w = w[n:]
		}
	}
	return nil
}

// Block is consecutive rows of a table.
type Block struct {
	First   int       // number of the first one
	Rows    int       // how many
	Data    []float32 // row-major
	Weights []float64 // nil where no column of weights was asked for
}

// Blocks iterates over all rows, size at a time; the last block may be shorter. The
// slices of a block are used again for the next one. An error ends the iteration.
func (r *RowReader) Blocks(size int) iter.Seq2[Block, error] {
	return func(yield func(Block, error) bool) {
		size := min(max(size, 1), r.Rows)
		data := make([]float32, size*r.Cols)
		var w []float64
		if r.HasWeights() {
			w = make([]float64, size)
		}
		for lo := 0; lo < r.Rows; lo += size {
			b := Block{First: lo, Rows: min(size, r.Rows-lo)}
			b.Data = data[:b.Rows*r.Cols]
			if w != nil {
				b.Weights = w[:b.Rows]
			}
			if err := r.ReadRows(lo, lo+b.Rows, b.Data, b.Weights); err != nil {
				yield(Block{}, err)
				return
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// arrayPlace names a value of an array, counted from 0.
func arrayPlace(row uint64, col int) string { return fmt.Sprintf("row %d, column %d", row, col) }
