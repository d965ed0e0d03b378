package laser

import (
	"context"

	"etalon/generator"
	"etalon/rundir"
)

// nextGenerator makes the generator of a later round: g∘Φ of the round before, or g'∘Φ,
// where g' is g trained on with latents that Φ makes.
func (r *Run) nextGenerator(ctx context.Context, rd *round) (note string, err error) {
	defer func() {
		if err == nil {
			r.giveConditions(rd.g)
		}
	}()
	before := r.rounds[rd.number-2]
	if r.cfg.Iterate.Kind == iterateContinue {
		return r.continueGenerator(ctx, before, rd)
	}
	if before.g.direct() {
		rd.g, err = newNetwork(r.e, &generator.Composed{G: before.g.net, Phi: before.phi}, 0, 0)
		return "", err
	}
	phi, err := generator.NewSimulator(r.e, before.phi)
	if err != nil {
		return "", err
	}
	chain, err := generator.NewChain(before.g.sim, phi)
	if err != nil {
		return "", err
	}
	rd.g = &primary{sim: chain}
	return "", nil
}

// continueGenerator trains a copy of the generator on.
func (r *Run) continueGenerator(ctx context.Context, before, rd *round) (string, error) {
	dir := r.path("models", rd.name("generator"))
	compose := func(g generator.Generator) (err error) {
		rd.g, err = newNetwork(r.e, &generator.Composed{G: g, Phi: before.phi}, 0, 0)
		return err
	}
	if rundir.Exists(dir) {
		g, err := generator.Load(dir)
		if err != nil {
			return "", err
		}
		return "", compose(g)
	}
	g, err := generator.Load(GeneratorDir(r.d.String(), r.cfg)) // a copy to train
	if err != nil {
		return "", err
	}
	c := r.cfg.Iterate.Continue
	l, err := generator.NewContinuedLearner(r.e, g, before.phi, r.truth.train, float32s(r.truth.trainW), c, r.seed(rd))
	if err != nil {
		return "", err
	}
	note, err := r.d.Fit(ctx, rd.stage("generator"), l, c.Config, func() error { return g.Save(dir) })
	if err != nil {
		return "", err
	}
	return note, compose(g)
}
