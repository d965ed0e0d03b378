package cascade

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"etalon/generator"
	"etalon/rng"
)

// The latents, each standard normal.
const (
	latConversion = iota // mean free paths of the primary photon
	latShare             // of the energy in the first pair
	latX                 // impact point in its cell
	latY
	latDensity
	latScattering
	latResponse
	latents
)

// Parameters are all numbers of the simulation.
type Parameters struct {
	Slabs  []Slab  `toml:"slabs" json:"slabs"`
	X      int     `toml:"x" json:"x"` // cells of a layer
	Y      int     `toml:"y" json:"y"`
	Cell   float64 `toml:"cell" json:"cell"`     // width of a cell, mm
	Impact [2]int  `toml:"impact" json:"impact"` // the cell that the particle hits
	Energy float64 `toml:"energy" json:"energy"` // of the primary photon, MeV
	Cut    float64 `toml:"cut" json:"cut"`       // MeV; cells below it are empty; 0 keeps all

	// Density is a factor of that of the absorbers, Scattering of the width of multiple
	// scattering and Response of the energy in the sensors.
	Density    float64 `toml:"density" json:"density"`
	Scattering float64 `toml:"scattering" json:"scattering"`
	Response   float64 `toml:"response" json:"response"`
	// Sensors are factors of the response of each, around 1; none: 1 each.
	Sensors []float64 `toml:"sensors" json:"sensors"`
	// How much showers differ in the three factors: the standard deviations of their
	// logarithms. That is a prior of what is not known about the detector; refined latents
	// tell its posterior.
	DensitySpread    float64 `toml:"density_spread" json:"density_spread"`
	ScatteringSpread float64 `toml:"scattering_spread" json:"scattering_spread"`
	ResponseSpread   float64 `toml:"response_spread" json:"response_spread"`
}

// Layers is the number of sensors.
func (p *Parameters) Layers() int { return layersOf(p.Slabs) }

// Check returns an error for numbers with which nothing can be simulated.
func (p *Parameters) Check() error {
	const side = 1 << 12
	if err := checkSlabs(p.Slabs); err != nil {
		return err
	}
	layers := p.Layers()
	if layers < 1 || p.X < 1 || p.Y < 1 || p.X > side || p.Y > side || layers*p.X*p.Y > 1<<24 {
		return fmt.Errorf("cascade: showers of %d layers of %d by %d cells; 1 to 2^24 cells, up to %d in a direction, are accepted", layers, p.X, p.Y, side)
	}
	for _, c := range []struct {
		name        string
		v           float64
		least, most float64
		unit        string
	}{
		{"cell", p.Cell, 1e-2, 1e4, " mm"},
		{"energy", p.Energy, 1, 1e5, " MeV"},
		{"cut", p.Cut, 0, 1e6, " MeV"},
		{"density", p.Density, 0.2, 5, ""},
		{"scattering", p.Scattering, 0.2, 5, ""},
		{"response", p.Response, 1e-3, 1e3, ""},
		{"density_spread", p.DensitySpread, 0, 0.5, ""},
		{"scattering_spread", p.ScatteringSpread, 0, 0.5, ""},
		{"response_spread", p.ResponseSpread, 0, 0.5, ""},
	} {
		if !(c.v >= c.least && c.v <= c.most) {
			return fmt.Errorf("cascade: %s = %v%s; %v to %v is accepted", c.name, c.v, c.unit, c.least, c.most)
		}
	}
	if n := len(p.Sensors); n != 0 && n != layers {
		return fmt.Errorf("cascade: responses of %d sensors; %d are accepted, or none", n, layers)
	}
	for l, f := range p.Sensors {
		if !(f >= 0.01 && f <= 100) {
			return fmt.Errorf("cascade: the response of sensor %d is %v; 0.01 to 100 is accepted", l, f)
		}
	}
	if p.Impact[0] < 0 || p.Impact[0] >= p.X || p.Impact[1] < 0 || p.Impact[1] >= p.Y {
		return fmt.Errorf("cascade: the impact cell is %v of %d by %d cells", p.Impact, p.X, p.Y)
	}
	return nil
}

