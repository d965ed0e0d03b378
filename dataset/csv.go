package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// maxLine bounds the length of a line of text.
const maxLine = 1 << 20

// csvSource reads lines of numbers. A first line in which no field is a number is the
// header.
type csvSource struct {
	f      io.ReaderAt
	size   int64
	packed bool // gzip
	plan   *plan
	header bool

	lines  *bufio.Scanner
	number int    // of the last line
	next   uint64 // row
	first  uint64 // row of the block read last
	places []int  // lines of its rows
	values []float64
}

// openCSV counts the rows of a text.
func openCSV(f io.ReaderAt, size int64, packed bool, opt ReadOptions) (source, *plan, error) {
	s := &csvSource{f: f, size: size, packed: packed}
	if err := s.rewind(); err != nil {
		return nil, nil, err
	}
	rows, cols := uint64(0), uint64(0)
	var names []string
	for {
		line, err := s.line()
		if err != nil {
			return nil, nil, err
		}
		if line == nil {
			break
		}
		if cols == 0 {
			fields, err := csvFields(line)
			if err == nil {
				names, err = csvHeader(fields)
			}
			if err != nil {
				return nil, nil, fmt.Errorf("line %d, %w", s.number, err)
			}
			cols = uint64(len(fields))
			s.header = names != nil
			if _, err := opt.plan(1, cols, names); err != nil {
				return nil, nil, err
			}
			if s.header {
				continue
			}
		}
		if rows++; rows&0xfff == 0 {
			if _, err := opt.plan(rows, cols, names); err != nil { // before all of a bomb is unpacked
				return nil, nil, err
			}
		}
	}
	if rows == 0 {
		return nil, nil, errors.New("the table has no rows")
	}
	p, err := opt.plan(rows, cols, names)
	if err != nil {
		return nil, nil, err
	}
	s.plan, s.lines = p, nil
	return s, p, nil
}

func (s *csvSource) rewind() error {
	var r io.Reader = io.NewSectionReader(s.f, 0, s.size)
	if s.packed {
		z, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<16))
		if err != nil {
			return errors.New("not a gzip file, or a damaged one")
		}
		r = z
	}
	s.lines = bufio.NewScanner(r)
	s.lines.Buffer(make([]byte, 1<<16), maxLine)
	s.number, s.next = 0, 0
	return nil
}

// line returns the next line that is neither empty nor a comment, nil at the end.
func (s *csvSource) line() ([]byte, error) {
	for s.lines.Scan() {
		s.number++
		line := s.lines.Bytes()
		if s.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\uFEFF")) // byte order mark
		}
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' {
			return line, nil
		}
	}
	err := s.lines.Err()
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("line %d is longer than %d bytes", s.number+1, maxLine)
	case err != nil && s.packed && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("the file is damaged after line %d: %w", s.number, err)
	}
	return nil, err
}

// row returns the next line with numbers.
func (s *csvSource) row() ([]byte, error) {
	if s.lines == nil {
		if err := s.rewind(); err != nil {
			return nil, err
		}
	}
	if s.next == 0 && s.header {
		if _, err := s.line(); err != nil {
			return nil, err
		}
	}
	line, err := s.line()
	if err == nil && line == nil {
		err = errors.New("the file has become shorter")
	}
	s.next++
	return line, err
}

func (s *csvSource) read(lo uint64, dst []float64) error {
	if lo < s.next {
		s.lines, s.next = nil, 0
	}
	for s.next < lo {
		if _, err := s.row(); err != nil {
			return err
		}
	}
	s.first, s.places = lo, s.places[:0]
	cols := int(s.plan.cols)
	for len(dst) > 0 {
		line, err := s.row()
		if err != nil {
			return err
		}
		if s.values, err = csvRow(s.values[:0], line); err != nil {
			return fmt.Errorf("line %d, %w", s.number, err)
		}
		if len(s.values) != cols {
			return fmt.Errorf("line %d has %s; %d expected", s.number, plural(uint64(len(s.values)), "field"), cols)
		}
		s.places = append(s.places, s.number)
		dst = dst[copy(dst, s.values):]
	}
	return nil
}

func (s *csvSource) place(row uint64, col int) string {
	return fmt.Sprintf("line %d, field %d", s.places[row-s.first], col+1)
}

func (s *csvSource) close() error { return nil }

// csvFields divides a line at its commas, but for those within double quotes.
func csvFields(line []byte) ([][]byte, error) {
	if bytes.IndexByte(line, '"') < 0 {
		return bytes.Split(line, []byte(",")), nil
	}
	var fields [][]byte
	for {
		rest := bytes.TrimLeft(line, " \t")
		if len(rest) == 0 || rest[0] != '"' {
			field, more, found := bytes.Cut(line, []byte(","))
			fields = append(fields, field)
			if line = more; !found {
				return fields, nil
			}
			continue
		}
		var field []byte
		for rest = rest[1:]; ; { // "" is a quote
			i := bytes.IndexByte(rest, '"')
			if i < 0 {
				return nil, fmt.Errorf("field %d: a quote does not end", len(fields)+1)
			}
			field = append(field, rest[:i]...)
			if rest = rest[i+1:]; len(rest) == 0 || rest[0] != '"' {
				break
			}
			field, rest = append(field, '"'), rest[1:]
		}
		fields = append(fields, field)
		before, more, found := bytes.Cut(rest, []byte(","))
		if len(bytes.TrimSpace(before)) > 0 {
			return nil, fmt.Errorf("field %d: %q after a quote; a comma is expected", len(fields), clip(string(before)))
		}
		if line = more; !found {
			return fields, nil
		}
	}
}

// csvHeader returns the names in a line, or nil where it is a row of numbers.
func csvHeader(fields [][]byte) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	numbers, bad := 0, 0
	for i, f := range fields {
		f = bytes.TrimSpace(f)
		if _, ok := csvNumber(f); ok {
			numbers++
		} else if bad == 0 {
			bad = i + 1
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
	if bytes.IndexByte(line, '"') >= 0 {
		fields, err := csvFields(line)
		if err != nil {
			return nil, err
		}
		line = bytes.Join(fields, []byte(","))
	}
	field := 0
	for f := range bytes.SplitSeq(line, []byte(",")) {
		field++
		f = bytes.TrimSpace(f)
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
