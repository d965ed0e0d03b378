package main

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"

	"etalon/dataset"
	"etalon/hist"
	"etalon/metric"
)

const columnBins = 50 // of the histograms that S2 compares

// columnScores are the scores of single columns, all columns in their order.
type columnScores struct {
	Names         []string      `json:"names"`
	Mean          []number      `json:"mean"` // of the weighted sample
	MeanError     []number      `json:"mean_error"`
	TruthMean     []number      `json:"truth_mean"`
	TruthError    []number      `json:"truth_mean_error"`
	S2            []number      `json:"s2"`
	S2Floor       []number      `json:"s2_floor"`
	S2Noise       []number      `json:"s2_noise"` // expected for equal densities
	S2NoiseSpread []number      `json:"s2_noise_spread"`
	S2Density     []number      `json:"s2_density"` // of density-normalised histograms
	W1            []number      `json:"w1"`
	W1Floor       []number      `json:"w1_floor"`
	R             []number      `json:"r"`
	RError        []number      `json:"r_error"`
	NG            []number      `json:"n_g"` // generated points that match the truth
	NGError       []number      `json:"n_g_error"`
	BootstrapR    []number      `json:"r_bootstrap,omitempty"`
	BootstrapErr  []number      `json:"r_bootstrap_error,omitempty"`
	NGBins        []binMatching `json:"n_g_per_bin,omitempty"`
	KishR         number        `json:"r_kish"` // sqrt(truth points / N_eff)
	TruthPoints   int           `json:"truth_points"`
}

// binMatching tells how many generated points for one of the truth it takes to know
// the content of each bin as well (DCTRGAN, eq. 11).
type binMatching struct {
	Range [2]float64 `json:"range"`
	Ratio []number   `json:"ratio"`
	Error []number   `json:"error"`
}

// push appends to lists of scores, values that do not exist where there is an error.
func push(err error, to map[*[]number]float64) {
	for list, v := range to {
		if err != nil {
			v = math.NaN()
		}
		*list = append(*list, number(v))
	}
}

// scoreColumns fills the scores of every column. S2 and W1 use the reference as the
// histograms do; means, r and N_G are of the whole truth file.
func (o *scoreOptions) scoreColumns(truth *dataset.Table, ref, sample, floor *points, r *comparison) error {
	w1, err := metric.ColumnWasserstein(ref.cloud(), sample.cloud(), 1)
	if err != nil {
		return err
	}
	w1Floor, err := metric.ColumnWasserstein(ref.cloud(), floor.cloud(), 1)
	if err != nil {
		return err
	}
	t, s, err := o.bothEvents(truth, sample)
	if err != nil {
		return err
	}
	c := &r.columnScores
	c.TruthPoints, c.KishR = truth.Rows, number(math.Sqrt(float64(truth.Rows)/r.NEff))
	for j := range truth.Cols {
		push(nil, map[*[]number]float64{&c.W1: w1[j], &c.W1Floor: w1Floor[j]})
		o.scoreSeparation(truth, ref, sample, floor, j, c)
		c.scoreMeans(t.Observable(j), s.Observable(j))
	}
	if !o.statistics {
		return nil
	}
	boot, err := s.BootstrapDilution(t, metric.BootstrapOptions{Seed: o.seed, Threads: o.threads})
	for j := range truth.Cols {
		var b metric.Estimate // too few effective events
		if err == nil {
			b = boot[j]
		}
		push(err, map[*[]number]float64{&c.BootstrapR: b.Value, &c.BootstrapErr: b.Error})
		c.NGBins = append(c.NGBins, o.matchBins(truth, s.Observable(j), j))
	}
	r.Correlations, err = o.correlate(t, s)
	return err
}

// bothEvents returns truth and sample as events with linear weights.
func (o *scoreOptions) bothEvents(truth *dataset.Table, sample *points) (t, s metric.Events, err error) {
	t, s = metric.Events{X: truth.Data, Dim: truth.Cols}, metric.Events{X: sample.Data, Dim: sample.Cols}
	if sample.logw != nil {
		s.W, err = metric.LinearWeights(sample.logw)
	}
	return t, s, err
}

