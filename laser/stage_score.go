package laser

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/hist"
	"etalon/mcmc"
	"etalon/metric"
	"etalon/report"
	"etalon/rundir"
	"etalon/version"
)

// Score compares one sample with the truth.
type Score struct {
	Method string  `json:"method"`
	N      int     `json:"n"`
	NEff   float64 `json:"n_eff"`
	Values
	// S2Noise is the expectation of s2_hist for samples of one density with these errors.
	S2Noise float64 `json:"s2_hist_noise"`
	// Columns are scores of single columns, all those of the truth in order.
	Columns []ColumnScore `json:"columns"`
	// Conditions are scores of each other column at each condition.
	Conditions []ConditionScore `json:"conditions,omitempty"`
	Betti      *[2]int          `json:"betti,omitempty"`
	// Modes says how the sample fills the modes of a truth density that has them. Its
	// points are taken as independent: of Markov chains the p-value is too small.
	Modes *metric.Modes `json:"modes,omitempty"`
	// Floor is the mean score of independent truth samples of FloorN points: n_eff, of
	// weighted points the effective size of their histogram (metric.HistogramSize), or
	// fewer where a truth file has no more. FloorSpread is the standard deviation of the
	// score of one of them; nil where there is only one.
	Floor       *Values `json:"floor,omitempty"`
	FloorSpread *Values `json:"floor_spread,omitempty"`
	FloorN      int     `json:"floor_n,omitempty"`
}

// Values are the distances between two histograms, in both conventions: JSD in
// nats and EMD in data units, and as LaSeR prints them; ⟨S²⟩ in [0, 1], and as DCTRGAN
// prints it.
type Values struct {
	JSD       float64 `json:"jsd"`
	EMD       float64 `json:"emd"`
	JSDPaper  float64 `json:"jsd_paper"`
	EMDPaper  float64 `json:"emd_paper"`
	S2        float64 `json:"s2_hist"`
	S2Density float64 `json:"s2_hist_density"` // S2 divided by the area of a bin
}

// Compare scores histogram q against the truth p.
func Compare(p, q *hist.H2) (Values, error) {
	var v Values
	var err error
	if v.JSD, err = metric.JSD(p, q); err != nil {
		return v, err
	}
	if v.JSDPaper, err = metric.PaperJSD(p, q); err != nil {
		return v, err
	}
	s, err := metric.NewSeparation2(p, q)
	if err != nil {
		return v, err
	}
	v.S2, v.S2Density = s.S2, s.Density
	emd, err := metric.SolveEMD(p, q)
	v.EMD, v.EMDPaper = emd.Value, emd.Paper
	return v, err
}

// metrics is metrics.json. It holds nothing that differs between two runs of one
// configuration: wall-clock times are in timings.json.
type metrics struct {
	Name    string      `json:"name"`
	Preset  string      `json:"preset"`
	Seed    uint64      `json:"seed"`
	Version string      `json:"version"`
	N       int         `json:"n"`
	Bins    int         `json:"bins"`
	Range   []float64   `json:"range"`
	Columns []int       `json:"columns"` // of the samples, that are compared
	Stages  []stageName `json:"stages"`
	Scores  []Score     `json:"scores"`
	Floor   Values      `json:"floor"` // at n points
	// FloorSpread is that of one truth sample, of floors in all.
	FloorSpread *Values        `json:"floor_spread,omitempty"`
	Floors      int            `json:"floors"`
	FloorN      int            `json:"floor_n"`
	TruthBetti  [2]int         `json:"truth_betti"`
	Weights     weightsSummary `json:"weights"`
	Generator   string         `json:"generator"` // kind of the primary generator
	PullBack    string         `json:"pull_back"` // of the weights to its latents: direct or omnifold
	// Classifier is the first round's, trained with binary cross-entropy and rows held out.
	Classifier *classifierSummary `json:"classifier,omitempty"`
	Closure    *dctr.Closure      `json:"closure,omitempty"`
	// Truth is of a truth file with weights.
	Truth    *truthSummary  `json:"truth,omitempty"`
	Polish   *polishSummary `json:"polish,omitempty"`
	Warnings []string       `json:"warnings,omitempty"` // what makes scores or weights suspect
}

// stageName lists a stage; its seconds are null here and stand in timings.json.
type stageName struct {
	Name    string   `json:"name"`
	Seconds *float64 `json:"seconds"`
}

