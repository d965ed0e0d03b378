package generator

import (
	"fmt"
	"math"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/rng"
	"etalon/train"
)

// NewVAEObjective prepares the training of a VAE on weighted examples (data n×Dim,
// row-major; weights n, nil means 1) by the negative evidence bound, in nats of the
// scaled data,
//
//	L = Σ w·( -ln N(x; dec(z), σ²) + β·KL(q(z|x) ‖ N(0, 1)) ) / Σ w,   z ~ q(z|x)
//
// (arXiv:1312.6114, eqs. 7 and 10 with one draw; β: Higgins et al. 2017). The rows
// must be in random order: the last ones are held out.
func NewVAEObjective(e *cpu.Engine, v *VAE, data, weights []float32, cfg train.Config, seed uint64) (*train.Objective, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	w, err := normalisedWeights(data, weights, v.Dim())
	if err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	g := graph.New()
	x, in := toNetwork(v.Transform.Build(g.Input("x", v.Dim())), v.Shift, v.Scale), g.Input("w", 1)
	bound := v.bound(x)
	loss := graph.Div(graph.SumRows(graph.Mul(in, bound)), graph.SumRows(in))
	n := len(w)
	k := cfg.Split(n)
	return train.NewObjective(e, train.ObjectiveConfig{
		Loss: loss, Params: v.Params, Adam: cfg.Adam, Seed: seed,
		Fields:  map[string][]float32{"x": data, "w": w},
		Batches: train.NewBatches(rng.New(seed, "vae/batches"), train.Group{Lo: 0, Hi: k, Share: cfg.Batch}),
		Holdout: train.Range(k, n),
	})
}

// bound adds the negative evidence bound of scaled rows x (rows 1).
func (v *VAE) bound(x *graph.Node) *graph.Node {
	g, l := x.Graph, v.Config.Latent
	code := v.encoder().Build("", x)
	mean, logVar := graph.Slice(code, 0, l), graph.Slice(code, l, 2*l)
	// The network's clamp: e^±20 are no variances that anything needs.
	logVar = graph.Max(graph.Min(logVar, g.Scalar(20)), g.Scalar(-20))
	z := graph.Add(mean, graph.Mul(g.RandomNormal("vae/z", l), graph.Exp(graph.MulScalar(logVar, 0.5))))
	logSigma := v.logSigma("", g)
	// Each of the Dim features has its own ln σ: a constant one is added to each.
	off := graph.Mul(graph.Sub(x, v.decoder().Build("", z)), graph.Exp(graph.Neg(logSigma)))
	like := graph.SumFeatures(graph.Add(graph.MulScalar(graph.Square(off), 0.5), logSigma))
	like = graph.AddScalar(like, 0.5*math.Log(2*math.Pi)*float64(v.Dim()))
	kl := graph.SumFeatures(graph.Sub(graph.Add(graph.Square(mean), graph.Exp(logVar)), graph.AddScalar(logVar, 1)))
	return graph.Add(like, graph.MulScalar(kl, 0.5*v.Config.Beta))
}
