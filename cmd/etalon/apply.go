package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/internal/modeldir"
	"etalon/metric"
)

const applyHelp = `--apply MODEL takes the networks of an earlier --model, or of etalon import, and
weights new events with them, without training. The rows are streamed: memory is
some 40 bytes a row, whatever the number of columns, and --memory bounds it. Weights have
mean 1 over the file; --normalise model divides by the constant of the sample that the
model was fitted to instead, so that parts of a sample fit together, and none leaves
density ratios as they are. Weights that the rows have already (--weight-column,
--sample-weights) are multiplied in: scaled to mean 1 by default, as they are with
--normalise model and none. They may be negative, but not their total. Clipping is that of the model, or of --clip. A warning says which
columns leave the range of the training.`

// checkApply refuses flags that are of the training.
func (o *reweightOptions) checkApply(cmd *cobra.Command) error {
	if o.apply == "" {
		if cmd.Flags().Changed("normalise") {
			return usage("--normalise is of --apply, which is not given")
		}
		return nil
	}
	for _, name := range []string{"truth", "truth-weights", "model", "density", "preprocess", "condition", "loss", "folds", "ensemble", "errors", "calibrate", "closure", "epochs", "seed"} {
		if cmd.Flags().Changed(name) {
			return usage("--%s is of the training, which --apply does not do", name)
		}
	}
	if conventions[o.normalise] == "" {
		return usage("--normalise %q; file, model and none are accepted", o.normalise)
	}
	o.ownClip = cmd.Flags().Changed("clip")
	return nil
}

// applied is what --apply says about its weights.
type applied struct {
	Out        string `json:"out"`
	Provenance string `json:"provenance"`
	*dctr.Diagnostics
	Normalisation normalisation `json:"normalisation"`
	Clipped       *dctr.Clipped `json:"clipped,omitempty"`
	Range         *rangeRecord  `json:"range,omitempty"`
	Warnings      []string      `json:"warnings"`
	Seconds       float64       `json:"seconds"`
	RowsPerS      float64       `json:"rows_per_s"`
}

// applyModel weights new events with the networks of a model.
func (a *app) applyModel(o reweightOptions) error {
	start := time.Now()
	model, err := dctr.LoadWeigher(o.apply)
	if err != nil {
		return err
	}
	origin := dctr.OriginOf(model)
	if origin == nil {
		origin = &dctr.Origin{}
	}
	if o.normalise == "model" && origin.LogNorm == nil {
		return fmt.Errorf("%s: the model has no normalisation of its own; --normalise file and none are accepted", o.apply)
	}
	src, err := a.openFor(o, model, origin.Names)
	if err != nil {
		return err
	}
	defer src.close()
	if err := o.checkMemory(src); err != nil {
		return err
	}
	v, err := o.readWeights(src)
	if err != nil {
		return err
	}
	e := cpu.New(o.threads)
	defer e.Close()
	ctx, stop := interruptible()
	defer stop()
	logw, departures, err := a.score(ctx, e, model, src, origin.Ranges, src.block)
	if err != nil {
		return err
	}
	if err := dctr.CheckOutputs(model, logw); err != nil {
		return fmt.Errorf("%s: %w", o.apply, err)
	}
	if src.weightColumn != "" {
		v = src.weights
		if err := o.checkLog(src.path, v); err != nil {
			return err
		}
	}
	p := &provenance{Made: "apply", Columns: src.names, Model: recordModel(model), Training: withoutRanges(dctr.OriginOf(model))}
	if p.Model.SHA256, err = modeldir.Hash(o.apply); err != nil {
		return err
	}
	if p.Sample, err = sourceOf(o.sample, o.sampleWeights, src.weightColumn, src.rows, src.showers); err != nil {
		return err
	}
	p.Warnings = applyWarnings(model, origin, p.Sample)
	p.Range = recordRange(departures, origin, &p.Warnings)
	out, err := o.finish(p, origin, v, logw)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return interruptedError{"nothing was written"}
	}
	if err := publish(o.out, out, o.log, p); err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	for _, w := range p.Warnings {
		fmt.Fprintf(a.err, "etalon: warning: %s\n", w)
	}
	r := applied{o.out, provenancePath(o.out), p.Diagnostics, p.Normalisation, p.Clipped, p.Range, p.Warnings, seconds, float64(src.rows) / seconds}
	if o.json {
		return a.printJSON(r)
	}
	return a.printApplied(o, &r)
}

