package dctr

import (
	"fmt"
	"math"

	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/rng"
	"etalon/train"
)

const classifierKind = "classifier"

// Config has the sizes of a classifier network.
type Config struct {
	Hidden int     `toml:"hidden" json:"hidden"` // hidden layers
	Units  int     `toml:"units" json:"units"`   // units of each
	Slope  float64 `toml:"slope" json:"slope"`   // of the leaky ReLU
	// Start is the initialisation: "torch", what PyTorch does and the paper's networks
	// had, or "spread" (the default): see nn.Spread.
	Start string `toml:"start" json:"start"`
}

// Check returns an error for sizes that make no network.
func (c Config) Check() error {
	if c.Hidden < 1 || c.Hidden > 1<<12 || c.Units < 1 || c.Units > 1<<16 || !(c.Slope >= 0 && c.Slope <= 1) {
		return fmt.Errorf("classifier: hidden = %d, units = %d, slope = %v; 1 to 4096 layers, 1 to 65536 units and a slope from 0 to 1 are accepted", c.Hidden, c.Units, c.Slope)
	}
	if c.Start != "" && c.Start != "spread" && c.Start != "torch" {
		return fmt.Errorf("classifier: start = %q; spread and torch are accepted", c.Start)
	}
	return nil
}

// Classifier is the post-hoc classifier f = sigmoid(ℓ), 1 for truth and 0 for
// generated. The network sees (x - Shift)/Scale.
type Classifier struct {
	Config Config
	Shift  []float64 // of each feature; nil is none. To be set before the training.
	Scale  []float64
	Params *nn.Params
}

// New returns an untrained classifier.
func New(cfg Config, scale []float64, seed uint64) (*Classifier, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if len(scale) == 0 {
		return nil, fmt.Errorf("classifier: no features")
	}
	for _, s := range scale {
		if !(s > 0) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("classifier: scale %v; positive numbers are accepted", s)
		}
	}
	if err := modeldir.CheckSize(1, cfg.Hidden, cfg.Units, len(scale)); err != nil {
		return nil, fmt.Errorf("classifier: %w", err)
	}
	c := &Classifier{Config: cfg, Scale: scale, Params: &nn.Params{}}
	c.net().Init(c.Params, rng.New(seed, "classifier/init"))
	return c, nil
}

func (c *Classifier) net() nn.MLP {
	m := nn.MLP{Name: "classifier", In: len(c.Scale), Hidden: c.Config.Hidden, Units: c.Config.Units, Out: 1, Slope: c.Config.Slope}
	if c.Config.Start != "torch" {
		m.Start, m.LastGain = nn.Spread, 0.1 // logits start near zero, where they mostly end
	}
	return m
}

// Dim is the number of features.
func (c *Classifier) Dim() int { return len(c.Scale) }

// Build adds the logit ℓ(x) (rows 1) to the graph of x.
func (c *Classifier) Build(prefix string, x *graph.Node) *graph.Node {
	if c.Shift != nil {
		x = graph.Sub(x, x.Graph.Const(c.Shift, len(c.Shift)))
	}
	return c.net().Build(prefix, graph.Div(x, x.Graph.Const(c.Scale, len(c.Scale))))
}

// Bind gives the parameters to a program that holds Build(prefix, …).
func (c *Classifier) Bind(b nn.Binder, prefix string) error { return c.Params.Bind(b, prefix) }

// Logits returns ℓ at n points, x n×Dim row-major. With classes of equal shares in
// training it is the log-weight.
func (c *Classifier) Logits(e *cpu.Engine, x []float32) ([]float64, error) {
	g := graph.New()
	p, err := e.Compile(g, cpu.Config{}, c.Build("", g.Input("x", c.Dim())))
	if err != nil {
		return nil, err
	}
	if err := c.Bind(p, ""); err != nil {
		return nil, err
	}
	return generator.Evaluate(p, "x", x, c.Dim())
}

type meta struct {
	modeldir.Header
	Config Config    `json:"network"`
	Shift  []float64 `json:"shift,omitempty"`
	Scale  []float64 `json:"scale"`
}

// Save writes a model directory.
func (c *Classifier) Save(dir string) error {
	return modeldir.Save(dir, meta{modeldir.NewHeader(classifierKind), c.Config, c.Shift, c.Scale}, c.Params, nil)
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
	c, err := New(m.Config, m.Scale, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if m.Shift != nil && len(m.Shift) != c.Dim() {
		return nil, fmt.Errorf("%s: %d shifts for %d features", dir, len(m.Shift), c.Dim())
	}
	c.Shift = m.Shift
	return c, modeldir.LoadParams(dir, c.Params)
}

// NewObjective prepares the training of c by binary cross-entropy on logits,
// softplus(ℓ) - y·ℓ, between truth (y = 1) and generated rows (y = 0), both
// row-major with Dim columns and in random order. Every batch takes cfg.Batch
// rows of each class, so that ℓ estimates ln p_truth/p_gen whatever the sizes.
func NewObjective(e *cpu.Engine, c *Classifier, truth, gen []float32, cfg train.Config, seed uint64) (*train.Objective, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("classifier: %w", err)
	}
	d := c.Dim()
	nt, ng := len(truth)/d, len(gen)/d
	if nt < 2 || ng < 2 || len(truth) != nt*d || len(gen) != ng*d {
		return nil, fmt.Errorf("classifier: %d and %d values are no tables of %d features with at least 2 rows", len(truth), len(gen), d)
	}
	kt, kg := cfg.Split(nt), cfg.Split(ng)
	share := min(cfg.Batch, kt, kg)
	x := append(append(make([]float32, 0, len(truth)+len(gen)), truth...), gen...)
	y := make([]float32, nt+ng)
	for i := range nt {
		y[i] = 1
	}
	g := graph.New()
	l := c.Build("", g.Input("x", d))
	loss := graph.MeanRows(graph.Sub(graph.Softplus(l), graph.Mul(l, g.Input("y", 1))))
	held := min(nt-kt, ng-kg) // equal numbers, as in training
	return train.NewObjective(e, train.ObjectiveConfig{
		Loss: loss, Params: c.Params, Adam: cfg.Adam, Seed: seed,
		Fields: map[string][]float32{"x": x, "y": y},
		Batches: train.NewBatches(rng.New(seed, "classifier/batches"),
			train.Group{Lo: 0, Hi: kt, Share: share}, train.Group{Lo: nt, Hi: nt + kg, Share: share}),
		Holdout: append(train.Range(kt, kt+held), train.Range(nt+kg, nt+kg+held)...),
	})
}
