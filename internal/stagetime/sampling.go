package stagetime

import (
	"math"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/laser"
	"etalon/mcmc"
	"etalon/rng"
)

// newHMC is a proposal of all chains in the latent space of the weighted flow. Its
// rows are evaluations of the density and its gradient.
func newHMC(e *cpu.Engine, paper laser.Config) (*Stage, error) {
	flow, err := generator.NewFlow(paper.Generator.Flow.Network, scale(), seed)
	if err != nil {
		return nil, err
	}
	f, err := dctr.New(paper.Classifier.Network, scale(), seed)
	if err != nil {
		return nil, err
	}
	target, err := laser.NewTarget(e, flow, f)
	if err != nil {
		return nil, err
	}
	h := paper.HMC
	cfg := mcmc.PaperHMC()
	cfg.Chains, cfg.StepSize, cfg.Leapfrog = h.Chains, h.StepSize, h.Leapfrog
	cfg.Samples, cfg.BurnIn = h.Chains, math.MaxInt32 // proposals of the burn-in cost the same, and never end
	chains, err := mcmc.NewHMC(cfg, target, normals(h.Chains*dim), rng.New(seed, "bench/hmc"))
	if err != nil {
		return nil, err
	}
	rows := h.Chains * h.Leapfrog
	point := 2 * (flowForward(paper.Generator.Flow.Network, dim) + classifierNetwork(paper.Classifier.Network).forward())
	return &Stage{Rows: rows, FLOP: float64(rows) * point, Threads: e.Threads(), Run: chains.Step}, nil
}

// sampleRows are drawn in one run.
const sampleRows = 1 << 17

// draws returns the stage that draws one table of points after the other.
func draws(e *cpu.Engine, flop float64, draw func(row0 uint64, x []float32) error) *Stage {
	x, row0 := make([]float32, sampleRows*dim), uint64(0)
	return &Stage{Rows: sampleRows, FLOP: sampleRows * flop, Threads: e.Threads(), Run: func() error {
		err := draw(row0, x)
		row0 += sampleRows
		return err
	}}
}

func newSample(e *cpu.Engine, paper laser.Config) (*Stage, error) {
	flow, err := generator.NewFlow(paper.Generator.Flow.Network, scale(), seed)
	if err != nil {
		return nil, err
	}
	s, err := generator.NewSampler(e, flow, seed, "sample")
	if err != nil {
		return nil, err
	}
	return draws(e, flowForward(paper.Generator.Flow.Network, dim), func(row0 uint64, x []float32) error { return s.Draw(row0, nil, x) }), nil
}

func newSampleRefined(e *cpu.Engine, paper laser.Config) (*Stage, error) {
	flow, err := generator.NewFlow(paper.Generator.Flow.Network, scale(), seed)
	if err != nil {
		return nil, err
	}
	phi, err := generator.NewGAN(paper.Refiner.Network, []float64{1, 1}, seed)
	if err != nil {
		return nil, err
	}
	model, err := generator.Compose(flow, phi)
	if err != nil {
		return nil, err
	}
	s, err := generator.NewRefinedSampler(e, model, seed, "sample")
	if err != nil {
		return nil, err
	}
	r := paper.Refiner.Network
	flop := network{r.Latent, r.Hidden, r.Units, dim}.forward() + flowForward(paper.Generator.Flow.Network, dim)
	return draws(e, flop, func(row0 uint64, x []float32) error { return s.Draw(row0, nil, nil, x) }), nil
}
