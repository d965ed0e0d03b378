package dctr

import (
	"fmt"
	"math"
	"path/filepath"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
)

const (
	ensembleKind = "ensemble"
	maxMembers   = 1024
)

// Ensemble is several classifiers of the same ratio. Its weight at a point that none
// of them has seen is the mean of their weights: the mean of unbiased ratios is
// unbiased, that of their logarithms is not.
type Ensemble struct {
	// Members are the classifiers. Those of a cross-fitted set stand fold after fold,
	// equally many for each.
	Members []*Classifier
	// Folds is the number of folds: the members of fold k were not trained on its
	// events. 0 and 1 mean that all members saw all events.
	Folds int
	// Geometric makes the weight the geometric mean, exp of the mean logit.
	Geometric bool
	// Origin, if set, says what the weights were learned from.
	Origin *Origin
}

// Check returns an error for a set of classifiers that cannot be used together.
func (m *Ensemble) Check() error {
	n := len(m.Members)
	if n < 1 || n > maxMembers || m.Folds < 0 || n%max(m.Folds, 1) != 0 {
		return fmt.Errorf("ensemble: %d members of %d folds; 1 to %d members, equally many for each fold, are accepted", n, m.Folds, maxMembers)
	}
	for i, c := range m.Members {
		if c.Dim() != m.Members[0].Dim() {
			return fmt.Errorf("ensemble: member %d has %d features, member 0 has %d", i, c.Dim(), m.Members[0].Dim())
		}
		a, b := c.Config.Volume, m.Members[0].Config.Volume
		if (a == nil) != (b == nil) || a != nil && a.Positions != b.Positions {
			return fmt.Errorf("ensemble: member %d and member 0 are of volumes of other shapes, or not both of volumes", i)
		}
	}
	return nil
}

// Dim implements Weigher.
func (m *Ensemble) Dim() int { return m.Members[0].Dim() }

func (m *Ensemble) prefix(prefix string, i int) string { return fmt.Sprintf("%sm%d/", prefix, i) }

// Build implements Weigher.
func (m *Ensemble) Build(prefix string, x *graph.Node) *graph.Node {
	logits := make([]*graph.Node, len(m.Members))
	for i, c := range m.Members {
		logits[i] = c.Build(m.prefix(prefix, i), x)
	}
	if m.Geometric {
		s := logits[0]
		for _, l := range logits[1:] {
			s = graph.Add(s, l)
		}
		return graph.MulScalar(s, 1/float64(len(logits)))
	}
	top := graph.Stop(logits[0])
	for _, l := range logits[1:] {
		top = graph.Max(top, graph.Stop(l))
	}
	s := graph.Exp(graph.Sub(logits[0], top))
	for _, l := range logits[1:] {
		s = graph.Add(s, graph.Exp(graph.Sub(l, top)))
	}
	return graph.Add(top, graph.Log(graph.MulScalar(s, 1/float64(len(logits)))))
}

// Bind implements Weigher.
func (m *Ensemble) Bind(b nn.Binder, prefix string) error {
	for i, c := range m.Members {
		if err := c.Bind(b, m.prefix(prefix, i)); err != nil {
			return err
		}
	}
	return nil
}

// Logits implements Weigher: the mean over all members, for points that none of them
// was trained on.
func (m *Ensemble) Logits(e *cpu.Engine, x []float32) ([]float64, error) {
	logw, _, err := m.LogitsErrors(e, x)
	return logw, err
}

// LogitsErrors returns the log-weights and their errors: the standard deviation of
// the members' weights, divided by their mean. It is the error of one member; that of
// the mean lies between it divided by the root of their number, if only chance in the
// training makes them differ, and it. With one member the errors are NaN.
func (m *Ensemble) LogitsErrors(e *cpu.Engine, x []float32) (logw, errors []float64, err error) {
	return m.logitsErrorsOf(e, Sample{X: x})
}

func (m *Ensemble) logitsErrorsOf(e *cpu.Engine, s Sample) (logw, errors []float64, err error) {
	logits, err := m.all(e, s)
	if err != nil {
		return nil, nil, err
	}
	logw, errors = m.combine(logits)
	return logw, errors, nil
}

