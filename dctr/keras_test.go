package dctr_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/dctr"
	"etalon/engine/cpu"
)

// denseRule is the network of testdata/keras/make.py, plainly in float64.
func denseRule(x []float64, bias bool, units []int, act []func(float64) float64) []float64 {
	for k, m := range units {
		y := make([]float64, m)
		for j := range y {
			for i, v := range x {
				y[j] += v * float64((7*i+3*j+k)%5-2) / 4
			}
			if bias {
				y[j] += float64((j+k)%3-1) / 8
			}
			y[j] = act[k](y[j])
		}
		x = y
	}
	return x
}

func linear(v float64) float64 { return v }

func kerasFile(name string) string { return filepath.Join("testdata", "keras", name) }

func TestImportKeras(t *testing.T) {
	leaky := func(v float64) float64 { return max(v, 0.25*v) }
	relu := func(v float64) float64 { return max(v, 0) }
	logistic := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	e := cpu.New(1)
	defer e.Close()
	for _, c := range []struct {
		json, h5 string
		logit    func(x []float64) float64
	}{
		{kerasFile("sequential.json"), kerasFile("sequential.h5"), func(x []float64) float64 {
			return denseRule(x, true, []int{4, 5, 3, 1}, []func(float64) float64{leaky, math.Tanh, logistic, linear})[0]
		}},
		{"", kerasFile("saved.h5"), func(x []float64) float64 {
			y := denseRule(x, false, []int{4, 2}, []func(float64) float64{relu, linear})
			return y[1] - y[0]
		}},
	} {
		m, err := dctr.ImportKeras(c.json, c.h5)
		if err != nil {
			t.Fatal(err)
		}
		x := []float32{0, 0, 0, 1, 1, 1, -2, 0.5, 3, 0.25, -1, -0.75}
		dir := filepath.Join(t.TempDir(), "f")
		for _, scaled := range []bool{false, true} {
			if scaled {
				m.Shift, m.Scale = []float64{0.5, 0, -1}, []float64{2, 1, 0.5}
			}
			got, err := m.Logits(e, x)
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range got {
				row := wide(x[3*i : 3*i+3])
				for k := range row {
					if scaled {
						row[k] = (row[k] - m.Shift[k]) / m.Scale[k]
					}
				}
				if want := c.logit(row); math.Abs(l-want) > 1e-5 {
					t.Errorf("%s, row %d: logit %v; want %v", c.h5, i, l, want)
				}
			}
			if err := m.Save(dir); err != nil {
				t.Fatal(err)
			}
			loaded, err := dctr.LoadWeigher(dir)
			if err != nil {
				t.Fatal(err)
			}
			again, err := loaded.Logits(e, x)
			if err != nil || !slices.Equal(again, got) {
				t.Errorf("%s: the loaded network differs: %v", c.h5, err)
			}
		}
	}
}

// The published high-level classifier of arXiv:2009.03796, against what Keras gives.
func TestPublishedKerasModel(t *testing.T) {
	const dir = "../../shared/keras"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is absent", dir)
	}
	m, err := dctr.ImportKeras(filepath.Join(dir, "model_paper.json"), filepath.Join(dir, "model_paper.h5"))
	if err != nil {
		t.Fatal(err)
	}
	e := cpu.New(1)
	defer e.Close()
	const n = 33
	x := make([]float32, 3*n)
	for i := range n {
		x[n+i] = 1
	}
	shower := x[2*n:]
	shower[0], shower[1], shower[2] = 0.78, 16.5, 0.75
	sum := 0.0
	for i := 1; i <= 30; i++ {
		sum += math.Exp(-math.Pow(float64(i-15)/5, 2) / 2)
	}
	for i := 1; i <= 30; i++ {
		shower[2+i] = float32(0.75 * math.Exp(-math.Pow(float64(i-15)/5, 2)/2) / sum)
	}
	got, err := m.Logits(e, x)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{-5.75419454, -36.1105198, 2.39256459} {
		if math.Abs(got[i]-want) > 1e-5*max(1, math.Abs(want)) {
			t.Errorf("logit %v; want %v", got[i], want)
		}
	}
	// The same with its preprocessing: numbers of cells and MeV in, divided by 1000.
	m.Scale = calo.HighLevelScale(30)
	for i, s := range m.Scale {
		shower[i] *= float32(s)
	}
	raw, err := m.Logits(e, shower)
	if err != nil || math.Abs(raw[0]-got[2]) > 1e-5 {
		t.Errorf("logit %v of a shower in MeV; want %v; %v", raw, got[2], err)
	}
	if w := math.Exp(got[2]); math.Abs(w-10.941518) > 1e-4 {
		t.Errorf("weight %v; want 10.941518", w)
	}
}

