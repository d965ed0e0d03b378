package mcmc

import (
	"fmt"
	"math"
	"slices"

	"etalon/rng"
)

// Pilot is what Choose measured.
type Pilot struct {
	N          int     `json:"n"`          // prior draws
	Size       float64 `json:"size"`       // Kish's effective size of their weights
	Efficiency float64 `json:"efficiency"` // of rejection with the default cap
	MaxShare   float64 `json:"max_share"`  // of the total weight, the heaviest draw's
	// Modes counts groups of cells that no low barrier joins; Shares are their
	// shares of q, Barrier the lowest barrier between two of them in nats (0
	// for one mode).
	Modes   int       `json:"modes"`
	Shares  []float64 `json:"shares"`
	Barrier float64   `json:"barrier"`
	// Lambda estimates the communication barrier between prior and q.
	Lambda float64 `json:"lambda"`
	Cost   Cost    `json:"cost"`
}

// Choice is the method that Choose recommends. Costs are estimates of density
// evaluations per effective draw for each method considered; a method that was
// ruled out is absent.
type Choice struct {
	Config  Config             `json:"config"`
	Pilot   Pilot              `json:"pilot"`
	Costs   map[Method]float64 `json:"costs"`
	Reasons []string           `json:"reasons"`
}

const (
	separating  = 4.0 // nats of barrier from which modes count as separated
	pilotCells  = 24  // cells between which barriers are sought
	minResolved = 100 // effective draws of the pilot below which its modes are not trusted
)

// Choose measures a pilot of n prior draws (0: 20000) and recommends a method for
// the wanted samples, the cheapest per effective draw among
//
//   - rejection: 1/efficiency prior draws;
//   - HMC with global moves, about 12 gradients and 1.5 proposals per effective
//     draw, ruled out where modes are separated: it would take far too long to
//     balance them;
//   - parallel tempering with 2Λ+2 rungs above the prior, 2 gradients per rung
//     and about 3Λ+3 steps per effective draw.
//
// A gradient counts as three densities for a DensityTarget, as one otherwise.
// Where the weights of the pilot are worth less than 100 draws, modes may be
// unseen and the cap of rejection is a guess: tempering is chosen whatever the
// costs.
//
// Modes are separated where log q, along the straight line between the highest
// points of two cells, sinks 4 nats below the lower end on every way round by other
// cells. Λ = ∫ σ_β(log w)/√π dβ, which holds for normal log w (Syed et al. 2022,
// arXiv:1905.02939, section 4, with E|X-X'| = 2σ/√π), from the pilot reweighted to w^β.
//
// Errors: those of NewReference.
func Choose(space Space, samples, n int, stream rng.Stream) (*Choice, error) {
	if n == 0 {
		n = 20000
	}
	ref, err := NewReference(space, n, pilotCells, stream)
	if err != nil {
		return nil, err
	}
	p := Pilot{N: n, Size: ref.Size, Cost: ref.Cost}
	_, p.Efficiency, _, err = WeightCap(ref.logw, 0.999)
	if err != nil {
		return nil, err
	}
	top, total := slices.Max(ref.logw), 0.0
	for _, l := range ref.logw {
		total += math.Exp(l - top)
	}
	p.MaxShare, p.Lambda = 1/total, barrierLength(ref.logw)
	if err := p.modes(ref); err != nil {
		return nil, err
	}
	c := &Choice{Pilot: p, Costs: map[Method]float64{}, Config: Config{Samples: samples}}
	if _, err := (Config{Method: Rejection, Samples: samples}).WithDefaults(); err != nil {
		return nil, err
	}
	c.decide(ref)
	return c, nil
}

func (c *Choice) decide(ref *Reference) {
	p := &c.Pilot
	say := func(format string, args ...any) { c.Reasons = append(c.Reasons, fmt.Sprintf(format, args...)) }
	gradient := 1.0
	if _, ok := ref.space.Target.(DensityTarget); ok {
		gradient = 3
	}
	rungs := math.Ceil(2*p.Lambda) + 2
	if ref.space.Score != nil {
		c.Costs[Tempering] = (2*rungs*gradient + gradient) * (3*p.Lambda + 3)
	}
	say("%d prior draws weigh as much as %.0f draws from q; rejection would take %.2g of them", p.N, p.Size, p.Efficiency)
	switch {
	case p.Size < minResolved:
		say("below %d effective draws the pilot may have missed modes: neither rejection's cap nor a local sampler can be trusted", minResolved)
	case p.Modes > 1:
		c.Costs[Rejection] = 1 / p.Efficiency
		say("%d modes with shares %.2g are separated by %.1f nats or more: local samplers are ruled out", p.Modes, p.Shares, p.Barrier)
	default:
		c.Costs[Rejection] = 1 / p.Efficiency
		c.Costs[HMCMethod] = 12 * 1.5 * gradient
		say("no separated modes: no barrier of %.0f nats between any two of %d cells", separating, len(ref.Share))
	}
	best := Method("")
	for _, m := range Methods() {
		if v, ok := c.Costs[m]; ok && (best == "" || v < c.Costs[best]) {
			best = m
		}
	}
	if best == "" { // an unresolved pilot and a prior without Score
		best = ISIR
		say("the prior has no Score, without which there is no tempering: iterated resampling from the prior is left; look at its R̂")
	} else {
		say("%s is estimated at %.3g evaluations per effective draw", best, c.Costs[best])
	}
	for _, m := range Methods() {
		if v, ok := c.Costs[m]; ok && m != best {
			say("%s: %.3g", m, v)
		}
	}
	c.Config.Method = best
	switch best {
	case Tempering:
		c.Config.Temperatures = int(min(rungs+1, 64))
	case HMCMethod:
		c.Config.HMC = AdaptedHMC()
		c.Config.HMC.Chains, c.Config.HMC.GlobalEvery = 0, 10
	case ISIR:
		c.Config.Proposals = 128
	}
}

