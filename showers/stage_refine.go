package showers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"etalon/calo"
	"etalon/dataset"
	"etalon/dctr"
	"etalon/generator"
	"etalon/laser"
	"etalon/mcmc"
	"etalon/omnifold"
	"etalon/rundir"
	"etalon/train"
)

// leastEfficiency is the share of a generator's showers that rejection must accept.
const leastEfficiency = 1e-3

// accept makes unweighted showers: generated ones, each accepted with a probability
// proportional to its weight. All latents, hidden ones too, then follow the weights.
func (r *Run) accept(ctx context.Context) (string, error) {
	r.accepted = r.own(methodAccepted, r.cfg.Refine.Showers)
	note := ""
	if !rundir.Exists(r.accepted.path) || !rundir.Exists(r.d.Path(rejectionFile)) {
		logCap, efficiency, _, err := mcmc.WeightCap(r.logits, r.cfg.Refine.CapQuantile)
		if err != nil {
			return "", err
		}
		if efficiency < leastEfficiency {
			return r.leaveOut(methodAccepted, fmt.Sprintf("it would accept %.2g of the showers: the generator makes next to nothing where much of the truth is", efficiency)), nil
		}
		p, err := r.newProposer(logCap)
		if err != nil {
			return "", err
		}
		if err := r.writeShowers(ctx, r.accepted.path, r.latentsPath(r.accepted), r.accepted.len(), p.fill); err != nil {
			return "", err
		}
		rec := rejectionRecord{logCap, p.tried, p.accepted, p.repeated}
		if err := rundir.WriteJSON(r.d.Path(rejectionFile), rec); err != nil {
			return "", err
		}
		note = rec.String()
	}
	done := 0
	return note, r.observeSet(ctx, &r.accepted, &done, r.accepted.len())
}

// leaveOut goes on without a sample that the weights do not allow, and has the report say so.
func (r *Run) leaveOut(method, reason string) string {
	text := method + " is left out: " + reason
	r.leftOut = append(r.leftOut, text)
	return text
}

const rejectionFile = "rejection.json"

// rejectionRecord is rejection.json.
type rejectionRecord struct {
	LogCap   float64 `json:"log_cap"` // of the log-weights as the network gives them
	Tried    int     `json:"tried"`
	Accepted int     `json:"accepted"`
	Repeated int     `json:"repeated"` // accepted more than once: weights above the cap
}

func (r rejectionRecord) String() string {
	return fmt.Sprintf("%.1f %% of %d showers accepted, %d of them more than once", 100*float64(r.Accepted)/float64(r.Tried), r.Tried, r.Repeated)
}

// proposer accepts showers of the generator by their weights.
type proposer struct {
	r        *Run
	o        *calo.Observables
	logCap   float64 // of the weights as the network gives them
	next     uint64  // number of the next proposal
	z, x     []float32
	features []float32
	row      []float64
	queue    []int // accepted rows of the block
	tried    int
	accepted int
	repeated int
}

func (r *Run) newProposer(logCap float64) (*proposer, error) {
	o, err := calo.NewObservables(r.shape, r.cfg.HighLevel.Observables...)
	if err != nil {
		return nil, err
	}
	return &proposer{r: r, o: o, logCap: logCap,
		z: make([]float32, blockShowers*r.sim.LatentDim()), x: make([]float32, blockShowers*r.shape.Cells()),
		features: make([]float32, blockShowers*o.Len()), row: make([]float64, o.Len())}, nil
}

// fill gives the next accepted showers.
func (p *proposer) fill(_ int, z, x []float32) error {
	l, d := p.r.sim.LatentDim(), p.r.shape.Cells()
	for i := range len(x) / d {
		for len(p.queue) == 0 {
			if err := p.propose(); err != nil {
				return err
			}
		}
		k := p.queue[0]
		p.queue = p.queue[1:]
		copy(z[i*l:(i+1)*l], p.z[k*l:(k+1)*l])
		copy(x[i*d:(i+1)*d], p.x[k*d:(k+1)*d])
	}
	return nil
}

// propose draws a block of showers and queues those that are accepted. A weight above
// the cap is accepted floor(w/cap) times, and once more by chance.
func (p *proposer) propose() error {
	r := p.r
	d, n := r.shape.Cells(), p.o.Len()
	base := generator.RowBase(r.cfg.Seed, methodAccepted)
	draw := generator.NewSimulatorSampler(r.sim, r.cfg.Seed, methodAccepted)
	if err := draw.Draw(base+p.next, p.z, p.x); err != nil {
		return err
	}
	cut := float32(r.cut())
	for i, v := range p.x {
		if v < cut {
			p.x[i] = 0
		}
	}
	for i := range blockShowers {
		p.o.Compute(p.row, p.x[i*d:(i+1)*d])
		for j, v := range p.row {
			p.features[i*n+j] = float32(v)
		}
	}
	logits, err := r.f.Logits(r.e, p.features)
	if err != nil {
		return err
	}
	u := r.stream("showers/accept")
	for i, l := range logits {
		ratio := math.Exp(l - p.logCap)
		times := int(ratio)
		if u.Uniform(0, p.next+uint64(i), 0) < ratio-float64(times) {
			times++
		}
		p.tried++
		if times > 0 {
			p.accepted++
		}
		if times > 1 {
			p.repeated++
		}
		for range times {
			p.queue = append(p.queue, i)
		}
	}
	p.next += blockShowers
	return nil
}

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
