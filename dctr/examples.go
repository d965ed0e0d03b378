package dctr

import (
	"fmt"
	"slices"

	"etalon/engine/cpu"
	"etalon/generator"
)

// Examples are rows that are not a dense table in memory: showers, of which most cells are
// empty, for one.
type Examples interface {
	Len() int // rows
	Dim() int // features of a row
	// Expand writes the rows of the given numbers to dst, row-major.
	Expand(rows []uint32, dst []float32)
}

// expandBytes is the memory of rows that are expanded together.
const expandBytes = 16 << 20

// chosen is some rows of Examples. It is not safe for concurrent use.
type chosen struct {
	all     Examples
	rows    []uint32
	scratch []uint32
}

func (c *chosen) Len() int { return len(c.rows) }
func (c *chosen) Dim() int { return c.all.Dim() }

func (c *chosen) Expand(rows []uint32, dst []float32) {
	c.scratch = c.scratch[:0]
	for _, r := range rows {
		c.scratch = append(c.scratch, c.rows[r])
	}
	c.all.Expand(c.scratch, dst)
}

// window expands rows block after block into memory of its own.
type window struct {
	from Examples
	rows []uint32
	x    []float32
}

func newWindow(from Examples) *window {
	n := min(max(expandBytes/4/from.Dim(), 1), max(from.Len(), 1))
	return &window{from: from, rows: make([]uint32, n), x: make([]float32, n*from.Dim())}
}

// at expands rows lo to hi-1, hi as far as the memory reaches.
func (w *window) at(lo int) (x []float32, hi int) {
	hi = min(lo+len(w.rows), w.from.Len())
	rows, x := w.rows[:hi-lo], w.x[:(hi-lo)*w.from.Dim()]
	for i := range rows {
		rows[i] = uint32(lo + i)
	}
	w.from.Expand(rows, x)
	return x, hi
}

// run runs a compiled network of dim features on all rows of a sample.
func (s Sample) run(p *cpu.Program, dim int) ([]float64, error) {
	if s.From == nil {
		return generator.Evaluate(p, "x", s.X, dim)
	}
	if s.From.Dim() != dim {
		return nil, fmt.Errorf("examples of %d features; the classifier has %d", s.From.Dim(), dim)
	}
	logw := make([]float64, 0, s.From.Len())
	w := newWindow(s.From)
	for lo := 0; lo < s.From.Len(); {
		x, hi := w.at(lo)
		part, err := generator.Evaluate(p, "x", x, dim)
		if err != nil {
			return nil, err
		}
		logw, lo = append(logw, part...), hi
	}
	return logw, nil
}

// choose returns the rows of the given numbers.
func choose(from Examples, rows []uint32) Examples {
	c := &chosen{all: from, rows: slices.Clone(rows)}
	if inner, ok := from.(*chosen); ok {
		c.all = inner.all
		for i, r := range c.rows {
			c.rows[i] = inner.rows[r]
		}
	}
	return c
}

// table is a dense table as Examples.
type table struct {
	x []float32
	d int
}

func (t table) Len() int { return len(t.x) / t.d }
func (t table) Dim() int { return t.d }

func (t table) Expand(rows []uint32, dst []float32) {
	for i, r := range rows {
		copy(dst[i*t.d:(i+1)*t.d], t.x[int(r)*t.d:])
	}
}

// source returns the rows of a sample of d features.
func (s Sample) source(d int) Examples {
	if s.From != nil {
		return s.From
	}
	return table{s.X, d}
}

// pair numbers the rows of two Examples one after the other.
type pair struct {
	first, second Examples
	scratch       []uint32
}

// expand writes rows to dst, row-major.
func (p *pair) expand(rows []uint32, dst []float32) {
	n, d := uint32(p.first.Len()), p.first.Dim()
	for len(rows) > 0 {
		from, first := p.second, rows[0] < n
		base := n
		if first {
			from, base = p.first, 0
		}
		k := 0
		for k < len(rows) && rows[k] < n == first {
			p.scratch[k] = rows[k] - base
			k++
		}
		from.Expand(p.scratch[:k], dst[:k*d])
		rows, dst = rows[k:], dst[k*d:]
	}
}
