package laser

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"etalon/dataset"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/internal/atomicfile"
	"etalon/mcmc"
	"etalon/rng"
)

// Observer is told how a run goes on.
type Observer interface {
	// StageStart: stage number index (from 1) of total begins or continues.
	StageStart(name string, index, total int)
	// Progress: done of total units of the stage are complete.
	Progress(done, total int, info string)
	// StageEnd: the stage is complete, after seconds of work in all sessions.
	StageEnd(name string, seconds float64, note string)
}

// Names of the files in a run directory.
const (
	configFile   = "run.toml"
	metricsFile  = "metrics.json"
	timingsFile  = "timings.json"
	historyFile  = "history.json"
	hmcFile      = "hmc.json"
	samplersFile = "samplers.json"
	closureFile  = "closure.json"
	logFile      = "log.jsonl"
	reportFile   = "report.html"
)

// Run is one run of the protocol in its directory.
type Run struct {
	dir     string
	cfg     Config
	e       *cpu.Engine
	obs     Observer
	density dataset.Density // nil for a truth file
	truth   *truth
	log     *runLog
	times   *timings

	rounds    []*round
	reference *mcmc.Reference // see modeReference
}

// stage is one part of the protocol. run returns a note for people.
type stage struct {
	name string
	run  func(ctx context.Context) (note string, err error)
}

// stages lists the protocol in order.
func (r *Run) stages() []stage {
	var list []stage
	for _, rd := range r.rounds {
		add := func(name string, run func(context.Context, *round) (string, error)) {
			list = append(list, stage{rd.stage(name), func(ctx context.Context) (string, error) { return run(ctx, rd) }})
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
		if rd.number == 1 && r.cfg.Generator.Kind != kindPairs {
			if r.cfg.hidden() {
				add("direct", r.sampleDirect)
			}
			add("samplers", r.chooseSampler)
			add("rejection", r.sampleRejection)
			add("hmc", r.sampleHMC)
			for _, m := range r.cfg.Samplers.list() {
				add(string(m), func(ctx context.Context, rd *round) (string, error) { return r.runSampler(ctx, rd, m) })
			}
		}
		add("refiner", r.trainRefiner)
		add("polish", r.polish)
		add("refined", r.sampleRefined)
	}
	return append(list, stage{"scores", r.score}, stage{"report", r.report})
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

// Open prepares a run directory: it makes a new one for cfg, or continues the one
// that is there if it holds the same configuration.
func Open(dir string, cfg Config, e *cpu.Engine, obs Observer) (*Run, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	text, err := EncodeConfig(cfg)
	if err != nil {
		return nil, err
	}
	r := &Run{dir: dir, cfg: cfg, e: e, obs: obs}
	if cfg.Density != "" {
		if r.density, err = dataset.Lookup(cfg.Density); err != nil {
			return nil, err
		}
	}
	// Truth and generator are read before anything is made, so that a bad file leaves
	// nothing.
	if r.truth, err = loadTruth(cfg, r.density); err != nil {
		return nil, err
	}
	if err := r.checkNetworks(); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	for k := range 1 + cfg.Iterate.Rounds {
		r.rounds = append(r.rounds, &round{number: k + 1})
	}
	old, err := os.ReadFile(r.path(configFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if entries, e := os.ReadDir(dir); e == nil && len(entries) > 0 {
			return nil, fmt.Errorf("%s: it holds other files and no run; an empty or new directory is accepted", dir)
		}
		if !cfg.Generator.trains() {
			g, err := r.loadGenerator()
			if err != nil {
				return nil, err
			}
			err = r.checkGenerator(g)
			g.close()
			if err != nil {
				return nil, err
			}
		}
		for _, sub := range []string{"checkpoints", "models", "samples", "figures"} {
			if err := os.MkdirAll(r.path(sub), 0o755); err != nil {
				return nil, fmt.Errorf("%s: could not make the run directory: %w", dir, err)
			}
		}
		if err := atomicfile.WriteBytes(r.path(configFile), text); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case string(old) != string(text):
		return nil, fmt.Errorf("%s: it holds a run with other settings (%s differs); choose another directory with --out, or remove it", dir, configFile)
	}
	if r.times, err = readTimings(r.path(timingsFile)); err != nil {
		return nil, err
	}
	return r, nil
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
		if g.Process.Dim != dim {
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

func (r *Run) path(parts ...string) string {
	return filepath.Join(append([]string{r.dir}, parts...)...)
}

func (r *Run) checkpoint(name string) string { return r.path("checkpoints", name+".ckpt") }

func (r *Run) stream(name string) rng.Stream { return rng.New(r.cfg.Seed, name) }

// Do runs the stages that are not finished. When ctx ends it saves a checkpoint
// and returns ctx's error, wrapped.
func (r *Run) Do(ctx context.Context) error {
	unlock, err := lock(r.path(".lock"))
	if err != nil {
		return fmt.Errorf("%s: another process works in this run directory: %w", r.dir, err)
	}
	defer unlock()
	if r.log, err = openLog(r.path(logFile)); err != nil {
		return err
	}
	defer r.log.close()
	defer func() {
		if g := r.rounds[0].g; g != nil {
			g.close()
		}
	}()
	stages := r.stages()
	for i, s := range stages {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped before stage %q: %w", s.name, err)
		}
		r.obs.StageStart(s.name, i+1, len(stages))
		r.log.event("start", s.name, nil)
		start := time.Now()
		note, err := s.run(ctx)
		r.times.add(s.name, time.Since(start))
		if e := r.times.write(r.path(timingsFile), r.e.Threads()); e != nil && err == nil {
			err = e
		}
		if err != nil {
			r.log.event("stopped", s.name, map[string]any{"error": err.Error()})
			return err
		}
		r.log.event("end", s.name, map[string]any{"note": note})
		r.obs.StageEnd(s.name, r.times.of(s.name), note)
	}
	return nil
}

// Complete tells whether all stages are finished.
func (r *Run) Complete() bool { return exists(r.path(metricsFile)) && exists(r.path(reportFile)) }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
