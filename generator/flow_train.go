package generator

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/rng"
	"etalon/train"
)

// NewFlowObjective prepares the training of a flow on data (n×Dim, row-major) by
// its negative log-likelihood, in nats of the scaled data. The rows must be in
// random order: the last ones are held out.
func NewFlowObjective(e *cpu.Engine, f *Flow, data []float32, cfg train.Config, seed uint64) (*train.Objective, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	n := len(data) / f.Dim()
	if n < 2 || len(data) != n*f.Dim() {
		return nil, fmt.Errorf("flow: %d values are no table of %d features with at least 2 rows", len(data), f.Dim())
	}
	g := graph.New()
	loss := graph.Neg(graph.MeanRows(f.BuildLogProb("", g.Input("x", f.Dim()))))
	k := cfg.Split(n)
	return train.NewObjective(e, train.ObjectiveConfig{
		Loss: loss, Params: f.Params, Adam: cfg.Adam, Seed: seed,
		Fields:  map[string][]float32{"x": data},
		Batches: train.NewBatches(rng.New(seed, "flow/batches"), train.Group{Lo: 0, Hi: k, Share: cfg.Batch}),
		Holdout: train.Range(k, n),
	})
}
