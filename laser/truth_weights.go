package laser

import (
	"fmt"
	"math"
	"slices"

	"etalon/dataset"
	"etalon/hist"
	"etalon/metric"
)

const (
	fewestRows = 4000 // of a truth file
	// fewestEffective is what weighted rows of a truth file must be worth: a quarter of
	// them is what scores are compared with.
	fewestEffective = 1000
)

// truthOptions says what is read of the truth file. memory bounds it, 0 for the bound of
// package dataset.
func (c *Config) truthOptions(memory int64) dataset.ReadOptions {
	return dataset.ReadOptions{Columns: c.columns(), Weight: c.WeightColumn, MaxBytes: memory}
}

// checkTruth refuses truth points that are too few, or have weights that a run cannot
// follow. Negative ones would give bins of negative content, of which JSD, EMD and ⟨S²⟩ are
// not defined, and no generator can be trained on them.
func checkTruth(cfg Config, t *dataset.Table) error {
	for i, w := range t.Weights {
		if w < 0 {
			return fmt.Errorf("%s: column %s: the weight of row %d is %g; a run accepts weights from 0 on, etalon reweight negative ones as well", cfg.Truth, cfg.WeightColumn, i, w)
		}
	}
	if t.Rows < fewestRows {
		return fmt.Errorf("%s: %d rows; at least %d are accepted", cfg.Truth, t.Rows, fewestRows)
	}
	if t.Weights == nil {
		return nil
	}
	if n := effective(t.Weights); !(n >= fewestEffective) {
		return fmt.Errorf("%s: column %s: %d rows of these weights are worth %.0f of equal weight; at least %d are accepted", cfg.Truth, cfg.WeightColumn, t.Rows, n, fewestEffective)
	}
	return nil
}

// effective is Kish's number (Σw)²/Σw² of weights from 0 on, whatever their scale.
func effective(w []float64) float64 { return metric.KishESS(logarithms(w)) }

// logarithms returns log-weights, -Inf of 0; nil of nil.
func logarithms(w []float64) []float64 {
	if w == nil {
		return nil
	}
	l := make([]float64, len(w))
	for i, v := range w {
		l[i] = math.Log(v)
	}
	return l
}

// unitMean returns weights from 0 on of mean 1.
func unitMean(w []float64) []float64 {
	largest, sum := 0.0, 0.0
	for _, v := range w {
		largest = max(largest, v)
	}
	for _, v := range w {
		sum += v / largest
	}
	out := make([]float64, len(w))
	for i, v := range w {
		out[i] = v / largest * float64(len(w)) / sum
	}
	return out
}

// float32s returns weights for a generator's training; nil of nil.
func float32s(w []float64) []float32 {
	if w == nil {
		return nil
	}
	out := make([]float32, len(w))
	for i, v := range w {
		out[i] = float32(v)
	}
	return out
}

// truthHistogram is that of the points that methods are compared with.
func (r *Run) truthHistogram() (*hist.H2, error) {
	return r.histogram(r.truth.score, logarithms(r.truth.scoreW))
}

// truthWorth is the number of unweighted points that a row of a weighted truth file is
// worth in the histogram that is compared (metric.HistogramSize), 1 where rows have equal
// weights.
func (r *Run) truthWorth() (float64, error) {
	if r.truth.scoreW == nil {
		return 1, nil
	}
	all := r.truth.independent(r.truth.spare, 0)
	h, err := r.histogram(all.X, logarithms(all.W))
	if err != nil {
		return 0, err
	}
	worth := metric.HistogramSize(h) / float64(len(all.W))
	if !(worth > 0) {
		return 0, fmt.Errorf("%s: none of the %d truth points that are kept for the floor has weight in the range of the scores", r.cfg.Truth, len(all.W))
	}
	return min(worth, 1), nil
}

// truthSummary says what the weighted points of a truth file are worth.
type truthSummary struct {
	WeightColumn string  `json:"weight_column"`
	Rows         int     `json:"rows"`  // that methods are compared with
	NEff         float64 `json:"n_eff"` // Kish's number of these
	Train        int     `json:"train"` // that were trained on
	TrainNEff    float64 `json:"train_n_eff"`
}

// summariseTruth returns nil where all points have equal weights.
func (r *Run) summariseTruth() *truthSummary {
	t := r.truth
	if t.scoreW == nil {
		return nil
	}
	return &truthSummary{WeightColumn: r.cfg.WeightColumn, Rows: len(t.scoreW), NEff: effective(t.scoreW), Train: len(t.trainW), TrainNEff: effective(t.trainW)}
}

// unweightedPairs refuses a sample that has the truth's column of weights: a generator's
// points follow its prior, and count the same.
func (r *Run) unweightedPairs(sample string) error {
	if r.cfg.WeightColumn == "" {
		return nil
	}
	rows, err := dataset.OpenRows(sample, dataset.ReadOptions{})
	if err != nil {
		return err
	}
	defer rows.Close()
	if slices.Contains(rows.Names, r.cfg.WeightColumn) {
		return fmt.Errorf("%s: column %s holds weights; pairs of latents and features without weights are accepted", sample, r.cfg.WeightColumn)
	}
	return nil
}
