package dctr

import (
	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/nn"
)

// Scorer computes log-weights of many blocks of rows; the networks are compiled once. Its
// memory does not depend on the number of rows. It is not safe for concurrent use.
type Scorer struct {
	dim      int
	programs []*cpu.Program
	ensemble *Ensemble // of the programs; nil for a single one

	known *inverter // of a DensityWeigher, whose networks are those of inner; else nil
	floor float64
	inner *Scorer
}

// NewScorer prepares a Weigher.
func NewScorer(e *cpu.Engine, w Weigher) (*Scorer, error) {
	s := &Scorer{dim: w.Dim()}
	add := func(build func(string, *graph.Node) *graph.Node, bind func(nn.Binder, string) error) error {
		p, err := compile(e, s.dim, build, bind)
		s.programs = append(s.programs, p)
		return err
	}
	if d, ok := w.(*DensityWeigher); ok {
		var err error
		if s.inner, err = NewScorer(e, d.Inner); err != nil {
			return nil, err
		}
		s.floor = d.Floor
		s.known, err = newInverter(e, d.Gen)
		return s, err
	}
	m, ok := w.(*Ensemble)
	if !ok {
		return s, add(w.Build, w.Bind)
	}
	s.ensemble = m
	for _, c := range m.Members {
		if err := add(c.Build, c.Bind); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// LogWeights returns the log-weights of rows, row-major: what the Weigher's Logits gives,
// bit by bit, however the rows are cut into blocks.
func (s *Scorer) LogWeights(x []float32) ([]float64, error) {
	return s.sample(Sample{X: x})
}

// LogWeightsOf returns the log-weights of all examples.
func (s *Scorer) LogWeightsOf(x Examples) ([]float64, error) { return s.sample(Sample{From: x}) }

func (s *Scorer) sample(x Sample) ([]float64, error) {
	if s.known != nil {
		return s.knownSample(x)
	}
	logits := make([][]float64, len(s.programs))
	for i, p := range s.programs {
		var err error
		if logits[i], err = x.run(p, s.dim); err != nil {
			return nil, err
		}
	}
	if s.ensemble == nil {
		return logits[0], nil
	}
	logw, _ := s.ensemble.combine(logits)
	return logw, nil
}

// knownSample is sample of a DensityWeigher.
func (s *Scorer) knownSample(x Sample) ([]float64, error) {
	if x.From == nil {
		rows, err := s.known.features(x.X, s.floor)
		if err != nil {
			return nil, err
		}
		return s.inner.LogWeights(rows)
	}
	var logw []float64
	w := newWindow(x.From)
	for lo := 0; lo < x.From.Len(); {
		block, hi := w.at(lo)
		part, err := s.knownSample(Sample{X: block})
		if err != nil {
			return nil, err
		}
		logw, lo = append(logw, part...), hi
	}
	return logw, nil
}
