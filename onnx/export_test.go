package onnx

import (
	"strings"
	"testing"

	"etalon/engine/ref"
	"etalon/graph"
	"etalon/graph/graphtest"
	"etalon/onnx/onnxtest"
)

// asRows makes rows of any node.
func asRows(y *graph.Node) *graph.Node {
	g := y.Graph
	switch {
	case y.Rows:
		return y
	case len(y.Shape) == 2:
		return graph.MatMul(g.Input("probe", y.Shape[0]), y)
	}
	return graph.Add(graph.ToRows(y), graph.MulScalar(g.Input("probe", 1), 0.5))
}

// Every operation with every kind of operand, as ONNX Runtime sees it and as it is
// read back.
func TestExportEveryOp(t *testing.T) {
	r := onnxtest.New(t)
	cases := graphtest.Cases()
	back, mixed := 0, 0
	for _, op := range graph.Ops() {
		for _, c := range cases[op] {
			g := graph.New()
			y := asRows(c.Build(g))
			if g.Err() != nil {
				t.Fatalf("%s: %v", c.Name, g.Err())
			}
			if len(y.In) == 0 && y.Op != graph.OpInput { // nothing of the caller's
				y = graph.Add(y, graph.MulScalar(g.Input("probe", 1), 0.5))
			}
			const rows = 3
			d := graphtest.Draw(g, rows, 7)
			file, err := Export{Name: "case", Outputs: []Output{{"out", y}}, Weights: graphtest.Float32(d.Shared)}.Encode()
			if why, no := refused[op]; no {
				if err == nil || !strings.Contains(err.Error(), why) {
					t.Errorf("%s: got %v, want a refusal", c.Name, err)
				}
				continue
			}
			if err != nil {
				if strings.Contains(err.Error(), "no input") {
					continue
				}
				t.Errorf("%s: %v", c.Name, err)
				continue
			}
			env := ref.Env{Rows: rows, Input: d.Input, Shared: d.Shared}
			want, err := ref.Eval(g, env, y)
			if err != nil {
				t.Fatal(err)
			}
			r.Add(t, c.Name, file, rows, d.Input, map[string][]float64{"out": want[0]})

			m, err := Parse(file, Options{})
			if err != nil {
				if !strings.Contains(err.Error(), "rows") && !strings.Contains(err.Error(), "batch") {
					t.Errorf("%s: read back: %v", c.Name, err)
				}
				mixed++
				continue
			}
			z := &zooModel{in: map[string]array{}}
			for k, v := range graphtest.Float32(d.Input) {
				z.in[k] = array{shape: []int{rows, len(v) / rows}, f32: v}
			}
			fast, _ := z.evaluate(t, m)
			if d := deviation(fast[0], graphtest.Float32(map[string][]float64{"": want[0]})[""]); !(d <= 1e-5) {
				t.Errorf("%s: read back: relative deviation %.2g", c.Name, d)
			}
			back++
		}
	}
	if back < 300 {
		t.Errorf("only %d cases read back", back)
	}
	t.Logf("%d cases read back, %d mix rows", back, mixed)
	r.Check(t)
}

// What ONNX has not is refused by name.
func TestExportRefuses(t *testing.T) {
	g := graph.New()
	x := g.Input("x", 2)
	y := graph.Add(x, g.RandomNormal("noise", 2))
	if _, err := (Export{Outputs: []Output{{"y", y}}}).Encode(); err == nil || !strings.Contains(err.Error(), "normal") {
		t.Errorf("random numbers: %v", err)
	}
	w := graph.MatMul(x, g.Shared("w", 2, 2))
	if _, err := (Export{Outputs: []Output{{"y", w}}}).Encode(); err == nil || !strings.Contains(err.Error(), "w") {
		t.Errorf("a parameter without values: %v", err)
	}
	if _, err := (Export{}).Encode(); err == nil {
		t.Error("no output was accepted")
	}
}
