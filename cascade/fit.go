package cascade

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

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
	// Density, Scattering and Response hold the factors at known values; 0: fitted.
	Density    float64 `toml:"density" json:"density"`
	Scattering float64 `toml:"scattering" json:"scattering"`
	Response   float64 `toml:"response" json:"response"`
	// DensitySpread, ScatteringSpread and ResponseSpread are the standard deviations of the
	// logarithms of the factors, between showers: 0 means 0.03, 0.06 and 0.02, a negative
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

// factor tells that a factor is to be fitted, or one that can be simulated.
func factor(v float64) bool { return v == 0 || v >= 0.2 && v <= 5 }

// Check returns an error for settings that no fit can follow.
func (c *Config) Check() error {
	switch {
	case len(c.Slabs) > 0 && checkSlabs(c.Slabs) != nil:
		return checkSlabs(c.Slabs)
	case !(c.Cell >= 0 && c.Cell <= 1e4):
		return fmt.Errorf("cascade: cell = %v mm; 0 (%v) to 10000 is accepted", c.Cell, defaultCell)
	case !(c.Energy >= 0 && c.Energy <= 1e5):
		return fmt.Errorf("cascade: energy = %v MeV; 0 (%v) to 100000 is accepted", c.Energy, defaultEnergy)
	case !(factor(c.Density) && factor(c.Scattering) && factor(c.Response)):
		return fmt.Errorf("cascade: density = %v, scattering = %v, response = %v; 0 (fitted) or 0.2 to 5 is accepted", c.Density, c.Scattering, c.Response)
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

func given(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}

// parameters returns those of showers of a shape before any fit.
func (c *Config) parameters(shape calo.Shape, cut float64) (Parameters, error) {
	p := Parameters{
		Slabs: c.Slabs, X: shape.X, Y: shape.Y, Cell: given(c.Cell, defaultCell), Energy: given(c.Energy, defaultEnergy), Cut: cut,
		Impact: [2]int{shape.X / 2, shape.Y / 2}, Density: given(c.Density, 1), Scattering: given(c.Scattering, 1), Response: given(c.Response, 1),
		DensitySpread: max(0, given(c.DensitySpread, 0.03)), ScatteringSpread: max(0, given(c.ScatteringSpread, 0.06)), ResponseSpread: max(0, given(c.ResponseSpread, 0.02)),
	}
	if len(p.Slabs) == 0 {
		if p.Slabs = SiliconTungsten(); shape.Layers != p.Layers() {
			return p, fmt.Errorf("cascade: showers of %d layers; without slabs, %d are accepted", shape.Layers, p.Layers())
		}
	}
	if n := p.Layers(); n != shape.Layers {
		return p, fmt.Errorf("cascade: %d slabs are sensors; showers have %d layers", n, shape.Layers)
	}
	return p, p.Check()
}

// means are what a fit compares of a set of showers.
type means struct {
	n                       float64
	energy, centroid, cells float64   // sums, of MeV, layers from 1 and active cells
	layer                   []float64 // sums of MeV
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
		m.layer[i/(p.X*p.Y)] += v
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
// mean energy, sensor by sensor; cells below cut (MeV) are zero in them, as they will be
// in the simulation's.
func Fit(ctx context.Context, shape calo.Shape, cut float64, blocks iter.Seq2[calo.Block, error], cfg Config) (*Simulation, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p, err := cfg.parameters(shape, cut)
	if err != nil {
		return nil, err
	}
	truth := means{layer: make([]float64, shape.Layers)}
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
	p.Sensors = slices.Repeat([]float64{1}, len(truth.layer))
	z := make([]float32, n*latents)
	rng.New(cfg.Seed, "cascade latents of the fit").NormalRows(z, n, 0, 0, n, latents)
	cellsPower := 0.4
	if rounds > 0 && cfg.Scattering == 0 { // how the number of active cells follows the scattering
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
		if cfg.Density == 0 {
			move(&p.Density, truth.centroid/truth.n, got.centroid/got.n, depthPower, 0.2, 5)
		}
		if cfg.Scattering == 0 {
			move(&p.Scattering, truth.cells/truth.n, got.cells/got.n, cellsPower, 0.2, 5)
		}
		if cfg.Response == 0 {
			move(&p.Response, truth.energy/truth.n, got.energy/got.n, 1, 1e-3, 1e3)
		}
		for l := range p.Sensors {
			if want, have := truth.layer[l]/truth.n, got.layer[l]/got.n; want > 0 && have > 0 {
				move(&p.Sensors[l], want, have, 1, 0.01, 100)
			}
		}
		balance(p.Sensors, truth.layer)
	}
	return nil
}

// balance removes from the logarithms of the layers' factors their mean and their slope,
// weighted by energy: response and density have those.
func balance(factor, energy []float64) {
	var w, x, xx, y, xy float64
	for l, f := range factor {
		e, d, v := energy[l], float64(l), math.Log(f)
		w, x, xx, y, xy = w+e, x+e*d, xx+e*d*d, y+e*v, xy+e*d*v
	}
	det := w*xx - x*x
	if !(det > 0) {
		return
	}
	slope := (w*xy - x*y) / det
	for l := range factor {
		factor[l] = min(max(factor[l]*math.Exp(-(y-slope*x)/w-slope*float64(l)), 0.01), 100)
	}
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
	got := means{layer: make([]float64, p.Layers())}
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
