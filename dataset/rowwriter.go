package dataset

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"etalon/internal/atomicfile"
	"etalon/internal/hdf5"
)

// columnsAttribute has the names of the columns of a data set.
const columnsAttribute = "columns"

// WriteOptions say how a table is written. The zero value is usable.
type WriteOptions struct {
	// Names of the columns, or nil. Text and HDF5 keep them.
	Names []string
	// Float64 writes double precision; else values are float32.
	Float64 bool
	// Level is the effort of compression, 1 to 9; 0 takes that of the format: none for
	// .npz, 1 for .h5, 6 for .csv.gz; a negative one switches it off (not of .csv.gz).
	Level int
}

// RowWriter writes a table block by block, in bounded memory. The file appears at
// Close, whole, or not at all. It is not safe for concurrent use.
type RowWriter struct {
	path       string
	rows, cols int // cols is at least 1
	written    int // rows so far
	abort      func()
	sink       sink
}

// sink is a file of one format.
type sink interface {
	write32(rows []float32) error
	write64(rows []float64) error
	commit() error
}

// Writable reports whether the extension of path is one that [Create] writes: .npy,
// .npz[:key], .h5[:/path], .csv or .csv.gz.
func Writable(path string) bool {
	file, _ := splitKey(path)
	return extension(file) != ""
}

// File returns the file of a path such as "archive.npz:key", without the key.
func File(path string) string {
	file, _ := splitKey(path)
	return file
}

