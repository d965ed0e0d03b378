package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"etalon/dataset"
)

// tableOptions choose what is read of tables.
type tableOptions struct {
	columns columnList
	weight  string // column of weights
	memory  memory
}

const tablesHelp = `Columns are chosen by name, by number from 0, or as a range 2:5 of numbers;
--weight-column names the one that holds the weights of its rows.`

// tableFlags adds --columns, --weight-column and --memory.
func tableFlags(cmd *cobra.Command, o *tableOptions) {
	cmd.Flags().Var(&o.columns, "columns", "columns to use, by name or number (default: all but that of the weights)")
	weightColumnFlag(cmd, o)
	memoryFlag(cmd, &o.memory)
}

func weightColumnFlag(cmd *cobra.Command, o *tableOptions) {
	cmd.Flags().StringVar(&o.weight, "weight-column", "", "`NAME` or number of the column of weights, in the tables that have it")
}

func memoryFlag(cmd *cobra.Command, m *memory) {
	cmd.Flags().Var(m, "memory", "most memory that the values of a table may take, as 500MB or 2GiB (default 8GiB)")
}

// options are those of a reader.
func (o *tableOptions) options() dataset.ReadOptions {
	return dataset.ReadOptions{Columns: o.columns, Weight: o.weight, MaxBytes: int64(o.memory)}
}

// read reads a table of cols columns (0: any number), in the order of the names like
// where it has the same ones. A table without the column of weights has none; the error
// about that is returned beside it.
func (o *tableOptions) read(cols int, like []string, read func(opt dataset.ReadOptions) (*dataset.Table, error)) (t *dataset.Table, unweighted, err error) {
	opt := o.options()
	opt.Cols, opt.Like = cols, like
	t, err = read(opt)
	if e, ok := errors.AsType[*dataset.MissingColumn](err); ok && o.weight != "" && e.Name == o.weight {
		unweighted = err
		opt.Weight = ""
		t, err = read(opt)
	}
	return t, unweighted, err
}

// columnList is a flag for columns, separated by commas; names with a comma in them are
// quoted as in a CSV file.
type columnList []string

func (c *columnList) String() string { return strings.Join(*c, ",") }
func (c *columnList) Type() string   { return "LIST" }
func (c *columnList) Set(s string) error {
	r := csv.NewReader(strings.NewReader(s))
	r.TrimLeadingSpace = true
	list, err := r.Read()
	if err != nil {
		return errors.New("names or numbers of columns are accepted, separated by commas")
	}
	for i, name := range list {
		if list[i] = strings.TrimSpace(name); list[i] == "" {
			return fmt.Errorf("item %d is empty; names or numbers of columns are accepted, separated by commas", i+1)
		}
	}
	*c = list
	return nil
}

// memory is a flag for a number of bytes: 2GiB, 500MB, 1e9; 0 where it is not given.
type memory int64

func (m *memory) String() string {
	if *m == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*m), 10)
}
func (m *memory) Type() string { return "SIZE" }
func (m *memory) Set(s string) error {
	number, unit := strings.TrimSpace(strings.ToLower(s)), 1.0
	for _, u := range []struct {
		suffix string
		bytes  float64
	}{
		{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
		{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1},
	} {
		if rest, ok := strings.CutSuffix(number, u.suffix); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if v = math.Floor(v * unit); err != nil || !(v >= 1 && v <= 1<<50) {
		return errors.New("a size is accepted, as 500MB, 2GiB or 1e9")
	}
	*m = memory(v)
	return nil
}
