package cascade

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/internal/modeldir"
)

const kind = "cascade"

// Save writes a model directory.
func (s *Simulation) Save(dir string) error {
	return modeldir.SaveProgram(dir, kind, s.Seed, s.Stream, s.Parameters)
}

// Load reads a model directory.
func Load(dir string) (*Simulation, error) {
	m, err := modeldir.LoadProgram[Parameters](dir, kind)
	if err != nil {
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
