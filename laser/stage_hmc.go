package laser

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"time"

	"etalon/internal/atomicfile"
	"etalon/mcmc"
	"etalon/rundir"
)

// hmcProgress is what a checkpoint of the HMC stage holds.
type hmcProgress struct {
	State    mcmc.State
	Accept   []float64 // share of accepted proposals, one for each proposal after burn-in
	StepSize []float64 // ε of each proposal
	Seconds  float64   // of all sessions
}

// hmcSummary is hmc.json.
type hmcSummary struct {
	Chains      int                    `json:"chains"`
	N           int                    `json:"n"`
	StepSize    float64                `json:"step_size"`
	Leapfrog    float64                `json:"leapfrog"` // mean number of steps of a proposal
	Accept      float64                `json:"accept"`
	Divergences int64                  `json:"divergences"`
	MaxRHat     float64                `json:"max_r_hat"`
	RHat        []float64              `json:"rhat"`
	ESSBulk     []float64              `json:"ess_bulk"`
	ESSTail     []float64              `json:"ess_tail"`
	IAT         []float64              `json:"iat"`
	Histogram   *mcmc.HistogramSize    `json:"histogram"` // effective size of the scored histogram
	EBFMI       float64                `json:"e_bfmi"`
	BurnIn      int                    `json:"burn_in"`
	GlobalMoves int                    `json:"global_moves"`
	GlobalAcc   float64                `json:"global_accept"`
	AcceptHist  []float64              `json:"accept_history"`
	StepHist    []float64              `json:"step_size_history"`
	Trace       map[string][][]float64 `json:"trace"`
}

// sampleHMC draws from the weighted latent space with Hamiltonian Monte Carlo and
// maps the latents to features.
func (r *Run) sampleHMC(ctx context.Context, rd *round) (string, error) {
	if rundir.Exists(r.path(hmcFile)) {
		return "", nil
	}
	space, err := r.space(rd)
	if err != nil {
		return "", err
	}
	target := space.Target
	cfg := r.cfg.HMC.mcmc(rd.g.prior())
	stream := r.stream("hmc")
	var p hmcProgress
	h, err := r.resumeHMC(cfg, target, &p)
	if err != nil {
		return "", err
	}
	if h == nil {
		start, err := r.startHMC(rd, cfg.Chains)
		if err != nil {
			return "", err
		}
		if h, err = mcmc.NewHMC(cfg, target, start, stream); err != nil {
			return "", err
		}
	}
	saved, begun := time.Now(), time.Now()
	for !h.Done() {
		if ctx.Err() != nil || time.Since(saved) > 10*time.Second {
			if err := r.saveHMC(h, &p, time.Since(begun)); err != nil {
				return "", err
			}
			saved = time.Now()
			if err := ctx.Err(); err != nil {
				done, total := h.Proposals()
				return "", fmt.Errorf("hmc: stopped after proposal %d of %d: %w", done, total, err)
			}
		}
		before := accepted(h)
		p.StepSize = append(p.StepSize, h.StepSize())
		if err := h.Step(); err != nil {
			return "", fmt.Errorf("hmc: %w", err)
		}
		done, total := h.Proposals()
		info := fmt.Sprintf("burn-in  step size %.3g", h.StepSize())
		if after := accepted(h); h.Activity().Proposals > 0 {
			p.Accept = append(p.Accept, (after-before)/float64(cfg.Chains))
			info = fmt.Sprintf("accepted %.3f", h.Activity().Accept)
		}
		r.d.Progress(done, total, info)
	}
	p.Seconds += time.Since(begun).Seconds()
	sum, err := r.finishHMC(rd, space, h, &p)
	if err != nil {
		return "", err
	}
	os.Remove(r.d.Checkpoint("hmc"))
	return fmt.Sprintf("%d draws of %d chains, accepted %.3f, max R̂ %.4f, N_eff of the histogram %.0f", sum.N, sum.Chains, sum.Accept, sum.MaxRHat, sum.Histogram.ESS), nil
}

// accepted is the number of accepted proposals of all chains after burn-in.
func accepted(h *mcmc.HMC) float64 {
	a := h.Activity()
	return math.Round(a.Accept * float64(a.Proposals) * float64(len(a.ChainAccept)))
}

