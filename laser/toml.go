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
	if err := rundir.DecodeTOML(path, text, &c); err != nil {
		return Config{}, err
	}
	c.Preset = base.Preset
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
