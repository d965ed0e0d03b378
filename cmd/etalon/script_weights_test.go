package main

import (
	"errors"
	"math"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"etalon/dataset"
	"etalon/rng"
)

// tilted FILE ROWS SHIFT [NAME] writes points x, y of N(SHIFT, 1) × N(0, 1), or of N(0, 1)²
// with weights in a column NAME that make them that.
func tilted(ts *testscript.TestScript, _ bool, args []string) {
	n, err1 := strconv.Atoi(args[1])
	shift, err2 := strconv.ParseFloat(args[2], 64)
	ts.Check(errors.Join(err1, err2))
	x := make([]float32, 2*n)
	rng.New(1, args[0]).NormalRows(x, n, 0, 0, n, 2)
	names := []string{"x", "y"}
	if len(args) > 3 {
		names = append(names, args[3])
	}
	var rows []float32
	for i := range n {
		if len(args) > 3 {
			rows = append(rows, x[2*i], x[2*i+1], float32(math.Exp(shift*float64(x[2*i])-shift*shift/2)))
		} else {
			rows = append(rows, x[2*i]+float32(shift), x[2*i+1])
		}
	}
	ts.Check(dataset.Write(ts.MkAbs(args[0]), n, len(names), rows, dataset.WriteOptions{Names: names}))
}

// mean FILE COLUMN LO HI demands that a column's mean lies between two numbers.
func mean(ts *testscript.TestScript, _ bool, args []string) {
	j, err1 := strconv.Atoi(args[1])
	lo, err2 := strconv.ParseFloat(args[2], 64)
	hi, err3 := strconv.ParseFloat(args[3], 64)
	ts.Check(errors.Join(err1, err2, err3))
	t, m := table(ts, args[0]), 0.0
	for i := range t.Rows {
		m += float64(t.Data[i*t.Cols+j]) / float64(t.Rows)
	}
	if !(m >= lo && m <= hi) {
		ts.Fatalf("the mean of column %d is %g; %g to %g is expected", j, m, lo, hi)
	}
}

// times FILE FACTOR PRODUCT demands that the values of the second file are those of the
// first times a factor, to rounding.
func times(ts *testscript.TestScript, _ bool, args []string) {
	factor, err := strconv.ParseFloat(args[1], 64)
	ts.Check(err)
	a, b := table(ts, args[0]).Data, table(ts, args[2]).Data
	if len(a) != len(b) {
		ts.Fatalf("%d and %d values", len(a), len(b))
	}
	for i := range a {
		if want := factor * float64(a[i]); math.Abs(float64(b[i])-want) > 1e-6*math.Abs(want) {
			ts.Fatalf("value %d is %g; %g times %g is expected", i, b[i], factor, a[i])
		}
	}
}

// rows FROM TO LO HI copies rows LO to HI-1 of a table.
func someRows(ts *testscript.TestScript, _ bool, args []string) {
	lo, err1 := strconv.Atoi(args[2])
	hi, err2 := strconv.Atoi(args[3])
	ts.Check(errors.Join(err1, err2))
	t := table(ts, args[0])
	ts.Check(dataset.Write(ts.MkAbs(args[1]), hi-lo, t.Cols, t.Data[lo*t.Cols:hi*t.Cols], dataset.WriteOptions{Names: t.Names}))
}
