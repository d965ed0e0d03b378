package metric

import (
	"cmp"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
)

const (
	defaultRadius    = 4      // how far from its centre a point belongs to a mode, in σ
	negligibleWeight = 1e-100 // of the largest: weights below are 0, their squares vanish
)

// ModeOptions say where the modes of a density are.
type ModeOptions struct {
	Centres [][]float64 // K of as many coordinates as the points
	Sigma   float64     // standard deviation of every mode, along each coordinate
	Radius  float64     // in units of Sigma; 0 means 4
	Shares  []float64   // K, in any units: those that are expected; nil: equal ones
}

// ModeShare is one mode of a sample.
type ModeShare struct {
	Share    float64 `json:"share"`    // of the weight that lies in some mode
	Error    float64 `json:"error"`    // statistical, of Share
	Expected float64 `json:"expected"` // share
	Z        float64 `json:"z"`        // Share - Expected in the standard deviations that are expected
	Points   int     `json:"points"`   // of weights that are not negligible, below 1e-100 of the largest
	NEff     float64 `json:"n_eff"`    // Kish's number of them
	Covered  bool    `json:"covered"`
}

// Modes are the modes that a sample fills.
type Modes struct {
	N           int     `json:"n"`            // points
	Radius      float64 `json:"radius"`       // in units of the modes' σ
	Within      float64 `json:"within"`       // share of the weight that lies within the radius of any mode
	WithinError float64 `json:"within_error"` // statistical
	// WithinExpected is the probability of a normal mode: in d dimensions that of
	// χ²_d < Radius², in two 1 - exp(-Radius²/2), which is 0.99966 for 4 σ. What other modes
	// add or take is neglected.
	WithinExpected float64     `json:"within_expected"`
	Covered        int         `json:"covered"` // modes
	Shares         []ModeShare `json:"shares"`
	Chi2           float64     `json:"chi2"`
	DOF            int         `json:"dof"`       // modes - 1
	P              float64     `json:"p"`         // of a larger Chi2 with the expected shares
	MaxAbsZ        float64     `json:"max_abs_z"` // over the modes
}

// ModeCoverage returns how a weighted sample fills the modes of a density. A point
// belongs to the mode of the nearest centre, if that is within Radius·Sigma of it
// (Euclidean distance, in all coordinates); others belong to none.
//
// With the weights w, W_k = Σ w and Q_k = Σ w² over mode k, and W = Σ W_k, the share
// of mode k is p_k = W_k/W, with the error of a weighted mean (Observable.Mean),
//
//	σ_k² = [(1 - p_k)² Q_k + p_k² Σ_{j≠k} Q_j] / W².
//
// It is covered where W_k is at least the sample's mean weight: unweighted, where it
// has one point. With Kish's number N_k = W_k²/Q_k, u_k = W_k/N_k (the weight that
// one effective point has; of a mode without points, that of all modes together)
// and the expected shares q_k, W_k has the variance q_k W u_k if the shares are as
// expected, and
//
//	χ² = Σ (W_k - μ q_k)²/(q_k W u_k),   μ = Σ (W_k/u_k) / Σ (q_k/u_k),
//
// has K - 1 degrees of freedom. Unweighted these are Pearson's χ² and
// z_k = (p_k - q_k)/√(q_k(1 - q_k)/n). As there, some 5 effective points a mode are
// needed for P to mean what it says. The points are taken as independent.
//
// Errors: those of a Cloud; no centres, centres of another dimension or not finite,
// two equal ones; Sigma or Radius that is not positive and finite; shares that are
// not as many positive numbers.
func ModeCoverage(c Cloud, o ModeOptions) (*Modes, error) {
	if err := c.check("ModeCoverage", "only"); err != nil {
		return nil, err
	}
	o.Radius = cmp.Or(o.Radius, defaultRadius)
	expected, err := o.check(c.Dim)
	if err != nil {
		return nil, err
	}
	w := c.weights()
	weight := func(i int) float64 {
		if w == nil {
			return 1
		}
		return w[i]
	}
	k := len(o.Centres)
	sum, square := make([]float64, k), make([]float64, k)
	m := &Modes{N: c.Len(), Radius: o.Radius, Shares: make([]ModeShare, k), DOF: k - 1, P: 1}
	var all, allSquare float64
	for i := range c.Len() {
		v := weight(i)
		all, allSquare = all+v, allSquare+v*v
		mode := o.mode(c.X[i*c.Dim:][:c.Dim])
		if mode < 0 || v < negligibleWeight {
			continue
		}
		sum[mode] += v
		square[mode] += v * v
		m.Shares[mode].Points++
	}
	var within, withinSquare float64
	for j := range sum {
		within, withinSquare = within+sum[j], withinSquare+square[j]
	}
	m.Within, m.WithinError = within/all, shareError(within, withinSquare, all, allSquare)
	half := float64(c.Dim) / 2
	m.WithinExpected = mathext.GammaIncReg(half, o.Radius*o.Radius/2)
	for j := range m.Shares {
		s := &m.Shares[j]
		s.Expected = expected[j]
		if s.Covered = sum[j] > 0 && sum[j]*float64(c.Len()) >= all; s.Covered {
			m.Covered++
		}
		if sum[j] > 0 {
			s.NEff = sum[j] * sum[j] / square[j]
		}
		if within > 0 {
			s.Share, s.Error = sum[j]/within, shareError(sum[j], square[j], within, withinSquare)
		}
	}
	if within > 0 {
		m.compare(sum, square, within, withinSquare)
	}
	return m, nil
}

