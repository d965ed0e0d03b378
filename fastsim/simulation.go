package fastsim

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
	latEnergy = iota // of the Gaussian copula
	latMaximum
	latExponent
	latStart
	latWidth
	latMultiplicity
	latX // impact point in its cell
	latY
	latMode // the first of the layers' fluctuations

	numbers = latX // of a shower, in the copula
)

// Parameters are all numbers of the simulation. Depths are in radiation lengths,
// energies in MeV, lengths across the shower in cell widths.
type Parameters struct {
	Layers int `toml:"layers" json:"layers"`
	X      int `toml:"x" json:"x"`
	Y      int `toml:"y" json:"y"`

	Depth    []float64 `toml:"depth" json:"depth"`       // of each layer's sensor, ascending
	Response []float64 `toml:"response" json:"response"` // of each layer, around 1: factor of its energy
	Spread   []float64 `toml:"spread" json:"spread"`     // of each layer, around 1: factor of its radii
	ImpactX  int       `toml:"impact_x" json:"impact_x"` // the cell that the particle hits
	ImpactY  int       `toml:"impact_y" json:"impact_y"`
	Reach    float64   `toml:"reach" json:"reach"` // the largest distance of a spot from the axis
	Cut      float64   `toml:"cut" json:"cut"`     // cells below it are empty; 0 keeps all

	// Energy is what layers one radiation length apart would see of the whole shower.
	Energy       Marginal `toml:"energy" json:"energy"`
	Maximum      Marginal `toml:"maximum" json:"maximum"`           // depth of the maximum from the start: (α-1)/β
	Exponent     Marginal `toml:"exponent" json:"exponent"`         // α-1
	Start        Marginal `toml:"start" json:"start"`               // depth of the start of the profile
	Width        Marginal `toml:"width" json:"width"`               // factor of both radii
	Multiplicity Marginal `toml:"multiplicity" json:"multiplicity"` // factor of the number of spots
	// Correlation is that of the normal scores of these six numbers, 6×6.
	Correlation [][]float64 `toml:"correlation" json:"correlation"`

	// A shower has no energy in front of its conversion, normal about Conversion behind
	// its start with ConversionSpread (radiation lengths), and Pair in each layer behind
	// it, in MeV and beside the profile.
	Pair             float64 `toml:"pair" json:"pair"`
	Conversion       float64 `toml:"conversion" json:"conversion"`
	ConversionSpread float64 `toml:"conversion_spread" json:"conversion_spread"`

	Radial []RadialKnot `toml:"radial" json:"radial"`

	// Fluctuation are the components of how the energies of layers fluctuate about the
	// profile together, in √MeV: component k changes a layer of mean energy μ by
	// √μ·Fluctuation[k][layer] per standard deviation. Each has its own standard normal;
	// those of the first Modes are latents. None: nothing but spots fluctuates.
	Fluctuation [][]float64 `toml:"fluctuation" json:"fluctuation"`
	Modes       int         `toml:"modes" json:"modes"`

	// SpotEnergy is the mean energy of a spot, SpotSigma the standard deviation of its
	// logarithm.
	SpotEnergy float64 `toml:"spot_energy" json:"spot_energy"`
	SpotSigma  float64 `toml:"spot_sigma" json:"spot_sigma"`
	// CountSpread is the standard deviation of large numbers of spots in a layer over that
	// of Poisson numbers.
	CountSpread float64 `toml:"count_spread" json:"count_spread"`
	// CountPower says how the number of a layer's spots follows its fluctuation: as that
	// power. The energy of spots follows as the rest.
	CountPower float64 `toml:"count_power" json:"count_power"`
	// Clump is the factor of the mean energy of each layer's spots, around 1.
	Clump []float64 `toml:"clump" json:"clump"`
}

// marginals returns the six distributions in the order of the latents.
func (p *Parameters) marginals() []*Marginal {
	return []*Marginal{&p.Energy, &p.Maximum, &p.Exponent, &p.Start, &p.Width, &p.Multiplicity}
}

