package fastsim

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"etalon/rng"
)

// calibration improves parameters until simulated showers, looked at as the truth is,
// look alike: indirect inference (Gouriéroux, Monfort and Renault 1993). What is
// compared are the responses, mean, spread and correlations of the fitted numbers, the
// rings of energy, and how layer energies scatter about their profile; observables of
// the showers are not.
type calibration struct {
	Parameters
	cfg   *Config
	truth *census
	look  *view
	scale scale

	// width and multiplicity depend on the mean depth of the profile, per standard
	// deviation, and scatter about that.
	width, multiplicity dependence
	response            *mat.Dense              // see gains
	least               [profileNumbers]float64 // of the spreads of marginals
	most                []float64               // of the diagonal of covariance
	covariance          *mat.SymDense           // of the layers' fluctuations, MeV
	// target are the rings' shares that the radial profiles are fitted to.
	target [len(ages)][rings]float64
}

type dependence struct {
	slope float64
	sigma float64
	gain  float64 // change of the column by a change of the logarithm
}

func calibrate(ctx context.Context, p Parameters, truth *census, cfg *Config) (*Simulation, error) {
	c := &calibration{Parameters: p, cfg: cfg, truth: truth}
	c.begin()
	n := cfg.simulated(truth.len())
	if err := c.gains(ctx, min(n, 1000)); err != nil {
		return nil, err
	}
	for round := range cfg.rounds() {
		if err := c.round(ctx, n, round); err != nil {
			return nil, err
		}
	}
	return New(c.Parameters, cfg.Seed, "")
}

// begin takes what the truth says without simulation.
func (c *calibration) begin() {
	c.Response, c.Clump = make([]float64, c.Layers), make([]float64, c.Layers)
	c.Spread = make([]float64, c.Layers)
	for l := range c.Response {
		c.Response[l], c.Spread[l], c.Clump[l] = 1, 1, 1
	}
	for range 3 {
		c.respond(c.truth.view(c.Response))
	}
	c.look = c.truth.view(c.Response)
	c.scale = c.look.scale()
	for k, m := range c.profileMarginals() {
		values := make([]float64, len(c.look.column[k]))
		for i, v := range c.look.column[k] {
			if values[i] = v; k != latStart {
				values[i] = math.Exp(v)
			}
		}
		stretch := 1.0
		if k == latEnergy {
			stretch = energyShare
		}
		*m = shifted(k, newMarginal(values), 0, stretch)
		if c.least[k] = c.spreadOfMarginal(k, *m); k != latEnergy {
			c.least[k] *= leastShare
		}
	}
	c.Correlation = identity(numbers)
	for i, row := range c.look.correlation() {
		copy(c.Correlation[i], row)
	}
	c.width.sigma, c.multiplicity.sigma = 0.05, 0.05
	c.depend()
	c.SpotEnergy, c.SpotSigma, c.CountSpread, c.CountPower = firstSpot, firstSigma, countSpread, countPower
	c.Pair, c.Conversion, c.ConversionSpread = 0.7*math.Exp(c.truth.first[1]/float64(c.truth.len())), firstConversion, conversionSpread
	c.Modes = min(modes, c.Layers)
	c.beginFluctuation()
	c.Radial = make([]RadialKnot, len(ages))
	for k, age := range ages {
		c.target[k] = shares(c.truth.rings[k])
		c.Radial[k].Age = age
	}
	c.fitRadial()
}

// profileMarginals returns those of the numbers that the longitudinal fit gives.
func (c *calibration) profileMarginals() [profileNumbers]*Marginal {
	return [profileNumbers]*Marginal(c.marginals()[:profileNumbers])
}

// respond multiplies the responses by what the layers have beyond the profile.
func (c *calibration) respond(v *view) {
	for l, e := range v.expected {
		if e > 0 && v.observed[l] > 0 {
			c.Response[l] *= min(max(v.observed[l]/e, 0.5), 2)
		}
	}
	balance(c.Response, c.Depth, v.observed)
}

