package showers

import (
	"context"
	"fmt"
	"math"
	"slices"

	"etalon/calo"
	"etalon/dataset"
	"etalon/dctr"
	"etalon/generator"
	"etalon/mcmc"
	"etalon/rundir"
)

// leastEfficiency is the share of proposed showers that rejection must accept.
const leastEfficiency = 1e-3

const rejectionFile = "rejection.json"

// rejectionRecord is rejection.json: how showers are proposed and accepted.
type rejectionRecord struct {
	LogCap float64 `json:"log_cap"` // of what a shower is accepted by
	// Latents tells that latents are proposed from ν(z)·p(z), with ν bounded by
	// exp(LogNuCap), and showers accepted by w(x)/ν(z), not by w(x).
	Latents  bool    `json:"latents"`
	LogNuCap float64 `json:"log_nu_cap"`
	Tried    int     `json:"tried"`
	Accepted int     `json:"accepted"`
	Repeated int     `json:"repeated"` // accepted more than once: above the cap
}

func (r rejectionRecord) String() string {
	from := ""
	if r.Latents {
		from = " of refined latents"
	}
	return fmt.Sprintf("%.1f %% of %d showers%s accepted, %d of them more than once", 100*float64(r.Accepted)/float64(r.Tried), r.Tried, from, r.Repeated)
}

// accept makes unweighted showers: generated ones, each accepted with a probability
// proportional to its weight. All latents, hidden ones too, then follow the weights.
// Where latents carry much of the weight, they are proposed from ν(z)·p(z), and showers
// accepted by the rest of their weight, w(x)/ν(z).
func (r *Run) accept(ctx context.Context) (string, error) {
	r.accepted = r.own(methodAccepted, r.cfg.Refine.Showers)
	note := ""
	if !rundir.Exists(r.accepted.path) || !rundir.Exists(r.d.Path(rejectionFile)) {
		rec, efficiency, err := r.planAcceptance()
		if err != nil {
			return "", err
		}
		if efficiency < leastEfficiency {
			return r.leaveOut(methodAccepted, fmt.Sprintf("it would accept %.2g of the showers: the generator makes next to nothing where much of the truth is", efficiency)), nil
		}
		p, err := r.newProposer(rec)
		if err != nil {
			return "", err
		}
		if err := r.writeShowers(ctx, r.accepted.path, r.latentsPath(r.accepted), r.accepted.len(), p.fill); err != nil {
			return "", err
		}
		if err := rundir.WriteJSON(r.d.Path(rejectionFile), p.rejectionRecord); err != nil {
			return "", err
		}
		note = p.String()
	}
	done := 0
	return note, r.observeSet(ctx, &r.accepted, &done, r.accepted.len())
}

// planAcceptance finds the caps from the showers that are scored, and the way of proposing
// that accepts more.
func (r *Run) planAcceptance() (rec rejectionRecord, efficiency float64, err error) {
	q := r.cfg.Refine.CapQuantile
	if rec.LogCap, efficiency, _, err = mcmc.WeightCap(r.logits, q); err != nil || r.nu == nil {
		return rec, efficiency, err
	}
	z, err := dataset.Read(r.latentsPath(r.gen.score), dataset.ReadOptions{MaxBytes: r.memory})
	if err != nil {
		return rec, 0, err
	}
	logNu, err := r.nu.Logits(r.e, z.Data)
	if err != nil {
		return rec, 0, err
	}
	other := rejectionRecord{Latents: true}
	if other.LogNuCap, _, _, err = mcmc.WeightCap(logNu, q); err != nil {
		return rec, 0, err
	}
	var share float64
	other.LogCap, share = restCap(r.logits, logNu, other.LogNuCap, q)
	if share > efficiency {
		return other, share, nil
	}
	return rec, efficiency, nil
}

// restCap returns the cap of rejection by w/ν for prior draws with the log-weights logw and
// logNu, the latter bounded by nuCap: that below which the share q of the total weight lies.
// With it the given share of proposals, which follow ν, is accepted.
func restCap(logw, logNu []float64, nuCap, q float64) (logCap, efficiency float64) {
	most := slices.Max(logw)
	rest, order := make([]float64, len(logw)), make([]int, len(logw))
	total := 0.0
	for i, l := range logw {
		rest[i], order[i] = l-min(logNu[i], nuCap), i
		total += math.Exp(l - most)
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case rest[a] < rest[b]:
			return -1
		case rest[a] > rest[b]:
			return 1
		}
		return a - b
	})
	sum := 0.0
	for _, i := range order {
		logCap = rest[i]
		if sum += math.Exp(logw[i] - most); sum >= q*total {
			break
		}
	}
	var accepted, proposed float64
	for i := range logw {
		nu := math.Exp(min(logNu[i], nuCap) - nuCap)
		proposed += nu
		accepted += nu * math.Exp(min(rest[i]-logCap, 0))
	}
	return logCap, accepted / proposed
}

