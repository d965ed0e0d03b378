package dctr

import (
	"context"
	"errors"
	"fmt"

	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/preprocess"
	"etalon/rng"
	"etalon/train"
)

// reliabilityBins is enough to see the shape of a curve and few enough for some 50
// events in each from the smallest held-out samples.
const reliabilityBins = 20

// Fit is a training of weights from truth and generated rows: one network, an
// ensemble, or a cross-fitted set, with or without a calibration.
type Fit struct {
	Network      Config
	Shift, Scale []float64 // of each feature: see Classifier; nil for a network of volumes
	// Transform is what is done to the columns first: see Classifier. Rows beyond its bounds
	// are refused.
	Transform preprocess.Transform
	Training  train.Config
	Loss      Loss
	// Folds is the number of folds of cross-fitting; 0 and 1 mean none. With it every
	// row gets its weight from networks that did not see it.
	Folds int
	// Members is the number of networks (of each fold) that differ by their seeds; 0
	// means 1.
	Members int
	// Calibrate is "", "temperature" or "isotonic". Each network is calibrated on the
	// rows held out of its own training (Training.Validation).
	Calibrate string
	// Density, if set, is the generator that made the generated rows: its latents and its
	// log-density are more inputs of the networks, and the model is a DensityWeigher.
	Density generator.Invertible
	// Condition, if set, has the numbers of the columns c that the weights are given:
	// the ratio p_truth(x|c)/p_gen(x|c), which leaves the distribution of c of the generated
	// rows as it is. A first fit, of c alone, says how much of each row both classes have in
	// common (Condition); under these weights the fit is made.
	Condition []int
	Seed      uint64
	// Train runs a training; nil means train.Loop without progress. It returns a record
	// for each epoch.
	Train func(ctx context.Context, name string, l train.Learner) ([]train.Record, error)
}

// Fitted is the result of a Fit.
type Fitted struct {
	Model Weigher // for fresh points
	// LogW are the log-weights of the generated rows, not normalised: by the networks
	// that did not see them where there are folds, by all of them otherwise.
	LogW      []float64
	TruthLogW []float64 // those of the truth rows; nil without folds
	LogErr    []float64 // of LogW: see Ensemble.LogitsErrors; nil for one network
	Fold      []int     // of each generated row; nil without folds
	Records   [][]train.Record
	Condition *Condition // of a fit with a condition; else nil
	// Before and After are the reliability of the log-weights on rows that were not
	// trained on: those of all folds, or those held out. After is nil without
	// calibration, Before where nothing was held out. Without folds the calibration that
	// After judges was fitted on the other half of the held-out rows.
	Before, After *Reliability
}

// Check returns an error for settings that cannot be fitted.
func (f Fit) Check() error {
	if f.Folds < 0 || f.Members < 0 || max(f.Folds, 1)*max(f.Members, 1) > maxMembers {
		return fmt.Errorf("classifier: %d folds of %d members; at most %d networks are accepted", f.Folds, f.Members, maxMembers)
	}
	switch f.Calibrate {
	case "":
	case Temperature, Isotonic:
		if f.Training.Validation == 0 {
			return fmt.Errorf("classifier: a calibration needs rows held out of the training; validation = 0")
		}
	default:
		return fmt.Errorf("classifier: calibrate = %q; %s and %s are accepted", f.Calibrate, Temperature, Isotonic)
	}
	if err := f.Loss.Check(); err != nil {
		return err
	}
	return f.Training.Check()
}

// Run fits. The rows may be in any order; folds, order and starts are functions of
// the seed.
func (f Fit) Run(ctx context.Context, e *cpu.Engine, truth, gen Sample) (*Fitted, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	d := f.Network.dim(f.Scale)
	nt, err := truth.Rows(d)
	if err != nil {
		return nil, fmt.Errorf("classifier: truth: %w", err)
	}
	ng, err := gen.Rows(d)
	if err != nil {
		return nil, fmt.Errorf("classifier: generated: %w", err)
	}
	if err := f.Loss.CheckWeights(truth.W); err != nil {
		return nil, fmt.Errorf("classifier: truth: %w", err)
	}
	if err := f.Loss.CheckWeights(gen.W); err != nil {
		return nil, fmt.Errorf("classifier: generated: %w", err)
	}
	if err := checkTransform(f.Transform, f.Network, d); err != nil {
		return nil, err
	}
	if err := f.Transform.CheckRows(truth.X, nil, 0); err != nil {
		return nil, fmt.Errorf("classifier: truth: %w", err)
	}
	if err := f.Transform.CheckRows(gen.X, nil, 0); err != nil {
		return nil, fmt.Errorf("classifier: generated: %w", err)
	}
	if len(f.Condition) > 0 {
		return f.runConditional(ctx, e, truth, gen)
	}
	if f.Density != nil {
		return f.runWithDensity(ctx, e, truth, gen)
	}
	folds, members := max(f.Folds, 1), max(f.Members, 1)
	var truthFold, genFold []int
	if folds > 1 {
		if truthFold, err = Folds(nt, folds, rng.New(f.Seed, "reweight/folds/truth")); err != nil {
			return nil, fmt.Errorf("truth: %w", err)
		}
		if genFold, err = Folds(ng, folds, rng.New(f.Seed, "reweight/folds/sample")); err != nil {
			return nil, fmt.Errorf("generated: %w", err)
		}
	}
	r := &Fitted{Fold: genFold}
	set := &Ensemble{}
	if folds > 1 {
		set.Folds = folds
	}
	var raw, half []Scores // of each member on its held-out rows
	for k := range folds {
		t := truth.pick(d, order(nt, rng.New(f.Seed, "reweight/truth"), truthFold, k))
		g := gen.pick(d, order(ng, rng.New(f.Seed, "reweight/sample"), genFold, k))
		for m := range members {
			c, records, err := f.member(ctx, e, k*members+m, folds*members, t, g)
			if err != nil {
				return nil, err
			}
			held, err := f.heldOut(e, c, t, g)
			if err != nil {
				return nil, err
			}
			if f.Calibrate != "" {
				if c.Calibration, err = f.calibration(held); err != nil {
					return nil, err
				}
			}
			if folds == 1 && len(held.Truth) > 3 && len(held.Gen) > 3 {
				raw = append(raw, held)
				if f.Calibrate != "" {
					crossed, err := f.crossCalibrated(held)
					if err != nil {
						return nil, err
					}
					half = append(half, crossed)
				}
			}
			set.Members = append(set.Members, c)
			r.Records = append(r.Records, records)
		}
	}
	r.Model = set
	if len(set.Members) == 1 {
		r.Model = set.Members[0]
	}
	if folds > 1 {
		return r, r.outOfFold(e, set, truth, gen, truthFold, f.Calibrate != "")
	}
	if r.LogW, r.LogErr, err = set.logitsErrorsOf(e, gen); err != nil {
		return nil, err
	}
	if len(set.Members) == 1 {
		r.LogErr = nil
	}
	if r.Before, err = set.reliability(raw); err != nil {
		return nil, err
	}
	r.After, err = set.reliability(half)
	return r, err
}