func TestKerasRefusals(t *testing.T) {
	text, err := os.ReadFile(kerasFile("sequential.json"))
	if err != nil {
		t.Fatal(err)
	}
	json := filepath.Join(t.TempDir(), "m.json")
	h5 := kerasFile("sequential.h5")
	for _, c := range []struct{ old, with, want string }{
		{"Sequential", "Graph", `a Keras model of class "Graph"; Sequential`},
		{"Dropout", "Conv2D", `layer "dropout": class "Conv2D"; Dense`},
		{`"tanh"`, `"gelu"`, `layer 1 has activation "gelu"; linear, relu`},
		{`"tanh"`, `{}`, `activation {}; a name is accepted`},
		{`"units": 5`, `"units": 6`, "a kernel of shape [4 5] for 6 units"},
		{`"units": 1`, `"units": 2`, "2 outputs with activation"},
		{`"activation": "sigmoid"}}]`, `"activation": "relu"}}]`, `1 outputs with activation "relu"`},
		{`"alpha": 0.25`, `"alpha": 2`, "slope 2; 0 to 1"},
		{`"alpha": 0.25`, `"alpha": "x"`, `slope "x"; a number`},
		{"dense_2", "dense_7", "/dense_7: there is no such object"},
		{`"activation": "tanh"`, `"activation": "tanh", "use_bias": false`, "its kernel or bias is missing, or there is one too many"},
		{`{"class_name"`, `["class_name"`, "no description of a Keras network"},
	} {
		changed := strings.Replace(string(text), c.old, c.with, 1)
		if i := strings.LastIndex(string(text), c.old); strings.HasSuffix(c.old, "]") {
			changed = string(text[:i]) + c.with + string(text[i+len(c.old):])
		}
		if changed == string(text) {
			t.Fatalf("%q is not there", c.old)
		}
		if err := os.WriteFile(json, []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := dctr.ImportKeras(json, h5)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is %v; want one line with %q", c.with, err, c.want)
		}
	}
	for _, c := range [][3]string{
		{"", h5, "its JSON file is needed"},
		{h5, h5, "no description of a Keras network"},
		{"none.json", h5, "none.json"},
		{json, "none.h5", "none.h5: no such file"},
		{kerasFile("sequential.json"), kerasFile("saved.h5"), `layer "dense_1": its kernel or bias is missing`},
	} {
		_, err := dctr.ImportKeras(c[0], c[1])
		if err == nil || !strings.Contains(err.Error(), c[2]) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: the error is %v; want one line with %q", c[:2], err, c[2])
		}
	}
}

// Any description gives a network or an error of one line.
func FuzzKeras(f *testing.F) {
	text, err := os.ReadFile(kerasFile("sequential.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "m.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := dctr.ImportKeras(path, kerasFile("sequential.h5")); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("more than one line: %q", err)
		}
	})
}

// A functional network with a branch is refused.
func TestKerasBranch(t *testing.T) {
	json := filepath.Join(t.TempDir(), "m.json")
	const text = `{"class_name": "Model", "config": {"layers": [
		{"class_name": "InputLayer", "config": {"name": "in"}, "inbound_nodes": []},
		{"class_name": "Dense", "config": {"name": "a", "units": 2}, "inbound_nodes": [[["in", 0, 0, {}]]]},
		{"class_name": "Dense", "config": {"name": "b", "units": 1}, "inbound_nodes": [[["in", 0, 0, {}]]]}]}}`
	if err := os.WriteFile(json, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := dctr.ImportKeras(json, kerasFile("sequential.h5"))
	if err == nil || !strings.Contains(err.Error(), `layer "b": it does not simply follow layer "a"`) {
		t.Errorf("the error is %v", err)
	}
}