// OutOfFold returns the log-weights of the rows that the members were fitted with,
// each by the members of the row's own fold, which did not see it, and their errors:
// over these members where there are several, over those of all folds otherwise.
func (m *Ensemble) OutOfFold(e *cpu.Engine, x []float32, fold []int) (logw, errors []float64, err error) {
	return m.outOfFoldOf(e, Sample{X: x}, fold)
}

func (m *Ensemble) outOfFoldOf(e *cpu.Engine, s Sample, fold []int) (logw, errors []float64, err error) {
	logits, err := m.all(e, s)
	if err != nil {
		return nil, nil, err
	}
	logw, errors = m.outOfFold(logits, fold)
	return logw, errors, nil
}

func (m *Ensemble) outOfFold(logits [][]float64, fold []int) (logw, errors []float64) {
	per := len(m.Members) / max(m.Folds, 1)
	_, errors = m.combine(logits)
	logw = make([]float64, len(fold))
	column := make([]float64, per)
	for i, k := range fold {
		for j := range column {
			column[j] = logits[k*per+j][i]
		}
		l, s := m.mean(column)
		logw[i] = l
		if per > 1 {
			errors[i] = s
		}
	}
	return logw, errors
}

func (m *Ensemble) all(e *cpu.Engine, s Sample) ([][]float64, error) {
	logits := make([][]float64, len(m.Members))
	for i, c := range m.Members {
		var err error
		if logits[i], err = c.logitsOf(e, s); err != nil {
			return nil, err
		}
	}
	return logits, nil
}

// combine averages the members' logits, row by row.
func (m *Ensemble) combine(logits [][]float64) (logw, errors []float64) {
	n := len(logits[0])
	logw, errors = make([]float64, n), make([]float64, n)
	column := make([]float64, len(logits))
	for i := range n {
		for j := range logits {
			column[j] = logits[j][i]
		}
		logw[i], errors[i] = m.mean(column)
	}
	return logw, errors
}

// mean returns the logarithm of the mean weight and the relative standard deviation.
func (m *Ensemble) mean(logits []float64) (logw, deviation float64) {
	top, n := math.Inf(-1), float64(len(logits))
	for _, l := range logits {
		top = max(top, l)
	}
	var s1, log float64
	for _, l := range logits {
		s1 += math.Exp(l - top)
		log += l / n
	}
	logw = top + math.Log(s1/n)
	var s2 float64
	for _, l := range logits {
		d := math.Exp(l-top)/(s1/n) - 1
		s2 += d * d
	}
	if m.Geometric {
		logw = log
	}
	return logw, math.Sqrt(s2 / (n - 1))
}

type ensembleMeta struct {
	modeldir.Header
	Members   int  `json:"members"`
	Folds     int  `json:"folds,omitempty"`
	Geometric bool `json:"geometric,omitempty"`

	Origin *Origin `json:"origin,omitempty"`
}

func memberName(i int) string { return fmt.Sprintf("member%d", i) }

// Save implements Weigher: the members are model directories member0, member1, ….
func (m *Ensemble) Save(dir string) error {
	if err := m.Check(); err != nil {
		return err
	}
	parts := map[string]modeldir.Writer{}
	for i, c := range m.Members {
		parts[memberName(i)] = c.Save
	}
	return modeldir.Save(dir, ensembleMeta{modeldir.NewHeader(ensembleKind), len(m.Members), m.Folds, m.Geometric, m.Origin}, nil, parts)
}

// LoadEnsemble reads a model directory of kind ensemble.
func LoadEnsemble(dir string) (*Ensemble, error) {
	kind, err := modeldir.Kind(dir)
	if err != nil {
		return nil, err
	}
	if kind != ensembleKind {
		return nil, fmt.Errorf("%s: a model of kind %q; %s is accepted", dir, kind, ensembleKind)
	}
	var meta ensembleMeta
	if err := modeldir.Load(dir, &meta); err != nil {
		return nil, err
	}
	if meta.Members < 1 || meta.Members > maxMembers {
		return nil, fmt.Errorf("%s: members = %d; 1 to %d are accepted", dir, meta.Members, maxMembers)
	}
	m := &Ensemble{Folds: meta.Folds, Geometric: meta.Geometric, Origin: meta.Origin}
	for i := range meta.Members {
		c, err := Load(filepath.Join(dir, memberName(i)))
		if err != nil {
			return nil, err
		}
		m.Members = append(m.Members, c)
	}
	if err = m.Check(); err == nil {
		err = m.Origin.check(m)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return m, nil
}
