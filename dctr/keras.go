package dctr

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"etalon/internal/hdf5"
)

// maxKerasJSON bounds the description of a network; real ones have some kilobytes.
const maxKerasJSON = 16 << 20

// ImportKeras reads a classifier of dense layers as Keras 2 writes it: model.to_json()
// in one file and model.save_weights() in an HDF5 file. An empty jsonPath takes the
// description from the HDF5 file, where model.save() puts it.
//
// Layers: Dense, Activation, ReLU, LeakyReLU; Dropout and the like do nothing outside of
// training. Activations: linear, relu, leaky_relu, sigmoid, tanh, softplus. The network
// is a Sequential one or a functional one without branches. Its output is a sigmoid, of
// which the log-weight is the logit, taken before it (never f/(1-f)); a logit; or a
// softmax of two, of which the second is truth.
func ImportKeras(jsonPath, h5Path string) (*Imported, error) {
	f, err := hdf5.Open(h5Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	from := jsonPath
	var text []byte
	if jsonPath == "" {
		from = h5Path
		text, err = kerasConfig(f, h5Path)
	} else {
		text, err = readBounded(jsonPath)
	}
	if err != nil {
		return nil, err
	}
	k, err := parseKeras(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return k.load(f, h5Path)
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKerasJSON+1))
	if err == nil && len(text) > maxKerasJSON {
		err = fmt.Errorf("%s: more than %d bytes; a description of a network is expected", path, maxKerasJSON)
	}
	return text, err
}

// kerasConfig returns the description that model.save() leaves in the file.
func kerasConfig(f *hdf5.File, path string) ([]byte, error) {
	attrs, err := f.Attributes("/")
	if err != nil {
		return nil, err
	}
	for _, a := range attrs {
		if a.Name == "model_config" && len(a.Strings) == 1 {
			return []byte(a.Strings[0]), nil
		}
	}
	return nil, fmt.Errorf("%s: the file has no description of the network; its JSON file is needed", path)
}

// kerasModel is what to_json writes.
type kerasModel struct {
	Class   string          `json:"class_name"`
	Config  json.RawMessage `json:"config"`
	Version string          `json:"keras_version"`
}

type kerasLayer struct {
	Class   string          `json:"class_name"`
	Name    string          `json:"name"`
	Inbound json.RawMessage `json:"inbound_nodes"`
	Config  struct {
		Name          string          `json:"name"`
		Units         int             `json:"units"`
		Activation    json.RawMessage `json:"activation"`
		UseBias       *bool           `json:"use_bias"`
		Alpha         json.RawMessage `json:"alpha"`
		NegativeSlope json.RawMessage `json:"negative_slope"`
		MaxValue      *float64        `json:"max_value"`
		Threshold     float64         `json:"threshold"`
	} `json:"config"`
}

// kerasDense is a dense layer with the activation behind it.
type kerasDense struct {
	ImportedLayer
	name string
	bias bool
}

type kerasNet struct {
	version string
	layers  []kerasDense
}

func parseKeras(text []byte) (*kerasNet, error) {
	var m kerasModel
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("no description of a Keras network: %w", err)
	}
	var config struct {
		Layers []kerasLayer `json:"layers"`
	}
	chain := false
	var err error
	switch m.Class {
	case "Sequential":
		if strings.HasPrefix(strings.TrimSpace(string(m.Config)), "[") { // before Keras 2.2.3
			err = json.Unmarshal(m.Config, &config.Layers)
		} else {
			err = json.Unmarshal(m.Config, &config)
		}
	case "Model", "Functional":
		chain = true
		err = json.Unmarshal(m.Config, &config)
	default:
		return nil, fmt.Errorf("a Keras model of class %.40q; Sequential, Model and Functional are accepted", m.Class)
	}
	if err != nil {
		return nil, fmt.Errorf("no description of a Keras network: %w", err)
	}
	k := &kerasNet{version: m.Version}
	before := ""
	for i := range config.Layers {
		l := &config.Layers[i]
		if chain {
			if err := l.follows(before); err != nil {
				return nil, err
			}
			before = l.name()
		}
		if err := k.add(l); err != nil {
			return nil, fmt.Errorf("layer %.60q: %w", l.name(), err)
		}
	}
	return k, k.finish()
}

