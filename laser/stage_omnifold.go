package laser

import (
	"context"
	"errors"
	"fmt"
	"os"

	"etalon/dctr"
	"etalon/mcmc"
	"etalon/omnifold"
	"etalon/preprocess"
	"etalon/rundir"
	"etalon/train"
)

// pullBack learns the weights of the known latents of a generator that is no network,
// or has hidden ones (OmniFold).
func (r *Run) pullBack(ctx context.Context, rd *round) (string, error) {
	dir := r.path("models", rd.name("pullback"))
	if rundir.Exists(dir) {
		var err error
		rd.nu, err = dctr.LoadWeigher(dir)
		return "", err
	}
	c := r.cfg.OmniFold
	n := c.Events
	if p := rd.g.pairs; p != nil {
		n = min(n, p.Rows())
	}
	s, err := rd.g.draw(r.e, r.seed(rd), "omnifold/z", n)
	if err != nil {
		return "", err
	}
	cfg := c.unfold(r.seed(rd))
	cfg.Checkpoint = r.d.Checkpoint(rd.name("omnifold"))
	var names []string
	cfg.Train = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
		name = rd.stage("omnifold") + ", " + name
		names = append(names, name)
		return r.d.Train(ctx, name, l, c.Training)
	}
	if rd.g.pairs == nil && rd.g.given == nil {
		cfg.After = func(ctx context.Context, res *omnifold.Result) (*omnifold.Score, error) {
			return r.scoreIteration(ctx, rd, res)
		}
	}
	cfg.Transform = r.truth.transform
	if c := r.conditions; c != nil && r.truth.transform != nil {
		own := make(preprocess.Transform, rd.g.latentDim()-len(c.Columns))
		cfg.LatentTransform = append(own, r.truth.transform.Pick(c.Columns)...)
	}
	sim := omnifold.Simulation{Z: s.z, X: s.x, ZDim: rd.g.latentDim(), XDim: r.truth.dim}
	nu, res, err := omnifold.PullBack(ctx, r.e, sim, omnifold.Data{X: r.truth.train, W: r.truth.trainW}, cfg)
	if err != nil {
		return "", err
	}
	if err := rundir.WriteJSON(r.path(rd.name("omnifold")+".json"), omnifoldRecord{Iterations: res.Iterations}); err != nil {
		return "", err
	}
	if err := nu.Save(dir); err != nil {
		return "", err
	}
	rd.nu = nu
	for _, name := range names {
		r.d.Forget(name)
	}
	os.Remove(cfg.Checkpoint)
	end := res.Iterations[len(res.Iterations)-1]
	return fmt.Sprintf("%d iterations, mean change of ln ν in the last %.4f, AUC of truth against weighted points %.4f ± %.4f", len(res.Iterations), end.MeanChange, end.AUC, end.AUCError), nil
}

// omnifoldRecord is omnifold.json.
type omnifoldRecord struct {
	Iterations []omnifold.Iteration       `json:"iterations"`
	References map[string]*omnifold.Score `json:"references,omitempty"`
}

// scoreIteration scores unweighted points that follow the weights ν so far: latents by
// rejection, mapped to features with fresh hidden randomness.
func (r *Run) scoreIteration(ctx context.Context, rd *round, res *omnifold.Result) (*omnifold.Score, error) {
	space, err := rd.g.space(r.e, res.Nu)
	if err != nil {
		return nil, err
	}
	name := rd.name("omnifold/score")
	s, err := mcmc.New(r.cfg.Samplers.rejection(r.cfg.Score.Points), space, nil, r.stream(name))
	if errors.As(err, new(*mcmc.UnevenError)) {
		return nil, nil // without points there is no score
	}
	if err != nil {
		return nil, err
	}
	for !s.Done() {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("omnifold: %w", err)
		}
		if err := s.Step(); err != nil {
			return nil, fmt.Errorf("omnifold: %w", err)
		}
	}
	x, err := rd.g.push(r.seed(rd), name, s.Samples())
	if err != nil {
		return nil, err
	}
	truth, err := r.truthHistogram()
	if err != nil {
		return nil, err
	}
	h, err := r.histogram(x, nil)
	if err != nil {
		return nil, err
	}
	v, err := Compare(truth, h)
	return &omnifold.Score{JSD: v.JSD, EMD: v.EMD}, err
}

// setReferences adds to omnifold.json what its iterations are held against.
func (r *Run) setReferences(m *metrics) error {
	path := r.path("omnifold.json")
	if !rundir.Exists(path) {
		return nil
	}
	var rec omnifoldRecord
	if err := rundir.ReadJSON(path, &rec); err != nil {
		return err
	}
	rec.References = map[string]*omnifold.Score{"floor": {JSD: m.Floor.JSD, EMD: m.Floor.EMD}}
	for _, s := range m.Scores {
		switch s.Method {
		case "baseline", "direct", "dctr":
			rec.References[s.Method] = &omnifold.Score{JSD: s.JSD, EMD: s.EMD}
		}
	}
	return rundir.WriteJSON(path, rec)
}