// polishSummary says what the acceptance of the refiner's points does to them.
type polishSummary struct {
	Efficiency float64 `json:"efficiency"` // share that is accepted
	Overweight float64 `json:"overweight"` // share of the weight beyond the cap
}

type weightsSummary struct {
	NEff             float64  `json:"n_eff"`
	NEffFraction     float64  `json:"n_eff_fraction"`
	MaxShare         float64  `json:"max_share"`
	Max              float64  `json:"max"`
	Min              float64  `json:"min"`
	ExactCorrelation *float64 `json:"exact_correlation,omitempty"`
	// ExactTrimmed is the correlation without the points of the most extreme exact
	// log-weights, one in ten thousand on either side.
	ExactTrimmed *float64 `json:"exact_correlation_trimmed,omitempty"`
	ExactRMSE    *float64 `json:"exact_rmse,omitempty"` // of the log-weights, nats
}

// candidate is a sample to be scored.
type candidate struct {
	method string
	x      []float32
	logw   []float64
	nEff   float64
}

// score fills the histograms of all methods and compares them with the truth's.
func (r *Run) score(context.Context) (string, error) {
	path := r.path(rundir.MetricsFile)
	if rundir.Exists(path) {
		return "", nil
	}
	truth, err := r.truthHistogram()
	if err != nil {
		return "", err
	}
	m := &metrics{
		Name: r.cfg.Name, Preset: r.cfg.Preset, Seed: r.cfg.Seed, Version: version.String(), N: r.cfg.Score.Points,
		Bins: r.cfg.Score.Bins, Range: r.truth.rng[:2*len(r.cfg.Score.Columns)], Columns: r.cfg.Score.Columns,
	}
	m.Generator, m.PullBack = r.cfg.Generator.Kind, "direct"
	if !r.cfg.Network() {
		m.PullBack = "omnifold"
	}
	if r.cfg.Closure.Points > 0 {
		m.Closure = &dctr.Closure{}
		if err := rundir.ReadJSON(r.path(closureFile), m.Closure); err != nil {
			return "", err
		}
	}
	for _, s := range r.stages() {
		m.Stages = append(m.Stages, stageName{Name: s.Name})
	}
	if m.Classifier, err = r.summariseClassifier(); err != nil {
		return "", err
	}
	m.TruthBetti[0], m.TruthBetti[1] = metric.Betti(truth)
	m.Truth = r.summariseTruth()
	list, err := r.candidates()
	if err != nil {
		return "", err
	}
	if m.Weights, err = r.summariseWeights(list[1]); err != nil {
		return "", err
	}
	if err := r.compareAll(truth, list, m); err != nil {
		return "", err
	}
	if c := r.rounds[0].refined; c != nil && c.Accept != nil {
		m.Polish = &polishSummary{c.Accept.Efficiency, c.Accept.Overweight}
	}
	m.warn()
	r.warnConditions(m)
	if err := r.setReferences(m); err != nil {
		return "", err
	}
	if err := rundir.WriteJSON(path, m); err != nil {
		return "", err
	}
	note := "JSD/floor:"
	for _, s := range m.Scores {
		note += fmt.Sprintf(" %s %.3f", s.Method, s.JSD/s.Floor.JSD)
	}
	return note, nil
}

// methods lists the rows of the scores in order, each with the file of its points.
func (r *Run) methods() []string {
	var list []string
	for _, rd := range r.rounds {
		switch {
		case rd.number == 1:
			list = append(list, "baseline", "dctr", "direct", "rejection", "hmc")
			for _, m := range r.cfg.Samplers.list() {
				list = append(list, string(m))
			}
		case r.cfg.Iterate.Kind == iterateContinue:
			list = append(list, rd.name("baseline"), rd.name("dctr"))
		default: // its baseline is the refiner of the round before
			list = append(list, rd.name("dctr"))
		}
		list = append(list, rd.name("refiner"), rd.name("laser"))
	}
	return list
}

