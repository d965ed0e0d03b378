package metric

import (
	"fmt"
	"math"
)

// Dilution compares the statistical precision of a weighted sample of the generator
// with that of a truth sample, for one observable.
type Dilution struct {
	// R is DCTRGAN's r = u(generated)/u(truth), the ratio of the standard errors of the
	// observable's mean; R.Error is its standard error.
	R Estimate
	// Kish is sqrt(N_eff(truth)/N_eff(generated)), what r is for an observable of equal
	// spread whose δf² does not correlate with the weights.
	Kish             float64
	Generated, Truth Estimate // means and their standard errors
}

// NewDilution computes the dilution analytically, by Observable.Mean. r is 1 for as
// many unweighted events as the truth has, and r² = N_T/N_eff(f) where N_eff(f) is
// what MatchingEvents says that the generated events are worth. r grows with the
// weights' spread but may be below 1 where the weights are small (eq. 9).
//
// Source: DCTRGAN (arXiv:2009.03796), sections II B (eqs. 6 to 8) and III. Differs
// from the paper, which takes both standard errors from 200 Poisson bootstraps: that
// is Events.BootstrapDilution. Errors: those of Observable.Mean, fewer than two
// events with weight in one of the samples, a truth that does not vary.
func NewDilution(generated, truth Observable) (*Dilution, error) {
	var m [2]*observableMoments
	for k, o := range []Observable{generated, truth} {
		var err error
		if m[k], err = o.moments("dilution"); err != nil {
			return nil, err
		}
		weighted := 0
		for _, w := range m[k].w {
			if w != 0 {
				weighted++
			}
		}
		if weighted < 2 {
			return nil, fmt.Errorf("metric: dilution: the %s sample has one event with weight: at least 2 are needed", [2]string{"generated", "truth"}[k])
		}
	}
	d := &Dilution{Generated: m[0].estimate(), Truth: m[1].estimate(), Kish: math.Sqrt(m[1].effective() / m[0].effective())}
	if !(d.Truth.Error > 0) {
		return nil, fmt.Errorf("metric: dilution: the truth does not vary")
	}
	if d.R.Value = d.Generated.Error / d.Truth.Error; d.R.Value > 0 {
		d.R.Error = d.R.Value * math.Hypot(m[0].uncertaintyError(), m[1].uncertaintyError())
	}
	return d, nil
}
