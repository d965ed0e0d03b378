package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"etalon/dataset"
	"etalon/hist"
	"etalon/laser"
	"etalon/metric"
	"etalon/rng"
)

// points is a table with the histogram that it is scored by.
type points struct {
	*dataset.Table
	logw []float64 // nil where all weights are 1
	h    *hist.H2
}

// compare reads the files and scores the sample.
func (a *app) compare(o *scoreOptions) (*comparison, error) {
	truth, err := a.readTruth(o, o.truth, 0, nil)
	if err != nil {
		return nil, err
	}
	names := truth.Names
	if err := o.resolve(truth); err != nil {
		return nil, err
	}
	sample := &points{}
	if sample.Table, err = a.readWeighted(o, o.sample, truth.Cols, names); err != nil {
		return nil, err
	}
	if err := sameNames(o.truth, o.sample, names, sample.Names); err != nil {
		return nil, err
	}
	r := &comparison{N: sample.Rows, NEff: float64(sample.Rows), columnScores: columnScores{Names: truth.Names}}
	if path := o.weights + o.logWeights; path != "" || sample.Weights != nil { // one at most is there
		if path != "" {
			sample.logw, err = readWeights(path, o.logWeights != "", sample.Rows, o.tables.memory)
		} else {
			sample.logw, err = logarithms(o.sample, sample.Weights)
		}
		if err != nil {
			return nil, err
		}
		r.NEff = metric.KishESS(sample.logw)
		if err := o.compareWeights(sample, r); err != nil {
			return nil, err
		}
	}
	ref, spare, all, err := a.split(o, truth, r)
	if err != nil {
		return nil, err
	}
	floor := spare(r.NEff)
	r.TruthN, r.FloorN = ref.Rows, floor.Rows
	if o.histograms {
		r.Bins, r.Columns, r.Range = o.bins, o.columns, o.limits
		if err := o.scoreHistograms(ref, sample, spare, r); err != nil {
			return nil, err
		}
	}
	if err := o.scoreClouds(truth, ref, sample, all, r); err != nil {
		return nil, err
	}
	if err := o.scoreModes(ref, sample, r); err != nil {
		return nil, err
	}
	if err := o.scoreColumns(truth, ref, sample, floor, r); err != nil {
		return nil, err
	}
	return r, a.scoreC2ST(o, ref, sample, r) // the slowest last
}

// resolve fills the columns, the range and the metrics in from the truth.
func (o *scoreOptions) resolve(truth *dataset.Table) error {
	if truth.Names == nil {
		for j := range truth.Cols {
			truth.Names = append(truth.Names, strconv.Itoa(j))
		}
	}
	if o.chosen != nil {
		var err error
		if o.columns, err = dataset.Columns(truth.Cols, truth.Names, o.chosen); err != nil {
			return fmt.Errorf("%s: %w", o.truth, err)
		}
		if len(o.columns) > 2 && (o.metrics == nil || o.wants(histogramNames...)) {
			return usage("--columns %q; at most two columns are accepted, but for --metrics without jsd and emd", o.chosen.String())
		}
	}
	o.cloudColumns = o.columns
	free := o.columns == nil && o.limits == nil && o.metrics == nil && truth.Cols > 2 // histograms are no must
	if o.columns == nil {
		for j := range truth.Cols {
			o.cloudColumns = append(o.cloudColumns, j)
		}
		o.columns = []int{0, 1}[:min(truth.Cols, 2)]
	}
	if o.metrics == nil {
		o.metrics = defaultMetrics(len(o.cloudColumns))
		o.lenient = true
	}
	if o.histograms = o.wants(histogramNames...); !o.histograms {
		return nil
	}
	if o.limits == nil {
		for _, j := range o.columns {
			lo, hi := span(truth, j)
			if lo == hi && free {
				o.histograms, o.limits = false, nil
				return nil
			}
			if lo == hi {
				return fmt.Errorf("%s: column %d is constant; choose others with --columns, or give a --range", o.truth, j)
			}
			o.limits = append(o.limits, lo, hi)
		}
	}
	if len(o.limits) != 2*len(o.columns) {
		return usage("--range has %d numbers; %d are needed for the columns %v", len(o.limits), 2*len(o.columns), o.columns)
	}
	return nil
}

func span(t *dataset.Table, col int) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for i := col; i < len(t.Data); i += t.Cols {
		lo, hi = min(lo, float64(t.Data[i])), max(hi, float64(t.Data[i]))
	}
	return lo, hi
}

