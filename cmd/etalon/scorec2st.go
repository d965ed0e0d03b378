package main

import (
	"fmt"
	"math"
	"slices"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/laser"
	"etalon/metric"
	"etalon/rng"
)

const (
	c2stName   = "c2st"
	c2stEpochs = 20
	c2stBatch  = 500
	c2stEvents = 50_000 // default of --c2st-events
)

// c2stNetwork is the classifier; the features that it sees have mean 0 and standard
// deviation 1.
var c2stNetwork = dctr.Config{Hidden: 4, Units: 64, Slope: 0.1}

// c2stScore is a classifier two-sample test. The floor is what permuted labels
// give: mean and standard deviation of the AUC. A second training, of truth
// against truth, would draw one number from the same distribution.
type c2stScore struct {
	Value       number `json:"value"` // AUC
	Error       number `json:"error"` // DeLong's
	Floor       number `json:"floor"`
	FloorSpread number `json:"floor_spread"`
	P           number `json:"p"`      // of an AUC at least as high without a difference
	Judged      [2]int `json:"judged"` // points of truth and sample; as many others trained
	Columns     []int  `json:"columns"`
	verdict     string
}

// scoreC2ST trains a fresh classifier between reference and sample.
func (a *app) scoreC2ST(o *scoreOptions, ref, sample *points, r *comparison) error {
	if !o.wants(c2stName) {
		return nil
	}
	unit := make([]float64, ref.Cols)
	for j := range unit {
		unit[j] = 1
	}
	cols := len(o.cloudColumns)
	x := dctrSample(o.some(selected(ref.cloud(), o.cloudColumns, unit), "truth"))
	y := dctrSample(o.some(selected(sample.cloud(), o.cloudColumns, unit), "sample"))
	rows := min(len(x.X), len(y.X)) / cols
	if rows < minReweightRows {
		return fmt.Errorf("--metrics %s: %d truth points and %d of the sample; at least %d of each are accepted", c2stName, len(x.X)/cols, len(y.X)/cols, minReweightRows)
	}
	if r.NEff < minReweightRows {
		return fmt.Errorf("--metrics %s: the weights of the sample are worth %.1f points; at least %d are accepted", c2stName, r.NEff, minReweightRows)
	}
	preset, err := laser.Preset("quick", "")
	if err != nil {
		return err
	}
	cfg := preset.Classifier.Training
	cfg.Epochs, cfg.Batch, cfg.Validation = c2stEpochs, min(c2stBatch, max(rows/2/minSteps, minBatch)), 0
	cfg.Schedule.Warmup = min(cfg.Schedule.Warmup, c2stEpochs*max(rows/2/cfg.Batch, 1)/4)
	shift, scale := standardise(x, y, cols)
	e := cpu.New(o.threads)
	defer e.Close()
	ctx, stop := interruptible()
	defer stop()
	c, err := dctr.ClosureTest{Network: c2stNetwork, Shift: shift, Scale: scale, Training: cfg, Seed: o.seed, Train: a.trainer(cfg)}.Run(ctx, e, x, y)
	if err != nil {
		return err
	}
	r.C2ST = &c2stScore{Value: number(c.AUC), Error: number(c.AUCError), Floor: number(c.NullMean), FloorSpread: number(c.NullSD),
		P: number(c.P), Judged: [2]int{c.Truth, c.Gen}, Columns: o.cloudColumns, verdict: c.Verdict}
	return nil
}

// some returns random points, about as many as --c2st-events allows. Of weighted points
// each is taken with a probability in proportion to its weight, at most 1, and its
// weight is divided by that: so the heaviest are always there, and what is lost of
// the others counts least.
func (o *scoreOptions) some(c metric.Cloud, name string) metric.Cloud {
	want := int(o.c2stEvents)
	if c.Len() <= want {
		return c
	}
	s := rng.New(o.seed, "score/c2st/"+name)
	if c.LogW == nil {
		order := make([]uint32, c.Len())
		s.Perm(order, 0)
		return c.Take(order[:want])
	}
	cut := thinning(c.LogW, want)
	var rows []uint32
	for i, l := range c.LogW {
		if math.Log(float64(s.Uniform(0, uint64(i), 0))) < l-cut {
			rows = append(rows, uint32(i))
		}
	}
	t := c.Take(rows)
	for i, l := range t.LogW {
		t.LogW[i] = max(l, cut)
	}
	return t
}

// thinning returns the logarithm of the weight c for which Σ min(1, w/c) is want, -Inf
// where no more weights than that are positive.
func thinning(logw []float64, want int) float64 {
	sorted := slices.Clone(logw)
	slices.Sort(sorted)
	below, last := 0.0, math.Inf(-1) // Σ w of the lighter ones, in units of the last
	for i, l := range sorted {
		if !math.IsInf(l, -1) {
			below = below*math.Exp(last-l) + 1
			last = l
		}
		// The heavier ones are taken all, and the rest makes up for what is missing.
		missing := want - (len(sorted) - 1 - i)
		if missing < 1 {
			continue
		}
		next := math.Inf(1)
		if i+1 < len(sorted) {
			next = sorted[i+1]
		}
		if cut := math.Log(below/float64(missing)) + last; cut <= next {
			return cut
		}
	}
	return math.Inf(-1)
}

// dctrSample returns the points with their weights.
func dctrSample(c metric.Cloud) dctr.Sample {
	s := dctr.Sample{X: c.X}
	if c.LogW != nil {
		s.W = total(nil, c.LogW)
	}
	return s
}
