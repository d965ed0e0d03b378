package generator

import (
	"fmt"
	"io"

	"etalon/internal/modeldir"
)

const (
	chainKind  = "chain"
	hiddenKind = "hidden-latents"
	fullDir    = "simulator"
)

// SaveSimulator writes the model directory of a simulator: a network, an external
// program (its command, not the program), or a Chain or HiddenLatents of those.
// LoadSimulator reads it back.
func SaveSimulator(s Simulator, dir string) error {
	if err := savable(s); err != nil {
		return err
	}
	return writer(s)(dir)
}

// savable returns an error for a simulator with a part that has no model directory.
func savable(s Simulator) error {
	switch c := s.(type) {
	case *Chain:
		if err := savable(c.G); err != nil {
			return err
		}
		return savable(c.Phi)
	case *HiddenLatents:
		return savable(c.full)
	}
	if writer(s) == nil {
		return fmt.Errorf("generator: a simulator of type %T cannot be saved; networks, programs, and chains and hidden latents of them are accepted", s)
	}
	return nil
}

// writer returns what saves a simulator, or nil.
func writer(s Simulator) modeldir.Writer {
	if w, ok := s.(interface{ Save(dir string) error }); ok {
		return w.Save
	}
	return nil
}

// Save writes a model directory with the parts of the chain.
func (c *Chain) Save(dir string) error {
	if err := savable(c); err != nil {
		return err
	}
	return modeldir.Save(dir, modeldir.NewHeader(chainKind), nil, map[string]modeldir.Writer{primaryDir: writer(c.G), refinerDir: writer(c.Phi)})
}

type hiddenMeta struct {
	modeldir.Header
	Visible int    `json:"visible"`
	Seed    uint64 `json:"seed"`
}

// Save writes a model directory with the full simulator, the number of visible latents
// and the seed of the others.
func (h *HiddenLatents) Save(dir string) error {
	if err := savable(h); err != nil {
		return err
	}
	return modeldir.Save(dir, hiddenMeta{modeldir.NewHeader(hiddenKind), h.visible, h.seed}, nil, map[string]modeldir.Writer{fullDir: writer(h.full)})
}

// Close ends the programs of the chain.
func (c *Chain) Close() error { return closeAll(c.G, c.Phi) }

// Close ends the programs of the full simulator.
func (h *HiddenLatents) Close() error { return closeAll(h.full) }

// closeAll closes the simulators that have a Close method, and returns the first error.
func closeAll(all ...Simulator) (err error) {
	for _, s := range all {
		if c, ok := s.(io.Closer); ok {
			if e := c.Close(); err == nil {
				err = e
			}
		}
	}
	return err
}
