package onnx_test

import (
	"fmt"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/onnx"
)

// A generator that PyTorch exported, its features and their gradient with respect to
// the latents.
func ExampleLoad() {
	m, err := onnx.Load("testdata/generator.onnx", onnx.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Inputs, "→", m.Outputs, "by", m.Producer, "in opset", m.Opset)

	g := graph.New()
	z := g.Input("z", m.Inputs[0].Width)
	x := m.Build("", z)[0]
	d, err := graph.Grad(graph.Slice(x, 0, 1), z)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := cpu.New(1).Compile(g, cpu.Config{}, x, d[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	features, gradient := make([]float32, 3), make([]float32, 4)
	for _, err := range []error{
		m.Bind(p, ""), p.Feed("z", cpu.Rows{Data: []float32{0.5, -1, 0, 2}}),
		p.Into(0, features), p.Into(1, gradient), p.Run(cpu.Batch{Rows: 1}),
	} {
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Printf("x = %.3f, ∂x₀/∂z = %.3f\n", features, gradient)
	// Output:
	// [z (N, 4)] → [x (N, 3)] by pytorch in opset 17
	// x = [-0.356 0.057 -0.269], ∂x₀/∂z = [0.043 0.024 -0.014 -0.011]
}

// A function of a graph as an ONNX file, and back.
func ExampleExport() {
	g := graph.New()
	x := g.Input("x", 3)
	y := graph.Tanh(graph.MatMul(x, g.Shared("W", 3, 2)))
	file, err := onnx.Export{
		Name:     "layer",
		Outputs:  []onnx.Output{{Name: "y", Node: y}},
		Weights:  onnx.Weights{"W": {1, 2, 3, 4, 5, 6}},
		Metadata: map[string]string{"author": "a physicist"},
	}.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := onnx.Parse(file, onnx.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Inputs, "→", m.Outputs, m.Params.Values("W"), m.Metadata["author"])
	// Output:
	// [x (N, 3)] → [y (N, 2)] [1 2 3 4 5 6] a physicist
}
