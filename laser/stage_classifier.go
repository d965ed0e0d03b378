package laser

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/internal/atomicfile"
	"etalon/metric"
	"etalon/train"
)

// trainClassifier is LaSeR's step 2: truth against the generator's points.
func (r *Run) trainClassifier(ctx context.Context, rd *round) (string, error) {
	dir := r.path("models", rd.name("classifier"))
	if exists(dir) {
		var err error
		rd.f, err = dctr.LoadWeigher(dir)
		return "", err
	}
	n := r.cfg.Classifier.Generated
	if p := rd.g.pairs; p != nil {
		n = p.Rows()
	}
	gen, err := rd.g.points(r.e, r.seed(rd), "classifier/z", n)
	if err != nil {
		return "", err
	}
	fit := r.cfg.Classifier.fit(r.truth.shift, r.truth.scale, r.seed(rd))
	var names []string
	fit.Train = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
		if rd.number > 1 {
			name += fmt.Sprintf(", round %d", rd.number)
		}
		names = append(names, name)
		return r.train(ctx, name, l, r.cfg.Classifier.Training)
	}
	fitted, err := fit.Run(ctx, r.e, dctr.Sample{X: r.truth.train}, dctr.Sample{X: gen})
	if err != nil {
		return "", err
	}
	rd.f = fitted.Model
	for i, records := range fitted.Records {
		name := rd.stage("classifier")
		if i > 0 {
			name = fmt.Sprintf("%s, network %d", name, i+1)
		}
		if err := addHistory(r.path(historyFile), name, records); err != nil {
			return "", err
		}
	}
	if rd.g.pairs != nil { // every row by networks that did not see it
		logw, err := metric.NormaliseLogWeights(fitted.LogW)
		if err != nil {
			return "", fmt.Errorf("the classifier's weights: %w", err)
		}
		if err := dataset.WriteNPYFloat64(r.samplePath(rd.name("log_weights_of_pairs")), logw); err != nil {
			return "", err
		}
	}
	if err := writeJSON(r.path(rd.name("reliability")+".json"), reliability{fitted.Before, fitted.After}); err != nil {
		return "", err
	}
	if err := rd.f.Save(dir); err != nil {
		return "", err
	}
	for _, name := range names {
		r.forget(name)
	}
	note := describe(last(fitted.Records[0]))
	if k := len(fitted.Records); k > 1 {
		note = fmt.Sprintf("%d networks, the first: %s", k, note)
	}
	return note, nil
}

// reliability is reliability.json: the reliability curves of the weights before and
// after calibration, on rows that were not trained on.
type reliability struct {
	Before *dctr.Reliability `json:"before"`
	After  *dctr.Reliability `json:"after"`
}

func last(records []train.Record) train.Record { return records[len(records)-1] }

// writeJSON writes a file of a run, whole or not at all.
func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(text, '\n'))
}

// readJSON reads a file that the run itself has written.
func readJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// testClosure lets a fresh classifier look for a difference between weighted points and
// truth points that nothing was trained on.
func (r *Run) testClosure(ctx context.Context, rd *round) (string, error) {
	path := r.path(closureFile)
	if exists(path) {
		return "", nil
	}
	c := r.cfg.Closure
	x, err := r.readRows(rd.name("baseline"), r.truth.dim)
	if err != nil {
		return "", err
	}
	logw, err := dataset.ReadFloat64(r.samplePath(rd.name("log_weights")))
	if err != nil {
		return "", err
	}
	truth := r.truth.independent(c.Points, 0)
	n := min(c.Points, len(truth)/r.truth.dim, len(logw))
	w := make([]float64, n)
	for i := range w {
		w[i] = math.Exp(logw[i])
	}
	test := dctr.ClosureTest{Network: c.Network, Shift: r.truth.shift, Scale: r.truth.scale, Training: c.Training, Level: c.Level, Seed: r.seed(rd),
		Train: func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
			return r.train(ctx, name, l, c.Training)
		}}
	res, err := test.Run(ctx, r.e, dctr.Sample{X: truth[:n*r.truth.dim]}, dctr.Sample{X: x[:n*r.truth.dim], W: w})
	if err != nil {
		return "", err
	}
	if err := writeJSON(path, res); err != nil {
		return "", err
	}
	r.forget("closure test")
	return res.Verdict, nil
}
