package dataset

import (
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
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := EncodeNPYFloat64(f, data); err != nil {
		return err
	}
	return f.Commit()
}

// EncodeNPYFloat64 writes the bytes of a one-dimensional .npy file of float64.
func EncodeNPYFloat64(w io.Writer, data []float64) error {
	if _, err := w.Write(npyPreamble("<f8", len(data), 0)); err != nil {
		return err
	}
	var buf [1 << 15]byte
	for len(data) > 0 {
		n := min(len(data), len(buf)/8)
		for i, v := range data[:n] {
			binary.LittleEndian.PutUint64(buf[8*i:], math.Float64bits(v))
		}
		if _, err := w.Write(buf[:8*n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// NPYWriter writes a .npy file of float32 row by row, in bounded memory. The
// file appears at Close, whole, or not at all. It is not safe for concurrent
// use.
type NPYWriter struct {
	path       string
	rows, cols int // cols is at least 1
	written    int // values so far
	file       *atomicfile.File
	buf        []byte
}

// CreateNPY starts a .npy file of rows × cols values, or of a one-dimensional
// array of rows values where cols is 0. Close or Abort must follow; Abort may
// be deferred.
func CreateNPY(path string, rows, cols int) (*NPYWriter, error) {
	width := max(cols, 1)
	if rows < 0 || cols < 0 || rows > math.MaxInt/4/width {
		return nil, fmt.Errorf("%s: cannot write a table of %d rows and %d columns", path, rows, cols)
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(npyPreamble("<f4", rows, cols)); err != nil {
		f.Abort()
		return nil, err
	}
	return &NPYWriter{path: path, rows: rows, cols: width, file: f, buf: make([]byte, 1<<16)}, nil
}

// Write appends whole rows, row-major. Errors: a length that is not a multiple
// of the number of columns; more rows than the file has; a failed write.
func (w *NPYWriter) Write(rows []float32) error {
	if len(rows)%w.cols != 0 {
		return fmt.Errorf("%s: %d values are not a whole number of rows of %d columns", w.path, len(rows), w.cols)
	}
	if len(rows) > w.rows*w.cols-w.written {
		return fmt.Errorf("%s: row %d is written, the file has %d rows", w.path, (w.written+len(rows))/w.cols-1, w.rows)
	}
	w.written += len(rows)
	for len(rows) > 0 {
		n := min(len(rows), len(w.buf)/4)
		for i, v := range rows[:n] {
			binary.LittleEndian.PutUint32(w.buf[4*i:], math.Float32bits(v))
		}
		if _, err := w.file.Write(w.buf[:4*n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// Close makes the file appear. It is an error, and nothing appears, where the
// number of rows written is not the promised one.
func (w *NPYWriter) Close() error {
	if w.written != w.rows*w.cols {
		w.Abort()
		return fmt.Errorf("%s: %d of %d rows were written; the file is dropped", w.path, w.written/w.cols, w.rows)
	}
	return w.file.Commit()
}

// Abort drops the file. After Close it does nothing.
func (w *NPYWriter) Abort() { w.file.Abort() }

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
