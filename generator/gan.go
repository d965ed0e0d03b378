package generator

import (
	"fmt"

	"etalon/graph"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/preprocess"
	"etalon/rng"
)

const (
	ganKind   = "gan"
	heUniform = "he-uniform" // GANConfig.Start
)

// GANConfig has the sizes of a GAN: generator and discriminator are MLPs of the
// same hidden sizes.
type GANConfig struct {
	Latent int     `toml:"latent" json:"latent"` // dimension L of the auxiliary latent space
	Hidden int     `toml:"hidden" json:"hidden"` // hidden layers
	Units  int     `toml:"units" json:"units"`   // units of each
	Slope  float64 `toml:"slope" json:"slope"`   // of the leaky ReLU
	// Residual adds the first latents to the output: Φ(y) = y[:N] + MLP(y). A refiner
	// then starts as the prior of the generator that it refines.
	Residual bool `toml:"residual" json:"residual"`
	// Start is the initialisation of generator and discriminator: "" (PyTorch's, or
	// nn.Spread of a residual network) or "he-uniform" (Keras').
	Start string `toml:"start,omitempty" json:"start,omitempty"`
	Prior Prior  `toml:"prior,omitempty" json:"prior,omitempty"` // of the latents: normal ("" means it) or uniform
}

// Check returns an error for sizes that make no GAN of dim features.
func (c GANConfig) Check(dim int) error {
	if err := checkSizes(c.Latent, c.Hidden, c.Units); err != nil {
		return fmt.Errorf("gan: latent, hidden and units: %w", err)
	}
	if !(c.Slope >= 0 && c.Slope <= 1) {
		return fmt.Errorf("gan: slope %v; 0 to 1 is accepted", c.Slope)
	}
	if c.Residual && c.Latent < dim {
		return fmt.Errorf("gan: a residual network needs at least as many latents as features, %d < %d", c.Latent, dim)
	}
	if c.Start != "" && (c.Start != heUniform || c.Residual) {
		return fmt.Errorf("gan: start = %q, residual = %v; no start, or %s without residual, are accepted", c.Start, c.Residual, heUniform)
	}
	if err := c.Prior.check(); err != nil {
		return fmt.Errorf("gan: %w", err)
	}
	return nil
}

// GAN is the generator network of a GAN, with a latent of any dimension. Its output is
// multiplied by Scale, and Shift is added, per feature.
type GAN struct {
	Config GANConfig
	Shift  []float64 // of each feature; nil is none. To be set before the training.
	Scale  []float64
	// Transform is what is done to the features before they are shifted and scaled; nil is
	// nothing. To be set before the training.
	Transform preprocess.Transform
	Params    *nn.Params
}

// NewGAN returns an untrained generator network.
func NewGAN(cfg GANConfig, scale []float64, seed uint64) (*GAN, error) {
	if err := checkScale(scale, len(scale)); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	if len(scale) < 1 {
		return nil, fmt.Errorf("gan: no features")
	}
	if err := cfg.Check(len(scale)); err != nil {
		return nil, err
	}
	if err := modeldir.CheckSize(1, cfg.Hidden, cfg.Units, max(cfg.Latent, len(scale))); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	n := &GAN{Config: cfg, Scale: scale, Params: &nn.Params{}}
	n.net().Init(n.Params, rng.New(seed, "gan/init"))
	return n, nil
}

func (n *GAN) net() nn.MLP {
	m := nn.MLP{Name: "gan", In: n.Config.Latent, Hidden: n.Config.Hidden, Units: n.Config.Units, Out: len(n.Scale), Slope: n.Config.Slope}
	if n.Config.Residual {
		m.LastGain, m.Start = 0.001, nn.Spread
	}
	if n.Config.Start == heUniform {
		m.Start = nn.HeUniform
	}
	return m
}

// LatentDim implements Generator.
func (n *GAN) LatentDim() int { return n.Config.Latent }

// Dim implements Generator.
func (n *GAN) Dim() int { return len(n.Scale) }

// Prior implements Generator.
func (n *GAN) Prior() Prior { return n.Config.Prior.orNormal() }

// Build implements Generator.
func (n *GAN) Build(prefix string, z *graph.Node) *graph.Node {
	x := n.net().Build(prefix, z)
	if n.Config.Residual {
		x = graph.Add(x, graph.Slice(z, 0, n.Dim()))
	}
	return toFeatures(x, n.Shift, n.Scale, n.Transform)
}

// Bind implements Generator.
func (n *GAN) Bind(b nn.Binder, prefix string) error { return n.Params.Bind(b, prefix) }

type ganMeta struct {
	modeldir.Header
	Config     GANConfig            `json:"network"`
	Shift      []float64            `json:"shift,omitempty"`
	Scale      []float64            `json:"scale"`
	Preprocess preprocess.Transform `json:"preprocess,omitempty"`
}

// Save implements Generator.
func (n *GAN) Save(dir string) error {
	return modeldir.Save(dir, ganMeta{modeldir.NewHeader(ganKind), n.Config, n.Shift, n.Scale, n.Transform}, n.Params, nil)
}

func loadGAN(dir string) (*GAN, error) {
	var m ganMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	if err := modeldir.CheckStored(dir, 1, m.Config.Hidden, m.Config.Units); err != nil {
		return nil, err
	}
	n, err := NewGAN(m.Config, m.Scale, 0)
	if err == nil {
		err = checkShift(m.Shift, n.Dim())
	}
	if err == nil {
		err = m.Preprocess.Check(n.Dim())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	n.Shift, n.Transform = m.Shift, m.Preprocess
	return n, modeldir.LoadParams(dir, n.Params)
}
