package laser

import (
	"fmt"

	"etalon/generator"
	"etalon/train"
)

// GeneratorConfig is the primary generator g. Only the settings of its kind count.
type GeneratorConfig struct {
	Kind string `toml:"kind"` // flow, gan, vae, model, process or pairs
	// Hidden latents, the last ones, are drawn anew for every point and not refined:
	// their weights are pulled back by OmniFold. Of a program that draws hidden
	// randomness itself, process.hidden = true says so.
	Hidden int `toml:"hidden"`

	Flow  FlowConfig      `toml:"flow"`
	GAN   GANConfig       `toml:"gan"`
	VAE   VAEConfig       `toml:"vae"`
	Model string          `toml:"model"` // of kind model: a model directory, or an ONNX file
	Prior generator.Prior `toml:"prior"` // of the latents of an ONNX file: normal ("" means it) or uniform
	// ConditionInput is the input of an ONNX file that takes the conditions: its name, or
	// "first" or "last" for these columns of the only one; "" finds it among two inputs.
	ConditionInput string                  `toml:"condition_input,omitempty"`
	Process        generator.ProcessConfig `toml:"process"`
	Pairs          PairsConfig             `toml:"pairs"`
}

// FlowConfig is a normalizing flow and its training.
type FlowConfig struct {
	Network  generator.FlowConfig `toml:"network"`
	Training train.Config         `toml:"training"`
}

// GANConfig is a GAN and its training.
type GANConfig struct {
	Network  generator.GANConfig   `toml:"network"`
	Training generator.GANTraining `toml:"training"`
}

// VAEConfig is a VAE and its training.
type VAEConfig struct {
	Network  generator.VAEConfig `toml:"network"`
	Training train.Config        `toml:"training"`
}

// PairsConfig names a sample of a generator that is not at hand itself.
type PairsConfig struct {
	Latents string          `toml:"latents"` // file of z
	Sample  string          `toml:"sample"`  // file of x = g(z), row by row
	Prior   generator.Prior `toml:"prior"`   // of z
	Hidden  bool            `toml:"hidden"`  // x is no function of z alone
}

// The kinds of primary generators.
const (
	kindFlow    = "flow"
	kindGAN     = "gan"
	kindVAE     = "vae"
	kindModel   = "model"
	kindProcess = "process"
	kindPairs   = "pairs"
)

func (c GeneratorConfig) check() error {
	if c.Hidden < 0 || c.Hidden > 1<<16 {
		return fmt.Errorf("hidden = %d; 0 to %d is accepted", c.Hidden, 1<<16)
	}
	var err error
	name := c.Kind
	switch c.Kind {
	case kindFlow:
		if err = c.Flow.Network.Check(); err == nil {
			err = c.Flow.Training.Check()
		}
	case kindGAN:
		err = c.GAN.Training.Check()
	case kindVAE:
		if err = c.VAE.Network.Check(); err == nil {
			err = c.VAE.Training.Check()
		}
	case kindModel:
		if c.Model == "" {
			return fmt.Errorf("kind = %q needs model = \"DIR\", a model directory or an ONNX file", c.Kind)
		}
		switch {
		case c.Prior != "" && c.Prior != generator.Normal && c.Prior != generator.Uniform:
			return fmt.Errorf("prior = %q; normal and uniform are accepted", string(c.Prior))
		case c.Prior != "" && !c.imports():
			return fmt.Errorf("prior = %q: a model directory has the prior of its latents itself", string(c.Prior))
		}
	case kindProcess:
		err = c.Process.Check()
	case kindPairs:
		switch {
		case c.Pairs.Latents == "" || c.Pairs.Sample == "":
			err = fmt.Errorf("latents and sample, two files, are needed; where the latents are unknown, etalon reweight gives weights")
		case c.Hidden > 0:
			err = fmt.Errorf("generator.hidden = %d: a file has the latents that are known; say pairs.hidden = true where there are others", c.Hidden)
		}
	default:
		return fmt.Errorf("kind = %q; %s, %s, %s, %s, %s and %s are accepted", c.Kind, kindFlow, kindGAN, kindVAE, kindModel, kindProcess, kindPairs)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// imports tells whether the generator is an ONNX file.
func (c GeneratorConfig) imports() bool {
	return c.Kind == kindModel && generator.IsONNX(c.Model)
}

// importONNX reads the generator's ONNX file, of which given columns are conditions.
func (c GeneratorConfig) importONNX(given int) (*generator.ONNX, error) {
	g, err := generator.NewONNX(c.Model, generator.ONNXConfig{Prior: c.Prior, Given: given, Condition: c.ConditionInput})
	if err != nil && given > 0 {
		return nil, fmt.Errorf("%w (generator.condition_input, or --condition-input, is the name of an input, or first or last)", err)
	}
	return g, err
}

// trains tells whether a run trains the generator.
func (c GeneratorConfig) trains() bool {
	return c.Kind == kindFlow || c.Kind == kindGAN || c.Kind == kindVAE
}
