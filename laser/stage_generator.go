package laser

import (
	"context"
	"fmt"
	"path/filepath"

	"etalon/dataset"
	"etalon/generator"
	"etalon/rundir"
	"etalon/train"
)

// openGenerator is LaSeR's step 1: the primary generator is trained, read or started.
func (r *Run) openGenerator(ctx context.Context) (string, error) {
	c := r.cfg.Generator
	dir := r.path("models", "generator")
	note := ""
	if c.trains() && !rundir.Exists(dir) {
		var err error
		if note, err = r.trainGenerator(ctx, dir); err != nil {
			return "", err
		}
	}
	if c.imports() && !rundir.Exists(dir) {
		if err := r.importGenerator(dir); err != nil {
			return "", err
		}
	}
	g, err := r.loadGenerator()
	if err != nil {
		return "", err
	}
	r.rounds[0].g = g
	if path := r.path(conditionFile); r.conditions != nil && !rundir.Exists(path) {
		if err := rundir.WriteJSON(path, r.conditions); err != nil {
			return "", err
		}
	}
	return note, r.checkGenerator(g)
}

// checkGenerator returns an error for a generator that the run cannot refine.
func (r *Run) checkGenerator(g *primary) error {
	if c := r.conditions; c != nil && g.dim() != r.truth.dim {
		return fmt.Errorf("config: the generator makes %s, the truth has %d beside its conditions", plural(g.dim()-len(c.Columns), "feature"), r.truth.dim-len(c.Columns))
	}
	if g.dim() != r.truth.dim {
		return fmt.Errorf("config: the generator makes %d features, the truth has %d", g.dim(), r.truth.dim)
	}
	if err := r.cfg.Refiner.check(g.latentDim(), g.prior()); err != nil {
		return fmt.Errorf("config: refiner.%w", err)
	}
	if r.conditions != nil && g.pairs != nil {
		if err := r.checkPairs(g); err != nil {
			return err
		}
	}
	if r.cfg.Classifier.Density {
		if _, err := generator.ExplicitDensity(g.net); err != nil {
			return fmt.Errorf("config: classifier.density = true: %w", err)
		}
	}
	return nil
}

// loadGenerator returns the primary generator; one that the run trains must be trained.
func (r *Run) loadGenerator() (*primary, error) {
	g, err := r.readGenerator()
	if err == nil {
		r.giveConditions(g)
	}
	return g, err
}

func (r *Run) readGenerator() (*primary, error) {
	c := r.cfg.Generator
	given := 0
	if r.conditions != nil {
		given = len(r.conditions.Columns)
	}
	switch c.Kind {
	case kindProcess:
		c.Process.Latent += given
		p, err := generator.NewProcess(c.Process)
		if err != nil {
			return nil, err
		}
		if given > 0 {
			rows, err := generator.NewConditionalSimulator(p, *r.conditions)
			if err != nil {
				p.Close()
				return nil, err
			}
			return newSimulator(rows, 0, 0)
		}
		return newSimulator(p, c.Hidden, r.cfg.Seed)
	case kindPairs:
		if err := r.unweightedPairs(c.Pairs.Sample); err != nil {
			return nil, err
		}
		p, err := generator.ReadPairs(c.Pairs.Latents, c.Pairs.Sample, c.Pairs.Prior, c.Pairs.Hidden, dataset.ReadOptions{MaxBytes: r.memory})
		if err != nil {
			return nil, err
		}
		if given > 0 {
			if p, err = p.WithConditions(*r.conditions); err != nil {
				return nil, fmt.Errorf("%s: %w", c.Pairs.Sample, err)
			}
		}
		return &primary{pairs: p}, nil
	}
	var net generator.Generator
	var err error
	if dir := GeneratorDir(r.d.String(), r.cfg); c.imports() && !rundir.Exists(dir) { // a run that begins
		net, err = c.importONNX(given)
	} else {
		net, err = generator.Load(dir)
	}
	if err != nil {
		return nil, err
	}
	if net, err = r.asRows(net); err != nil {
		return nil, err
	}
	return newNetwork(r.e, net, c.Hidden, r.cfg.Seed)
}

// GeneratorDir is the model directory of the primary generator of the run in dir; ""
// where it is no network.
func GeneratorDir(dir string, cfg Config) string {
	if cfg.Generator.trains() || cfg.Generator.imports() {
		return filepath.Join(dir, "models", "generator")
	}
	return cfg.Generator.Model
}

// importGenerator copies the ONNX file that the run refines into its directory.
func (r *Run) importGenerator(dir string) error {
	given := 0
	if r.conditions != nil {
		given = len(r.conditions.Columns)
	}
	file, err := r.cfg.Generator.importONNX(given)
	if err != nil {
		return err
	}
	g, err := r.asRows(file)
	if err != nil {
		return err
	}
	return g.Save(dir)
}

// trainGenerator trains a network on the truth points and saves it.
func (r *Run) trainGenerator(ctx context.Context, dir string) (string, error) {
	c, t, seed := r.cfg.Generator, r.truth, r.cfg.Seed
	w := float32s(t.trainW)
	var g generator.Generator
	var l train.Learner
	var cfg train.Config
	var err error
	switch c.Kind {
	case kindFlow:
		var flow *generator.Flow
		if flow, err = generator.NewFlow(c.Flow.Network, t.scale, seed); err != nil {
			return "", err
		}
		flow.Shift, flow.Transform = t.shift, t.transform
		g, cfg = flow, c.Flow.Training
		l, err = generator.NewWeightedFlowObjective(r.e, flow, t.train, w, cfg, seed)
	case kindGAN:
		var gan *generator.GAN
		if gan, err = generator.NewGAN(c.GAN.Network, t.scale, seed); err != nil {
			return "", err
		}
		gan.Shift, gan.Transform = t.shift, t.transform
		g, cfg = gan, c.GAN.Training.Config
		l, err = generator.NewGANLearner(r.e, gan, t.train, w, c.GAN.Training, seed)
	case kindVAE:
		var vae *generator.VAE
		if vae, err = generator.NewVAE(c.VAE.Network, t.scale, seed); err != nil {
			return "", err
		}
		vae.Shift, vae.Transform = t.shift, t.transform
		g, cfg = vae, c.VAE.Training
		l, err = generator.NewVAEObjective(r.e, vae, t.train, w, cfg, seed)
	}
	if err != nil {
		return "", err
	}
	return r.d.Fit(ctx, "generator", l, cfg, func() error { return g.Save(dir) })
}