// openFor opens the sample that a model weights.
func (a *app) openFor(o reweightOptions, model dctr.Weigher, names []string) (*source, error) {
	if v := dctr.VolumeOf(model); v != nil {
		if o.tables.columns != nil || o.tables.weight != "" {
			return nil, usage("%s weights cells of showers; --columns and --weight-column are for tables", o.apply)
		}
		return openCells(o.sample, &o.showers, v, names)
	}
	opt := o.tables.options()
	opt.Like = names
	src, err := openSource(o.sample, opt, &o.showers, names, o.threads)
	if err != nil {
		return nil, err
	}
	if err := fits(src, o.apply, model.Dim(), names); err != nil {
		src.close()
		return nil, err
	}
	return src, nil
}

// fits tells whether a table has the columns of a model.
func fits(src *source, model string, dim int, names []string) error {
	if src.names != nil && names != nil {
		for j := range min(len(src.names), len(names)) {
			if src.names[j] != names[j] {
				return fmt.Errorf("%s: column %d is %.60q; that of %s is %.60q", src.path, j, src.names[j], model, names[j])
			}
		}
	}
	if src.cols != dim {
		return fmt.Errorf("%s: the table has %d columns; %s has %d features", src.path, src.cols, model, dim)
	}
	return nil
}

// score computes the log-weights of all rows, and counts those that leave the ranges of
// the training; nil where these are not known.
func (a *app) score(ctx context.Context, e *cpu.Engine, model dctr.Weigher, src *source, ranges []dctr.Range, block int) ([]float64, *dctr.Departures, error) {
	scorer, err := dctr.NewScorer(e, model)
	if err != nil {
		return nil, nil, err
	}
	transform := dctr.TransformOf(model)
	var departures *dctr.Departures
	if ranges != nil {
		departures = dctr.NewDepartures(ranges)
	}
	const promised = 1 << 24 // rows; a file may promise more than it has
	logw := make([]float64, 0, min(src.rows, promised))
	x := make([]float32, min(block, src.rows)*src.cols)
	a.show.StageStart("weights", 0, 0)
	defer a.show.Clear()
	for {
		if ctx.Err() != nil {
			return nil, nil, interruptedError{"nothing was written"}
		}
		n, err := src.read(x)
		if err == io.EOF {
			return logw, departures, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if err := transform.CheckRows(x[:n*src.cols], src.names, len(logw)); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", src.path, err)
		}
		part, err := scorer.LogWeights(x[:n*src.cols])
		if err != nil {
			return nil, nil, err
		}
		for i, l := range part {
			if l != l || math.IsInf(l, 1) {
				return nil, nil, fmt.Errorf("%s: row %d has log-weight %g; its values are far beyond those of the training", src.path, len(logw)+i, l)
			}
		}
		logw = append(logw, part...)
		if departures != nil {
			seen := x[:n*src.cols]
			if src.look != nil {
				seen = src.look(seen)
			}
			countDepartures(e, departures, seen)
		}
		a.show.Progress(len(logw), src.rows, "")
	}
}

// countDepartures adds rows to the departures, some thousand in each thread at a time.
func countDepartures(e *cpu.Engine, d *dctr.Departures, x []float32) {
	unit := 1 << 14 * len(d.Ranges)
	parts := make([]*dctr.Departures, (len(x)+unit-1)/unit)
	e.Do(len(parts), func(_, u int) {
		parts[u] = dctr.NewDepartures(d.Ranges)
		parts[u].Add(x[u*unit : min((u+1)*unit, len(x))])
	})
	for _, p := range parts {
		d.Merge(p)
	}
}

// finish normalises and clips the log-weights of events that had the weights v, records
// that, and returns what is written.
func (o reweightOptions) finish(p *provenance, origin *dctr.Origin, v, logw []float64) ([]float64, error) {
	var err error
	p.Normalisation = normalisation{Mode: o.normalise, Convention: conventions[o.normalise]}
	switch first := logw[0]; o.normalise {
	case "file":
		if logw, err = metric.NormaliseLogWeights(logw); err != nil {
			return nil, fmt.Errorf("%s: %w", o.sample, err)
		}
		if v != nil {
			if err := keepTotal(v, logw); err != nil {
				return nil, err
			}
		}
		p.Normalisation.Log = first - logw[0]
	case "model":
		p.Normalisation.Log = *origin.LogNorm
		for i := range logw {
			logw[i] -= p.Normalisation.Log
		}
	}
	whole, err := dctr.Diagnose(v, logw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.sample, err)
	}
	p.Diagnostics = whole
	limit, renormalise := origin.Clip, origin.Renormalise
	if o.ownClip {
		limit, renormalise = o.clip, o.renormalise
	}
	if limit > 0 {
		if logw, p.Clipped, err = dctr.Clip(v, logw, limit, renormalise); err != nil {
			return nil, err
		}
		if p.Diagnostics, err = dctr.Diagnose(v, logw); err != nil {
			return nil, err
		}
	}
	// Of the weights as the networks give them: see dctr.Diagnostics.
	unit := math.Exp(p.Normalisation.Log)
	p.Diagnostics.Closure, p.Diagnostics.ClosureError = (1+whole.Closure)*unit-1, whole.ClosureError*unit
	if o.normalise == "file" {
		return o.values(v, logw), nil
	}
	return o.products(v, logw), nil // v as they are, so that parts of a sample fit together
}

