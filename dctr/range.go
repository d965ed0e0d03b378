package dctr

import (
	"slices"
)

// Ranges returns where the features of truth and sample are, both of dim columns.
func Ranges(dim int, truth, sample []float32) []Range {
	ranges := make([]Range, dim)
	column := make([]float32, len(sample)/dim)
	for j := range ranges {
		for i := range column {
			column[i] = sample[i*dim+j]
		}
		slices.Sort(column)
		lo, hi := column[0], column[len(column)-1]
		for i := j; i < len(truth); i += dim {
			lo, hi = min(lo, truth[i]), max(hi, truth[i])
		}
		tail := len(column) / 1000 // values beyond the quantile
		ranges[j] = Range{float64(lo), float64(hi), float64(column[tail]), float64(column[len(column)-1-tail])}
	}
	return ranges
}

// Departure counts the events that leave the range of the training.
type Departure struct {
	Below int `json:"below"` // the least value of the training
	Above int `json:"above"` // the largest one
	Tails int `json:"tails"` // outside of the quantiles 0.1 % and 99.9 % of the sample
}

// Departures counts, for each feature, the events that leave its range. Rows counts
// those that leave it with any feature.
type Departures struct {
	Ranges  []Range
	Columns []Departure
	Rows    int // that leave [Min, Max] with any feature
	Events  int
}

// NewDepartures starts to count.
func NewDepartures(ranges []Range) *Departures {
	return &Departures{Ranges: ranges, Columns: make([]Departure, len(ranges))}
}

// Add counts rows, row-major, of as many features as there are ranges.
func (d *Departures) Add(x []float32) {
	dim := len(d.Ranges)
	if dim == 0 || len(x)%dim != 0 {
		panic("dctr: Departures.Add: no whole rows")
	}
	for ; len(x) > 0; x = x[dim:] {
		outside := false
		for j, v := range x[:dim] {
			r, c, v := &d.Ranges[j], &d.Columns[j], float64(v)
			if v >= r.Low && v <= r.Top {
				continue
			}
			c.Tails++
			if v < r.Min {
				c.Below++
				outside = true
			} else if v > r.Max {
				c.Above++
				outside = true
			}
		}
		if outside {
			d.Rows++
		}
		d.Events++
	}
}

// Merge adds what another has counted with the same ranges.
func (d *Departures) Merge(other *Departures) {
	for j, c := range other.Columns {
		d.Columns[j].Below += c.Below
		d.Columns[j].Above += c.Above
		d.Columns[j].Tails += c.Tails
	}
	d.Rows += other.Rows
	d.Events += other.Events
}

// Leaves reports whether a feature leaves its range more often than events of the
// training's kind would do: more than 0.1 % of the events beyond its extremes, or more
// than 1 % beyond the quantiles, beside 0.2 % of the sample's own. trained is the number of
// rows that the ranges are of: of few, 2/trained are beyond the extremes by chance, with a
// spread of the same size, and the limits are five such spreads higher.
func (d *Departures) Leaves(j, trained int) bool {
	c, n, few := d.Columns[j], float64(d.Events), 1/float64(max(trained, 1))
	return float64(c.Below+c.Above) > n*max(1e-3, 10*few)+3 || float64(c.Tails) > n*max(1e-2, 20*few)+3
}
