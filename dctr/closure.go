package dctr

import (
	"context"
	"fmt"
	"math"

	"etalon/engine/cpu"
	"etalon/preprocess"
	"etalon/rng"
	"etalon/train"
)

const (
	closurePermutations = 200
	closureLevel        = 0.01
)

// ClosureTest asks whether weighted generated events differ from the truth: a fresh
// classifier is trained between them on one half of the events, and judged by its AUC
// on the other half (classifier two-sample test, arXiv:1610.06545, with weights).
type ClosureTest struct {
	Network      Config
	Shift, Scale []float64
	Transform    preprocess.Transform
	Training     train.Config
	// Permutations of the labels for the null distribution; 0 means 200.
	Permutations int
	// Level is the p-value below which the test fails; 0 means 0.01.
	Level float64
	Seed  uint64
	// Train runs the training; nil means train.Loop without progress.
	Train func(ctx context.Context, name string, l train.Learner) ([]train.Record, error)
}

// Closure is the outcome of a ClosureTest.
type Closure struct {
	AUC      float64 `json:"auc"`
	AUCError float64 `json:"auc_error"` // DeLong's, with weights
	Truth    int     `json:"truth"`     // events of each class that were judged
	Gen      int     `json:"generated"`
	// NullMean and NullSD are of the AUC with the pairs of class and weight permuted
	// among the events.
	NullMean float64 `json:"null_mean"`
	NullSD   float64 `json:"null_sd"`
	// P is the probability of an AUC at least as high without a difference: of a normal
	// deviate of (AUC - ½)/AUCError. Since the classifier is fixed before it sees the
	// events that judge it, AUC - ½ has mean 0 then. PermutationP is that of the
	// permutations, (1 + #)/(1 + n); it is exact where the weights are equal and
	// neglects that weights and scores depend on each other where they are not.
	P            float64 `json:"p"`
	PermutationP float64 `json:"permutation_p"`
	Closed       bool    `json:"closed"` // P ≥ Level
	Verdict      string  `json:"verdict"`
}

// Run makes the test; the rows may be in any order. gen.W are the weights to test,
// truth.W those of the truth. Weights that were learned from these very events should
// come from cross-fitting: others have adapted to the truth sample's fluctuations.
func (t ClosureTest) Run(ctx context.Context, e *cpu.Engine, truth, gen Sample) (*Closure, error) {
	d := t.Network.dim(t.Scale)
	nt, err := truth.Rows(d)
	if err != nil {
		return nil, fmt.Errorf("closure test: truth: %w", err)
	}
	ng, err := gen.Rows(d)
	if err != nil {
		return nil, fmt.Errorf("closure test: generated: %w", err)
	}
	if nt < 4 || ng < 4 {
		return nil, fmt.Errorf("closure test: %d truth and %d generated rows; at least 4 of each are accepted", nt, ng)
	}
	split := func(s Sample, n int, name string) (a, b Sample) {
		rows := order(n, rng.New(t.Seed, "closure/"+name), nil, 0)
		return s.pick(d, rows[:n/2]), s.pick(d, rows[n/2:])
	}
	trainTruth, judgeTruth := split(truth, nt, "truth")
	trainGen, judgeGen := split(gen, ng, "sample")
	c, err := New(t.Network, t.Scale, rng.New(t.Seed, "closure/init").Source(0).Uint64())
	if err != nil {
		return nil, err
	}
	if err := checkTransform(t.Transform, t.Network, d); err != nil {
		return nil, err
	}
	c.Shift, c.Transform = t.Shift, t.Transform
	l, err := NewWeightedObjective(e, c, trainTruth, trainGen, BCE, t.Training, rng.New(t.Seed, "closure/seed").Source(0).Uint64())
	if err != nil {
		return nil, fmt.Errorf("closure test: %w", err)
	}
	run := t.Train
	if run == nil {
		run = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
			return train.Loop{Name: name, Epochs: t.Training.Epochs, Schedule: t.Training.Schedule, Patience: t.Training.Patience}.Run(ctx, l)
		}
	}
	if _, err := run(ctx, "closure test", l); err != nil {
		return nil, err
	}
	s := Scores{TruthW: judgeTruth.W, GenW: judgeGen.W}
	if s.Truth, err = c.logitsOf(e, judgeTruth); err != nil {
		return nil, err
	}
	if s.Gen, err = c.logitsOf(e, judgeGen); err != nil {
		return nil, err
	}
	return t.judge(s)
}

func (t ClosureTest) judge(s Scores) (*Closure, error) {
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("closure test: %w", err)
	}
	n, level := t.Permutations, t.Level
	if n == 0 {
		n = closurePermutations
	}
	if level == 0 {
		level = closureLevel
	}
	r := newRanking(s)
	c := &Closure{Truth: len(s.Truth), Gen: len(s.Gen)}
	c.AUC, c.AUCError = r.area(r.w, r.truth, true)
	null := r.permuted(n, rng.New(t.Seed, "closure/permutations"))
	c.NullMean = sum(null) / float64(n)
	higher := 0
	for _, a := range null {
		c.NullSD += (a - c.NullMean) * (a - c.NullMean) / float64(n)
		if a >= c.AUC {
			higher++
		}
	}
	c.NullSD = math.Sqrt(c.NullSD)
	c.PermutationP = float64(1+higher) / float64(1+n)
	c.P = 0.5
	if c.AUCError > 0 {
		c.P = math.Erfc((c.AUC-0.5)/c.AUCError/math.Sqrt2) / 2
	} else if c.AUC > 0.5 {
		c.P = 0
	}
	c.Closed = c.P >= level
	c.Verdict = fmt.Sprintf("a fresh classifier finds no difference (AUC %.4f ± %.4f, p = %.2g)", c.AUC, c.AUCError, c.P)
	if !c.Closed {
		c.Verdict = fmt.Sprintf("a fresh classifier still tells them apart (AUC %.4f ± %.4f, p = %.2g)", c.AUC, c.AUCError, c.P)
	}
	return c, nil
}
