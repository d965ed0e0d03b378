package dataset

import (
	"fmt"
	"io"
	"math"
)

// npyTable reads the header of a file of a known size, and checks the shape against it.
func npyTable[T float32 | float64](r io.Reader, size int64, opt ReadOptions) (h *npyHeader, n, m int, err error) {
	if h, err = readNPYHeader(r, size); err != nil {
		return nil, 0, 0, err
	}
	rows, cols := uint64(0), uint64(1)
	switch len(h.shape) {
	case 2:
		cols = h.shape[1]
		fallthrough
	case 1:
		rows = h.shape[0]
	default:
		return nil, 0, 0, fmt.Errorf("the array has %s; 1 or 2 are accepted (rows, columns)", plural(uint64(len(h.shape)), "dimension"))
	}
	if err := opt.checkShape(rows, cols, byteSize[T]()); err != nil {
		return nil, 0, 0, err
	}
	// checkShape has bounded rows*cols, so nothing overflows here.
	promised := int64(rows*cols) * int64(h.size)
	switch held := size - h.length; {
	case held < promised:
		return nil, 0, 0, fmt.Errorf("truncated: %s by %s need %d bytes, the file holds %d",
			plural(rows, "row"), plural(cols, "column"), promised, held)
	case held > promised:
		return nil, 0, 0, fmt.Errorf("%s after the last value; the file should end there", plural(uint64(held-promised), "byte"))
	}
	return h, int(rows), int(cols), nil
}

// readNPY reads an array from a file of a known size.
func readNPY[T float32 | float64](r io.Reader, size int64, opt ReadOptions) (*array[T], error) {
	h, rows, cols, err := npyTable[T](r, size, opt)
	if err != nil {
		return nil, err
	}
	a := &array[T]{rows: rows, cols: cols, data: make([]T, rows*cols)}
	return a, readNPYValues(r, h, a, 0, opt.AllowNonFinite)
}

// readNPYValues fills a.data, a buffer at a time. Its rows are those from row0 on.
func readNPYValues[T float32 | float64](r io.Reader, h *npyHeader, a *array[T], row0 int, allowNonFinite bool) error {
	raw := make([]byte, 1<<15)
	values := make([]float64, len(raw)/h.size)
	row, col := 0, 0 // of the next value in a Fortran-ordered file
	for at := 0; at < len(a.data); {
		n := min(len(values), len(a.data)-at)
		if _, err := io.ReadFull(r, raw[:n*h.size]); err != nil {
			return err
		}
		h.decode(values[:n], raw)
		for i, v := range values[:n] {
			k := at + i
			if h.fortran {
				k = row*a.cols + col
				if row++; row == a.rows {
					row, col = 0, col+1
				}
			}
			if !finite[T](v) && !allowNonFinite {
				return fmt.Errorf("row %d, column %d %s", row0+k/a.cols, k%a.cols, badValue(v))
			}
			a.data[k] = T(v)
		}
		at += n
	}
	return nil
}

// decode converts the first len(dst) values of raw.
func (h *npyHeader) decode(dst []float64, raw []byte) {
	switch {
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
