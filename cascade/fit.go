package cascade

import (
	"context"
	"fmt"
	"iter"
	"math"

	"etalon/calo"
	"etalon/rng"
)

// Config says what is simulated and how it is fitted. The zero value is usable for
// showers of 30 layers.
type Config struct {
	// Slabs are the matter along the beam, with as many sensors as the showers have
	// layers. None means SiliconTungsten, for showers of 30 layers.
	Slabs  []Slab  `toml:"slabs" json:"slabs"`
	Cell   float64 `toml:"cell" json:"cell"`     // width of a cell in mm; 0 means 5.08
	Energy float64 `toml:"energy" json:"energy"` // of the photons, MeV; 0 means 50000
	// DensitySpread, ScatteringSpread and ResponseSpread are the standard deviations of the
	// logarithms of the factors, between showers: 0 means 0.05, 0.12 and 0.04, a negative
	// number none.
	DensitySpread    float64 `toml:"density_spread" json:"density_spread"`
	ScatteringSpread float64 `toml:"scattering_spread" json:"scattering_spread"`
	ResponseSpread   float64 `toml:"response_spread" json:"response_spread"`
	// Rounds are those of the fit, in each of which Simulated showers are made and looked
	// at as the truth is; 0 means 5, of 500. A negative number of rounds fits nothing.
	Rounds    int    `toml:"rounds" json:"rounds"`
	Simulated int    `toml:"simulated" json:"simulated"`
	Seed      uint64 `toml:"seed" json:"seed"` // of the fit and of the simulation's hidden randomness
	Threads   int    `toml:"threads" json:"threads"`
}

const (
	defaultCell      = 5.08
	defaultEnergy    = 50000
	defaultRounds    = 5
	defaultSimulated = 500
	leastShowers     = 50 // that a fit needs
)

// Check returns an error for settings that no fit can follow.
func (c *Config) Check() error {
	switch {
	case len(c.Slabs) > 0 && checkSlabs(c.Slabs) != nil:
		return checkSlabs(c.Slabs)
	case !(c.Cell >= 0 && c.Cell <= 1e4):
		return fmt.Errorf("cascade: cell = %v mm; 0 (%v) to 10000 is accepted", c.Cell, defaultCell)
	case !(c.Energy >= 0 && c.Energy <= 1e5):
		return fmt.Errorf("cascade: energy = %v MeV; 0 (%v) to 100000 is accepted", c.Energy, defaultEnergy)
	case !(max(c.DensitySpread, c.ScatteringSpread, c.ResponseSpread) <= 0.5):
		return fmt.Errorf("cascade: spreads of %v, %v and %v; up to 0.5 is accepted", c.DensitySpread, c.ScatteringSpread, c.ResponseSpread)
	case c.Rounds < -1 || c.Rounds > 100:
		return fmt.Errorf("cascade: rounds = %d; -1 (no fit), 0 (%d) to 100 is accepted", c.Rounds, defaultRounds)
	case c.Simulated < 0 || c.Simulated > 1e6 || c.Simulated > 0 && c.Simulated < leastShowers:
		return fmt.Errorf("cascade: simulated = %d; 0 (%d) or %d to 1000000 is accepted", c.Simulated, defaultSimulated, leastShowers)
	case c.Threads < 0 || c.Threads > 1<<10:
		return fmt.Errorf("cascade: threads = %d; 0 (one) to 1024 is accepted", c.Threads)
	}
	return nil
}

func spread(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return max(v, 0)
}

// parameters returns those of showers of a shape before any fit.
func (c *Config) parameters(shape calo.Shape, cut float64) (Parameters, error) {
	p := Parameters{
		Slabs: c.Slabs, X: shape.X, Y: shape.Y, Cell: c.Cell, Energy: c.Energy, Cut: cut,
		Impact: [2]int{shape.X / 2, shape.Y / 2}, Density: 1, Scattering: 1, Response: 1,
		DensitySpread: spread(c.DensitySpread, 0.05), ScatteringSpread: spread(c.ScatteringSpread, 0.12), ResponseSpread: spread(c.ResponseSpread, 0.04),
	}
	if len(p.Slabs) == 0 {
		if p.Slabs = SiliconTungsten(); shape.Layers != p.Layers() {
			return p, fmt.Errorf("cascade: showers of %d layers; without slabs, %d are accepted", shape.Layers, p.Layers())
		}
	}
	if n := p.Layers(); n != shape.Layers {
		return p, fmt.Errorf("cascade: %d slabs are sensors; showers have %d layers", n, shape.Layers)
	}
	if p.Cell == 0 {
		p.Cell = defaultCell
	}
	if p.Energy == 0 {
		p.Energy = defaultEnergy
	}
	return p, p.Check()
}

