package laser

import (
	"fmt"
	"math"

	"etalon/dctr"
	"etalon/hist"
	"etalon/metric"
	"etalon/train"
)

// ColumnScore compares one column of a sample with that of the truth (DCTRGAN,
// arXiv:2009.03796, sections II B and III).
type ColumnScore struct {
	Column    int     `json:"column"`
	S2        float64 `json:"s2"`         // ⟨S²⟩ of eq. 15, in [0, 1]
	S2Density float64 `json:"s2_density"` // of density-normalised histograms, as the paper prints it
	S2Noise   float64 `json:"s2_noise"`   // its expectation for samples of one density
	Spread    float64 `json:"s2_noise_spread"`
	// R is the dilution of a weighted sample: the standard error of its mean over that of
	// the truth sample's (metric.NewDilution). Nil of others.
	R      *float64 `json:"r,omitempty"`
	RError *float64 `json:"r_error,omitempty"`
}

// scoreColumns sets the scores of single columns.
func (r *Run) scoreColumns(list []candidate, scores []Score) error {
	dim := r.truth.dim
	weights := make([][]float64, len(list))
	for i, c := range list {
		if c.logw == nil {
			continue
		}
		var err error
		if weights[i], err = metric.LinearWeights(c.logw); err != nil {
			return fmt.Errorf("%s: %w", c.method, err)
		}
	}
	truthLogW := logarithms(r.truth.scoreW)
	for j := range dim {
		lo, hi := r.columnRange(j)
		truth, err := r.column(r.truth.score, truthLogW, j, lo, hi)
		if err != nil {
			return err
		}
		observable := metric.Events{X: r.truth.score, Dim: dim, W: r.truth.scoreW}.Observable(j)
		for i, c := range list {
			h, err := r.column(c.x, c.logw, j, lo, hi)
			if err != nil {
				return err
			}
			s, err := metric.NewSeparation(truth, h)
			if err != nil {
				return fmt.Errorf("%s: column %d: %w", c.method, j, err)
			}
			one := ColumnScore{Column: j, S2: s.S2, S2Density: s.Density, S2Noise: s.Noise, Spread: s.NoiseSpread}
			if w := weights[i]; w != nil {
				d, err := metric.NewDilution(metric.Events{X: c.x, Dim: dim, W: w}.Observable(j), observable)
				if err != nil {
					return fmt.Errorf("%s: column %d: %w", c.method, j, err)
				}
				one.R, one.RError = &d.R.Value, &d.R.Error
			}
			scores[i].Columns = append(scores[i].Columns, one)
		}
	}
	return nil
}

// columnRange is the range of a column's histogram: that of the scores, or what the truth
// spans.
func (r *Run) columnRange(j int) (lo, hi float64) {
	for k, c := range r.cfg.Score.Columns {
		if c == j {
			return r.truth.rng[2*k], r.truth.rng[2*k+1]
		}
	}
	s := span(r.truth.score, r.truth.scoreW, r.truth.dim, []int{j})
	return s[0], s[1]
}

func (r *Run) column(x []float32, logw []float64, j int, lo, hi float64) (*hist.H1, error) {
	h, err := hist.NewH1(r.cfg.Score.Bins, lo, hi)
	if err != nil {
		return nil, err
	}
	h.FillColumn(x, r.truth.dim, j, logw)
	return h, nil
}

// classifierSummary is what the validation loss of the classifier tells of the generator.
type classifierSummary struct {
	// Validation is the binary cross-entropy on the rows held out, in nats, the mean of
	// all networks.
	Validation float64 `json:"validation_cross_entropy"`
	// JSDBound is ln 2 - Validation: but for the noise of the rows held out, truth and
	// generator are at least so far apart in JSD, since no classifier does better than the
	// ratio of their densities, whose cross-entropy is ln 2 - JSD.
	JSDBound float64 `json:"jsd_bound"`
	Epoch    int     `json:"epoch"`  // whose parameters were taken, of the first network
	Epochs   int     `json:"epochs"` // that it made
}

// summariseClassifier reads the first round's training from history.json; nil where
// nothing was held out, or the loss is another.
func (r *Run) summariseClassifier() (*classifierSummary, error) {
	c := r.cfg.Classifier
	if c.Model != "" || c.Training.Validation == 0 || c.Loss != dctr.BCE && c.Loss != "" {
		return nil, nil
	}
	all, err := r.d.History()
	if err != nil {
		return nil, err
	}
	s := &classifierSummary{}
	n := max(c.Folds, 1) * max(c.Members, 1)
	for i := range n {
		h := all[networkName("classifier", i)]
		if len(h.Valid) == 0 || len(h.Valid) != len(h.Epoch) {
			return nil, nil
		}
		var records []train.Record
		for k, v := range h.Valid {
			records = append(records, train.Record{Epoch: h.Epoch[k], Losses: map[string]float64{"valid": v}})
		}
		kept := train.Kept(records, c.Training.Patience)
		s.Validation += kept.Losses["valid"] / float64(n)
		if i == 0 {
			s.Epoch, s.Epochs = kept.Epoch, len(records)
		}
	}
	s.JSDBound = math.Ln2 - s.Validation
	return s, nil
}

// networkName is the name in history.json of network number i (from 0) of a stage.
func networkName(stage string, i int) string {
	if i == 0 {
		return stage
	}
	return fmt.Sprintf("%s, network %d", stage, i+1)
}
