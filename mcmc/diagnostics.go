package mcmc

import (
	"fmt"
	"math"
	"slices"
)

const (
	minDraws = 8   // shortest chain that can be split and still has variances
	maxRHat  = 1e6 // stands for an infinite or undefined R̂
)

// Diagnostics says how far a set of draws can be trusted. Vehtari et al. 2021
// (arXiv:1903.08008, section 2) ask for MaxRHat below 1.01 and effective sample
// sizes above 400. Many short chains exceed 1.01 as soon as a chain holds fewer
// than about 50 effective draws; the effective sizes are then the better guide.
type Diagnostics struct {
	Chains     int       `json:"chains"`
	Draws      int       `json:"draws"` // of each chain
	MaxRHat    float64   `json:"max_r_hat"`
	MinESSBulk float64   `json:"min_ess_bulk"`
	MinESSTail float64   `json:"min_ess_tail"`
	Columns    []Column  `json:"columns"`
	Sampler    *Activity `json:"sampler,omitempty"` // nil for draws of unknown origin
}

// Column holds the diagnostics of one latent coordinate (Vehtari et al. 2021,
// arXiv:1903.08008). Chains are split in halves throughout.
type Column struct {
	Mean   float64 `json:"mean"`
	SD     float64 `json:"sd"`     // of the pooled draws, √var⁺
	Median float64 `json:"median"` // of the pooled draws
	// RHat is the larger of RHatBulk (rank-normalised, sees different
	// locations) and RHatFolded (rank-normalised |x - median|, sees different
	// scales).
	RHat       float64 `json:"r_hat"`
	RHatBulk   float64 `json:"r_hat_bulk"`
	RHatFolded float64 `json:"r_hat_folded"`
	ESSBulk    float64 `json:"ess_bulk"` // of the rank-normalised draws
	ESSTail    float64 `json:"ess_tail"` // the smaller of the 5 % and 95 % quantiles'
	ESSMean    float64 `json:"ess_mean"` // of the draws themselves
	MCSEMean   float64 `json:"mcse_mean"`
	// Tau is the integrated autocorrelation time in recorded draws,
	// Chains·Draws/ESSMean; below 1 for antithetic chains.
	Tau float64 `json:"tau"`
	// Degenerate: no half-chain moves; R̂ is then 10⁶, and what cannot be
	// estimated is 0.
	Degenerate bool `json:"degenerate,omitempty"`
}

// Diagnose computes the diagnostics of draws. Time is O(S log S) per column for
// S draws; memory about 100 bytes per draw of one column.
//
// Errors: fewer than 8 draws per chain; a non-finite draw (the error names it).
func Diagnose(d Draws) (*Diagnostics, error) {
	if d.N < minDraws {
		return nil, fmt.Errorf("mcmc: %d draws per chain; diagnostics need at least %d", d.N, minDraws)
	}
	if int64(d.N) >= maxDraws/int64(d.Chains) {
		return nil, fmt.Errorf("mcmc: %d chains of %d draws; diagnostics take fewer than 2^32 in all, thin them", d.Chains, d.N)
	}
	out := &Diagnostics{Chains: d.Chains, Draws: d.N, Columns: make([]Column, d.Dim)}
	x := make([]float64, d.Chains*d.N)
	k := newCorrelator(d.N / 2)
	for j := range out.Columns {
		d.columnTo(x, j)
		for i, v := range x {
			if v-v != 0 {
				return nil, fmt.Errorf("mcmc: draw %d of chain %d, column %d is %g; draws must be finite", i%d.N, i/d.N, j, v)
			}
		}
		c := diagnoseColumn(k, sequences{x: x, chains: d.Chains, n: d.N})
		out.Columns[j] = c
		out.MaxRHat = max(out.MaxRHat, c.RHat)
		if j == 0 {
			out.MinESSBulk, out.MinESSTail = c.ESSBulk, c.ESSTail
		}
		out.MinESSBulk = min(out.MinESSBulk, c.ESSBulk)
		out.MinESSTail = min(out.MinESSTail, c.ESSTail)
	}
	return out, nil
}

