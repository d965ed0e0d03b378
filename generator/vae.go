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

const vaeKind = "vae"

// VAEConfig has the sizes of a variational autoencoder: encoder and decoder are MLPs
// of the same hidden sizes.
type VAEConfig struct {
	Latent int     `toml:"latent" json:"latent"` // dimension of the latent space
	Hidden int     `toml:"hidden" json:"hidden"` // hidden layers
	Units  int     `toml:"units" json:"units"`   // units of each
	Slope  float64 `toml:"slope" json:"slope"`   // of the leaky ReLU
	Beta   float64 `toml:"beta" json:"beta"`     // weight of the KL term, 1 is the plain VAE; it must be positive
	// Sigma is the standard deviation of the likelihood, in units of Scale; 0 learns one
	// for each feature.
	Sigma float64 `toml:"sigma" json:"sigma"`
	// Noise adds the likelihood's noise to samples. It is made of Dim further latents,
	// so that g(z) stays a function; without it g(z) is the decoder's mean.
	Noise bool  `toml:"noise" json:"noise"`
	Prior Prior `toml:"prior,omitempty" json:"prior,omitempty"` // of the latents: normal ("" means it) or uniform
}

// Check returns an error for settings that make no model.
func (c VAEConfig) Check() error {
	if err := checkSizes(c.Latent, c.Hidden, c.Units); err != nil {
		return fmt.Errorf("vae: latent, hidden and units: %w", err)
	}
	switch {
	case !(c.Slope >= 0 && c.Slope <= 1):
		return fmt.Errorf("vae: slope %v; 0 to 1 is accepted", c.Slope)
	case !(c.Beta > 0 && c.Beta <= 1e6):
		return fmt.Errorf("vae: beta = %v; a positive number up to 1e6 is accepted", c.Beta)
	case !(c.Sigma >= 0 && c.Sigma <= 1e6):
		return fmt.Errorf("vae: sigma = %v; 0 (learned) to 1e6 is accepted", c.Sigma)
	}
	if err := c.Prior.check(); err != nil {
		return fmt.Errorf("vae: %w", err)
	}
	return nil
}

// VAE is the decoder of a variational autoencoder (Kingma and Welling,
// arXiv:1312.6114), with its encoder. The networks work on (T(x) - Shift)/Scale, per
// feature.
type VAE struct {
	Config VAEConfig
	Shift  []float64 // of each feature; nil is none. To be set before the training.
	Scale  []float64
	// Transform is what is done to the features before they are shifted and scaled; nil is
	// nothing. To be set before the training.
	Transform preprocess.Transform
	Params    *nn.Params
}

const sigmaName = "vae/log_sigma"

// NewVAE returns an untrained model.
func NewVAE(cfg VAEConfig, scale []float64, seed uint64) (*VAE, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if len(scale) < 1 {
		return nil, fmt.Errorf("vae: no features")
	}
	if err := checkScale(scale, len(scale)); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	if err := modeldir.CheckSize(2, cfg.Hidden, cfg.Units, max(2*cfg.Latent, len(scale))); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	v := &VAE{Config: cfg, Scale: scale, Params: &nn.Params{}}
	v.encoder().Init(v.Params, rng.New(seed, "vae/encoder"))
	v.decoder().Init(v.Params, rng.New(seed, "vae/decoder"))
	if cfg.Sigma == 0 {
		v.Params.Add(sigmaName, len(scale))
	}
	return v, nil
}

func (v *VAE) encoder() nn.MLP {
	return nn.MLP{Name: "encoder", In: v.Dim(), Hidden: v.Config.Hidden, Units: v.Config.Units, Out: 2 * v.Config.Latent, Slope: v.Config.Slope}
}

func (v *VAE) decoder() nn.MLP {
	return nn.MLP{Name: "decoder", In: v.Config.Latent, Hidden: v.Config.Hidden, Units: v.Config.Units, Out: v.Dim(), Slope: v.Config.Slope}
}

// logSigma adds the logarithm of the likelihood's standard deviations (shared, 1 or
// Dim elements).
func (v *VAE) logSigma(prefix string, g *graph.Graph) *graph.Node {
	if v.Config.Sigma > 0 {
		return g.Scalar(math.Log(v.Config.Sigma))
	}
	return g.Shared(prefix+sigmaName, v.Dim())
}

// LatentDim implements Generator.
func (v *VAE) LatentDim() int {
	if v.Config.Noise {
		return v.Config.Latent + v.Dim()
	}
	return v.Config.Latent
}

// Dim implements Generator.
func (v *VAE) Dim() int { return len(v.Scale) }

// Prior implements Generator.
func (v *VAE) Prior() Prior { return v.Config.Prior.orNormal() }

// Build implements Generator: the decoder's mean and, where samples have noise, σ
// times the last Dim latents.
func (v *VAE) Build(prefix string, z *graph.Node) *graph.Node {
	z = v.Prior().toNormal(z)
	x := v.decoder().Build(prefix, graph.Slice(z, 0, v.Config.Latent))
	if v.Config.Noise {
		x = graph.Add(x, graph.Mul(graph.Slice(z, v.Config.Latent, v.LatentDim()), graph.Exp(v.logSigma(prefix, z.Graph))))
	}
	return toFeatures(x, v.Shift, v.Scale, v.Transform)
}

// Bind implements Generator.
func (v *VAE) Bind(b nn.Binder, prefix string) error { return v.Params.Bind(b, prefix) }

type vaeMeta struct {
	modeldir.Header
	Config     VAEConfig            `json:"network"`
	Shift      []float64            `json:"shift,omitempty"`
	Scale      []float64            `json:"scale"`
	Preprocess preprocess.Transform `json:"preprocess,omitempty"`
}

// Save implements Generator.
func (v *VAE) Save(dir string) error {
	return modeldir.Save(dir, vaeMeta{modeldir.NewHeader(vaeKind), v.Config, v.Shift, v.Scale, v.Transform}, v.Params, nil)
}

func loadVAE(dir string) (*VAE, error) {
	var m vaeMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	if err := modeldir.CheckStored(dir, 1, m.Config.Hidden, m.Config.Units); err != nil {
		return nil, err
	}
	v, err := NewVAE(m.Config, m.Scale, 0)
	if err == nil {
		err = checkShift(m.Shift, v.Dim())
	}
	if err == nil {
		err = m.Preprocess.Check(v.Dim())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	v.Shift, v.Transform = m.Shift, m.Preprocess
	return v, modeldir.LoadParams(dir, v.Params)
}
