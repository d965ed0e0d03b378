package fastsim

import "math"

// profile writes what layers at the given depths (radiation lengths) see of a
// longitudinal profile of unit integral,
//
//	f(u) = b^(a+1) u^a e^(-b u) / Γ(a+1),  u = depth - start > 0,  b = a/maximum:
//
// the gamma distribution of Grindhammer and Peters with α = a+1 and β = b,
// times the response of each layer. It returns their sum: per unit of energy that
// layers one radiation length apart would see, what these see. The sum is zero where
// the shower starts behind the last layer.
func profile(seen, depth, response []float64, start, maximum, a float64) (sum float64) {
	gamma, _ := math.Lgamma(a + 1)
	norm := (a+1)*math.Log(a) - gamma - math.Log(maximum)
	for l, t := range depth {
		seen[l] = 0
		if u := (t - start) / maximum; u > 0 {
			seen[l] = response[l] * math.Exp(a*(math.Log(u)-u)+norm)
			sum += seen[l]
		}
	}
	return sum
}

// crossing returns the depth at which the energy that layers have summed up, linear
// between them, exceeds a fraction of the whole.
func crossing(energy []float32, depth []float64, total, fraction float64) float64 {
	before, sum := 0.0, 0.0
	for l, e := range energy {
		next := sum + float64(e)
		if next >= fraction*total && next > sum {
			return before + (depth[l]-before)*(fraction*total-sum)/(next-sum)
		}
		sum, before = next, depth[l]
	}
	return before
}

// The bounds of a and T that showers can be given.
const (
	leastExponent, mostExponent = 0.05, 200
	leastMaximum, mostMaximum   = 0.1, 100
)

// longitudinal finds the profile of one shower by maximum likelihood.
type longitudinal struct {
	depth, logResponse []float64
	u, logU, p         []float64
}

func newLongitudinal(depth []float64) *longitudinal {
	n := len(depth)
	return &longitudinal{depth: depth, logResponse: make([]float64, n), u: make([]float64, n), logU: make([]float64, n), p: make([]float64, n)}
}

func (f *longitudinal) setResponse(response []float64) {
	for l, r := range response {
		f.logResponse[l] = math.Log(r)
	}
}

// fit returns T and a of a shower that starts at a given depth. In (a, b = a/T) the
// shares of the layers are an exponential family, so the likelihood Σ E ln p is
// concave and its maximum has the mean of u and of ln u of the energy: Newton's method
// with bounded steps. It returns false where fewer than three layers behind the start
// have energy.
func (f *longitudinal) fit(energy []float32, start float64) (maximum, a float64, ok bool) {
	var sum, meanU, meanLog float64
	seen := 0
	for l, t := range f.depth {
		f.u[l] = t - start
		if f.u[l] <= 0.05 {
			continue
		}
		f.logU[l] = math.Log(f.u[l])
		e := float64(energy[l])
		if e > 0 {
			seen++
		}
		sum += e
		meanU += e * f.u[l]
		meanLog += e * f.logU[l]
	}
	if seen < 3 {
		return 0, 0, false
	}
	meanU /= sum
	meanLog /= sum
	a = 4
	b := a / meanU
	for range 60 {
		top := math.Inf(-1)
		for l := range f.p {
			if f.u[l] > 0.05 {
				f.p[l] = a*f.logU[l] - b*f.u[l] + f.logResponse[l]
				top = max(top, f.p[l])
			}
		}
		var s, su, sl, suu, sll, sul float64
		for l := range f.p {
			if f.u[l] > 0.05 {
				p, u, v := math.Exp(f.p[l]-top), f.u[l], f.logU[l]
				s += p
				su += p * u
				sl += p * v
				suu += p * u * u
				sll += p * v * v
				sul += p * u * v
			}
		}
		su, sl, suu, sll, sul = su/s, sl/s, suu/s, sll/s, sul/s
		vu, vl, c := suu-su*su, sll-sl*sl, sul-su*sl
		g1, g2 := meanLog-sl, su-meanU
		det := vu*vl - c*c
		if !(det > 0) {
			break
		}
		da, db := (vu*g1+c*g2)/det, (c*g1+vl*g2)/det
		step := min(1, 0.5*a/math.Abs(da), 0.5*b/math.Abs(db))
		a += step * da
		b += step * db
		if math.Abs(da) < 1e-9*a && math.Abs(db) < 1e-9*b {
			break
		}
	}
	a = min(max(a, leastExponent), mostExponent)
	return min(max(a/b, leastMaximum), mostMaximum), a, true
}
