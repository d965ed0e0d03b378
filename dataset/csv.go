package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// maxLine bounds the length of a line of text.
const maxLine = 1 << 20

// readCSV reads comma-separated numbers. A first line in which no field is a
// number is the header.
func readCSV[T float32 | float64](r io.Reader, opt ReadOptions) (*array[T], error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), maxLine)
	a := &array[T]{}
	var values []float64
	number, first := 0, true
	for lines.Scan() {
		number++
		line := lines.Bytes()
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\uFEFF")) // byte order mark
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if first {
			first = false
			names, err := csvHeader(line)
			if err != nil {
				return nil, fmt.Errorf("line %d, %w", number, err)
			}
			a.cols = 1 + bytes.Count(line, []byte(","))
			if err := opt.checkShape(1, uint64(a.cols), byteSize[T]()); err != nil {
				return nil, err
			}
			if names != nil {
				a.names = names
				continue
			}
		}
		var err error
		if values, err = csvRow(values[:0], line); err != nil {
			return nil, fmt.Errorf("line %d, %w", number, err)
		}
		if len(values) != a.cols {
			return nil, fmt.Errorf("line %d has %s; %d expected", number, plural(uint64(len(values)), "field"), a.cols)
		}
		for i, v := range values {
			if !finite[T](v) && !opt.AllowNonFinite {
				return nil, fmt.Errorf("line %d, field %d %s", number, i+1, badValue(v))
			}
			a.data = append(a.data, T(v))
		}
		a.rows++
		if err := opt.checkShape(uint64(a.rows), uint64(a.cols), byteSize[T]()); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d is longer than %d bytes", number+1, maxLine)
	} else if err != nil {
		return nil, err
	}
	if a.rows == 0 {
		return nil, errors.New("the table has no rows")
	}
	return a, nil
}

// csvHeader returns the names in a line, or nil where it is a row of numbers.
func csvHeader(line []byte) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	numbers, bad := 0, 0
	field := 0
	for f := range bytes.SplitSeq(line, []byte(",")) {
		field++
		f = unquote(f)
		if _, ok := csvNumber(f); ok {
			numbers++
		} else if bad == 0 {
			bad = field
		}
		names = append(names, string(f))
	}
	if bad == 0 {
		return nil, nil
	}
	if numbers > 0 {
		return nil, notNumber(bad, names[bad-1])
	}
	for i, name := range names {
		switch {
		case name == "":
			return nil, fmt.Errorf("field %d: the column has no name (a column of row numbers?)", i+1)
		case seen[name]:
			return nil, fmt.Errorf("field %d: a second column is named %q", i+1, clip(name))
		}
		seen[name] = true
	}
	return names, nil
}

// csvRow appends the numbers of a line to dst.
func csvRow(dst []float64, line []byte) ([]float64, error) {
	field := 0
	for f := range bytes.SplitSeq(line, []byte(",")) {
		field++
		f = unquote(f)
		v, ok := csvNumber(f)
		if !ok {
			return nil, notNumber(field, string(f))
		}
		dst = append(dst, v)
	}
	return dst, nil
}

func notNumber(field int, text string) error {
	if text == "" {
		return fmt.Errorf("field %d is empty; a number is expected", field)
	}
	return fmt.Errorf("field %d is %q; a number is expected", field, clip(text))
}

// unquote trims white space and one pair of double quotes.
func unquote(f []byte) []byte {
	f = bytes.TrimSpace(f)
	if len(f) >= 2 && f[0] == '"' && f[len(f)-1] == '"' {
		f = bytes.TrimSpace(f[1 : len(f)-1])
	}
	return f
}

// csvNumber parses a decimal number, NaN or an infinity. Numbers beyond
// float64 become infinities.
func csvNumber(f []byte) (float64, bool) {
	if bytes.ContainsAny(f, "xXpP_") {
		return 0, false // Go's hexadecimal and underscore forms
	}
	v, err := strconv.ParseFloat(string(f), 64)
	if err != nil && !(errors.Is(err, strconv.ErrRange) && math.IsInf(v, 0)) {
		return 0, false
	}
	return v, true
}
