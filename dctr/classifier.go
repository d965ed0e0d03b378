package dctr

import (
	"fmt"
	"math"
	"slices"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/preprocess"
	"etalon/rng"
)

const classifierKind = "classifier"

// Config has the sizes of a classifier network.
type Config struct {
	Hidden int `toml:"hidden" json:"hidden"` // hidden layers
	Units  int `toml:"units" json:"units"`   // units of each
	// Layers are the units of each hidden layer where they differ; then hidden and units
	// do not count.
	Layers []int   `toml:"layers,omitempty" json:"layers,omitempty"`
	Slope  float64 `toml:"slope" json:"slope"` // of the leaky ReLU
	// Start is the initialisation: "torch", what PyTorch does and LaSeR's networks had,
	// "glorot", what Keras does and DCTRGAN's had, or "spread" (the default): see nn.Spread.
	Start string `toml:"start" json:"start"`
	// Volume, if set, makes it a network of volumes, and the fields above are left out.
	Volume *Volume `toml:"-" json:"volume,omitempty"`
}

// Check returns an error for sizes that make no network.
func (c Config) Check() error {
	if c.Volume != nil {
		if c.Hidden != 0 || c.Units != 0 || len(c.Layers) > 0 || c.Slope != 0 || c.Start != "" {
			return fmt.Errorf("classifier: hidden, units, layers, slope or start beside a volume; it has its own")
		}
		return c.Volume.Check()
	}
	if len(c.Layers) > 0 {
		if len(c.Layers) > 1<<12 || slices.Min(c.Layers) < 1 || slices.Max(c.Layers) > 1<<16 {
			return fmt.Errorf("classifier: layers = %v; 1 to 4096 layers of 1 to 65536 units are accepted", c.Layers)
		}
		c.Hidden, c.Units = 1, 1
	}
	if c.Hidden < 1 || c.Hidden > 1<<12 || c.Units < 1 || c.Units > 1<<16 || !(c.Slope >= 0 && c.Slope <= 1) {
		return fmt.Errorf("classifier: hidden = %d, units = %d, slope = %v; 1 to 4096 layers, 1 to 65536 units and a slope from 0 to 1 are accepted", c.Hidden, c.Units, c.Slope)
	}
	switch c.Start {
	case "", "spread", "torch", "glorot":
	default:
		return fmt.Errorf("classifier: start = %q; spread, torch and glorot are accepted", c.Start)
	}
	return nil
}

// dim is the number of features of a network whose features have the given scales: a
// network of volumes has none.
func (c Config) dim(scale []float64) int {
	if c.Volume != nil {
		return c.Volume.cells()
	}
	return len(scale)
}

// Classifier is the post-hoc classifier f = sigmoid(ℓ), 1 for truth and 0 for
// generated. The network sees (T(x) - Shift)/Scale. A network of volumes has none of these.
type Classifier struct {
	Config Config
	Shift  []float64 // of each feature; nil is none. To be set before the training.
	Scale  []float64
	// Transform is what is done to the features before they are shifted and scaled; nil is
	// nothing. To be set before the training. Features beyond its bounds count as at them.
	Transform preprocess.Transform
	Params    *nn.Params
	// Calibration, if set, maps the network's logit to the log-weight.
	Calibration *Calibration
	// Origin, if set, says what the weights were learned from.
	Origin *Origin
}

// New returns an untrained classifier. A network of volumes takes no scale.
func New(cfg Config, scale []float64, seed uint64) (*Classifier, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if cfg.Volume != nil {
		if len(scale) != 0 {
			return nil, fmt.Errorf("classifier: %d scales of a network of volumes; none is accepted", len(scale))
		}
		c := &Classifier{Config: cfg, Params: &nn.Params{}}
		cfg.Volume.init(c.Params, rng.New(seed, "classifier/init"))
		return c, nil
	}
	if len(scale) == 0 {
		return nil, fmt.Errorf("classifier: no features")
	}
	for _, s := range scale {
		if !(s > 0) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("classifier: scale %v; positive numbers are accepted", s)
		}
	}
	hidden, units := cfg.Hidden, cfg.Units
	if len(cfg.Layers) > 0 {
		hidden, units = len(cfg.Layers), slices.Max(cfg.Layers)
	}
	if err := modeldir.CheckSize(1, hidden, units, len(scale)); err != nil {
		return nil, fmt.Errorf("classifier: %w", err)
	}
	c := &Classifier{Config: cfg, Scale: scale, Params: &nn.Params{}}
	c.net().Init(c.Params, rng.New(seed, "classifier/init"))
	return c, nil
}

func (c *Classifier) net() nn.MLP {
	m := nn.MLP{Name: "classifier", In: len(c.Scale), Hidden: c.Config.Hidden, Units: c.Config.Units, Widths: c.Config.Layers, Out: 1, Slope: c.Config.Slope}
	switch c.Config.Start {
	case "torch":
	case "glorot":
		m.Start = nn.GlorotUniform
	default:
		m.Start, m.LastGain = nn.Spread, 0.1 // logits start near zero, where they mostly end
	}
	return m
}

// Dim is the number of features.
func (c *Classifier) Dim() int { return c.Config.dim(c.Scale) }

