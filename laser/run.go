package laser

import (
	"context"
	"fmt"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/mcmc"
	"etalon/rng"
	"etalon/rundir"
)

// Observer is told how a run goes on.
type Observer = rundir.Observer

// Names of the files of a run directory beside those of every one.
const (
	hmcFile      = "hmc.json"
	samplersFile = "samplers.json"
	closureFile  = "closure.json"
)

// Run is one run of the protocol in its directory.
type Run struct {
	d       *rundir.Dir
	cfg     Config
	e       *cpu.Engine
	density dataset.Density // nil for a truth file
	truth   *truth
	memory  int64 // see MemoryLimit
	// conditions are columns that the others are given; nil is none.
	conditions *generator.Conditions

	rounds    []*round
	reference *mcmc.Reference // see modeReference
}

// stages lists the protocol in order.
func (r *Run) stages() []rundir.Stage {
	var list []rundir.Stage
	for _, rd := range r.rounds {
		add := func(name string, run func(context.Context, *round) (string, error)) {
			list = append(list, rundir.Stage{Name: rd.stage(name), Run: func(ctx context.Context) (string, error) { return run(ctx, rd) }})
		}
		if rd.number == 1 {
			add("generator", func(ctx context.Context, _ *round) (string, error) { return r.openGenerator(ctx) })
		} else {
			add("generator", r.nextGenerator)
		}
		add("classifier", r.trainClassifier)
		add("weights", r.weigh)
		if rd.number == 1 && r.cfg.Closure.Points > 0 {
			add("closure", r.testClosure)
		}
		if !r.cfg.Network() {
			add("omnifold", r.pullBack)
		}
		if rd.number == 1 && r.cfg.Generator.Kind != kindPairs && !r.cfg.Conditional() {
			if r.cfg.hidden() {
				add("direct", r.sampleDirect)
			}
			add("samplers", r.chooseSampler)
			add("rejection", r.sampleRejection)
			if r.cfg.HMC.Samples > 0 {
				add("hmc", r.sampleHMC)
			}
			for _, m := range r.cfg.Samplers.list() {
				add(string(m), func(ctx context.Context, rd *round) (string, error) { return r.runSampler(ctx, rd, m) })
			}
		}
		if r.cfg.Refines() {
			add("refiner", r.trainRefiner)
			add("polish", r.polish)
			add("refined", r.sampleRefined)
		}
	}
	return append(list, rundir.Stage{Name: "scores", Run: r.score}, rundir.Stage{Name: "report", Run: r.report})
}

// Network tells that the generator is a network of all its latents: gradients reach
// them, and the refined model is one network.
func (c *Config) Network() bool {
	return c.Generator.Hidden == 0 && c.Generator.Kind != kindProcess && c.Generator.Kind != kindPairs
}

// hidden tells that the generator has hidden latents.
func (c *Config) hidden() bool {
	g := c.Generator
	return g.Hidden > 0 || g.Kind == kindProcess && g.Process.Hidden || g.Kind == kindPairs && g.Pairs.Hidden
}

// Option changes how a run is done, never what comes out.
type Option func(*Run)

// MemoryLimit bounds the bytes that a table of points, read or made, may take in memory; 0
// is the bound of package dataset for those that are read, and none for others.
func MemoryLimit(bytes int64) Option { return func(r *Run) { r.memory = bytes } }

// Open prepares a run directory: it makes a new one for cfg, or continues the one
// that is there if it holds the same configuration.
func Open(dir string, cfg Config, e *cpu.Engine, obs Observer, options ...Option) (*Run, error) {
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
	if cfg.Density != "" {
		if r.density, err = dataset.Lookup(cfg.Density); err != nil {
			return nil, err
		}
	}
	// Truth and generator are read before anything is made, so that a bad file leaves
	// nothing.
	if r.truth, err = loadTruth(cfg, r.density, r.memory); err != nil {
		return nil, err
	}
	r.conditions = r.truth.conditions
	if err := r.checkNetworks(); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	if err := r.checkMemory(); err != nil {
		return nil, err
	}
	for k := range 1 + cfg.Iterate.Rounds {
		r.rounds = append(r.rounds, &round{number: k + 1})
	}
	if err := r.d.Prepare(text, r.tryGenerator, "models", "samples", "figures"); err != nil {
		return nil, err
	}
	return r, nil
}

// tryGenerator reads a classifier and a generator that are not trained, and looks at what they make.
func (r *Run) tryGenerator() error {
	var f dctr.Weigher
	var err error
	if r.cfg.Classifier.Model != "" {
		if f, err = r.importClassifier(); err != nil {
			return err
		}
	}
	if r.cfg.Generator.trains() {
		return nil
	}
	g, err := r.loadGenerator()
	if err != nil {
		return err
	}
	defer g.close()
	if err := r.checkGenerator(g); err != nil || f == nil {
		return err
	}
	return r.judgeClassifier(f, g)
}

// checkNetworks returns an error for networks that do not fit the truth's number of
// columns, as far as the settings tell.
func (r *Run) checkNetworks() error {
	g, dim := r.cfg.Generator, r.truth.dim
	latent, prior := dim, generator.Normal
	switch g.Kind {
	case kindFlow:
		prior = g.Flow.Network.Prior
		if dim < 2 {
			return fmt.Errorf("generator.kind = %q: a flow takes at least 2 columns, the truth has %d", g.Kind, dim)
		}
	case kindGAN:
		if err := g.GAN.Network.Check(dim); err != nil {
			return fmt.Errorf("generator.gan.network: %w", err)
		}
		if err := g.GAN.Training.CheckNetwork(g.GAN.Network, dim); err != nil {
			return fmt.Errorf("generator.gan.training: %w", err)
		}
		latent, prior = g.GAN.Network.Latent, g.GAN.Network.Prior
	case kindVAE:
		latent, prior = g.VAE.Network.Latent, g.VAE.Network.Prior
		if g.VAE.Network.Noise {
			latent += dim
		}
	case kindProcess:
		if c := r.conditions; c != nil && g.Process.Dim != dim-len(c.Columns) {
			return fmt.Errorf("generator.process.dim = %d; the truth has %d columns, of which %d are conditions", g.Process.Dim, dim, len(c.Columns))
		} else if c == nil && g.Process.Dim != dim {
			return fmt.Errorf("generator.process.dim = %d; the truth has %d columns", g.Process.Dim, dim)
		}
		latent, prior = g.Process.Latent, g.Process.Prior
	default:
		return nil // known when it is read
	}
	if g.Hidden >= latent {
		return fmt.Errorf("generator.hidden = %d of %d latents; at least one must be known", g.Hidden, latent)
	}
	if err := r.cfg.Refiner.check(latent-g.Hidden, prior); err != nil {
		return fmt.Errorf("refiner.%w", err)
	}
	return nil
}

func (r *Run) path(parts ...string) string { return r.d.Path(parts...) }

func (r *Run) stream(name string) rng.Stream { return rng.New(r.cfg.Seed, name) }

// Do runs the stages that are not finished. When ctx ends it saves a checkpoint
// and returns ctx's error, wrapped.
func (r *Run) Do(ctx context.Context) error {
	defer func() {
		if g := r.rounds[0].g; g != nil {
			g.close()
		}
	}()
	return r.d.Do(ctx, r.e.Threads(), r.stages())
}

// Complete tells whether all stages are finished.
func (r *Run) Complete() bool { return r.d.Complete() }
