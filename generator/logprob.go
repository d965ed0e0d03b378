package generator

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/graph"
)

// LogProb returns the generator's own log-density (nats per unit of x) at n
// points, x n×Dim row-major.
func LogProb(e *cpu.Engine, gen LogDensity, x []float32) ([]float64, error) {
	g := graph.New()
	out := gen.BuildLogProb("", g.Input("x", gen.Dim()))
	p, err := e.Compile(g, cpu.Config{}, out)
	if err != nil {
		return nil, err
	}
	if err := gen.Bind(p, ""); err != nil {
		return nil, err
	}
	return Evaluate(p, "x", x, gen.Dim())
}

// Evaluate runs a program with one input and one scalar row output over all rows
// of x (n×dim, row-major) and returns the n values.
func Evaluate(p *cpu.Program, input string, x []float32, dim int) ([]float64, error) {
	n := len(x) / dim
	if len(x) != n*dim {
		return nil, fmt.Errorf("generator: %d values are no rows of %d", len(x), dim)
	}
	res := make([]float64, n)
	buf := make([]float32, min(n, sampleRows))
	for lo := 0; lo < n; lo += sampleRows {
		hi := min(lo+sampleRows, n)
		if err := p.Feed(input, cpu.Rows{Data: x[lo*dim : hi*dim]}); err != nil {
			return nil, err
		}
		if err := p.Into(0, buf[:hi-lo]); err != nil {
			return nil, err
		}
		if err := p.Run(cpu.Batch{Rows: hi - lo}); err != nil {
			return nil, err
		}
		for i, v := range buf[:hi-lo] {
			res[lo+i] = float64(v)
		}
	}
	return res, nil
}
