package fastsim

import "math"

// regression is a column as a linear function of the numbers of the profile's shape: its
// value at their means, its slopes per standard deviation of each, and the spread about
// it. The energy has no slope: it varies little beyond what the spots do.
type regression struct {
	mean  float64
	slope [profileNumbers]float64
	sigma float64
}

// scale is how numbers are made standard: the same for truth and simulation.
type scale struct{ mean, sd [profileNumbers]float64 }

func (v *view) scale() (s scale) {
	for k := range profileNumbers {
		s.mean[k], s.sd[k] = v.mean(k)
		s.sd[k] = max(s.sd[k], 1e-9)
	}
	return s
}

// ridge keeps slopes small in directions that showers tell little about.
const ridge = 0.3

// regress fits a column by least squares with a ridge.
func (v *view) regress(column int, s scale) (r regression) {
	const n = profileNumbers + 1
	var a [n][n + 1]float64
	row := func(i int) (x [n + 1]float64) {
		for k := latMaximum; k < profileNumbers; k++ {
			x[k] = (v.column[k][i] - s.mean[k]) / s.sd[k]
		}
		x[n-1], x[n] = 1, v.column[column][i]
		return x
	}
	count := len(v.column[column])
	for i := range count {
		x := row(i)
		for j := range n {
			for k := range n + 1 {
				a[j][k] += x[j] * x[k]
			}
		}
	}
	for j := range profileNumbers {
		a[j][j] += ridge * float64(count)
	}
	for j := range n { // positive definite: no pivoting
		for i := range n {
			if i == j {
				continue
			}
			f := a[i][j] / a[j][j]
			for k := j; k <= n; k++ {
				a[i][k] -= f * a[j][k]
			}
		}
	}
	for k := range profileNumbers {
		r.slope[k] = a[k][n] / a[k][k]
	}
	r.mean = a[n-1][n] / a[n-1][n-1]
	for i := range count {
		x := row(i)
		d := x[n] - r.mean
		for k, c := range r.slope {
			d -= c * x[k]
		}
		r.sigma += d * d
	}
	r.sigma = math.Sqrt(r.sigma / float64(count))
	return r
}