// Simulation makes showers. It implements generator.Simulator: the latents are standard
// normals of the primary photon, its depth of conversion, how it shares its energy and
// where in its cell it comes in, and of the three factors; all else is hidden randomness,
// a function of the seed, the stream and the row's number.
type Simulation struct {
	Parameters
	Seed   uint64 // of the hidden randomness
	Stream string
	// Threads is the number of goroutines of a call of Generate; 0 means 1. Showers do
	// not depend on it.
	Threads int

	stack            *stack
	sensors          []float64
	perCell          float64
	offsetX, offsetY float64
	trackers         sync.Pool
}

var _ generator.Simulator = (*Simulation)(nil)

// New prepares the simulation of given parameters, which are kept and must not change.
func New(p Parameters, seed uint64, stream string) (*Simulation, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	st, err := p.stack()
	if err != nil {
		return nil, err
	}
	s := &Simulation{Parameters: p, Seed: seed, Stream: stream, stack: st, perCell: 1 / p.Cell}
	s.sensors = p.Sensors
	if s.sensors == nil {
		s.sensors = slices.Repeat([]float64{1}, p.Layers())
	}
	s.offsetX, s.offsetY = float64(p.Impact[0]), float64(p.Impact[1])
	hidden := rng.New(seed, "cascade "+stream)
	s.trackers.New = func() any { return &tracker{Simulation: s, random: random{stream: hidden}} }
	return s, nil
}

// LatentDim implements generator.Simulator.
func (s *Simulation) LatentDim() int { return latents }

// Dim implements generator.Simulator.
func (s *Simulation) Dim() int { return s.Layers() * s.X * s.Y }

// Prior implements generator.Simulator.
func (s *Simulation) Prior() generator.Prior { return generator.Normal }

// Hidden implements generator.Simulator.
func (s *Simulation) Hidden() bool { return true }

// Generate implements generator.Simulator. Cells are layers×X×Y, in MeV.
func (s *Simulation) Generate(row0 uint64, z, x []float32) error {
	d := s.Dim()
	n := len(x) / d
	if len(x) != n*d || len(z) != n*latents {
		return fmt.Errorf("cascade: %d latents and room for %d cells; rows of %d and %d are needed", len(z), len(x), latents, d)
	}
	for i, v := range z {
		if v-v != 0 {
			return fmt.Errorf("cascade: latent %d of row %d is %v; finite numbers are accepted", i%latents, row0+uint64(i/latents), v)
		}
	}
	part := func(lo, hi int) {
		t := s.trackers.Get().(*tracker)
		for i := lo; i < hi; i++ {
			t.shower(row0+uint64(i), z[i*latents:(i+1)*latents], x[i*d:(i+1)*d])
		}
		t.cells = nil
		s.trackers.Put(t)
	}
	generator.InParts(n, s.Threads, part)
	return nil
}

// shower makes one shower. The random numbers of row r are those of step r mod 2^48 of
// the stream, in rows from (r div 2^48)·2^40.
func (t *tracker) shower(row uint64, z, cells []float32) {
	clear(cells)
	t.cells = cells
	t.seek(row)
	t.density = logNormal(t.DensitySpread, z[latDensity])
	g := logNormal(t.ScatteringSpread, z[latScattering])
	t.scattering = g * g
	t.response = t.Response * logNormal(t.ResponseSpread, z[latResponse])
	p := particle{e: t.Energy, w: 1, species: photon, x: t.Cell * phi(z[latX]), y: t.Cell * phi(z[latY])}
	if t.reach(&p, -math.Log(phi(-z[latConversion]))) {
		t.pair(&p, t.share(phi(z[latShare])))
	}
	t.run()
	if cut := float32(t.Cut); cut > 0 {
		for i, e := range cells {
			if e < cut {
				cells[i] = 0
			}
		}
	}
}

// logNormal keeps to five standard deviations.
func logNormal(sigma float64, z float32) float64 {
	return math.Exp(sigma * min(max(float64(z), -5), 5))
}

// phi is the distribution function of the standard normal distribution, kept off 0 and 1.
func phi(z float32) float64 {
	return min(max(0.5*math.Erfc(-float64(z)/math.Sqrt2), 1e-12), 1-1e-12)
}
