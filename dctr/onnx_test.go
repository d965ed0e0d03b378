package dctr_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/onnx"
	"etalon/onnx/onnxtest"
)

// Every weigher as an ONNX file, in ONNX Runtime and read back, also through a model
// directory. Behind the Sigmoid of f the log-weights are the same, however large.
func TestWeighersONNX(t *testing.T) {
	const n = 200
	e := cpu.New(1)
	defer e.Close()
	x := normal{sigma: [2]float64{1, 3}}.draw("x", n)
	r := onnxtest.New(t)
	for name, w := range weighers(t) {
		want, err := w.Logits(e, x)
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range []dctr.Exported{dctr.ExportLogWeight, dctr.ExportProbability} {
			file, err := dctr.EncodeONNX(w, what, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			out := slices.Clone(want)
			if what == dctr.ExportProbability {
				for i, l := range out {
					out[i] = 1 / (1 + math.Exp(-l))
				}
			}
			r.Add(t, name+" "+string(what), file, n, map[string][]float64{"x": wide(x)}, map[string][]float64{string(what): out})
			path := filepath.Join(t.TempDir(), "d.onnx")
			if err := os.WriteFile(path, file, 0o644); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the file, and the directory that it is saved in
				back, err := dctr.LoadWeigher(path)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got, err := back.Logits(e, x)
				if err != nil {
					t.Fatal(err)
				}
				for i := range want {
					if !(math.Abs(got[i]-want[i]) <= 1e-5*(1+math.Abs(want[i]))) {
						t.Fatalf("%s, %s: log-weight %v, read back %v", name, what, want[i], got[i])
					}
				}
				path = filepath.Join(t.TempDir(), "m")
				if err := back.Save(path); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	r.Check(t)
}

// What the output of a classifier is: logits far beyond where a float32 probability is
// 1, of one and of two classes.
func TestONNXForms(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	write := func(build func(x *graph.Node) *graph.Node) string {
		g := graph.New()
		x := g.Input("x", 2)
		file, err := onnx.Export{Name: "d", Outputs: []onnx.Output{{Name: "y", Node: build(x)}}}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "d.onnx")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	first := func(x *graph.Node) *graph.Node { return graph.MulScalar(graph.Slice(x, 0, 1), 100) }
	both := func(x *graph.Node) *graph.Node { return graph.Concat(graph.Neg(first(x)), first(x)) }
	x := []float32{0.5, 0, -0.25, 0}
	for _, c := range []struct {
		name  string
		build func(x *graph.Node) *graph.Node
		form  string
		scale float64 // of 100·x₀; 0 is refused
	}{
		{"logit", first, "", 1},
		{"logit", first, dctr.Logit, 1},
		{"sigmoid", func(x *graph.Node) *graph.Node { return graph.Sigmoid(first(x)) }, "", 1},
		{"sigmoid", func(x *graph.Node) *graph.Node { return graph.Sigmoid(first(x)) }, dctr.Probability, 1},
		{"two logits", both, dctr.Logit, 2},
		{"two of something", both, "", 0},
		{"three", func(x *graph.Node) *graph.Node { return graph.Concat(x, first(x)) }, "", 0},
		{"of a form", first, "odds", 0},
		{"two probabilities", func(x *graph.Node) *graph.Node {
			p := graph.Sigmoid(graph.MulScalar(first(x), 0.1))
			return graph.Concat(graph.AddScalar(graph.Neg(p), 1), p)
		}, dctr.Probability, 0.1},
	} {
		w, err := dctr.ImportONNX(write(c.build), dctr.ONNXConfig{Form: c.form})
		if c.scale == 0 {
			if err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s as %q: got %v, want an error", c.name, c.form, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s as %q: %v", c.name, c.form, err)
			continue
		}
		got, err := w.Logits(e, x)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float64{50 * c.scale, -25 * c.scale} {
			if math.Abs(got[i]-want) > 1e-3*math.Abs(want) {
				t.Errorf("%s as %q: %v, want %v", c.name, c.form, got[i], want)
			}
		}
	}
}
