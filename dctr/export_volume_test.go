package dctr

import (
	"etalon/engine/cpu"
	"etalon/graph"
)

// TrainingLogits returns the logits of a training step, whose volumes are mirrored at random.
func TrainingLogits(e *cpu.Engine, c *Classifier, x []float32, seed, step uint64) ([]float32, error) {
	g := graph.New()
	p, err := e.Compile(g, cpu.Config{Seed: seed}, c.buildTraining("", g.Input("x", c.Dim())))
	if err != nil {
		return nil, err
	}
	if err := c.Bind(p, ""); err != nil {
		return nil, err
	}
	out := make([]float32, len(x)/c.Dim())
	if err := p.Feed("x", cpu.Rows{Data: x}); err != nil {
		return nil, err
	}
	if err := p.Into(0, out); err != nil {
		return nil, err
	}
	return out, p.Run(cpu.Batch{Rows: len(out), Step: step})
}

// MirroredCells returns the permutation that mirrors volumes.
func MirroredCells(v Volume, x, y bool) []int { return v.mirror(x, y) }
