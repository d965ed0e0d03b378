package generator

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"etalon/graph"
	"etalon/internal/atomicfile"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/onnx"
)

const (
	onnxKind = "onnx"
	onnxName = "model.onnx" // in the model directory
)

// ONNXConfig says how the network of an ONNX file generates.
type ONNXConfig struct {
	// Prior is that of its input, normal or uniform. "" takes what the file says, which
	// EncodeONNX writes, and otherwise normal.
	Prior  Prior  `json:"prior,omitempty"`
	Output string `json:"output,omitempty"` // the features among several outputs; "" takes the only one
	// Given is the number of conditions that it takes beside the latents; 0 takes what the
	// file says, which EncodeONNX writes, and otherwise none.
	Given int `json:"given,omitempty"`
	// Condition is the input of the conditions: its name, or "first" or "last" for that part
	// of the only input. "" finds it among two inputs by width and name.
	Condition string `json:"condition,omitempty"`
}

// Where the conditions stand in the only input.
const (
	FirstInputs = "first"
	LastInputs  = "last"
)

// ONNX is a generator that was trained elsewhere: a network in an ONNX file with one
// input, the latents, or with conditions as a second one, and features as its output. Both are one vector a row, in the
// row-major order of their axes.
type ONNX struct {
	Config ONNXConfig
	Model  *onnx.Model
}

// NewONNX returns the network of an ONNX file as a generator.
func NewONNX(path string, cfg ONNXConfig) (*ONNX, error) {
	if err := cfg.Prior.check(); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	var opt onnx.Options
	if cfg.Output != "" {
		opt.Outputs = []string{cfg.Output}
	}
	m, err := onnx.Load(path, opt)
	if err != nil {
		return nil, err
	}
	if cfg.Given == 0 && cfg.Condition == "" {
		if k, err := strconv.Atoi(m.Metadata[metaGiven]); err == nil && k > 0 && len(m.Inputs) == 2 {
			cfg.Given, cfg.Condition = k, conditionInput
		}
	}
	if cfg.Given != 0 || cfg.Condition != "" {
		if cfg.Condition, err = findCondition(m.Inputs, cfg); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if len(m.Outputs) != 1 {
			return nil, fmt.Errorf("%s: outputs %v; one output, or one that is named, is accepted", path, m.Outputs)
		}
	} else if len(m.Inputs) != 1 || len(m.Outputs) != 1 {
		return nil, fmt.Errorf("%s: inputs %v, outputs %v; one input, the latents, and one output, or one that is named, are accepted", path, m.Inputs, m.Outputs)
	}
	if err := checkSizes(inputWidth(m), m.Outputs[0].Width); err != nil {
		return nil, fmt.Errorf("%s: latents and features: %w", path, err)
	}
	if cfg.Prior == "" && Prior(m.Metadata[metaPrior]).check() == nil {
		cfg.Prior = Prior(m.Metadata[metaPrior])
	}
	return &ONNX{Config: cfg, Model: m}, nil
}

// IsONNX tells by its name whether a path is that of an ONNX file.
func IsONNX(path string) bool { return strings.EqualFold(filepath.Ext(path), ".onnx") }

// LatentDim implements Generator.
func (n *ONNX) LatentDim() int { return inputWidth(n.Model) }

// Given implements Conditioned.
func (n *ONNX) Given() int { return n.Config.Given }

// Described returns the conditions that the file tells of, as EncodeONNX writes them; nil
// is none.
func (n *ONNX) Described() *Conditions {
	var c Conditions
	text := n.Model.Metadata[metaConds]
	if n.Config.Given == 0 || len(text) > 1<<20 || json.Unmarshal([]byte(text), &c) != nil {
		return nil
	}
	if len(c.Columns) != n.Config.Given || c.Check(slices.Max(c.Columns)+len(c.Columns)+1) != nil {
		return nil
	}
	return &c
}

// Dim implements Generator.
func (n *ONNX) Dim() int { return n.Model.Outputs[0].Width }

// Prior implements Generator.
func (n *ONNX) Prior() Prior { return n.Config.Prior.orNormal() }

