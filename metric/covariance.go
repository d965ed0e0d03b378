package metric

import (
	"fmt"
	"math"
)

// Covariance holds the second moments of weighted events in d coordinates. Matrices
// are (d, d), row-major, with standard errors.
type Covariance struct {
	Dim             int
	Mean            []Estimate
	Cov, CovError   []float64
	Corr, CorrError []float64
}

// Covariance returns the weighted covariance and correlation matrices,
//
//	C_ab = Σ W δ_a δ_b / Σ W,  ρ_ab = C_ab / sqrt(C_aa C_bb),
//
// δ the coordinates minus their weighted means, with standard errors by the delta
// method over independent events: the influence of an event on C_ab is
// W(δ_aδ_b - C_ab), that on ρ_ab is W(z_az_b - ρ_ab(z_a²+z_b²)/2), z = δ/sqrt(C).
// C is that of the sample, without the correction of order 1/N_eff.
//
// Correlations are NaN where a coordinate has no positive variance, and where
// negative weights bring them beyond ±1. Cost: O(n d²). Source: the weighted
// expectations of DCTRGAN (arXiv:2009.03796), eqs. (6) to (8), for the correlations of
// its figures 7 and 8. Errors: those of Observable.Mean.
func (e Events) Covariance() (*Covariance, error) {
	w, err := e.prepared("covariance")
	if err != nil {
		return nil, err
	}
	d, n := e.Dim, float64(len(w))
	c := &Covariance{Dim: d, Mean: make([]Estimate, d)}
	for _, m := range []*[]float64{&c.Cov, &c.CovError, &c.Corr, &c.CorrError} {
		*m = make([]float64, d*d)
	}
	mean := e.means(w)
	delta := make([]float64, d)
	rows := func(use func(w float64)) {
		for i, v := range w {
			if v == 0 {
				continue
			}
			for j, x := range e.X[i*d:][:d] {
				delta[j] = float64(x) - mean[j]
			}
			use(v)
		}
	}
	rows(func(w float64) {
		for a, da := range delta {
			c.Mean[a].Error += w * w * da * da
			for b, db := range delta[:a+1] {
				c.Cov[a*d+b] += w * da * db
			}
		}
	})
	for a := range d {
		c.Mean[a] = Estimate{mean[a], math.Sqrt(c.Mean[a].Error) / n}
		for b := range a + 1 {
			c.Cov[a*d+b] /= n
			c.Cov[b*d+a] = c.Cov[a*d+b]
		}
	}
	sigma := make([]float64, d) // NaN where there is none
	for a := range d {
		if v := c.Cov[a*d+a]; v > 0 {
			sigma[a] = math.Sqrt(v)
		} else {
			sigma[a] = math.NaN()
		}
	}
	for a := range d {
		for b := range a + 1 {
			rho := c.Cov[a*d+b] / sigma[a] / sigma[b]
			switch {
			case math.Abs(rho) > 1+1e-9:
				rho = math.NaN()
			case a == b && rho == rho:
				rho = 1
			}
			rho = max(-1, min(1, rho))
			c.Corr[a*d+b], c.Corr[b*d+a] = rho, rho
		}
	}
	z := make([]float64, d)
	rows(func(w float64) {
		for a := range z {
			z[a] = delta[a] / sigma[a]
		}
		for a := range d {
			for b := range a + 1 {
				k := a*d + b
				p := w * (delta[a]*delta[b] - c.Cov[k])
				q := w * (z[a]*z[b] - c.Corr[k]*(z[a]*z[a]+z[b]*z[b])/2)
				c.CovError[k] += p * p
				c.CorrError[k] += q * q
			}
		}
	})
	for a := range d {
		for b := range a + 1 {
			k := a*d + b
			if !finite(c.CovError[k]) {
				return nil, fmt.Errorf("metric: covariance: the sums over the events overflow")
			}
			c.CovError[k], c.CorrError[k] = math.Sqrt(c.CovError[k])/n, math.Sqrt(c.CorrError[k])/n
			c.CovError[b*d+a], c.CorrError[b*d+a] = c.CovError[k], c.CorrError[k]
		}
	}
	return c, nil
}
