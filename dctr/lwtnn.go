package dctr

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"etalon/nn"
	"etalon/version"
)

// lwtnnFile is a sequential network of lwtnn (github.com/lwtnn/lwtnn, parse_json.cxx): its
// inputs are (x + offset)·scale, a dense layer is activation(W·x + b) with W (out×in) row by
// row.
type lwtnnFile struct {
	Inputs        []lwtnnInput       `json:"inputs"`
	Layers        []lwtnnLayer       `json:"layers"`
	Outputs       []string           `json:"outputs"`
	Defaults      map[string]float64 `json:"defaults"`
	Miscellaneous map[string]string  `json:"miscellaneous"`
}

type lwtnnInput struct {
	Name   string  `json:"name"`
	Offset float64 `json:"offset"`
	Scale  float64 `json:"scale"`
}

type lwtnnLayer struct {
	Architecture string    `json:"architecture"`
	Activation   string    `json:"activation"`
	Weights      []float64 `json:"weights"`
	Bias         []float64 `json:"bias"`
}

// denseLayer is activation(x·w + b); w is in×out, row-major, as in package nn.
type denseLayer struct {
	w, b       []float64
	activation string // of ImportedLayer
	slope      float64
}

// EncodeLWTNN returns a weigher as a JSON file of lwtnn, which C++ programs evaluate in double
// precision: one output of the name of what, from features in data units. Inputs have the
// names of the origin, or x0, x1, …; a temperature calibration is folded into the last layer.
// A leaky ReLU is written as two rectified units, which every version of lwtnn knows. Errors:
// what dense layers cannot express: ensembles of several networks, networks of volumes or of a
// density, ONNX files, isotonic calibrations, logarithms and logits of columns, softplus.
func EncodeLWTNN(m Weigher, what Exported) ([]byte, error) {
	if what != ExportLogWeight && what != ExportProbability {
		return nil, fmt.Errorf("export of %.40q; %s and %s are accepted", string(what), ExportLogWeight, ExportProbability)
	}
	origin := OriginOf(m)
	if e, ok := m.(*Ensemble); ok && len(e.Members) == 1 {
		m = e.Members[0]
	}
	var layers []denseLayer
	var shift, scale []float64
	var err error
	switch c := m.(type) {
	case *Classifier:
		shift, scale = c.Shift, c.Scale
		layers, err = c.dense()
	case *Imported:
		shift, scale = c.Shift, c.Scale
		layers, err = c.dense()
	case *Ensemble:
		err = fmt.Errorf("an ensemble of %d networks, whose weight is the mean of theirs", len(c.Members))
	case *DensityWeigher:
		err = errors.New("a network that sees the density of a generator")
	case *ONNX:
		err = errors.New("a network of an ONNX file")
	default:
		err = fmt.Errorf("a weigher of type %T", m)
	}
	if err != nil {
		return nil, fmt.Errorf("lwtnn's dense layers cannot express %w; ONNX can", err)
	}
	f := lwtnnFile{Outputs: []string{string(what)}, Defaults: map[string]float64{}, Miscellaneous: map[string]string{
		"software": "etalon " + version.String(), "output": string(what)}}
	if origin != nil && origin.LogNorm != nil {
		f.Miscellaneous["log_norm"] = strconv.FormatFloat(*origin.LogNorm, 'g', -1, 64)
	}
	for j, name := range inputNames(m.Dim(), origin) {
		in := lwtnnInput{Name: name, Scale: 1}
		if shift != nil {
			in.Offset = 0 - shift[j] // no -0
		}
		if scale != nil {
			in.Scale = 1 / scale[j]
		}
		f.Inputs = append(f.Inputs, in)
	}
	if what == ExportProbability {
		layers[len(layers)-1].activation = "sigmoid"
	}
	f.Layers = lwtnnLayers(layers)
	text, err := json.Marshal(f)
	return append(text, '\n'), err
}

