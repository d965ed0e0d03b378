package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/internal/modeldir"
	"etalon/preprocess"
)

type reweightOptions struct {
	truth, sample, out, model   string
	density                     string
	preprocess                  string
	columns                     preprocess.Columns // of preprocess
	condition                   columnList
	truthWeights, sampleWeights string
	errors, loss, calibrate     string
	log, json, closure          bool
	seed                        uint64
	threads, epochs             int
	folds, members              int
	clip                        float64
	renormalise                 bool
	tables                      tableOptions
	showers                     showerOptions

	apply, normalise string // a model, and how its weights are normalised
	ownClip          bool   // whether --clip is given
}

func (a *app) reweightCmd() *cobra.Command {
	var o reweightOptions
	cmd := &cobra.Command{
		Use:   "reweight --truth FILE --sample FILE --out FILE",
		Short: "Weights that make any sample follow the truth (DCTR)",
		Long: `Trains a classifier to tell a sample from truth points and writes the weight of
each point of the sample, its density ratio truth/sample, as one column of
float64 with mean 1. The sample may come from any generator or simulation.

FILE is .npy, .npz[:key], .h5[:/path], .csv or .csv.gz; both tables have the same columns.
` + tablesHelp + `
` + showersHelp + `
Network and training are those of the quick preset of etalon run, with smaller
batches for tables of few rows. Beside the weights stands a file of the same name
but .json, which says where they are from: hashes of the inputs, networks,
calibration, normalisation, N_eff, closure test, warnings, version.

With --density MODEL, the flow (or another model with an explicit density) that made
the sample, the networks see each point's latents and log-density under it as more
inputs: where it is too smooth, or too sharp, is then easier to learn.

--preprocess takes logarithms of positive columns and logits of bounded ones before
the networks see them: E:log, E:log(OFFSET) for values above -OFFSET,
theta:logit(0,3.15) for values within bounds, n:none to leave one unscaled. It is
kept in the model and done again by --apply.

With --condition COLUMNS the weights are the ratio of the distributions of the other
columns at given values of these, such as the incident energy: weighting leaves the
distribution of the given columns as it is in the sample, however that of the truth
may differ. A first classifier, of the given columns alone, picks from truth and
sample what they have in common; the classifier of the weights compares these.

By default one network weights the points that it was trained on. With --folds K
every point gets its weight from a network that did not see it, with --ensemble E
the weight is the mean over E networks; with either, --errors writes how much the
networks differ, as an error of the log-weight. --truth-weights and
--sample-weights give weights that the points have already; the new weights of the
sample are the old ones times the density ratio. They may be negative.

Printed are the normalisation of the ratio before it is brought to mean 1 (DCTRGAN,
eq. 10), and for every column its mean before and after weighting, beside that of
the truth, the dilution r, the uncertainty of the weighted mean divided by that of
the truth, and N_G (eq. 9), how many weighted points know it as well as the truth.

` + applyHelp,
		Example: `  etalon reweight --truth truth.npy --sample generated.npy --out weights.npy
  etalon reweight --truth t.csv --sample g.csv --out logw.npy --log --model classifier
  etalon reweight --truth t.npy --sample g.npy --out w.npy --folds 5 --ensemble 2 --errors e.npy --closure
  etalon reweight --truth t.csv --sample g.csv --out w.npy --preprocess 'E:log,theta:logit(0,3.15)' --condition E0
  etalon reweight --apply classifier --sample more.npy --out more_weights.npy
  etalon reweight --truth geant4.h5 --sample gan.h5 --observables high_level,x2_moment --out w.npy
  etalon score --truth truth.npy --sample generated.npy --weights weights.npy`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.checkApply(cmd); err != nil {
				return err
			}
			needed := []string{"truth", "sample", "out"}
			if o.apply != "" {
				needed = needed[1:]
			}
			if err := need(cmd, needed...); err != nil {
				return err
			}
			if err := o.showers.parse(cmd); err != nil {
				return err
			}
			if cmd.Flags().Changed("epochs") && o.epochs < 1 {
				return usage("--epochs %d; 1 or more are accepted", o.epochs)
			}
			if cmd.Flags().Changed("clip") && (!(o.clip > 0) || math.IsInf(o.clip, 0)) {
				return usage("--clip %v; a positive weight is accepted", o.clip)
			}
			if cmd.Flags().Changed("renormalise") && o.clip == 0 {
				return usage("--renormalise is of --clip, which is not given")
			}
			if err := o.check(); err != nil {
				return err
			}
			if o.apply != "" {
				return a.applyModel(o)
			}
			return a.reweight(o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.truth, "truth", "", "`FILE` of truth points")
	f.StringVar(&o.sample, "sample", "", "`FILE` of the points to weight")
	outFlag(cmd, &o.out)
	f.BoolVar(&o.log, "log", false, "write natural logarithms of the weights")
	f.StringVar(&o.model, "model", "", "`DIR`ectory to save the classifier or the ensemble in, as a model")
	f.StringVar(&o.density, "density", "", "`MODEL` directory of the flow that made the sample, whose latents and density the networks see")
	f.StringVar(&o.preprocess, "preprocess", "", "what is done to columns first, a `LIST` of COLUMN:KIND: log, log(OFFSET), logit(LO,HI), none or standardise, the default")
	f.Var(&o.condition, "condition", "columns that the weights are given, by name or number: their distribution is left alone")
	f.StringVar(&o.truthWeights, "truth-weights", "", "`FILE` of weights of the truth points, one column")
	f.StringVar(&o.sampleWeights, "sample-weights", "", "`FILE` of weights that the points of the sample have already")
	f.StringVar(&o.loss, "loss", string(dctr.BCE), "loss of the classifier: bce, mse or mlc")
	f.IntVar(&o.folds, "folds", 0, "folds of cross-fitting, from 2; 0 for none")
	f.IntVar(&o.members, "ensemble", 1, "networks, in each fold if there are any, that differ by their seeds")
	f.StringVar(&o.errors, "errors", "", "`FILE` to write the errors of the log-weights to, with --folds or --ensemble")
	f.StringVar(&o.calibrate, "calibrate", "none", "calibration on points held out of the training: none, temperature or isotonic")
	f.Float64Var(&o.clip, "clip", 0, "cut density ratios above this one, where 1 is their mean")
	f.BoolVar(&o.renormalise, "renormalise", true, "bring clipped weights back to their former total")
	f.BoolVar(&o.closure, "closure", false, "train a fresh classifier to see whether weighted sample and truth still differ")
	f.IntVar(&o.epochs, "epochs", 0, "passes over the truth points (default: that of the quick preset)")
	f.StringVar(&o.apply, "apply", "", "`MODEL` directory to weight the sample with, without training")
	f.StringVar(&o.normalise, "normalise", "file", "with --apply: file for mean weight 1, model for the constant of its training, or none")
	complete(cmd, "loss", lossNames())
	complete(cmd, "calibrate", []string{"none", dctr.Temperature, dctr.Isotonic})
	complete(cmd, "normalise", []string{"file", "model", "none"})
	tableFlags(cmd, &o.tables)
	showerFlags(cmd, &o.showers)
	seedFlag(cmd, &o.seed)
	threadsFlag(cmd, &o.threads)
	jsonFlag(cmd, &o.json)
	return cmd
}

// maxNetworks bounds the networks that one command trains.
const maxNetworks = 1024

func (o *reweightOptions) check() error {
	if err := checkThreads(o.threads); err != nil {
		return err
	}
	if o.apply != "" && o.tables.weight != "" && o.sampleWeights != "" {
		return usage("--weight-column and --sample-weights are both given; one of them is accepted")
	}
	if err := dctr.Loss(o.loss).Check(); err != nil || o.loss == "" {
		return usage("--loss %q; bce, mse and mlc are accepted", o.loss)
	}
	switch o.calibrate {
	case dctr.Temperature, dctr.Isotonic:
	case "none":
		o.calibrate = ""
	default:
		return usage("--calibrate %q; none, temperature and isotonic are accepted", o.calibrate)
	}
	switch {
	case o.folds < 0 || o.folds == 1 || o.folds > maxNetworks:
		return usage("--folds %d; 2 to %d, or 0 for none, are accepted", o.folds, maxNetworks)
	case o.members < 1 || o.members > maxNetworks || o.members*max(o.folds, 1) > maxNetworks:
		return usage("--ensemble %d; 1 or more, and at most %d networks in all folds, are accepted", o.members, maxNetworks)
	case o.errors != "" && o.members*max(o.folds, 1) == 1:
		return usage("--errors needs several networks: --folds or --ensemble")
	}
	if o.preprocess != "" {
		var err error
		if o.columns, err = preprocess.Parse(o.preprocess); err != nil {
			return usage("--preprocess: %v", err)
		}
	}
	var inputs, files []string
	for _, path := range []string{o.truth, o.sample, o.truthWeights, o.sampleWeights} {
		inputs = append(inputs, dataset.File(path))
	}
	for _, path := range []string{o.truth, o.sample} {
		if path != "" {
			files = append(files, path)
		}
	}
	if err := o.showers.check(files...); err != nil {
		return err
	}
	if err := checkOut(o.out, inputs...); err != nil {
		return err
	}
	if err := checkProvenance(o.out); err != nil {
		return err
	}
	if o.errors != "" {
		if err := checkOut(o.errors, append(inputs, o.out)...); err != nil {
			return err
		}
		if filepath.Clean(dataset.File(o.errors)) == filepath.Clean(dataset.File(o.out)) {
			return usage("--errors and --out are both %s", o.out)
		}
	}
	if o.model == "" {
		return nil
	}
	return checkModelDir(o.model)
}

// reweighted is what reweight says about its weights.
type reweighted struct {
	Out string `json:"out"`
	*dctr.Diagnostics
	Loss        string              `json:"loss"`
	Density     string              `json:"density,omitempty"` // model whose log-density the networks saw
	Preprocess  []preprocess.Column `json:"preprocess,omitempty"`
	Condition   []string            `json:"condition,omitempty"` // columns that the weights are given
	Overlap     *float64            `json:"overlap,omitempty"`   // of truth and sample in these
	Folds       int                 `json:"folds,omitempty"`
	Ensemble    int                 `json:"ensemble,omitempty"`
	Train       *float64            `json:"train,omitempty"` // losses of the last epoch, means over the networks
	Valid       *float64            `json:"valid,omitempty"`
	LogError    *float64            `json:"log_error,omitempty"` // median error of the log-weights
	Errors      string              `json:"errors,omitempty"`
	Calibration string              `json:"calibration,omitempty"`
	Before      *dctr.Reliability   `json:"reliability,omitempty"` // as the networks say it
	After       *dctr.Reliability   `json:"reliability_calibrated,omitempty"`
	Clipped     *dctr.Clipped       `json:"clipped,omitempty"`
	ClosureTest *dctr.Closure       `json:"closure_test,omitempty"`
	Columns     []weightedColumn    `json:"columns"`
	Model       string              `json:"model,omitempty"`
	Provenance  string              `json:"provenance"`
	Seed        uint64              `json:"seed"`
}

func (a *app) reweight(o reweightOptions) error {
	truth, err := a.readSample(o.truth, o.truthWeights, 0, minReweightRows, &o.tables, nil, &o.showers, o.threads)
	if err != nil {
		return err
	}
	sample, err := a.readSample(o.sample, o.sampleWeights, truth.cols, minReweightRows, &o.tables, truth.names, &o.showers, o.threads)
	if err != nil {
		return err
	}
	if err := needWeights(truth, sample); err != nil {
		return err
	}
	if err := sameNames(o.truth, o.sample, truth.names, sample.names); err != nil {
		return err
	}
	if err := o.checkLog(o.sample, sample.W); err != nil {
		return err
	}
	in, err := o.inputs(truth, sample)
	if err != nil {
		return err
	}
	in.density, err = o.readDensity(truth.cols)
	if err != nil {
		return err
	}
	e := cpu.New(o.threads)
	defer e.Close()
	ctx, stop := interruptible()
	defer stop()
	w, err := a.trainWeights(ctx, e, o, in, truth.Sample, sample.Sample, truth.cols)
	if err != nil {
		return err
	}
	r, err := o.describe(w, sample.W)
	if err != nil {
		return err
	}
	r.Preprocess = in.transform
	if c := w.fit.Condition; c != nil {
		r.Overlap = &c.Overlap
		for _, j := range c.Columns {
			r.Condition = append(r.Condition, columnName(namesOf(truth, sample), j))
		}
	}
	r.Columns = weighColumns(truth, sample, total(sample.W, w.logw))
	if err := o.write(w, truth, sample, r); err != nil {
		return err
	}
	if o.json {
		return a.printJSON(r)
	}
	return a.printWeights(o, r)
}

// checkLog refuses weights of events that have no logarithm where it is asked for.
func (o reweightOptions) checkLog(sample string, v []float64) error {
	if !o.log {
		return nil
	}
	from := o.sampleWeights
	if from == "" {
		from = fmt.Sprintf("%s: column %s", sample, o.tables.weight)
	}
	for i, x := range v {
		if x <= 0 {
			return fmt.Errorf("%s: weight %d is %g, which has no logarithm; --log accepts positive ones", from, i, x)
		}
	}
	return nil
}

// readDensity reads the model of --density; nil without one.
func (o reweightOptions) readDensity(cols int) (generator.Invertible, error) {
	if o.density == "" {
		return nil, nil
	}
	g, err := generator.Load(o.density)
	if err != nil {
		return nil, err
	}
	if g.Dim() != cols {
		return nil, fmt.Errorf("%s: the model makes %d features; the tables have %d columns", o.density, g.Dim(), cols)
	}
	d, err := generator.ExplicitDensity(g)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.density, err)
	}
	return d, nil
}

