package dataset

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// plan is which columns of a file make the table.
type plan struct {
	rows, cols uint64   // of the file
	names      []string // of the file's columns; nil where it has none
	pick       []int    // columns of the table; nil for all
	weight     int      // column of weights, -1 for none
}

// width returns the number of columns of the table.
func (p *plan) width() int {
	if p.pick == nil {
		return int(p.cols)
	}
	return len(p.pick)
}

// table returns the names of the table's columns.
func (p *plan) table() []string {
	if p.names == nil || p.pick == nil {
		return p.names
	}
	names := make([]string, len(p.pick))
	for i, j := range p.pick {
		names[i] = p.names[j]
	}
	return names
}

// maxColumns bounds the columns of a table, of which one row must be in memory.
const maxColumns = 1 << 26

// plan chooses the columns of a file and refuses tables that are empty, of the wrong
// width or too large.
func (o ReadOptions) plan(rows, cols uint64, names []string) (*plan, error) {
	p := &plan{rows: rows, cols: cols, names: names, weight: -1}
	switch {
	case cols == 0:
		return nil, errors.New("the table has no columns")
	case rows == 0:
		return nil, errors.New("the table has no rows")
	}
	width := cols
	if o.Columns != nil || o.Weight != "" || o.Like != nil {
		if cols > maxColumns {
			return nil, o.tooLarge(rows, cols)
		}
		if err := o.choose(p); err != nil {
			return nil, err
		}
		width = uint64(p.width())
	}
	if o.Cols > 0 && width != uint64(o.Cols) {
		return nil, fmt.Errorf("the table has %s; %d expected", plural(width, "column"), o.Cols)
	}
	// rows*width*valueBytes <= limit without overflow.
	kept := width
	if p.weight >= 0 {
		kept += 2 // in float64
	}
	if kept > o.limit()/o.valueBytes()/rows {
		return nil, o.tooLarge(rows, width)
	}
	// A block of the file must be held, too, whatever is chosen of it.
	if cols > maxColumns || rows > 1<<56/8/cols {
		return nil, o.tooLarge(rows, cols)
	}
	return p, nil
}

func (o ReadOptions) tooLarge(rows, cols uint64) error {
	return fmt.Errorf("a table of %s by %s exceeds the limit of %d bytes", plural(rows, "row"), plural(cols, "column"), o.limit())
}

func (o ReadOptions) valueBytes() uint64 {
	if o.double {
		return 8
	}
	return 4
}

// limit returns the greatest size of a table in memory; of one that is read in blocks,
// what keeps numbers of bytes in range.
func (o ReadOptions) limit() uint64 {
	if o.blocks {
		return 1 << 56
	}
	return uint64(min(o.maxBytes(), int64(math.MaxInt), 1<<56))
}

// choose finds the columns that are asked for.
func (o ReadOptions) choose(p *plan) error {
	if o.Weight != "" {
		list, err := findColumns(p, o.Weight)
		if err != nil {
			return fmt.Errorf("weights: %w", err)
		}
		if len(list) != 1 {
			return fmt.Errorf("weights: %q is %d columns; one is accepted", clip(o.Weight), len(list))
		}
		p.weight = list[0]
	}
	switch {
	case o.Columns != nil:
		p.pick = []int{}
		for _, text := range o.Columns {
			list, err := findColumns(p, text)
			if err != nil {
				return err
			}
			for _, j := range list {
				if slices.Contains(p.pick, j) {
					return fmt.Errorf("column %q is chosen twice", clip(text))
				}
				if j == p.weight {
					return fmt.Errorf("column %q holds the weights of the rows, so that it is none of the columns; the others are accepted", clip(o.Weight))
				}
				p.pick = append(p.pick, j)
			}
			if len(p.pick) > int(p.cols) {
				return errors.New("columns are chosen twice")
			}
		}
	case p.weight >= 0:
		p.pick = []int{}
		for j := range int(p.cols) {
			if j != p.weight {
				p.pick = append(p.pick, j)
			}
		}
	}
	if o.Columns == nil && o.Like != nil {
		p.like(o.Like)
	}
	if p.pick != nil && len(p.pick) == 0 {
		return errors.New("the table has no columns beside its weights")
	}
	return nil
}

// like brings the columns into the order of names where they have the same ones.
func (p *plan) like(names []string) {
	if len(names) != p.width() || p.names == nil {
		return
	}
	var pick []int
	for _, name := range names {
		j := slices.Index(p.names, name)
		if j < 0 || j == p.weight || slices.Contains(pick, j) {
			return
		}
		pick = append(pick, j)
	}
	p.pick = pick
}

// Columns returns the numbers of the columns that texts name (see ReadOptions.Columns) in
// a table of cols columns, whose names may be nil.
func Columns(cols int, names, texts []string) ([]int, error) {
	p := &plan{cols: uint64(cols), names: names, weight: -1}
	if err := (ReadOptions{Columns: texts}).choose(p); err != nil {
		return nil, err
	}
	return p.pick, nil
}

// findColumns returns the columns that a text names: a name, a number counted from 0, or
// a range lo:hi of numbers without hi.
func findColumns(p *plan, text string) ([]int, error) {
	if j := slices.Index(p.names, text); j >= 0 {
		if slices.Contains(p.names[j+1:], text) {
			return nil, fmt.Errorf("there are several columns %q; choose one by its number", clip(text))
		}
		return []int{j}, nil
	}
	first, last, isRange := strings.Cut(text, ":")
	lo, err := strconv.ParseUint(first, 10, 31)
	hi := lo + 1
	if err == nil && isRange {
		hi, err = strconv.ParseUint(last, 10, 31)
	}
	if err != nil {
		if p.names == nil {
			return nil, missing(text, "there is no column %q: the columns have no names, numbers from 0 to %d are accepted", clip(text), p.cols-1)
		}
		return nil, missing(text, "there is no column %q; the columns are %s", clip(text), quoteSome(p.names))
	}
	if lo >= hi || hi > p.cols {
		return nil, missing(text, "there is no column %s; the table has %s, counted from 0", clip(text), plural(p.cols, "column"))
	}
	list := make([]int, 0, hi-lo)
	for j := lo; j < hi; j++ {
		list = append(list, int(j))
	}
	return list, nil
}

// MissingColumn is the error of a column that is not in a table; errors.As finds it.
type MissingColumn struct {
	Name string // as it was asked for
	text string
}

// Error says what columns there are.
func (e *MissingColumn) Error() string { return e.text }

func missing(name, format string, args ...any) error {
	return &MissingColumn{name, fmt.Sprintf(format, args...)}
}
