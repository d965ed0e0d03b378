package showers

import (
	"context"
	"fmt"
	"iter"

	"etalon/bibae"
	"etalon/calo"
	"etalon/cascade"
	"etalon/dataset"
	"etalon/fastsim"
	"etalon/generator"
	"etalon/internal/hdf5"
	"etalon/rundir"
)

// openGenerator fits the generator to the truth, or reads it.
func (r *Run) openGenerator(ctx context.Context) (string, error) {
	dir := r.d.Path("models", "generator")
	if !r.cfg.Generator.trains() || rundir.Exists(dir) {
		return "", r.loadGenerator()
	}
	if r.cfg.Generator.Kind == KindBIBAE {
		return r.trainBIBAE(ctx, dir)
	}
	return r.fitProgram(ctx, dir)
}

// fitProgram tunes a simulation to the showers of the truth.
func (r *Run) fitProgram(ctx context.Context, dir string) (string, error) {
	var blocks iter.Seq2[calo.Block, error] = func(yield func(calo.Block, error) bool) {
		err := r.truth.train.blocks(ctx, func(first int, cells []float32) error {
			r.d.Progress(first, r.truth.train.len(), "showers")
			if !yield(calo.Block{First: first, N: len(cells) / r.shape.Cells(), Cells: cells}, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			yield(calo.Block{}, err)
		}
	}
	var sim interface{ Save(dir string) error }
	var err error
	switch r.cfg.Generator.Kind {
	case KindFastsim:
		cfg := r.cfg.Generator.Fastsim
		cfg.Seed, cfg.Threads = r.cfg.Seed, r.e.Threads()
		sim, err = fastsim.FitBlocks(ctx, r.shape, r.cut(), blocks, cfg)
	case KindCascade:
		cfg := r.cfg.Generator.Cascade
		cfg.Seed, cfg.Threads = r.cfg.Seed, r.e.Threads()
		sim, err = cascade.Fit(ctx, r.shape, r.cut(), blocks, cfg)
	}
	if err != nil {
		return "", err
	}
	if err := sim.Save(dir); err != nil {
		return "", err
	}
	return fmt.Sprintf("fitted to %d showers", r.truth.train.len()), r.loadGenerator()
}

// trainBIBAE trains the autoencoder on the showers of the truth.
func (r *Run) trainBIBAE(ctx context.Context, dir string) (string, error) {
	c := r.cfg.Generator.BIBAE
	store, err := r.truth.train.sparse(ctx, r.shape, r.truth.train.len(), r.memory)
	if err != nil {
		return "", err
	}
	m, err := bibae.New(c.Network, r.cfg.Seed)
	if err != nil {
		return "", err
	}
	l, err := bibae.NewLearner(r.e, m, store, c.Training, r.cfg.Seed)
	if err != nil {
		return "", err
	}
	note, err := r.d.Fit(ctx, "BIB-AE", l, c.Training.Config, func() error { return m.Save(dir) })
	if err != nil {
		return "", err
	}
	return note, r.loadGenerator()
}

var errStop = fmt.Errorf("showers: no more blocks are wanted")

// cut is the threshold of a cell in MeV, below which cells are empty in all samples; 0
// where all are kept.
func (r *Run) cut() float64 {
	switch c := r.cfg.Truth.Cut; {
	case c == 0:
		return calo.DefaultCut
	case c < 0:
		return 0
	default:
		return c
	}
}

// loadGenerator reads the generator, or looks at its file.
func (r *Run) loadGenerator() error {
	c := r.cfg.Generator
	if c.Kind == KindFile {
		f, err := calo.Open(c.File, c.Layout)
		if err != nil {
			return err
		}
		defer f.Close()
		if f.Shape != r.shape {
			return fmt.Errorf("%s: showers of %v cells; the truth's are of %v", c.File, f.Shape, r.shape)
		}
		if f.Len() < 2*minShowers {
			return fmt.Errorf("%s: %d showers; at least %d are accepted", c.File, f.Len(), 2*minShowers)
		}
		k := int(float64(f.Len()) * float64(c.Showers) / float64(c.Showers+c.Scored))
		k = min(max(k, minShowers), f.Len()-minShowers)
		whole := set{path: c.File, layout: c.Layout}
		whole.layout.Cut = r.cfg.Truth.Cut
		r.gen.train, r.gen.score = whole.part("generator_train", 0, k), whole.part("generator", k, f.Len())
		return r.checkTable(c.File, max(k, f.Len()-k))
	}
	dir := c.Model
	if c.trains() {
		dir = r.d.Path("models", "generator")
	}
	sim, err := generator.LoadSimulator(r.e, dir, Kinds()...)
	if err != nil {
		return err
	}
	r.sim = sim
	if sim.Dim() != r.shape.Cells() {
		return fmt.Errorf("%s: it makes %d features; showers of %d cells are needed", dir, sim.Dim(), r.shape.Cells())
	}
	r.gen.train, r.gen.score = r.own("generator_train", c.Showers), r.own("generator", c.Scored)
	return nil
}

// Kinds are the kinds of generators of showers that generator.LoadSimulator does not know
// itself.
func Kinds() []generator.SimulatorKind {
	return []generator.SimulatorKind{fastsim.Kind(), cascade.Kind(), bibae.Kind()}
}

// own is a set of n showers in the run directory.
func (r *Run) own(name string, n int) set {
	return set{name: name, path: r.d.Path("samples", name+".h5"), layout: calo.Config{Cut: r.cfg.Truth.Cut}, hi: n}
}

// makeShowers draws what is trained on and what is scored.
func (r *Run) makeShowers(ctx context.Context) (string, error) {
	if r.sim == nil {
		return fmt.Sprintf("%s has %d", r.cfg.Generator.File, r.gen.score.hi), nil
	}
	for _, s := range []set{r.gen.train, r.gen.score} {
		if rundir.Exists(s.path) && rundir.Exists(r.latentsPath(s)) {
			continue
		}
		if err := r.writeShowers(ctx, s.path, r.latentsPath(s), s.len(), r.plain(s.name)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d and %d", r.gen.train.len(), r.gen.score.len()), nil
}

// latentsPath is where the latents of a set of showers stand.
func (r *Run) latentsPath(s set) string { return r.d.Path("samples", s.name+"_latents.npy") }

// filler fills showers and their latents, first counting those before them.
type filler func(first int, z, x []float32) error

// plain draws from the generator as it is.
func (r *Run) plain(stream string) filler {
	draw := generator.NewSimulatorSampler(r.sim, r.cfg.Seed, stream)
	base := generator.RowBase(r.cfg.Seed, stream)
	return func(first int, z, x []float32) error { return draw.Draw(base+uint64(first), z, x) }
}

// writeShowers makes a file of n showers in the layout of getting_high, some at a time,
// and one of their latents unless its path is "".
func (r *Run) writeShowers(ctx context.Context, path, latents string, n int, fill filler) error {
	l := r.sim.LatentDim()
	f, err := hdf5.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	rows, err := f.Dataset("30x30/layers", hdf5.Float32, []int{r.shape.Layers, r.shape.X, r.shape.Y}, hdf5.Options{Rows: n, Level: 1, Shuffle: true, ChunkRows: 16})
	if err != nil {
		return err
	}
	z := make([]float32, n*l)
	x := make([]float32, blockShowers*r.shape.Cells())
	for lo := 0; lo < n; lo += blockShowers {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(lo+blockShowers, n)
		cells := x[:(hi-lo)*r.shape.Cells()]
		if err := fill(lo, z[lo*l:hi*l], cells); err != nil {
			return err
		}
		cut := float32(r.cut())
		for i, v := range cells {
			if v-v != 0 {
				return fmt.Errorf("the generator made %v in a cell of shower %d; finite numbers are accepted", v, lo+i/r.shape.Cells())
			}
			if v < cut {
				cells[i] = 0
			}
		}
		if err := rows.Append(cells); err != nil {
			return err
		}
		r.d.Progress(hi, n, "showers")
	}
	if latents != "" {
		if err := dataset.WriteNPY(latents, n, l, z); err != nil {
			return err
		}
	}
	return f.Close()
}
