package mcmc

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// rejection takes prior draws with probability min(1, w/M) (von Neumann 1951).
// Where w ≤ M everywhere the draws are independent draws from q. A point above
// the cap is an overweight and is never cut: it carries the weight w/M, or is
// recorded w/M times on average, so that weighted means stay those of q.
//
// M comes from a pilot of its own prior draws, hence it does not depend on the
// draws it judges.
type rejection struct {
	run
	logCap   float64
	expected float64 // share of prior draws that the pilot expects to be taken
	pilot    float64 // effective size of the pilot

	weights         []float64 // of the recorded points; carry only
	overweights     int64
	maxOver         float64 // largest w/M
	mass, sq, above float64 // Σ v, Σ v² over points, v = max(1, w/M) or the copies; Σ v above the cap

	z    []float32
	logw []float64
	tmp  []float64
}

// RejectionStats reports on rejection. Weights are in units of the cap M.
type RejectionStats struct {
	LogCap          float64 `json:"log_cap"`          // log M
	Expected        float64 `json:"expected"`         // efficiency that the pilot foresees
	Efficiency      float64 `json:"efficiency"`       // points taken per prior draw
	PilotSize       float64 `json:"pilot_size"`       // Kish's effective size of the pilot's weights
	Overweights     int64   `json:"overweights"`      // points above the cap
	OverweightShare float64 `json:"overweight_share"` // their share of the output's weight
	MaxOverweight   float64 `json:"max_overweight"`   // largest w/M
}

const (
	minEfficiency = 1e-6 // below it rejection is refused
	minPilot      = 10   // effective draws of the pilot below which there is no telling a cap
	maxLogOver    = 30   // log w/M beyond which the pilot was blind
)

func newRejection(r run) *rejection {
	n := r.cfg.Chains
	return &rejection{run: r, z: make([]float32, n*r.dim), logw: make([]float64, n), tmp: make([]float64, n)}
}

// begin runs the pilot.
func (s *rejection) begin(start []float32) error {
	if start != nil {
		return errors.New("independent draws take no start")
	}
	_, logw, err := s.w.weighted(s.cfg.Pilot, s.stream.Sub("pilot"))
	if err != nil {
		return fmt.Errorf("pilot: %w", err)
	}
	s.logCap, s.expected, s.pilot, err = WeightCap(logw, s.cfg.CapQuantile)
	if err != nil {
		return fmt.Errorf("pilot: %w", err)
	}
	if s.pilot < minPilot {
		return &UnevenError{s.cfg.Pilot, s.pilot}
	}
	if s.expected < minEfficiency {
		return fmt.Errorf("a share of %.1e of the prior draws would be taken, below %.0e; use %q", s.expected, minEfficiency, Tempering)
	}
	return nil
}

// WeightCap returns the cap of rejection for prior draws of log-weights logw: the
// log-weight below which the share quantile of the total weight lies; the share of the
// draws that is taken with it, and Kish's effective size of their weights. Error: all
// weights are zero.
func WeightCap(logw []float64, quantile float64) (logCap, efficiency, size float64, err error) {
	sorted := slices.Clone(logw)
	slices.Sort(sorted)
	top := sorted[len(sorted)-1]
	if math.IsInf(top, -1) {
		return 0, 0, 0, fmt.Errorf("all %d weights are zero", len(logw))
	}
	total := 0.0
	for _, l := range sorted {
		total += math.Exp(l - top)
	}
	sum := 0.0
	logCap = top
	for _, l := range sorted {
		if sum += math.Exp(l - top); sum >= quantile*total {
			logCap = l
			break
		}
	}
	if quantile == 1 {
		logCap = top
	}
	for _, l := range sorted {
		efficiency += math.Exp(min(0, l-logCap)) / float64(len(logw))
	}
	return logCap, efficiency, kish(logw), nil
}

// kish is (Σw)²/Σw² of log-weights (Kish 1965); 0 if all are zero.
func kish(logw []float64) float64 {
	top := slices.Max(logw)
	if math.IsInf(top, -1) {
		return 0
	}
	var sum, sq float64
	for _, l := range logw {
		w := math.Exp(l - top)
		sum += w
		sq += w * w
	}
	return sum * sum / sq
}

