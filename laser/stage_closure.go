package laser

import (
	"context"
	"math"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/rundir"
	"etalon/train"
)

// testClosure lets a fresh classifier look for a difference between weighted points and
// truth points that nothing was trained on.
func (r *Run) testClosure(ctx context.Context, rd *round) (string, error) {
	path := r.path(closureFile)
	if rundir.Exists(path) {
		return "", nil
	}
	c := r.cfg.Closure
	x, err := r.readRows(rd.name("baseline"), r.truth.dim)
	if err != nil {
		return "", err
	}
	logw, err := dataset.ReadFloat64(r.samplePath(rd.name("log_weights")))
	if err != nil {
		return "", err
	}
	truth := r.truth.independent(c.Points, 0)
	n := min(c.Points, len(truth.X)/r.truth.dim, len(logw))
	w := make([]float64, n)
	for i := range w {
		w[i] = math.Exp(logw[i])
	}
	truth.X = truth.X[:n*r.truth.dim]
	if truth.W != nil {
		truth.W = truth.W[:n]
	}
	test := dctr.ClosureTest{Network: c.Network, Shift: r.truth.shift, Scale: r.truth.scale, Transform: r.truth.transform, Training: c.Training, Level: c.Level, Seed: r.seed(rd),
		Train: func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
			return r.d.Train(ctx, name, l, c.Training)
		}}
	res, err := test.Run(ctx, r.e, truth, dctr.Sample{X: x[:n*r.truth.dim], W: w})
	if err != nil {
		return "", err
	}
	if err := rundir.WriteJSON(path, res); err != nil {
		return "", err
	}
	r.d.Forget("closure test")
	return res.Verdict, nil
}
