package generator

import (
	"fmt"
	"sync"

	"etalon/engine/cpu"
	"etalon/rng"
)

// Simulator is the least that a generator can do: make features of latents. It may
// be a network, an external program, or anything else; it need not be
// differentiable.
type Simulator interface {
	LatentDim() int
	Dim() int
	Prior() Prior
	// Hidden tells that x is no function of z alone: there is further randomness, so
	// that a weight w(x) is none of z, and only OmniFold (arXiv:1911.09107) can pull
	// weights back.
	Hidden() bool
	// Generate fills x (n×Dim, row-major) with the features of the latents z
	// (n×LatentDim), which are points number row0 and following of a sample: hidden
	// randomness may depend on that number. It may be called by several goroutines.
	Generate(row0 uint64, z, x []float32) error
}

// RowBase is the number of a stream's first row. Hidden randomness may be a function of
// the row's number alone: so those of different streams, and of the same stream with
// another seed, lie apart, 2^31 rows each.
func RowBase(seed uint64, stream string) uint64 {
	return uint64(uint32(rng.New(seed, "rows of "+stream).Source(0).Uint64())) << 31
}

// Drawer draws points of a generator with their latents. Sampler, SimulatorSampler and
// Pairs are such.
type Drawer interface {
	// Draw fills x with points number row0 and following, and z with their latents
	// unless it is nil.
	Draw(row0 uint64, z, x []float32) error
}

// network is a Generator as a Simulator.
type network struct {
	Generator
	mu      sync.Mutex
	sampler *Sampler
}

// NewSimulator compiles a network generator as a Simulator.
func NewSimulator(e *cpu.Engine, gen Generator) (Simulator, error) {
	if c, ok := gen.(*Composed); ok && c.Accept != nil {
		return nil, fmt.Errorf("generator: a refined model with acceptance is no map of latents")
	}
	s, err := NewSampler(e, gen, 0, "unused")
	if err != nil {
		return nil, err
	}
	return &network{Generator: gen, sampler: s}, nil
}

// Hidden implements Simulator.
func (n *network) Hidden() bool { return false }

// Given implements Conditioned.
func (n *network) Given() int { return GivenOf(n.Generator) }

// Generate implements Simulator.
func (n *network) Generate(_ uint64, z, x []float32) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.sampler.Push(z, x)
}

// Chain is the refined simulator g∘Φ.
type Chain struct {
	G   Simulator // primary generator
	Phi Simulator // refiner: its features are the latents of G
}

// NewChain returns g∘Φ.
func NewChain(g, phi Simulator) (*Chain, error) {
	if phi.Dim() != g.LatentDim() {
		return nil, fmt.Errorf("generator: the refiner makes %d latents, the generator takes %d", phi.Dim(), g.LatentDim())
	}
	if k, n := GivenOf(phi), GivenOf(g); k != n {
		return nil, fmt.Errorf("generator: the refiner keeps %d conditions, the generator takes %d", k, n)
	}
	c := &Chain{G: g, Phi: phi}
	if err := extentOf(c).check(); err != nil {
		return nil, fmt.Errorf("generator: refined simulator: %w", err)
	}
	return c, nil
}

// LatentDim implements Simulator.
func (c *Chain) LatentDim() int { return c.Phi.LatentDim() }

// Dim implements Simulator.
func (c *Chain) Dim() int { return c.G.Dim() }

// Prior implements Simulator.
func (c *Chain) Prior() Prior { return c.Phi.Prior() }

// Given implements Conditioned.
func (c *Chain) Given() int { return GivenOf(c.G) }

// Hidden implements Simulator.
func (c *Chain) Hidden() bool { return c.G.Hidden() || c.Phi.Hidden() }

// Generate implements Simulator.
func (c *Chain) Generate(row0 uint64, y, x []float32) error {
	n, err := checkRows(c, y, x)
	if err != nil {
		return err
	}
	z := make([]float32, min(n, sampleRows)*c.G.LatentDim())
	for lo := 0; lo < n; lo += sampleRows {
		hi := min(lo+sampleRows, n)
		z := z[:(hi-lo)*c.G.LatentDim()]
		if err := c.Phi.Generate(row0+uint64(lo), y[lo*c.LatentDim():hi*c.LatentDim()], z); err != nil {
			return err
		}
		if err := c.G.Generate(row0+uint64(lo), z, x[lo*c.Dim():hi*c.Dim()]); err != nil {
			return err
		}
	}
	return nil
}

// checkRows returns the number of rows of z and x.
func checkRows(s Simulator, z, x []float32) (int, error) {
	n := len(x) / s.Dim()
	if len(x) != n*s.Dim() || len(z) != n*s.LatentDim() {
		return 0, fmt.Errorf("generator: %d latents and room for %d features; rows of %d and %d are needed", len(z), len(x), s.LatentDim(), s.Dim())
	}
	return n, nil
}

