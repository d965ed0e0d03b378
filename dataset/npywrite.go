package dataset

import (
	"archive/zip"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"etalon/internal/atomicfile"
)

// WriteNPY writes data, row-major rows × cols, as a .npy file of float32; with
// cols == 0 as a one-dimensional array of rows values. The file appears whole
// or not at all.
func WriteNPY(path string, rows, cols int, data []float32) error {
	w, err := CreateNPY(path, rows, cols)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

// WriteNPYFloat64 writes data as a one-dimensional .npy file of float64. The
// file appears whole or not at all.
func WriteNPYFloat64(path string, data []float64) error {
	w, err := newNPY(path, len(data), 0, WriteOptions{Float64: true})
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.Write64(data); err != nil {
		return err
	}
	return w.Close()
}

// CreateNPY starts a .npy file of rows × cols values, or of a one-dimensional
// array of rows values where cols is 0, whatever the extension of its path. Close or
// Abort must follow; Abort may be deferred.
func CreateNPY(path string, rows, cols int) (*RowWriter, error) {
	return newNPY(path, rows, cols, WriteOptions{})
}

func newNPY(path string, rows, cols int, opt WriteOptions) (*RowWriter, error) {
	width := max(cols, 1)
	if rows < 0 || cols < 0 || rows > math.MaxInt/8/width {
		return nil, fmt.Errorf("%s: cannot write a table of %d rows and %d columns", path, rows, cols)
	}
	w := &RowWriter{path: path, rows: rows, cols: width}
	if err := w.createNPY(path, cols, opt); err != nil {
		return nil, err
	}
	return w, nil
}

// npySink writes the values of an array.
type npySink struct {
	w      io.Writer
	double bool
	buf    []byte
	finish func() error
}

func newNPYSink(w io.Writer, rows, cols int, opt WriteOptions, finish func() error) (*npySink, error) {
	descr := "<f4"
	if opt.Float64 {
		descr = "<f8"
	}
	_, err := w.Write(npyPreamble(descr, rows, cols))
	return &npySink{w: w, double: opt.Float64, buf: make([]byte, 0, 1<<16), finish: finish}, err
}

func (w *RowWriter) createNPY(file string, cols int, opt WriteOptions) error {
	f, err := atomicfile.Create(file)
	if err != nil {
		return err
	}
	s, err := newNPYSink(f, w.rows, cols, opt, f.Commit)
	if err != nil {
		f.Abort()
		return err
	}
	w.abort, w.sink = f.Abort, s
	return nil
}

func (w *RowWriter) createNPZ(file, key string, cols int, opt WriteOptions) error {
	if key == "" {
		key = "arr_0"
	}
	f, err := atomicfile.Create(file)
	if err != nil {
		return err
	}
	z := zip.NewWriter(f)
	method := zip.Store
	if opt.Level > 0 {
		method = zip.Deflate
		z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
			return flate.NewWriter(out, opt.Level)
		})
	}
	member, err := z.CreateHeader(&zip.FileHeader{Name: key + ".npy", Method: method})
	var s *npySink
	if err == nil {
		s, err = newNPYSink(member, w.rows, cols, opt, func() error {
			if err := z.Close(); err != nil {
				return err
			}
			return f.Commit()
		})
	}
	if err != nil {
		f.Abort()
		return err
	}
	w.abort, w.sink = f.Abort, s
	return nil
}

func (s *npySink) write32(rows []float32) error { return npyWrite(s, rows) }
func (s *npySink) write64(rows []float64) error { return npyWrite(s, rows) }
func (s *npySink) commit() error                { return s.finish() }

func npyWrite[T float32 | float64](s *npySink, rows []T) error {
	for len(rows) > 0 {
		n := min(len(rows), cap(s.buf)/8)
		b := s.buf[:0]
		for _, v := range rows[:n] {
			if s.double {
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(v)))
			} else {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
			}
		}
		if _, err := s.w.Write(b); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// npyPreamble returns everything before the values, in format version 1.0,
// padded to a multiple of 64 bytes as NumPy does.
func npyPreamble(descr string, rows, cols int) []byte {
	shape := fmt.Sprintf("(%d,)", rows)
	if cols > 0 {
		shape = fmt.Sprintf("(%d, %d)", rows, cols)
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape)
	const before = len(npyMagic) + 4
	header += strings.Repeat(" ", 63-(before+len(header))%64) + "\n"
	b := append([]byte(npyMagic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	return append(b, header...)
}
