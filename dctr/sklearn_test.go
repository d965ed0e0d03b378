package dctr_test

import (
	"math"
	"path/filepath"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
	"etalon/onnx"
)

// Classifiers of scikit-learn (onnx/testdata/ring.py), which have the label and a
// dictionary of probabilities as outputs: the log-weight is the log-odds of the second
// class, and is not cut where a float32 probability is 0 or 1, if it is computed of a
// logit.
func TestSklearnLogWeights(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	for _, c := range []struct {
		name   string
		logits bool
	}{{"sklearn", true}, {"boosting", true}, {"forest", false}} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join("..", "onnx", "testdata", c.name+".onnx")
			w, err := dctr.LoadWeigher(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := onnx.Load(path, onnx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Outputs) != 1 || m.Outputs[0].Width != 2 || w.Dim() != 2 {
				t.Fatalf("outputs %v of %d features", m.Outputs, w.Dim())
			}
			var x []float32
			for i := range 21 {
				for j := range 21 {
					x = append(x, float32(i-10)/5, float32(j-10)/5+0.01)
				}
			}
			got, err := w.Logits(e, x)
			if err != nil {
				t.Fatal(err)
			}
			g := graph.New()
			y := m.Build("", g.Input("x", 2))
			env := ref.Env{Rows: len(got), Input: map[string][]float64{"x": wide(x)}, Shared: map[string][]float64{}}
			for _, p := range m.Params.Tensors() {
				env.Shared[p.Name] = wide(m.Params.Values(p.Name))
			}
			p, err := ref.Eval(g, env, y...)
			if err != nil {
				t.Fatal(err)
			}
			positive := 0
			for i, l := range got {
				want := math.Log(max(p[0][2*i+1], 1./(1<<24))) - math.Log(max(p[0][2*i], 1./(1<<24)))
				if math.Abs(want) > 15 && c.logits { // float64 probabilities lose it as well
					continue
				}
				if !(math.Abs(l-want) <= 1e-4*(1+math.Abs(want))) {
					t.Fatalf("at %v: log-weight %v, of probabilities %v", x[2*i:2*i+2], l, want)
				}
				if l > 0 {
					positive++
				}
			}
			if positive == 0 || positive == len(got) {
				t.Errorf("%d of %d log-weights are positive", positive, len(got))
			}
			far, err := w.Logits(e, []float32{-300, 400, 500, 500})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range far {
				if math.IsInf(l, 0) || math.IsNaN(l) || c.name == "sklearn" && math.Abs(l) < 20 {
					t.Errorf("far away: log-weights %v", far)
				}
			}
		})
	}
}

// A probability of 0 or 1 that no logit stands behind keeps the log-weight finite.
func TestForestBounds(t *testing.T) {
	w, err := dctr.LoadWeigher(filepath.Join("..", "onnx", "testdata", "forest.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	e := cpu.New(1)
	defer e.Close()
	var x []float32
	for i := range 41 {
		for j := range 41 {
			x = append(x, float32(i-20)/10, float32(j-20)/10)
		}
	}
	got, err := w.Logits(e, x)
	if err != nil {
		t.Fatal(err)
	}
	bound, there := 24*math.Ln2, 0
	for _, l := range got {
		if !(math.Abs(l) <= bound+1e-5) {
			t.Errorf("log-weight %v, beyond %v", l, bound)
		}
		if math.Abs(l) > bound-1e-5 {
			there++
		}
	}
	if there == 0 {
		t.Error("no log-weight is at the bound")
	}
}
