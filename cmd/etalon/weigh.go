package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/laser"
	"etalon/metric"
	"etalon/rng"
	"etalon/train"
)

const (
	minReweightRows = 100
	holdoutRows     = 1000 // enough to see a difference of 0.01 nats
	maxHoldout      = 0.2
	minSteps        = 50 // of an epoch
	minBatch        = 64
)

// trainWeights trains the classifier and returns the sample's log-weights, of mean
// weight 1.
func (a *app) trainWeights(e *cpu.Engine, o reweightOptions, truth, sample *dataset.Table) (*reweighted, []float64, *dctr.Classifier, error) {
	fail := func(err error) (*reweighted, []float64, *dctr.Classifier, error) { return nil, nil, nil, err }
	for path, t := range map[string]*dataset.Table{o.truth: truth, o.sample: sample} {
		if t.Rows < minReweightRows {
			return fail(fmt.Errorf("%s: %d rows; at least %d are accepted", path, t.Rows, minReweightRows))
		}
	}
	preset, err := laser.Preset("quick", "")
	if err != nil {
		return fail(err)
	}
	cfg := preset.Classifier.Training
	if o.epochs > 0 {
		cfg.Epochs = o.epochs
	}
	adjust(&cfg, min(truth.Rows, sample.Rows))
	shift, scale := standardise(truth, sample)
	f, err := dctr.New(preset.Classifier.Network, scale, o.seed)
	if err != nil {
		return fail(err)
	}
	f.Shift = shift
	l, err := dctr.NewObjective(e, f, shuffled(truth, o.seed, "truth"), shuffled(sample, o.seed, "sample"), cfg, o.seed)
	if err != nil {
		return fail(err)
	}
	last, err := a.fit(l, cfg)
	if err != nil {
		return fail(err)
	}
	logits, err := f.Logits(e, sample.Data)
	if err != nil {
		return fail(err)
	}
	logw, err := metric.NormaliseLogWeights(logits)
	if err != nil {
		return fail(fmt.Errorf("the classifier's weights: %w", err))
	}
	r := &reweighted{Out: o.out, N: len(logw), NEff: metric.KishESS(logw), MaxShare: metric.MaxShare(logw), Seed: o.seed}
	r.NEffFraction, r.Max = r.NEff/float64(r.N), r.MaxShare*float64(r.N)
	for name, to := range map[string]**float64{"train": &r.Train, "valid": &r.Valid} {
		if v, ok := last.Losses[name]; ok {
			*to = &v
		}
	}
	return r, logw, f, nil
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

// fit trains with progress and returns the last epoch's record.
func (a *app) fit(l train.Learner, cfg train.Config) (train.Record, error) {
	ctx, stop := interruptible()
	defer stop()
	perEpoch := l.StepsPerEpoch()
	loop := train.Loop{
		Name: "classifier", Epochs: cfg.Epochs, Schedule: cfg.Schedule,
		Progress: func(step, steps int, losses map[string]float64) {
			a.show.Progress(step, steps, fmt.Sprintf("epoch %d/%d  loss %.4f", (step-1)/perEpoch+1, cfg.Epochs, losses["train"]))
		},
	}
	a.show.StageStart(loop.Name, 0, 0)
	records, err := loop.Run(ctx, l)
	a.show.Clear()
	if errors.Is(err, context.Canceled) {
		return train.Record{}, interruptedError{"nothing was written"}
	}
	if err != nil {
		return train.Record{}, err
	}
	return records[len(records)-1], nil
}

// standardise returns what brings each column of the truth to mean 0 and standard
// deviation 1; the sample's spread where the truth has none, and 1 where neither
// has.
func standardise(truth, sample *dataset.Table) (shift, scale []float64) {
	for j := range truth.Cols {
		mean, dev := moments(truth, j)
		if dev == 0 {
			_, dev = moments(sample, j)
		}
		if dev == 0 {
			dev = 1
		}
		shift, scale = append(shift, mean), append(scale, dev)
	}
	return shift, scale
}

func moments(t *dataset.Table, col int) (mean, dev float64) {
	n := float64(t.Rows)
	for i := col; i < len(t.Data); i += t.Cols {
		mean += float64(t.Data[i]) / n
	}
	var m2 float64
	for i := col; i < len(t.Data); i += t.Cols {
		d := float64(t.Data[i]) - mean
		m2 += d * d / n
	}
	// A constant column has the spread of the mean's rounding at most.
	if dev = math.Sqrt(m2); dev <= 1e-12*math.Abs(mean) {
		dev = 0
	}
	return mean, dev
}

// shuffled returns the rows in random order: the last ones are held out of the
// training.
func shuffled(t *dataset.Table, seed uint64, name string) []float32 {
	order := make([]uint32, t.Rows)
	rng.New(seed, "reweight/"+name).Perm(order, 0)
	data := make([]float32, len(t.Data))
	for i, from := range order {
		copy(data[i*t.Cols:(i+1)*t.Cols], t.Data[int(from)*t.Cols:])
	}
	return data
}
