package onnx

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"etalon/engine/ref"
	"etalon/graph"
)

// Gradients of gradients, as a penalty on a critic's gradient needs them: the gradient of
// |∂y/∂x|² against central differences of that, in float64. The first gradient is exact
// to 1e-15 or so in relative terms, so that what remains is 1e-15/h and h².
func TestZooSecondGradients(t *testing.T) {
	const h = 1e-5
	checked := 0
	for _, z := range zoo(t) {
		if z.refused != "" || strings.HasPrefix(z.name, "dynamo") || strings.Contains(z.name, "conv") || strings.Contains(z.name, "gan") {
			continue // convolutions have tests of their own
		}
		m, err := Parse(z.model, Options{})
		if err != nil {
			t.Fatal(err)
		}
		p := m.Inputs[0]
		if p.Width > 8 {
			continue
		}
		t.Run(z.name, func(t *testing.T) {
			g := graph.New()
			env := ref.Env{Input: map[string][]float64{}, Shared: map[string][]float64{}, Rows: z.in[p.Name].shape[0]}
			in := make([]*graph.Node, len(m.Inputs))
			for i, p := range m.Inputs {
				in[i] = g.Input(p.Name, p.Width)
				env.Input[p.Name] = widen(z.in[p.Name].f32)
			}
			for _, p := range m.Params.Tensors() {
				env.Shared[p.Name] = widen(m.Params.Values(p.Name))
			}
			y := g.Scalar(0)
			for _, o := range m.Build("", in...) {
				y = graph.Add(y, graph.SumFeatures(graph.Tanh(o)))
			}
			first, err := graph.Grad(y, in[0])
			if err != nil {
				t.Fatal(err)
			}
			norm := graph.ToRows(graph.SumFeatures(graph.Square(first[0])))
			second, err := graph.Grad(norm, in[0])
			if err != nil {
				t.Fatal(err)
			}
			got, err := ref.Eval(g, env, second[0])
			if err != nil {
				t.Fatal(err)
			}
			for j := range p.Width {
				at := func(d float64) []float64 {
					e := env
					e.Input = maps.Clone(env.Input)
					moved := slices.Clone(env.Input[p.Name])
					for r := range env.Rows {
						moved[r*p.Width+j] += d
					}
					e.Input[p.Name] = moved
					res, err := ref.Eval(g, e, norm)
					if err != nil {
						t.Fatal(err)
					}
					return res[0]
				}
				up, down, mid := at(h), at(-h), at(0)
				for r := range env.Rows {
					want, have := (up[r]-down[r])/(2*h), got[0][r*p.Width+j]
					if !(math.Abs(have-want) <= 1e-5*max(1, math.Abs(want), mid[r])) {
						t.Errorf("row %d, feature %d: second gradient %.9g, differences %.9g", r, j, have, want)
					}
					checked++
				}
			}
		})
	}
	if checked < 1000 {
		t.Errorf("only %d derivatives checked", checked)
	}
}
