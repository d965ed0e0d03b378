package mcmc

import "math"

// Constants of dual averaging (Hoffman & Gelman 2014, arXiv:1111.4246, section
// 3.2.1). The paper's γ = 0.05 suits the noise of a single chain. The mean of
// many chains is nearly exact, and that gain makes ε swing past the stability
// limit and back, after which x̄ ends too low: on a normal of correlation 0.95
// with 150 proposals the acceptance came out as 0.88 for a target of 0.80, and as
// 0.79 with γ = 0.2.
const (
	dualGamma = 0.2  // shrinkage towards mu
	dualT0    = 10   // stabilises the first iterations
	dualKappa = 0.75 // forgetting of early iterates
)

// dualAveraging drives log ε to a mean acceptance probability of target.
// Equation: Hoffman & Gelman 2014, eq. (6),
//
//	x_{t+1} = μ - √t/γ · 1/(t+t0) Σ_i H_i,   x̄_{t+1} = t^-κ x_{t+1} + (1-t^-κ) x̄_t,
//
// with H_t = δ - α_t, where α_t is here the mean over all chains of the
// acceptance probability.
type dualAveraging struct {
	t      int
	sum    float64 // Σ H
	mu     float64
	logEps float64 // x
	logBar float64 // x̄
}

// restart begins anew at step size eps, shrinking towards 10 eps.
func (d *dualAveraging) restart(eps float64) {
	*d = dualAveraging{mu: math.Log(10 * eps), logEps: math.Log(eps), logBar: math.Log(eps)}
}

// update takes in the mean acceptance probability of one proposal. minLog and
// maxLog bound log ε: where even the longest useful step is accepted too often,
// or even the shortest allowed one too rarely, the iterates would run away.
func (d *dualAveraging) update(alpha, target, minLog, maxLog float64) {
	d.t++
	t := float64(d.t)
	d.sum += target - alpha
	d.logEps = max(min(d.mu-math.Sqrt(t)/dualGamma*d.sum/(t+dualT0), maxLog), minLog)
	w := math.Pow(t, -dualKappa)
	d.logBar = w*d.logEps + (1-w)*d.logBar
}

// adaptation tunes step size and mass in the burn-in. The diagonal mass takes
// the inverse of the variances of all chains pooled over two windows, proposals
// [0.15, 0.3) and [0.3, 0.6) of the burn-in; each change of mass restarts the
// dual averaging, whose last stretch is 0.4 of the burn-in.
type adaptation struct {
	cfg  *HMCConfig
	dual dualAveraging
	n    float64   // points in the window
	mean []float64 // Welford mean of each column
	m2   []float64 // Welford sum of squares of each column
}

func newAdaptation(cfg *HMCConfig, dim int) adaptation {
	a := adaptation{cfg: cfg, mean: make([]float64, dim), m2: make([]float64, dim)}
	a.dual.restart(cfg.StepSize)
	return a
}

// stepSize is ε for the next proposal.
func (a *adaptation) stepSize(burning bool) float64 {
	switch {
	case !a.cfg.Adapt:
		return a.cfg.StepSize
	case burning:
		return math.Exp(a.dual.logEps)
	default:
		return math.Exp(a.dual.logBar)
	}
}

// maxLog is the logarithm of the longest step size that has any effect.
func (a *adaptation) maxLog() float64 {
	if a.cfg.Leapfrog > 0 {
		return math.Log(maxStepSize)
	}
	return math.Log(a.cfg.TrajectoryLength * (1 + a.cfg.jitter()))
}

// minLog is the logarithm of the shortest step size that covers the trajectory in
// MaxLeapfrog steps. A learned density can have walls thinner than any affordable
// step; steps of order one jump across them, and the more steps a trajectory has
// the more likely one lands inside, so that acceptance falls as ε does and without
// this bound the adaptation would end at zero.
func (a *adaptation) minLog() float64 {
	if a.cfg.Leapfrog > 0 {
		return math.Inf(-1)
	}
	return math.Log(a.cfg.TrajectoryLength / float64(a.cfg.MaxLeapfrog))
}

// update takes in the burn-in proposal that made the count finished: the
// acceptance probability of every chain and the positions it ended with. It
// may change invMass.
func (a *adaptation) update(finished int, alpha, q, invMass []float64) {
	if !a.cfg.Adapt {
		return
	}
	sum := 0.0
	for _, v := range alpha {
		sum += v
	}
	a.dual.update(sum/float64(len(alpha)), a.cfg.TargetAccept, a.minLog(), a.maxLog())
	if a.cfg.Mass != MassDiagonal {
		return
	}
	burn := a.cfg.burnIn()
	first, second, last := burn*15/100, burn*30/100, burn*60/100
	if finished <= first || finished > last {
		return
	}
	a.accumulate(q)
	if finished == second || finished == last {
		a.setMass(invMass)
		a.dual.restart(0.1)
	}
}

// accumulate adds the rows of q to the window (Welford 1962).
func (a *adaptation) accumulate(q []float64) {
	dim := len(a.mean)
	for r := 0; r < len(q); r += dim {
		a.n++
		for j, v := range q[r : r+dim] {
			d := v - a.mean[j]
			a.mean[j] += d / a.n
			a.m2[j] += d * (v - a.mean[j])
		}
	}
}

// setMass sets the inverse mass to the window's variances, shrunk towards 10⁻³
// by the weight of five points (Stan's rule, which matters for few chains
// only), and empties the window.
func (a *adaptation) setMass(invMass []float64) {
	for j := range invMass {
		if v := (a.m2[j] + 5e-3) / (a.n + 5); v > 0 && v-v == 0 {
			invMass[j] = v
		}
		a.mean[j], a.m2[j] = 0, 0
	}
	a.n = 0
}
