package dctr_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/nn"
	"etalon/preprocess"
	"etalon/rng"
)

// lwtnn evaluates a JSON file as lwtnn's LightweightNeuralNetwork does (InputPreprocessor,
// Stack), in double precision, from values by name.
func lwtnn(t *testing.T, text []byte, values map[string]float64) map[string]float64 {
	t.Helper()
	var f struct {
		Inputs []struct {
			Name          string
			Offset, Scale float64
		}
		Layers []struct {
			Architecture, Activation string
			Weights, Bias            []float64
		}
		Outputs       []string
		Defaults      map[string]float64
		Miscellaneous map[string]string
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatal(err)
	}
	var x []float64
	for _, in := range f.Inputs {
		v, ok := values[in.Name]
		if !ok {
			t.Fatalf("there is no input %q", in.Name)
		}
		x = append(x, (v+in.Offset)*in.Scale)
	}
	for i, l := range f.Layers {
		if l.Architecture != "dense" || len(l.Weights)%len(x) != 0 || len(l.Weights)/len(x) != len(l.Bias) {
			t.Fatalf("layer %d: %s, %d weights and %d biases of %d inputs", i, l.Architecture, len(l.Weights), len(l.Bias), len(x))
		}
		y := make([]float64, len(l.Bias))
		for row := range y {
			for col, v := range x {
				y[row] += l.Weights[col+row*len(x)] * v
			}
			y[row] += l.Bias[row]
			switch l.Activation {
			case "linear":
			case "rectified":
				y[row] = math.Max(y[row], 0)
			case "sigmoid":
				y[row] = 1 / (1 + math.Exp(-y[row]))
			case "tanh":
				y[row] = math.Tanh(y[row])
			default:
				t.Fatalf("layer %d: activation %q", i, l.Activation)
			}
		}
		x = y
	}
	if len(x) != len(f.Outputs) {
		t.Fatalf("%d outputs are named, there are %d", len(f.Outputs), len(x))
	}
	out := map[string]float64{}
	for i, name := range f.Outputs {
		out[name] = x[i]
	}
	return out
}

// randomised gives parameters other values, biases too.
func randomised(p *nn.Params, seed uint64) {
	s := rng.New(seed, "lwtnn/params")
	for i := range p.Flat() {
		p.Flat()[i] = float32(0.6 * s.Normal(0, uint64(i), 0))
	}
}