// scoreMeans compares the means of a column and their uncertainties.
func (c *columnScores) scoreMeans(truth, sample metric.Observable) {
	var t, s, r, g metric.Estimate
	t, err := truth.Mean()
	push(err, map[*[]number]float64{&c.TruthMean: t.Value, &c.TruthError: t.Error})
	s, err = sample.Mean()
	push(err, map[*[]number]float64{&c.Mean: s.Value, &c.MeanError: s.Error})
	d, err := metric.NewDilution(sample, truth)
	if err == nil {
		r = d.R
	}
	push(err, map[*[]number]float64{&c.R: r.Value, &c.RError: r.Error})
	g, err = metric.MatchingEvents(sample, float64(len(truth.F)))
	push(err, map[*[]number]float64{&c.NG: g.Value, &c.NGError: g.Error})
}

// columnRange returns the range of a column's histogram.
func (o *scoreOptions) columnRange(truth *dataset.Table, j int) (lo, hi float64) {
	for k, col := range o.columns {
		if o.histograms && col == j {
			return o.limits[2*k], o.limits[2*k+1]
		}
	}
	return span(truth, j)
}

// matchBins fills what each bin of a column needs; a constant column has no bins.
func (o *scoreOptions) matchBins(truth *dataset.Table, sample metric.Observable, j int) binMatching {
	var b binMatching
	b.Range[0], b.Range[1] = o.columnRange(truth, j)
	if m, err := metric.MatchingBins(sample, columnBins, b.Range[0], b.Range[1]); err == nil {
		for k := range m.Ratio {
			b.Ratio, b.Error = append(b.Ratio, number(m.Ratio[k])), append(b.Error, number(m.Error[k]))
		}
	}
	return b
}

// scoreSeparation compares the histograms of a column; a constant one has none.
func (o *scoreOptions) scoreSeparation(truth *dataset.Table, ref, sample, floor *points, j int, c *columnScores) {
	lo, hi := o.columnRange(truth, j)
	var h [3]*hist.H1
	var err error
	for k, p := range []*points{ref, sample, floor} {
		if h[k], err = hist.NewH1(columnBins, lo, hi); err != nil {
			break
		}
		h[k].FillColumn(p.Data, p.Cols, j, p.logw)
	}
	var s, f metric.Separation
	separate := func(to *metric.Separation, h2 *hist.H1) error {
		if err != nil {
			return err
		}
		v, err := metric.NewSeparation(h[0], h2)
		if err == nil {
			*to = *v
		}
		return err
	}
	errS, errF := separate(&s, h[1]), separate(&f, h[2])
	push(errS, map[*[]number]float64{&c.S2: s.S2, &c.S2Density: s.Density, &c.S2Noise: s.Noise, &c.S2NoiseSpread: s.NoiseSpread})
	push(errF, map[*[]number]float64{&c.S2Floor: f.S2})
}

// printColumns prints the scores of the columns, and their statistics if asked for.
func printColumns(b *strings.Builder, o *scoreOptions, r *comparison) {
	c := &r.columnScores
	c.table(b, []string{"mean", "error", "truth", "error", "S2", "S2 floor", "W1", "W1 floor", "r", "N_G"},
		c.Mean, c.MeanError, c.TruthMean, c.TruthError, c.S2, c.S2Floor, c.W1, c.W1Floor, c.R, c.NG)
	fmt.Fprintf(b, "N_G: points like these that know a column's mean as well as the %d of the truth\n", c.TruthPoints)
	if !o.statistics {
		return
	}
	b.WriteByte('\n')
	c.table(b, []string{"S2/width", "S2", "S2 noise", "spread", "r", "error", "r (bootstrap)", "error", "N_G", "error"},
		c.S2Density, c.S2, c.S2Noise, c.S2NoiseSpread, c.R, c.RError, c.BootstrapR, c.BootstrapErr, c.NG, c.NGError)
	fmt.Fprintf(b, "S2 noise: expected of equal densities; r of what does not correlate with the weights: sqrt(N_T/N_eff) = %s\n", c.KishR)
	printCorrelations(b, o, r)
}

// table prints lists of scores side by side, a column of the data a line.
func (c *columnScores) table(b *strings.Builder, head []string, lists ...[]number) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "column\t%s\t\n", strings.Join(head, "\t"))
	for j, name := range c.Names {
		fmt.Fprintf(w, "%s\t", name)
		for _, l := range lists {
			fmt.Fprintf(w, "%s\t", l[j])
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}

func column(t *dataset.Table, j int) []float64 {
	v := make([]float64, 0, t.Rows)
	for i := j; i < len(t.Data); i += t.Cols {
		v = append(v, float64(t.Data[i]))
	}
	return v
}
