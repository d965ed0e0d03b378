package dctr

import (
	"fmt"
	"math"
	"path/filepath"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/internal/atomicfile"
	"etalon/internal/modeldir"
	"etalon/nn"
	"etalon/onnx"
)

const (
	onnxKind = "onnx-classifier"
	onnxName = "model.onnx" // in the model directory
)

// What the output of an ONNX classifier is.
const (
	Probability = "probability" // f of truth, or of both classes
	Logit       = "logit"       // ln f/(1-f), or one number for each class
)

// leastProbability is the resolution of float32 numbers near 1.
const leastProbability = 1. / (1 << 24)

// ONNXConfig says how the output of an ONNX file is read.
type ONNXConfig struct {
	// Output names the output among several; "" takes the only one.
	Output string `json:"output,omitempty"`
	// Form is Probability or Logit. "" finds out: behind a last Sigmoid or Softmax, and in
	// a dictionary of classes, is a probability, one number without it is a logit; of two
	// numbers it must be said. Probabilities that are not computed of logits are taken to
	// be at least 2^-24 from 0 and 1.
	Form string `json:"form,omitempty"`
}

// ONNX is a classifier, or discriminator, of an ONNX file: features to one number, or
// to two, of which the second is that of truth. Where the last operation is a Sigmoid
// or Softmax, log-weights are made of what comes before it, so that they do not
// saturate.
type ONNX struct {
	Config ONNXConfig
	Model  *onnx.Model
	// Shift and Scale are applied to the features before the network, (x - Shift)/Scale;
	// nil is none.
	Shift, Scale []float64
	// Origin, if set, says what file the network is from and names its inputs.
	Origin *Origin
	form   string // of Config, or as found
	exact  bool   // the last operation was left out
}

// ImportONNX reads a classifier of an ONNX file.
func ImportONNX(path string, cfg ONNXConfig) (*ONNX, error) {
	if cfg.Form != "" && cfg.Form != Probability && cfg.Form != Logit {
		return nil, fmt.Errorf("%s: output as %.40q; %s and %s are accepted", path, cfg.Form, Probability, Logit)
	}
	opt := onnx.Options{Logits: cfg.Form != Logit}
	if cfg.Output != "" {
		opt.Outputs = []string{cfg.Output}
	}
	m, err := onnx.Load(path, opt)
	if err != nil {
		return nil, err
	}
	if len(m.Inputs) != 1 || len(m.Outputs) != 1 || m.Outputs[0].Width > 2 {
		return nil, fmt.Errorf("%s: inputs %v, outputs %v; one input, the features, and one output, or one that is named, of one or two numbers are accepted", path, m.Inputs, m.Outputs)
	}
	n := &ONNX{Config: cfg, Model: m, form: cfg.Form, exact: opt.Logits && (m.Final[0] == onnx.FinalSigmoid || m.Final[0] == onnx.FinalSoftmax)}
	if n.form == "" && m.Final[0] == onnx.FinalProbabilities {
		n.form = Probability
	}
	switch {
	case m.Final[0] == onnx.FinalSoftmax && m.Outputs[0].Width == 1 && n.exact:
		return nil, fmt.Errorf("%s: a Softmax of one number is 1 for all events", path)
	case m.Final[0] == onnx.FinalSigmoid && m.Outputs[0].Width == 2 && n.exact:
		return nil, fmt.Errorf("%s: output %v of a Sigmoid: two probabilities that need not add up to 1; one number, or a Softmax of two, is accepted", path, m.Outputs[0])
	case m.Outputs[0].Width == 2 && n.form == "" && !n.exact:
		return nil, fmt.Errorf("%s: output %v without a Softmax at the end; say whether it is a %s or a %s", path, m.Outputs[0], Probability, Logit)
	}
	return n, nil
}

// Dim implements Weigher.
func (n *ONNX) Dim() int { return n.Model.Inputs[0].Width }

