package omnifold

import (
	"context"
	"fmt"
	"math"
	"slices"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/preprocess"
	"etalon/rng"
	"etalon/train"
)

const defaultIterations = 5

// minRows of simulation and data, below which a network cannot be judged.
const minRows = 4

// Unfold runs OmniFold. Weights of the simulation and of the data may be negative
// where the loss accepts them. The same seed gives the same bytes for any number of
// threads.
func Unfold(ctx context.Context, e *cpu.Engine, sim Simulation, data Data, cfg Config) (*Result, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	u, err := newUnfolding(e, sim, data, cfg)
	if err != nil {
		return nil, err
	}
	n := cfg.Iterations
	if n == 0 {
		n = defaultIterations
	}
	if err := u.restore(n); err != nil {
		return nil, err
	}
	if err := u.after(ctx); err != nil {
		return nil, err
	}
	for i := len(u.done); i < n; i++ {
		if err := u.iterate(ctx, i); err != nil {
			return nil, err
		}
		if err := u.save(); err != nil {
			return nil, err
		}
		if err := u.after(ctx); err != nil {
			return nil, err
		}
	}
	return u.result(), nil
}

// after tells the caller of the last iteration, once.
func (u *unfolding) after(ctx context.Context) error {
	if u.cfg.After == nil || u.told == len(u.done) {
		return nil
	}
	score, err := u.cfg.After(ctx, u.result())
	if err != nil {
		return fmt.Errorf("omnifold: after iteration %d: %w", len(u.done), err)
	}
	u.told = len(u.done)
	u.done[u.told-1].Score = score
	return u.save()
}

// PullBack returns the log-weight of the known latents z of a generator with hidden
// ones, x = g(z, hidden): that under which its output follows the truth, averaged over
// what is hidden. It is Unfold with the latents as the particle level.
func PullBack(ctx context.Context, e *cpu.Engine, sim Simulation, truth Data, cfg Config) (dctr.Weigher, *Result, error) {
	r, err := Unfold(ctx, e, sim, truth, cfg)
	if err != nil {
		return nil, nil, err
	}
	return r.Nu, r, nil
}

// unfolding is the state between iterations. Its tables are in random order, so that
// the last rows may be held out.
type unfolding struct {
	e            *cpu.Engine
	cfg          Config
	order        []uint32 // event of each row of sim
	sim          Simulation
	data         Data
	prior        []float64 // the simulation's weights, mean 1
	logNu        []float64
	shiftX       []float64
	scaleX       []float64
	shiftZ       []float64
	scaleZ       []float64
	detector, nu *dctr.Classifier
	done         []Iteration
	told         int    // of the iterations, those that After knows
	key          string // of the checkpoint
}

