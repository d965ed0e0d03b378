package preprocess

import (
	"fmt"
	"strconv"
)

// Transform is what is done to each column of a table. A nil one standardises all of
// them.
type Transform []Column

// Check returns an error for a transform that is none of dim columns.
func (t Transform) Check(dim int) error {
	if t != nil && len(t) != dim {
		return fmt.Errorf("preprocess: %d transforms of %d columns; one for each is accepted", len(t), dim)
	}
	for j, c := range t {
		if err := c.Check(); err != nil {
			return fmt.Errorf("column %d: %w", j, err)
		}
	}
	return nil
}

// Maps tells whether T(x) differs from x: a column has its logarithm or logit taken.
func (t Transform) Maps() bool {
	for _, c := range t {
		if c.Kind == Log || c.Kind == Logit {
			return true
		}
	}
	return false
}

// CheckRows returns an error for the first value of rows (n×len(t), row-major) that is
// beyond the bounds of its column. first is the number of the first row; names are the
// columns', nil for none.
func (t Transform) CheckRows(x []float32, names []string, first int) error {
	if !t.Maps() {
		return nil
	}
	type bound struct {
		column int
		lo, hi float32
	}
	var bounds []bound
	for j, c := range t {
		if c.Kind == Log || c.Kind == Logit {
			lo, hi := c.bounds()
			if lo == least { // the least number is no bound of the data
				lo = 0
			}
			bounds = append(bounds, bound{j, float32(lo), float32(hi)})
		}
	}
	for i := 0; i+len(t) <= len(x); i += len(t) {
		for _, b := range bounds {
			v := x[i+b.column]
			if v >= b.lo && v <= b.hi && (v != 0 || b.lo != 0 || t[b.column].Kind == Logit) {
				continue
			}
			name := strconv.Itoa(b.column)
			if names != nil {
				name = strconv.Quote(names[b.column])
			}
			return fmt.Errorf("row %d, column %.60s: %g; %s", first+i/len(t), name, v, t[b.column].accepted())
		}
	}
	return nil
}

// Forward writes T of rows to dst, both n×len(t), row-major. They may be the same.
// Values beyond the bounds count as the nearest ones inside; CheckRows finds them.
func (t Transform) Forward(dst, x []float32) { t.apply(dst, x, Column.forward) }

// Inverse undoes Forward. What it writes is inside of the bounds.
func (t Transform) Inverse(dst, y []float32) { t.apply(dst, y, Column.inverse) }

func (t Transform) apply(dst, x []float32, f func(Column, float64) float64) {
	if len(dst) != len(x) || len(t) > 0 && len(x)%len(t) != 0 {
		panic("preprocess: no rows of equal tables")
	}
	copy(dst, x)
	for j, c := range t {
		if c.Kind != Log && c.Kind != Logit {
			continue
		}
		for i := j; i < len(x); i += len(t) {
			dst[i] = float32(f(c, float64(x[i])))
		}
	}
}

// Unscaled sets shift and scale of the columns that are not standardised to 0 and 1.
func (t Transform) Unscaled(shift, scale []float64) {
	for j, c := range t {
		if c.Kind == None {
			scale[j] = 1
			if shift != nil {
				shift[j] = 0
			}
		}
	}
}

// Pick returns the transform of some of the columns.
func (t Transform) Pick(columns []int) Transform {
	if t == nil {
		return nil
	}
	r := make(Transform, len(columns))
	for i, j := range columns {
		r[i] = t[j]
	}
	return r
}

// Extend returns the transform of a table with n more columns behind, which are only
// standardised.
func (t Transform) Extend(n int) Transform {
	if t == nil {
		return nil
	}
	return append(append(Transform(nil), t...), make(Transform, n)...)
}
