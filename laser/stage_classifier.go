package laser

import (
	"context"
	"fmt"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/generator"
	"etalon/metric"
	"etalon/rundir"
	"etalon/train"
)

// trainClassifier is LaSeR's step 2: truth against the generator's points.
func (r *Run) trainClassifier(ctx context.Context, rd *round) (string, error) {
	dir := r.path("models", rd.name("classifier"))
	if rundir.Exists(dir) {
		var err error
		rd.f, err = dctr.LoadWeigher(dir)
		return "", err
	}
	if r.cfg.Classifier.Model != "" {
		f, err := r.importClassifier()
		if err != nil {
			return "", err
		}
		rd.f = f
		return "of " + r.cfg.Classifier.Model, f.Save(dir)
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
	fit.Transform = r.truth.transform
	if r.cfg.Classifier.Density {
		if fit.Density, err = generator.ExplicitDensity(rd.g.net); err != nil {
			return "", fmt.Errorf("config: classifier.density: %w", err)
		}
	}
	var names []string
	fit.Train = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
		if rd.number > 1 {
			name += fmt.Sprintf(", round %d", rd.number)
		}
		names = append(names, name)
		return r.d.Train(ctx, name, l, r.cfg.Classifier.Training)
	}
	fitted, err := fit.Run(ctx, r.e, dctr.Sample{X: r.truth.train, W: r.truth.trainW}, dctr.Sample{X: gen})
	if err != nil {
		return "", err
	}
	rd.f = fitted.Model
	for i, records := range fitted.Records {
		if err := r.d.AddHistory(networkName(rd.stage("classifier"), i), records); err != nil {
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
	if err := rundir.WriteJSON(r.path(rd.name("reliability")+".json"), reliability{fitted.Before, fitted.After}); err != nil {
		return "", err
	}
	if err := rd.f.Save(dir); err != nil {
		return "", err
	}
	for _, name := range names {
		r.d.Forget(name)
	}
	note := rundir.Describe(fitted.Records[0], r.cfg.Classifier.Training.Patience)
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

// importClassifier reads the classifier that stands in for a trained one.
func (r *Run) importClassifier() (dctr.Weigher, error) {
	path := r.cfg.Classifier.Model
	f, err := dctr.LoadWeigher(path)
	if err != nil {
		return nil, err
	}
	if f.Dim() != r.truth.dim {
		return nil, fmt.Errorf("%s: a classifier of %s, the truth has %d", path, plural(f.Dim(), "feature"), r.truth.dim)
	}
	return f, nil
}
