package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Number is a type of values that are written, all of them little-endian.
type Number uint8

// Types of written values.
const (
	Float32 Number = iota
	Float64
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	numbers
)

func (t Number) float() bool  { return t <= Float64 }
func (t Number) signed() bool { return t >= Int8 && t <= Int64 }

func (t Number) size() int { return [numbers]int{4, 8, 1, 2, 4, 8, 1, 2, 4, 8}[t] }

// String returns the name that NumPy has for the type.
func (t Number) String() string {
	switch {
	case t.float():
		return fmt.Sprintf("float%d", 8*t.size())
	case t.signed():
		return fmt.Sprintf("int%d", 8*t.size())
	}
	return fmt.Sprintf("uint%d", 8*t.size())
}

const (
	chunkTarget = 1 << 20   // bytes of a chunk
	maxRow      = 256 << 20 // bytes of a row
)

// RowWriter appends rows to a data set. It is not safe for concurrent use.
type RowWriter struct {
	w        *Writer
	path     string
	number   Number
	row      []int
	opt      Options
	values   int // of a row
	rowBytes int
	rows     uint64

	at       uint64 // of contiguous values
	buffer   []byte // of the chunk that is being filled, or of contiguous values
	full     []*packer
	free     []*packer
	batch    int // chunks that are packed at a time
	chunks   []writtenChunk
	finished bool
}

// writtenChunk is where a chunk stands in the file; chunk i has rows from i·ChunkRows on.
type writtenChunk struct {
	addr uint64
	size uint32
}

func newRowWriter(w *Writer, path string, t Number, row []int, opt Options) (*RowWriter, error) {
	if t >= numbers {
		return nil, errors.New("an unknown type of values")
	}
	values := 1
	for _, n := range row {
		if n < 1 || n > maxRow/t.size()/values {
			return nil, fmt.Errorf("rows of shape %v; 1 value to %d bytes are accepted", row, maxRow)
		}
		values *= n
	}
	if len(row) >= maxRank {
		return nil, fmt.Errorf("%d dimensions; up to %d are accepted", len(row)+1, maxRank)
	}
	d := &RowWriter{w: w, path: path, number: t, row: slices.Clone(row), opt: opt, values: values, rowBytes: values * t.size()}
	switch {
	case opt.Rows < 0 || opt.Rows > math.MaxInt/d.rowBytes:
		return nil, fmt.Errorf("%d rows", opt.Rows)
	case opt.Level < 0 || opt.Level > 9:
		return nil, fmt.Errorf("compression level %d; 0 to 9 are accepted", opt.Level)
	case opt.ChunkRows < 0 || opt.ChunkRows > maxRow/d.rowBytes:
		return nil, fmt.Errorf("chunks of %d rows; up to %d bytes are accepted", opt.ChunkRows, maxRow)
	case opt.Contiguous && opt.Rows == 0:
		return nil, errors.New("contiguous values need a number of rows")
	case opt.Contiguous && (opt.Level > 0 || opt.Shuffle || opt.ChunkRows > 0):
		return nil, errors.New("contiguous values have no chunks and no filters")
	case opt.Contiguous:
		return d, nil
	}
	if d.opt.ChunkRows == 0 {
		d.opt.ChunkRows = max(1, chunkTarget/d.rowBytes)
	}
	if opt.Rows > 0 {
		d.opt.ChunkRows = min(d.opt.ChunkRows, opt.Rows)
	}
	d.batch = 1
	if chunk := d.opt.ChunkRows * d.rowBytes; opt.Level > 0 {
		d.batch = max(1, min(runtime.GOMAXPROCS(0), 8, 16*chunkTarget/chunk))
	}
	return d, nil
}

// Rows returns the number of rows so far.
func (d *RowWriter) Rows() int { return int(d.rows) }

// Append appends whole rows, row-major. Errors: a length that is no whole number of
// rows, more rows than promised, values that an integer type cannot hold, a failed
// write.
func (d *RowWriter) Append(rows []float32) error { return appendRows(d, rows) }

// Append64 is Append of float64.
func (d *RowWriter) Append64(rows []float64) error { return appendRows(d, rows) }

func appendRows[T float32 | float64](d *RowWriter, rows []T) error {
	n := len(rows) / d.values
	switch {
	case d.finished:
		return d.wrap(errors.New("the file is closed"))
	case n*d.values != len(rows):
		return d.wrap(fmt.Errorf("%d values are no whole number of rows of %d", len(rows), d.values))
	case d.opt.Rows > 0 && d.rows+uint64(n) > uint64(d.opt.Rows):
		return d.wrap(fmt.Errorf("row %d is appended, it has %d rows", d.rows+uint64(n)-1, d.opt.Rows))
	case d.opt.Rows == 0 && d.rows+uint64(n) > math.MaxInt64/uint64(d.rowBytes):
		return d.wrap(errors.New("too many rows"))
	}
	per := d.opt.ChunkRows // rows of a buffer
	if d.opt.Contiguous {
		per = max(1, chunkTarget/d.rowBytes)
	}
	for len(rows) > 0 {
		held := len(d.buffer) / d.rowBytes
		k := min(len(rows)/d.values, per-held)
		if d.buffer == nil {
			d.buffer = make([]byte, 0, min(per, max(k, 1<<16/d.rowBytes))*d.rowBytes)
		}
		var err error
		if d.buffer, err = encode(d.buffer, d.number, rows[:k*d.values]); err != nil {
			return d.wrap(fmt.Errorf("row %d: %w", d.rows, err))
		}
		rows = rows[k*d.values:]
		d.rows += uint64(k)
		if held+k == per {
			d.flush()
		}
	}
	return d.w.err
}