// write writes the files that were asked for.
func (o reweightOptions) write(w *weighted, truth, sample tabled, r *reweighted) error {
	origin, err := o.origin(w, truth, sample)
	if err != nil {
		return err
	}
	p := &provenance{Made: "fit", Sample: origin.Sample, Columns: origin.Names, Model: recordModel(w.fit.Model), Training: withoutRanges(origin),
		Normalisation: normalisation{"file", *origin.LogNorm, conventions["file"]}, Clipped: w.clipped, Diagnostics: r.Diagnostics}
	if o.model != "" {
		if err := dctr.SetOrigin(w.fit.Model, origin); err != nil {
			return err
		}
		if err := w.fit.Model.Save(o.model); err != nil {
			return err
		}
		if p.Model.SHA256, err = modeldir.Hash(o.model); err != nil {
			return err
		}
	}
	if o.errors != "" {
		if err := dataset.WriteFloat64(o.errors, "log_weight_error", w.fit.LogErr); err != nil {
			return err
		}
	}
	return publish(o.out, o.values(sample.W, w.logw), o.log, p)
}

// origin says what the weights were learned from.
func (o reweightOptions) origin(w *weighted, truth, sample tabled) (*dctr.Origin, error) {
	var err error
	r := &dctr.Origin{Software: software(), Loss: o.loss, Epochs: w.epochs, Folds: o.folds, Ensemble: o.members, Seed: o.seed, LogNorm: &w.logNorm,
		Clip: o.clip, Renormalise: o.clip > 0 && o.renormalise, Closure: w.closure,
		Names: namesOf(truth, sample), Condition: w.given(), Ranges: dctr.Ranges(truth.cols, truth.X, sample.X)}
	if r.Truth, err = sourceOf(o.truth, o.truthWeights, truth.weightColumn, len(truth.X)/truth.cols, truth.showers); err != nil {
		return nil, err
	}
	r.Sample, err = sourceOf(o.sample, o.sampleWeights, sample.weightColumn, len(sample.X)/sample.cols, sample.showers)
	return r, err
}

