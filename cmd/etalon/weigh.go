package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/laser"
	"etalon/metric"
	"etalon/preprocess"
	"etalon/train"
)

const (
	minReweightRows = 100
	holdoutRows     = 1000 // enough to see a difference of 0.01 nats
	maxHoldout      = 0.2
	minSteps        = 50 // of an epoch
	minBatch        = 64

	calibrationShare = 0.2 // of the rows, held out for a calibration
)

// weighted is a sample with what its training of weights found.
type weighted struct {
	fit     *dctr.Fitted
	logw    []float64 // of the sample's events, the factor on their weights v; Σ v·exp(logw) = Σ v
	clipped *dctr.Clipped
	closure *dctr.Closure
	logNorm float64 // that the networks' log-weights were lessened by, before the clipping
	epochs  int
}

// trainWeights trains the classifiers and weights the sample.
func (a *app) trainWeights(ctx context.Context, e *cpu.Engine, o reweightOptions, in inputs, truth, sample dctr.Sample, cols int) (*weighted, error) {
	preset, err := laser.Preset("quick", "")
	if err != nil {
		return nil, err
	}
	cfg := preset.Classifier.Training
	if o.epochs > 0 {
		cfg.Epochs = o.epochs
	}
	nt, ns := len(truth.X)/cols, len(sample.X)/cols
	rows := min(nt, ns)
	if o.folds > 1 {
		rows -= (rows + o.folds - 1) / o.folds
	}
	adjust(&cfg, rows)
	if o.calibrate != "" {
		cfg.Validation = calibrationShare
	}
	shift, scale := standardise(mapped(truth, in.transform), mapped(sample, in.transform), cols)
	in.transform.Unscaled(shift, scale)
	fit := dctr.Fit{
		Network: preset.Classifier.Network, Shift: shift, Scale: scale, Transform: in.transform, Condition: in.condition, Training: cfg, Loss: dctr.Loss(o.loss),
		Folds: o.folds, Members: o.members, Calibrate: o.calibrate, Density: in.density, Seed: o.seed, Train: a.trainer(cfg),
	}
	w := &weighted{epochs: cfg.Epochs}
	if w.fit, err = fit.Run(ctx, e, truth, sample); err != nil {
		return nil, err
	}
	if w.logw, err = metric.NormaliseLogWeights(w.fit.LogW); err != nil {
		return nil, fmt.Errorf("the classifier's weights: %w", err)
	}
	if sample.W != nil {
		if err := keepTotal(sample.W, w.logw); err != nil {
			return nil, err
		}
	}
	w.logNorm = w.fit.LogW[0] - w.logw[0]
	if o.clip > 0 {
		if w.logw, w.clipped, err = dctr.Clip(sample.W, w.logw, o.clip, o.renormalise); err != nil {
			return nil, err
		}
	}
	if o.closure {
		if c := w.fit.Condition; c != nil { // at equal distributions of what is given
			truth.W, sample.W = c.TruthW, c.GenW
		}
		if w.closure, err = a.testClosure(ctx, e, o, fit, truth, dctr.Sample{X: sample.X, W: total(sample.W, w.logw)}); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// given are the columns that the weights are given.
func (w *weighted) given() []int {
	if w.fit.Condition == nil {
		return nil
	}
	return w.fit.Condition.Columns
}

// mapped returns a sample with its columns transformed.
func mapped(s dctr.Sample, t preprocess.Transform) dctr.Sample {
	if t.Maps() {
		x := make([]float32, len(s.X))
		t.Forward(x, s.X)
		s.X = x
	}
	return s
}

// testClosure trains a fresh classifier on half of the events.
func (a *app) testClosure(ctx context.Context, e *cpu.Engine, o reweightOptions, fit dctr.Fit, truth, sample dctr.Sample) (*dctr.Closure, error) {
	cfg := fit.Training
	adjust(&cfg, min(len(truth.X), len(sample.X))/len(fit.Scale)/2)
	return dctr.ClosureTest{Network: fit.Network, Shift: fit.Shift, Scale: fit.Scale, Transform: fit.Transform, Training: cfg, Seed: o.seed, Train: a.trainer(cfg)}.Run(ctx, e, truth, sample)
}

// keepTotal shifts log-weights such that Σ v·exp(logw) is Σ v.
func keepTotal(v, logw []float64) error {
	var before, after float64
	for i, l := range logw {
		before, after = before+v[i], after+v[i]*math.Exp(l)
	}
	if !(before > 0 && after > 0) {
		return fmt.Errorf("the sample's weights add up to %g before and %g after; positive totals are accepted", before, after)
	}
	for i := range logw {
		logw[i] -= math.Log(after / before)
	}
	return nil
}

// total returns the weights v·exp(logw), v of mean 1.
func total(v, logw []float64) []float64 {
	mean := 1.0
	if v != nil {
		mean = 0
		for _, x := range v {
			mean += x / float64(len(v))
		}
	}
	w := make([]float64, len(logw))
	for i, l := range logw {
		w[i] = math.Exp(l)
		if v != nil {
			w[i] *= v[i] / mean
		}
	}
	return w
}

// adjust fits the preset's settings, which are made for some 10⁵ rows, to the rows
// of the smaller table: enough of them to judge the training by, enough steps in an
// epoch, and a warm-up that is a part of the training.
func adjust(cfg *train.Config, rows int) {
	cfg.Validation = min(max(cfg.Validation, holdoutRows/float64(rows)), maxHoldout)
	cfg.Batch = min(cfg.Batch, max(rows/minSteps, minBatch))
	steps := cfg.Epochs * max(cfg.Split(rows)/cfg.Batch, 1)
	cfg.Schedule.Warmup = min(cfg.Schedule.Warmup, steps/4)
}

// trainer trains with progress.
func (a *app) trainer(cfg train.Config) func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
	return func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
		perEpoch := l.StepsPerEpoch()
		loop := train.Loop{
			Name: name, Epochs: cfg.Epochs, Schedule: cfg.Schedule, Patience: cfg.Patience,
			Progress: func(step, steps int, losses map[string]float64) {
				a.show.Progress(step, steps, fmt.Sprintf("epoch %d/%d  loss %.4f", (step-1)/perEpoch+1, cfg.Epochs, losses["train"]))
			},
		}
		a.show.StageStart(name, 0, 0)
		records, err := loop.Run(ctx, l)
		a.show.Clear()
		if errors.Is(err, context.Canceled) {
			return nil, interruptedError{"nothing was written"}
		}
		return records, err
	}
}

// standardise returns what brings each column of the truth to mean 0 and standard
// deviation 1; the sample's spread where the truth has none, and 1 where neither
// has.
func standardise(truth, sample dctr.Sample, cols int) (shift, scale []float64) {
	for j := range cols {
		mean, dev := moments(truth.X, j, cols)
		if dev == 0 {
			_, dev = moments(sample.X, j, cols)
		}
		if dev == 0 {
			dev = 1
		}
		shift, scale = append(shift, mean), append(scale, dev)
	}
	return shift, scale
}

func moments(x []float32, col, cols int) (mean, dev float64) {
	n := float64(len(x) / cols)
	for i := col; i < len(x); i += cols {
		mean += float64(x[i]) / n
	}
	var m2 float64
	for i := col; i < len(x); i += cols {
		d := float64(x[i]) - mean
		m2 += d * d / n
	}
	// A constant column has the spread of the mean's rounding at most.
	if dev = math.Sqrt(m2); dev <= 1e-12*math.Abs(mean) {
		dev = 0
	}
	return mean, dev
}