// candidates reads the samples back from their files. A method whose file the run has
// not made is no candidate.
func (r *Run) candidates() ([]candidate, error) {
	samplers, err := r.readSamplers()
	if err != nil {
		return nil, err
	}
	var list []candidate
	for _, name := range r.methods() {
		file, weights := name, ""
		if number, ok := strings.CutPrefix(name, "dctr"); ok {
			file, weights = "baseline"+number, "log_weights"+number
		}
		if !rundir.Exists(r.samplePath(file)) {
			continue
		}
		c := candidate{method: name}
		if c.x, err = r.readRows(file, r.truth.dim); err != nil {
			return nil, err
		}
		c.nEff = float64(len(c.x) / r.truth.dim)
		if weights != "" {
			if c.logw, err = dataset.ReadFloat64(r.samplePath(weights)); err != nil {
				return nil, err
			}
			c.nEff = metric.KishESS(c.logw)
		} else if s := samplers.report(mcmc.Method(name)); s != nil && s.HistogramESS > 0 {
			c.nEff = min(c.nEff, s.HistogramESS)
		}
		list = append(list, c)
	}
	return list, nil
}

// truthFloor is the score of independent truth samples of n points.
type truthFloor struct {
	n            int
	each         []Values
	mean, spread *Values
}

// finish sets mean and spread of the samples.
func (f *truthFloor) finish() {
	k := float64(len(f.each))
	f.mean = &Values{}
	if k > 1 {
		f.spread = &Values{}
	}
	for _, of := range []func(*Values) *float64{
		func(v *Values) *float64 { return &v.JSD }, func(v *Values) *float64 { return &v.EMD },
		func(v *Values) *float64 { return &v.JSDPaper }, func(v *Values) *float64 { return &v.EMDPaper },
		func(v *Values) *float64 { return &v.S2 }, func(v *Values) *float64 { return &v.S2Density },
	} {
		for i := range f.each {
			*of(f.mean) += *of(&f.each[i]) / k
		}
		if f.spread == nil {
			continue
		}
		for i := range f.each {
			d := *of(&f.each[i]) - *of(f.mean)
			*of(f.spread) += d * d / (k - 1)
		}
		*of(f.spread) = math.Sqrt(*of(f.spread))
	}
}

// compareAll scores every candidate, and independent truth samples of its effective
// size, several at a time.
func (r *Run) compareAll(truth *hist.H2, list []candidate, m *metrics) error {
	m.Scores = make([]Score, len(list))
	type job struct {
		h *hist.H2
		v *Values
	}
	var jobs []job
	worth, err := r.truthWorth()
	if err != nil {
		return err
	}
	floors := map[int]*truthFloor{}
	floor := func(n int) (*truthFloor, error) {
		if n = max(n, 1); math.Abs(float64(n-r.cfg.Score.Points)) < 0.005*float64(r.cfg.Score.Points) {
			n = r.cfg.Score.Points // half a per cent is less than what the floor scatters by
		}
		if r.truth.spare > 0 {
			n = min(n, max(int(worth*float64(r.truth.spare)), 1))
		}
		if f := floors[n]; f != nil {
			return f, nil
		}
		f := &truthFloor{n: n, each: make([]Values, 0, r.cfg.Score.Floors)}
		floors[n] = f
		for k := range r.cfg.Score.Floors {
			s := r.truth.independent(int(math.Round(float64(n)/worth)), k)
			if s.X == nil {
				break
			}
			h, err := r.histogram(s.X, logarithms(s.W))
			if err != nil {
				return nil, err
			}
			f.each = append(f.each, Values{})
			jobs = append(jobs, job{h, &f.each[k]})
		}
		return f, nil
	}
	whole, err := floor(r.cfg.Score.Points)
	if err != nil {
		return err
	}
	of := make([]*truthFloor, len(list))
	for i, c := range list {
		h, err := r.histogram(c.x, c.logw)
		if err != nil {
			return err
		}
		b0, b1 := metric.Betti(h)
		s := &m.Scores[i]
		*s = Score{Method: c.method, N: len(c.x) / r.truth.dim, NEff: c.nEff, Betti: &[2]int{b0, b1}}
		jobs = append(jobs, job{h, &s.Values})
		separation, err := metric.NewSeparation2(truth, h)
		if err != nil {
			return err
		}
		s.S2Noise = separation.Noise
		size := c.nEff
		if c.logw != nil { // Kish's number also counts that some regions hardly count
			size = metric.HistogramSize(h)
		}
		if of[i], err = floor(int(math.Round(min(size, float64(s.N))))); err != nil {
			return err
		}
	}
	if d, ok := r.density.(dataset.Multimodal); ok {
		centres, sigma := d.Modes()
		for i, c := range list {
			if m.Scores[i].Modes, err = metric.ModeCoverage(metric.Cloud{X: c.x, Dim: r.truth.dim, LogW: c.logw}, metric.ModeOptions{Centres: centres, Sigma: sigma}); err != nil {
				return err
			}
		}
	}
	if err := r.scoreColumns(list, m.Scores); err != nil {
		return err
	}
	if err := r.scoreConditions(list, m.Scores); err != nil {
		return err
	}
	var mu sync.Mutex
	var first error
	done := 0
	r.e.Do(len(jobs), func(_, i int) {
		v, err := Compare(truth, jobs[i].h)
		*jobs[i].v = v
		mu.Lock()
		defer mu.Unlock()
		if err != nil && first == nil {
			first = err
		}
		done++
		r.d.Progress(done, len(jobs), "JSD and exact EMD")
	})
	for _, f := range floors {
		f.finish()
	}
	for i, f := range of {
		m.Scores[i].Floor, m.Scores[i].FloorSpread, m.Scores[i].FloorN = f.mean, f.spread, f.n
	}
	m.Floor, m.FloorSpread, m.FloorN, m.Floors = *whole.mean, whole.spread, whole.n, len(whole.each)
	return first
}

