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
	// leastShare is that of the spread of a number of the fitted profiles that is at
	// least the shower's own, energyShare what of the energy's is. The rest are
	// fluctuations of layers.
	leastShare, energyShare = 0.85, 0.5
	// A fit begins with layers of this variance of energy per mean energy, in MeV, beside
	// that of spots.
	firstQuantum = 0.3
	// A fit begins with a pair of this energy, in MeV a layer, that appears this far
	// behind the start, in radiation lengths.
	firstConversion, conversionSpread = 1, 0.7
	// countSpread makes the number of cells scatter as little as it does.
	countSpread, countPower = 0.3, 0.8
	// outerRing is the first of the rings whose cells tell the energies of spots: cells
	// there rarely have two.
	outerRing = 4
	// A fit begins with spots of this energy, in MeV, and spread.
	firstSpot, firstSigma = 0.25, 0.6
)

// scatter is how layer energies scatter: the covariance of 2√E. An energy of mean μ and
// variance qμ has about the variance q there, whatever μ.
type scatter struct {
	covariance *mat.SymDense
	roots, sum []float64
}

func newScatter(layers int) *scatter {
	return &scatter{mat.NewSymDense(layers, nil), make([]float64, layers), make([]float64, layers)}
}

func (s *scatter) take(energy []float32) {
	n := len(s.roots)
	for i, e := range energy {
		s.roots[i] = 2 * math.Sqrt(float64(e))
	}
	raw := s.covariance.RawSymmetric()
	for i, a := range s.roots {
		s.sum[i] += a
		row := raw.Data[i*raw.Stride : i*raw.Stride+n]
		for j := i; j < n; j++ {
			row[j] += a * s.roots[j]
		}
	}
}

func (s *scatter) finish(showers int) {
	n := float64(showers)
	for i := range s.sum {
		for j := i; j < len(s.sum); j++ {
			s.covariance.SetSym(i, j, s.covariance.At(i, j)/n-s.sum[i]/n*s.sum[j]/n)
		}
	}
}

// beginFluctuation gives each layer fluctuations of its own.
func (c *calibration) beginFluctuation() {
	c.covariance = mat.NewSymDense(c.Layers, nil)
	c.most = c.truth.variancePerMean()
	for l := range c.Layers {
		c.covariance.SetSym(l, l, firstQuantum)
	}
	c.setFluctuation()
}

// shiftFluctuation adds what covariance simulated showers lack.
func (c *calibration) shiftFluctuation(got *view) {
	const damping = 0.7
	want, have := c.look.scatter, got.scatter
	for i := range c.Layers {
		for j := i; j < c.Layers; j++ {
			lack := want.covariance.At(i, j) - have.covariance.At(i, j)
			c.covariance.SetSym(i, j, c.covariance.At(i, j)+damping*lack)
		}
	}
	c.limit()
	c.setFluctuation()
}

// limit keeps the variance of each layer within that of the truth's energies: in layers
// that are often empty the root's hardly follows.
func (c *calibration) limit() {
	factor := make([]float64, c.Layers)
	for l := range factor {
		factor[l] = 1
		if v := c.covariance.At(l, l); v > c.most[l] {
			factor[l] = math.Sqrt(c.most[l] / v)
		}
	}
	for i, f := range factor {
		for j := i; j < c.Layers; j++ {
			c.covariance.SetSym(i, j, c.covariance.At(i, j)*f*factor[j])
		}
	}
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

// variancePerMean returns the variance of each layer's energy over its mean, in MeV; 0
// for a layer without energy.
func (c *census) variancePerMean() []float64 {
	q, values := make([]float64, c.layers), make([]float64, c.len())
	for l := range q {
		for i := range values {
			values[i] = float64(c.energy[i*c.layers+l])
		}
		if mean, sd := moments(values); mean > 0 {
			q[l] = sd * sd / mean
		}
	}
	return q
}
