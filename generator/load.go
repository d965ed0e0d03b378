package generator

import (
	"fmt"
	"path/filepath"

	"etalon/engine/cpu"
	"etalon/internal/modeldir"
)

// Load reads the model directory of any kind of network generator, also of one whose
// parts are refined models themselves. A path that ends in .onnx is that of an ONNX file,
// with a normal prior; NewONNX takes others.
func Load(dir string) (Generator, error) { return (&loader{}).generator(dir, 0) }

// LoadSimulator reads the model directory of a network, of an external program, or of
// what is made of them (Chain, HiddenLatents), and of further kinds that other packages
// have. It starts the programs: do not use it on directories from where you would not
// run programs. The caller closes what has a Close method.
func LoadSimulator(e *cpu.Engine, dir string, kinds ...SimulatorKind) (Simulator, error) {
	return (&loader{kinds: kinds}).simulator(e, dir, 0)
}

// SimulatorKind reads model directories of a kind that another package has.
type SimulatorKind struct {
	Name string // as model.json has it
	Load func(e *cpu.Engine, dir string) (Simulator, error)
}

// loader reads nested model directories and counts what it has read.
type loader struct {
	total extent
	kinds []SimulatorKind
}

// count takes in a part that was read.
func (l *loader) count(dir string, part any) error {
	x := extentOf(part)
	l.total.parts += x.parts
	l.total.params += x.params
	if err := l.total.check(); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// kind returns the kind of a model directory that is a part of depth others.
func (l *loader) kind(dir string, depth int) (string, error) {
	if err := (extent{depth: depth}).check(); err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	return modeldir.Kind(dir)
}

func (l *loader) generator(dir string, depth int) (gen Generator, err error) {
	if depth == 0 && IsONNX(dir) && !exists(filepath.Join(dir, "model.json")) {
		return NewONNX(dir, ONNXConfig{})
	}
	kind, err := l.kind(dir, depth)
	if err != nil {
		return nil, err
	}
	switch kind {
	case flowKind:
		gen, err = loadFlow(dir)
	case ganKind:
		gen, err = loadGAN(dir)
	case vaeKind:
		gen, err = loadVAE(dir)
	case flowMatchingKind:
		gen, err = loadFlowMatching(dir)
	case onnxKind:
		gen, err = loadONNX(dir)
	case rosenblattKind:
		gen, err = loadRosenblatt(dir)
	case composedKind:
		return l.composed(dir, depth)
	case conditionalKind:
		return l.conditional(dir, depth)
	case identityKind:
		return loadIdentity(dir)
	case processKind, pairsKind, chainKind, hiddenKind:
		return nil, fmt.Errorf("%s: a model of kind %q is no network, which is needed here", dir, kind)
	default:
		return nil, fmt.Errorf("%s: a model of kind %q; %s, %s, %s, %s, %s, %s, %s, %s and %s are accepted", dir, kind, flowKind, ganKind, vaeKind, flowMatchingKind, rosenblattKind, onnxKind, composedKind, conditionalKind, identityKind)
	}
	if err != nil {
		return nil, err
	}
	return gen, l.count(dir, gen)
}

func (l *loader) conditional(dir string, depth int) (*Conditional, error) {
	var m conditionalMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	g, err := l.generator(filepath.Join(dir, primaryDir), depth+1)
	if err != nil {
		return nil, err
	}
	c, err := NewConditional(g, m.Conditions)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return c, nil
}

func (l *loader) composed(dir string, depth int) (*Composed, error) {
	var m modeldir.Header
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	g, err := l.generator(filepath.Join(dir, primaryDir), depth+1)
	if err != nil {
		return nil, err
	}
	phi, err := l.generator(filepath.Join(dir, refinerDir), depth+1)
	if err != nil {
		return nil, err
	}
	c, err := Compose(g, phi)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if path := filepath.Join(dir, acceptDir); exists(path) {
		if depth > 0 {
			return nil, fmt.Errorf("%s: a part of a refined model has acceptance; only the whole may have", path)
		}
		if c.Accept, err = loadAcceptance(path, g.LatentDim(), g.Dim()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (l *loader) simulator(e *cpu.Engine, dir string, depth int) (Simulator, error) {
	kind, err := l.kind(dir, depth)
	if err != nil {
		return nil, err
	}
	switch kind {
	case chainKind:
		return l.chain(e, dir, depth)
	case hiddenKind:
		return l.hidden(e, dir, depth)
	case processKind:
		if err := l.count(dir, nil); err != nil {
			return nil, err
		}
		return loadProcess(dir)
	}
	for _, k := range l.kinds {
		if k.Name == kind {
			if err := l.count(dir, nil); err != nil {
				return nil, err
			}
			return k.Load(e, dir)
		}
	}
	gen, err := l.generator(dir, depth)
	if err != nil {
		return nil, err
	}
	s, err := NewSimulator(e, gen)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return s, nil
}

func (l *loader) chain(e *cpu.Engine, dir string, depth int) (Simulator, error) {
	var m modeldir.Header
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	phi, err := l.simulator(e, filepath.Join(dir, refinerDir), depth+1)
	if err != nil {
		return nil, err
	}
	g, err := l.simulator(e, filepath.Join(dir, primaryDir), depth+1)
	if err != nil {
		closeAll(phi)
		return nil, err
	}
	c, err := NewChain(g, phi)
	if err != nil {
		closeAll(g, phi)
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return c, nil
}

func (l *loader) hidden(e *cpu.Engine, dir string, depth int) (Simulator, error) {
	var m hiddenMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	full, err := l.simulator(e, filepath.Join(dir, fullDir), depth+1)
	if err != nil {
		return nil, err
	}
	h, err := NewHiddenLatents(full, m.Visible, m.Seed)
	if err != nil {
		closeAll(full)
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return h, nil
}
