package preprocess

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"etalon/dataset"
)

// Columns has the columns of a table that are not merely standardised, by their names, or
// by their numbers or ranges of numbers (lo:hi without hi) from 0.
type Columns map[string]Column

// Parse reads a list like "E:log,theta:logit(0,3.15),2:none".
func Parse(list string) (Columns, error) {
	c := Columns{}
	for _, part := range split(list) {
		at := strings.LastIndexByte(part, ':')
		name := ""
		if at >= 0 {
			name = strings.TrimSpace(part[:at])
		}
		if name == "" {
			return nil, fmt.Errorf("preprocess: %.60q; COLUMN:KIND is accepted, kinds are standardise, log, log(OFFSET), logit(LO,HI) and none", part)
		}
		var column Column
		if err := column.UnmarshalText([]byte(part[at+1:])); err != nil {
			return nil, err
		}
		if _, twice := c[name]; twice {
			return nil, fmt.Errorf("preprocess: column %.60q is given twice", name)
		}
		c[name] = column
	}
	return c, nil
}

// split cuts a list at the commas outside of parentheses.
func split(list string) []string {
	var parts []string
	depth, start := 0, 0
	for i, r := range list {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			parts, start = append(parts, list[start:i]), i+1
		}
	}
	return append(parts, list[start:])
}

// Check returns an error for settings that make no transform of any table.
func (c Columns) Check() error {
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if err := c[name].Check(); err != nil {
			return fmt.Errorf("column %.60q: %w", name, err)
		}
	}
	return nil
}

// For returns the transform of a table of dim columns of the given names (nil for none);
// nil where no column is given.
func (c Columns) For(names []string, dim int) (Transform, error) {
	if len(c) == 0 {
		return nil, nil
	}
	t := make(Transform, dim)
	given := make([]bool, dim)
	for _, name := range slices.Sorted(maps.Keys(c)) {
		list, err := dataset.Columns(dim, names, []string{name})
		if err != nil {
			return nil, fmt.Errorf("preprocess: %w", err)
		}
		for _, j := range list {
			if given[j] {
				return nil, fmt.Errorf("preprocess: column %.60q is given twice, by its name or by numbers", name)
			}
			t[j], given[j] = c[name], true
		}
	}
	return t, t.Check(dim)
}