// HiddenLatents shows only the first latents of a simulator; the others are drawn
// from its prior, for point i of a sample by the numbers of row i of a random stream.
type HiddenLatents struct {
	full    Simulator
	visible int
	seed    uint64
	stream  rng.Stream
}

// NewHiddenLatents hides all latents of s but the first visible ones.
func NewHiddenLatents(s Simulator, visible int, seed uint64) (*HiddenLatents, error) {
	if visible < 1 || visible >= s.LatentDim() {
		return nil, fmt.Errorf("generator: %d visible latents; 1 to %d is accepted", visible, s.LatentDim()-1)
	}
	h := &HiddenLatents{full: s, visible: visible, seed: seed, stream: rng.New(seed, "hidden")}
	if err := extentOf(h).check(); err != nil {
		return nil, fmt.Errorf("generator: hidden latents: %w", err)
	}
	return h, nil
}

// LatentDim implements Simulator.
func (h *HiddenLatents) LatentDim() int { return h.visible }

// Dim implements Simulator.
func (h *HiddenLatents) Dim() int { return h.full.Dim() }

// Prior implements Simulator.
func (h *HiddenLatents) Prior() Prior { return h.full.Prior() }

// Hidden implements Simulator.
func (h *HiddenLatents) Hidden() bool { return true }

// Generate implements Simulator.
func (h *HiddenLatents) Generate(row0 uint64, z, x []float32) error {
	n, err := checkRows(h, z, x)
	if err != nil {
		return err
	}
	l, rest := h.full.LatentDim(), h.full.LatentDim()-h.visible
	size := min(n, sampleRows)
	noise, columns, all := make([]float32, size*rest), make([]float32, size*rest), make([]float32, size*l)
	for lo := 0; lo < n; lo += sampleRows {
		hi := min(lo+sampleRows, n)
		h.Prior().fill(h.stream, noise[:(hi-lo)*rest], columns, 0, row0+uint64(lo), rest)
		for i := range hi - lo {
			copy(all[i*l:], z[(lo+i)*h.visible:(lo+i+1)*h.visible])
			copy(all[i*l+h.visible:(i+1)*l], noise[i*rest:(i+1)*rest])
		}
		if err := h.full.Generate(row0+uint64(lo), all[:(hi-lo)*l], x[lo*h.Dim():hi*h.Dim()]); err != nil {
			return err
		}
	}
	return nil
}

var (
	_ Drawer = (*Sampler)(nil)
	_ Drawer = (*SimulatorSampler)(nil)
	_ Drawer = (*Pairs)(nil)
)

// SimulatorSampler draws from a simulator. Point i of a stream has the latents of
// row i, as those of a Sampler.
type SimulatorSampler struct {
	sim     Simulator
	latents rng.Stream
}

// InParts calls part for consecutive ranges of 0 to n, which it divides among so many
// goroutines; less than one is one.
func InParts(n, threads int, part func(lo, hi int)) {
	threads = min(max(threads, 1), max(n, 1))
	if threads == 1 {
		part(0, n)
		return
	}
	var wg sync.WaitGroup
	for k := range threads {
		wg.Go(func() { part(n*k/threads, n*(k+1)/threads) })
	}
	wg.Wait()
}

// NewSimulatorSampler returns the sampler of a stream.
func NewSimulatorSampler(sim Simulator, seed uint64, stream string) *SimulatorSampler {
	return &SimulatorSampler{sim: sim, latents: rng.New(seed, stream)}
}

// Draw implements Drawer. Errors: also that the simulator takes conditions.
func (s *SimulatorSampler) Draw(row0 uint64, z, x []float32) error {
	return s.DrawGiven(row0, nil, z, x)
}

// DrawGiven is Draw of a simulator that takes k conditions, those of given (n×k,
// row-major) for its n points.
func (s *SimulatorSampler) DrawGiven(row0 uint64, given, z, x []float32) error {
	l, d, k := s.sim.LatentDim(), s.sim.Dim(), GivenOf(s.sim)
	n := len(x) / d
	if err := checkGiven(given, n, k); err != nil {
		return err
	}
	if len(x) != n*d || (z != nil && len(z) != n*l) {
		return fmt.Errorf("generator: room for %d features and %d latents; rows of %d and %d are needed", len(x), len(z), d, l)
	}
	own := make([]float32, min(n, sampleRows)*l)
	columns := make([]float32, len(own))
	for lo := 0; lo < n; lo += sampleRows {
		hi := min(lo+sampleRows, n)
		part := own[:(hi-lo)*l]
		if z != nil {
			part = z[lo*l : hi*l]
		}
		s.sim.Prior().fillGiven(s.latents, part, columns, 0, row0+uint64(lo), l, given[lo*k:hi*k], k)
		if err := s.sim.Generate(row0+uint64(lo), part, x[lo*d:hi*d]); err != nil {
			return err
		}
	}
	return nil
}
