package onnx

import (
	"testing"

	"etalon/graph"
	"etalon/onnx/onnxtest"
)

// What was read is written again, with sine, trees and recurrent layers in terms of the
// graph's operations, and is the same in ONNX Runtime and when it is read back.
func TestZooAgain(t *testing.T) {
	r := onnxtest.New(t)
	n := 0
	for _, z := range zoo(t) {
		if z.refused != "" {
			continue
		}
		m, err := Parse(z.model, Options{})
		if err != nil {
			t.Fatal(err)
		}
		g := graph.New()
		in := make([]*graph.Node, len(m.Inputs))
		feeds := map[string][]float64{}
		names := map[string]string{}
		for i, p := range m.Inputs {
			names[p.Name] = "in" + string(rune('0'+i))
			in[i] = g.Input(names[p.Name], p.Width)
			feeds[names[p.Name]] = widen(z.in[p.Name].f32)
		}
		weights := Weights{}
		for _, p := range m.Params.Tensors() {
			weights["m/"+p.Name] = m.Params.Values(p.Name)
		}
		want := map[string][]float64{}
		var outs []Output
		for i, y := range m.Build("m/", in...) {
			name := "out" + string(rune('0'+i))
			outs = append(outs, Output{name, y})
			want[name] = widen(z.out[m.Outputs[i].Name].f32)
		}
		file, err := Export{Name: "again", Outputs: outs, Weights: weights}.Encode()
		if err != nil {
			t.Errorf("%s: %v", z.name, err)
			continue
		}
		rows := z.in[m.Inputs[0].Name].shape[0]
		back, err := Parse(file, Options{})
		if err != nil {
			t.Errorf("%s: read back: %v", z.name, err)
			continue
		}
		again := &zooModel{in: map[string]array{}}
		for k, v := range names {
			again.in[v] = z.in[k]
		}
		fast, _ := again.evaluate(t, back)
		for i, p := range back.Outputs {
			if d := deviation(fast[i], z.out[m.Outputs[i].Name].f32); !(d <= 1e-5) {
				t.Errorf("%s: %s read back: relative deviation %.2g", z.name, p, d)
			}
		}
		r.Add(t, z.name, file, rows, feeds, want)
		n++
	}
	t.Logf("%d graphs", n)
	r.Check(t)
}