// proposer accepts showers of the generator by their weights.
type proposer struct {
	rejectionRecord
	r        *Run
	o        *calo.Observables
	next     uint64 // number of the next proposal
	z, x     []float32
	logNu    []float64 // of the block's latents, bounded; 0 where they are the prior's
	features []float32
	row      []float64
	queue    []int // accepted rows of the block
	latents  *latentProposer
}

func (r *Run) newProposer(rec rejectionRecord) (*proposer, error) {
	o, err := calo.NewObservables(r.shape, r.cfg.HighLevel.Observables...)
	if err != nil {
		return nil, err
	}
	rec.Tried, rec.Accepted, rec.Repeated = 0, 0, 0
	p := &proposer{rejectionRecord: rec, r: r, o: o,
		z: make([]float32, blockShowers*r.sim.LatentDim()), x: make([]float32, blockShowers*r.shape.Cells()),
		logNu: make([]float64, blockShowers), features: make([]float32, blockShowers*o.Len()), row: make([]float64, o.Len())}
	if rec.Latents {
		p.latents, err = r.newLatentProposer(rec.LogNuCap)
	}
	return p, err
}

// fill gives the next accepted showers.
func (p *proposer) fill(_ int, z, x []float32) error {
	l, d := p.r.sim.LatentDim(), p.r.shape.Cells()
	for i := range len(x) / d {
		for len(p.queue) == 0 {
			if err := p.propose(); err != nil {
				return err
			}
		}
		k := p.queue[0]
		p.queue = p.queue[1:]
		copy(z[i*l:(i+1)*l], p.z[k*l:(k+1)*l])
		copy(x[i*d:(i+1)*d], p.x[k*d:(k+1)*d])
	}
	return nil
}

// draw makes the block's showers.
func (p *proposer) draw() error {
	r := p.r
	row := generator.RowBase(r.cfg.Seed, methodAccepted) + p.next
	if p.latents == nil {
		return generator.NewSimulatorSampler(r.sim, r.cfg.Seed, methodAccepted).Draw(row, p.z, p.x)
	}
	if err := p.latents.fill(p.z, p.logNu); err != nil {
		return err
	}
	return r.sim.Generate(row, p.z, p.x)
}

// propose draws a block of showers and queues those that are accepted. A weight above
// the cap is accepted floor(w/cap) times, and once more by chance.
func (p *proposer) propose() error {
	r := p.r
	d, n := r.shape.Cells(), p.o.Len()
	if err := p.draw(); err != nil {
		return err
	}
	cut := float32(r.cut())
	for i, v := range p.x {
		if v < cut {
			p.x[i] = 0
		}
	}
	for i := range blockShowers {
		p.o.Compute(p.row, p.x[i*d:(i+1)*d])
		for j, v := range p.row {
			p.features[i*n+j] = float32(v)
		}
	}
	logits, err := r.f.Logits(r.e, p.features)
	if err != nil {
		return err
	}
	u := r.stream("showers/accept")
	for i, l := range logits {
		ratio := math.Exp(l - p.logNu[i] - p.LogCap)
		times := int(ratio)
		if u.Uniform(0, p.next+uint64(i), 0) < ratio-float64(times) {
			times++
		}
		p.Tried++
		if times > 0 {
			p.Accepted++
		}
		if times > 1 {
			p.Repeated++
		}
		for range times {
			p.queue = append(p.queue, i)
		}
	}
	p.next += blockShowers
	return nil
}

// latentProposer draws latents of density proportional to p(z)·min(ν(z), cap), by
// rejection.
type latentProposer struct {
	r     *Run
	nu    dctr.Weigher
	cap   float64 // logarithm
	draw  *generator.SimulatorSampler
	next  uint64
	z, x  []float32
	logNu []float64
	queue []int
}

func (r *Run) newLatentProposer(logCap float64) (*latentProposer, error) {
	l := r.sim.LatentDim()
	sim, err := generator.NewSimulator(r.e, generator.NewIdentity(l, r.sim.Prior()))
	if err != nil {
		return nil, err
	}
	return &latentProposer{r: r, nu: r.nu, cap: logCap, draw: generator.NewSimulatorSampler(sim, r.cfg.Seed, "showers/proposed latents"),
		z: make([]float32, latentBlock*l), x: make([]float32, latentBlock*l)}, nil
}

// fill gives the next latents and their ln min(ν, cap).
func (p *latentProposer) fill(z []float32, logNu []float64) error {
	l := p.r.sim.LatentDim()
	u := p.r.stream("showers/accept latents")
	for i := range logNu {
		for len(p.queue) == 0 {
			if err := p.draw.Draw(p.next, p.z, p.x); err != nil {
				return err
			}
			var err error
			if p.logNu, err = p.nu.Logits(p.r.e, p.z); err != nil {
				return err
			}
			for k, v := range p.logNu {
				if u.Uniform(0, p.next+uint64(k), 0) < math.Exp(v-p.cap) {
					p.queue = append(p.queue, k)
				}
			}
			p.next += latentBlock
		}
		k := p.queue[0]
		p.queue = p.queue[1:]
		copy(z[i*l:(i+1)*l], p.z[k*l:(k+1)*l])
		logNu[i] = min(p.logNu[k], p.cap)
	}
	return nil
}