func newUnfolding(e *cpu.Engine, sim Simulation, data Data, cfg Config) (*unfolding, error) {
	n, err := dctr.Sample{X: sim.Z, W: sim.W}.Rows(sim.ZDim)
	if err != nil {
		return nil, fmt.Errorf("omnifold: simulation, z: %w", err)
	}
	nx, err := dctr.Sample{X: sim.X}.Rows(sim.XDim)
	if err != nil {
		return nil, fmt.Errorf("omnifold: simulation, x: %w", err)
	}
	nd, err := data.Rows(sim.XDim)
	if err != nil {
		return nil, fmt.Errorf("omnifold: data: %w", err)
	}
	switch {
	case nx != n:
		return nil, fmt.Errorf("omnifold: simulation: %d rows of z and %d of x; equal numbers are accepted", n, nx)
	case n < minRows || nd < minRows:
		return nil, fmt.Errorf("omnifold: %d simulated events and %d of the data; at least %d of each are accepted", n, nd, minRows)
	}
	if err := cfg.Loss.CheckWeights(sim.W); err != nil {
		return nil, fmt.Errorf("omnifold: simulation: %w", err)
	}
	if err := cfg.Loss.CheckWeights(data.W); err != nil {
		return nil, fmt.Errorf("omnifold: data: %w", err)
	}
	if err := cfg.Transform.Check(sim.XDim); err != nil {
		return nil, fmt.Errorf("omnifold: %w", err)
	}
	if err := cfg.Transform.CheckRows(sim.X, nil, 0); err != nil {
		return nil, fmt.Errorf("omnifold: simulation: %w", err)
	}
	if err := cfg.Transform.CheckRows(data.X, nil, 0); err != nil {
		return nil, fmt.Errorf("omnifold: data: %w", err)
	}
	if err := cfg.LatentTransform.Check(sim.ZDim); err != nil {
		return nil, fmt.Errorf("omnifold: z: %w", err)
	}
	if err := cfg.LatentTransform.CheckRows(sim.Z, nil, 0); err != nil {
		return nil, fmt.Errorf("omnifold: simulation, z: %w", err)
	}
	for name, v := range map[string][]float32{"simulation, z": sim.Z, "simulation, x": sim.X, "data": data.X} {
		for i, x := range v {
			if x-x != 0 {
				return nil, fmt.Errorf("omnifold: %s: value %d is %g; finite ones are accepted", name, i, x)
			}
		}
	}
	u := &unfolding{e: e, cfg: cfg, order: make([]uint32, n), logNu: make([]float64, n), prior: make([]float64, n)}
	u.sim = Simulation{ZDim: sim.ZDim, XDim: sim.XDim}
	rng.New(cfg.Seed, "omnifold/simulation").Perm(u.order, 0)
	total := 0.0
	for i, r := range u.order {
		u.sim.Z = append(u.sim.Z, sim.Z[int(r)*sim.ZDim:(int(r)+1)*sim.ZDim]...)
		u.sim.X = append(u.sim.X, sim.X[int(r)*sim.XDim:(int(r)+1)*sim.XDim]...)
		u.prior[i] = 1
		if sim.W != nil {
			u.prior[i] = sim.W[r]
		}
		total += u.prior[i]
	}
	for i := range u.prior {
		u.prior[i] *= float64(n) / total
	}
	rows := make([]uint32, nd)
	rng.New(cfg.Seed, "omnifold/data").Perm(rows, 0)
	for _, r := range rows {
		u.data.X = append(u.data.X, data.X[int(r)*sim.XDim:(int(r)+1)*sim.XDim]...)
		if data.W != nil {
			u.data.W = append(u.data.W, data.W[r])
		}
	}
	x := data.X
	if cfg.Transform.Maps() {
		x = make([]float32, len(data.X))
		cfg.Transform.Forward(x, data.X)
	}
	u.shiftX, u.scaleX = standardise(x, sim.XDim)
	cfg.Transform.Unscaled(u.shiftX, u.scaleX)
	z := sim.Z
	if cfg.LatentTransform.Maps() {
		z = make([]float32, len(sim.Z))
		cfg.LatentTransform.Forward(z, sim.Z)
	}
	u.shiftZ, u.scaleZ = standardise(z, sim.ZDim)
	cfg.LatentTransform.Unscaled(u.shiftZ, u.scaleZ)
	if cfg.Checkpoint != "" {
		u.key = fingerprint(sim, data, cfg)
	}
	return u, nil
}

// iterate makes iteration number i.
func (u *unfolding) iterate(ctx context.Context, i int) error {
	it := Iteration{AUC: math.NaN(), AUCError: math.NaN()}
	sample := dctr.Sample{X: u.sim.X, W: u.weights(u.logNu)}
	f, err := u.classifier(u.detector, u.cfg.Detector, u.cfg.Transform, u.shiftX, u.scaleX, i, "detector")
	if err != nil {
		return err
	}
	l, err := dctr.NewWeightedObjective(u.e, f, u.data, sample, u.cfg.Loss, u.cfg.Training, u.seed(i, "step1"))
	if err != nil {
		return fmt.Errorf("omnifold: step 1: %w", err)
	}
	if it.Valid1, err = u.train(ctx, StepName(i+1, 1), l); err != nil {
		return err
	}
	u.detector = f
	logits, err := f.Logits(u.e, u.sim.X)
	if err != nil {
		return err
	}
	if err := u.judge(&it, f, logits, sample.W); err != nil {
		return err
	}
	pull := make([]float64, len(logits))
	for k, l := range logits {
		pull[k] = u.logNu[k] + l
	}

	f, err = u.classifier(u.nu, u.cfg.Particle, u.cfg.LatentTransform, u.shiftZ, u.scaleZ, i, "particle")
	if err != nil {
		return err
	}
	if l, err = dctr.NewPairedObjective(u.e, f, u.sim.Z, u.weights(pull), u.prior, u.cfg.Loss, u.cfg.Training, u.seed(i, "step2")); err != nil {
		return fmt.Errorf("omnifold: step 2: %w", err)
	}
	if it.Valid2, err = u.train(ctx, StepName(i+1, 2), l); err != nil {
		return err
	}
	u.nu = f
	logNu, err := f.Logits(u.e, u.sim.Z)
	if err != nil {
		return err
	}
	u.normalise(logNu)
	n := float64(len(logNu))
	for k, l := range logNu {
		it.MeanChange += math.Abs(u.prior[k]) / n * math.Abs(l-u.logNu[k])
	}
	u.logNu = logNu
	d, err := dctr.Diagnose(u.prior, logNu)
	if err != nil {
		return fmt.Errorf("omnifold: iteration %d: %w", i+1, err)
	}
	it.NEff = d.NEff
	u.done = append(u.done, it)
	return nil
}