// startHMC draws the chains' first points: from the prior, resampled by weight
// unless the settings ask for the plain prior.
func (r *Run) startHMC(rd *round, chains int) ([]float32, error) {
	n := chains
	if r.cfg.HMC.Start == "weighted" {
		n = max(20*chains, 100_000)
	}
	z, logw, err := r.latents(rd, "hmc/start", n)
	if err != nil || r.cfg.HMC.Start == "prior" {
		return z, err
	}
	return mcmc.Start(z, logw, chains, r.stream("hmc/start"))
}

func (r *Run) saveHMC(h *mcmc.HMC, p *hmcProgress, session time.Duration) error {
	q := *p
	q.State = h.State()
	q.Seconds += session.Seconds()
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(&q); err != nil {
		return err
	}
	return atomicfile.WriteBytes(r.d.Checkpoint("hmc"), buf.Bytes())
}

// resumeHMC restores the checkpoint, or returns nil without one.
func (r *Run) resumeHMC(cfg mcmc.HMCConfig, target mcmc.Target, p *hmcProgress) (*mcmc.HMC, error) {
	data, err := os.ReadFile(r.d.Checkpoint("hmc"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = gob.NewDecoder(bytes.NewReader(data)).Decode(p)
	}
	var h *mcmc.HMC
	if err == nil {
		h, err = mcmc.Restore(cfg, target, r.stream("hmc"), p.State)
	}
	if err != nil {
		return nil, fmt.Errorf("hmc: the checkpoint %s cannot be used: %w; remove it to start the stage anew", r.d.Checkpoint("hmc"), err)
	}
	return h, nil
}

// finishHMC writes samples and diagnostics; hmc.json comes last.
func (r *Run) finishHMC(rd *round, space mcmc.Space, h *mcmc.HMC, p *hmcProgress) (*hmcSummary, error) {
	d, err := h.Diagnostics()
	if err != nil {
		return nil, err
	}
	z := h.Samples()
	x, err := rd.g.push(r.seed(rd), "hmc/x", z)
	if err != nil {
		return nil, err
	}
	size, err := r.histogramSize(x, h.Config().Chains)
	if err != nil {
		return nil, err
	}
	a := d.Sampler
	proposals, _ := h.Proposals()
	sum := &hmcSummary{
		Chains: d.Chains, N: d.Chains * d.Draws, StepSize: a.StepSize, Leapfrog: float64(a.Leapfrogs) / float64(proposals),
		Accept: a.Accept, Divergences: a.Divergences, MaxRHat: d.MaxRHat, Histogram: &size, EBFMI: a.MeanEBFMI, BurnIn: a.BurnIn,
		GlobalMoves: a.GlobalMoves, GlobalAcc: a.GlobalAccept, AcceptHist: p.Accept, StepHist: p.StepSize, Trace: map[string][][]float64{},
	}
	for _, c := range d.Columns {
		sum.RHat = append(sum.RHat, c.RHat)
		sum.ESSBulk = append(sum.ESSBulk, c.ESSBulk)
		sum.ESSTail = append(sum.ESSTail, c.ESSTail)
		sum.IAT = append(sum.IAT, c.Tau)
	}
	const traceChains, traceDraws = 8, 2000
	draws := h.Draws()
	for col := range min(2, draws.Dim) {
		var chains [][]float64
		for c := range min(traceChains, draws.Chains) {
			t := make([]float64, min(draws.N, traceDraws))
			for i := range t {
				t[i] = float64(draws.At(c, i, col))
			}
			chains = append(chains, t)
		}
		sum.Trace[fmt.Sprintf("z%d", col+1)] = chains
	}
	if err := r.assess(rd, space, h, p.Seconds, size.ESS); err != nil {
		return nil, err
	}
	if err := r.writeSample(rd, "hmc", sample{z, x}); err != nil {
		return nil, err
	}
	return sum, rundir.WriteJSON(r.path(hmcFile), sum)
}

// histogramSize is the effective size of the histogram of correlated points x, in
// the order draw by draw, chain by chain.
func (r *Run) histogramSize(x []float32, chains int) (mcmc.HistogramSize, error) {
	h, err := r.grid()
	if err != nil {
		return mcmc.HistogramSize{}, err
	}
	pair, cells := r.compared(x), h.NX*h.NY
	n := len(pair) / 2 / chains * chains
	counts := make([]uint32, chains*cells)
	for i := range n {
		if b := h.Bin(float64(pair[2*i]), float64(pair[2*i+1])); b >= 0 {
			counts[i%chains*cells+b]++
		}
	}
	size, err := mcmc.HistogramESS(counts, chains, cells, n/chains)
	size.ESS = min(size.ESS, size.N)
	return size, err
}