// Build implements Weigher.
func (n *ONNX) Build(prefix string, x *graph.Node) *graph.Node {
	if n.Shift != nil {
		x = graph.Sub(x, x.Graph.Const(n.Shift, len(n.Shift)))
	}
	if n.Scale != nil {
		x = graph.Div(x, x.Graph.Const(n.Scale, len(n.Scale)))
	}
	y := n.Model.Build(prefix, x)[0]
	two := n.Model.Outputs[0].Width == 2
	if n.form == Probability && !n.exact {
		y = graph.Min(graph.Max(y, y.Graph.Scalar(leastProbability)), y.Graph.Scalar(1-leastProbability))
		if !two {
			return graph.Sub(graph.Log(y), graph.Log(graph.AddScalar(graph.Neg(y), 1)))
		}
		y = graph.Log(y)
	}
	if two {
		y = graph.Sub(graph.Slice(y, 1, 2), graph.Slice(y, 0, 1))
	}
	return y
}

// Bind implements Weigher.
func (n *ONNX) Bind(b nn.Binder, prefix string) error { return n.Model.Bind(b, prefix) }

// Logits implements Weigher.
func (n *ONNX) Logits(e *cpu.Engine, x []float32) ([]float64, error) {
	return evaluate(e, x, n.Dim(), n.Build, n.Bind)
}

// fewestOutputs are enough to tell probabilities from logits: the weights of a density
// ratio have mean 1, so that some log-weights are negative.
const fewestOutputs = 100

// CheckOutputs returns an error where the log-weights of many events, as a Weigher gives
// them, show that the output of an ONNX file is not what it was taken for: no one said that
// it is a logit, and all of them lie between 0 and 1. A Sigmoid that is not the last
// operation, but bounded afterwards, is seen so.
func CheckOutputs(w Weigher, logw []float64) error {
	n, ok := w.(*ONNX)
	if !ok || n.Config.Form != "" || n.exact || len(logw) < fewestOutputs {
		return nil
	}
	for _, l := range logw {
		if !(l >= 0 && l <= 1) {
			return nil
		}
	}
	return fmt.Errorf("output %v of the ONNX file lies between 0 and 1 for all of %d events, as a probability does; etalon import --form says whether it is a %s or a %s", n.Model.Outputs[0], len(logw), Probability, Logit)
}

type onnxMeta struct {
	modeldir.Header
	Config ONNXConfig `json:"network"`
	Shift  []float64  `json:"shift,omitempty"`
	Scale  []float64  `json:"scale,omitempty"`
	Origin *Origin    `json:"origin,omitempty"`
}

// Check returns an error for preprocessing that does not fit the network.
func (n *ONNX) Check() error {
	if err := checkInputs(n.Dim(), n.Shift, n.Scale); err != nil {
		return fmt.Errorf("onnx: %w", err)
	}
	return n.Origin.Check(n.Dim())
}

// Save implements Weigher. The directory holds the file itself, as model.onnx.
func (n *ONNX) Save(dir string) error {
	if err := n.Check(); err != nil {
		return err
	}
	file := func(path string) error { return atomicfile.WriteBytes(path, n.Model.Bytes()) }
	return modeldir.Save(dir, onnxMeta{modeldir.NewHeader(onnxKind), n.Config, n.Shift, n.Scale, n.Origin}, nil, map[string]modeldir.Writer{onnxName: file})
}

// loadONNX reads a model directory of kind onnx-classifier.
func loadONNX(dir string) (*ONNX, error) {
	var m onnxMeta
	if err := modeldir.Load(dir, &m); err != nil {
		return nil, err
	}
	n, err := ImportONNX(filepath.Join(dir, onnxName), m.Config)
	if err != nil {
		return nil, err
	}
	n.Shift, n.Scale, n.Origin = m.Shift, m.Scale, m.Origin
	if err := n.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return n, nil
}

// checkInputs returns an error for preprocessing of so many features that is none.
func checkInputs(dim int, shift, scale []float64) error {
	for i, v := range [][]float64{shift, scale} {
		name := [...]string{"shift", "scale"}[i]
		if v != nil && len(v) != dim {
			return fmt.Errorf("%s has %d numbers for %d features", name, len(v), dim)
		}
		for _, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) || name == "scale" && x <= 0 {
				return fmt.Errorf("%s %v; finite numbers are accepted, positive scales", name, x)
			}
		}
	}
	return nil
}
