package optim

import (
	"fmt"
	"math"
)

// Schedule is the factor on the learning rate in the course of training.
type Schedule struct {
	// Kind is "exponential" (γ^epoch, the papers' choice; the default), "cosine" (from
	// 1 to Final over the whole training, arXiv:1608.03983 eq. 5 without restarts),
	// or "constant".
	Kind   string  `toml:"kind" json:"kind"`
	Gamma  float64 `toml:"gamma,omitempty" json:"gamma,omitempty"`   // exponential: factor per epoch; 0 means 0.999
	Final  float64 `toml:"final,omitempty" json:"final,omitempty"`   // cosine: factor at the end
	Warmup int     `toml:"warmup,omitempty" json:"warmup,omitempty"` // steps of linear rise at the start
}

// Check returns an error for a schedule that is not known.
func (s Schedule) Check() error {
	switch s.Kind {
	case "", "exponential", "cosine", "constant":
	default:
		return fmt.Errorf("schedule: kind = %q; exponential, cosine and constant are accepted", s.Kind)
	}
	if !(s.Gamma >= 0 && s.Gamma <= 1 && s.Final >= 0 && s.Final <= 1) || s.Warmup < 0 {
		return fmt.Errorf("schedule: gamma = %v, final = %v, warmup = %d; gamma and final from 0 to 1 and warmup from 0 are accepted", s.Gamma, s.Final, s.Warmup)
	}
	return nil
}

// Factor returns the factor at a step (from 0) of steps in all, in an epoch (from 0).
func (s Schedule) Factor(epoch int, step, steps int) float64 {
	f := 1.0
	switch s.Kind {
	case "cosine":
		f = s.Final + (1-s.Final)*0.5*(1+math.Cos(math.Pi*float64(step)/float64(steps)))
	case "constant":
	default:
		gamma := s.Gamma
		if gamma == 0 {
			gamma = 0.999
		}
		f = math.Pow(gamma, float64(epoch))
	}
	if step < s.Warmup {
		f *= float64(step+1) / float64(s.Warmup)
	}
	return f
}