// applyWarnings are those that need no look at the values.
func applyWarnings(model dctr.Weigher, origin *dctr.Origin, sample *dctr.Source) []string {
	var warnings []string
	if origin.Ranges == nil {
		warnings = append(warnings, "the model does not know the range of its training; events outside of it are not noticed")
	}
	if origin.Sample == nil {
		return warnings
	}
	if d, ok := model.(*dctr.DensityWeigher); ok {
		model = d.Inner
	}
	if m, ok := model.(*dctr.Ensemble); ok && m.Folds > 1 && sample.SHA256 == origin.Sample.SHA256 {
		warnings = append(warnings, "these are the events of the training; all networks together weight them here, also those that saw them")
	}
	if a, b := sample.Showers, origin.Sample.Showers; a != nil && b != nil && (a.Cut != b.Cut || a.Shape != b.Shape) {
		warnings = append(warnings, fmt.Sprintf("showers of %v cells, cut at %g MeV; those of the training had %v, cut at %g MeV", a.Shape, a.Cut, b.Shape, b.Cut))
	}
	return warnings
}

// recordRange describes the departures, and warns of them.
func recordRange(d *dctr.Departures, origin *dctr.Origin, warnings *[]string) *rangeRecord {
	if d == nil {
		return nil
	}
	n, trained := float64(d.Events), 0
	if origin.Sample != nil {
		trained = origin.Sample.Rows
	}
	r := &rangeRecord{Outside: float64(d.Rows) / n}
	leaving := 0
	for j, c := range d.Columns {
		name := strconv.Itoa(j)
		if origin.Names != nil {
			name = origin.Names[j]
		}
		col := rangeColumn{name, d.Ranges[j], float64(c.Below) / n, float64(c.Above) / n, float64(c.Tails) / n}
		r.Columns = append(r.Columns, col)
		if !d.Leaves(j, trained) {
			continue
		}
		if leaving++; leaving <= 5 {
			*warnings = append(*warnings, fmt.Sprintf("column %s: %.3g %% of the rows outside of [%.6g, %.6g], the range of the training, %.3g %% outside of [%.6g, %.6g], which 99.8 %% of its sample were in",
				name, 100*(col.Below+col.Above), col.Min, col.Max, 100*col.Tails, col.Low, col.Top))
		}
	}
	if leaving > 5 {
		*warnings = append(*warnings, fmt.Sprintf("%d more columns leave the range of the training", leaving-5))
	}
	return r
}

func (a *app) printApplied(o reweightOptions, r *applied) error {
	kind := map[string]string{"file": "mean weight 1", "model": "normalised as the sample of the training", "none": "not normalised"}[o.normalise]
	name := "weights"
	if o.log {
		name = "log-weights"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d %s, %s\nN_eff %.1f (%.2f %%), largest weight %.4g of the mean\n", o.out, r.N, name, kind, r.NEff, 100*r.Fraction, r.Max)
	fmt.Fprintf(&b, "error of N_eff %.2g, tail index %.2f +- %.2f\n", r.NEffError, r.Tail.K, r.Tail.Error)
	fmt.Fprintf(&b, "normalisation: sum of W / N_G = %.5g +- %.2g, 1 for the exact ratio; divided by %.6g\n", 1+r.Closure, r.ClosureError, math.Exp(r.Normalisation.Log))
	printClipped(&b, r.Clipped)
	if r.Range != nil {
		fmt.Fprintf(&b, "outside of the range of the training: %.3g %% of the rows\n", 100*r.Range.Outside)
	}
	fmt.Fprintf(&b, "provenance: %s\n%.2f s, %.3g rows/s\n", r.Provenance, r.Seconds, r.RowsPerS)
	_, err := a.out.Write([]byte(b.String()))
	return err
}

// sameNames refuses two tables whose columns have different names.
func sameNames(truth, sample string, a, b []string) error {
	if a == nil || b == nil || slices.Equal(a, b) {
		return nil
	}
	for j := range min(len(a), len(b)) {
		if a[j] != b[j] {
			return fmt.Errorf("%s: column %d is %.60q; that of %s is %.60q", sample, j, b[j], truth, a[j])
		}
	}
	return fmt.Errorf("%s: %d columns; %s has %d", sample, len(b), truth, len(a))
}
