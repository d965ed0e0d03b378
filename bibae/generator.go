package bibae

import (
	"fmt"
	"sync"

	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/graph"
	"etalon/nn"
)

var (
	_ generator.Generator = (*Model)(nil)
	_ generator.Simulator = (*Simulator)(nil)
)

// LatentDim implements generator.Generator: all latents, those of noise included.
func (m *Model) LatentDim() int {
	n := m.Config.Latent + m.Config.Noise
	if m.Config.CellNoise {
		n += m.Dim()
	}
	return n
}

// Dim implements generator.Generator: the cells of a shower.
func (m *Model) Dim() int { return m.Config.Shape().Cells() }

// Prior implements generator.Generator.
func (m *Model) Prior() generator.Prior { return generator.Normal }

// Build implements generator.Generator: energies in MeV, from zero.
func (m *Model) Build(prefix string, z *graph.Node) *graph.Node {
	c := m.Config
	var noise, cells *graph.Node
	if c.Noise > 0 {
		noise = nn.NormalCDF(graph.Slice(z, c.Latent, c.Latent+c.Noise))
	}
	if c.CellNoise {
		cells = nn.NormalCDF(graph.Slice(z, c.Latent+c.Noise, m.LatentDim()))
	}
	return m.shower(m.decode(prefix, graph.Slice(z, 0, c.Latent), noise, cells, m.energy(z.Graph)))
}

// energy is the decoder's energy as a generator.
func (m *Model) energy(g *graph.Graph) *graph.Node {
	return graph.ToRows(g.Scalar(m.Energy / m.Config.EnergyUnit))
}

// Bind implements generator.Generator.
func (m *Model) Bind(b nn.Binder, prefix string) error { return m.Params.Bind(b, prefix) }

// Simulator is the decoder with the encoded latents alone: the noise is hidden, that of
// point i is row i of random streams. It makes the noise where it is used, so that a
// point takes no memory for it.
type Simulator struct {
	model *Model
	mu    sync.Mutex
	prog  *cpu.Program
}

// NewSimulator compiles the decoder as a generator.Simulator with hidden noise of the
// model's NoiseSeed.
func NewSimulator(e *cpu.Engine, m *Model) (*Simulator, error) {
	g := graph.New()
	z := g.Input("z", m.Config.Latent)
	noise, cells := m.uniform(g, "bibae/sample")
	p, err := e.Compile(g, cpu.Config{Seed: m.NoiseSeed}, m.shower(m.decode("", z, noise, cells, m.energy(g))))
	if err != nil {
		return nil, err
	}
	return &Simulator{model: m, prog: p}, m.Bind(p, "")
}

// uniform adds uniform noise for the decoder to a graph; nil for what it does not take.
func (m *Model) uniform(g *graph.Graph, stream string) (noise, cells *graph.Node) {
	symmetric := func(name string, n int) *graph.Node {
		return graph.AddScalar(graph.MulScalar(g.RandomUniform(name, n), 2), -1)
	}
	if n := m.Config.Noise; n > 0 {
		noise = symmetric(stream+"/noise", n)
	}
	if m.Config.CellNoise {
		cells = symmetric(stream+"/cells", m.Dim())
	}
	return noise, cells
}

// LatentDim implements generator.Simulator.
func (s *Simulator) LatentDim() int { return s.model.Config.Latent }

// Dim implements generator.Simulator.
func (s *Simulator) Dim() int { return s.model.Dim() }

// Prior implements generator.Simulator.
func (s *Simulator) Prior() generator.Prior { return generator.Normal }

// Hidden implements generator.Simulator.
func (s *Simulator) Hidden() bool { return s.model.Config.Noise > 0 || s.model.Config.CellNoise }

// Save writes the model directory of the whole model.
func (s *Simulator) Save(dir string) error { return s.model.Save(dir) }

// Generate implements generator.Simulator: energies in MeV, from zero, below the
// threshold of a cell, too.
func (s *Simulator) Generate(row0 uint64, z, x []float32) error {
	l, d := s.LatentDim(), s.Dim()
	n := len(x) / d
	if len(x) != n*d || len(z) != n*l {
		return fmt.Errorf("bibae: %d latents and room for %d cells; rows of %d and %d are needed", len(z), len(x), l, d)
	}
	if n == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.prog.Feed("z", cpu.Rows{Data: z}); err != nil {
		return err
	}
	if err := s.prog.Into(0, x); err != nil {
		return err
	}
	return s.prog.Run(cpu.Batch{Rows: n, Row0: row0})
}
