package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"etalon/dataset"
	"etalon/hist"
)

// run is everything that the report shows.
type run struct {
	metrics  *metrics
	timings  *timings
	history  *history
	hmc      *hmcRecord
	samplers *samplers
	omnifold *omnifoldRecord
	config   string // run.toml

	truth   *hist.H2
	feature map[string]*hist.H2 // by method
	latent  map[string]*hist.H2 // by method, on latentRange; may lack any
	others  map[string]*hist.H2 // by method: samples without panels
	weights *weightFigure

	notes []string // what is missing or was left out
}

// latentRange is the part of the latent space that the figures show.
var latentRange = []float64{-3, 3, -3, 3}

func (r *run) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// load reads a run directory.
func load(dir string) (*run, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s is not a run directory", dir)
	}
	m, err := readMetrics(dir)
	if err != nil {
		return nil, err
	}
	r := &run{metrics: m, feature: map[string]*hist.H2{}, latent: map[string]*hist.H2{}, others: map[string]*hist.H2{}}
	if err := r.loadRecords(dir); err != nil {
		return nil, err
	}
	if err := r.loadSamples(dir); err != nil {
		return nil, err
	}
	return r, nil
}

// optional tells whether a file could be read; a missing one is noted with
// what the report lacks without it.
func (r *run) optional(err error, name, lacks string) (bool, error) {
	if errors.Is(err, fs.ErrNotExist) {
		r.note("%s is not in this run: no %s.", name, lacks)
		return false, nil
	}
	return err == nil, err
}

func (r *run) loadRecords(dir string) error {
	text, err := readLimited(filepath.Join(dir, "run.toml"), maxConfig)
	if _, err := r.optional(err, "run.toml", "settings"); err != nil {
		return err
	}
	r.config = string(text)

	t := new(timings)
	ok, err := r.optional(readJSON(filepath.Join(dir, "timings.json"), t), "timings.json", "seconds per stage")
	if err != nil {
		return err
	}
	if ok {
		r.timings = t
	}

	h, path := new(history), filepath.Join(dir, "history.json")
	ok, err = r.optional(readJSON(path, h), "history.json", "training curves")
	if err != nil {
		return err
	}
	if ok {
		if h.Generator == nil {
			h.Generator = h.Flow
		}
		if err := errors.Join(h.Generator.check(path, "generator"), h.Classifier.check(path, "classifier"), h.Refiner.check(path, "refiner")); err != nil {
			return err
		}
		r.history = h
	}

	c := new(hmcRecord)
	ok, err = r.optional(readJSON(filepath.Join(dir, "hmc.json"), c), "hmc.json", "sampler diagnostics")
	if err != nil {
		return err
	}
	if ok {
		r.hmc = c
	}
	if err := r.loadSamplers(dir); err != nil {
		return err
	}

	// Only generators with hidden latents have one.
	o, path := new(omnifoldRecord), filepath.Join(dir, "omnifold.json")
	switch err := readJSON(path, o); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	r.omnifold = o
	return o.check(path)
}

func (r *run) loadSamples(dir string) error {
	limits, columns := r.metrics.limits(), r.metrics.Columns
	points, err := readPoints(sampleFile(dir, "truth"), columns)
	if err != nil {
		return err
	}
	truthW, err := readTruthWeights(dir, len(points)/2)
	if err != nil {
		return err
	}
	if r.truth, err = r.filled(points, truthW, limits, sampleFile(dir, "truth")); err != nil {
		return err
	}

	// Weights belong to the points of the baseline.
	w, err := r.loadWeights(dir)
	if err != nil {
		return err
	}
	for _, name := range []string{"baseline", "direct", "hmc", "laser"} {
		path := sampleFile(dir, name)
		if name == "direct" && exists(path) != nil {
			continue // only generators with hidden latents have it
		}
		points, err := readPoints(path, columns)
		if err != nil && name == "baseline" {
			return err
		}
		ok, err := r.optional(err, "samples/"+name+".npy", "panels of "+methodLabel(name))
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := r.fillMethod(r.feature, name, points, w, limits, path); err != nil {
			return err
		}
		path = sampleFile(dir, name+"_latent")
		latents, err := readPoints(path, []int{0, 1})
		if errors.Is(err, errFewColumns) {
			r.note("The generator has one latent: no latent panels.")
			continue
		}
		if ok, err = r.optional(err, "samples/"+name+"_latent.npy", "latent panel of "+methodLabel(name)); err != nil {
			return err
		}
		if !ok {
			continue
		}
		if len(latents) != len(points) {
			return fmt.Errorf("%s has %d rows, the sample has %d", path, len(latents)/2, len(points)/2)
		}
		if err := r.fillMethod(r.latent, name, latents, w, latentRange, path); err != nil {
			return err
		}
	}
	return r.loadOthers(dir)
}

// sampleName is what a method may be called whose sample is looked for.
var sampleName = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// maxOthers bounds the samples without panels.
const maxOthers = 20