func diagnoseColumn(k *correlator, whole sequences) Column {
	s := whole.split()
	bulk, order := rankNormal(s)
	c := Column{Mean: mean(s.x), Median: quantile(s, order, 0.5)}
	c.ESSMean, c.SD = effectiveSize(k, s)
	c.ESSBulk, _ = effectiveSize(k, bulk)
	low, _ := effectiveSize(k, below(s, quantile(s, order, 0.05)))
	high, _ := effectiveSize(k, below(s, quantile(s, order, 0.95)))
	c.ESSTail = min(low, high)
	c.RHatBulk = splitRHat(bulk)
	if math.IsNaN(c.RHatBulk) || c.RHatBulk > maxRHat {
		c.RHatBulk, c.Degenerate = maxRHat, true
	}
	scales, _ := rankNormal(folded(s, c.Median))
	c.RHatFolded = splitRHat(scales)
	if math.IsNaN(c.RHatFolded) { // all equally far from the median: no scales to differ
		c.RHatFolded = 1
	}
	c.RHatFolded = min(c.RHatFolded, maxRHat)
	c.RHat = max(c.RHatBulk, c.RHatFolded)
	if c.ESSMean > 0 {
		c.MCSEMean = c.SD / math.Sqrt(c.ESSMean)
		c.Tau = float64(len(s.x)) / c.ESSMean
	}
	return c
}

// Activity is what the sampler did after the burn-in.
type Activity struct {
	Proposals int     `json:"proposals"`  // per chain
	BurnIn    int     `json:"burn_in"`    // per chain
	Leapfrogs int     `json:"leapfrogs"`  // evaluations of the density per chain, burn-in included
	StepSize  float64 `json:"step_size"`  // ε
	Accept    float64 `json:"accept"`     // share of accepted proposals
	MeanAlpha float64 `json:"mean_alpha"` // mean acceptance probability

	ChainAccept []float64 `json:"chain_accept"`
	MinAccept   float64   `json:"min_accept"`  // the worst chain's
	Divergences int64     `json:"divergences"` // energy error above 1000
	NonFinite   int64     `json:"non_finite"`  // paths with NaN or Inf density or gradient

	BurnInDivergences int64 `json:"burn_in_divergences"`
	BurnInNonFinite   int64 `json:"burn_in_non_finite"`

	// EBFMI is the energy Bayesian fraction of missing information of each
	// chain, Σ(E_t - E_{t-1})² / Σ(E_t - Ē)² (Betancourt 2016,
	// arXiv:1604.00695): below 0.3 the momenta explore the energies slowly.
	// 0 for a chain of constant energy. Few proposals make it noisy: see
	// MeanEBFMI.
	EBFMI     []float64 `json:"e_bfmi"`
	MinEBFMI  float64   `json:"min_e_bfmi"`
	MeanEBFMI float64   `json:"mean_e_bfmi"` // ratio of the sums over chains

	GlobalMoves  int     `json:"global_moves"`  // per chain
	GlobalAccept float64 `json:"global_accept"` // share of accepted global moves
}

// Activity reports the sampler's counts so far.
func (h *HMC) Activity() *Activity {
	s := &h.stats
	a := &Activity{Proposals: s.proposals, BurnIn: min(h.proposal, h.cfg.burnIn()), Leapfrogs: h.leapfrogs,
		StepSize: h.StepSize(), BurnInDivergences: s.burnDivergent, BurnInNonFinite: s.burnNonFinite,
		ChainAccept: make([]float64, h.cfg.Chains), EBFMI: make([]float64, h.cfg.Chains), GlobalMoves: s.globals}
	var diff, spread float64
	for c := range a.EBFMI {
		if s.proposals > 0 {
			a.ChainAccept[c] = float64(s.accepted[c]) / float64(s.proposals)
			a.MeanAlpha += s.alpha[c] / float64(s.proposals*h.cfg.Chains)
		}
		if s.globals > 0 {
			a.GlobalAccept += float64(s.globalMoves[c]) / float64(s.globals*h.cfg.Chains)
		}
		if s.energyM2[c] > 0 {
			a.EBFMI[c] = s.energyDiff2[c] / s.energyM2[c]
		}
		diff += s.energyDiff2[c]
		spread += s.energyM2[c]
		a.Divergences += s.divergent[c]
		a.NonFinite += s.nonFinite[c]
	}
	a.Accept = mean(a.ChainAccept)
	a.MinAccept = slices.Min(a.ChainAccept)
	a.MinEBFMI = slices.Min(a.EBFMI)
	if spread > 0 {
		a.MeanEBFMI = diff / spread
	}
	return a
}

// Diagnostics returns the diagnostics of what has been recorded so far,
// together with the sampler's counts.
func (h *HMC) Diagnostics() (*Diagnostics, error) {
	d, err := Diagnose(h.Draws())
	if err != nil {
		return nil, err
	}
	d.Sampler = h.Activity()
	return d, nil
}
