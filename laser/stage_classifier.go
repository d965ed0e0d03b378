package laser

import (
	"context"
	"fmt"
	"slices"

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

const (
	judged = 20_000 // points of truth and of the generator
	// mostBelow is how many standard errors an AUC may lie below ½: one in 10⁹ is beyond
	// by chance.
	mostBelow = 6
)

// judgeClassifier refuses an imported classifier that takes the generator's points for
// truth: its labels are the other way round, or it is of other features.
func (r *Run) judgeClassifier(f dctr.Weigher, g *primary) error {
	path := r.cfg.Classifier.Model
	truth := r.truth.score[:min(len(r.truth.score), judged*r.truth.dim)]
	gen, err := g.points(r.e, r.cfg.Seed, "classifier/judge", judged)
	if err != nil {
		return err
	}
	s := dctr.Scores{}
	if r.truth.scoreW != nil {
		s.TruthW = r.truth.scoreW[:len(truth)/r.truth.dim]
	}
	if s.Truth, err = f.Logits(r.e, truth); err != nil {
		return err
	}
	if s.Gen, err = f.Logits(r.e, gen); err != nil {
		return err
	}
	if err := dctr.CheckOutputs(f, slices.Concat(s.Truth, s.Gen)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	auc, sigma, err := dctr.AUC(s)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if auc < 0.5-mostBelow*sigma {
		return fmt.Errorf("%s: it takes the generator's points for truth (AUC %.4f ± %.4f, where 1 tells all apart and ½ none); a classifier that is higher for truth is accepted", path, auc, sigma)
	}
	return nil
}
