package generator

import (
	"fmt"
	"path/filepath"
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
}

// ONNX is a generator that was trained elsewhere: a network in an ONNX file with one
// input, the latents, and features as its output. Both are one vector a row, in the
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
	if len(m.Inputs) != 1 || len(m.Outputs) != 1 {
		return nil, fmt.Errorf("%s: inputs %v, outputs %v; one input, the latents, and one output, or one that is named, are accepted", path, m.Inputs, m.Outputs)
	}
	if err := checkSizes(m.Inputs[0].Width, m.Outputs[0].Width); err != nil {
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
func (n *ONNX) LatentDim() int { return n.Model.Inputs[0].Width }

// Dim implements Generator.
func (n *ONNX) Dim() int { return n.Model.Outputs[0].Width }

// Prior implements Generator.
func (n *ONNX) Prior() Prior { return n.Config.Prior.orNormal() }

// Build implements Generator.
func (n *ONNX) Build(prefix string, z *graph.Node) *graph.Node { return n.Model.Build(prefix, z)[0] }

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
