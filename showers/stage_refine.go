package showers

import (
	"context"
	"errors"
	"fmt"
	"os"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/generator"
	"etalon/laser"
	"etalon/mcmc"
	"etalon/omnifold"
	"etalon/rundir"
	"etalon/train"
)

// pullBack learns the weights of the known latents (OmniFold, arXiv:1911.09107; LaSeR,
// section 3).
func (r *Run) pullBack(ctx context.Context) (string, error) {
	dir := r.d.Path("models", "pullback")
	if rundir.Exists(dir) {
		var err error
		r.nu, err = dctr.LoadWeigher(dir)
		return "", err
	}
	truth, err := r.inputs(r.truth.train.table)
	if err != nil {
		return "", err
	}
	x, err := r.inputs(r.gen.train.table)
	if err != nil {
		return "", err
	}
	z, err := dataset.Read(r.latentsPath(r.gen.train), dataset.ReadOptions{MaxBytes: r.memory})
	if err != nil {
		return "", err
	}
	cfg := r.cfg.Refine.unfold(r.cfg.Seed)
	cfg.Checkpoint = r.d.Checkpoint("omnifold")
	var names []string
	cfg.Train = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
		name = "omnifold, " + name
		names = append(names, name)
		return r.d.Train(ctx, name, l, r.cfg.Refine.Training)
	}
	sim := omnifold.Simulation{Z: z.Data, X: x, ZDim: z.Cols, XDim: len(x) / r.gen.train.len()}
	nu, res, err := omnifold.PullBack(ctx, r.e, sim, omnifold.Data{X: truth}, cfg)
	if err != nil {
		return "", err
	}
	if err := rundir.WriteJSON(r.d.Path("omnifold.json"), res.Iterations); err != nil {
		return "", err
	}
	if err := nu.Save(dir); err != nil {
		return "", err
	}
	r.nu = nu
	for _, name := range names {
		r.d.Forget(name)
	}
	os.Remove(cfg.Checkpoint)
	end := res.Iterations[len(res.Iterations)-1]
	return fmt.Sprintf("%d iterations, mean change of ln ν in the last %.4f", len(res.Iterations), end.MeanChange), nil
}

// leaveOut goes on without a sample that the weights do not allow, and has the report say so.
func (r *Run) leaveOut(method, reason string) string {
	text := method + " is left out: " + reason
	r.leftOut = append(r.leftOut, text)
	return text
}

// refine makes unweighted showers from latents that follow their weights, with fresh
// hidden randomness: LaSeR for a generator with hidden latents.
func (r *Run) refine(ctx context.Context) (string, error) {
	r.refined = r.own(methodRefined, r.cfg.Refine.Showers)
	note := ""
	if !rundir.Exists(r.refined.path) {
		fill, efficiency, err := r.fromRefined(ctx, r.cfg.Refine.Showers)
		var uneven *mcmc.UnevenError
		if errors.As(err, &uneven) {
			return r.leaveOut(methodRefined, err.Error()), nil
		}
		if err != nil {
			return "", err
		}
		if err := r.writeShowers(ctx, r.refined.path, r.latentsPath(r.refined), r.refined.len(), fill); err != nil {
			return "", err
		}
		note = fmt.Sprintf("%.1f %% of the latents accepted", 100*efficiency)
	}
	done := 0
	return note, r.observeSet(ctx, &r.refined, &done, r.refined.len())
}

// latentBlock is the number of latents that rejection proposes together.
const latentBlock = 4096

// fromRefined draws n latents from ν(z)·p(z) by rejection, and returns what makes showers
// of them with fresh hidden randomness.
func (r *Run) fromRefined(ctx context.Context, n int) (fill filler, accept float64, err error) {
	target, err := laser.NewTarget(r.e, generator.NewIdentity(r.sim.LatentDim(), r.sim.Prior()), r.nu)
	if err != nil {
		return nil, 0, err
	}
	space := mcmc.Space{Target: target}
	if r.sim.Prior() == generator.Uniform {
		space.Lower, space.Upper = -1, 1
	}
	c := r.cfg.Refine
	s, err := mcmc.New(mcmc.Config{Method: mcmc.Rejection, Samples: n, Chains: latentBlock, Overweight: mcmc.OverweightRepeat, CapQuantile: c.CapQuantile, Pilot: c.Pilot}, space, nil, r.stream(methodRefined))
	if err != nil {
		return nil, 0, err
	}
	for !s.Done() {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		if err := s.Step(); err != nil {
			return nil, 0, err
		}
	}
	l := r.sim.LatentDim()
	base := generator.RowBase(r.cfg.Seed, methodRefined)
	all := s.Samples()
	return func(first int, z, x []float32) error {
		copy(z, all[first*l:])
		return r.sim.Generate(base+uint64(first), z, x)
	}, s.Stats().Accept, nil
}
