package laser

import (
	"context"
	"fmt"
	"math"
	"os"

	"etalon/dctr"
	"etalon/mcmc"
	"etalon/omnifold"
	"etalon/rng"
	"etalon/train"
)

// pullBack learns the weights of the known latents of a generator that is no network,
// or has hidden ones (OmniFold).
func (r *Run) pullBack(ctx context.Context, rd *round) (string, error) {
	dir := r.path("models", rd.name("pullback"))
	if exists(dir) {
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
	cfg.Checkpoint = r.checkpoint(rd.name("omnifold"))
	var names []string
	cfg.Train = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
		name = rd.stage("omnifold") + ", " + name
		names = append(names, name)
		return r.train(ctx, name, l, c.Training)
	}
	if rd.g.pairs == nil {
		cfg.After = func(ctx context.Context, res *omnifold.Result) (*omnifold.Score, error) {
			return r.scoreIteration(ctx, rd, res)
		}
	}
	sim := omnifold.Simulation{Z: s.z, X: s.x, ZDim: rd.g.latentDim(), XDim: r.truth.dim}
	nu, res, err := omnifold.PullBack(ctx, r.e, sim, omnifold.Data{X: r.truth.train}, cfg)
	if err != nil {
		return "", err
	}
	if err := writeJSON(r.path(rd.name("omnifold")+".json"), omnifoldRecord{Iterations: res.Iterations}); err != nil {
		return "", err
	}
	if err := nu.Save(dir); err != nil {
		return "", err
	}
	rd.nu = nu
	for _, name := range names {
		r.forget(name)
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
	x, err := rd.g.push(name, s.Samples())
	if err != nil {
		return nil, err
	}
	truth, err := r.histogram(r.truth.score, nil)
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
	if !exists(path) {
		return nil
	}
	var rec omnifoldRecord
	if err := readJSON(path, &rec); err != nil {
		return err
	}
	rec.References = map[string]*omnifold.Score{"floor": {JSD: m.Floor.JSD, EMD: m.Floor.EMD}}
	for _, s := range m.Scores {
		switch s.Method {
		case "baseline", "direct", "dctr":
			rec.References[s.Method] = &omnifold.Score{JSD: s.JSD, EMD: s.EMD}
		}
	}
	return writeJSON(path, rec)
}

// sampleDirect is what a generator with hidden latents gives without OmniFold: latents
// taken by the weights of one of their points each, and mapped to features anew.
func (r *Run) sampleDirect(ctx context.Context, rd *round) (string, error) {
	name := rd.name("direct")
	if exists(r.samplePath(name)) {
		return "", nil
	}
	take, err := newTaker(r, rd, name)
	if err != nil {
		return "", err
	}
	z, err := take.latents(ctx, r.cfg.Score.Points)
	if err != nil {
		return "", err
	}
	x, err := rd.g.push(name+"/x", z)
	if err != nil {
		return "", err
	}
	if err := r.writeSample(rd, name, sample{z, x}); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d points, %.1f %% of the draws taken", len(x)/r.truth.dim, 100*float64(len(z))/float64(take.drawn*rd.g.latentDim())), nil
}

// taker draws points and takes their latents with probability w(x)/M.
type taker struct {
	r      *Run
	rd     *round
	stream string
	accept rng.Stream
	cap    float64
	drawn  int
}

const pilotDraws = 20_000

func newTaker(r *Run, rd *round, stream string) (*taker, error) {
	t := &taker{r: r, rd: rd, stream: stream, accept: r.stream(stream + "/accept")}
	s, err := rd.g.draw(r.e, r.seed(rd), stream+"/pilot", pilotDraws)
	if err != nil {
		return nil, err
	}
	logw, err := rd.f.Logits(r.e, s.x)
	if err != nil {
		return nil, err
	}
	t.cap = massQuantile(logw, 0.999)
	return t, nil
}

// latents takes n latents.
func (t *taker) latents(ctx context.Context, n int) ([]float32, error) {
	l := t.rd.g.latentDim()
	var z []float32
	for block := 0; len(z) < n*l; block++ {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", t.stream, err)
		}
		s, err := t.rd.g.draw(t.r.e, t.r.seed(t.rd), fmt.Sprintf("%s/%d", t.stream, block), rejectionBlock)
		if err != nil {
			return nil, err
		}
		logw, err := t.rd.f.Logits(t.r.e, s.x)
		if err != nil {
			return nil, err
		}
		for i, v := range logw {
			if t.accept.Uniform(uint64(block), uint64(i), 0) < math.Exp(v-t.cap) {
				z = append(z, s.z[i*l:(i+1)*l]...)
			}
		}
		t.drawn += rejectionBlock
		t.r.obs.Progress(min(len(z)/l, n), n, "points")
		if t.drawn > maxDrawsPerPoint*n {
			return nil, fmt.Errorf("%s: %d of %d points after %d draws: the weights are too uneven", t.stream, len(z)/l, n, t.drawn)
		}
	}
	return z[:n*l], nil
}

const maxDrawsPerPoint = 10_000