// barrierLength integrates σ_β(log w)/√π over β from 0 to 1, with β = u⁴, since
// σ is largest by far at small β, and Simpson's rule on 32 intervals of u. Weight
// zero is left out: tempering never visits it.
func barrierLength(logw []float64) float64 {
	const parts = 32
	top, sum := slices.Max(logw), 0.0
	for i := 1; i <= parts; i++ {
		u := float64(i) / parts
		b := u * u * u * u
		var w, m, m2 float64
		for _, l := range logw {
			l -= top
			if e := math.Exp(b * l); e > 0 {
				w += e
				d := l - m
				m += e / w * d
				m2 += e * d * (l - m)
			}
		}
		f := 2.0 + 2*float64(i%2)
		if i == parts {
			f = 1
		}
		sum += f * 4 * u * u * u * math.Sqrt(max(m2/w, 0)/math.Pi)
	}
	return sum / (3 * parts)
}

// tops are the points of highest density among the pilot's in every cell.
func (r *Reference) tops(w *weigher) ([]float32, error) {
	d := r.dim
	logp := make([]float64, len(r.logw))
	if err := w.prior(r.z, logp); err != nil {
		return nil, fmt.Errorf("mcmc: pilot: %w", err)
	}
	best := make([]int, len(r.Share))
	high := make([]float64, len(r.Share))
	for k := range best {
		best[k] = -1
	}
	for i, l := range r.logw {
		if math.IsInf(l, -1) {
			continue
		}
		k := r.Cell(r.z[i*d : (i+1)*d])
		if q := l + logp[i]; best[k] < 0 || q > high[k] {
			best[k], high[k] = i, q
		}
	}
	out := slices.Clone(r.centres)
	for k, i := range best {
		if i >= 0 {
			copy(out[k*d:(k+1)*d], r.z[i*d:])
		}
	}
	return out, nil
}

// modes joins cells between whose tops log q has no deep minimum.
func (p *Pilot) modes(ref *Reference) error {
	const inner = 15
	k, d := len(ref.Share), ref.dim
	w, err := newWeigher(ref.space, 1<<16)
	if err != nil {
		return err
	}
	tops, err := ref.tops(w)
	if err != nil {
		return err
	}
	var z []float32
	for a := range k {
		for b := range a {
			for i := range inner + 2 {
				t := float64(i) / (inner + 1)
				for j := range d {
					u, v := float64(tops[a*d+j]), float64(tops[b*d+j])
					z = append(z, float32(u+t*(v-u)))
				}
			}
		}
	}
	logq := make([]float64, len(z)/d)
	if err := w.density(z, logq); err != nil {
		return fmt.Errorf("mcmc: pilot: %w", err)
	}
	p.Cost.add(w.cost)
	group := make([]int, k)
	for i := range group {
		group[i] = i
	}
	deep := make([][]float64, k)
	at := 0
	for a := range k {
		deep[a] = make([]float64, k)
		for b := range a {
			line := logq[at : at+inner+2]
			at += inner + 2
			deep[a][b] = barrier(line)
			if deep[a][b] < separating {
				from, to := group[a], group[b]
				for i, g := range group {
					if g == from {
						group[i] = to
					}
				}
			}
		}
	}
	p.Barrier = math.Inf(1)
	share := make([]float64, k)
	for a, g := range group {
		share[g] += ref.Share[a]
		for b := range a {
			if group[b] != g {
				p.Barrier = min(p.Barrier, deep[a][b])
			}
		}
	}
	for _, s := range share {
		if s > 0 {
			p.Shares = append(p.Shares, s)
		}
	}
	slices.Sort(p.Shares)
	slices.Reverse(p.Shares)
	if p.Modes = len(p.Shares); p.Modes < 2 {
		p.Barrier = 0
	}
	return nil
}

// barrier is how far log q sinks between the ends of a line below the lower of
// them; NaN counts as weight zero, and a wall of it as 10⁶ nats.
func barrier(line []float64) float64 {
	low := 0.0
	ends := min(line[0], line[len(line)-1])
	for _, l := range line[1 : len(line)-1] {
		d := ends - l
		if !(d < 1e6) {
			d = 1e6
		}
		low = max(low, d)
	}
	return low
}
