package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// score is the row of one method in metrics.json.
type score struct {
	Method    string        `json:"method"`
	JSD       float64       `json:"jsd"` // nats
	EMD       float64       `json:"emd"` // data units
	JSDPaper  float64       `json:"jsd_paper"`
	EMDPaper  float64       `json:"emd_paper"`
	NEff      float64       `json:"n_eff"`
	N         float64       `json:"n"`
	S2        float64       `json:"s2_hist"` // ⟨S²⟩ of the histogram, in [0, 1]
	S2Density float64       `json:"s2_hist_density"`
	S2Noise   *float64      `json:"s2_hist_noise"`
	Columns   []columnScore `json:"columns"`
	// Conditions are of generators that are given some of the columns.
	Conditions []conditionScore `json:"conditions"`
	Betti      []int            `json:"betti"`
	Modes      *modes           `json:"modes"`
	Floor      *floor           `json:"floor"`
	Spread     *floor           `json:"floor_spread"` // of the score of one truth sample
}

// columnScore is the separation power of one column, and the dilution by the weights.
type columnScore struct {
	Column    int      `json:"column"`
	S2        float64  `json:"s2"`
	S2Density float64  `json:"s2_density"`
	Noise     float64  `json:"s2_noise"`
	R         *float64 `json:"r"`
	RError    *float64 `json:"r_error"`
}

// classifierRecord is what the classifier's validation loss tells of the generator.
type classifierRecord struct {
	Validation float64 `json:"validation_cross_entropy"` // nats
	JSDBound   float64 `json:"jsd_bound"`
	Epoch      int     `json:"epoch"` // kept
	Epochs     int     `json:"epochs"`
}

// modes says how a sample fills the modes of the truth: see metric.Modes.
type modes struct {
	Radius   float64    `json:"radius"`
	Within   float64    `json:"within"`
	Expected float64    `json:"within_expected"`
	Covered  int        `json:"covered"`
	Shares   []struct{} `json:"shares"`
	Chi2     float64    `json:"chi2"`
	DOF      int        `json:"dof"`
	P        float64    `json:"p"`
	MaxAbsZ  float64    `json:"max_abs_z"`
}

// floor holds the scores of an independent truth sample.
type floor struct {
	JSD      float64 `json:"jsd"`
	EMD      float64 `json:"emd"`
	JSDPaper float64 `json:"jsd_paper"`
	EMDPaper float64 `json:"emd_paper"`
	S2       float64 `json:"s2_hist"`
}

// weightSummary is the entry "weights" of metrics.json.
type weightSummary struct {
	NEff             float64  `json:"n_eff"`
	NEffFraction     float64  `json:"n_eff_fraction"`
	MaxShare         float64  `json:"max_share"`
	Max              float64  `json:"max"`
	Min              float64  `json:"min"`
	ExactCorrelation *float64 `json:"exact_correlation"`
	ExactTrimmed     *float64 `json:"exact_correlation_trimmed"`
	ExactRMSE        *float64 `json:"exact_rmse"`
}

// closure is the closure test of the weights: see dctr.Closure.
type closure struct {
	AUC      float64 `json:"auc"`
	AUCError float64 `json:"auc_error"`
	P        float64 `json:"p"`
	Closed   bool    `json:"closed"`
	Truth    float64 `json:"truth"`
}

type metrics struct {
	Name       string            `json:"name"`
	Preset     string            `json:"preset"`
	Seed       json.Number       `json:"seed"`
	Version    string            `json:"version"`
	N          int               `json:"n"`
	Scores     []score           `json:"scores"`
	Floor      *floor            `json:"floor"`
	Weights    *weightSummary    `json:"weights"`
	TruthBetti []int             `json:"truth_betti"`
	Range      []float64         `json:"range"` // x0, x1, y0, y1; of one column x0, x1
	Generator  string            `json:"generator"`
	PullBack   string            `json:"pull_back"`
	Closure    *closure          `json:"closure"`
	Classifier *classifierRecord `json:"classifier"`
	Warnings   []string          `json:"warnings"`
	Polish     *struct {
		Efficiency float64 `json:"efficiency"`
		Overweight float64 `json:"overweight"`
	} `json:"polish"`
	Columns []int `json:"columns"` // the features of the samples that are compared, two or one; absent: samples have two
	Bins    int   `json:"bins"`
}

type timings struct {
	Stages []struct {
		Name    string  `json:"name"`
		Seconds float64 `json:"seconds"`
	} `json:"stages"`
	Samplers []struct {
		Name    string  `json:"name"`
		Seconds float64 `json:"seconds"`
	} `json:"samplers"`
	Total   float64 `json:"total_seconds"`
	Threads int     `json:"threads"`
	CPU     string  `json:"cpu"`
	SIMD    string  `json:"simd"`
	Go      string  `json:"go"`
}