// values are what is written of log-weights, times the weights v that the events had, of
// mean 1.
func (o reweightOptions) values(v, logw []float64) []float64 {
	if o.log && v == nil {
		return logw
	}
	return o.logarithms(total(v, logw))
}

// products are values with the weights v as they are.
func (o reweightOptions) products(v, logw []float64) []float64 {
	if o.log && v == nil {
		return logw
	}
	out := make([]float64, len(logw))
	for i, l := range logw {
		out[i] = math.Exp(l)
		if v != nil {
			out[i] *= v[i]
		}
	}
	return o.logarithms(out)
}

// logarithms takes those of positive weights where they are asked for.
func (o reweightOptions) logarithms(w []float64) []float64 {
	if o.log {
		for i, x := range w {
			w[i] = math.Log(x)
		}
	}
	return w
}

// describe collects the numbers of the weights.
func (o reweightOptions) describe(w *weighted, v []float64) (*reweighted, error) {
	final, err := dctr.Diagnose(v, w.logw)
	if err != nil {
		return nil, err
	}
	raw, err := dctr.Diagnose(v, w.fit.LogW)
	if err != nil {
		return nil, err
	}
	final.Closure, final.ClosureError = raw.Closure, raw.ClosureError // before normalisation and clipping
	r := &reweighted{Out: o.out, Diagnostics: final, Loss: o.loss, Density: o.density, Folds: o.folds, Errors: o.errors, Calibration: o.calibrate,
		Before: w.fit.Before, After: w.fit.After, Clipped: w.clipped, ClosureTest: w.closure, Model: o.model, Provenance: provenancePath(o.out), Seed: o.seed}
	if o.members > 1 {
		r.Ensemble = o.members
	}
	if w.fit.LogErr != nil {
		sorted := slices.Sorted(slices.Values(w.fit.LogErr))
		r.LogError = &sorted[len(sorted)/2]
	}
	for name, to := range map[string]**float64{"train": &r.Train, "valid": &r.Valid} {
		mean, n := 0.0, 0
		for _, records := range w.fit.Records {
			if v, ok := records[len(records)-1].Losses[name]; ok {
				mean, n = mean+v, n+1
			}
		}
		if n > 0 {
			mean /= float64(n)
			*to = &mean
		}
	}
	return r, nil
}