func (l *kerasLayer) name() string {
	if l.Config.Name != "" {
		return l.Config.Name
	}
	return l.Name
}

// follows checks that the layer has one input, the layer before it in the list.
func (l *kerasLayer) follows(before string) error {
	var nodes [][][]json.RawMessage
	if before == "" {
		if l.Class != "InputLayer" {
			return fmt.Errorf("layer %.60q: a functional network begins with an InputLayer", l.name())
		}
		return nil
	}
	var input string
	if json.Unmarshal(l.Inbound, &nodes) != nil || len(nodes) != 1 || len(nodes[0]) != 1 || len(nodes[0][0]) == 0 ||
		json.Unmarshal(nodes[0][0][0], &input) != nil || input != before {
		return fmt.Errorf("layer %.60q: it does not simply follow layer %.60q; networks without branches are accepted", l.name(), before)
	}
	return nil
}

// add appends a layer of Keras.
func (k *kerasNet) add(l *kerasLayer) error {
	switch l.Class {
	case "InputLayer", "Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization":
		return nil // nothing outside of training
	case "Dense":
		a, err := activation(l.Config.Activation)
		if err != nil {
			return err
		}
		d := kerasDense{name: l.name(), bias: l.Config.UseBias == nil || *l.Config.UseBias}
		d.Units, d.Activation, d.Slope = l.Config.Units, a.Activation, a.Slope
		k.layers = append(k.layers, d)
		return nil
	case "Activation":
		a, err := activation(l.Config.Activation)
		if err != nil {
			return err
		}
		return k.activate(a)
	case "LeakyReLU":
		// Keras 2 calls it alpha, with default 0.3; Keras 3 negative_slope.
		raw := l.Config.Alpha
		if raw == nil {
			raw = l.Config.NegativeSlope
		}
		return k.leaky(raw, 0.3)
	case "ReLU":
		if l.Config.MaxValue != nil || l.Config.Threshold != 0 {
			return errors.New("a ReLU with a threshold or a greatest value is not supported")
		}
		return k.leaky(l.Config.NegativeSlope, 0)
	}
	return fmt.Errorf("class %.40q; Dense, Activation, ReLU, LeakyReLU and Dropout are accepted", l.Class)
}

// leaky adds a leaky ReLU. Its slope may be a number, or an array of none and one.
func (k *kerasNet) leaky(raw json.RawMessage, slope float64) error {
	if raw != nil && string(raw) != "null" {
		var wrapped struct {
			Value *float64 `json:"value"`
		}
		if json.Unmarshal(raw, &wrapped) == nil && wrapped.Value != nil {
			slope = *wrapped.Value // {"type": "ndarray", "value": …}, as some versions write it
		} else if err := json.Unmarshal(raw, &slope); err != nil {
			return fmt.Errorf("slope %.40s; a number is accepted", raw)
		}
	}
	return k.activate(ImportedLayer{Activation: "leaky_relu", Slope: slope})
}

// activate puts an activation behind the last dense layer.
func (k *kerasNet) activate(a ImportedLayer) error {
	if a.Activation == "linear" {
		return nil
	}
	if len(k.layers) == 0 {
		return errors.New("an activation before the first dense layer is not supported")
	}
	last := &k.layers[len(k.layers)-1]
	if last.Activation != "linear" {
		return fmt.Errorf("a second activation behind %.40q is not supported", last.Activation)
	}
	last.Activation, last.Slope = a.Activation, a.Slope
	return nil
}

// activation reads the name of an activation.
func activation(raw json.RawMessage) (ImportedLayer, error) {
	a := ImportedLayer{Activation: "linear"}
	if raw == nil || string(raw) == "null" {
		return a, nil
	}
	if err := json.Unmarshal(raw, &a.Activation); err != nil {
		return a, fmt.Errorf("activation %.60s; a name is accepted", raw)
	}
	if a.Activation == "leaky_relu" {
		a.Slope = 0.2 // the function's default
	}
	return a, nil
}

