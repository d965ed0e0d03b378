package ref_test

import (
	"math"
	"strings"
	"testing"

	"etalon/engine/ref"
	"etalon/graph"
	"etalon/graph/graphtest"
	"etalon/rng"
)

// The batch of all tests: two rows of x = (x0, x1), and shared tensors.
var env = ref.Env{
	Rows:  2,
	Input: map[string][]float64{"x": {-1, 2, 3, 0}, "y": {5, 10}},
	Shared: map[string][]float64{
		"v": {4, -2},
		"m": {1, 2, 3, 4, 5, 6}, // 2×3
		"c": {0.5},
	},
	Seed: 7, Step: 9,
}

type leaves struct{ x, y, v, m, c *graph.Node }

func build() (*graph.Graph, leaves) {
	g := graph.New()
	return g, leaves{g.Input("x", 2), g.Input("y", 1), g.Shared("v", 2), g.Shared("m", 2, 3), g.Shared("c", 1)}
}

// Values by hand for every operation.
func TestEveryOp(t *testing.T) {
	e, ln := math.Exp, math.Log
	stream := rng.New(7, "stream")
	type check struct {
		build func(g *graph.Graph, l leaves) *graph.Node
		want  []float64
	}
	on := func(f func(a *graph.Node) *graph.Node) func(*graph.Graph, leaves) *graph.Node {
		return func(_ *graph.Graph, l leaves) *graph.Node { return f(l.x) }
	}
	line := graph.ConvGeometry{In: [3]int{1, 1, 2}, Kernel: [3]int{1, 1, 3}, Stride: [3]int{1, 1, 1}, Pad: [3]int{0, 0, 1}, Channels: 1, Filters: 1}
	row3 := func(l leaves) *graph.Node { return l.x.Graph.Const([]float64{1, 2, 3}, 3, 1) }
	table := map[graph.Op][]check{
		graph.OpInput:  {{func(_ *graph.Graph, l leaves) *graph.Node { return l.x }, []float64{-1, 2, 3, 0}}},
		graph.OpShared: {{func(_ *graph.Graph, l leaves) *graph.Node { return l.m }, []float64{1, 2, 3, 4, 5, 6}}},
		graph.OpConst:  {{func(g *graph.Graph, _ leaves) *graph.Node { return g.Const([]float64{1, 2}, 2) }, []float64{1, 2}}},
		graph.OpRandomNormal: {{func(g *graph.Graph, _ leaves) *graph.Node { return g.RandomNormal("stream", 2) },
			[]float64{stream.Normal(9, 0, 0), stream.Normal(9, 0, 1), stream.Normal(9, 1, 0), stream.Normal(9, 1, 1)}}},
		graph.OpRandomUniform: {{func(g *graph.Graph, _ leaves) *graph.Node { return g.RandomUniform("stream", 1) },
			[]float64{stream.Uniform(9, 0, 0), stream.Uniform(9, 1, 0)}}},
		graph.OpRowCount: {{func(g *graph.Graph, _ leaves) *graph.Node { return g.RowCount() }, []float64{2}}},

		graph.OpAdd: {
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Add(l.x, l.v) }, []float64{3, 0, 7, -2}},
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Add(l.y, l.x) }, []float64{4, 7, 13, 10}},
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Add(l.y, l.v) }, []float64{9, 3, 14, 8}},
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Add(l.c, l.m) }, []float64{1.5, 2.5, 3.5, 4.5, 5.5, 6.5}},
		},
		graph.OpSub: {
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Sub(l.x, l.y) }, []float64{-6, -3, -7, -10}},
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Sub(l.v, l.x) }, []float64{5, -4, 1, -2}},
		},
		graph.OpMul: {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Mul(l.x, l.y) }, []float64{-5, 10, 30, 0}}},
		graph.OpDiv: {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Div(l.x, l.v) }, []float64{-0.25, -1, 0.75, 0}}},
		graph.OpMax: {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Max(l.x, l.c) }, []float64{0.5, 2, 3, 0.5}}},
		graph.OpMin: {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Min(l.x, l.c) }, []float64{-1, 0.5, 0.5, 0}}},

		graph.OpNeg:      {{on(graph.Neg), []float64{1, -2, -3, 0}}},
		graph.OpExp:      {{on(graph.Exp), []float64{e(-1), e(2), e(3), 1}}},
		graph.OpLog:      {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Log(l.y) }, []float64{ln(5), ln(10)}}},
		graph.OpTanh:     {{on(graph.Tanh), []float64{(e(-2) - 1) / (e(-2) + 1), (e(4) - 1) / (e(4) + 1), (e(6) - 1) / (e(6) + 1), 0}}},
		graph.OpSigmoid:  {{on(graph.Sigmoid), []float64{1 / (1 + e(1)), 1 / (1 + e(-2)), 1 / (1 + e(-3)), 0.5}}},
		graph.OpSoftplus: {{on(graph.Softplus), []float64{ln(1 + e(-1)), ln(1 + e(2)), ln(1 + e(3)), ln(2)}}},
		graph.OpLeaky:    {{on(func(a *graph.Node) *graph.Node { return graph.LeakyReLU(a, 0.1) }), []float64{-0.1, 2, 3, 0}}, {on(graph.ReLU), []float64{0, 2, 3, 0}}},
		graph.OpSquare:   {{on(graph.Square), []float64{1, 4, 9, 0}}},
		graph.OpSqrt:     {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Sqrt(l.m) }, []float64{1, math.Sqrt2, math.Sqrt(3), 2, math.Sqrt(5), math.Sqrt(6)}}},
		graph.OpAbs:      {{on(graph.Abs), []float64{1, 2, 3, 0}}},
		graph.OpSign:     {{on(graph.Sign), []float64{-1, 1, 1, 0}}},
		graph.OpStep:     {{on(graph.Step), []float64{0, 1, 1, 0}}},
		graph.OpFloor:    {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Floor(graph.MulScalar(l.x, 0.75)) }, []float64{-1, 1, 2, 0}}},
		graph.OpStop:     {{on(graph.Stop), []float64{-1, 2, 3, 0}}},

		graph.OpSelect: {
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Select(l.x, l.y, l.v) }, []float64{4, 5, 10, -2}},
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Select(l.v, l.x, l.c) }, []float64{-1, 0.5, 3, 0.5}},
		},
		graph.OpLeakyMask: {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.LeakyMask(l.y, l.x, 0.1) }, []float64{0.5, 5, 10, 1}}},

		graph.OpConcat: {
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Concat(l.y, l.x, l.y) }, []float64{5, -1, 2, 5, 10, 3, 0, 10}},
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Concat(l.v, l.c) }, []float64{4, -2, 0.5}},
		},
		graph.OpSlice: {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Slice(l.x, 1, 2) }, []float64{2, 0}}},
		graph.OpPad:   {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Pad(l.x, 1, 4) }, []float64{0, -1, 2, 0, 0, 3, 0, 0}}},
		graph.OpPermute: {{func(_ *graph.Graph, l leaves) *graph.Node {
			return graph.Permute(graph.Concat(l.x, l.y), []int{2, 0, 1})
		}, []float64{5, -1, 2, 10, 3, 0}}},
		graph.OpSumFeatures: {{on(graph.SumFeatures), []float64{1, 3}}, {func(_ *graph.Graph, l leaves) *graph.Node { return graph.SumFeatures(l.m) }, []float64{21}},
			{on(graph.MeanFeatures), []float64{0.5, 1.5}}},
		graph.OpExpand: {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Expand(l.y, 2) }, []float64{5, 5, 10, 10}},
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Expand(l.c, 2, 2) }, []float64{0.5, 0.5, 0.5, 0.5}}},

		graph.OpMatMul: { // rows (-1, 2) and (3, 0) times ((1 2 3), (4 5 6))
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.MatMul(l.x, l.m) }, []float64{7, 8, 9, 3, 6, 9}},
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.MatMulT(graph.Concat(l.x, l.y), l.m) }, []float64{-1 + 4 + 15, -4 + 10 + 30, 3 + 30, 12 + 60}},
		},
		graph.OpOuterSum: {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.OuterSum(l.x, l.y) }, []float64{-5 + 30, 10}},
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.OuterSum(l.x, l.x) }, []float64{10, -2, -2, 4}}},
		// Two positions of one channel, or the other way round; taps (1 2 3), padding 1.
		graph.OpConv:      {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Conv(l.x, row3(l), line) }, []float64{-2 + 6, -1 + 4, 6, 3}}},
		graph.OpConvT:     {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.ConvTranspose(l.x, row3(l), line) }, []float64{-2 + 2, -3 + 4, 6, 9}}},
		graph.OpConvOuter: {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.ConvOuterSum(l.x, l.x, line) }, []float64{-2, 5 + 9, -2}}},
		graph.OpRepeat: {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Repeat(l.x, 2, 1) }, []float64{-1, 2, -1, 2, 3, 0, 3, 0}},
			{func(_ *graph.Graph, l leaves) *graph.Node { return graph.Repeat(l.v, 1, 2) }, []float64{4, 4, -2, -2}}},
		graph.OpSumRepeats: {{func(_ *graph.Graph, l leaves) *graph.Node {
			return graph.SumRepeats(graph.Concat(l.x, l.y, l.y), 2, 1)
		}, []float64{4, 7, 13, 10}}, {func(_ *graph.Graph, l leaves) *graph.Node {
			return graph.SumRepeats(graph.Concat(l.x, l.y, l.y), 1, 2)
		}, []float64{1, 10, 3, 20}}},
		graph.OpSumRows: {{on(graph.SumRows), []float64{2, 2}}, {on(graph.MeanRows), []float64{1, 1}}},
		graph.OpToRows:  {{func(_ *graph.Graph, l leaves) *graph.Node { return graph.ToRows(l.v) }, []float64{4, -2, 4, -2}}},
	}
	for _, op := range graph.Ops() {
		if len(table[op]) == 0 {
			t.Errorf("operation %v has no values", op)
		}
		for i, c := range table[op] {
			g, l := build()
			n := c.build(g, l)
			got, err := ref.Eval(g, env, n)
			if err != nil {
				t.Errorf("%v, case %d: %v", op, i, err)
				continue
			}
			if len(got[0]) != len(c.want) {
				t.Errorf("%v, case %d: %v, want %v", op, i, got[0], c.want)
				continue
			}
			for k, w := range c.want {
				if !(math.Abs(got[0][k]-w) <= 1e-15*(1+math.Abs(w))) {
					t.Errorf("%v, case %d: element %d is %v, want %v", op, i, k, got[0][k], w)
				}
			}
		}
	}
	if len(table) != len(graph.Ops()) {
		t.Errorf("values for %d operations, there are %d", len(table), len(graph.Ops()))
	}
}