// summariseWeights describes the weights and holds them against the exact ones
// where the truth has a formula.
func (r *Run) summariseWeights(c candidate) (weightsSummary, error) {
	s := weightsSummary{NEff: c.nEff, NEffFraction: c.nEff / float64(len(c.logw)), MaxShare: metric.MaxShare(c.logw), Min: math.Inf(1)}
	for _, l := range c.logw {
		s.Max, s.Min = max(s.Max, math.Exp(l)), min(s.Min, math.Exp(l))
	}
	if !rundir.Exists(r.samplePath("exact_log_weights")) {
		return s, nil
	}
	exact, err := dataset.ReadFloat64(r.samplePath("exact_log_weights"))
	if err != nil {
		return s, err
	}
	if len(exact) != len(c.logw) {
		return s, fmt.Errorf("%s: %d exact and %d learned weights", r.d, len(exact), len(c.logw))
	}
	corr := metric.Correlation(c.logw, exact, nil)
	m2 := 0.0
	for i := range exact {
		d := c.logw[i] - exact[i]
		m2 += d * d
	}
	rmse := math.Sqrt(m2 / float64(len(exact)))
	s.ExactCorrelation, s.ExactTrimmed, s.ExactRMSE = defined(corr), defined(trimmedCorrelation(c.logw, exact)), &rmse
	return s, nil
}

// warn says which samples are worth too little to be judged, and whether the weights
// failed their test.
func (m *metrics) warn() {
	const fewest, share = 1000, 0.01
	say := func(format string, args ...any) { m.Warnings = append(m.Warnings, fmt.Sprintf(format, args...)) }
	for _, s := range m.Scores {
		if n := float64(s.N); s.NEff < max(min(fewest, n/2), share*n) {
			say("%s: its %d points are worth %.0f independent ones, so that its score says nothing, however near its floor: the generator makes next to nothing where much of the truth is", s.Method, s.N, s.NEff)
		}
	}
	if c := m.Closure; c != nil && !c.Closed {
		say("dctr: %s", c.Verdict)
	}
}

// defined returns nil for the correlation of something that does not vary.
func defined(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// trimmedCorrelation is the correlation of a and b over the points whose b is not
// among the extreme ten-thousandth on either side. A handful of points that a
// generator throws far outside can carry most of the variance of exact log-weights,
// and there the data cannot tell how small a weight is.
func trimmedCorrelation(a, b []float64) float64 {
	sorted := slices.Clone(b)
	slices.Sort(sorted)
	cut := len(b) / 10_000
	lo, hi := sorted[cut], sorted[len(b)-1-cut]
	var x, y []float64
	for i, v := range b {
		if v >= lo && v <= hi {
			x, y = append(x, a[i]), append(y, v)
		}
	}
	return metric.Correlation(x, y, nil)
}

// report draws the figures and writes report.html.
func (r *Run) report(context.Context) (string, error) {
	// The times shown are those of the stages before this one.
	if err := r.d.WriteTimings(r.e.Threads()); err != nil {
		return "", err
	}
	if err := report.Build(r.d.String()); err != nil {
		return "", err
	}
	return r.path(rundir.ReportFile), nil
}
