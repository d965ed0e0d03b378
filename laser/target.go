package laser

import (
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/graph"
)

// Target is the refined latent density up to its normalisation (LaSeR, eq. 3),
//
//	ln q_Z(z) = ln p_Z(z) + ln w(g(z)),
//
// as a target of the samplers in package mcmc.
type Target struct {
	dim   int
	full  *cpu.Program // z → ln q, ∂ln q/∂z
	plain *cpu.Program // z → ln q
	prior *cpu.Program // z → ln p
	logq  []float32
}

// NewTarget compiles the density of the latents of gen, weighted by f.
func NewTarget(e *cpu.Engine, gen generator.Generator, f dctr.Weigher) (*Target, error) {
	t := &Target{dim: gen.LatentDim()}
	g := graph.New()
	z := g.Input("z", t.dim)
	logq := graph.Add(gen.Prior().LogProb(z), buildWeight(gen, f, z))
	dz, err := graph.Grad(logq, z)
	if err != nil {
		return nil, err
	}
	if t.full, err = e.Compile(g, cpu.Config{}, logq, dz[0]); err != nil {
		return nil, err
	}
	if t.plain, err = e.Compile(g, cpu.Config{}, logq); err != nil {
		return nil, err
	}
	for _, p := range []*cpu.Program{t.full, t.plain} {
		if err := gen.Bind(p, "g/"); err != nil {
			return nil, err
		}
		if err := f.Bind(p, "f/"); err != nil {
			return nil, err
		}
	}
	g = graph.New()
	t.prior, err = e.Compile(g, cpu.Config{}, gen.Prior().LogProb(g.Input("z", t.dim)))
	return t, err
}

// buildWeight adds ln w(g(z)). Where the weights are a function of the generator's own
// latents and density, these come from the way to x, if the generator gives the density
// there, and not from the way back.
func buildWeight(gen generator.Generator, f dctr.Weigher, z *graph.Node) *graph.Node {
	if d, ok := f.(*dctr.DensityWeigher); ok {
		if forward, ok := gen.(generator.ForwardDensity); ok && d.Of(gen) {
			x, logp := forward.BuildWithLogProb("g/", z)
			return d.BuildAt("f/", x, z, logp)
		}
	}
	return f.Build("f/", gen.Build("g/", z))
}

// Dim implements mcmc.Target.
func (t *Target) Dim() int { return t.dim }

// LogDensityGrad implements mcmc.Target.
func (t *Target) LogDensityGrad(z []float32, logq []float64, grad []float32) error {
	if err := t.full.Into(1, grad); err != nil {
		return err
	}
	return t.run(t.full, z, logq)
}

// LogDensity implements mcmc.DensityTarget.
func (t *Target) LogDensity(z []float32, logq []float64) error { return t.run(t.plain, z, logq) }

// LogPrior implements mcmc.PriorTarget.
func (t *Target) LogPrior(z []float32, logp []float64) error { return t.run(t.prior, z, logp) }

func (t *Target) run(p *cpu.Program, z []float32, out []float64) error {
	n := len(out)
	if len(t.logq) < n {
		t.logq = make([]float32, n)
	}
	if err := p.Feed("z", cpu.Rows{Data: z}); err != nil {
		return err
	}
	if err := p.Into(0, t.logq[:n]); err != nil {
		return err
	}
	if err := p.Run(cpu.Batch{Rows: n}); err != nil {
		return err
	}
	for i, v := range t.logq[:n] {
		out[i] = float64(v)
	}
	return nil
}