// numberOf is the name and range of each number of a shower.
var numberOf = [numbers]struct {
	name        string
	least, most float64
}{
	{"energy", 1e-3, 1e6},
	{"maximum", leastMaximum, mostMaximum},
	{"exponent", leastExponent, mostExponent},
	{"start", -100, 1000},
	{"width", 0.05, 20},
	{"multiplicity", 0.02, 50},
}

// mostSpots bounds the spots of a shower, generously: real showers have fluctuations far smaller
// than their bounds.
const mostSpots = 1 << 28

// Check returns an error for numbers with which nothing can be simulated.
func (p *Parameters) Check() error {
	const side = 1 << 12
	if p.Layers < 1 || p.X < 1 || p.Y < 1 || p.Layers > side || p.X > side || p.Y > side || p.Layers*p.X*p.Y > 1<<24 {
		return fmt.Errorf("fastsim: showers of %d layers of %d by %d cells; 1 to 2^24 cells, up to %d in a direction, are accepted", p.Layers, p.X, p.Y, side)
	}
	if err := checkDepth(p.Depth, p.Layers); err != nil {
		return err
	}
	if err := checkFactors("response", p.Response, p.Layers); err != nil {
		return err
	}
	if err := checkFactors("clump", p.Clump, p.Layers); err != nil {
		return err
	}
	if err := checkFactors("spread", p.Spread, p.Layers); err != nil {
		return err
	}
	switch {
	case p.ImpactX < 0 || p.ImpactX >= p.X || p.ImpactY < 0 || p.ImpactY >= p.Y:
		return fmt.Errorf("fastsim: the impact cell is (%d, %d) of %d by %d cells", p.ImpactX, p.ImpactY, p.X, p.Y)
	case !(p.Reach >= 1 && p.Reach <= 1e4):
		return fmt.Errorf("fastsim: reach = %v cells; 1 to 10000 is accepted", p.Reach)
	case !(p.Cut >= 0 && p.Cut <= 1e6):
		return fmt.Errorf("fastsim: cut = %v MeV; 0 to 1e6 is accepted", p.Cut)
	case !(p.Pair >= 0 && p.Pair <= 1e6):
		return fmt.Errorf("fastsim: pair = %v MeV; 0 to 1e6 is accepted", p.Pair)
	case !(math.Abs(p.Conversion) <= 1000):
		return fmt.Errorf("fastsim: conversion = %v radiation lengths behind the start; -1000 to 1000 is accepted", p.Conversion)
	case !(p.ConversionSpread >= 0 && p.ConversionSpread <= 1000):
		return fmt.Errorf("fastsim: conversion_spread = %v radiation lengths; 0 to 1000 is accepted", p.ConversionSpread)
	case !(p.SpotEnergy >= 1e-6 && p.SpotEnergy <= 1e6):
		return fmt.Errorf("fastsim: spot_energy = %v MeV; 1e-6 to 1e6 is accepted", p.SpotEnergy)
	case !(p.CountSpread >= 0 && p.CountSpread <= 1):
		return fmt.Errorf("fastsim: count_spread = %v; 0 to 1 is accepted", p.CountSpread)
	case !(p.CountPower >= 0 && p.CountPower <= 1):
		return fmt.Errorf("fastsim: count_power = %v; 0 to 1 is accepted", p.CountPower)
	case !(p.SpotSigma >= 0 && p.SpotSigma <= 2):
		return fmt.Errorf("fastsim: spot_sigma = %v; 0 to 2 is accepted", p.SpotSigma)
	}
	for k, m := range p.marginals() {
		if err := m.check(numberOf[k].name, numberOf[k].least, numberOf[k].most); err != nil {
			return err
		}
	}
	// At its maximum a profile is about √((a+1)/2π)/T.
	peak := math.Sqrt(p.Exponent[scores-1]+1) / p.Maximum[0] * slices.Max(p.Response)
	peak = peak*p.Energy[scores-1] + p.Pair
	most := peak
	if err := checkFluctuation(p.Fluctuation, p.Modes, p.Layers); err != nil {
		return err
	}
	for _, q := range p.quanta() {
		if q > 0 {
			most = max(most, 4*mostFluctuated(peak, q))
		}
	}
	if n := float64(p.Layers) * most * p.Multiplicity[scores-1] / p.SpotEnergy / slices.Min(p.Clump); !(n <= mostSpots) {
		return fmt.Errorf("fastsim: up to %.3g spots in a shower; %d are accepted", n, mostSpots)
	}
	if len(p.Correlation) != numbers {
		return fmt.Errorf("fastsim: the correlation has %d rows; %d are accepted", len(p.Correlation), numbers)
	}
	for i, row := range p.Correlation {
		if len(row) != numbers {
			return fmt.Errorf("fastsim: row %d of the correlation has %d numbers; %d are accepted", i, len(row), numbers)
		}
		for j, c := range row {
			if !(math.Abs(c) <= 1) || i == j && c != 1 || j < i && c != p.Correlation[j][i] {
				return fmt.Errorf("fastsim: element (%d, %d) of the correlation is %v; a symmetric matrix with ones on its diagonal is accepted", i, j, c)
			}
		}
	}
	return checkRadial(p.Radial)
}