// Build adds the log-weight (rows 1) to the graph of x: the logit ℓ(x), calibrated
// where the classifier has a calibration.
func (c *Classifier) Build(prefix string, x *graph.Node) *graph.Node {
	l := c.buildRaw(prefix, x)
	if c.Calibration != nil {
		l = c.Calibration.build(l)
	}
	return l
}

// buildRaw adds the network's own logit.
func (c *Classifier) buildRaw(prefix string, x *graph.Node) *graph.Node {
	if v := c.Config.Volume; v != nil {
		return v.build(prefix, x)
	}
	x = c.Transform.Build(x)
	if c.Shift != nil {
		x = graph.Sub(x, x.Graph.Const(c.Shift, len(c.Shift)))
	}
	return c.net().Build(prefix, graph.Div(x, x.Graph.Const(c.Scale, len(c.Scale))))
}

// buildTraining adds the logit that is trained.
func (c *Classifier) buildTraining(prefix string, x *graph.Node) *graph.Node {
	if v := c.Config.Volume; v != nil {
		return v.train(prefix, x)
	}
	return c.buildRaw(prefix, x)
}

// Bind gives the parameters to a program that holds Build(prefix, …).
func (c *Classifier) Bind(b nn.Binder, prefix string) error { return c.Params.Bind(b, prefix) }

// Logits returns the log-weights at n points, x n×Dim row-major: ℓ, calibrated where
// the classifier has a calibration. With classes of equal shares in training that is
// ln p_truth/p_gen.
func (c *Classifier) Logits(e *cpu.Engine, x []float32) ([]float64, error) {
	return c.logitsOf(e, Sample{X: x})
}

// logitsOf returns the log-weights of a sample, rawLogitsOf ℓ without the calibration.
func (c *Classifier) logitsOf(e *cpu.Engine, s Sample) ([]float64, error) {
	return evaluateSample(e, s, c.Dim(), c.Build, c.Bind)
}

func (c *Classifier) rawLogitsOf(e *cpu.Engine, s Sample) ([]float64, error) {
	return evaluateSample(e, s, c.Dim(), c.buildRaw, c.Bind)
}

// evaluate runs the network that build makes of dim features, at n points.
func evaluate(e *cpu.Engine, x []float32, dim int, build func(string, *graph.Node) *graph.Node, bind func(nn.Binder, string) error) ([]float64, error) {
	return evaluateSample(e, Sample{X: x}, dim, build, bind)
}

func evaluateSample(e *cpu.Engine, s Sample, dim int, build func(string, *graph.Node) *graph.Node, bind func(nn.Binder, string) error) ([]float64, error) {
	p, err := compile(e, dim, build, bind)
	if err != nil {
		return nil, err
	}
	return s.run(p, dim)
}

func compile(e *cpu.Engine, dim int, build func(string, *graph.Node) *graph.Node, bind func(nn.Binder, string) error) (*cpu.Program, error) {
	g := graph.New()
	p, err := e.Compile(g, cpu.Config{}, build("", g.Input("x", dim)))
	if err != nil {
		return nil, err
	}
	return p, bind(p, "")
}

// checkTransform returns an error for a transform that a network of dim features cannot
// have.
func checkTransform(t preprocess.Transform, cfg Config, dim int) error {
	if t != nil && cfg.Volume != nil {
		return fmt.Errorf("classifier: a network of volumes takes no transforms of columns")
	}
	return t.Check(dim)
}

type meta struct {
	modeldir.Header
	Config Config    `json:"network"`
	Shift  []float64 `json:"shift,omitempty"`
	Scale  []float64 `json:"scale"`

	Preprocess preprocess.Transform `json:"preprocess,omitempty"`

	Calibration *Calibration `json:"calibration,omitempty"`
	Origin      *Origin      `json:"origin,omitempty"`
}

// Save writes a model directory.
func (c *Classifier) Save(dir string) error {
	return modeldir.Save(dir, meta{modeldir.NewHeader(classifierKind), c.Config, c.Shift, c.Scale, c.Transform, c.Calibration, c.Origin}, c.Params, nil)
}

// Load reads a model directory.
func Load(dir string) (*Classifier, error) {
	kind, err := modeldir.Kind(dir)
	if err != nil {
		return nil, err
	}
	if kind != classifierKind {
		return nil, fmt.Errorf("%s: a model of kind %q; %s is accepted", dir, kind, classifierKind)
	}
	var m meta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	if err := modeldir.CheckStored(dir, 1, m.Config.Hidden, m.Config.Units); err != nil {
		return nil, err
	}
	c, err := New(m.Config, m.Scale, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if m.Shift != nil && len(m.Shift) != c.Dim() {
		return nil, fmt.Errorf("%s: %d shifts for %d features", dir, len(m.Shift), c.Dim())
	}
	if err := checkTransform(m.Preprocess, m.Config, c.Dim()); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if err := m.Calibration.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if err := m.Origin.check(c); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	c.Shift, c.Transform, c.Calibration, c.Origin = m.Shift, m.Preprocess, m.Calibration, m.Origin
	return c, modeldir.LoadParams(dir, c.Params)
}
