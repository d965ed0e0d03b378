package modeldir

import "fmt"

// Program is the model.json of a simulation that is only a program: its parameters, and
// which hidden randomness it draws.
type Program[P any] struct {
	Header
	Seed       uint64 `json:"seed"`
	Stream     string `json:"stream"`
	Parameters P      `json:"parameters"`
}

// SaveProgram writes a model directory of a kind.
func SaveProgram[P any](dir, kind string, seed uint64, stream string, p P) error {
	return Save(dir, Program[P]{NewHeader(kind), seed, stream, p}, nil, nil)
}

// LoadProgram reads a model directory of a kind.
func LoadProgram[P any](dir, kind string) (*Program[P], error) {
	k, err := Kind(dir)
	if err != nil {
		return nil, err
	}
	if k != kind {
		return nil, fmt.Errorf("%s: a model of kind %q; %s is accepted", dir, k, kind)
	}
	var m Program[P]
	if err := Load(dir, &m); err != nil {
		return nil, err
	}
	return &m, nil
}
