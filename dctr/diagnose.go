package dctr

import (
	"fmt"
	"math"

	"etalon/metric"
)

// Diagnostics describe a set of weights v·exp(logw) of n generated events, v the
// weights that the events had before (1 where they had none).
type Diagnostics struct {
	N int `json:"n"`
	// NEff is Kish's (Σw)²/Σw² and NEffError its standard error by the delta method
	// over independent events: of little use itself where Tail.K exceeds ½.
	NEff      float64 `json:"n_eff"`
	NEffError float64 `json:"n_eff_error"`
	Fraction  float64 `json:"n_eff_fraction"`
	Max       float64 `json:"max"`       // largest weight; their mean is 1
	MaxShare  float64 `json:"max_share"` // of Σw
	Negative  int     `json:"negative,omitempty"`
	Tail      Tail    `json:"tail"` // of |w|
	// Closure is Σ v·exp(logw)/Σ v - 1, which is 0 up to ClosureError for the exact
	// ratio (DCTRGAN, arXiv:2009.03796, eq. 10). It is of the weights as the network
	// gives them, before any normalisation.
	Closure      float64 `json:"closure"`
	ClosureError float64 `json:"closure_error"`
}

// Diagnose computes the diagnostics of log-weights as a Weigher gives them, and of the
// weights v that the events had before (nil: 1 each). Errors: no weights, numbers
// that disagree, a log-weight that is NaN or +Inf, a total that is not positive.
func Diagnose(v, logw []float64) (*Diagnostics, error) {
	n := len(logw)
	if n == 0 || v != nil && len(v) != n {
		return nil, fmt.Errorf("diagnostics: %d log-weights of events with %d weights; at least one, and a weight for each or none, is accepted", n, len(v))
	}
	top := math.Inf(-1)
	for i, l := range logw {
		if l != l || math.IsInf(l, 1) {
			return nil, fmt.Errorf("diagnostics: log-weight %d is %g; finite ones are accepted", i, l)
		}
		top = max(top, l)
	}
	if math.IsInf(top, -1) {
		return nil, fmt.Errorf("diagnostics: none of %d log-weights stands for a positive weight", n)
	}
	if v != nil {
		if err := checkWeights(v, false); err != nil {
			return nil, fmt.Errorf("diagnostics: %w", err)
		}
	}
	d := &Diagnostics{N: n}
	var s1, s2, largest float64 // weights in units of exp(top)
	sizes := logw               // ln |v·exp(logw)|
	if v != nil {
		sizes = make([]float64, n)
	}
	for i, l := range logw {
		w := weight(v, i) * math.Exp(l-top)
		s1, s2 = s1+w, s2+w*w
		largest = max(largest, w)
		if v != nil {
			sizes[i] = l + math.Log(math.Abs(v[i]))
		}
		if w < 0 {
			d.Negative++
		}
	}
	if !(s1 > 0) {
		return nil, fmt.Errorf("diagnostics: the weights add up to %g; a positive total is accepted", s1*math.Exp(top))
	}
	d.NEff = s1 * s1 / s2
	d.Fraction, d.MaxShare = d.NEff/float64(n), largest/s1
	d.Max = d.MaxShare * float64(n)
	factor := make([]float64, n)
	var vEff float64
	for i, l := range logw {
		w := weight(v, i) * math.Exp(l-top)
		q := 2*w/s1 - w*w/s2 - 1/float64(n)
		vEff += q * q
		factor[i] = math.Exp(l - top)
	}
	closure, err := metric.Normalisation(factor, v)
	if err != nil {
		return nil, fmt.Errorf("diagnostics: %w", err)
	}
	d.NEffError = d.NEff * math.Sqrt(vEff)
	d.Closure = closure.Value*math.Exp(top) - 1
	d.ClosureError = closure.Error * math.Exp(top)
	d.Tail = NewTail(sizes)
	return d, nil
}
