package generator

import (
	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/nn"
	"etalon/rng"
	"etalon/train"
)

// continueAdversarial trains g against a discriminator of features, its fakes g(Φ(y)).
// a has the parameters of g and the preprocessing of the features.
func continueAdversarial(e *cpu.Engine, g, phi Generator, a *adversarial, data, w []float32, cfg ContinueConfig, seed uint64) (*GANLearner, error) {
	a.disc.Config = cfg.Disc
	a.disc.Spread = true // g is near the truth: kinks all over the data, logits near zero
	a.prefix = "g/"
	a.fake = func(to *graph.Graph, stream string, _ *graph.Node) *graph.Node {
		return g.Build("g/", phi.Build("phi/", phi.Prior().Build(to, stream, phi.LatentDim())))
	}
	a.bind = func(b nn.Binder) error { return phi.Bind(b, "phi/") }
	return newGANLearner(e, a, data, w, cfg.GANTraining, seed)
}

// continueDensity trains g, whose parameters are params, by the likelihood of g∘Φ. The
// rows must be in random order: the last ones are held out.
func continueDensity(e *cpu.Engine, g Generator, params *nn.Params, phi Generator, data, w []float32, cfg train.Config, seed uint64) (*train.Objective, error) {
	c, err := Compose(g, phi)
	if err != nil {
		return nil, err
	}
	density, err := ExplicitDensity(c)
	if err != nil {
		return nil, err
	}
	to := graph.New()
	nll := graph.Neg(density.BuildLogProb("", to.Input("x", g.Dim())))
	in := to.Input("w", 1)
	n := len(w)
	k := cfg.Split(n)
	return train.NewObjective(e, train.ObjectiveConfig{
		Loss: graph.Div(graph.SumRows(graph.Mul(in, nll)), graph.SumRows(in)), Params: params, Prefix: "g/", Adam: cfg.Adam, Seed: seed,
		Fields:  map[string][]float32{"x": data, "w": w},
		Batches: train.NewBatches(rng.New(seed, "continue/batches"), train.Group{Lo: 0, Hi: k, Share: cfg.Batch}),
		Holdout: train.Range(k, n),
		Bind:    func(b nn.Binder) error { return phi.Bind(b, "phi/") },
	})
}
