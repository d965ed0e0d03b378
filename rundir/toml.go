package rundir

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

const maxConfigFile = 1 << 20

// ReadTOML reads a TOML file of settings and decodes those that v has. It returns the
// text for DecodeTOML.
func ReadTOML(path string, v any) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxConfigFile {
		return nil, fmt.Errorf("%s: it is no text file of at most %d bytes", path, maxConfigFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := toml.Unmarshal(text, v); err != nil {
		return nil, tomlError(path, err)
	}
	return text, nil
}

// DecodeTOML decodes the text of a file over the settings in v. Unknown keys and wrong
// types are errors that show the line.
func DecodeTOML(path string, text []byte, v any) error {
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(v); err != nil {
		return tomlError(path, err)
	}
	return nil
}

// ConfigError says which file of settings is wrong; nil stays nil.
func ConfigError(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}

// ConfigName names a run after its file of settings.
func ConfigName(path string) string {
	return strings.TrimSuffix(path[strings.LastIndexAny(path, `/\`)+1:], ".toml")
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