// curve is the history of one training.
type curve struct {
	X     []float64 `json:"x"` // steps
	Epoch []float64 `json:"epoch"`
	Train []float64 `json:"train"`
	Valid []float64 `json:"valid"`
	Disc  []float64 `json:"disc"`
	Gen   []float64 `json:"gen"`
	LR    []float64 `json:"lr"`
}

type history struct {
	Generator  *curve `json:"generator"`
	Flow       *curve `json:"flow"` // a generator of an older run
	Classifier *curve `json:"classifier"`
	Refiner    *curve `json:"refiner"`
}

type hmcRecord struct {
	Chains      int                    `json:"chains"`
	StepSize    float64                `json:"step_size"`
	Leapfrog    float64                `json:"leapfrog"` // mean steps of a proposal
	Accept      float64                `json:"accept"`
	Divergences int                    `json:"divergences"`
	RHat        []float64              `json:"rhat"`
	ESSBulk     []float64              `json:"ess_bulk"`
	ESSTail     []float64              `json:"ess_tail"`
	IAT         []float64              `json:"iat"`
	N           int                    `json:"n"`
	Trace       map[string][][]float64 `json:"trace"`
	AcceptHist  []float64              `json:"accept_history"`
	StepHist    []float64              `json:"step_size_history"`
}

const (
	maxRecord = 256 << 20 // bytes of a JSON file
	maxConfig = 1 << 20   // bytes of run.toml
	maxBins   = 500
)

// readLimited reads a whole file of at most limit bytes. A missing file is
// fs.ErrNotExist.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is missing: %w", path, fs.ErrNotExist)
		}
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s has more than %d bytes", path, limit)
	}
	return data, nil
}

// readJSON reads a JSON file into v.
func readJSON(path string, v any) error {
	data, err := readLimited(path, maxRecord)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s is not valid: %w", path, err)
	}
	return nil
}

func readMetrics(dir string) (*metrics, error) {
	path := filepath.Join(dir, "metrics.json")
	m := new(metrics)
	if err := readJSON(path, m); err != nil {
		return nil, err
	}
	if m.Bins == 0 {
		m.Bins = 100
	}
	if m.Bins < 1 || m.Bins > maxBins {
		return nil, fmt.Errorf("%s: bins is %d, expected 1 to %d", path, m.Bins, maxBins)
	}
	if c := m.Columns; c != nil && (len(c) < 1 || len(c) > 2 || slices.Min(c) < 0 || len(c) == 2 && c[0] == c[1]) {
		return nil, fmt.Errorf("%s: columns is %v, expected two different columns, from 0, or one", path, c)
	}
	if l := m.limits(); len(l) != 4 || !(l[0] < l[1]) || !(l[2] < l[3]) {
		return nil, fmt.Errorf("%s: range is %v, expected [x0, x1, y0, y1] with x0 < x1 and y0 < y1, or [x0, x1] of one column", path, m.Range)
	}
	if len(m.Scores) == 0 {
		return nil, fmt.Errorf("%s: scores are missing", path)
	}
	seen := map[string]bool{}
	for i := range m.Scores {
		s := &m.Scores[i]
		if s.Method == "" || seen[s.Method] {
			return nil, fmt.Errorf("%s: scores[%d] has no method of its own (%q)", path, i, s.Method)
		}
		seen[s.Method] = true
		if s.Floor == nil {
			s.Floor = m.Floor
		}
		if len(s.Betti) != 0 && len(s.Betti) != 2 {
			return nil, fmt.Errorf("%s: betti of %q has %d numbers, expected 2", path, s.Method, len(s.Betti))
		}
	}
	if len(m.TruthBetti) != 0 && len(m.TruthBetti) != 2 {
		return nil, fmt.Errorf("%s: truth_betti has %d numbers, expected 2", path, len(m.TruthBetti))
	}
	return m, nil
}

// line tells that one column is compared.
func (m *metrics) line() bool { return len(m.Columns) == 1 }

// limits are those of the histograms, x0, x1, y0, y1. One column has a second axis of a
// single bin of width 1, so that areas are widths.
func (m *metrics) limits() []float64 {
	if m.line() && len(m.Range) == 2 {
		return append(slices.Clone(m.Range), 0, 1)
	}
	return m.Range
}

// score returns the row of a method, or nil.
func (m *metrics) score(method string) *score {
	for i := range m.Scores {
		if m.Scores[i].Method == method {
			return &m.Scores[i]
		}
	}
	return nil
}

// check reports curves whose lengths disagree.
func (c *curve) check(path, name string) error {
	if c == nil {
		return nil
	}
	n := len(c.X)
	for _, part := range []struct {
		key    string
		values []float64
	}{{"epoch", c.Epoch}, {"train", c.Train}, {"valid", c.Valid}, {"disc", c.Disc}, {"gen", c.Gen}, {"lr", c.LR}} {
		if len(part.values) != 0 && len(part.values) != n {
			return fmt.Errorf("%s: %s.%s has %d values, %s.x has %d", path, name, part.key, len(part.values), name, n)
		}
	}
	return nil
}
