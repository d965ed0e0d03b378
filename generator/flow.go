package generator

import (
	"fmt"
	"math"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/preprocess"
	"etalon/rng"
)

const flowKind = "flow"

// FlowConfig has the sizes of a flow of coupling blocks.
type FlowConfig struct {
	Blocks   int     `toml:"blocks" json:"blocks"`                         // coupling blocks
	Hidden   int     `toml:"hidden" json:"hidden"`                         // hidden layers of each subnet
	Units    int     `toml:"units" json:"units"`                           // units of each hidden layer
	Slope    float64 `toml:"slope" json:"slope"`                           // of the leaky ReLU
	Coupling string  `toml:"coupling,omitempty" json:"coupling,omitempty"` // affine ("" means it) or spline
	Bins     int     `toml:"bins,omitempty" json:"bins,omitempty"`         // of a spline, 2 to 128; 0 means 8
	Bound    float64 `toml:"bound,omitempty" json:"bound,omitempty"`       // of a spline, which is the identity outside ±bound; 0 means 4
	Prior    Prior   `toml:"prior,omitempty" json:"prior,omitempty"`       // of the latents: normal ("" means it) or uniform
}

const (
	defaultBins  = 8
	defaultBound = 4
)

// Check returns an error for sizes that make no flow.
func (c FlowConfig) Check() error {
	if err := checkSizes(c.Blocks, c.Hidden, c.Units); err != nil {
		return fmt.Errorf("flow: blocks, hidden and units: %w", err)
	}
	if !(c.Slope >= 0 && c.Slope <= 1) {
		return fmt.Errorf("flow: slope %v; 0 to 1 is accepted", c.Slope)
	}
	switch {
	case c.Coupling != "" && c.Coupling != "affine" && c.Coupling != "spline":
		return fmt.Errorf("flow: coupling = %q; affine and spline are accepted", c.Coupling)
	case c.Coupling != "spline" && (c.Bins != 0 || c.Bound != 0):
		return fmt.Errorf("flow: bins = %d and bound = %v belong to coupling = \"spline\"", c.Bins, c.Bound)
	case c.Bins != 0 && (c.Bins < 2 || c.Bins > 128):
		return fmt.Errorf("flow: bins = %d; 2 to 128 is accepted", c.Bins)
	case !(c.Bound >= 0 && c.Bound <= 1e6):
		return fmt.Errorf("flow: bound = %v; a positive number up to 1e6 is accepted", c.Bound)
	}
	if err := c.Prior.check(); err != nil {
		return fmt.Errorf("flow: %w", err)
	}
	return nil
}

// spline returns the spline of the blocks, or nil.
func (c FlowConfig) spline() *nn.Spline {
	if c.Coupling != "spline" {
		return nil
	}
	s := &nn.Spline{Bins: c.Bins, Bound: c.Bound}
	if s.Bins == 0 {
		s.Bins = defaultBins
	}
	if s.Bound == 0 {
		s.Bound = defaultBound
	}
	return s
}

// Flow is a normalizing flow with a standard normal latent, of which uniform latents
// are made first where the prior is uniform. The network sees (T(x) - Shift)/Scale, per
// feature.
type Flow struct {
	Config FlowConfig
	Shift  []float64 // of each feature; nil is none. To be set before the training.
	Scale  []float64
	// Transform is what is done to the features before they are shifted and scaled; nil is
	// nothing. To be set before the training.
	Transform preprocess.Transform
	Seed      uint64
	Params    *nn.Params
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
	wide := len(scale)
	if s := cfg.spline(); s != nil {
		wide = s.Params(wide)
	}
	if err := modeldir.CheckSize(cfg.Blocks, cfg.Hidden, cfg.Units, wide); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	f := &Flow{Config: cfg, Scale: scale, Seed: seed, Params: &nn.Params{}}
	f.net().Init(f.Params, rng.New(seed, "flow/init"))
	return f, nil
}

func (f *Flow) net() nn.RealNVP {
	return nn.RealNVP{Name: "flow", Dim: len(f.Scale), Blocks: f.Config.Blocks, Hidden: f.Config.Hidden, Units: f.Config.Units, Slope: f.Config.Slope, Seed: f.Seed, Spline: f.Config.spline()}
}

// LatentDim implements Generator.
func (f *Flow) LatentDim() int { return len(f.Scale) }

// Dim implements Generator.
func (f *Flow) Dim() int { return len(f.Scale) }

// Prior implements Generator.
func (f *Flow) Prior() Prior { return f.Config.Prior.orNormal() }

// Build implements Generator.
func (f *Flow) Build(prefix string, z *graph.Node) *graph.Node {
	return toFeatures(f.net().Inverse(prefix, f.Prior().toNormal(z)), f.Shift, f.Scale, f.Transform)
}

// BuildWithLogProb implements ForwardDensity.
func (f *Flow) BuildWithLogProb(prefix string, z *graph.Node) (x, logProb *graph.Node) {
	z = f.Prior().toNormal(z)
	x, logDet := f.net().InverseLogDet(prefix, z)
	logProb = graph.AddScalar(graph.Add(nn.StandardNormal(z), logDet), f.jacobian())
	x, logDet = f.Transform.BuildInverse(toData(x, f.Shift, f.Scale))
	if logDet != nil {
		logProb = graph.Add(logProb, logDet)
	}
	return x, logProb
}

// jacobian is the log-determinant of the division by Scale.
func (f *Flow) jacobian() float64 {
	j := 0.0
	for _, s := range f.Scale {
		j -= math.Log(s)
	}
	return j
}

// BuildLogProb implements LogDensity: the density of the network at
// (T(x) - Shift)/Scale, times the Jacobians of T and the division. It is 0, its logarithm
// -∞, where a feature is beyond the bounds of its transform.
func (f *Flow) BuildLogProb(prefix string, x *graph.Node) *graph.Node {
	_, logProb := f.BuildInverse(prefix, x)
	return logProb
}

// Bind implements Generator.
func (f *Flow) Bind(b nn.Binder, prefix string) error { return f.Params.Bind(b, prefix) }

type flowMeta struct {
	modeldir.Header
	Config     FlowConfig           `json:"network"`
	Shift      []float64            `json:"shift,omitempty"`
	Scale      []float64            `json:"scale"`
	Preprocess preprocess.Transform `json:"preprocess,omitempty"`
	Seed       uint64               `json:"seed"`
}

// Save implements Generator.
func (f *Flow) Save(dir string) error {
	return modeldir.Save(dir, flowMeta{modeldir.NewHeader(flowKind), f.Config, f.Shift, f.Scale, f.Transform, f.Seed}, f.Params, nil)
}

func loadFlow(dir string) (*Flow, error) {
	var m flowMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	if err := modeldir.CheckStored(dir, m.Config.Blocks, m.Config.Hidden, m.Config.Units); err != nil {
		return nil, err
	}
	f, err := NewFlow(m.Config, m.Scale, m.Seed)
	if err == nil {
		err = checkShift(m.Shift, f.Dim())
	}
	if err == nil {
		err = m.Preprocess.Check(f.Dim())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	f.Shift, f.Transform = m.Shift, m.Preprocess
	return f, modeldir.LoadParams(dir, f.Params)
}
