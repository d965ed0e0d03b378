package dctr

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
)

const (
	importedKind      = "imported"
	maxImportedLayers = 1 << 12
	maxImportedUnits  = 1 << 16
	maxImportedParams = 1 << 28
)

// Imported is a classifier that was trained elsewhere: a chain of dense layers.
type Imported struct {
	// Features is the number of inputs.
	Features int
	// Layers are in order. The last one has one unit, the logit of truth, or two, of
	// which the log-weight is the second, truth, less the first; it has no activation.
	Layers []ImportedLayer
	// Shift and Scale are applied to the features before the network, (x - Shift)/Scale;
	// nil is none. They are what the network's authors did outside of it.
	Shift, Scale []float64
	// Source tells where the network is from, for people.
	Source string
	// Origin, if set, says what files the network is from and names its inputs.
	Origin *Origin
	// Params are i/W (in×out) and i/b (out) of layer i.
	Params *nn.Params
}

// ImportedLayer is activation(x·W + b).
type ImportedLayer struct {
	Units int `json:"units"`
	// Activation is linear, relu, leaky_relu, sigmoid, tanh or softplus.
	Activation string  `json:"activation"`
	Slope      float64 `json:"slope,omitempty"` // of leaky_relu, in [0, 1]
}

func (l ImportedLayer) apply(x *graph.Node) *graph.Node {
	switch l.Activation {
	case "relu":
		return graph.ReLU(x)
	case "leaky_relu":
		return graph.LeakyReLU(x, l.Slope)
	case "sigmoid":
		return graph.Sigmoid(x)
	case "tanh":
		return graph.Tanh(x)
	case "softplus":
		return graph.Softplus(x)
	}
	return x
}

// Check returns an error for sizes that make no network.
func (m *Imported) Check() error {
	if m.Features < 1 || m.Features > maxImportedUnits || len(m.Layers) < 1 || len(m.Layers) > maxImportedLayers {
		return fmt.Errorf("imported network: %d features, %d layers; 1 to %d features and 1 to %d layers are accepted", m.Features, len(m.Layers), maxImportedUnits, maxImportedLayers)
	}
	in, params := m.Features, 0
	for i, l := range m.Layers {
		if l.Units < 1 || l.Units > maxImportedUnits {
			return fmt.Errorf("imported network: layer %d has %d units; 1 to %d are accepted", i, l.Units, maxImportedUnits)
		}
		switch l.Activation {
		case "linear", "relu", "sigmoid", "tanh", "softplus":
		case "leaky_relu":
			if !(l.Slope >= 0 && l.Slope <= 1) {
				return fmt.Errorf("imported network: layer %d has slope %v; 0 to 1 is accepted", i, l.Slope)
			}
		default:
			return fmt.Errorf("imported network: layer %d has activation %.40q; linear, relu, leaky_relu, sigmoid, tanh and softplus are accepted", i, l.Activation)
		}
		if params += (in + 1) * l.Units; params > maxImportedParams {
			return fmt.Errorf("imported network: more than %d parameters", maxImportedParams)
		}
		in = l.Units
	}
	last := m.Layers[len(m.Layers)-1]
	if last.Units > 2 || last.Activation != "linear" {
		return fmt.Errorf("imported network: %d outputs with activation %s; one logit, or two, are accepted", last.Units, last.Activation)
	}
	if err := checkInputs(m.Features, m.Shift, m.Scale); err != nil {
		return fmt.Errorf("imported network: %w", err)
	}
	return nil
}

// NewImported returns a network whose parameters are zero.
func NewImported(features int, layers []ImportedLayer) (*Imported, error) {
	m := &Imported{Features: features, Layers: layers, Params: &nn.Params{}}
	if err := m.Check(); err != nil {
		return nil, err
	}
	in := features
	for i, l := range layers {
		m.Params.Add(fmt.Sprintf("%d/W", i), in, l.Units)
		m.Params.Add(fmt.Sprintf("%d/b", i), l.Units)
		in = l.Units
	}
	return m, nil
}

// Dim implements Weigher.
func (m *Imported) Dim() int { return m.Features }

// Build implements Weigher.
func (m *Imported) Build(prefix string, x *graph.Node) *graph.Node {
	g := x.Graph
	if m.Shift != nil {
		x = graph.Sub(x, g.Const(m.Shift, len(m.Shift)))
	}
	if m.Scale != nil {
		x = graph.Div(x, g.Const(m.Scale, len(m.Scale)))
	}
	in := m.Features
	for i, l := range m.Layers {
		w := g.Shared(fmt.Sprintf("%s%d/W", prefix, i), in, l.Units)
		b := g.Shared(fmt.Sprintf("%s%d/b", prefix, i), l.Units)
		x = l.apply(graph.Add(graph.MatMul(x, w), b))
		in = l.Units
	}
	if in == 2 {
		x = graph.Sub(graph.Slice(x, 1, 2), graph.Slice(x, 0, 1))
	}
	return x
}

// Bind implements Weigher.
func (m *Imported) Bind(b nn.Binder, prefix string) error { return m.Params.Bind(b, prefix) }

// Logits implements Weigher.
func (m *Imported) Logits(e *cpu.Engine, x []float32) ([]float64, error) {
	return evaluate(e, x, m.Dim(), m.Build, m.Bind)
}

type importedMeta struct {
	modeldir.Header
	Source   string          `json:"source,omitempty"`
	Features int             `json:"features"`
	Layers   []ImportedLayer `json:"layers"`
	Shift    []float64       `json:"shift,omitempty"`
	Scale    []float64       `json:"scale,omitempty"`
	Origin   *Origin         `json:"origin,omitempty"`
}

// Save implements Weigher.
func (m *Imported) Save(dir string) error {
	if err := m.Check(); err != nil {
		return err
	}
	return modeldir.Save(dir, importedMeta{modeldir.NewHeader(importedKind), m.Source, m.Features, m.Layers, m.Shift, m.Scale, m.Origin}, m.Params, nil)
}

// LoadImported reads a model directory of kind imported.
func LoadImported(dir string) (*Imported, error) {
	kind, err := modeldir.Kind(dir)
	if err != nil {
		return nil, err
	}
	if kind != importedKind {
		return nil, fmt.Errorf("%s: a model of kind %q; %s is accepted", dir, kind, importedKind)
	}
	var meta importedMeta
	if err := modeldir.Load(dir, &meta); err != nil {
		return nil, err
	}
	m, err := NewImported(meta.Features, meta.Layers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	m.Shift, m.Scale, m.Source, m.Origin = meta.Shift, meta.Scale, meta.Source, meta.Origin
	if err = m.Check(); err == nil {
		err = m.Origin.Check(m.Dim())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return m, modeldir.LoadParams(dir, m.Params)
}