// finish turns the last activation into a logit.
func (k *kerasNet) finish() error {
	if len(k.layers) == 0 {
		return errors.New("a network without dense layers")
	}
	last := &k.layers[len(k.layers)-1]
	switch {
	case last.Units == 1 && (last.Activation == "sigmoid" || last.Activation == "linear"):
	case last.Units == 2 && last.Activation == "softmax":
	default:
		return fmt.Errorf("layer %.60q: %d outputs with activation %.40q; one with sigmoid or linear, or two with softmax, are accepted", last.name, last.Units, last.Activation)
	}
	last.Activation = "linear"
	return nil
}

// load reads the weights.
func (k *kerasNet) load(f *hdf5.File, path string) (*Imported, error) {
	root := ""
	if _, err := f.Attributes("/model_weights"); err == nil {
		root = "/model_weights" // model.save()
	}
	features := 0
	var layers []ImportedLayer
	var kernels, biases []*hdf5.Dataset
	for i, l := range k.layers {
		kernel, bias, err := weightsOf(f, root+"/"+l.name)
		if err != nil {
			return nil, err
		}
		switch {
		case kernel == nil || (bias != nil) != l.bias:
			return nil, fmt.Errorf("%s: layer %.60q: its kernel or bias is missing, or there is one too many", path, l.name)
		case len(kernel.Shape) != 2 || kernel.Shape[1] != uint64(l.Units):
			return nil, fmt.Errorf("%s: layer %.60q: a kernel of shape %d for %d units", path, l.name, kernel.Shape, l.Units)
		case bias != nil && (len(bias.Shape) != 1 || bias.Shape[0] != uint64(l.Units)):
			return nil, fmt.Errorf("%s: layer %.60q: a bias of shape %d for %d units", path, l.name, bias.Shape, l.Units)
		}
		in := kernel.Shape[0]
		if i == 0 {
			features = int(min(in, maxImportedUnits+1))
		} else if before := k.layers[i-1].Units; in != uint64(before) {
			return nil, fmt.Errorf("%s: layer %.60q: a kernel of shape %d behind %d units", path, l.name, kernel.Shape, before)
		}
		layers = append(layers, l.ImportedLayer)
		kernels, biases = append(kernels, kernel), append(biases, bias)
	}
	m, err := NewImported(features, layers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m.Source = strings.TrimSpace("Keras " + k.version)
	for i := range m.Layers {
		for j, d := range []*hdf5.Dataset{kernels[i], biases[i]} {
			if d == nil {
				continue // no bias
			}
			values := m.Params.Values(fmt.Sprintf("%d/%c", i, "Wb"[j]))
			if err := d.ReadRows(0, d.Rows(), values); err != nil {
				return nil, err
			}
			for _, v := range values {
				if v-v != 0 {
					return nil, fmt.Errorf("%s: %s: a weight is %v; finite numbers are accepted", path, d.Path, v)
				}
			}
		}
	}
	return m, nil
}

// weightsOf finds the kernel and the bias of a layer by the names in its attribute
// weight_names; nil where there is none.
func weightsOf(f *hdf5.File, group string) (kernel, bias *hdf5.Dataset, err error) {
	attrs, err := f.Attributes(group)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range attrs {
		if a.Name != "weight_names" {
			continue
		}
		for _, name := range a.Strings {
			last := strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ":0")
			var to **hdf5.Dataset
			switch last {
			case "kernel":
				to = &kernel
			case "bias":
				to = &bias
			default:
				return nil, nil, fmt.Errorf("%s: weights named %.60q; kernel and bias are accepted", group, name)
			}
			if *to, err = f.Dataset(group + "/" + name); err != nil {
				return nil, nil, err
			}
		}
	}
	return kernel, bias, nil
}