// What lwtnn's rules make of a file are the log-weights of the model, of every kind that it can
// express, to the float32 rounding of the latter.
func TestLWTNN(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	classifier := func(cfg dctr.Config, change func(*dctr.Classifier)) dctr.Weigher {
		c, err := dctr.New(cfg, []float64{0.5, 2, 30}, 3)
		if err != nil {
			t.Fatal(err)
		}
		randomised(c.Params, 5)
		c.Shift = []float64{-1, 0.25, 100}
		if change != nil {
			change(c)
		}
		return c
	}
	imported := func(layers ...dctr.ImportedLayer) dctr.Weigher {
		m := &dctr.Imported{Features: 3, Layers: layers, Params: &nn.Params{}, Shift: []float64{0, 0, 90}, Scale: []float64{1, 2, 30}}
		in := 3
		for i, l := range layers {
			m.Params.Add(string(rune('0'+i))+"/W", in, l.Units)
			m.Params.Add(string(rune('0'+i))+"/b", l.Units)
			in = l.Units
		}
		randomised(m.Params, 6)
		return m
	}
	norm := 0.25
	for name, c := range map[string]struct {
		w     dctr.Weigher
		names []string
	}{
		"relu":     {classifier(dctr.Config{Hidden: 2, Units: 7}, nil), nil},
		"leaky":    {classifier(dctr.Config{Hidden: 3, Units: 6, Slope: 0.1}, nil), nil},
		"linear":   {classifier(dctr.Config{Hidden: 2, Units: 5, Slope: 1}, nil), nil},
		"layers":   {classifier(dctr.Config{Layers: []int{9, 4, 2}, Slope: 0.01}, nil), nil},
		"no shift": {classifier(dctr.Config{Hidden: 1, Units: 5, Slope: 0.2}, func(c *dctr.Classifier) { c.Shift = nil }), nil},
		"temperature": {classifier(dctr.Config{Hidden: 2, Units: 7, Slope: 0.1}, func(c *dctr.Classifier) {
			c.Calibration = &dctr.Calibration{Kind: dctr.Temperature, Slope: 0.7, Bias: 0.3}
		}), nil},
		"no map":          {classifier(dctr.Config{Hidden: 1, Units: 5}, func(c *dctr.Classifier) { c.Transform = preprocess.Transform{{}, {}, {}} }), nil},
		"ensemble of one": {&dctr.Ensemble{Members: []*dctr.Classifier{classifier(dctr.Config{Hidden: 1, Units: 5}, nil).(*dctr.Classifier)}}, nil},
		"names": {classifier(dctr.Config{Hidden: 1, Units: 5}, func(c *dctr.Classifier) {
			c.Origin = &dctr.Origin{Names: []string{"pt", "eta", "E"}, LogNorm: &norm}
		}), []string{"pt", "eta", "E"}},
		"equal names": {classifier(dctr.Config{Hidden: 1, Units: 5}, func(c *dctr.Classifier) { c.Origin = &dctr.Origin{Names: []string{"a", "b", "a"}} }), nil},
		"imported": {imported(dctr.ImportedLayer{Units: 6, Activation: "tanh"}, dctr.ImportedLayer{Units: 5, Activation: "leaky_relu", Slope: 0.3},
			dctr.ImportedLayer{Units: 4, Activation: "sigmoid"}, dctr.ImportedLayer{Units: 3, Activation: "relu"}, dctr.ImportedLayer{Units: 2, Activation: "linear"}), nil},
	} {
		const n = 50
		x := make([]float32, 3*n)
		rng.New(7, name).NormalRows(x, n, 0, 0, n, 3)
		for i := range n {
			x[3*i+2] = 100 + 30*x[3*i+2]
		}
		want, err := c.w.Logits(e, x)
		if err != nil {
			t.Fatal(err)
		}
		text, err := dctr.EncodeLWTNN(c.w, dctr.ExportLogWeight)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		share, err := dctr.EncodeLWTNN(c.w, dctr.ExportProbability)
		if err != nil {
			t.Fatal(err)
		}
		if c.names == nil {
			c.names = []string{"x0", "x1", "x2"}
		}
		for i, l := range want {
			values := map[string]float64{}
			for j, in := range c.names {
				values[in] = float64(x[3*i+j])
			}
			tol := 3e-5 * (1 + math.Abs(l)) // some hundred roundings of float32
			if got := lwtnn(t, text, values)["log_weight"]; math.Abs(got-l) > tol {
				t.Errorf("%s: row %d: lwtnn has %v, the model %v", name, i, got, l)
				break
			}
			if got := lwtnn(t, share, values)["f"]; math.Abs(got-1/(1+math.Exp(-l))) > tol {
				t.Errorf("%s: row %d: f is %v of log-weight %v", name, i, got, l)
				break
			}
		}
		if has := strings.Contains(string(text), `"log_norm":"0.25"`); has != (name == "names") {
			t.Errorf("%s: log_norm is there: %v", name, has)
		}
	}
}

// What dense layers cannot express is refused by name.
func TestLWTNNRefuses(t *testing.T) {
	c := func(change func(*dctr.Classifier)) *dctr.Classifier {
		c, err := dctr.New(dctr.Config{Hidden: 1, Units: 4}, []float64{1, 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(c)
		}
		return c
	}
	logs, err := preprocess.Parse("0:log")
	if err != nil {
		t.Fatal(err)
	}
	transform, err := logs.For(nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	soft := &dctr.Imported{Features: 1, Layers: []dctr.ImportedLayer{{Units: 2, Activation: "softplus"}, {Units: 1, Activation: "linear"}}, Params: &nn.Params{}}
	for _, x := range []struct {
		w    dctr.Weigher
		want string
	}{
		{&dctr.Ensemble{Members: []*dctr.Classifier{c(nil), c(nil)}}, "an ensemble of 2 networks"},
		{c(func(c *dctr.Classifier) { c.Transform = transform }), "logarithms or logits"},
		{c(func(c *dctr.Classifier) {
			c.Calibration = &dctr.Calibration{Kind: dctr.Isotonic, X: []float64{0, 1}, Y: []float64{0, 1}}
		}), "calibration of kind isotonic"},
		{&dctr.DensityWeigher{Inner: c(nil)}, "density of a generator"},
		{soft, "softplus"},
	} {
		_, err := dctr.EncodeLWTNN(x.w, dctr.ExportLogWeight)
		if err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), "; ONNX can") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, x.want)
		}
	}
	if _, err := dctr.EncodeLWTNN(c(nil), "w"); err == nil {
		t.Error("an unknown function was accepted")
	}
}
