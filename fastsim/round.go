package fastsim

import (
	"context"
	"fmt"
	"math"
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
	if number == 0 {
		if err := c.gains(ctx, got, n, stream); err != nil {
			return err
		}
	}
	c.shiftProfile(got)
	c.shiftDependence(latWidth, &c.width, got)
	shift := c.shiftDependence(latMultiplicity, &c.multiplicity, got)
	quantum := c.SpotEnergy * math.Exp(c.SpotSigma*c.SpotSigma) * bounded(c.look.quantum/got.quantum)
	c.SpotEnergy *= math.Exp(-shift)
	c.setQuantum(quantum)
	c.depend()
	c.shiftRings(sample)
	for l := range c.Response {
		if c.look.observed[l] > 0 && got.observed[l] > 0 {
			c.Response[l] *= bounded(c.look.observed[l] / got.observed[l])
		}
	}
	balance(c.Response, c.Depth, c.look.observed)
	for l := range c.Spread {
		want, have := meanRadius(c.truth.width[l]), meanRadius(sample.width[l])
		if want > 0 && have > 0 {
			c.Spread[l] *= bounded(want / have)
		}
	}
	balance(c.Spread, c.Depth, c.look.observed)
	c.look = c.truth.view(c.Response)
	return nil
}

// bounded keeps a correction moderate.
func bounded(ratio float64) float64 { return min(max(ratio, 0.7), 1.4) }

// gains finds how much width and multiplicity change what is seen of them.
func (c *calibration) gains(ctx context.Context, got *view, n int, stream string) error {
	const change = 0.1
	for i, d := range []*dependence{&c.width, &c.multiplicity} {
		k := latWidth + i
		p := c.Parameters
		m := p.marginals()[k]
		*m = append(Marginal(nil), *m...)
		for i := range *m {
			(*m)[i] *= math.Exp(change)
		}
		other, err := c.simulate(ctx, p, n, stream)
		if err != nil {
			return err
		}
		a, _ := got.mean(k)
		b, _ := other.view(c.Response).mean(k)
		d.gain = min(max((b-a)/change, 0.2), 2)
	}
	return nil
}

// shiftProfile moves and stretches the marginals of the profile's numbers, and moves
// their correlations.
func (c *calibration) shiftProfile(got *view) {
	for k, m := range c.profileMarginals() {
		mean, sd := c.look.mean(k)
		gotMean, gotSD := got.mean(k)
		if gotSD == 0 {
			continue
		}
		// The variance that the showers' own randomness adds is in both.
		now := c.spreadOfMarginal(k, *m)
		stretch := 1.0
		if now > 0 {
			stretch = math.Sqrt(min(max(1+(sd*sd-gotSD*gotSD)/(now*now), 0.25), 2))
		}
		next := make(Marginal, scores)
		for i, v := range *m {
			if k == latStart {
				next[i] = gotMean + (v-gotMean)*stretch + mean - gotMean
			} else {
				next[i] = math.Exp(gotMean + (math.Log(v)-gotMean)*stretch + mean - gotMean)
			}
		}
		*m = next
	}
	c.clamp()
	want, have := c.look.correlation(), got.correlation()
	for i := range profileNumbers {
		for j := range profileNumbers {
			if i != j {
				// What the showers' own randomness takes off is made up for within limits.
				more := min(max(c.Correlation[i][j]-have[i][j], -0.2), 0.2)
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

// clamp keeps the marginals where they are accepted.
func (c *calibration) clamp() {
	for k, m := range c.profileMarginals() {
		for i, v := range *m {
			(*m)[i] = min(max(v, numberOf[k].least), numberOf[k].most)
		}
	}
}

// shiftDependence corrects how a number depends on the profile and scatters, and
// returns the change of its mean that is wanted.
func (c *calibration) shiftDependence(column int, d *dependence, got *view) float64 {
	want, have := c.look.regress(column, c.scale), got.regress(column, c.scale)
	for k := range d.slope {
		d.slope[k] += (want.slope[k] - have.slope[k]) / d.gain
	}
	v := d.sigma*d.sigma + (want.sigma*want.sigma-have.sigma*have.sigma)/(d.gain*d.gain)
	d.sigma = math.Sqrt(min(max(v, 1e-4), 0.25))
	return min(max((want.mean-have.mean)/d.gain, -0.7), 0.7)
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
