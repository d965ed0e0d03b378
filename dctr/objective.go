package dctr

import (
	"fmt"
	"math"
	"slices"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/rng"
	"etalon/train"
)

// Sample is a table of examples with optional weights.
type Sample struct {
	X    []float32 // n×d, row-major
	W    []float64 // n; nil is 1 each. Negative ones are accepted where the loss is.
	From Examples  // takes the place of X where the examples are no dense table
}

// Rows returns n, or an error if X is no table of d features, From has another number of
// features, or W another length.
func (s Sample) Rows(d int) (int, error) {
	n := len(s.X) / max(d, 1)
	if s.From != nil {
		n = s.From.Len()
		if s.X != nil || s.From.Dim() != d {
			return 0, fmt.Errorf("examples of %d features, beside %d values; %d features and no values are accepted", s.From.Dim(), len(s.X), d)
		}
	} else if d < 1 || len(s.X) != n*d {
		return 0, fmt.Errorf("%d values are no table of %d features", len(s.X), d)
	}
	if s.W != nil && len(s.W) != n {
		return 0, fmt.Errorf("%d weights for %d rows", len(s.W), n)
	}
	return n, nil
}

// NewObjective prepares the training of c by binary cross-entropy between truth
// (y = 1) and generated rows (y = 0), both row-major with Dim columns and in random
// order. See NewWeightedObjective.
func NewObjective(e *cpu.Engine, c *Classifier, truth, gen []float32, cfg train.Config, seed uint64) (*train.Objective, error) {
	return NewWeightedObjective(e, c, Sample{X: truth}, Sample{X: gen}, BCE, cfg, seed)
}

// NewWeightedObjective prepares the training of c between truth and generated rows,
// both in random order. Every batch takes cfg.Batch rows of each class, whatever the
// sizes: that is the factor n_gen/n_truth of w = f/(1-f)·n_gen/n_truth, so that ℓ
// estimates ln p_truth/p_gen without a correction. Weights of a class are divided by
// their mean, so that ℓ is the logarithm of the ratio of the two weighted densities,
// each normalised to 1.
//
// The losses are linear in the weights, so negative ones (of next-to-leading-order
// simulations, or of background subtraction) are accepted by bce and mse as long as
// the total of the class is positive; the ratio itself must be positive where it is
// asked for. mlc refuses them: its loss has no lower bound under the exponential of a
// generated row of negative weight.
func NewWeightedObjective(e *cpu.Engine, c *Classifier, truth, gen Sample, kind Loss, cfg train.Config, seed uint64) (*train.Objective, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("classifier: %w", err)
	}
	if err := kind.Check(); err != nil {
		return nil, err
	}
	d := c.Dim()
	nt, err1 := truth.Rows(d)
	ng, err2 := gen.Rows(d)
	switch {
	case err1 != nil:
		return nil, fmt.Errorf("classifier: truth: %w", err1)
	case err2 != nil:
		return nil, fmt.Errorf("classifier: generated: %w", err2)
	case nt < 2 || ng < 2:
		return nil, fmt.Errorf("classifier: %d truth and %d generated rows; at least 2 of each are accepted", nt, ng)
	}
	kt, kg := cfg.Split(nt), cfg.Split(ng)
	share := min(cfg.Batch, kt, kg)
	fields := map[string][]float32{}
	var expand map[string]func([]uint32, []float32)
	if truth.From == nil && gen.From == nil {
		fields["x"] = append(append(make([]float32, 0, len(truth.X)+len(gen.X)), truth.X...), gen.X...)
	} else {
		p := &pair{first: truth.source(d), second: gen.source(d), scratch: make([]uint32, 2*share)}
		expand = map[string]func([]uint32, []float32){"x": p.expand}
	}
	g := graph.New()
	x := g.Input("x", d)
	l := c.buildTraining("", x)
	var loss func(l *graph.Node) *graph.Node
	if (kind == BCE || kind == "") && truth.W == nil && gen.W == nil {
		y := make([]float32, nt+ng)
		for i := range nt {
			y[i] = 1
		}
		fields["y"] = y
		in := g.Input("y", 1)
		loss = func(l *graph.Node) *graph.Node { return graph.Sub(graph.Softplus(l), graph.Mul(l, in)) }
	} else {
		a, b := make([]float32, nt+ng), make([]float32, nt+ng)
		if err := unitMean(a[:nt], truth.W, kt, kind); err != nil {
			return nil, fmt.Errorf("classifier: truth: %w", err)
		}
		if err := unitMean(b[nt:], gen.W, kg, kind); err != nil {
			return nil, fmt.Errorf("classifier: generated: %w", err)
		}
		fields["a"], fields["b"] = a, b
		ina, inb := g.Input("a", 1), g.Input("b", 1)
		loss = func(l *graph.Node) *graph.Node { return kind.rows(l, ina, inb) }
	}
	groups := []train.Group{{Lo: 0, Hi: kt, Share: share}, {Lo: nt, Hi: nt + kg, Share: share}}
	var valid *graph.Node
	if c.Config.Volume != nil {
		valid = graph.MeanRows(loss(c.buildRaw("", x))) // without flips
		if kg > kt {
			slices.Reverse(groups) // an epoch is one pass over the larger class
		}
	}
	held := min(nt-kt, ng-kg) // equal numbers, as in training
	return train.NewObjective(e, train.ObjectiveConfig{
		Loss: graph.MeanRows(loss(l)), Valid: valid, Params: c.Params, Adam: cfg.Adam, Seed: seed, Fields: fields, Expand: expand,
		Batches: train.NewBatches(rng.New(seed, "classifier/batches"), groups...),
		Holdout: append(train.Range(kt, kt+held), train.Range(nt+kg, nt+kg+held)...),
	})
}