// No operation falls through to the NaN that stands for an unknown one.
func TestNoOpIsUnknown(t *testing.T) {
	cases := graphtest.Cases()
	checked := 0
	for _, op := range graph.Ops() {
		for _, c := range cases[op] {
			g := graph.New()
			n := c.Build(g)
			d := graphtest.Draw(g, 3, 1)
			v, err := ref.Eval(g, ref.Env{Rows: 3, Input: d.Input, Shared: d.Shared}, n)
			if err != nil {
				t.Fatalf("%s: %v", c.Name, err)
			}
			for _, x := range v[0] {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					t.Errorf("%s gives %v", c.Name, v[0])
				}
			}
			checked++
		}
	}
	if checked < 2*len(graph.Ops()) {
		t.Errorf("only %d cases", checked)
	}
}

func TestExtremes(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name    string
		f       func(a *graph.Node) *graph.Node
		a, want float64
	}{
		{"softplus", graph.Softplus, 1000, 1000}, {"softplus", graph.Softplus, -1000, 0}, {"softplus", graph.Softplus, -40, math.Exp(-40)},
		{"sigmoid", graph.Sigmoid, 1000, 1}, {"sigmoid", graph.Sigmoid, -1000, 0}, {"tanh", graph.Tanh, inf, 1},
		{"log", graph.Log, 0, -inf}, {"log", graph.Log, -1, nan}, {"sqrt", graph.Sqrt, -1, nan},
		{"sign", graph.Sign, nan, nan}, {"step", graph.Step, nan, 0}, {"step", graph.Step, 0, 0}, {"abs", graph.Abs, -inf, inf},
		{"leaky", func(a *graph.Node) *graph.Node { return graph.LeakyReLU(a, 0.5) }, -inf, -inf},
	} {
		g := graph.New()
		v, err := ref.Eval(g, ref.Env{Rows: 1, Input: map[string][]float64{"a": {c.a}}}, c.f(g.Input("a", 1)))
		if err != nil {
			t.Fatal(err)
		}
		if got := v[0][0]; got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) && math.Abs(got-c.want) > 1e-15*math.Abs(c.want) {
			t.Errorf("%s(%v) = %v, want %v", c.name, c.a, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	g, l := build()
	y := graph.Add(graph.MatMul(l.x, l.m), l.c)
	with := func(change func(e *ref.Env)) ref.Env {
		e := ref.Env{Rows: 2, Input: map[string][]float64{"x": env.Input["x"]}, Shared: map[string][]float64{"m": env.Shared["m"], "c": env.Shared["c"]}}
		change(&e)
		return e
	}
	if _, err := ref.Eval(g, with(func(*ref.Env) {}), y); err != nil {
		t.Fatalf("leaves that the output does not need were asked for: %v", err)
	}
	for name, c := range map[string]struct {
		env  ref.Env
		says string
	}{
		"input missing":  {with(func(e *ref.Env) { delete(e.Input, "x") }), "x (rows 2)"},
		"input short":    {with(func(e *ref.Env) { e.Rows = 3 }), "4 values given, 6 needed"},
		"shared missing": {with(func(e *ref.Env) { delete(e.Shared, "c") }), "c (shared 1)"},
		"shared wrong":   {with(func(e *ref.Env) { e.Shared["m"] = make([]float64, 5) }), "5 values given, 6 needed"},
	} {
		if _, err := ref.Eval(g, c.env, y); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v does not say %q", name, err, c.says)
		}
	}
	for name, out := range map[string]*graph.Node{"nil": nil, "of another graph": graph.New().Scalar(1)} {
		if _, err := ref.Eval(g, env, y, out); err == nil {
			t.Errorf("output %s: no error", name)
		}
	}
	bad := graph.Slice(l.x, 0, 9)
	if _, err := ref.Eval(g, env, y); err == nil || err != g.Err() {
		t.Errorf("invalid graph: %v", err)
	}
	if _, err := ref.Eval(g, env, bad); err == nil {
		t.Error("invalid output: no error")
	}
}
