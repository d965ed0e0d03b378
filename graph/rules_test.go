package graph_test

import (
	"slices"
	"testing"

	"etalon/graph"
	"etalon/graph/graphtest"
)

// At ties and kinks the rules are stated, not found by differences.
func TestGradientAtKinks(t *testing.T) {
	for _, c := range []struct {
		name string
		y    func(a, b *graph.Node) *graph.Node
		a, b float64
		want [2]float64
	}{
		{"max tie", graph.Max, 2, 2, [2]float64{0, 1}},
		{"min tie", graph.Min, 2, 2, [2]float64{0, 1}},
		{"max", graph.Max, 3, 2, [2]float64{1, 0}},
		{"min", graph.Min, 3, 2, [2]float64{0, 1}},
		{"relu at 0", func(a, _ *graph.Node) *graph.Node { return graph.ReLU(a) }, 0, 0, [2]float64{0, 0}},
		{"leaky at 0", func(a, _ *graph.Node) *graph.Node { return graph.LeakyReLU(a, 0.25) }, 0, 0, [2]float64{0.25, 0}},
		{"leaky below", func(a, _ *graph.Node) *graph.Node { return graph.LeakyReLU(a, 0.25) }, -1, 0, [2]float64{0.25, 0}},
		{"abs at 0", func(a, _ *graph.Node) *graph.Node { return graph.Abs(a) }, 0, 0, [2]float64{0, 0}},
		{"step", func(a, _ *graph.Node) *graph.Node { return graph.Step(a) }, 1, 0, [2]float64{0, 0}},
		{"sign", func(a, _ *graph.Node) *graph.Node { return graph.Sign(a) }, 1, 0, [2]float64{0, 0}},
		{"select at 0 takes c", func(a, b *graph.Node) *graph.Node { return graph.Select(graph.Stop(a), graph.Neg(b), b) }, 0, 5, [2]float64{0, 1}},
	} {
		g := graph.New()
		a, b := g.Input("a", 1), g.Input("b", 1)
		grads := gradients(t, c.y(a, b), a, b)
		d := graphtest.Data{Rows: 1, Input: map[string][]float64{"a": {c.a}, "b": {c.b}}}
		v := eval(t, g, d, grads...)
		if got := [2]float64{v[0][0], v[1][0]}; got != c.want {
			t.Errorf("%s: gradient %v, want %v", c.name, got, c.want)
		}
	}
}

func TestStopBlocksGradients(t *testing.T) {
	g := graph.New()
	x := g.Input("x", 2)
	s := graph.Stop(graph.Square(x))
	y := graph.SumFeatures(graph.Mul(s, x)) // dy/dx = s, not 3x²
	grads := gradients(t, y, x, s)
	d := graphtest.Draw(g, 4, 1)
	v := eval(t, g, d, grads[0], s, grads[1], x)
	if !slices.Equal(v[0], v[1]) {
		t.Errorf("gradient past a stop is %v, want %v", v[0], v[1])
	}
	if !slices.Equal(v[2], v[3]) { // the stopped node as a target itself
		t.Errorf("gradient to the stopped node is %v, want %v", v[2], v[3])
	}
	if z := eval(t, g, d, gradients(t, graph.SumFeatures(s), x)[0])[0]; !slices.Equal(z, make([]float64, 8)) {
		t.Errorf("gradient through a stop alone is %v", z)
	}
}

func TestGradientOfUnreachedTargets(t *testing.T) {
	g := graph.New()
	x := g.Input("x", 3)
	loss := graph.MeanRows(graph.SumFeatures(graph.Square(x)))
	targets := []*graph.Node{g.Input("rows", 4), g.Input("row", 1), g.Shared("vector", 5), g.Shared("matrix", 2, 3),
		g.Shared("scalar", 1), g.Shared("one by one", 1, 1), graph.Square(loss)}
	grads := gradients(t, loss, targets...)
	d := graphtest.Draw(g, 3, 1)
	for i, v := range eval(t, g, d, grads...) {
		if n, x := grads[i], targets[i]; n.Rows != x.Rows || !equalShapes(n.Shape, x.Shape) {
			t.Errorf("gradient %v for target %v", n, x)
		}
		for _, e := range v {
			if e != 0 {
				t.Errorf("gradient with respect to unreached %v is %v", targets[i], v)
			}
		}
	}
}

// Gradients of a row scalar: per row for row targets, summed for shared ones, and
// of y itself one.
func TestGradientOfRows(t *testing.T) {
	g := graph.New()
	x, c := g.Input("x", 1), g.Shared("c", 1)
	y := graph.Mul(graph.Square(x), c)
	grads := gradients(t, y, x, c, y)
	d := graphtest.Data{Rows: 3, Input: map[string][]float64{"x": {1, 2, 3}}, Shared: map[string][]float64{"c": {10}}}
	v := eval(t, g, d, grads...)
	for i, want := range [][]float64{{20, 40, 60}, {14}, {1, 1, 1}} {
		if !slices.Equal(v[i], want) {
			t.Errorf("gradient %d is %v, want %v", i, v[i], want)
		}
	}
}

// An inner node may be a target: the derivative treats it as a variable.
func TestGradientOfInnerNode(t *testing.T) {
	g := graph.New()
	x := g.Input("x", 2)
	h := graph.Square(x)
	y := graph.SumFeatures(graph.Mul(h, graph.Add(h, x)))
	grad := gradients(t, y, h)[0] // 2h + x
	d := graphtest.Data{Rows: 1, Input: map[string][]float64{"x": {2, 3}}}
	if v := eval(t, g, d, grad)[0]; !slices.Equal(v, []float64{10, 21}) {
		t.Errorf("∂y/∂h = %v, want [10 21]", v)
	}
}

func TestGradErrors(t *testing.T) {
	g := graph.New()
	x := g.Input("x", 2)
	y := graph.SumFeatures(x)
	other := graph.New().Input("x", 1)
	for name, f := range map[string]func() ([]*graph.Node, error){
		"nil":          func() ([]*graph.Node, error) { return graph.Grad(nil, x) },
		"not a scalar": func() ([]*graph.Node, error) { return graph.Grad(x, x) },
		"nil target":   func() ([]*graph.Node, error) { return graph.Grad(y, x, nil) },
		"other graph":  func() ([]*graph.Node, error) { return graph.Grad(y, other) },
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := g.Err(); err != nil {
		t.Errorf("a refused gradient spoiled the graph: %v", err)
	}
	graph.Slice(x, 1, 5)
	if _, err := graph.Grad(y, x); err == nil || err != g.Err() {
		t.Errorf("gradient in an invalid graph: %v", err)
	}
}
