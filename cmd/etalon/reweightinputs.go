package main

import (
	"fmt"
	"strconv"

	"etalon/dataset"
	"etalon/generator"
	"etalon/preprocess"
)

// inputs says what the networks of weights see.
type inputs struct {
	transform preprocess.Transform
	condition []int                // columns that the weights are given
	density   generator.Invertible // nil for none
}

// inputs finds the columns of --preprocess and --condition, and looks at their values.
func (o reweightOptions) inputs(truth, sample tabled) (in inputs, err error) {
	names := namesOf(truth, sample)
	if in.transform, err = o.columns.For(names, truth.cols); err != nil {
		return in, fmt.Errorf("%s: %w", o.truth, err)
	}
	for i, t := range []tabled{truth, sample} {
		if err := in.transform.CheckRows(t.X, names, 0); err != nil {
			return in, fmt.Errorf("%s: %w", []string{o.truth, o.sample}[i], err)
		}
	}
	if len(o.condition) == 0 {
		return in, nil
	}
	if in.condition, err = dataset.Columns(truth.cols, names, o.condition); err != nil {
		return in, fmt.Errorf("%s: condition: %w", o.truth, err)
	}
	if len(in.condition) == truth.cols {
		return in, usage("--condition %s: at least one of the %d columns must be left to weight", o.condition.String(), truth.cols)
	}
	return in, nil
}

// namesOf returns the names of the columns of two tables; nil where neither has any.
func namesOf(truth, sample tabled) []string {
	if truth.names == nil {
		return sample.names
	}
	return truth.names
}

// columnName is the name of column j, or its number where it has none.
func columnName(names []string, j int) string {
	if names == nil {
		return strconv.Itoa(j)
	}
	return names[j]
}
