package dctr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"etalon/engine/cpu"
	"etalon/rng"
	"etalon/train"
)

// Condition says how weights given some columns c were learned.
type Condition struct {
	Columns []int   // c
	Model   Weigher // ln p_truth(c)/p_gen(c), of c alone
	// TruthW and GenW are the weights of the rows that their conditional densities were
	// compared under: those that the rows had, times 1 - f(c) and f(c), f the probability of
	// truth. Both classes then have the same distribution of c, p_truth·p_gen/(p_truth + p_gen).
	TruthW, GenW []float64
	// Overlap is 2∫ p_truth·p_gen/(p_truth + p_gen) dc: 1 where c is distributed alike, 0
	// where no c is common to both. It is the lesser of the estimates of both classes.
	Overlap float64
}

// leastOverlap is the overlap below which conditional densities are not compared.
const leastOverlap = 0.005

// runConditional fits ln p_truth(x|c)/p_gen(x|c), c = f.Condition.
func (f Fit) runConditional(ctx context.Context, e *cpu.Engine, truth, gen Sample) (*Fitted, error) {
	d := len(f.Scale)
	if err := f.checkCondition(truth, gen); err != nil {
		return nil, err
	}
	c := &Condition{Columns: f.Condition}
	given := f
	given.Condition, given.Density = nil, nil
	given.Shift, given.Scale, given.Transform = nil, nil, f.Transform.Pick(c.Columns)
	for _, j := range c.Columns {
		given.Scale = append(given.Scale, f.Scale[j])
		if f.Shift != nil {
			given.Shift = append(given.Shift, f.Shift[j])
		}
	}
	if f.Train != nil {
		given.Train = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
			return f.Train(ctx, "condition, "+name, l)
		}
	}
	given.Seed = rng.New(f.Seed, "reweight/condition").Source(0).Uint64()
	truthC, genC := Sample{X: columns(truth.X, d, c.Columns), W: truth.W}, Sample{X: columns(gen.X, d, c.Columns), W: gen.W}
	marginal, err := given.Run(ctx, e, truthC, genC)
	if err != nil {
		return nil, fmt.Errorf("condition: %w", err)
	}
	c.Model = marginal.Model
	truthLog := marginal.TruthLogW
	if truthLog == nil {
		if truthLog, err = c.Model.Logits(e, truthC.X); err != nil {
			return nil, err
		}
	}
	var shareT, shareG float64
	c.TruthW, shareT = overlap(truth.W, truthLog, -1)
	c.GenW, shareG = overlap(gen.W, marginal.LogW, 1)
	if c.Overlap = min(shareT, shareG); !(c.Overlap > leastOverlap) {
		return nil, fmt.Errorf("condition: truth and sample have hardly a value of the given columns in common (overlap %.2g of 1, at least %g is accepted): there is nothing to compare", c.Overlap, leastOverlap)
	}
	truth.W, gen.W = c.TruthW, c.GenW
	f.Condition = nil
	fitted, err := f.Run(ctx, e, truth, gen)
	if err != nil {
		return nil, err
	}
	fitted.Condition = c
	return fitted, nil
}

func (f Fit) checkCondition(truth, gen Sample) error {
	d := len(f.Scale)
	if truth.From != nil || gen.From != nil || f.Network.Volume != nil {
		return fmt.Errorf("classifier: weights given some columns are of the columns of dense tables")
	}
	if n := len(f.Condition); n >= d {
		return fmt.Errorf("classifier: %d given columns of %d; at least one column must be left to weight", n, d)
	}
	for i, j := range f.Condition {
		if j < 0 || j >= d || slices.Contains(f.Condition[:i], j) {
			return fmt.Errorf("classifier: given columns %v; different ones from 0 to %d are accepted", f.Condition, d-1)
		}
	}
	return nil
}

// overlap returns the weights v·σ(sign·ℓ) of rows (nil v: 1), and twice their share of v.
func overlap(v, logits []float64, sign float64) (w []float64, share float64) {
	w = make([]float64, len(logits))
	var kept, whole float64
	for i, l := range logits {
		old := 1.0
		if v != nil {
			old = v[i]
		}
		w[i] = old / (1 + math.Exp(-sign*l))
		kept, whole = kept+w[i], whole+old
	}
	return w, 2 * kept / whole
}

// columns returns some columns of a table of d, row-major.
func columns(x []float32, d int, list []int) []float32 {
	out := make([]float32, 0, len(x)/d*len(list))
	for i := 0; i < len(x); i += d {
		for _, j := range list {
			out = append(out, x[i+j])
		}
	}
	return out
}