// depend sets the marginals and correlations of width and multiplicity. They are sums of
// the profile's numbers and of something independent, so the matrix is positive definite
// where that of the profile is.
func (c *calibration) depend() {
	own := make([][]float64, profileNumbers)
	for i := range own {
		own[i] = c.Correlation[i][:profileNumbers]
	}
	definite(own)
	along := c.deeper()
	for i, d := range []*dependence{&c.width, &c.multiplicity} {
		k := latWidth + i
		spread := math.Hypot(d.slope, d.sigma)
		*c.marginals()[k] = logNormal(0, spread)
		for j := range profileNumbers {
			sum := 0.0
			for i, s := range along {
				sum += s * c.Correlation[i][j]
			}
			c.Correlation[k][j] = sum * d.slope / spread
			c.Correlation[j][k] = c.Correlation[k][j]
		}
	}
	w, m := &c.width, &c.multiplicity
	both := w.slope * m.slope / (math.Hypot(w.slope, w.sigma) * math.Hypot(m.slope, m.sigma))
	c.Correlation[latWidth][latMultiplicity], c.Correlation[latMultiplicity][latWidth] = both, both
}

// deeper returns how the mean depth of a profile, start + T(a+1)/a, changes with the
// normal scores of the profile's numbers, scaled to unit variance.
func (c *calibration) deeper() (g [profileNumbers]float64) {
	t, a := c.Maximum.At(0), c.Exponent.At(0)
	g[latStart] = c.spreadOfMarginal(latStart, c.Start)
	g[latMaximum] = c.spreadOfMarginal(latMaximum, c.Maximum) * t * (a + 1) / a
	g[latExponent] = -c.spreadOfMarginal(latExponent, c.Exponent) * t / a
	variance := 0.0
	for i := range g {
		for j := range g {
			variance += g[i] * g[j] * c.Correlation[i][j]
		}
	}
	for i := range g {
		g[i] /= math.Sqrt(max(variance, 1e-18))
	}
	return g
}

func (c *calibration) fitRadial() {
	for k := range c.Radial {
		if c.target[k] != ([rings]float64{}) {
			c.Radial[k] = fitRadial(c.target[k], RadialKnot{Age: ages[k], Core: 0.1 + 0.2*ages[k], Tail: 1.5 + ages[k], CoreFraction: 0.7}, c.Reach)
			continue
		}
		if k > 0 { // no energy at this age: as before
			age := c.Radial[k].Age
			c.Radial[k] = c.Radial[k-1]
			c.Radial[k].Age = age
		}
	}
}

func shares(sum [rings]float64) (share [rings]float64) {
	total := 0.0
	for _, e := range sum {
		total += e
	}
	if total > 0 {
		for i, e := range sum {
			share[i] = e / total
		}
	}
	return share
}

// simulate makes showers with given parameters and takes their census.
func (c *calibration) simulate(ctx context.Context, p Parameters, n int, stream string) (*census, error) {
	s, err := New(p, c.cfg.Seed, "calibration "+stream)
	if err != nil {
		return nil, err
	}
	s.Threads = c.cfg.Threads
	latent := rng.New(c.cfg.Seed, "fastsim latents "+stream)
	const block = 64
	out := c.Parameters.census(c.cfg)
	latents := s.LatentDim()
	columns, z := make([]float32, block*latents), make([]float32, block*latents)
	x := make([]float32, block*s.Dim())
	for lo := 0; lo < n; lo += block {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m := min(block, n-lo)
		latent.NormalRows(columns, block, 0, uint64(lo), m, latents)
		for i := range m {
			for j := range latents {
				z[i*latents+j] = columns[j*block+i]
			}
		}
		if err := s.Generate(uint64(lo), z[:m*latents], x[:m*s.Dim()]); err != nil {
			return nil, err
		}
		for i := range m {
			// A simulated shower without a profile is none that the truth could have.
			energies := len(out.energy)
			if out.add(lo+i, x[i*s.Dim():(i+1)*s.Dim()]) != nil {
				out.energy = out.energy[:energies]
			}
		}
	}
	return out, nil
}
