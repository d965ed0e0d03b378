package cascade

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/internal/modeldir"
)

const kind = "cascade"

type meta struct {
	modeldir.Header
	Seed       uint64     `json:"seed"`
	Stream     string     `json:"stream"`
	Parameters Parameters `json:"parameters"`
}

// Save writes a model directory.
func (s *Simulation) Save(dir string) error {
	return modeldir.Save(dir, meta{modeldir.NewHeader(kind), s.Seed, s.Stream, s.Parameters}, nil, nil)
}

// Load reads a model directory.
func Load(dir string) (*Simulation, error) {
	k, err := modeldir.Kind(dir)
	if err != nil {
		return nil, err
	}
	if k != kind {
		return nil, fmt.Errorf("%s: a model of kind %q; %s is accepted", dir, k, kind)
	}
	var m meta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	s, err := New(m.Parameters, m.Seed, m.Stream)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return s, nil
}

// Kind lets generator.LoadSimulator read such model directories, also as parts of
// others. The simulation has as many threads as the engine.
func Kind() generator.SimulatorKind {
	return generator.SimulatorKind{Name: kind, Load: func(e *cpu.Engine, dir string) (generator.Simulator, error) {
		s, err := Load(dir)
		if err != nil {
			return nil, err // no nil pointer in an interface
		}
		s.Threads = e.Threads()
		return s, nil
	}}
}