// split returns the truth that the sample is scored against, what gives independent
// truth points for the floor, as many as an effective number if there are enough, and
// all truth points. Rows are chosen at random, since a file may be sorted.
func (a *app) split(o *scoreOptions, truth *dataset.Table, r *comparison) (ref *points, spare func(size float64) *points, all *dataset.Table, err error) {
	all = truth
	from := func(t *dataset.Table, lo int) func(float64) *points {
		return func(size float64) *points {
			n := min(max(int(math.Round(size)), 1), t.Rows-lo)
			return &points{Table: pick(t, o.seed, lo, lo+n)}
		}
	}
	if o.test != "" {
		test, err := a.readTruth(o, o.test, truth.Cols, truth.Names)
		if err != nil {
			return nil, nil, nil, err
		}
		r.FloorFrom = "test"
		ref, spare = &points{Table: truth}, from(test, 0)
		all = &dataset.Table{Rows: truth.Rows + test.Rows, Cols: truth.Cols, Data: slices.Concat(truth.Data, test.Data)}
	} else {
		if truth.Rows < 2 {
			return nil, nil, nil, fmt.Errorf("%s: one row cannot be split for the floor; give independent truth points with --test", o.truth)
		}
		r.FloorFrom = "split"
		half := truth.Rows / 2
		ref, spare = &points{Table: pick(truth, o.seed, 0, half)}, from(truth, half)
	}
	return ref, spare, all, nil
}

// pick returns the rows lo … hi-1 of a random order of the table, the same order
// in every call.
func pick(t *dataset.Table, seed uint64, lo, hi int) *dataset.Table {
	if lo == 0 && hi == t.Rows {
		return t
	}
	order := make([]uint32, t.Rows)
	rng.New(seed, "score/split").Perm(order, 0)
	p := &dataset.Table{Rows: hi - lo, Cols: t.Cols, Names: t.Names, Data: make([]float32, 0, (hi-lo)*t.Cols)}
	for _, i := range order[lo:hi] {
		p.Data = append(p.Data, t.Data[int(i)*t.Cols:(int(i)+1)*t.Cols]...)
	}
	return p
}

// fill makes the histogram of the chosen columns. One column has a second axis of
// a single bin of width 1, so that areas are widths.
func (p *points) fill(o *scoreOptions, path string) error {
	ny, y0, y1 := 1, 0.0, 1.0
	if len(o.columns) == 2 {
		ny, y0, y1 = o.bins, o.limits[2], o.limits[3]
	}
	var err error
	if p.h, err = hist.NewH2(o.bins, ny, o.limits[0], o.limits[1], y0, y1); err != nil {
		return err
	}
	pair := make([]float32, 2*p.Rows)
	for i := range p.Rows {
		for k := range 2 {
			pair[2*i+k] = 0.5
			if k < len(o.columns) {
				pair[2*i+k] = p.Data[i*p.Cols+o.columns[k]]
			}
		}
	}
	p.h.FillRows(pair, p.logw)
	if in, _ := p.h.Inside(); !(in > 0) {
		return fmt.Errorf("%s: no point lies in the range %v", path, o.limits)
	}
	return nil
}

// scoreHistograms compares sample and floor with the reference, side by side.
func (o *scoreOptions) scoreHistograms(ref, sample *points, spare func(float64) *points, r *comparison) error {
	floorPath := o.truth
	if o.test != "" {
		floorPath = o.test
	}
	if err := ref.fill(o, o.truth); err != nil {
		return err
	}
	if err := sample.fill(o, o.sample); err != nil {
		return err
	}
	size := r.NEff
	if sample.logw != nil { // Kish's number also counts that some regions hardly count
		inside, _ := sample.h.Inside()
		size = min(metric.HistogramSize(sample.h)*sample.h.SumW/inside, float64(sample.Rows))
	}
	floor := spare(size)
	if err := floor.fill(o, floorPath); err != nil {
		return err
	}
	r.HistogramFloorN = floor.Rows
	r.Outside = max(sample.h.Outside/sample.h.SumW, 0)
	r.Betti, r.TruthBetti = new([2]int), new([2]int)
	r.Betti[0], r.Betti[1] = metric.Betti(sample.h)
	r.TruthBetti[0], r.TruthBetti[1] = metric.Betti(ref.h)
	var wg sync.WaitGroup
	var scores, floors laser.Values
	var err, floorErr error
	wg.Go(func() { floors, floorErr = laser.Compare(ref.h, floor.h) })
	scores, err = laser.Compare(ref.h, sample.h)
	wg.Wait()
	r.Values, r.Floor = &scores, &floors
	if err != nil {
		return err
	}
	return floorErr
}
