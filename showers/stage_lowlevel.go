package showers

import (
	"context"
	"fmt"

	"etalon/calo"
	"etalon/dctr"
	"etalon/rundir"
	"etalon/train"
)

// trainLowLevel learns the weights of the cells of a shower, and gives them to the showers
// that are scored, which it has not seen.
func (r *Run) trainLowLevel(ctx context.Context) (string, error) {
	dir := r.d.Path("models", "low_level")
	c := r.cfg.LowLevel
	var f dctr.Weigher
	note := ""
	if rundir.Exists(dir) {
		var err error
		if f, err = dctr.LoadWeigher(dir); err != nil {
			return "", err
		}
	} else {
		truth, err := r.truth.train.sparse(ctx, r.shape, c.Showers, r.memory)
		if err != nil {
			return "", err
		}
		gen, err := r.gen.train.sparse(ctx, r.shape, c.Showers, r.memory)
		if err != nil {
			return "", err
		}
		fit := c.fit(r.shape, r.cfg.Seed)
		if err := fit.Network.Volume.MeasureSums(truth, gen); err != nil {
			return "", err
		}
		var names []string
		fit.Train = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
			name = "low level, " + name
			names = append(names, name)
			return r.d.Train(ctx, name, l, c.Training)
		}
		fitted, err := fit.Run(ctx, r.e, dctr.Sample{From: truth}, dctr.Sample{From: gen})
		if err != nil {
			return "", err
		}
		if err := r.d.AddHistory("low-level classifier", fitted.Records[0]); err != nil {
			return "", err
		}
		f = fitted.Model
		if err := f.Save(dir); err != nil {
			return "", err
		}
		for _, name := range names {
			r.d.Forget(name)
		}
		note = fmt.Sprintf("%d and %d showers, %s", truth.Len(), gen.Len(), rundir.Describe(fitted.Records[0], c.Training.Patience))
	}
	logw, err := r.cellWeights(ctx, f)
	if err != nil {
		return "", err
	}
	return note, r.addWeights(methodLow, logw, c.Clip)
}

// cellWeights returns the log-weights of the scored showers, some at a time.
func (r *Run) cellWeights(ctx context.Context, f dctr.Weigher) ([]float64, error) {
	scorer, err := dctr.NewScorer(r.e, f)
	if err != nil {
		return nil, err
	}
	s := r.gen.score
	logw := make([]float64, s.len())
	err = s.blocks(ctx, func(first int, cells []float32) error {
		n := len(cells) / r.shape.Cells()
		r.d.Progress(first, s.len(), "weights")
		part, err := scorer.LogWeights(cells)
		copy(logw[first:first+n], part)
		return err
	})
	return logw, err
}

var _ dctr.Examples = (*calo.Sparse)(nil)
