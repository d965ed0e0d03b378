package dctr

import (
	"fmt"
	"math"
	"slices"
)

// Origin says what the weights of a model were learned from, so that they can be
// published, and applied to other events with a warning where these are unlike.
type Origin struct {
	Software string `json:"software"`
	// Truth and Sample are the files of the training; nil for imported networks.
	Truth  *Source `json:"truth,omitempty"`
	Sample *Source `json:"sample,omitempty"`
	// Files are what a network was imported from.
	Files []Source `json:"files,omitempty"`

	Loss     string `json:"loss,omitempty"`
	Epochs   int    `json:"epochs,omitempty"`
	Folds    int    `json:"folds,omitempty"`
	Ensemble int    `json:"ensemble,omitempty"`
	Seed     uint64 `json:"seed,omitempty"`
	// Condition has the numbers of the columns that the weights are given; nil for none.
	Condition []int `json:"condition,omitempty"`
	// LogNorm is ln Σ v W / Σ v of the sample, W as the networks give it.
	LogNorm *float64 `json:"log_norm,omitempty"`
	// Clip is the largest weight that was left, where their mean is 1; 0 is no clipping.
	Clip        float64  `json:"clip,omitempty"`
	Renormalise bool     `json:"renormalise,omitempty"` // after clipping
	Closure     *Closure `json:"closure_test,omitempty"`

	// Names are those of the features, nil where they have none. For networks of volumes
	// they are those of observables, which the ranges are of.
	Names []string `json:"names,omitempty"`
	// Ranges are those of the features in the training; nil where they are not known.
	Ranges []Range `json:"ranges,omitempty"`
}

// Source is a file of events.
type Source struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows,omitempty"`
	// Weights are the file of the weights that the events have already.
	Weights *Source `json:"weights,omitempty"`
	// WeightColumn is the column of the file that holds them instead.
	WeightColumn string   `json:"weight_column,omitempty"`
	Showers      *Showers `json:"showers,omitempty"`
}

// Showers says how observables were computed from a file of showers.
type Showers struct {
	Dataset string  `json:"dataset"`
	Shape   [3]int  `json:"shape"`   // layers, x, y
	Cut     float64 `json:"cut_mev"` // cells below it count as empty; 0 where all count
}

// Range is where a feature was in the training.
type Range struct {
	Min float64 `json:"min"` // of truth and sample
	Max float64 `json:"max"`
	Low float64 `json:"q001"` // the quantiles 0.1 % and 99.9 % of the sample
	Top float64 `json:"q999"`
}

// Check returns an error for an origin that is none of a model of dim features.
func (o *Origin) Check(dim int) error {
	if o == nil {
		return nil
	}
	if o.Names != nil && len(o.Names) != dim || o.Ranges != nil && len(o.Ranges) != dim {
		return fmt.Errorf("origin: %d names and %d ranges of %d features; one for each, or none, is accepted", len(o.Names), len(o.Ranges), dim)
	}
	for i, r := range o.Ranges {
		if !(r.Min <= r.Low && r.Low <= r.Top && r.Top <= r.Max) || math.IsInf(r.Min, 0) || math.IsInf(r.Max, 0) {
			return fmt.Errorf("origin: range %d is %v; rising, finite numbers are accepted", i, r)
		}
	}
	for i, j := range o.Condition {
		if j < 0 || j >= dim || slices.Contains(o.Condition[:i], j) {
			return fmt.Errorf("origin: condition %v of %d features; different ones from 0 are accepted", o.Condition, dim)
		}
	}
	if !(o.Clip >= 0) || math.IsInf(o.Clip, 0) || o.LogNorm != nil && *o.LogNorm-*o.LogNorm != 0 {
		return fmt.Errorf("origin: clip or log_norm is no accepted number")
	}
	return nil
}

// check is Check of a Weigher's features, or of observables of the volumes that it weights.
func (o *Origin) check(w Weigher) error {
	if o != nil && VolumeOf(w) != nil {
		if o.Ranges != nil && o.Names == nil {
			return fmt.Errorf("origin: ranges of volumes without names of observables")
		}
		return o.Check(len(o.Names))
	}
	return o.Check(w.Dim())
}

// OriginOf returns the origin of a Weigher of this package, nil where it has none.
func OriginOf(w Weigher) *Origin {
	if o := originField(w); o != nil {
		return *o
	}
	return nil
}

// SetOrigin gives a Weigher of this package an origin.
func SetOrigin(w Weigher, o *Origin) error {
	field := originField(w)
	if field == nil {
		return fmt.Errorf("origin: a weigher of type %T has none", w)
	}
	if err := o.check(w); err != nil {
		return err
	}
	*field = o
	return nil
}

func originField(w Weigher) **Origin {
	switch w := w.(type) {
	case *Classifier:
		return &w.Origin
	case *Ensemble:
		return &w.Origin
	case *Imported:
		return &w.Origin
	case *ONNX:
		return &w.Origin
	case *DensityWeigher:
		return &w.Origin
	}
	return nil
}