// loadOthers reads the samples of scored methods that have no panels, where the run
// has them.
func (r *run) loadOthers(dir string) error {
	for i := range r.metrics.Scores {
		name := r.metrics.Scores[i].Method
		path := sampleFile(dir, name)
		if r.feature[name] != nil || !sampleName.MatchString(name) || len(r.others) == maxOthers {
			continue
		}
		points, err := readPoints(path, r.metrics.Columns)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := r.fillMethod(r.others, name, points, nil, r.metrics.limits(), path); err != nil {
			return err
		}
	}
	return nil
}

// fillMethod fills the histogram of a sample and, for the baseline, the one
// of its weighted points as well.
func (r *run) fillMethod(into map[string]*hist.H2, name string, points []float32, w, limits []float64, path string) error {
	d, err := r.filled(points, nil, limits, path)
	if err != nil {
		return err
	}
	if d.NaN > 0 {
		r.note("%s: %d points are not numbers and were left out.", filepath.Base(path), d.NaN)
	}
	into[name] = d
	if name != "baseline" || w == nil {
		return nil
	}
	if len(w) != len(points)/2 {
		return fmt.Errorf("%s has %d rows, log_weights.npy has %d", path, len(points)/2, len(w))
	}
	into["dctr"], err = r.filled(points, w, limits, path+" with weights")
	return err
}

// readTruthWeights reads the weights of n truth points; nil where they have none.
func readTruthWeights(dir string, n int) ([]float64, error) {
	path := sampleFile(dir, "truth_weights")
	w, err := readVector(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && len(w) != n {
		err = fmt.Errorf("%s has %d rows, truth.npy has %d", path, len(w), n)
	}
	return w, err
}

// filled is fillDensity with the bins of the run, in one row for one column; a sample
// without any finite point is an error.
func (r *run) filled(points []float32, w, limits []float64, path string) (*hist.H2, error) {
	nx, ny := r.metrics.Bins, r.metrics.Bins
	if r.metrics.line() && &limits[0] != &latentRange[0] {
		ny = 1
	}
	d, err := fillDensity(points, w, limits, nx, ny)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !(d.SumW > 0) {
		return nil, fmt.Errorf("%s holds no finite point", path)
	}
	return d, nil
}

// loadWeights reads the log-weights of the baseline and returns weights of
// mean 1, or nil if the run has none.
func (r *run) loadWeights(dir string) ([]float64, error) {
	logW, err := readVector(sampleFile(dir, "log_weights"))
	ok, err := r.optional(err, "samples/log_weights.npy", "DCTR panels and weights")
	if err != nil || !ok {
		return nil, err
	}
	exact, err := readVector(sampleFile(dir, "exact_log_weights"))
	if _, err := r.optional(err, "samples/exact_log_weights.npy", "comparison with exact weights (they need known densities of truth and generator)"); err != nil {
		return nil, err
	}
	if exact != nil && len(exact) != len(logW) {
		return nil, fmt.Errorf("%s has %d rows, log_weights.npy has %d", sampleFile(dir, "exact_log_weights"), len(exact), len(logW))
	}
	w, err := normalised(logW)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sampleFile(dir, "log_weights"), err)
	}
	r.weights = newWeightFigure(logW, w, exact, r.metrics.Weights)
	return w, nil
}

// sampleFile returns the path of a sample of the run.
func sampleFile(dir, name string) string {
	return filepath.Join(dir, "samples", name+".npy")
}

// errFewColumns is the error of a table that lacks a column.
var errFewColumns = errors.New("too few columns")

// readPoints reads two columns of a table as x0, y0, x1, y1, …; one column has ½ beside
// it. Without columns the table must have the shape (n, 2). A missing file is
// fs.ErrNotExist.
func readPoints(path string, columns []int) ([]float32, error) {
	if err := exists(path); err != nil {
		return nil, err
	}
	opt := dataset.ReadOptions{AllowNonFinite: true}
	if columns == nil {
		opt.Cols, columns = 2, []int{0, 1}
	}
	t, err := dataset.Read(path, opt)
	if err != nil {
		return nil, err
	}
	if t.Cols <= slices.Max(columns) {
		return nil, fmt.Errorf("%s has %d columns, the run compares %v: %w", path, t.Cols, columns, errFewColumns)
	}
	if t.Cols == 2 && len(columns) == 2 && columns[0] == 0 {
		return t.Data, nil
	}
	points := make([]float32, 2*t.Rows)
	for i := range t.Rows {
		points[2*i], points[2*i+1] = t.Data[i*t.Cols+columns[0]], 0.5
		if len(columns) == 2 {
			points[2*i+1] = t.Data[i*t.Cols+columns[1]]
		}
	}
	return points, nil
}

// readVector reads a column of finite numbers. A missing file is
// fs.ErrNotExist.
func readVector(path string) ([]float64, error) {
	if err := exists(path); err != nil {
		return nil, err
	}
	return dataset.ReadFloat64(path)
}

func exists(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing: %w", path, fs.ErrNotExist)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", path)
	}
	return nil
}
