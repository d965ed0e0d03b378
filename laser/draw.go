package laser

import (
	"context"
	"fmt"
	"path/filepath"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/mcmc"
	"etalon/rundir"
)

const maxDraws = 1 << 28

// Draws opens a finished or unfinished run to draw from its weighted latent space, or
// from its refined model where that ends with latents for a program.
type Draws struct {
	r  *Run
	rd *round
}

// OpenDraws loads the models of the run in dir. Errors: no run with a generator and a
// classifier in dir, or without what its draws need. Programs are started: Close ends
// them.
func OpenDraws(e *cpu.Engine, dir string, seed uint64) (*Draws, error) {
	cfg, err := ReadConfig(filepath.Join(dir, rundir.ConfigFile))
	if err != nil {
		return nil, err
	}
	cfg.Seed = seed
	r := &Run{d: rundir.At(dir, silent{}), cfg: cfg, e: e}
	if cfg.Conditional() {
		if r.conditions, err = readConditions(r.path(conditionFile)); err != nil {
			return nil, err
		}
	}
	r.truth = &truth{}
	rd := &round{number: 1}
	if rd.g, err = r.loadGenerator(); err != nil {
		return nil, err
	}
	d := &Draws{r, rd}
	if err := d.load(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Draws) load() (err error) {
	r, g := d.r, d.rd.g
	if g.pairs != nil {
		return fmt.Errorf("%s: its generator is a sample in a file, which makes no new points; its refined latents are those of %s", r.d, r.path("models", "laser"))
	}
	dir := r.path("models", "classifier")
	if d.rd.f, err = dctr.LoadWeigher(dir); err != nil {
		return err
	}
	if d.rd.f.Dim() != g.dim() {
		return fmt.Errorf("%s: the generator has %d features, the classifier %d", r.d, g.dim(), d.rd.f.Dim())
	}
	r.truth.dim = g.dim()
	if g.direct() {
		return nil
	}
	if d.rd.nu, err = dctr.LoadWeigher(r.path("models", "pullback")); err != nil {
		return err
	}
	if d.rd.nu.Dim() != g.latentDim() {
		return fmt.Errorf("%s: the generator has %d latents, their weights take %d", r.d, g.latentDim(), d.rd.nu.Dim())
	}
	return nil
}

// Close ends programs.
func (d *Draws) Close() { d.rd.g.close() }

// Dim and LatentDim are the numbers of features and latents of a point.
func (d *Draws) Dim() int       { return d.rd.g.dim() }
func (d *Draws) LatentDim() int { return d.rd.g.latentDim() }

// Auto is the method that Draw chooses by measured cost (mcmc.Choose).
const Auto = "auto"

// Draw draws n points with a method of package mcmc, or with the one that costs least
// (Auto): latents z (n×latent dimension) and features x (n×dimension), row-major. HMC
// has the run's own settings, the others their defaults; the burn-in is spent anew in
// each call. report tells what was done and what is suspect. progress may be nil.
//
// With the seed of the run and as many points as it has, those of rejection and of HMC
// are the run's.
//
// Errors: n below 1 or above 2^28; ctx's error.
func (d *Draws) Draw(ctx context.Context, method string, n int, progress func(done, total int, info string)) (z, x []float32, report *mcmc.Report, err error) {
	if n < 1 || n > maxDraws {
		return nil, nil, nil, fmt.Errorf("%s: %d points; 1 to %d are accepted", method, n, maxDraws)
	}
	r, rd := d.r, d.rd
	if rd.g.given != nil {
		return nil, nil, nil, fmt.Errorf("%s: samplers of the latent space know of no conditions; the refined model and the baseline do", method)
	}
	space, err := r.space(rd)
	if err != nil {
		return nil, nil, nil, err
	}
	cfg := mcmc.Config{Method: mcmc.Method(method), Samples: n}
	switch method {
	case Auto:
		choice, err := mcmc.Choose(space, n, 0, r.stream("samplers/choose"))
		if err != nil {
			return nil, nil, nil, err
		}
		cfg = choice.Config
		if cfg.Method == mcmc.Rejection {
			cfg = r.cfg.Samplers.rejection(n)
		}
	case string(mcmc.Rejection):
		cfg = r.cfg.Samplers.rejection(n)
	}
	var s mcmc.Sampler
	if method == string(mcmc.HMCMethod) {
		s, err = d.newHMC(n, space)
	} else {
		s, err = mcmc.New(cfg, space, nil, r.stream(string(cfg.Method)))
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", method, err)
	}
	name := s.Name()
	for !s.Done() {
		if err := ctx.Err(); err != nil {
			return nil, nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := s.Step(); err != nil {
			return nil, nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		if progress != nil {
			done, total := s.Progress()
			progress(done, total, fmt.Sprintf("%s, accepted %.3f", name, s.Stats().Accept))
		}
	}
	const fewest = 64 // draws of which something can be said
	if s.Draws().N >= 8 && n >= fewest {
		ref, err := r.modeReference(space)
		if err != nil {
			return nil, nil, nil, err
		}
		if report, err = mcmc.Assess(s, ref, 0); err != nil {
			return nil, nil, nil, err
		}
	}
	z = s.Samples()
	x, err = rd.g.push(r.seed(rd), name+"/x", z)
	return z, x, report, err
}

// newHMC has the run's settings; few points take fewer chains.
func (d *Draws) newHMC(n int, space mcmc.Space) (mcmc.Sampler, error) {
	cfg := d.r.cfg.HMC
	cfg.Samples, cfg.Chains = n, min(cfg.Chains, max(n/8, 1))
	start, err := d.r.startHMC(d.rd, cfg.Chains)
	if err != nil {
		return nil, err
	}
	return mcmc.NewHMC(cfg.mcmc(d.rd.g.prior()), space.Target, start, d.r.stream("hmc"))
}

// Generate maps latents z to features x: points number row0 and following of a sample.
func (d *Draws) Generate(row0 uint64, z, x []float32) error {
	return d.rd.g.sim.Generate(generator.RowBase(d.r.cfg.Seed, "sample")+row0, z, x)
}

// Conditions are the columns that the others are given; nil is none.
func (d *Draws) Conditions() *generator.Conditions { return d.rd.g.given }

// Baseline fills z and x with points number row0 and following of the generator itself,
// at the given conditions (row-major; nil where it takes none).
func (d *Draws) Baseline(row0 uint64, given, z, x []float32) error {
	return generator.NewSimulatorSampler(d.rd.g.sim, d.r.cfg.Seed, "sample").DrawGiven(generator.RowBase(d.r.cfg.Seed, "sample")+row0, given, z, x)
}

// silent is an Observer that nobody looks at.
type silent struct{}

func (silent) StageStart(string, int, int)      {}
func (silent) Progress(int, int, string)        {}
func (silent) StageEnd(string, float64, string) {}
