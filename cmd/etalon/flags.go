package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"etalon/dataset"
	"etalon/internal/atomicfile"
)

const (
	maxThreads = 1024
	maxPoints  = 1 << 40
)

// count is a flag for a number of points: 1000000 or 1e6.
type count int

func (c *count) String() string { return strconv.Itoa(int(*c)) }
func (c *count) Type() string   { return "N" }
func (c *count) Set(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != math.Trunc(v) || v < 1 || v > maxPoints {
		return fmt.Errorf("1 to %d is accepted, as 250000 or 2.5e5", int64(maxPoints))
	}
	*c = count(v)
	return nil
}

func threadsFlag(cmd *cobra.Command, p *int) {
	cmd.Flags().IntVar(p, "threads", 0, "threads to compute with, 0 for one per core; results do not depend on it")
}

func seedFlag(cmd *cobra.Command, p *uint64) {
	cmd.Flags().Uint64Var(p, "seed", 1, "seed of all random numbers")
}

func jsonFlag(cmd *cobra.Command, p *bool) {
	cmd.Flags().BoolVar(p, "json", false, "print the result as JSON")
}

func outFlag(cmd *cobra.Command, p *string) {
	cmd.Flags().StringVarP(p, "out", "o", "", "`FILE` to write: .npy, .npz[:key], .h5[:/path], .csv or .csv.gz")
}

func checkThreads(n int) error {
	if n < 0 || n > maxThreads {
		return usage("--threads %d; 0 to %d is accepted", n, maxThreads)
	}
	return nil
}

// need demands that flags with a text or a number were given.
func need(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if f := cmd.Flags().Lookup(name); !f.Changed || f.Value.String() == "" {
			dashes := "--"
			if f.Shorthand == name {
				dashes = "-"
			}
			return usage("%s%s is missing; see %s --help", dashes, name, cmd.CommandPath())
		}
	}
	return nil
}

// checkOut finds out whether the table path can be written, and that it is none of the
// files that are read.
func checkOut(path string, inputs ...string) error {
	if !dataset.Writable(path) {
		return usage("%s: unknown type of output file; .npy, .npz[:key], .h5[:/path], .csv and .csv.gz are accepted", path)
	}
	return checkWritable(path, inputs...)
}

// checkWritable is checkOut for files of any type.
func checkWritable(path string, inputs ...string) error {
	path = dataset.File(path)
	if old, err := os.Stat(path); err == nil {
		for _, in := range inputs {
			if info, err := os.Stat(dataset.File(in)); err == nil && os.SameFile(info, old) {
				return usage("%s is read and cannot be written as well", path)
			}
		}
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	f.Abort()
	return nil
}

// printJSON writes v to standard output.
func (a *app) printJSON(v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = a.out.Write(append(text, '\n'))
	return err
}
