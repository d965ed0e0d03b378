package onnx

import (
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"etalon/engine/ref"
	"etalon/graph"
)

// TestZooGradients compares the gradient of every graph of the zoo with central
// differences in float64. Their error is about h² in relative terms; what remains is
// rounding, 1e-16/h.
func TestZooGradients(t *testing.T) {
	const h = 1e-6
	checked := 0
	for _, z := range zoo(t) {
		if z.refused != "" {
			continue
		}
		t.Run(z.name, func(t *testing.T) {
			m, err := Parse(z.model, Options{})
			if err != nil {
				t.Fatal(err)
			}
			g := graph.New()
			env := ref.Env{Input: map[string][]float64{}, Shared: map[string][]float64{}, Rows: z.in[m.Inputs[0].Name].shape[0]}
			in := make([]*graph.Node, len(m.Inputs))
			for i, p := range m.Inputs {
				in[i] = g.Input(p.Name, p.Width)
				env.Input[p.Name] = widen(z.in[p.Name].f32)
			}
			for _, p := range m.Params.Tensors() {
				env.Shared[p.Name] = widen(m.Params.Values(p.Name))
			}
			// A sum of the outputs with different weights.
			out := m.Build("", in...)
			y := g.Scalar(0)
			for _, o := range out {
				c := make([]float64, o.Width())
				for j := range c {
					c[j] = math.Cos(float64(j))
				}
				y = graph.Add(y, graph.SumFeatures(graph.Mul(o, g.Const(c, len(c)))))
			}
			d, err := graph.Grad(y, in...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ref.Eval(g, env, d...)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range m.Inputs {
				top := 0.0
				for _, v := range got[i] {
					top = max(top, math.Abs(v))
				}
				x := env.Input[p.Name]
				for j := range p.Width { // of all rows at once: they are independent
					at := func(d float64) []float64 {
						moved := slices.Clone(x)
						for r := range env.Rows {
							moved[r*p.Width+j] += d
						}
						e := env
						e.Input = map[string][]float64{}
						for k, v := range env.Input {
							e.Input[k] = v
						}
						e.Input[p.Name] = moved
						res, err := ref.Eval(g, e, y)
						if err != nil {
							t.Fatal(err)
						}
						return res[0]
					}
					up, down := at(h), at(-h)
					for r := range env.Rows {
						want := (up[r] - down[r]) / (2 * h)
						have := got[i][r*p.Width+j]
						if !(math.Abs(have-want) <= 1e-6*max(top, 1)) {
							t.Errorf("%s: row %d, feature %d: gradient %.9g, differences %.9g", p, r, j, have, want)
						}
						checked++
					}
				}
			}
		})
	}
	if checked < 1000 {
		t.Errorf("only %d derivatives checked", checked)
	}
}

// The generator of the 25 normals that others trained: testdata of the project.
const gan25 = "../../shared/generators/"

func TestPublishedGAN(t *testing.T) {
	dir := gan25
	if s := os.Getenv("ETALON_SHARED"); s != "" {
		dir = s + "/generators/"
	}
	if _, err := os.Stat(dir + "gan25.onnx"); err != nil {
		t.Skip("no file gan25.onnx in " + dir)
	}
	m, err := Load(dir+"gan25.onnx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	check := readNPZ(t, dir+"gan25_check.npz")
	z := &zooModel{in: map[string]array{"z": check["z"]}}
	fast, exact := z.evaluate(t, m)
	if d := deviation(exact[0], check["x"].f32); !(d <= 1e-5) {
		t.Errorf("relative deviation %.2g", d)
	}
	if d := deviation(fast[0], check["x"].f32); !(d <= 1e-5) {
		t.Errorf("relative deviation %.2g in float32", d)
	}
	if fmt.Sprint(m.Inputs, m.Outputs) != "[z (N, 2)] [x (N, 2)]" {
		t.Errorf("ports %v and %v", m.Inputs, m.Outputs)
	}
}