// weights returns the simulation's weights times exp(logw).
func (u *unfolding) weights(logw []float64) []float64 {
	w := make([]float64, len(logw))
	for i, l := range logw {
		w[i] = u.prior[i] * math.Exp(l)
	}
	return w
}

// normalise shifts log-weights so that those of the simulation keep their total.
func (u *unfolding) normalise(logw []float64) {
	top, s := math.Inf(-1), 0.0
	for _, l := range logw {
		top = max(top, l)
	}
	for i, l := range logw {
		s += u.prior[i] * math.Exp(l-top)
	}
	shift := top + math.Log(s/float64(len(logw)))
	for i := range logw {
		logw[i] -= shift
	}
}

// judge sets the AUC of step 1's classifier on the rows held out of its training.
func (u *unfolding) judge(it *Iteration, f *dctr.Classifier, logits, w []float64) error {
	n := len(u.data.X) / u.sim.XDim
	kd, ks := u.cfg.Training.Split(n), u.cfg.Training.Split(len(logits))
	if kd == n || ks == len(logits) {
		return nil
	}
	s := dctr.Scores{Gen: logits[ks:], GenW: w[ks:]}
	if u.data.W != nil {
		s.TruthW = u.data.W[kd:]
	}
	var err error
	if s.Truth, err = f.Logits(u.e, u.data.X[kd*u.sim.XDim:]); err != nil {
		return err
	}
	it.AUC, it.AUCError, err = dctr.AUC(s)
	return err
}

func (u *unfolding) seed(i int, name string) uint64 {
	return rng.New(u.cfg.Seed, fmt.Sprintf("omnifold/%s/%d", name, i)).Source(0).Uint64()
}

// classifier returns a new network, or with a warm start the last one, to train on.
func (u *unfolding) classifier(last *dctr.Classifier, cfg dctr.Config, t preprocess.Transform, shift, scale []float64, i int, name string) (*dctr.Classifier, error) {
	if last != nil && u.cfg.WarmStart {
		return last, nil
	}
	f, err := dctr.New(cfg, scale, u.seed(i, name))
	if err != nil {
		return nil, fmt.Errorf("omnifold: %w", err)
	}
	f.Shift, f.Transform = shift, t
	return f, nil
}

// train returns the loss of the epoch that is kept on held-out rows, NaN without them.
func (u *unfolding) train(ctx context.Context, name string, l train.Learner) (float64, error) {
	run := u.cfg.Train
	if run == nil {
		run = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
			return train.Loop{Name: name, Epochs: u.cfg.Training.Epochs, Schedule: u.cfg.Training.Schedule, Patience: u.cfg.Training.Patience}.Run(ctx, l)
		}
	}
	records, err := run(ctx, name, l)
	if err != nil {
		return 0, err
	}
	if len(records) > 0 {
		if v, ok := train.Kept(records, u.cfg.Training.Patience).Losses["valid"]; ok {
			return v, nil
		}
	}
	return math.NaN(), nil
}

func (u *unfolding) result() *Result {
	r := &Result{Nu: u.nu, Detector: u.detector, Iterations: slices.Clone(u.done), LogNu: make([]float64, len(u.logNu))}
	for i, k := range u.order {
		r.LogNu[k] = u.logNu[i]
	}
	return r
}

// standardise returns what brings each column to mean 0 and standard deviation 1.
func standardise(x []float32, cols int) (shift, scale []float64) {
	n := float64(len(x) / cols)
	for j := range cols {
		var mean, m2 float64
		for i := j; i < len(x); i += cols {
			mean += float64(x[i]) / n
		}
		for i := j; i < len(x); i += cols {
			d := float64(x[i]) - mean
			m2 += d * d / n
		}
		dev := math.Sqrt(m2)
		if dev <= 1e-12*math.Abs(mean) || !(dev > 0) {
			dev = 1
		}
		shift, scale = append(shift, mean), append(scale, dev)
	}
	return shift, scale
}