// means are what a fit compares of a set of showers.
type means struct {
	n                       float64
	energy, centroid, cells float64 // sums, of MeV, layers from 1 and active cells
}

// add takes in one shower.
func (m *means) add(p *Parameters, cells []float32) {
	var energy, depth float64
	for i, e := range cells {
		if e == 0 {
			continue
		}
		v := float64(e)
		energy += v
		depth += v * float64(1+i/(p.X*p.Y))
		m.cells++
	}
	if energy > 0 {
		m.n++
		m.energy += energy
		m.centroid += depth / energy
	}
}

// Fit finds the density of the absorbers by the mean depth of showers that come in
// blocks, the scattering by their mean number of active cells and the response by their
// mean energy; cells below cut (MeV) are zero in them, as they will be in the simulation's.
func Fit(ctx context.Context, shape calo.Shape, cut float64, blocks iter.Seq2[calo.Block, error], cfg Config) (*Simulation, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p, err := cfg.parameters(shape, cut)
	if err != nil {
		return nil, err
	}
	var truth means
	first, cells := true, shape.Cells()
	for b, err := range blocks {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if first {
			p.Impact[0], p.Impact[1] = b.Hottest(shape)
			first = false
		}
		for i := range b.N {
			truth.add(&p, b.Cells[i*cells:(i+1)*cells])
		}
	}
	if truth.n < leastShowers {
		return nil, fmt.Errorf("cascade: %v showers with energy; at least %d are needed", truth.n, leastShowers)
	}
	if err := p.fit(ctx, &truth, &cfg); err != nil {
		return nil, err
	}
	return New(p, cfg.Seed, "")
}

// depthPower is how the depth follows the density, about.
const depthPower = -0.6

// fit moves the three factors until the means agree.
func (p *Parameters) fit(ctx context.Context, truth *means, cfg *Config) error {
	rounds, n := cfg.Rounds, cfg.Simulated
	if rounds == 0 {
		rounds = defaultRounds
	}
	if n == 0 {
		n = defaultSimulated
	}
	z := make([]float32, n*latents)
	rng.New(cfg.Seed, "cascade latents of the fit").NormalRows(z, n, 0, 0, n, latents)
	cellsPower := 0.4
	if rounds > 0 { // how the number of active cells follows the scattering
		const more = 1.2
		a, err := p.simulate(ctx, z, cfg)
		if err != nil {
			return err
		}
		wider := *p
		wider.Scattering *= more
		b, err := wider.simulate(ctx, z, cfg)
		if err != nil {
			return err
		}
		if a.n > 0 && b.n > 0 {
			cellsPower = min(max(math.Log(b.cells/b.n/(a.cells/a.n))/math.Log(more), 0.1), 2)
		}
	}
	for range rounds {
		got, err := p.simulate(ctx, z, cfg)
		if err != nil {
			return err
		}
		if got.n < float64(n)/2 {
			return fmt.Errorf("cascade: the fit failed: only %v of %d simulated showers have energy in a sensor", got.n, n)
		}
		move := func(factor *float64, want, have, power, least, most float64) {
			*factor = min(max(*factor*math.Pow(min(max(want/have, 0.7), 1.4), 1/power), least), most)
		}
		move(&p.Density, truth.centroid/truth.n, got.centroid/got.n, depthPower, 0.2, 5)
		move(&p.Scattering, truth.cells/truth.n, got.cells/got.n, cellsPower, 0.2, 5)
		move(&p.Response, truth.energy/truth.n, got.energy/got.n, 1, 1e-3, 1e3)
	}
	return nil
}

// simulate makes showers of given latents, some at a time, and looks at them. Each round
// has the same random numbers.
func (p *Parameters) simulate(ctx context.Context, z []float32, cfg *Config) (*means, error) {
	s, err := New(*p, cfg.Seed, "fit")
	if err != nil {
		return nil, err
	}
	s.Threads = cfg.Threads
	const block = 32
	var got means
	d := s.Dim()
	x := make([]float32, block*d)
	for lo := 0; lo < len(z)/latents; lo += block {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hi := min(lo+block, len(z)/latents)
		rows := z[lo*latents : hi*latents]
		if err := s.Generate(uint64(lo), rows, x[:(hi-lo)*d]); err != nil {
			return nil, err
		}
		for i := range hi - lo {
			got.add(p, x[i*d:(i+1)*d])
		}
	}
	return &got, nil
}
