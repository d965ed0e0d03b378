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

const flowMatchingKind = "flow-matching"

// FlowMatchingConfig has the sizes of a velocity network and the settings of its
// integration.
type FlowMatchingConfig struct {
	Hidden int       `toml:"hidden" json:"hidden"` // hidden layers
	Units  int       `toml:"units" json:"units"`   // units of each
	Slope  float64   `toml:"slope" json:"slope"`   // of the leaky ReLU
	Path   Path      `toml:"path" json:"path"`     // rotation or straight
	Steps  int       `toml:"steps" json:"steps"`   // steps of the integration, 1 to 1000
	Solver nn.Solver `toml:"solver" json:"solver"` // euler, midpoint, heun or rk4
	Prior  Prior     `toml:"prior" json:"prior"`   // of the latents: normal ("" means it) or uniform
	// Refines is the prior of the generator whose latents the model makes. Uniform
	// keeps them inside (-1, 1): examples are made normal deviates first, and the output
	// uniform ones. Normal or "" does nothing.
	Refines Prior `toml:"refines,omitempty" json:"refines,omitempty"`
	// Given is the number of the last features that are conditions: the network sees them
	// beside the others, which it moves, and they stay as they are.
	Given int `toml:"-" json:"given,omitempty"`
}

// Check returns an error for settings that make no model.
func (c FlowMatchingConfig) Check() error {
	if err := checkSizes(c.Hidden, c.Units); err != nil {
		return fmt.Errorf("flow matching: hidden and units: %w", err)
	}
	if !(c.Slope >= 0 && c.Slope <= 1) {
		return fmt.Errorf("flow matching: slope %v; 0 to 1 is accepted", c.Slope)
	}
	if c.Steps < 1 || c.Steps > maxODESteps {
		return fmt.Errorf("flow matching: steps = %d; 1 to %d is accepted", c.Steps, maxODESteps)
	}
	if c.Given < 0 || c.Given > 1<<16 {
		return fmt.Errorf("flow matching: %d given features; 0 to %d is accepted", c.Given, 1<<16)
	}
	err := c.Path.check()
	if err == nil {
		err = c.Solver.Check()
	}
	if err == nil {
		err = c.Prior.check()
	}
	if err == nil {
		err = c.Refines.check()
	}
	if err != nil {
		return fmt.Errorf("flow matching: %w", err)
	}
	return nil
}

const maxODESteps = 1000

// FlowMatching is a generator that moves normal latents along a learned velocity
// field, dx/dt = v(x, t), from t = 0 to 1 (conditional flow matching:
// arXiv:2210.02747; stochastic interpolants: arXiv:2209.15571). The integration has
// a fixed number of steps and is part of the graph. The network works on
// (x - Shift)/Scale, per feature.
type FlowMatching struct {
	Config FlowMatchingConfig
	Shift  []float64 // of each feature; nil is none. To be set before the training.
	Scale  []float64
	// Transform is what is done to the given features first; nil is nothing. Shift and
	// Scale are of the result.
	Transform preprocess.Transform
	Params    *nn.Params
}

// NewFlowMatching returns an untrained model. Its velocity is nearly zero: on the
// rotation path it is then nearly the identity, times Scale.
func NewFlowMatching(cfg FlowMatchingConfig, scale []float64, seed uint64) (*FlowMatching, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if len(scale) < 1 {
		return nil, fmt.Errorf("flow matching: no features")
	}
	if len(scale) <= cfg.Given {
		return nil, fmt.Errorf("flow matching: %d features, of which %d are given; one to move, at least, is accepted", len(scale), cfg.Given)
	}
	if err := checkScale(scale, len(scale)); err != nil {
		return nil, fmt.Errorf("flow matching: %w", err)
	}
	if err := modeldir.CheckSize(1, cfg.Hidden, cfg.Units, len(scale)); err != nil {
		return nil, fmt.Errorf("flow matching: %w", err)
	}
	// The graph of the integration holds a copy of every layer for each evaluation.
	if n := cfg.Steps * cfg.Solver.Evaluations() * (cfg.Hidden + 1); n > maxODELayers {
		return nil, fmt.Errorf("flow matching: the integration would take %d layers; %d are accepted: fewer steps or hidden layers", n, maxODELayers)
	}
	f := &FlowMatching{Config: cfg, Scale: scale, Params: &nn.Params{}}
	f.net().Init(f.Params, rng.New(seed, "flowmatching/init"))
	return f, nil
}

