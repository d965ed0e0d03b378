package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"etalon/dataset"
	"etalon/metric"
)

// weightings compares the weights of the sample with others.
type weightings struct {
	Rho   number  `json:"rho"` // Pearson's
	Error number  `json:"error"`
	NEff  float64 `json:"n_eff"` // of the others
}

// readWeights returns log-weights of mean weight 1 from a file of weights, or of their
// logarithms.
func readWeights(path string, logs bool, n int, most memory) ([]float64, error) {
	w, err := dataset.ReadColumn(path, dataset.ReadOptions{MaxBytes: int64(most)})
	if err != nil {
		return nil, err
	}
	if len(w) != n {
		return nil, fmt.Errorf("%s: %d weights for a sample of %d points", path, len(w), n)
	}
	if !logs {
		return logarithms(path, w)
	}
	return normalised(path, w)
}

// logarithms turns weights into log-weights of mean weight 1.
func logarithms(path string, w []float64) ([]float64, error) {
	logw := make([]float64, len(w))
	for i, v := range w {
		if v < 0 {
			return nil, fmt.Errorf("%s: weight %d is %g; weights from 0 on are accepted", path, i, v)
		}
		logw[i] = math.Log(v)
	}
	return normalised(path, logw)
}

func normalised(path string, w []float64) ([]float64, error) {
	logw, err := metric.NormaliseLogWeights(w)
	if err != nil {
		return nil, fmt.Errorf("%s: all weights are zero", path)
	}
	return logw, nil
}

// compareWeights correlates the sample's weights with those of another file.
func (o *scoreOptions) compareWeights(sample *points, r *comparison) error {
	if o.otherWeights == "" {
		return nil
	}
	other, err := readWeights(o.otherWeights, o.logWeights != "", sample.Rows, o.tables.memory)
	if err != nil {
		return err
	}
	w1, err1 := metric.LinearWeights(sample.logw)
	w2, err2 := metric.LinearWeights(other)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	rho, err := metric.WeightCorrelation(w1, w2)
	if err != nil { // equal weights
		rho = metric.Estimate{Value: math.NaN(), Error: math.NaN()}
	}
	r.Weightings = &weightings{Rho: number(rho.Value), Error: number(rho.Error), NEff: metric.KishESS(other)}
	return nil
}

func (w *weightings) line(o *scoreOptions) string {
	return fmt.Sprintf("correlation of the weights with those of %s: rho = %s +- %s; N_eff of these %.1f\n", filepath.Base(o.otherWeights), w.Rho, w.Error, w.NEff)
}

// readWeighted reads the sample, and its weights where --weight-column says where they
// are.
func (a *app) readWeighted(o *scoreOptions, path string, cols int, like []string) (*dataset.Table, error) {
	t, unweighted, err := a.readScored(o, path, cols, like)
	if err == nil {
		err = unweighted
	}
	return t, err
}

// readTruth reads truth points, whose column of weights, if they have it, is left out:
// it must not say anything.
func (a *app) readTruth(o *scoreOptions, path string, cols int, like []string) (*dataset.Table, error) {
	t, _, err := a.readScored(o, path, cols, like)
	if err != nil {
		return nil, err
	}
	for i, w := range t.Weights {
		if w != t.Weights[0] {
			return nil, fmt.Errorf("%s: column %s has different weights, as in rows 0 and %d; truth points of equal weights are accepted", path, o.tables.weight, i)
		}
	}
	return t, nil
}

func (a *app) readScored(o *scoreOptions, path string, cols int, like []string) (t *dataset.Table, unweighted, err error) {
	return o.tables.read(cols, like, func(opt dataset.ReadOptions) (*dataset.Table, error) {
		t, _, err := a.readTable(path, opt, &o.showers, o.threads)
		return t, err
	})
}
