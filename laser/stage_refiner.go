package laser

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"etalon/generator"
	"etalon/rundir"
	"etalon/train"
)

// weightedLatents draws the examples of the refiner: latents from the prior with their
// weights, mean 1.
func (r *Run) weightedLatents(rd *round) (z, w []float32, err error) {
	z, logw, err := r.latents(rd, "refiner/z", r.cfg.Refiner.Examples)
	if err != nil {
		return nil, nil, err
	}
	w = make([]float32, len(logw))
	for i, l := range logw {
		w[i] = float32(math.Exp(l))
	}
	return z, w, nil
}

// trainRefiner trains Φ on weighted latents (LaSeR, section 3).
func (r *Run) trainRefiner(ctx context.Context, rd *round) (string, error) {
	dir := r.path("models", rd.name("refiner"))
	if rundir.Exists(dir) {
		var err error
		rd.phi, err = generator.Load(dir)
		return "", err
	}
	if r.cfg.Refiner.Kind == refinerRosenblatt {
		return r.tabulateRefiner(rd, dir)
	}
	z, w, err := r.weightedLatents(rd)
	if err != nil {
		return "", err
	}
	l, t, err := r.newRefiner(rd, z, w)
	if err != nil {
		return "", err
	}
	return r.d.Fit(ctx, rd.stage("refiner"), l, t, func() error { return rd.phi.Save(dir) })
}

// newRefiner prepares the training of the kind of refiner that the settings name.
func (r *Run) newRefiner(rd *round, z, w []float32) (train.Learner, train.Config, error) {
	c := r.cfg.Refiner
	if c.Network.Residual && rd.number > 1 { // as many latents more than g has as in the first round
		c.Network.Latent += rd.g.latentDim() - r.rounds[0].g.latentDim()
	}
	scale, seed := slices.Repeat([]float64{1}, rd.g.latentDim()), r.seed(rd)
	if err := c.check(rd.g.latentDim(), rd.g.prior()); err != nil {
		return nil, train.Config{}, fmt.Errorf("config: refiner.%w", err)
	}
	switch c.Kind {
	case refinerFlow:
		phi, err := generator.NewFlow(c.Flow.Network, scale, seed)
		if err != nil {
			return nil, train.Config{}, err
		}
		rd.phi = phi
		l, err := generator.NewWeightedFlowObjective(r.e, phi, z, w, c.Flow.Training, seed)
		return l, c.Flow.Training, err
	case refinerFlowMatching:
		net := c.FlowMatching.Network
		net.Refines = rd.g.prior()
		var shift []float64
		if c := r.conditions; c != nil {
			net.Given = len(c.Columns)
			shift = make([]float64, len(scale))
			for i, j := range c.Columns {
				at := len(scale) - net.Given + i
				shift[at], scale[at] = r.truth.shift[j], r.truth.scale[j]
			}
		}
		phi, err := generator.NewFlowMatching(net, scale, seed)
		if err != nil {
			return nil, train.Config{}, err
		}
		if phi.Shift = shift; shift != nil {
			phi.Transform = r.truth.transform.Pick(r.conditions.Columns)
		}
		rd.phi = phi
		l, err := generator.NewFlowMatchingLearner(r.e, phi, z, w, c.FlowMatching.Training, seed)
		return l, c.FlowMatching.Training.Config, err
	}
	phi, err := generator.NewGAN(c.Network, scale, seed)
	if err != nil {
		return nil, train.Config{}, err
	}
	rd.phi = phi
	l, err := generator.NewGANLearner(r.e, phi, z, w, c.Training, seed)
	return l, c.Training.Config, err
}

// polish trains the acceptance of the refiner's points, if the settings ask for it,
// and saves the refined model g∘Φ. Of a generator that is no network the model ends
// with the refined latents.
func (r *Run) polish(ctx context.Context, rd *round) (string, error) {
	dir := r.path("models", rd.name("laser"))
	if rundir.Exists(dir) {
		g, err := generator.Load(dir)
		if err != nil {
			return "", err
		}
		c, ok := g.(*generator.Composed)
		if !ok {
			return "", fmt.Errorf("%s: it is no refined model", dir)
		}
		rd.refined = c
		return "", nil
	}
	c, err := generator.Compose(rd.g.base(), rd.phi)
	if err != nil {
		return "", err
	}
	rd.refined = c
	t := r.cfg.Polish.Training
	if t.Epochs == 0 || r.cfg.Refiner.Kind == refinerRosenblatt {
		return "none", c.Save(dir)
	}
	z, w, err := r.weightedLatents(rd)
	if err != nil {
		return "", err
	}
	l, accept, err := generator.NewAcceptanceLearner(r.e, c.G, rd.phi, z, w, r.cfg.Polish.Network, t, r.seed(rd))
	if err != nil {
		return "", err
	}
	var poor *generator.InefficientError
	note, err := r.d.Fit(ctx, rd.stage("polish"), l, t, func() error {
		if err := accept.Finish(r.e, c.G, rd.phi, r.seed(rd)); errors.As(err, &poor) {
			return c.Save(dir)
		} else if err != nil {
			return err
		}
		c.Accept = accept
		return c.Save(dir)
	})
	if err != nil {
		return "", err
	}
	if poor != nil {
		return "none: " + poor.Error(), nil
	}
	return fmt.Sprintf("%s, %.1f %% of the refiner's points accepted, %.3f %% of the weight beyond the cap", note, 100*accept.Efficiency, 100*accept.Overweight), nil
}

// sampleRefined draws from g∘Φ: unweighted points and their refined latents.
func (r *Run) sampleRefined(_ context.Context, rd *round) (string, error) {
	name := rd.name("laser")
	done := name // the file that is written last
	if rd.g.pairs != nil {
		done += "_latent"
	}
	if rundir.Exists(r.samplePath(done)) {
		return "", nil
	}
	n := r.cfg.Score.Points
	if rd.refined.Accept != nil { // the map itself, to show what the acceptance adds
		s, err := r.drawRefined(rd, &generator.Composed{G: rd.refined.G, Phi: rd.phi}, n)
		if err != nil {
			return "", err
		}
		if s.x != nil {
			if err := r.writeRows(rd.name("refiner"), s.x, r.truth.dim); err != nil {
				return "", err
			}
		}
	}
	s, err := r.drawRefined(rd, rd.refined, n)
	if err != nil {
		return "", err
	}
	if s.x == nil {
		return fmt.Sprintf("%d latents of Φ", n), r.writeRows(done, s.z, rd.g.latentDim())
	}
	return fmt.Sprintf("%d points of g∘Φ", n), r.writeSample(rd, name, s)
}

// drawRefined draws n points of a refined model; without features where there is no
// generator to map latents with.
func (r *Run) drawRefined(rd *round, c *generator.Composed, n int) (sample, error) {
	gen, err := generator.NewRefinedSampler(r.e, c, r.seed(rd), "sample")
	if err != nil {
		return sample{}, err
	}
	s := sample{z: make([]float32, n*rd.g.latentDim()), x: make([]float32, n*c.Dim())}
	var given []float32
	if rd.g.given != nil {
		given = rd.g.conditions(r.seed(rd), "sample", n)
	}
	if err := gen.DrawGiven(0, given, nil, s.z, s.x); err != nil || rd.g.direct() {
		return s, err
	}
	if rd.g.pairs != nil {
		s.x = nil
		return s, nil
	}
	s.x, err = rd.g.push(r.seed(rd), "sample", s.z)
	return s, err
}