const maxODELayers = 1 << 14

func (f *FlowMatching) net() nn.MLP {
	return nn.MLP{Name: "velocity", In: f.Dim() + timeFeatures, Hidden: f.Config.Hidden, Units: f.Config.Units, Out: f.moved(),
		Slope: f.Config.Slope, Start: nn.Spread, LastGain: 0.001}
}

// moved is the number of features that the velocity moves.
func (f *FlowMatching) moved() int { return f.Dim() - f.Config.Given }

// Given implements Conditioned.
func (f *FlowMatching) Given() int { return f.Config.Given }

// split takes the given features off, and adds them as the network sees them (context):
// both nil where there are none.
func (f *FlowMatching) split(x *graph.Node) (moved, given, context *graph.Node) {
	m := f.moved()
	if m == f.Dim() {
		return x, nil, nil
	}
	given = graph.Slice(x, m, f.Dim())
	var shift []float64
	if f.Shift != nil {
		shift = f.Shift[m:]
	}
	return graph.Slice(x, 0, m), given, toNetwork(f.Transform.Build(given), shift, f.Scale[m:])
}

// movedScale is the preprocessing of the features that are moved.
func (f *FlowMatching) movedScale() (shift, scale []float64) {
	if f.Shift != nil {
		shift = f.Shift[:f.moved()]
	}
	return shift, f.Scale[:f.moved()]
}

// velocity adds v at x for the given time features (rows) to the graph, where the given
// features are those of context (nil: none).
func (f *FlowMatching) velocity(prefix string, x, context, features *graph.Node) *graph.Node {
	if context != nil {
		return f.net().Build(prefix, graph.Concat(x, context, features))
	}
	return f.net().Build(prefix, graph.Concat(x, features))
}

// LatentDim implements Generator.
func (f *FlowMatching) LatentDim() int { return len(f.Scale) }

// Dim implements Generator.
func (f *FlowMatching) Dim() int { return len(f.Scale) }

// Prior implements Generator.
func (f *FlowMatching) Prior() Prior { return f.Config.Prior.orNormal() }

// Build implements Generator.
func (f *FlowMatching) Build(prefix string, z *graph.Node) *graph.Node {
	y, given, context := f.split(z)
	x := f.Config.Solver.Integrate(f.Prior().toNormal(y), 0, 1, f.Config.Steps, func(x *graph.Node, t float64) *graph.Node {
		return f.slope(prefix, x, context, t)
	})
	if f.Config.Refines == Uniform {
		x = nn.NormalCDF(x)
	}
	shift, scale := f.movedScale()
	return behind(toData(x, shift, scale), given)
}

// behind adds the given features (nil: none) behind others.
func behind(x, given *graph.Node) *graph.Node {
	if given == nil {
		return x
	}
	return graph.Concat(x, given)
}

// toNormal applies the preprocessing to examples, without those features that are given.
func (f *FlowMatching) toNormal(x *graph.Node) *graph.Node {
	shift, scale := f.movedScale()
	return f.Config.Refines.toNormal(toNetwork(x, shift, scale))
}

// slope adds dx/dt to the graph.
func (f *FlowMatching) slope(prefix string, x, context *graph.Node, t float64) *graph.Node {
	p := f.Config.Path.at(t)
	v := f.velocity(prefix, x, context, graph.ToRows(x.Graph.Const(p.features[:], timeFeatures)))
	return graph.MulScalar(v, p.rate)
}