// NewPairedObjective prepares the training of c between two weightings of the same
// rows x, in random order: truth has the weights a, generated the weights b. Since
// every row stands in both classes of a batch, the noise of the two terms cancels
// where a and b agree. Losses and weights are those of NewWeightedObjective.
func NewPairedObjective(e *cpu.Engine, c *Classifier, x []float32, a, b []float64, loss Loss, cfg train.Config, seed uint64) (*train.Objective, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("classifier: %w", err)
	}
	if err := loss.Check(); err != nil {
		return nil, err
	}
	n, err := Sample{X: x, W: a}.Rows(c.Dim())
	if err != nil {
		return nil, fmt.Errorf("classifier: %w", err)
	}
	if n < 2 || b != nil && len(b) != n {
		return nil, fmt.Errorf("classifier: %d rows with %d weights; at least 2 rows and a weight for each are accepted", n, len(b))
	}
	k := cfg.Split(n)
	fa, fb := make([]float32, n), make([]float32, n)
	if err := unitMean(fa, a, k, loss); err != nil {
		return nil, fmt.Errorf("classifier: truth: %w", err)
	}
	if err := unitMean(fb, b, k, loss); err != nil {
		return nil, fmt.Errorf("classifier: generated: %w", err)
	}
	g := graph.New()
	in, ina, inb := g.Input("x", c.Dim()), g.Input("a", 1), g.Input("b", 1)
	mean := func(l *graph.Node) *graph.Node { return graph.MulScalar(graph.MeanRows(loss.rows(l, ina, inb)), 0.5) }
	var valid *graph.Node
	if c.Config.Volume != nil {
		valid = mean(c.buildRaw("", in))
	}
	return train.NewObjective(e, train.ObjectiveConfig{
		Loss: mean(c.buildTraining("", in)), Valid: valid, Params: c.Params, Adam: cfg.Adam, Seed: seed,
		Fields:  map[string][]float32{"x": x, "a": fa, "b": fb},
		Batches: train.NewBatches(rng.New(seed, "classifier/batches"), train.Group{Lo: 0, Hi: k, Share: min(cfg.Batch, k)}),
		Holdout: train.Range(k, n),
	})
}

// unitMean writes weights of mean 1 to dst: of the first k rows, which are trained on, and
// of the others, which are held out, each by themselves, so that the loss of either is that
// of classes of equal total. Held-out rows whose total is not positive have the common mean.
func unitMean(dst []float32, w []float64, k int, loss Loss) error {
	if w == nil {
		for i := range dst {
			dst[i] = 1
		}
		return nil
	}
	if err := loss.CheckWeights(w); err != nil {
		return err
	}
	total := sum(w[:k])
	if !(total > 0) {
		return fmt.Errorf("the weights of the %d rows to train on add up to %g; a positive total is accepted", k, total)
	}
	mean, held := total/float64(k), sum(w[k:])/float64(len(w)-k)
	if !(held > 0) {
		held = sum(w) / float64(len(w))
	}
	for i, v := range w {
		if i == k {
			mean = held
		}
		dst[i] = float32(v / mean)
		if math.IsInf(float64(dst[i]), 0) {
			return fmt.Errorf("weight %d is %g, too large beside the mean of %g", i, v, mean)
		}
	}
	return nil
}

// checkWeights returns an error for weights of a class that cannot be trained with.
func checkWeights(w []float64, positive bool) error {
	for i, v := range w {
		if v-v != 0 {
			return fmt.Errorf("weight %d is %g; finite ones are accepted", i, v)
		}
		if positive && v < 0 {
			return fmt.Errorf("weight %d is %g; mlc, which has no lower bound with negative weights, accepts none; bce and mse do", i, v)
		}
	}
	if total := sum(w); !(total > 0) || math.IsInf(total, 0) {
		return fmt.Errorf("the weights add up to %g; a positive, finite total is accepted", total)
	}
	return nil
}

func sum(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}
