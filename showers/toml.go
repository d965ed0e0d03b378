package showers

import (
	"github.com/pelletier/go-toml/v2"

	"etalon/rundir"
)

// EncodeConfig writes a configuration as TOML, every setting resolved.
func EncodeConfig(c Config) ([]byte, error) { return toml.Marshal(c) }

// ReadConfigAs reads a TOML file: its preset, or another one unless that is "", supplies
// what the file does not set.
func ReadConfigAs(path, preset string) (Config, error) {
	var base struct {
		Preset string `toml:"preset"`
	}
	text, err := rundir.ReadTOML(path, &base)
	if err != nil {
		return Config{}, err
	}
	if preset == "" {
		preset = base.Preset
	}
	if preset == "" {
		preset = Presets()[0]
	}
	c, err := Preset(preset)
	if err != nil {
		return Config{}, rundir.ConfigError(path, err)
	}
	c.Name = rundir.ConfigName(path)
	if err := rundir.DecodeTOML(path, text, &c); err != nil {
		return Config{}, err
	}
	c.Preset = preset
	return c, rundir.ConfigError(path, c.Check())
}
