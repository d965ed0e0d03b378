package fastsim

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// regression is a column as a linear function of the mean depth of the energy, cut so
// that showers far out count little: its slope by the truth's standard deviation, and
// the spread about it.
type regression struct{ slope, sigma float64 }

// scale is how the mean depth is made standard: the same for truth and simulation.
type scale struct{ mean, sd float64 }

func (v *view) scale() scale {
	mean, sd := moments(v.depth)
	return scale{mean, max(sd, 1e-9)}
}

// regress fits a column by least squares.
func (v *view) regress(column int, s scale) (r regression) {
	within := make([]float64, len(v.depth))
	for i, x := range v.depth {
		within[i] = min(max((x-s.mean)/s.sd, -2), 2)
	}
	y := v.column[column]
	meanY, _ := moments(y)
	meanX, sdX := moments(within)
	n := float64(len(y))
	for i, x := range within {
		r.slope += (x - meanX) * (y[i] - meanY) / n
	}
	r.slope /= max(sdX*sdX, 1e-9)
	for i, x := range within {
		d := y[i] - meanY - r.slope*(x-meanX)
		r.sigma += d * d / n
	}
	r.sigma = math.Sqrt(r.sigma)
	return r
}

// moments returns mean and standard deviation.
func moments(values []float64) (mean, sd float64) {
	for _, x := range values {
		mean += x
	}
	n := float64(len(values))
	mean /= n
	for _, x := range values {
		sd += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sd / n)
}

// scatterOfCells returns the standard deviation of a column about a linear function of
// the roots of layer energies.
func (c *census) scatterOfCells(column []float64) float64 {
	d := c.layers + 2
	x := make([]float64, d) // 1, roots, column
	sum := mat.NewSymDense(d, nil)
	for i, y := range column {
		x[0], x[d-1] = 1, y
		for l, e := range c.energy[i*c.layers : (i+1)*c.layers] {
			x[1+l] = math.Sqrt(float64(e))
		}
		sum.SymRankOne(sum, 1, mat.NewVecDense(d, x))
	}
	inputs := mat.NewSymDense(d-1, nil)
	to := mat.NewVecDense(d-1, nil)
	for i := range d - 1 {
		to.SetVec(i, sum.At(i, d-1))
		for j := i; j < d-1; j++ {
			inputs.SetSym(i, j, sum.At(i, j))
		}
		inputs.SetSym(i, i, inputs.At(i, i)*(1+1e-9)+1e-9)
	}
	var factor mat.Cholesky
	var slope mat.VecDense
	if !factor.Factorize(inputs) || factor.SolveVecTo(&slope, to) != nil {
		return 0
	}
	return math.Sqrt(max(sum.At(d-1, d-1)-mat.Dot(&slope, to), 0) / float64(len(column)))
}