// Create starts a file of rows × cols values, or of a one-dimensional array of rows
// values where cols is 0. The extension of path tells the format:
//
//	.npy        NumPy array
//	.npz[:key]  archive of that array; the key is arr_0 where it is left out
//	.h5[:/path] HDF5 data set in chunks, shuffled and deflated; the path is /data where
//	.hdf5       it is left out; names are in the attribute columns
//	.csv        comma-separated text that gives the same values back; names are its
//	.csv.gz     first line, unless all of them are numbers
//
// The file holds this table alone. Close or Abort must follow; Abort may be deferred.
func Create(path string, rows, cols int, opt WriteOptions) (*RowWriter, error) {
	file, key := splitKey(path)
	width := max(cols, 1)
	switch {
	case rows < 0 || cols < 0 || rows > math.MaxInt/8/width:
		return nil, fmt.Errorf("%s: cannot write a table of %d rows and %d columns", path, rows, cols)
	case opt.Names != nil && len(opt.Names) != width:
		return nil, fmt.Errorf("%s: %d names for %d columns", path, len(opt.Names), width)
	case opt.Level > 9:
		return nil, fmt.Errorf("%s: compression level %d; up to 9 are accepted", path, opt.Level)
	}
	w := &RowWriter{path: path, rows: rows, cols: width}
	var err error
	switch extension(file) {
	case ".npy":
		err = w.createNPY(file, cols, opt)
	case ".npz":
		err = w.createNPZ(file, key, cols, opt)
	case ".h5", ".hdf5":
		err = w.createHDF5(file, key, cols, opt)
	case ".csv", ".csv.gz":
		err = w.createCSV(file, opt)
	default:
		err = fmt.Errorf("%s: unknown type of output file; .npy, .npz[:key], .h5[:/path], .csv and .csv.gz are accepted", path)
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

// Write appends whole rows, row-major. Errors: a length that is not a multiple
// of the number of columns; more rows than the file has; a failed write.
func (w *RowWriter) Write(rows []float32) error {
	if err := w.count(len(rows)); err != nil {
		return err
	}
	return w.sink.write32(rows)
}

// Write64 is Write in double precision.
func (w *RowWriter) Write64(rows []float64) error {
	if err := w.count(len(rows)); err != nil {
		return err
	}
	return w.sink.write64(rows)
}

func (w *RowWriter) count(values int) error {
	if values%w.cols != 0 {
		return fmt.Errorf("%s: %d values are not a whole number of rows of %d columns", w.path, values, w.cols)
	}
	n := values / w.cols
	if n > w.rows-w.written {
		return fmt.Errorf("%s: row %d is written, the file has %d rows", w.path, w.written+n-1, w.rows)
	}
	w.written += n
	return nil
}

// Close makes the file appear. It is an error, and nothing appears, where the
// number of rows written is not the promised one.
func (w *RowWriter) Close() error {
	defer w.Abort()
	if w.written != w.rows {
		return fmt.Errorf("%s: %d of %d rows were written; the file is dropped", w.path, w.written, w.rows)
	}
	return w.sink.commit()
}

// Abort drops the file. After Close it does nothing.
func (w *RowWriter) Abort() { w.abort() }

// Write writes data, row-major rows × cols, in the format of the extension of path (see
// [Create]); with cols == 0 as a one-dimensional array of rows values.
func Write(path string, rows, cols int, data []float32, opt WriteOptions) error {
	w, err := Create(path, rows, cols, opt)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

// WriteFloat64 writes data as one column of float64 in the format of the extension of
// path (see [Create]), with a name where that is not "".
func WriteFloat64(path, name string, data []float64) error {
	opt := WriteOptions{Float64: true}
	if name != "" {
		opt.Names = []string{name}
	}
	w, err := Create(path, len(data), 0, opt)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.Write64(data); err != nil {
		return err
	}
	return w.Close()
}

func (w *RowWriter) createHDF5(file, key string, cols int, opt WriteOptions) error {
	h, err := hdf5.Create(file)
	if err != nil {
		return err
	}
	if strings.Trim(key, "/") == "" {
		key = "data"
	}
	number, row := hdf5.Float32, []int{cols}
	if opt.Float64 {
		number = hdf5.Float64
	}
	if cols == 0 {
		row = nil
	}
	level := opt.Level
	if level == 0 {
		level = 1
	}
	level = max(level, 0)
	d, err := h.Dataset(key, number, row, hdf5.Options{Rows: w.rows, Level: level, Shuffle: level > 0})
	if err == nil && opt.Names != nil {
		err = h.Attribute(key, columnsAttribute, opt.Names)
	}
	if err != nil {
		h.Abort()
		return err
	}
	w.abort, w.sink = h.Abort, hdf5Sink{h, d}
	return nil
}

type hdf5Sink struct {
	file *hdf5.Writer
	rows *hdf5.RowWriter
}

func (s hdf5Sink) write32(rows []float32) error { return s.rows.Append(rows) }
func (s hdf5Sink) write64(rows []float64) error { return s.rows.Append64(rows) }
func (s hdf5Sink) commit() error                { return s.file.Close() }

// csvSink writes the shortest text that gives a value back.
type csvSink struct {
	file *atomicfile.File
	gzip *gzip.Writer // nil for plain text
	text *bufio.Writer
	cols int
	bits int
	line []byte
}

func (w *RowWriter) createCSV(file string, opt WriteOptions) error {
	header, err := csvNames(opt.Names)
	if err != nil {
		return fmt.Errorf("%s: %w", w.path, err)
	}
	f, err := atomicfile.Create(file)
	if err != nil {
		return err
	}
	s := &csvSink{file: f, cols: w.cols, bits: 32}
	if opt.Float64 {
		s.bits = 64
	}
	var out io.Writer = f
	if extension(file) == ".csv.gz" {
		level := opt.Level
		if level <= 0 {
			level = gzip.DefaultCompression
		}
		s.gzip, _ = gzip.NewWriterLevel(f, level) // the level was checked
		out = s.gzip
	}
	s.text = bufio.NewWriterSize(out, 1<<16)
	s.text.WriteString(header) // an error is kept until the file is complete
	w.abort, w.sink = f.Abort, s
	return nil
}

// csvNames returns the first line, "" where there is none.
func csvNames(names []string) (string, error) {
	numbers := 0
	var fields []string
	for _, name := range names {
		if strings.TrimSpace(name) != name || name == "" || strings.ContainsAny(name, "\r\n\x00") {
			return "", fmt.Errorf("a column cannot be named %q in a text", clip(name))
		}
		if _, ok := csvNumber([]byte(name)); ok {
			numbers++
		}
		if strings.ContainsAny(name, `",`) || strings.HasPrefix(name, "#") {
			name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
		fields = append(fields, name)
	}
	switch {
	case numbers == len(names): // they would be taken for values
		return "", nil
	case numbers > 0:
		return "", errors.New("some columns are named by numbers and others are not; a text has no such names")
	}
	return strings.Join(fields, ",") + "\n", nil
}

func (s *csvSink) write32(rows []float32) error { return csvWrite(s, rows) }
func (s *csvSink) write64(rows []float64) error { return csvWrite(s, rows) }

func csvWrite[T float32 | float64](s *csvSink, rows []T) error {
	for ; len(rows) > 0; rows = rows[s.cols:] {
		s.line = s.line[:0]
		for j, v := range rows[:s.cols] {
			if j > 0 {
				s.line = append(s.line, ',')
			}
			s.line = strconv.AppendFloat(s.line, float64(v), 'g', -1, s.bits)
		}
		s.line = append(s.line, '\n')
		if _, err := s.text.Write(s.line); err != nil {
			return err
		}
	}
	return nil
}

func (s *csvSink) commit() error {
	if err := s.text.Flush(); err != nil {
		return err
	}
	if s.gzip != nil {
		if err := s.gzip.Close(); err != nil {
			return err
		}
	}
	return s.file.Commit()
}
