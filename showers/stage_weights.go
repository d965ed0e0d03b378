package showers

import (
	"context"
	"fmt"
	"math"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/metric"
	"etalon/rundir"
	"etalon/train"
)

// names of the methods in the scores and figures
const (
	methodGenerator = "generator"
	methodHigh      = "dctr_hl"
	methodLow       = "dctr_ll"
	methodAccepted  = "rejection"
	methodRefined   = "refined"
)

// trainHighLevel learns the weights of observables and gives them to the showers that
// are scored, which it has not seen.
func (r *Run) trainHighLevel(ctx context.Context) (string, error) {
	truth, err := r.inputs(r.truth.train.table)
	if err != nil {
		return "", err
	}
	dir := r.d.Path("models", "high_level")
	note := ""
	if rundir.Exists(dir) {
		if r.f, err = dctr.LoadWeigher(dir); err != nil {
			return "", err
		}
	} else {
		gen, err := r.inputs(r.gen.train.table)
		if err != nil {
			return "", err
		}
		shift, scale := standard(truth, len(truth)/r.truth.train.len())
		fit := r.cfg.HighLevel.fit(shift, scale, r.cfg.Seed)
		var names []string
		fit.Train = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
			names = append(names, name)
			return r.d.Train(ctx, name, l, r.cfg.HighLevel.Training)
		}
		fitted, err := fit.Run(ctx, r.e, dctr.Sample{X: truth}, dctr.Sample{X: gen})
		if err != nil {
			return "", err
		}
		r.f = fitted.Model
		for i, records := range fitted.Records {
			if err := r.d.AddHistory(fmt.Sprintf("high-level classifier, network %d", i+1), records); err != nil {
				return "", err
			}
		}
		if err := r.f.Save(dir); err != nil {
			return "", err
		}
		for _, name := range names {
			r.d.Forget(name)
		}
		note = fmt.Sprintf("%d networks, %s", len(fitted.Records), rundir.Describe(fitted.Records[0], r.cfg.HighLevel.Training.Patience))
	}
	x, err := r.inputs(r.gen.score.table)
	if err != nil {
		return "", err
	}
	if r.logits, err = r.f.Logits(r.e, x); err != nil {
		return "", err
	}
	return note, r.addWeights(methodHigh, r.logits, r.cfg.HighLevel.Clip)
}

// addWeights keeps log-weights of the scored showers, with mean weight 1.
func (r *Run) addWeights(name string, logw []float64, clip float64) error {
	logw, err := metric.NormaliseLogWeights(logw)
	var clipped *dctr.Clipped
	if err == nil && clip > 0 {
		logw, clipped, err = dctr.Clip(nil, logw, clip, true)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r.weighted = append(r.weighted, weighting{name, logw, clipped})
	return dataset.WriteNPYFloat64(r.d.Path("samples", name+"_log_weights.npy"), logw)
}

// standard returns the mean and the standard deviation of each column; 1 for one that
// does not vary.
func standard(x []float32, cols int) (shift, scale []float64) {
	shift, scale = make([]float64, cols), make([]float64, cols)
	n := float64(len(x) / cols)
	for i, v := range x {
		shift[i%cols] += float64(v) / n
	}
	for i, v := range x {
		d := float64(v) - shift[i%cols]
		scale[i%cols] += d * d / n
	}
	for i, v := range scale {
		if scale[i] = math.Sqrt(v); v == 0 {
			scale[i] = 1
		}
	}
	return shift, scale
}

// closure is closure.json: what a fresh classifier of the high-level observables finds
// between each sample and the truth that it is scored against.
type closure map[string]*dctr.Closure

// testClosure tests every sample.
func (r *Run) testClosure(ctx context.Context) (string, error) {
	path := r.d.Path(closureFile)
	res := closure{}
	if rundir.Exists(path) {
		return "", nil
	}
	truth, err := r.inputs(r.truth.score.table)
	if err != nil {
		return "", err
	}
	shift, scale := standard(truth, len(truth)/r.truth.score.len())
	for _, m := range r.methods() {
		x, err := r.inputs(m.set.table)
		if err != nil {
			return "", err
		}
		gen := dctr.Sample{X: x}
		for _, l := range m.logw {
			gen.W = append(gen.W, math.Exp(l))
		}
		c := r.cfg.Closure
		name := "closure test of " + m.name
		test := dctr.ClosureTest{Network: c.Network, Shift: shift, Scale: scale, Training: c.Training, Level: c.Level, Seed: r.cfg.Seed,
			Train: func(ctx context.Context, _ string, l train.Learner) ([]train.Record, error) {
				return r.d.Train(ctx, name, l, c.Training)
			}}
		if res[m.name], err = test.Run(ctx, r.e, dctr.Sample{X: truth}, gen); err != nil {
			return "", err
		}
	}
	if err := rundir.WriteJSON(path, res); err != nil {
		return "", err
	}
	for name := range res {
		r.d.Forget("closure test of " + name)
	}
	c := res[methodHigh]
	return fmt.Sprintf("AUC of truth against %s %.4f, weighted %.4f ± %.4f", methodGenerator, res[methodGenerator].AUC, c.AUC, c.AUCError), nil
}

const closureFile = "closure.json"

// method is one sample that is scored.
type method struct {
	name, label string
	set         *set
	logw        []float64 // nil: 1 each
}

// methods lists what is scored, in the order of figures.
func (r *Run) methods() []method {
	list := []method{{methodGenerator, "Generator", &r.gen.score, nil}}
	for _, w := range r.weighted {
		list = append(list, method{w.name, labels[w.name], &r.gen.score, w.logw})
	}
	if r.accepted.table != nil {
		list = append(list, method{methodAccepted, labels[methodAccepted], &r.accepted, nil})
	}
	if r.refined.table != nil {
		list = append(list, method{methodRefined, labels[methodRefined], &r.refined, nil})
	}
	return list
}

var labels = map[string]string{methodHigh: "DCTR, high level", methodLow: "DCTR, low level", methodAccepted: "Rejection", methodRefined: "LaSeR"}
