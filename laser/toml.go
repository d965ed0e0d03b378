package laser

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

const maxConfigFile = 1 << 20

// EncodeConfig writes a configuration as TOML, every setting resolved.
func EncodeConfig(c Config) ([]byte, error) { return toml.Marshal(c) }

// ReadConfig reads a TOML file: preset and density (or truth) choose the settings
// to start from, everything else in the file changes them. Unknown keys and wrong
// types are errors that show the line.
func ReadConfig(path string) (Config, error) { return ReadConfigAs(path, "") }

// ReadConfigAs is ReadConfig with another preset to start from than the file's;
// "" takes the file's.
func ReadConfigAs(path, preset string) (Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Config{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxConfigFile {
		return Config{}, fmt.Errorf("%s: it is no text file of at most %d bytes", path, maxConfigFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	var base struct {
		Preset  string `toml:"preset"`
		Density string `toml:"density"`
	}
	if err := toml.Unmarshal(text, &base); err != nil {
		return Config{}, tomlError(path, err)
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
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Config{}, tomlError(path, err)
	}
	c.Preset = base.Preset
	if c.Generator.Kind == kindPairs && c.Classifier.Folds == 0 {
		c.Classifier.Folds = 2
	}
	if c.Name == "" {
		c.Name = strings.TrimSuffix(baseName(path), ".toml")
	}
	if err := c.Check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func baseName(path string) string {
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

// tomlError makes one line of the library's errors: where, and what is wrong.
func tomlError(path string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		e := strict.Errors[0]
		row, _ := e.Position()
		return fmt.Errorf("%s:%d: there is no setting %q", path, row, strings.Join(e.Key(), "."))
	}
	var dec *toml.DecodeError
	if errors.As(err, &dec) {
		row, col := dec.Position()
		return fmt.Errorf("%s:%d:%d: %s", path, row, col, strings.TrimPrefix(dec.Error(), "toml: "))
	}
	return fmt.Errorf("%s: %w", path, err)
}