// member trains network number i of n.
func (f Fit) member(ctx context.Context, e *cpu.Engine, i, n int, truth, gen Sample) (*Classifier, []train.Record, error) {
	seed, name := f.Seed, "classifier"
	if i > 0 {
		seed = rng.New(f.Seed, fmt.Sprintf("reweight/member%d", i)).Source(0).Uint64()
	}
	if n > 1 {
		name = fmt.Sprintf("classifier %d of %d", i+1, n)
	}
	c, err := New(f.Network, f.Scale, seed)
	if err != nil {
		return nil, nil, err
	}
	c.Shift, c.Transform = f.Shift, f.Transform
	l, err := NewWeightedObjective(e, c, truth, gen, f.Loss, f.Training, seed)
	if err != nil {
		return nil, nil, err
	}
	run := f.Train
	if run == nil {
		run = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
			return train.Loop{Name: name, Epochs: f.Training.Epochs, Schedule: f.Training.Schedule, Patience: f.Training.Patience}.Run(ctx, l)
		}
	}
	records, err := run(ctx, name, l)
	return c, records, err
}

// heldOut returns the raw scores of the rows that the training leaves out.
func (f Fit) heldOut(e *cpu.Engine, c *Classifier, truth, gen Sample) (Scores, error) {
	d := c.Dim()
	nt, err1 := truth.Rows(d)
	ng, err2 := gen.Rows(d)
	if err := errors.Join(err1, err2); err != nil {
		return Scores{}, err
	}
	t, g := truth.from(d, f.Training.Split(nt)), gen.from(d, f.Training.Split(ng))
	s := Scores{TruthW: t.W, GenW: g.W}
	var err error
	if s.Truth, err = c.rawLogitsOf(e, t); err != nil {
		return s, err
	}
	s.Gen, err = c.rawLogitsOf(e, g)
	return s, err
}

func (f Fit) calibration(s Scores) (*Calibration, error) {
	if f.Calibrate == Isotonic {
		return FitIsotonic(s)
	}
	return FitTemperature(s, true)
}

// crossCalibrated calibrates each half of the scores by the other.
func (f Fit) crossCalibrated(s Scores) (Scores, error) {
	a, b := s.half(0), s.half(1)
	ca, err := f.calibration(a)
	if err != nil {
		return s, err
	}
	cb, err := f.calibration(b)
	if err != nil {
		return s, err
	}
	return a.calibrated(cb).joined(b.calibrated(ca)), nil
}

// reliability combines the members' scores of the same rows.
func (m *Ensemble) reliability(scores []Scores) (*Reliability, error) {
	if len(scores) == 0 {
		return nil, nil
	}
	s := scores[0]
	var truth, gen [][]float64
	for _, x := range scores {
		truth, gen = append(truth, x.Truth), append(gen, x.Gen)
	}
	s.Truth, _ = m.combine(truth)
	s.Gen, _ = m.combine(gen)
	return NewReliability(s, reliabilityBins)
}

// outOfFold sets the weights of a cross-fitted set, and their reliability.
func (r *Fitted) outOfFold(e *cpu.Engine, set *Ensemble, truth, gen Sample, truthFold []int, calibrated bool) error {
	var err error
	if r.LogW, r.LogErr, err = set.outOfFoldOf(e, gen, r.Fold); err != nil {
		return err
	}
	if r.TruthLogW, _, err = set.outOfFoldOf(e, truth, truthFold); err != nil {
		return err
	}
	rel, err := NewReliability(Scores{r.TruthLogW, r.LogW, truth.W, gen.W}, reliabilityBins)
	if err != nil {
		return err
	}
	if !calibrated {
		r.Before = rel
		return nil
	}
	r.After = rel
	plain := &Ensemble{Folds: set.Folds}
	for _, c := range set.Members {
		raw := *c
		raw.Calibration = nil
		plain.Members = append(plain.Members, &raw)
	}
	s := Scores{TruthW: truth.W, GenW: gen.W}
	if s.Truth, _, err = plain.outOfFoldOf(e, truth, truthFold); err != nil {
		return err
	}
	if s.Gen, _, err = plain.outOfFoldOf(e, gen, r.Fold); err != nil {
		return err
	}
	r.Before, err = NewReliability(s, reliabilityBins)
	return err
}
