package fastsim

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// round simulates n showers and moves the parameters by what differs.
func (c *calibration) round(ctx context.Context, n, number int) error {
	stream := fmt.Sprint(number)
	sample, err := c.simulate(ctx, c.Parameters, n, stream)
	if err != nil {
		return err
	}
	if sample.len() < n/2 {
		return fmt.Errorf("fastsim: the fit failed: only %d of %d simulated showers have a longitudinal profile", sample.len(), n)
	}
	got := sample.view(c.Response)
	shift := c.shifts(got)
	c.shiftProfile(got, shift)
	c.shiftDependence(latWidth, &c.width, got)
	c.shiftDependence(latMultiplicity, &c.multiplicity, got)
	c.SpotEnergy *= math.Exp(-shift[latMultiplicity])
	c.shiftConversion(sample)
	c.shiftSpots(sample)
	c.shiftFluctuation(got)
	c.depend()
	c.shiftRings(sample)
	for l := range c.Response {
		if c.look.observed[l] > 0 && got.observed[l] > 0 {
			c.Response[l] *= bounded(c.look.observed[l] / got.observed[l])
		}
	}
	balance(c.Response, c.Depth, c.look.observed)
	for l := range c.Spread {
		// The impact point alone gives 1/12 in each direction.
		want, have := c.truth.moment(l)-1./6, sample.moment(l)-1./6
		if want > 0 && have > 0 {
			c.Spread[l] *= bounded(math.Sqrt(want / have))
		}
	}
	balance(c.Spread, c.Depth, c.look.observed)
	c.look = c.truth.view(c.Response)
	return nil
}

// bounded keeps a correction moderate.
func bounded(ratio float64) float64 { return min(max(ratio, 0.7), 1.4) }

// moved are the numbers whose means are corrected. That of the width is none: the
// radial profiles have it.
var moved = [...]int{latEnergy, latMaximum, latExponent, latStart, latMultiplicity}

// gains finds how the means of what is seen change with those of the numbers, which are
// shifted one after the other in showers that are otherwise the same.
func (c *calibration) gains(ctx context.Context, n int) error {
	const stream = "gains"
	base, err := c.simulate(ctx, c.Parameters, n, stream)
	if err != nil {
		return err
	}
	got := base.view(c.Response)
	change := [numbers]float64{0.05, 0.05, 0.1, 0.3, 0.2, 0.2}
	c.response = mat.NewDense(len(moved), len(moved), nil)
	for k := range numbers {
		p := c.Parameters
		m := p.marginals()[k]
		*m = shifted(k, *m, change[k], 1)
		other, err := c.simulate(ctx, p, n, stream)
		if err != nil {
			return err
		}
		seen := other.view(c.Response)
		gain := func(of int) float64 {
			a, _ := got.mean(of)
			b, _ := seen.mean(of)
			return (b - a) / change[k]
		}
		for j, to := range moved {
			if to == k {
				for i, of := range moved {
					c.response.Set(i, j, gain(of))
				}
			}
		}
		switch own := min(max(gain(k), 0.4), 2); k {
		case latWidth:
			c.width.gain = own
		case latMultiplicity:
			c.multiplicity.gain = own
		}
	}
	return nil
}

// shifts returns what the moved numbers should change by, each by bounded amounts.
func (c *calibration) shifts(got *view) (shift [numbers]float64) {
	lack := mat.NewVecDense(len(moved), nil)
	for i, k := range moved {
		want, _ := c.look.mean(k)
		have, _ := got.mean(k)
		lack.SetVec(i, want-have)
	}
	var v mat.VecDense
	err := v.SolveVec(c.response, lack)
	for i, k := range moved {
		if v := v.AtVec(i); err == nil && v == v {
			most := 0.3
			if k == latStart {
				most = 1
			}
			shift[k] = min(max(v, -most), most)
		}
	}
	return shift
}

// shifted returns a marginal that is moved by a shift and stretched about its median,
// both in its logarithm but for the start.
func shifted(k int, m Marginal, shift, stretch float64) Marginal {
	next := make(Marginal, scores)
	for i, v := range m {
		if k == latStart {
			next[i] = m.At(0) + (v-m.At(0))*stretch + shift
		} else {
			next[i] = m.At(0) * math.Exp(math.Log(v/m.At(0))*stretch+shift)
		}
		next[i] = min(max(next[i], numberOf[k].least), numberOf[k].most)
	}
	return next
}

// shiftProfile moves and stretches the marginals of the profile's numbers, and moves
// their correlations.
func (c *calibration) shiftProfile(got *view, shift [numbers]float64) {
	for k, m := range c.profileMarginals() {
		_, sd := c.look.mean(k)
		_, gotSD := got.mean(k)
		// The variance that the showers' own randomness adds is in both.
		stretch := 1.0
		if now := c.spreadOfMarginal(k, *m); now > 0 && k != latEnergy {
			stretch = math.Sqrt(min(max(1+(sd*sd-gotSD*gotSD)/(now*now), 0.5), 2))
			stretch = max(stretch, c.least[k]/now)
		}
		*m = shifted(k, *m, shift[k], stretch)
	}
	want, have := c.look.correlation(), got.correlation()
	for i := range profileNumbers {
		for j := range profileNumbers {
			if i != j {
				// What the showers' own randomness takes off is made up for within limits.
				more := min(max(c.Correlation[i][j]-have[i][j], -0.4), 0.4)
				c.Correlation[i][j] = min(max(want[i][j]+more, -0.98), 0.98)
			}
		}
	}
}

// spreadOfMarginal returns the standard deviation of a marginal, of its logarithm but
// for the start.
func (c *calibration) spreadOfMarginal(k int, m Marginal) float64 {
	var s, sx, sxx float64
	for i, v := range m {
		if k != latStart {
			v = math.Log(v)
		}
		w := math.Exp(-score(i) * score(i) / 2)
		s += w
		sx += w * v
		sxx += w * v * v
	}
	return math.Sqrt(max(sxx/s-sx/s*sx/s, 0))
}

// shiftDependence corrects how a number depends on the profile and scatters.
func (c *calibration) shiftDependence(column int, d *dependence, got *view) {
	want, have := c.look.regress(column, c.scale), got.regress(column, c.scale)
	if column == latMultiplicity {
		want.sigma, have.sigma = c.look.cells, got.cells
	}
	d.slope = min(max(d.slope+0.6*(want.slope-have.slope)/d.gain, -0.3), 0.3)
	v := d.sigma*d.sigma + (want.sigma*want.sigma-have.sigma*have.sigma)/(d.gain*d.gain)
	d.sigma = math.Sqrt(min(max(v, 2.5e-5), 0.1))
}

// shiftRings moves the targets of the radial fits: cells below the cut and the spread
// of the showers' widths make the rings of simulated showers differ from those of the
// profile itself.
func (c *calibration) shiftRings(sample *census) {
	for k := range c.target {
		want, have := shares(c.truth.rings[k]), shares(sample.rings[k])
		model := ringShares(c.Radial[k], c.Reach)
		for i := range want {
			c.target[k][i] = want[i]
			if have[i] > 1e-4 {
				c.target[k][i] *= min(max(model[i]/have[i], 0.5), 2)
			}
		}
		c.target[k] = shares(c.target[k])
	}
	c.fitRadial()
}
