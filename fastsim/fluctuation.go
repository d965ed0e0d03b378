package fastsim

import (
	"fmt"
	"math"
)

// mostScore bounds the normal scores of a layer's fluctuation.
const mostScore = 6

func checkFluctuation(f [][]float64, modes, layers int) error {
	if len(f) > layers {
		return fmt.Errorf("fastsim: %d components of fluctuation; up to one for each of the %d layers is accepted", len(f), layers)
	}
	if modes < 0 || modes > len(f) {
		return fmt.Errorf("fastsim: modes = %d; 0 to %d, the number of components of fluctuation, is accepted", modes, len(f))
	}
	for k, row := range f {
		if len(row) != layers {
			return fmt.Errorf("fastsim: component %d of fluctuation has %d layers; %d are accepted", k, len(row), layers)
		}
		for l, v := range row {
			if !(math.Abs(v) <= 1e3) {
				return fmt.Errorf("fastsim: component %d of fluctuation is %v in layer %d; -1000 to 1000 is accepted", k, v, l)
			}
		}
	}
	return nil
}

// quanta returns the variance of each layer's energy per mean energy, in MeV, that the
// fluctuations give beside the spots.
func (p *Parameters) quanta() []float64 {
	q := make([]float64, p.Layers)
	for _, row := range p.Fluctuation {
		for l, v := range row {
			q[l] += v * v
		}
	}
	return q
}

// scores writes the normal score of each layer's fluctuation. The modes are latents.
func (s *Simulation) scores(sc *scratch, z []float32) {
	clear(sc.score)
	for k, row := range s.Fluctuation {
		x := float64(sc.normals[k])
		if k < s.Modes {
			x = float64(z[latMode+k])
		}
		for l, v := range row {
			sc.score[l] += v * x
		}
	}
	for l, q := range s.quantum {
		if q > 0 {
			sc.score[l] = min(max(sc.score[l]/math.Sqrt(q), -mostScore), mostScore)
		}
	}
}

// fluctuated returns the energy of a layer of mean energy μ at a normal score: the
// quantile of the gamma distribution of shape k = μ/q and scale q, whose variance is qμ,
// in the approximation of Wilson and Hilferty (1931). A gamma variable of a shape below
// 1 is one of shape k+1 times u^(1/k), u uniform.
func fluctuated(mu, q, score, u float64) float64 {
	k := mu / q
	less := 1.0
	if k < 1 {
		less = math.Pow(u, 1/k)
		k++
	}
	t := max(1-1/(9*k)+score/(3*math.Sqrt(k)), 0)
	return q * k * t * t * t * less
}

// mostFluctuated bounds what fluctuated returns: t ≤ 1 + 2/√k, and k t³ ≤ 27k for k ≥ 1.
func mostFluctuated(mu, q float64) float64 { return 27*mu + 54*q }