func checkFactors(name string, factors []float64, layers int) error {
	if len(factors) != layers {
		return fmt.Errorf("fastsim: %s of %d layers; %d are accepted", name, len(factors), layers)
	}
	for l, f := range factors {
		if !(f >= 0.01 && f <= 100) {
			return fmt.Errorf("fastsim: the %s of layer %d is %v; 0.01 to 100 is accepted", name, l, f)
		}
	}
	return nil
}

func checkDepth(depth []float64, layers int) error {
	if len(depth) != layers {
		return fmt.Errorf("fastsim: depths of %d layers; %d are accepted", len(depth), layers)
	}
	before := 0.0
	for l, t := range depth {
		if !(t > before && t <= 1000) {
			return fmt.Errorf("fastsim: layer %d stands at %v radiation lengths; ascending depths above 0, up to 1000, are accepted", l, t)
		}
		before = t
	}
	return nil
}

// Simulation makes showers. It implements generator.Simulator: the latents are standard
// normals, those of the six numbers of a shower, the two of the impact point in its cell
// and one for each of the Modes; all other fluctuations of layers, spots and their
// energies are hidden randomness, a function of the seed, the stream and the row's
// number.
type Simulation struct {
	Parameters
	Seed   uint64 // of the hidden randomness
	Stream string
	// Threads is the number of goroutines of a call of Generate; 0 means 1. Showers do
	// not depend on it.
	Threads int

	hidden  rng.Stream
	layers  rng.Stream  // of the layers' fluctuations and numbers of spots
	quantum []float64   // of each layer, see quanta
	factor  [][]float64 // Cholesky factor of the correlation
	spots   []float64   // equally probable energies of spots, of mean 1
	compass [][2]float64
	scratch sync.Pool
}

var _ generator.Simulator = (*Simulation)(nil)

// New prepares the simulation of given parameters, which are kept and must not change.
func New(p Parameters, seed uint64, stream string) (*Simulation, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	factor, ok := cholesky(p.Correlation)
	if !ok {
		return nil, fmt.Errorf("fastsim: the correlation is not positive definite")
	}
	s := &Simulation{Parameters: p, Seed: seed, Stream: stream, factor: factor, spots: spotTable(p.SpotSigma), compass: compass()}
	s.hidden = rng.New(seed, "fastsim "+stream)
	s.layers = s.hidden.Sub("layers")
	s.quantum = p.quanta()
	s.scratch.New = func() any { return s.newScratch() }
	return s, nil
}

// LatentDim implements generator.Simulator.
func (s *Simulation) LatentDim() int { return latMode + s.Modes }

// Dim implements generator.Simulator.
func (s *Simulation) Dim() int { return s.Layers * s.X * s.Y }

// Prior implements generator.Simulator.
func (s *Simulation) Prior() generator.Prior { return generator.Normal }

// Hidden implements generator.Simulator.
func (s *Simulation) Hidden() bool { return true }