// BuildLogProb implements LogDensity. It follows the point back to the latents and
// integrates the divergence of the velocity on the way (Chen et al.,
// arXiv:1806.07366, eq. 8), which costs a gradient for each feature. It is the density
// of the exact flow of the velocity, which samples have but for the error of the
// solver. Of features that are given it is the density of the others.
func (f *FlowMatching) BuildLogProb(prefix string, x *graph.Node) *graph.Node {
	d := f.moved()
	x, _, context := f.split(x)
	x = f.toNormal(x)
	start := graph.Concat(x, graph.ToRows(x.Graph.Scalar(0))) // with -∫ div v dt
	end := f.Config.Solver.Integrate(start, 1, 0, f.Config.Steps, func(state *graph.Node, t float64) *graph.Node {
		at := graph.Slice(state, 0, d)
		v := f.slope(prefix, at, context, t)
		var div *graph.Node
		for j := range d {
			grad, err := graph.Grad(graph.Slice(v, j, j+1), at)
			if err != nil {
				return v // the graph keeps the error
			}
			if part := graph.Slice(grad[0], j, j+1); div == nil {
				div = part
			} else {
				div = graph.Add(div, part)
			}
		}
		return graph.Concat(v, div)
	})
	jacobian := 0.0
	for _, s := range f.Scale[:d] {
		jacobian -= math.Log(s)
	}
	logProb := graph.AddScalar(graph.Add(nn.StandardNormal(graph.Slice(end, 0, d)), graph.Slice(end, d, d+1)), jacobian)
	if f.Config.Refines == Uniform { // dΦ⁻¹/du = p_uniform/p_normal
		logProb = graph.Add(logProb, graph.Sub(Uniform.LogProb(x), nn.StandardNormal(x)))
	}
	return logProb
}

// toData undoes the preprocessing: x·scale + shift.
func toData(x *graph.Node, shift, scale []float64) *graph.Node {
	x = graph.Mul(x, x.Graph.Const(scale, len(scale)))
	if shift != nil {
		x = graph.Add(x, x.Graph.Const(shift, len(shift)))
	}
	return x
}

// toFeatures undoes the preprocessing, transform included.
func toFeatures(y *graph.Node, shift, scale []float64, t preprocess.Transform) *graph.Node {
	x, _ := t.BuildInverse(toData(y, shift, scale))
	return x
}

// Bind implements Generator.
func (f *FlowMatching) Bind(b nn.Binder, prefix string) error { return f.Params.Bind(b, prefix) }

type flowMatchingMeta struct {
	modeldir.Header
	Config FlowMatchingConfig `json:"network"`
	Shift  []float64          `json:"shift,omitempty"`
	Scale  []float64          `json:"scale"`
	// Preprocess is of the given features.
	Preprocess preprocess.Transform `json:"preprocess,omitempty"`
}

// Save implements Generator.
func (f *FlowMatching) Save(dir string) error {
	return modeldir.Save(dir, flowMatchingMeta{modeldir.NewHeader(flowMatchingKind), f.Config, f.Shift, f.Scale, f.Transform}, f.Params, nil)
}

func loadFlowMatching(dir string) (*FlowMatching, error) {
	var m flowMatchingMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	if err := modeldir.CheckStored(dir, 1, m.Config.Hidden, m.Config.Units); err != nil {
		return nil, err
	}
	f, err := NewFlowMatching(m.Config, m.Scale, 0)
	if err == nil {
		err = checkShift(m.Shift, f.Dim())
	}
	if err == nil && m.Preprocess != nil {
		err = m.Preprocess.Check(f.Given())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	f.Shift, f.Transform = m.Shift, m.Preprocess
	return f, modeldir.LoadParams(dir, f.Params)
}

// checkShift refuses a shift that does not belong to dim features; nil is none.
func checkShift(shift []float64, dim int) error {
	if shift != nil && len(shift) != dim {
		return fmt.Errorf("%d shifts for %d features", len(shift), dim)
	}
	for _, s := range shift {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return fmt.Errorf("shift %v; numbers are accepted", s)
		}
	}
	return nil
}
