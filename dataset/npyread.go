package dataset

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// npySource reads the values of an array at any place.
type npySource struct {
	r    io.ReaderAt
	h    *npyHeader
	plan *plan
	raw  []byte

	// Of an array in Fortran order, some rows of all columns.
	window []float64
	first  uint64 // row of the window
}

// openNPY opens an array in a file of a known size.
func openNPY(r io.ReaderAt, size int64, opt ReadOptions) (*npySource, *plan, error) {
	h, err := readNPYHeader(io.NewSectionReader(r, 0, size), size)
	if err != nil {
		return nil, nil, err
	}
	p, err := h.plan(size, opt)
	if err != nil {
		return nil, nil, err
	}
	return &npySource{r: r, h: h, plan: p}, p, nil
}

// plan holds what a header says against the size of the file.
func (h *npyHeader) plan(size int64, opt ReadOptions) (*plan, error) {
	rows, cols := uint64(0), uint64(1)
	switch len(h.shape) {
	case 2:
		cols = h.shape[1]
		fallthrough
	case 1:
		rows = h.shape[0]
	default:
		return nil, fmt.Errorf("the array has %s; 1 or 2 are accepted (rows, columns)", plural(uint64(len(h.shape)), "dimension"))
	}
	p, err := opt.plan(rows, cols, nil)
	if err != nil {
		return nil, err
	}
	// plan has bounded rows*cols, so nothing overflows here.
	promised := int64(rows*cols) * int64(h.size)
	switch held := size - h.length; {
	case held < promised:
		return nil, fmt.Errorf("truncated: %s by %s need %d bytes, the file holds %d",
			plural(rows, "row"), plural(cols, "column"), promised, held)
	case held > promised:
		return nil, fmt.Errorf("%s after the last value; the file should end there", plural(uint64(held-promised), "byte"))
	}
	return p, nil
}

func (s *npySource) close() error                     { return nil }
func (s *npySource) place(row uint64, col int) string { return arrayPlace(row, col) }

// run reads consecutive values from number at on.
func (s *npySource) run(at uint64, dst []float64) error {
	const most = 1 << 12
	for len(dst) > 0 {
		n := min(len(dst), most)
		if len(s.raw) < n*s.h.size {
			s.raw = make([]byte, n*s.h.size)
		}
		raw := s.raw[:n*s.h.size]
		if k, err := s.r.ReadAt(raw, s.h.length+int64(at)*int64(s.h.size)); k < len(raw) {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		s.h.decode(dst[:n], raw)
		dst, at = dst[n:], at+uint64(n)
	}
	return nil
}

func (s *npySource) read(lo uint64, dst []float64) error {
	cols := s.plan.cols
	if !s.h.fortran || cols == 1 {
		return s.run(lo*cols, dst)
	}
	for len(dst) > 0 {
		rows := uint64(len(s.window)) / cols
		if lo < s.first || lo >= s.first+rows {
			if err := s.fill(lo); err != nil {
				return err
			}
			rows = uint64(len(s.window)) / cols
		}
		n := copy(dst, s.window[(lo-s.first)*cols:rows*cols])
		dst, lo = dst[n:], lo+uint64(n)/cols
	}
	return nil
}

// windowValues is the number of values of a window.
const windowValues = 1 << 19

// fill brings the rows from lo on into the window, column by column.
func (s *npySource) fill(lo uint64) error {
	cols := s.plan.cols
	rows := min(max(1, windowValues/cols), s.plan.rows-lo)
	if uint64(cap(s.window)) < rows*cols {
		s.window = make([]float64, rows*cols)
	}
	s.window, s.first = s.window[:0], lo
	w := s.window[:rows*cols]
	part := make([]float64, min(rows, 1<<12))
	for j := range cols {
		for i := uint64(0); i < rows; i += uint64(len(part)) {
			part := part[:min(uint64(len(part)), rows-i)]
			if err := s.run(j*s.plan.rows+lo+i, part); err != nil {
				return err
			}
			for k, v := range part {
				w[(i+uint64(k))*cols+j] = v
			}
		}
	}
	s.window = w
	return nil
}

// decode converts the first len(dst) values of raw.
func (h *npyHeader) decode(dst []float64, raw []byte) {
	switch {
	case h.kind == 'f' && h.size == 4 && h.order == binary.LittleEndian:
		for i := range dst {
			dst[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
		}
	case h.kind == 'f' && h.size == 4:
		for i := range dst {
			dst[i] = float64(math.Float32frombits(h.order.Uint32(raw[4*i:])))
		}
	case h.kind == 'f':
		for i := range dst {
			dst[i] = math.Float64frombits(h.order.Uint64(raw[8*i:]))
		}
	default:
		for i := range dst {
			dst[i] = h.integer(raw[h.size*i:])
		}
	}
}

// integer converts the integer at the beginning of raw.
func (h *npyHeader) integer(raw []byte) float64 {
	var u uint64
	switch h.size {
	case 1:
		u = uint64(raw[0])
	case 2:
		u = uint64(h.order.Uint16(raw))
	case 4:
		u = uint64(h.order.Uint32(raw))
	case 8:
		u = h.order.Uint64(raw)
	}
	if h.kind == 'u' {
		return float64(u)
	}
	shift := 64 - 8*h.size
	return float64(int64(u<<shift) >> shift)
}