func (s *rejection) rows() int { return len(s.draws) / s.dim }

func (s *rejection) Done() bool { return s.rows() >= s.cfg.Samples }

func (s *rejection) Progress() (done, total int) { return min(s.rows(), s.cfg.Samples), s.cfg.Samples }

func (s *rejection) Draws() Draws { return s.independent(s.Samples()) }

func (s *rejection) Samples() []float32 { return s.draws }

func (s *rejection) Weights() []float64 {
	if s.overweights == 0 || s.cfg.Overweight == OverweightRepeat {
		return nil
	}
	return s.weights
}

// Step judges one block of prior draws.
func (s *rejection) Step() error {
	if s.Done() {
		return s.finished()
	}
	if limit := 100 + 20*float64(s.cfg.Samples)/(s.expected*float64(s.cfg.Chains)); float64(s.step) > limit {
		return fmt.Errorf("mcmc: rejection took %d of %d prior draws, below a twentieth of the share %.2g that the pilot found", s.accepted, s.trials, s.expected)
	}
	t := uint64(s.step)
	if err := s.w.draw(s.z, s.stream.Sub("draw"), t); err != nil {
		return fmt.Errorf("mcmc: rejection: %w", err)
	}
	if err := s.w.weights(s.z, s.logw, s.tmp); err != nil {
		return fmt.Errorf("mcmc: rejection: block %d: %w", s.step, err)
	}
	for i, l := range s.logw {
		if l-s.logCap > maxLogOver {
			return fmt.Errorf("mcmc: rejection: block %d: a weight exceeds the cap %.0f-fold in its logarithm, which the pilot of %d draws has missed; raise Pilot or use %q",
				s.step, l-s.logCap, s.cfg.Pilot, Tempering)
		} else if s.Done() {
			break
		}
		s.judge(t, i, l-s.logCap)
	}
	s.step++
	return nil
}

// judge takes or leaves row i of the block, whose weight is exp(log) caps.
func (s *rejection) judge(t uint64, i int, log float64) {
	accept := s.stream.Sub("accept")
	s.trials++
	if math.Log(accept.Uniform(t, uint64(i), 0)) >= log {
		return
	}
	s.accepted++
	w := math.Exp(max(0, log))
	copies := 1
	if w > 1 {
		s.overweights++
		s.maxOver = max(s.maxOver, w)
		if s.cfg.Overweight == OverweightRepeat {
			whole := math.Floor(w)
			if accept.Uniform(t, uint64(i), 1) < w-whole {
				whole++
			}
			w = min(whole, float64(s.cfg.Samples-s.rows()))
			copies = int(w)
		}
		s.above += w
	}
	s.mass += w
	s.sq += w * w
	for range copies {
		s.draws = append(s.draws, s.z[i*s.dim:(i+1)*s.dim]...)
	}
	if s.cfg.Overweight == OverweightCarry {
		s.weights = append(s.weights, w)
	}
}

func (s *rejection) Stats() Stats {
	out := s.stats()
	out.Exact = true
	r := &RejectionStats{LogCap: s.logCap, Expected: s.expected, Efficiency: out.Accept, PilotSize: s.pilot, Overweights: s.overweights, MaxOverweight: s.maxOver}
	if s.mass > 0 {
		r.OverweightShare = s.above / s.mass
		out.Size = s.mass * s.mass / s.sq
	}
	out.Rejection = r
	return out
}

func (s *rejection) state() []any {
	return append(s.run.state(), &s.logCap, &s.expected, &s.pilot, &s.weights, &s.overweights, &s.maxOver, &s.mass, &s.sq, &s.above)
}

// UnevenError tells that weights are too uneven for rejection.
type UnevenError struct {
	Pilot int     // prior draws
	Worth float64 // what they are worth in independent draws
}

func (e *UnevenError) Error() string {
	return fmt.Sprintf("the weights of the pilot's %d prior draws are worth %.1f draws, below %d, and give no cap; raise Pilot or use %q", e.Pilot, e.Worth, minPilot, Tempering)
}
