package showers

import (
	"context"
	"errors"
	"fmt"
	"math"

	"etalon/calo"
	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/rng"
	"etalon/rundir"
)

// Run is one run of the protocol in its directory.
type Run struct {
	d   *rundir.Dir
	cfg Config
	e   *cpu.Engine

	shape  calo.Shape
	memory int64 // see MemoryLimit
	truth  struct{ train, score set }
	gen    struct{ train, score set }
	// Unweighted samples: latents that follow the weights pulled back, and showers
	// accepted by their weights.
	refined, accepted set
	leftOut           []string // samples that could not be made, with the reason

	sim      generator.Simulator // nil for a file
	f        dctr.Weigher        // of high-level observables
	nu       dctr.Weigher        // of latents
	logits   []float64           // of f, of gen.score
	weighted []weighting         // of gen.score
}

// weighting is one set of weights of the scored generated showers.
type weighting struct {
	name    string
	logw    []float64     // mean weight 1
	clipped *dctr.Clipped // nil where nothing was to be clipped
}

// Option changes how a run is done, never what comes out.
type Option func(*Run)

// MemoryLimit bounds the bytes that a table of observables may take in memory, and the cells
// with energy of showers that a network is trained on; 0 is the bound of package dataset for
// the one and of calo.Sparse for the other.
func MemoryLimit(bytes int64) Option { return func(r *Run) { r.memory = bytes } }

// Open prepares a run directory: it makes a new one for cfg, or continues the one
// that is there if it holds the same configuration.
func Open(dir string, cfg Config, e *cpu.Engine, obs rundir.Observer, options ...Option) (*Run, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	text, err := EncodeConfig(cfg)
	if err != nil {
		return nil, err
	}
	r := &Run{d: rundir.At(dir, obs), cfg: cfg, e: e}
	for _, o := range options {
		o(r)
	}
	if err := r.openTruth(); err != nil {
		return nil, err
	}
	check := func() error {
		if cfg.Generator.trains() {
			return nil
		}
		defer r.close()
		return r.loadGenerator()
	}
	if err := r.d.Prepare(text, check, "models", "samples", "figures"); err != nil {
		return nil, err
	}
	return r, nil
}

// openTruth looks at the truth's file and cuts it in two.
func (r *Run) openTruth() error {
	t := r.cfg.Truth
	f, err := calo.Open(t.File, t.Config)
	if err != nil {
		return err
	}
	defer f.Close()
	r.shape = f.Shape
	n := f.Len()
	k := int(math.Round(t.Train * float64(n)))
	if k < minShowers || n-k < minShowers {
		return fmt.Errorf("%s: %d showers, %d of them to train on; at least %d for each purpose are accepted", t.File, n, k, minShowers)
	}
	if c := r.cfg.LowLevel; c.Showers > 0 {
		fit := c.fit(r.shape, 0)
		if err := errors.Join(fit.Check(), fit.Network.Check(), fit.Training.Check()); err != nil {
			return fmt.Errorf("config: low_level: %w", err)
		}
	}
	if c := r.cfg.Generator; c.Kind == KindBIBAE && c.BIBAE.Network.Shape() != r.shape {
		return fmt.Errorf("config: generator.bibae.network is for showers of %v cells; the truth's have %v", c.BIBAE.Network.Shape(), r.shape)
	}
	if _, err := calo.NewObservables(r.shape, r.cfg.HighLevel.Observables...); err != nil {
		return fmt.Errorf("config: high_level.observables: %w", err)
	}
	whole := set{name: "truth", path: t.File, layout: t.Config}
	r.truth.train, r.truth.score = whole.part("truth_train", 0, k), whole.part("truth", k, n)
	most := max(k, n-k)
	if c := r.cfg.Generator; c.Kind != KindFile { // a file's showers are counted when it is opened
		most = max(most, c.Showers, c.Scored, r.cfg.Refine.Showers)
	}
	return r.checkTable(t.File, most)
}

// checkTable refuses more showers than whose observables fit in memory.
func (r *Run) checkTable(file string, rows int) error {
	if r.memory <= 0 {
		return nil // the bound of package dataset is that of the tables that are read back
	}
	names, err := r.columns()
	if err != nil {
		return err
	}
	if int64(rows) > r.memory/4/int64(len(names)) {
		return fmt.Errorf("%s: %d observables of %d showers exceed the limit of %d bytes", file, len(names), rows, r.memory)
	}
	return nil
}

// minShowers is the least that is worth a training or a score.
const minShowers = 100

// stages lists the protocol in order.
func (r *Run) stages() []rundir.Stage {
	list := []rundir.Stage{
		{Name: "generator", Run: r.openGenerator},
		{Name: "showers", Run: r.makeShowers},
		{Name: "observables", Run: r.observe},
		{Name: "high-level classifier", Run: r.trainHighLevel},
	}
	if r.cfg.LowLevel.Showers > 0 {
		list = append(list, rundir.Stage{Name: "low-level classifier", Run: r.trainLowLevel})
	}
	if r.cfg.Refine.Showers > 0 && r.cfg.Generator.Kind != KindFile {
		list = append(list,
			rundir.Stage{Name: "omnifold", Run: r.pullBack},
			rundir.Stage{Name: "rejection", Run: r.accept},
			rundir.Stage{Name: "refined", Run: r.refine})
	}
	return append(list,
		rundir.Stage{Name: "closure", Run: r.testClosure},
		rundir.Stage{Name: "scores", Run: r.score})
}

// Do runs the stages that are not finished. When ctx ends it saves a checkpoint
// and returns ctx's error, wrapped.
func (r *Run) Do(ctx context.Context) error {
	defer r.close()
	return r.d.Do(ctx, r.e.Threads(), r.stages())
}

// Complete tells whether all stages are finished.
func (r *Run) Complete() bool { return r.d.Complete() }

func (r *Run) close() {
	if c, ok := r.sim.(interface{ Close() error }); ok {
		c.Close()
	}
	r.sim = nil
}

func (r *Run) stream(name string) rng.Stream { return rng.New(r.cfg.Seed, name) }

// columns are all observables that are computed: those that are scored, and those that
// a classifier takes.
func (r *Run) columns() ([]string, error) {
	names := []string{calo.NActive, calo.Centroid, calo.TotalEnergy, calo.LayerEnergy, calo.X2Moment, calo.Y2Moment}
	o, err := calo.NewObservables(r.shape, names...)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, n := range o.Names {
		seen[n] = true
	}
	h, err := calo.NewObservables(r.shape, r.cfg.HighLevel.Observables...)
	if err != nil {
		return nil, err
	}
	all := o.Names
	for _, n := range h.Names {
		if !seen[n] {
			seen[n] = true
			all = append(all, n)
		}
	}
	return all, nil
}

// inputs returns the columns of a table that the high-level classifier takes.
func (r *Run) inputs(t *dataset.Table) ([]float32, error) {
	h, err := calo.NewObservables(r.shape, r.cfg.HighLevel.Observables...)
	if err != nil {
		return nil, err
	}
	index := map[string]int{}
	for i, n := range t.Names {
		index[n] = i
	}
	x := make([]float32, 0, t.Rows*len(h.Names))
	for i := range t.Rows {
		row := t.Data[i*t.Cols : (i+1)*t.Cols]
		for _, n := range h.Names {
			j, ok := index[n]
			if !ok {
				return nil, errors.New("showers: the table lacks " + n)
			}
			x = append(x, row[j])
		}
	}
	return x, nil
}
