package fastsim

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

const (
	// modes are the leading components of the layers' fluctuations that a fit makes
	// latents.
	modes = 4
	// energyShare is that of the spread of showers' energies that is the number of the
	// shower's own; the rest are fluctuations of layers.
	energyShare = 0.5
	// A fit begins with a pair of this energy, in MeV a layer, that appears this far
	// behind the start, in radiation lengths.
	firstConversion, conversionSpread = 1, 0.7
	// countSpread makes the number of cells scatter as little as it does.
	countSpread = 0.4
	// outerRing is the first of the rings whose cells tell the energies of spots: cells
	// there rarely have two.
	outerRing = 4
	// A fit begins with spots of this energy, in MeV, and spread.
	firstSpot, firstSigma = 0.25, 0.6
)

// scatter is how layer energies E scatter about the profiles μ of their showers: the
// covariance of (E - μ)/√(μ + floor).
type scatter struct {
	covariance *mat.SymDense
	gain       []float64 // mean of μ/(μ + floor)
	residual   []float64 // of the shower at hand
	sum        []float64
}

func newScatter(layers int) *scatter {
	return &scatter{covariance: mat.NewSymDense(layers, nil), gain: make([]float64, layers), residual: make([]float64, layers), sum: make([]float64, layers)}
}

func (s *scatter) take() {
	n := len(s.residual)
	raw := s.covariance.RawSymmetric()
	for i, a := range s.residual {
		s.sum[i] += a
		row := raw.Data[i*raw.Stride : i*raw.Stride+n]
		for j := i; j < n; j++ {
			row[j] += a * s.residual[j]
		}
	}
}

func (s *scatter) finish(showers int) {
	n := float64(showers)
	for i := range s.sum {
		s.sum[i] /= n
		s.gain[i] = max(s.gain[i]/n, 0.1)
	}
	for i := range s.sum {
		for j := i; j < len(s.sum); j++ {
			s.covariance.SetSym(i, j, s.covariance.At(i, j)/n-s.sum[i]*s.sum[j])
		}
	}
}

// spotQuantum is the variance of energy per mean energy that spots give.
func (p *Parameters) spotQuantum() float64 {
	return p.SpotEnergy * (math.Exp(p.SpotSigma*p.SpotSigma) - 1 + p.CountSpread*p.CountSpread)
}

// beginFluctuation takes the covariance of what the truth has beyond spots.
func (c *calibration) beginFluctuation() {
	c.covariance = mat.NewSymDense(c.Layers, nil)
	s := c.look.scatter
	for i := range c.Layers {
		for j := i; j < c.Layers; j++ {
			v := s.covariance.At(i, j) / math.Sqrt(s.gain[i]*s.gain[j])
			if i == j {
				v -= c.spotQuantum() * c.Clump[i]
			}
			c.covariance.SetSym(i, j, v)
		}
	}
	c.setFluctuation()
}

// shiftFluctuation adds what covariance simulated showers lack.
func (c *calibration) shiftFluctuation(got *view) {
	const damping = 0.7
	want, have := c.look.scatter, got.scatter
	for i := range c.Layers {
		for j := i; j < c.Layers; j++ {
			lack := (want.covariance.At(i, j) - have.covariance.At(i, j)) / math.Sqrt(want.gain[i]*want.gain[j])
			c.covariance.SetSym(i, j, c.covariance.At(i, j)+damping*lack)
		}
	}
	c.setFluctuation()
}

// setFluctuation replaces the covariance by the nearest positive semi-definite one and
// takes its principal components, the largest first.
func (c *calibration) setFluctuation() {
	var eigen mat.EigenSym
	if !eigen.Factorize(c.covariance, true) {
		return
	}
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	c.Fluctuation = nil
	c.covariance = mat.NewSymDense(c.Layers, nil)
	for k := len(values) - 1; k >= 0; k-- {
		if values[k] < 1e-4*values[len(values)-1] || values[k] <= 0 {
			break
		}
		row := mat.Col(nil, k, &vectors)
		largest := slices.MaxFunc(row, func(a, b float64) int {
			if math.Abs(a) < math.Abs(b) {
				return -1
			}
			return 1
		})
		root := math.Copysign(math.Sqrt(values[k]), largest)
		for l := range row {
			row[l] *= root
		}
		c.Fluctuation = append(c.Fluctuation, row)
		c.covariance.SymRankOne(c.covariance, 1, mat.NewVecDense(c.Layers, row))
	}
	c.Modes = min(modes, len(c.Fluctuation))
}

// shiftConversion moves where the first energy is and how much.
func (c *calibration) shiftConversion(sample *census) {
	want, have := float64(c.truth.len()), float64(sample.len())
	c.Conversion = min(max(c.Conversion+0.5*min(max(c.truth.first[0]/want-sample.first[0]/have, -1), 1), -5), 5)
}

// shiftSpots corrects the spread of the spots' energies by that of cells far from the
// axis, and their means in the layers by the numbers of cells.
func (c *calibration) shiftSpots(sample *census) {
	want, have := c.truth.outerSpread(), sample.outerSpread()
	if want > 0 && have > 0 {
		c.SpotSigma = min(max(c.SpotSigma*bounded(want/have), 0.1), 1.7)
	}
	more := float64(sample.len()) / float64(c.truth.len())
	for l, n := range c.truth.cells {
		if have := sample.cells[l]; n > 0 && have > 0 {
			c.Clump[l] *= bounded(have / (n * more))
		}
	}
	sum, weight := 0.0, 0.0
	for l, f := range c.Clump {
		sum += c.look.observed[l] * math.Log(f)
		weight += c.look.observed[l]
	}
	for l := range c.Clump {
		c.Clump[l] = min(max(c.Clump[l]*math.Exp(-sum/weight), 0.1), 10)
	}
}

// outerSpread returns the standard deviation of the logarithm of energies of cells far
// from the axis; 0 where there are none.
func (c *census) outerSpread() float64 {
	if c.outer[0] == 0 {
		return 0
	}
	mean := c.outer[1] / c.outer[0]
	return math.Sqrt(max(c.outer[2]/c.outer[0]-mean*mean, 0))
}