func (a *app) printWeights(o reweightOptions, r *reweighted) error {
	kind := "weights of mean 1"
	if o.log {
		kind = "log-weights, mean weight 1"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d %s\nN_eff %.1f (%.2f %%), largest weight %.4g\n", o.out, r.N, kind, r.NEff, 100*r.Fraction, r.Max)
	fmt.Fprintf(&b, "error of N_eff %.2g, tail index %.2f +- %.2f\n", r.NEffError, r.Tail.K, r.Tail.Error)
	fmt.Fprintf(&b, "normalisation: sum of W / N_G = %.5g +- %.2g, 1 for the exact ratio\n", 1+r.Closure, r.ClosureError)
	if r.LogError != nil {
		fmt.Fprintf(&b, "median error of a log-weight %.4f\n", *r.LogError)
	}
	if r.After != nil {
		fmt.Fprintf(&b, "%s calibration: cross-entropy %.5f -> %.5f, calibration error %.4f -> %.4f\n", o.calibrate, r.Before.BCE, r.After.BCE, r.Before.ECE, r.After.ECE)
	}
	if r.Overlap != nil {
		fmt.Fprintf(&b, "given %s, whose distribution stays that of the sample; overlap with the truth's %.3f, 1 where they are the same\n", strings.Join(r.Condition, ", "), *r.Overlap)
	}
	printClipped(&b, r.Clipped)
	if r.Valid != nil {
		chance, name := dctr.Loss(o.loss).Chance(), "a coin's"
		if o.loss == string(dctr.BCE) {
			name = "ln 2"
		}
		verdict := "below it: the classifier tells truth and sample apart"
		if *r.Valid >= chance {
			verdict = "not below it: the weights are no better than none; try fewer --epochs or more points"
		}
		fmt.Fprintf(&b, "validation loss %.5f, %s = %.5f; %s\n", *r.Valid, name, chance, verdict)
	}
	if r.ClosureTest != nil {
		fmt.Fprintf(&b, "closure test: %s\n", r.ClosureTest.Verdict)
	}
	fmt.Fprintf(&b, "provenance: %s\n", r.Provenance)
	printWeightedColumns(&b, r.Columns)
	_, err := a.out.Write([]byte(b.String()))
	return err
}

func printClipped(b *strings.Builder, c *dctr.Clipped) {
	if c != nil {
		fmt.Fprintf(b, "clipped at %g: %d weights with %.2f %% of the total, %.2f %% of it removed\n", c.Limit, c.Events, 100*c.Share, 100*c.Removed)
	}
}

// checkModelDir tells early what saving the model would find.
func checkModelDir(dir string) error {
	if info, err := os.Stat(filepath.Dir(dir)); err != nil || !info.IsDir() {
		return fmt.Errorf("%s: cannot write: the directory does not exist", dir)
	}
	return modeldir.Replaceable(dir)
}
