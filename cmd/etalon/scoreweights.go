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
func readWeights(path string, logarithms bool, n int) ([]float64, error) {
	w, err := dataset.ReadFloat64(path)
	if err != nil {
		return nil, err
	}
	if len(w) != n {
		return nil, fmt.Errorf("%s: %d weights for a sample of %d points", path, len(w), n)
	}
	if !logarithms {
		for i, v := range w {
			if v < 0 {
				return nil, fmt.Errorf("%s: weight %d is %g; weights from 0 on are accepted", path, i, v)
			}
			w[i] = math.Log(v)
		}
	}
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
	other, err := readWeights(o.otherWeights, o.logWeights != "", sample.Rows)
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
