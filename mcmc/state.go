package mcmc

import (
	"fmt"

	"etalon/rng"
)

// State is everything a run needs to go on, as plain slices: a snapshot that
// shares no memory with the run. It can be taken between any two steps.
// MarshalBinary and UnmarshalBinary turn it into bytes and back.
type State struct {
	Stream [4]uint32 // identifies the random stream
	Dim    int64
	Config []float64 // the resolved configuration, in the order of configNames

	Proposal  int64
	Leapfrogs int64
	Recorded  int64

	Q    []float64 // chains×dim
	LogQ []float64 // chains
	Grad []float64 // chains×dim

	InvMass    []float64 // dim
	Dual       []float64 // t, Σ H, μ, x, x̄
	Window     []float64 // number of points, then mean and sum of squares of each column
	Counts     []int64   // proposals, global moves, divergent and non-finite in the burn-in; densities and gradients before the first point
	Accepted   []int64   // the rest: per chain
	Divergent  []int64
	NonFinite  []int64
	GlobalMove []int64
	Alpha      []float64
	Energy     []float64 // 4 rows of chains: mean, sum of squares, last, squared differences

	Draws []float32 // recorded×chains×dim
}

var configNames = []string{"Chains", "StepSize", "Leapfrog", "TrajectoryLength", "MaxLeapfrog", "Jitter", "BurnIn",
	"Thin", "Adapt", "TargetAccept", "Mass", "GlobalEvery", "Lower", "Upper"}

// values lists what has to agree for a run to go on; Samples may change. The
// bounds are listed only where there are any.
func (c *HMCConfig) values() []float64 {
	flag := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	v := []float64{float64(c.Chains), c.StepSize, float64(c.Leapfrog), c.TrajectoryLength, float64(c.MaxLeapfrog),
		c.Jitter, float64(c.BurnIn), float64(c.Thin), flag(c.Adapt), c.TargetAccept, flag(c.Mass == MassDiagonal),
		float64(c.GlobalEvery)}
	if c.Lower != c.Upper {
		v = append(v, c.Lower, c.Upper)
	}
	return v
}

// identify returns words that differ between streams.
func identify(s rng.Stream) [4]uint32 { return s.Sub("identity").Block(0, 0, 0, 0) }

// State takes a snapshot of the run.
func (h *HMC) State() State {
	f := func(x []float64) []float64 { return append([]float64(nil), x...) }
	n := func(x []int64) []int64 { return append([]int64(nil), x...) }
	s, a := &h.stats, &h.adapt
	st := State{
		Stream: identify(h.stream), Dim: int64(h.dim), Config: h.cfg.values(),
		Proposal: int64(h.proposal), Leapfrogs: int64(h.leapfrogs), Recorded: int64(h.recorded),
		Q: f(h.cur.q), LogQ: f(h.cur.logq), Grad: f(h.cur.grad), InvMass: f(h.invMass),
		Dual:     []float64{float64(a.dual.t), a.dual.sum, a.dual.mu, a.dual.logEps, a.dual.logBar},
		Window:   append(append([]float64{a.n}, a.mean...), a.m2...),
		Counts:   []int64{int64(s.proposals), int64(s.globals), s.burnDivergent, s.burnNonFinite, h.startCost.Density, h.startCost.Gradient},
		Accepted: n(s.accepted), Divergent: n(s.divergent), NonFinite: n(s.nonFinite), GlobalMove: n(s.globalMoves),
		Alpha: f(s.alpha),
		Draws: append([]float32(nil), h.draws[:h.recorded*len(h.cur.q)]...),
	}
	for _, e := range s.energies() {
		st.Energy = append(st.Energy, e...)
	}
	return st
}

func (s *samplerCounts) energies() [4][]float64 {
	return [4][]float64{s.energyMean, s.energyM2, s.energyLast, s.energyDiff2}
}

