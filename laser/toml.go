package laser

import (
	"etalon/rundir"
	"fmt"

	"github.com/pelletier/go-toml/v2"
)

// EncodeConfig writes a configuration as TOML, every setting resolved.
func EncodeConfig(c Config) ([]byte, error) { return toml.Marshal(c) }

// ReadConfig reads a TOML file: preset and density (or truth) choose the settings
// to start from, everything else in the file changes them. Unknown keys and wrong
// types are errors that show the line.
func ReadConfig(path string) (Config, error) { return ReadConfigAs(path, "") }

// ReadConfigAs is ReadConfig with another preset to start from than the file's;
// "" takes the file's.
func ReadConfigAs(path, preset string) (Config, error) {
	var base struct {
		Preset  string `toml:"preset"`
		Density string `toml:"density"`

		Condition []any `toml:"condition"`
		HMC       struct {
			Samples *int `toml:"samples"`
		} `toml:"hmc"`
		Generator struct {
			Kind   string `toml:"kind"`
			Hidden int    `toml:"hidden"`
		} `toml:"generator"`
	}
	text, err := rundir.ReadTOML(path, &base)
	if err != nil {
		return Config{}, err
	}
	if preset != "" {
		base.Preset = preset
	} else if base.Preset == "" {
		base.Preset = "quick"
	}
	c, err := Preset(base.Preset, base.Density)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	if g := base.Generator; g.Kind != "" && g.Kind != kindFlow || g.Hidden != 0 {
		c.Classifier.Density = false // a preset has it for its own generator
	}
	if err := rundir.DecodeTOML(path, text, &c); err != nil {
		return Config{}, err
	}
	c.Preset = base.Preset
	if len(base.Condition) > 0 && base.HMC.Samples == nil {
		c.HMC.Samples = 0 // a preset has it for latents without conditions
	}
	if c.Generator.Kind == kindPairs && c.Classifier.Folds == 0 {
		c.Classifier.Folds = 2
	}
	if c.Name == "" {
		c.Name = rundir.ConfigName(path)
	}
	if err := c.Check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}
