package laser

import (
	"context"
	"fmt"
	"path/filepath"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/mcmc"
)

const maxHMCDraws = 1 << 28

// DrawHMC draws n points from the weighted latent space of the run in dir by
// Hamiltonian Monte Carlo with the run's own settings: latents z (n×latent
// dimension) and features x (n×dimension), row-major. With the seed of the run and
// as many points as it has they are the run's. The burn-in is spent anew in each
// call, and few points take fewer chains. progress may be nil.
//
// Errors: no run with a flow and a classifier in dir; n below 1 or above 2^28;
// ctx's error.
func DrawHMC(ctx context.Context, e *cpu.Engine, dir string, n int, seed uint64, progress func(done, total int, info string)) (z, x []float32, err error) {
	if n < 1 || n > maxHMCDraws {
		return nil, nil, fmt.Errorf("hmc: %d points; 1 to %d are accepted", n, maxHMCDraws)
	}
	cfg, err := ReadConfig(filepath.Join(dir, configFile))
	if err != nil {
		return nil, nil, err
	}
	cfg.Seed, cfg.HMC.Samples, cfg.HMC.Chains = seed, n, min(cfg.HMC.Chains, max(n/8, 1))
	r := &Run{dir: dir, cfg: cfg, e: e}
	g, err := generator.Load(r.path("models", "flow"))
	if err != nil {
		return nil, nil, err
	}
	var ok bool
	if r.flow, ok = g.(*generator.Flow); !ok {
		return nil, nil, fmt.Errorf("%s: it is no flow", r.path("models", "flow"))
	}
	if r.classifier, err = dctr.Load(r.path("models", "classifier")); err != nil {
		return nil, nil, err
	}
	if r.classifier.Dim() != r.flow.Dim() {
		return nil, nil, fmt.Errorf("%s: the flow has %d features, the classifier %d", dir, r.flow.Dim(), r.classifier.Dim())
	}
	r.truth = &truth{dim: r.flow.Dim()}
	target, err := NewTarget(e, r.flow, r.classifier)
	if err != nil {
		return nil, nil, err
	}
	start, err := r.startHMC(cfg.HMC.Chains)
	if err != nil {
		return nil, nil, err
	}
	h, err := mcmc.NewHMC(cfg.HMC.mcmc(), target, start, r.stream("hmc"))
	if err != nil {
		return nil, nil, err
	}
	for !h.Done() {
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("hmc: %w", err)
		}
		if err := h.Step(); err != nil {
			return nil, nil, fmt.Errorf("hmc: %w", err)
		}
		if progress != nil {
			done, total := h.Proposals()
			progress(done, total, fmt.Sprintf("accepted %.3f", h.Activity().Accept))
		}
	}
	s, err := generator.NewSampler(e, r.flow, seed, "unused")
	if err != nil {
		return nil, nil, err
	}
	z = h.Samples()
	x = make([]float32, n*r.truth.dim)
	return z, x, s.Push(z, x)
}