// Restore continues a run from a snapshot: every later step gives the same
// bytes as if the run had never stopped. Configuration, target and stream must
// be those of the run; only Samples may differ (more samples continue a
// finished run), as long as it is not below what has been recorded. The target
// is not evaluated.
//
// Errors: the first field that differs, or a damaged snapshot.
func Restore(cfg HMCConfig, target Target, stream rng.Stream, st State) (*HMC, error) {
	h, err := newHMC(cfg, target, stream)
	if err != nil {
		return nil, err
	}
	if err := st.matches(h); err != nil {
		return nil, err
	}
	h.proposal, h.leapfrogs, h.recorded = int(st.Proposal), int(st.Leapfrogs), int(st.Recorded)
	copy(h.cur.q, st.Q)
	copy(h.cur.logq, st.LogQ)
	copy(h.cur.grad, st.Grad)
	copy(h.invMass, st.InvMass)
	a, s := &h.adapt, &h.stats
	a.dual = dualAveraging{t: int(st.Dual[0]), sum: st.Dual[1], mu: st.Dual[2], logEps: st.Dual[3], logBar: st.Dual[4]}
	a.n = st.Window[0]
	copy(a.mean, st.Window[1:])
	copy(a.m2, st.Window[1+h.dim:])
	s.proposals, s.globals = int(st.Counts[0]), int(st.Counts[1])
	s.burnDivergent, s.burnNonFinite = st.Counts[2], st.Counts[3]
	h.startCost = Cost{Density: st.Counts[4], Gradient: st.Counts[5]}
	copy(s.accepted, st.Accepted)
	copy(s.divergent, st.Divergent)
	copy(s.nonFinite, st.NonFinite)
	copy(s.globalMoves, st.GlobalMove)
	copy(s.alpha, st.Alpha)
	for i, e := range s.energies() {
		copy(e, st.Energy[i*h.cfg.Chains:])
	}
	copy(h.draws, st.Draws)
	return h, nil
}

// matches checks a snapshot, which may come from a damaged file, against the
// run that is to take it over.
func (st *State) matches(h *HMC) error {
	want := h.cfg.values()
	if len(st.Config) != len(want) {
		return fmt.Errorf("mcmc: state has %d settings; this version has %d", len(st.Config), len(want))
	}
	for i, v := range want {
		if st.Config[i] != v {
			return fmt.Errorf("mcmc: state was made with %s %g; this run has %g", configNames[i], st.Config[i], v)
		}
	}
	if st.Dim != int64(h.dim) {
		return fmt.Errorf("mcmc: state has dimension %d; the target has %d", st.Dim, h.dim)
	}
	if st.Stream != identify(h.stream) {
		return fmt.Errorf("mcmc: state was made with another random stream; use the seed of the run")
	}
	if st.Recorded > int64(h.cfg.draws()) {
		return fmt.Errorf("mcmc: state has %d draws per chain; Samples asks for only %d", st.Recorded, h.cfg.draws())
	}
	after := st.Proposal - int64(h.cfg.burnIn())
	if st.Proposal < 0 || st.Proposal > 1<<47 || st.Leapfrogs < 0 || st.Recorded != max(after, 0)/int64(h.cfg.Thin) {
		return fmt.Errorf("mcmc: damaged state: %d draws after %d proposals", st.Recorded, st.Proposal)
	}
	n, d := h.cfg.Chains, h.dim
	for _, f := range []struct {
		name      string
		got, want int
	}{
		{"Q", len(st.Q), n * d}, {"LogQ", len(st.LogQ), n}, {"Grad", len(st.Grad), n * d},
		{"InvMass", len(st.InvMass), d}, {"Dual", len(st.Dual), 5}, {"Window", len(st.Window), 1 + 2*d},
		{"Counts", len(st.Counts), 6}, {"Accepted", len(st.Accepted), n}, {"Divergent", len(st.Divergent), n},
		{"NonFinite", len(st.NonFinite), n}, {"GlobalMove", len(st.GlobalMove), n}, {"Alpha", len(st.Alpha), n},
		{"Energy", len(st.Energy), 4 * n}, {"Draws", len(st.Draws), int(st.Recorded) * n * d},
	} {
		if f.got != f.want {
			return fmt.Errorf("mcmc: damaged state: %s has %d values; it must have %d", f.name, f.got, f.want)
		}
	}
	for name, x := range map[string][]float64{"Q": st.Q, "LogQ": st.LogQ, "Grad": st.Grad, "InvMass": st.InvMass,
		"Dual": st.Dual, "Window": st.Window} {
		if !finite(x) {
			return fmt.Errorf("mcmc: damaged state: %s has a non-finite value", name)
		}
	}
	for _, v := range st.InvMass {
		if v <= 0 {
			return fmt.Errorf("mcmc: damaged state: inverse mass %g; it must be positive", v)
		}
	}
	return nil
}
