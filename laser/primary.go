package laser

import (
	"fmt"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/mcmc"
)

// primary is the generator g that a round refines.
type primary struct {
	sim generator.Simulator // nil for pairs
	// net is the generator as a network of all its latents, through which gradients
	// reach them; nil for anything else.
	net   generator.Generator
	pairs *generator.Pairs
	// given are the conditions, which are the last latents; nil is none. conditions returns
	// those of n points of a stream.
	given      *generator.Conditions
	conditions func(seed uint64, stream string, n int) []float32
}

// newNetwork returns a network as the generator of a round; its last latents are
// hidden where hidden is above 0.
func newNetwork(e *cpu.Engine, net generator.Generator, hidden int, seed uint64) (*primary, error) {
	if hidden == 0 {
		if c, ok := net.(*generator.Composed); ok { // the map alone
			net = &generator.Composed{G: c.G, Phi: c.Phi}
		}
	}
	sim, err := generator.NewSimulator(e, net)
	if err != nil {
		return nil, err
	}
	if hidden == 0 {
		return &primary{sim: sim, net: net}, nil
	}
	return newSimulator(sim, hidden, seed)
}

// newSimulator returns a black box as the generator of a round.
func newSimulator(sim generator.Simulator, hidden int, seed uint64) (*primary, error) {
	if hidden == 0 {
		return &primary{sim: sim}, nil
	}
	h, err := generator.NewHiddenLatents(sim, sim.LatentDim()-hidden, seed)
	if err != nil {
		return nil, fmt.Errorf("config: generator.hidden = %d: %w", hidden, err)
	}
	return &primary{sim: h}, nil
}

func (p *primary) close() {
	if c, ok := p.sim.(interface{ Close() error }); ok {
		c.Close()
	}
}

func (p *primary) shape() interface {
	LatentDim() int
	Dim() int
	Prior() generator.Prior
} {
	if p.pairs != nil {
		return p.pairs
	}
	return p.sim
}

func (p *primary) latentDim() int         { return p.shape().LatentDim() }
func (p *primary) dim() int               { return p.shape().Dim() }
func (p *primary) prior() generator.Prior { return p.shape().Prior() }

// direct tells that weights w(x) are pulled back as w(g(z)), with their gradient.
func (p *primary) direct() bool { return p.net != nil }

// base is the network that latents go through on their way to the weights: g itself,
// or nothing where the weights are a function of the latents already.
func (p *primary) base() generator.Generator {
	if p.direct() {
		return p.net
	}
	if p.given != nil {
		return generator.NewGivenIdentity(p.latentDim(), p.prior(), *p.given)
	}
	return generator.NewIdentity(p.latentDim(), p.prior())
}

// draw returns n points of a stream with their latents. Pairs give their first n.
func (p *primary) draw(e *cpu.Engine, seed uint64, stream string, n int) (sample, error) {
	s := sample{z: make([]float32, n*p.latentDim()), x: make([]float32, n*p.dim())}
	return s, p.fill(e, seed, stream, s)
}

// points is draw without latents.
func (p *primary) points(e *cpu.Engine, seed uint64, stream string, n int) ([]float32, error) {
	s := sample{x: make([]float32, n*p.dim())}
	return s.x, p.fill(e, seed, stream, s)
}

func (p *primary) fill(e *cpu.Engine, seed uint64, stream string, s sample) error {
	if p.pairs != nil {
		return p.pairs.Draw(0, s.z, s.x)
	}
	var given []float32
	if p.given != nil {
		given = p.conditions(seed, stream, len(s.x)/p.dim())
	}
	switch {
	case p.net != nil:
		d, err := generator.NewSampler(e, p.net, seed, stream)
		if err != nil {
			return err
		}
		return d.DrawGiven(0, given, s.z, s.x)
	}
	return generator.NewSimulatorSampler(p.sim, seed, stream).DrawGiven(generator.RowBase(seed, stream), given, s.z, s.x)
}

// push maps latents to features, with the hidden randomness of a stream's own rows.
func (p *primary) push(seed uint64, stream string, z []float32) ([]float32, error) {
	x := make([]float32, len(z)/p.latentDim()*p.dim())
	return x, p.sim.Generate(generator.RowBase(seed, stream), z, x)
}

// space is the weighted latent space as the samplers of package mcmc see it. f gives
// the weights of features for a network, those of latents otherwise.
func (p *primary) space(e *cpu.Engine, f dctr.Weigher) (mcmc.Space, error) {
	target, err := NewTarget(e, p.base(), f)
	if err != nil {
		return mcmc.Space{}, err
	}
	s := mcmc.Space{Target: target}
	if p.prior() == generator.Uniform {
		s.Lower, s.Upper = -1, 1
	}
	return s, nil
}
