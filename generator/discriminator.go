package generator

import (
	"fmt"
	"math"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/nn"
	"etalon/preprocess"
)

// DiscConfig has the sizes of a discriminator.
type DiscConfig struct {
	Hidden int     `toml:"hidden" json:"hidden"` // hidden layers
	Units  int     `toml:"units" json:"units"`   // units of each
	Slope  float64 `toml:"slope" json:"slope"`   // of the leaky ReLU
}

// Check returns an error for sizes that make no discriminator.
func (c DiscConfig) Check() error {
	if err := checkSizes(c.Hidden, c.Units); err != nil {
		return fmt.Errorf("discriminator: hidden and units: %w", err)
	}
	if !(c.Slope >= 0 && c.Slope <= 1) {
		return fmt.Errorf("discriminator: slope %v; 0 to 1 is accepted", c.Slope)
	}
	return nil
}

// discriminator is the critic of a GAN, an MLP with one logit. It sees examples z,
// less Shift and divided by Scale, and, where it judges the latents of another generator, the
// features g(z) too, less FeatureShift and divided by FeatureScale.
type discriminator struct {
	Config       DiscConfig `json:"network"`
	Shift        []float64  `json:"shift,omitempty"` // nil is none
	Scale        []float64  `json:"scale"`
	FeatureScale []float64  `json:"feature_scale,omitempty"` // nil: it does not see features
	FeatureShift []float64  `json:"feature_shift,omitempty"` // nil is none
	Spread       bool       `json:"spread"`                  // initialisation
	Start        string     `json:"start,omitempty"`         // initialisation: see GANConfig
	// Transform is what is done to examples first; nil for latents.
	Transform preprocess.Transform `json:"-"`
}

// seeThrough shows the discriminator the features of the examples z under g, and
// returns them.
func (d *discriminator) seeThrough(e *cpu.Engine, g Generator, z []float32) ([]float32, error) {
	s, err := NewSampler(e, g, 0, "unused")
	if err != nil {
		return nil, err
	}
	dim := g.Dim()
	x := make([]float32, len(z)/g.LatentDim()*dim)
	if err := s.Push(z, x); err != nil {
		return nil, err
	}
	d.FeatureScale = make([]float64, dim)
	for j := range d.FeatureScale {
		sum := 0.0
		for i := j; i < len(x); i += dim {
			sum += float64(x[i]) * float64(x[i])
		}
		d.FeatureScale[j] = max(math.Sqrt(sum*float64(dim)/float64(len(x))), 1e-30)
	}
	if GivenOf(g) > 0 { // conditions, and what follows them, may be far from 0
		d.FeatureShift, d.FeatureScale = standardised(x, dim)
	}
	return x, nil
}

// standardised returns mean and standard deviation of each column of x (rows of dim).
func standardised(x []float32, dim int) (shift, scale []float64) {
	shift, scale = make([]float64, dim), make([]float64, dim)
	n := float64(len(x) / dim)
	for j := range dim {
		for i := j; i < len(x); i += dim {
			shift[j] += float64(x[i]) / n
		}
		m2 := 0.0
		for i := j; i < len(x); i += dim {
			m2 += (float64(x[i]) - shift[j]) * (float64(x[i]) - shift[j])
		}
		scale[j] = max(math.Sqrt(m2/n), 1e-30)
	}
	return shift, scale
}

func (d *discriminator) net() nn.MLP {
	m := nn.MLP{Name: "disc", In: len(d.Scale) + len(d.FeatureScale), Hidden: d.Config.Hidden, Units: d.Config.Units, Out: 1, Slope: d.Config.Slope}
	if d.Start == heUniform {
		m.Start = nn.HeUniform
	}
	if d.Spread {
		m.Start = nn.Spread
		if d.FeatureScale != nil {
			m.LastGain = 0.1 // of a finished refiner the logits are small
		}
	}
	return m
}

// build adds the logit for examples z with their features x (nil without) to the
// graph.
func (d *discriminator) build(prefix string, z, x *graph.Node) *graph.Node {
	in := toNetwork(d.Transform.Build(z), d.Shift, d.Scale)
	if d.FeatureScale != nil {
		in = graph.Concat(in, toNetwork(x, d.FeatureShift, d.FeatureScale))
	}
	return d.net().Build(prefix, in)
}