// Build implements Generator.
func (n *ONNX) Build(prefix string, z *graph.Node) *graph.Node {
	l, k := n.LatentDim(), n.Config.Given
	switch {
	case k == 0, n.Config.Condition == LastInputs && len(n.Model.Inputs) == 1:
		return n.Model.Build(prefix, z)[0]
	case len(n.Model.Inputs) == 1:
		return n.Model.Build(prefix, graph.Concat(graph.Slice(z, l-k, l), graph.Slice(z, 0, l-k)))[0]
	}
	in := []*graph.Node{graph.Slice(z, 0, l-k), graph.Slice(z, l-k, l)}
	if n.Model.Inputs[0].Name == n.Config.Condition {
		in[0], in[1] = in[1], in[0]
	}
	return n.Model.Build(prefix, in...)[0]
}

// inputWidth is the width of all inputs.
func inputWidth(m *onnx.Model) int {
	w := 0
	for _, p := range m.Inputs {
		w += p.Width
	}
	return w
}

// conditionNames and latentNames are what inputs are often called.
var (
	conditionNames = []string{conditionInput, "cond", "condition", "conditions", "context", "y", "label", "labels"}
	latentNames    = []string{"z", "latent", "latents", "noise", "eps", "epsilon"}
)

// findCondition returns the input of the conditions, or first or last of the only one.
func findCondition(in []onnx.Port, cfg ONNXConfig) (string, error) {
	if cfg.Given < 1 || cfg.Given > 1<<16 {
		return "", fmt.Errorf("%d conditions; 1 to %d are accepted", cfg.Given, 1<<16)
	}
	if len(in) == 1 {
		switch {
		case cfg.Condition != FirstInputs && cfg.Condition != LastInputs:
			return "", fmt.Errorf("input %v: say whether the conditions are its first or its last columns", in[0])
		case in[0].Width <= cfg.Given:
			return "", fmt.Errorf("input %v: %d conditions leave no latents", in[0], cfg.Given)
		}
		return cfg.Condition, nil
	}
	if len(in) != 2 {
		return "", fmt.Errorf("inputs %v; two, latents and conditions, or one with both, are accepted", in)
	}
	if cfg.Condition != "" {
		for _, p := range in {
			if p.Name == cfg.Condition && p.Width == cfg.Given {
				return p.Name, nil
			}
		}
		return "", fmt.Errorf("inputs %v; there is no input %.60q of %d conditions", in, cfg.Condition, cfg.Given)
	}
	// A name weighs as much as the width: what is called z is not taken for conditions.
	says := func(p onnx.Port) int {
		switch name := strings.ToLower(p.Name); {
		case slices.Contains(conditionNames, name):
			return 1
		case slices.Contains(latentNames, name):
			return -1
		}
		return 0
	}
	fits := []onnx.Port{in[0], in[1]}
	fits = slices.DeleteFunc(fits, func(p onnx.Port) bool { return p.Width != cfg.Given })
	switch first, second := says(in[0]), says(in[1]); {
	case len(fits) == 0:
		return "", fmt.Errorf("inputs %v; none has the width of %d conditions", in, cfg.Given)
	case len(fits) == 2 && first == second:
		return "", fmt.Errorf("inputs %v: both could be the conditions; say which one is", in)
	case len(fits) == 2 && first > second:
		return in[0].Name, nil
	case len(fits) == 2:
		return in[1].Name, nil
	case fits[0].Name == in[0].Name && first < second || fits[0].Name == in[1].Name && second < first:
		return "", fmt.Errorf("inputs %v: %v has the width of %d conditions, but by their names the other one has the conditions; say which one", in, fits[0].Name, cfg.Given)
	}
	return fits[0].Name, nil
}

// Bind implements Generator.
func (n *ONNX) Bind(b nn.Binder, prefix string) error { return n.Model.Bind(b, prefix) }

type onnxMeta struct {
	modeldir.Header
	Config ONNXConfig `json:"network"`
}

// Save implements Generator. The directory holds the file itself, as model.onnx.
func (n *ONNX) Save(dir string) error {
	file := func(path string) error { return atomicfile.WriteBytes(path, n.Model.Bytes()) }
	return modeldir.Save(dir, onnxMeta{modeldir.NewHeader(onnxKind), n.Config}, nil, map[string]modeldir.Writer{onnxName: file})
}

func loadONNX(dir string) (*ONNX, error) {
	var m onnxMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	return NewONNX(filepath.Join(dir, onnxName), m.Config)
}