// encode appends values in a type.
func encode[T float32 | float64](b []byte, t Number, values []T) ([]byte, error) {
	switch t {
	case Float32:
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		}
		return b, nil
	case Float64:
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(v)))
		}
		return b, nil
	}
	bits := 8 * t.size()
	low, high := 0.0, math.Ldexp(1, bits) // high is excluded
	if t.signed() {
		low, high = -high/2, high/2
	}
	for _, v := range values {
		x := float64(v)
		if !(x >= low && x < high) || x != math.Trunc(x) {
			return nil, fmt.Errorf("%v cannot be written as %s", v, t)
		}
		u := uint64(x)
		if t.signed() {
			u = uint64(int64(x))
		}
		for range t.size() {
			b = append(b, byte(u))
			u >>= 8
		}
	}
	return b, nil
}

func (d *RowWriter) wrap(err error) error {
	return fmt.Errorf("%s: %.200s: %w", d.w.path, d.path, err)
}

// flush hands the buffer on: to the file, or to the chunks that are packed together.
func (d *RowWriter) flush() {
	if d.opt.Contiguous {
		done := d.rows*uint64(d.rowBytes) - uint64(len(d.buffer))
		d.w.putAt(d.buffer, d.at+done)
		d.buffer = d.buffer[:0]
		return
	}
	if n := d.opt.ChunkRows*d.rowBytes - len(d.buffer); n > 0 {
		d.buffer = append(d.buffer, make([]byte, n)...) // beyond the last row
	}
	if d.opt.Level == 0 {
		if d.opt.Shuffle {
			d.store(shuffled(nil, d.buffer, d.number.size()))
		} else {
			d.store(d.buffer)
		}
		d.buffer = d.buffer[:0]
		return
	}
	p := &packer{}
	if n := len(d.free); n > 0 {
		p, d.free = d.free[n-1], d.free[:n-1]
	}
	p.raw, d.buffer = d.buffer, p.raw[:0]
	if d.full = append(d.full, p); len(d.full) == d.batch {
		d.pack()
	}
}

// pack compresses the full chunks, in parallel, and stores them in order.
func (d *RowWriter) pack() {
	var wg sync.WaitGroup
	for _, p := range d.full {
		wg.Go(func() { p.pack(d.opt, d.number.size()) })
	}
	wg.Wait()
	for _, p := range d.full {
		d.store(p.packed.Bytes())
	}
	d.free, d.full = append(d.free, d.full...), d.full[:0]
}

func (d *RowWriter) store(b []byte) {
	d.chunks = append(d.chunks, writtenChunk{d.w.put(b), uint32(len(b))})
}

// finish stores what is left.
func (d *RowWriter) finish() error {
	if d.opt.Rows > 0 && d.rows != uint64(d.opt.Rows) {
		return d.wrap(fmt.Errorf("%d of %d rows were appended; the file is dropped", d.rows, d.opt.Rows))
	}
	if len(d.buffer) > 0 {
		d.flush()
	}
	d.pack()
	d.finished, d.buffer, d.free = true, nil, nil
	return d.w.err
}

// packer compresses a chunk, with memory that is used again.
type packer struct {
	raw      []byte
	shuffled []byte
	packed   bytes.Buffer
	deflate  *zlib.Writer
}

func (p *packer) pack(opt Options, width int) {
	b := p.raw
	if opt.Shuffle {
		p.shuffled = shuffled(p.shuffled, b, width)
		b = p.shuffled
	}
	p.packed.Reset()
	if p.deflate == nil {
		p.deflate, _ = zlib.NewWriterLevel(&p.packed, opt.Level) // the level was checked
	} else {
		p.deflate.Reset(&p.packed)
	}
	p.deflate.Write(b) // into memory, which does not fail
	p.deflate.Close()
}

// shuffled brings the first bytes of all values together, then the second ones ….
func shuffled(dst, b []byte, width int) []byte {
	if cap(dst) < len(b) {
		dst = make([]byte, len(b))
	}
	dst = dst[:len(b)]
	n := len(b) / width
	for k := range width {
		part := dst[k*n : (k+1)*n]
		for i := range part {
			part[i] = b[i*width+k]
		}
	}
	return dst
}