// inputNames are those of the origin where they are different, or x0, x1, …
func inputNames(dim int, origin *Origin) []string {
	if origin != nil && len(origin.Names) == dim {
		sorted := slices.Sorted(slices.Values(origin.Names))
		if len(slices.Compact(sorted)) == dim && sorted[0] != "" {
			return origin.Names
		}
	}
	names := make([]string, dim)
	for j := range names {
		names[j] = "x" + strconv.Itoa(j)
	}
	return names
}

// dense returns the layers of the log-weight, the calibration folded into the last.
func (c *Classifier) dense() ([]denseLayer, error) {
	switch {
	case c.Config.Volume != nil:
		return nil, errors.New("a network of volumes")
	case c.Transform.Maps():
		return nil, errors.New("the logarithms or logits that the model takes of its columns (--preprocess)")
	case c.Calibration != nil && c.Calibration.Kind != Temperature:
		return nil, fmt.Errorf("its calibration of kind %s", c.Calibration.Kind)
	}
	net := c.net()
	var layers []denseLayer
	for i := range len(c.Params.Tensors()) / 2 {
		layers = append(layers, newDense(c.Params, fmt.Sprintf("%s/%d", net.Name, i), "leaky_relu", net.Slope))
	}
	last := &layers[len(layers)-1]
	last.activation = "linear"
	if k := c.Calibration; k != nil {
		for i := range last.w {
			last.w[i] *= k.Slope
		}
		last.b[0] = last.b[0]*k.Slope + k.Bias
	}
	return layers, nil
}

// dense returns the layers of the log-weight; of two outputs their difference.
func (m *Imported) dense() ([]denseLayer, error) {
	var layers []denseLayer
	for i, l := range m.Layers {
		if l.Activation == "softplus" {
			return nil, fmt.Errorf("the activation of layer %d, softplus", i)
		}
		layers = append(layers, newDense(m.Params, strconv.Itoa(i), l.Activation, l.Slope))
	}
	last := &layers[len(layers)-1]
	if len(last.b) == 2 {
		w := make([]float64, len(last.w)/2)
		for i := range w {
			w[i] = last.w[2*i+1] - last.w[2*i]
		}
		last.w, last.b = w, []float64{last.b[1] - last.b[0]}
	}
	return layers, nil
}

func newDense(p *nn.Params, name, activation string, slope float64) denseLayer {
	return denseLayer{w: float64s(p.Values(name + "/W")), b: float64s(p.Values(name + "/b")), activation: activation, slope: slope}
}

func float64s(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

// lwtnnLayers writes layers with the activations that lwtnn has. Units of a leaky ReLU of
// slope s become two rectified ones, of a and of -a, which the next layer takes together as
// relu(a) - s·relu(-a).
func lwtnnLayers(layers []denseLayer) []lwtnnLayer {
	var list []lwtnnLayer
	doubled, slope := false, 0.0 // of the inputs
	for _, l := range layers {
		out := len(l.b)
		in := len(l.w) / out
		double := l.activation == "leaky_relu" && l.slope != 0 && l.slope != 1
		j := lwtnnLayer{Architecture: "dense", Activation: lwtnnActivation(l)}
		for _, sign := range []float64{1, -1}[:1+index(double)] {
			for o := range out {
				for i := range in {
					j.Weights = append(j.Weights, sign*l.w[i*out+o])
				}
				if doubled {
					for i := range in {
						j.Weights = append(j.Weights, -sign*slope*l.w[i*out+o])
					}
				}
				j.Bias = append(j.Bias, sign*l.b[o])
			}
		}
		list = append(list, j)
		doubled, slope = double, l.slope
	}
	return list
}

func lwtnnActivation(l denseLayer) string {
	switch {
	case l.activation == "relu", l.activation == "leaky_relu" && l.slope != 1:
		return "rectified"
	case l.activation == "leaky_relu":
		return "linear"
	}
	return l.activation // linear, sigmoid, tanh
}
