// Package modeldir reads and writes model directories:
//
//	model.json           what the model is: kind, sizes, preprocessing, provenance
//	weights.safetensors  its parameters (absent where it has none of its own)
//	…/                   model directories of the parts of a composed model
//
// A directory appears whole: it is written under a temporary name and renamed.
package modeldir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"etalon/internal/atomicfile"
	"etalon/internal/safetensors"
	"etalon/nn"
)

const (
	jsonName    = "model.json"
	weightsName = "weights.safetensors"
	maxJSON     = 64 << 20 // images have 10⁵ features
	maxWeights  = 4 << 30
	format      = 1
)

// Header stands at the top of every model.json.
type Header struct {
	Format int    `json:"format"` // 1
	Kind   string `json:"kind"`   // flow, gan, composed, classifier
}

// NewHeader returns the header of a kind, in the current format.
func NewHeader(kind string) Header { return Header{Format: format, Kind: kind} }

// Writer writes one model directory.
type Writer func(dir string) error

// Save makes dir a model directory, replacing the one that was there; anything else
// that holds files is left alone, with an error. meta is written to model.json;
// params may be nil; parts are written to subdirectories.
func Save(dir string, meta any, params *nn.Params, parts map[string]Writer) (err error) {
	if err := Replaceable(dir); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".tmp-"+filepath.Base(dir)+"-")
	if err != nil {
		return fmt.Errorf("%s: could not make the directory: %w", dir, err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(tmp)
		}
	}()
	if err := write(tmp, meta, params, parts); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	old := tmp + "-old" // so that at no time both models are gone
	switch err := os.Rename(dir, old); {
	case err == nil:
		defer os.RemoveAll(old)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: could not replace it: %w", dir, err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return fmt.Errorf("%s: could not put the model there: %w", dir, err)
	}
	return nil
}

// Replaceable returns an error if something stands at dir that is neither a model
// directory nor an empty one.
func Replaceable(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%s: it is no directory; a new one or that of a model is accepted", dir)
	}
	if _, err := os.Stat(filepath.Join(dir, jsonName)); len(entries) > 0 && err != nil {
		return fmt.Errorf("%s: it holds other files and no model; a new directory or that of a model is accepted", dir)
	}
	return nil
}

func write(dir string, meta any, params *nn.Params, parts map[string]Writer) error {
	text, err := json.MarshalIndent(meta, "", "  ")
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, jsonName), append(text, '\n')); err != nil {
		return err
	}
	if params != nil {
		f := &safetensors.File{Metadata: map[string]string{"format": "etalon"}}
		for _, t := range params.Tensors() {
			f.Tensors = append(f.Tensors, safetensors.Tensor{Name: t.Name, Shape: t.Shape, F32: params.Values(t.Name)})
		}
		if err := safetensors.Write(filepath.Join(dir, weightsName), f); err != nil {
			return err
		}
	}
	for name, w := range parts {
		if err := w(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// Kind returns what kind of model a directory holds.
func Kind(dir string) (string, error) {
	var h Header
	if err := decode(dir, &h, false); err != nil {
		return "", err
	}
	if h.Format != format {
		return "", fmt.Errorf("%s: format %d; format %d is accepted", filepath.Join(dir, jsonName), h.Format, format)
	}
	return h.Kind, nil
}

// Load reads model.json into meta, strictly.
func Load(dir string, meta any) error { return decode(dir, meta, true) }

func decode(dir string, v any, strict bool) error {
	path := filepath.Join(dir, jsonName)
	f, err := os.Open(path)
	if err != nil {
		if info, e := os.Stat(dir); e == nil && !info.IsDir() {
			return fmt.Errorf("%s: it is a file; a model directory is accepted", dir)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: there is no model.json; a model directory is accepted: %w", dir, fs.ErrNotExist)
		}
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxJSON {
		return fmt.Errorf("%s: it is no file of at most %d bytes", path, maxJSON)
	}
	d := json.NewDecoder(f)
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// LoadParams fills params, which declares the tensors that the model must have,
// from the directory. Missing, additional, misshapen and non-finite tensors are
// errors.
func LoadParams(dir string, params *nn.Params) error {
	path := filepath.Join(dir, weightsName)
	f, err := safetensors.Read(path, maxWeights)
	if err != nil {
		return err
	}
	if len(f.Tensors) != len(params.Tensors()) {
		return fmt.Errorf("%s: %d tensors; the model has %d", path, len(f.Tensors), len(params.Tensors()))
	}
	for _, t := range params.Tensors() {
		from := f.Get(t.Name)
		if from == nil || len(from.F32) != t.Size || !equal(from.Shape, t.Shape) {
			return fmt.Errorf("%s: tensor %q is missing or not float32 of shape %v", path, t.Name, t.Shape)
		}
		for i, v := range from.F32 {
			if v-v != 0 {
				return fmt.Errorf("%s: tensor %q: element %d is not finite", path, t.Name, i)
			}
		}
		copy(params.Values(t.Name), from.F32)
	}
	return nil
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
