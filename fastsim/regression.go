package fastsim

import "math"

// regression is a column as a linear function of the mean depth of the energy, in units
// of the truth's standard deviation: its slope, and the spread about it.
type regression struct{ slope, sigma float64 }

// scale is how the mean depth is made standard: the same for truth and simulation.
type scale struct{ mean, sd float64 }

func (v *view) scale() scale {
	mean, sd := moments(v.depth)
	return scale{mean, max(sd, 1e-9)}
}

// regress fits a column by least squares.
func (v *view) regress(column int, s scale) (r regression) {
	y := v.column[column]
	meanY, _ := moments(y)
	meanX, sdX := moments(v.depth)
	n := float64(len(y))
	for i, x := range v.depth {
		r.slope += (x - meanX) * (y[i] - meanY) / n
	}
	r.slope /= max(sdX*sdX, 1e-18)
	for i, x := range v.depth {
		d := y[i] - meanY - r.slope*(x-meanX)
		r.sigma += d * d / n
	}
	r.sigma = math.Sqrt(r.sigma)
	r.slope *= s.sd
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
