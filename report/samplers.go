package report

import (
	"fmt"
	"path/filepath"
	"strings"
)

// samplers is samplers.json: what the samplers of the weighted latent space did. See
// package mcmc for the meaning of its numbers.
type samplers struct {
	Choice *struct {
		Config struct {
			Method string `json:"method"`
		} `json:"config"`
		Reasons []string `json:"reasons"`
	} `json:"choice"`
	Reports []samplerReport `json:"reports"`
}

type samplerReport struct {
	Method       string  `json:"method"`
	Exact        bool    `json:"exact"`
	Accept       float64 `json:"accept"`
	N            float64 `json:"n"`
	MaxRHat      float64 `json:"max_r_hat"`
	Bulk         float64 `json:"min_ess_bulk"`
	Tail         float64 `json:"min_ess_tail"`
	Tau          float64 `json:"max_tau"`
	ESS          float64 `json:"ess"`
	HistogramESS float64 `json:"histogram_ess"`
	Cost         struct {
		Density float64 `json:"density"`
	} `json:"cost"`
	Occupancy *struct {
		MaxAbsZ  float64 `json:"max_abs_z"`
		P        float64 `json:"p"`
		Mismatch bool    `json:"mismatch"`
	} `json:"occupancy"`
	Warnings []string `json:"warnings"`
}

func (r *run) loadSamplers(dir string) error {
	path := filepath.Join(dir, "samplers.json")
	if exists(path) != nil {
		return nil // runs of earlier versions have none
	}
	r.samplers = new(samplers)
	return readJSON(path, r.samplers)
}

// samplerRow is a row of the table of samplers.
type samplerRow struct {
	Method, N, Accept, RHat, Bulk, Tail, Tau, Histogram, Modes, Evaluations, Time string
	Wrong                                                                         bool // the modes' shares
}

// samplerRows holds the samplers against each other.
func (r *run) samplerRows(p *page) {
	if r.samplers == nil {
		return
	}
	if c := r.samplers.Choice; c != nil {
		p.Choice = fmt.Sprintf("Cheapest by a pilot run: %s. %s.", methodLabel(c.Config.Method), strings.Join(c.Reasons, "; "))
	}
	for _, s := range r.samplers.Reports {
		row := samplerRow{
			Method: methodLabel(s.Method), N: count(s.N), Accept: digits(s.Accept, 3), RHat: digits(s.MaxRHat, 5), Bulk: count(s.Bulk), Tail: count(s.Tail),
			Tau: digits(s.Tau, 3), Histogram: count(s.HistogramESS), Modes: "–", Evaluations: "–", Time: "–",
		}
		if o := s.Occupancy; o != nil {
			row.Modes, row.Wrong = fmt.Sprintf("%.1f σ, p = %s", o.MaxAbsZ, digits(o.P, 2)), o.Mismatch
		}
		if s.ESS > 0 {
			row.Evaluations = digits(s.Cost.Density/s.ESS, 3)
			if t := r.seconds(s.Method); t > 0 {
				row.Time = digits(1e6*t/s.ESS, 3)
			}
		}
		p.Samplers = append(p.Samplers, row)
		for _, w := range s.Warnings {
			p.Warnings = append(p.Warnings, methodLabel(s.Method)+": "+w)
		}
	}
}

// seconds of a sampler's draws, 0 if unknown.
func (r *run) seconds(method string) float64 {
	if r.timings != nil {
		for _, s := range r.timings.Samplers {
			if s.Name == method {
				return s.Seconds
			}
		}
	}
	return 0
}