// check returns the expected shares, of sum 1.
func (o ModeOptions) check(dim int) ([]float64, error) {
	if len(o.Centres) == 0 {
		return nil, fmt.Errorf("metric: ModeCoverage: there are no modes")
	}
	if !(o.Sigma > 0) || math.IsInf(o.Sigma, 0) || !(o.Radius > 0) || math.IsInf(o.Radius, 0) {
		return nil, fmt.Errorf("metric: ModeCoverage: sigma %g and radius %g: both must be positive and finite", o.Sigma, o.Radius)
	}
	for k, c := range o.Centres {
		if len(c) != dim {
			return nil, fmt.Errorf("metric: ModeCoverage: mode %d has %d coordinates, the points have %d", k, len(c), dim)
		}
		for _, v := range c {
			if v-v != 0 {
				return nil, fmt.Errorf("metric: ModeCoverage: mode %d has the coordinate %g: it must be finite", k, v)
			}
		}
		for j := range k {
			if distance2(c, o.Centres[j]) == 0 {
				return nil, fmt.Errorf("metric: ModeCoverage: modes %d and %d are at one place", j, k)
			}
		}
	}
	if o.Shares != nil && len(o.Shares) != len(o.Centres) {
		return nil, fmt.Errorf("metric: ModeCoverage: %d shares for %d modes: one each is needed", len(o.Shares), len(o.Centres))
	}
	shares := make([]float64, len(o.Centres))
	var total float64
	for k := range shares {
		shares[k] = 1
		if o.Shares != nil {
			shares[k] = o.Shares[k]
		}
		if !(shares[k] > 0) || math.IsInf(shares[k], 0) {
			return nil, fmt.Errorf("metric: ModeCoverage: share %d is %g: it must be positive and finite", k, shares[k])
		}
		total += shares[k]
	}
	if math.IsInf(total, 0) {
		return nil, fmt.Errorf("metric: ModeCoverage: the shares have no finite sum")
	}
	for k := range shares {
		shares[k] /= total
	}
	return shares, nil
}

// mode returns the mode that a point belongs to, -1 for none.
func (o ModeOptions) mode(x []float32) int {
	best, at := math.Inf(1), -1
	for k, c := range o.Centres {
		var d float64
		for j, v := range x {
			d += (float64(v) - c[j]) * (float64(v) - c[j])
		}
		if d < best {
			best, at = d, k
		}
	}
	if limit := o.Radius * o.Sigma; best > limit*limit {
		return -1
	}
	return at
}

func distance2(a, b []float64) float64 {
	var d float64
	for j := range a {
		d += (a[j] - b[j]) * (a[j] - b[j])
	}
	return d
}

// shareError returns the error of the share part/all of a sum of weights, from the
// sums of their squares.
func shareError(part, partSquare, all, allSquare float64) float64 {
	p := part / all
	return math.Sqrt(max((1-p)*(1-p)*partSquare+p*p*(allSquare-partSquare), 0)) / all
}

// compare fills in how the shares differ from the expected ones.
func (m *Modes) compare(sum, square []float64, within, withinSquare float64) {
	unit := make([]float64, len(sum)) // u_k
	var variance, counts, expected float64
	for k := range sum {
		unit[k] = withinSquare / within
		if sum[k] > 0 {
			unit[k] = square[k] / sum[k]
		}
		variance += m.Shares[k].Expected * within * unit[k]
		counts += sum[k] / unit[k]
		expected += m.Shares[k].Expected / unit[k]
	}
	mean := counts / expected
	for k := range m.Shares {
		s := &m.Shares[k]
		own := s.Expected * within * unit[k]
		d := sum[k] - mean*s.Expected
		m.Chi2 += d * d / own
		q := s.Expected
		if sd := math.Sqrt((1-q)*(1-q)*own+q*q*(variance-own)) / within; sd > 0 {
			s.Z = (s.Share - q) / sd
		}
		m.MaxAbsZ = max(m.MaxAbsZ, math.Abs(s.Z))
	}
	if m.DOF > 0 {
		m.P = mathext.GammaIncRegComp(float64(m.DOF)/2, m.Chi2/2)
	}
}
