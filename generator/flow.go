package generator

import (
	"fmt"
	"math"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/rng"
)

const flowKind = "flow"

// FlowConfig has the sizes of a RealNVP flow.
type FlowConfig struct {
	Blocks int     `toml:"blocks" json:"blocks"` // coupling blocks
	Hidden int     `toml:"hidden" json:"hidden"` // hidden layers of each subnet
	Units  int     `toml:"units" json:"units"`   // units of each hidden layer
	Slope  float64 `toml:"slope" json:"slope"`   // of the leaky ReLU
}

// Check returns an error for sizes that make no flow.
func (c FlowConfig) Check() error {
	if err := checkSizes(c.Blocks, c.Hidden, c.Units); err != nil {
		return fmt.Errorf("flow: blocks, hidden and units: %w", err)
	}
	if !(c.Slope >= 0 && c.Slope <= 1) {
		return fmt.Errorf("flow: slope %v; 0 to 1 is accepted", c.Slope)
	}
	return nil
}

// Flow is a normalizing flow with a standard normal latent. The network sees
// (x - Shift)/Scale, per feature.
type Flow struct {
	Config FlowConfig
	Shift  []float64 // of each feature; nil is none. To be set before the training.
	Scale  []float64
	Seed   uint64
	Params *nn.Params
}

// NewFlow returns an untrained flow.
func NewFlow(cfg FlowConfig, scale []float64, seed uint64) (*Flow, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if len(scale) < 2 {
		return nil, fmt.Errorf("flow: %d features; coupling blocks take at least 2", len(scale))
	}
	if err := checkScale(scale, len(scale)); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	if err := modeldir.CheckSize(cfg.Blocks, cfg.Hidden, cfg.Units, len(scale)); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	f := &Flow{Config: cfg, Scale: scale, Seed: seed, Params: &nn.Params{}}
	f.net().Init(f.Params, rng.New(seed, "flow/init"))
	return f, nil
}

func (f *Flow) net() nn.RealNVP {
	return nn.RealNVP{Name: "flow", Dim: len(f.Scale), Blocks: f.Config.Blocks, Hidden: f.Config.Hidden, Units: f.Config.Units, Slope: f.Config.Slope, Seed: f.Seed}
}

// LatentDim implements Generator.
func (f *Flow) LatentDim() int { return len(f.Scale) }

// Dim implements Generator.
func (f *Flow) Dim() int { return len(f.Scale) }

// Prior implements Generator.
func (f *Flow) Prior() Prior { return Normal }

// Build implements Generator.
func (f *Flow) Build(prefix string, z *graph.Node) *graph.Node {
	x := graph.Mul(f.net().Inverse(prefix, z), z.Graph.Const(f.Scale, len(f.Scale)))
	if f.Shift != nil {
		x = graph.Add(x, z.Graph.Const(f.Shift, len(f.Shift)))
	}
	return x
}

// BuildLogProb implements LogDensity: the density of the network at
// (x - Shift)/Scale, times the Jacobian of the division.
func (f *Flow) BuildLogProb(prefix string, x *graph.Node) *graph.Node {
	jacobian := 0.0
	for _, s := range f.Scale {
		jacobian -= math.Log(s)
	}
	if f.Shift != nil {
		x = graph.Sub(x, x.Graph.Const(f.Shift, len(f.Shift)))
	}
	return graph.AddScalar(f.net().LogProb(prefix, graph.Div(x, x.Graph.Const(f.Scale, len(f.Scale)))), jacobian)
}

// Bind implements Generator.
func (f *Flow) Bind(b nn.Binder, prefix string) error { return f.Params.Bind(b, prefix) }

type flowMeta struct {
	modeldir.Header
	Config FlowConfig `json:"network"`
	Shift  []float64  `json:"shift,omitempty"`
	Scale  []float64  `json:"scale"`
	Seed   uint64     `json:"seed"`
}

// Save implements Generator.
func (f *Flow) Save(dir string) error {
	return modeldir.Save(dir, flowMeta{modeldir.NewHeader(flowKind), f.Config, f.Shift, f.Scale, f.Seed}, f.Params, nil)
}

func loadFlow(dir string) (*Flow, error) {
	var m flowMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	f, err := NewFlow(m.Config, m.Scale, m.Seed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if m.Shift != nil && len(m.Shift) != f.Dim() {
		return nil, fmt.Errorf("%s: %d shifts for %d features", dir, len(m.Shift), f.Dim())
	}
	f.Shift = m.Shift
	return f, modeldir.LoadParams(dir, f.Params)
}
