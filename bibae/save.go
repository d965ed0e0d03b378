package bibae

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/internal/modeldir"
)

const kind = "bibae"

type meta struct {
	modeldir.Header
	Config    Config  `json:"network"`
	Energy    float64 `json:"energy"`
	NoiseSeed uint64  `json:"noise_seed"`
}

// Save implements generator.Generator: a model directory with encoder and decoder.
func (m *Model) Save(dir string) error {
	return modeldir.Save(dir, meta{modeldir.NewHeader(kind), m.Config, m.Energy, m.NoiseSeed}, m.Params, nil)
}

// Load reads a model directory.
func Load(dir string) (*Model, error) {
	k, err := modeldir.Kind(dir)
	if err != nil {
		return nil, err
	}
	if k != kind {
		return nil, fmt.Errorf("%s: a model of kind %q; %s is accepted", dir, k, kind)
	}
	var h meta
	if err := modeldir.Load(dir, &h); err != nil {
		return nil, err
	}
	if !(h.Energy > 0 && h.Energy <= 1e15) {
		return nil, fmt.Errorf("%s: energy = %v; a positive number is accepted", dir, h.Energy)
	}
	if err := h.Config.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	// No memory is taken for parameters that are not there.
	if n, err := h.Config.params(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	} else if err := modeldir.CheckStored(dir, 1, 1, int(n)); err != nil {
		return nil, err
	}
	m, err := New(h.Config, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	m.Energy, m.NoiseSeed = h.Energy, h.NoiseSeed
	if err := modeldir.LoadParams(dir, m.Params); err != nil {
		return nil, err
	}
	return m, nil
}

// Kind lets generator.LoadSimulator read such model directories, also as parts of others.
func Kind() generator.SimulatorKind {
	return generator.SimulatorKind{Name: kind, Load: func(e *cpu.Engine, dir string) (generator.Simulator, error) {
		m, err := Load(dir)
		if err != nil {
			return nil, err
		}
		s, err := NewSimulator(e, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		return s, nil
	}}
}
