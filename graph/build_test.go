package graph_test

import (
	"errors"
	"strings"
	"testing"

	"etalon/graph"
	"etalon/graph/graphtest"
)

// Every refusal names the node with its scope, shows the shapes it met and wraps
// ErrShape; every operation that takes operands has one.
func TestShapeErrors(t *testing.T) {
	type leaves struct{ r2, r3, s2, s3, m23, m32 *graph.Node }
	cases := map[graph.Op][]struct {
		f     func(g *graph.Graph, l leaves)
		shows []string
	}{}
	add := func(op graph.Op, f func(g *graph.Graph, l leaves), shows ...string) {
		cases[op] = append(cases[op], struct {
			f     func(g *graph.Graph, l leaves)
			shows []string
		}{f, shows})
	}
	for op, f := range map[graph.Op]func(a, b *graph.Node) *graph.Node{
		graph.OpAdd: graph.Add, graph.OpSub: graph.Sub, graph.OpMul: graph.Mul, graph.OpDiv: graph.Div, graph.OpMax: graph.Max, graph.OpMin: graph.Min,
		graph.OpLeakyMask: func(a, b *graph.Node) *graph.Node { return graph.LeakyMask(a, b, 0.1) },
		graph.OpSelect:    func(a, b *graph.Node) *graph.Node { return graph.Select(a.Graph.Scalar(1), a, b) },
	} {
		add(op, func(_ *graph.Graph, l leaves) { f(l.r2, l.r3) }, "r2 (rows 2)", "r3 (rows 3)")
		add(op, func(_ *graph.Graph, l leaves) { f(l.r2, l.s3) }, "r2 (rows 2)", "s3 (shared 3)")
		add(op, func(_ *graph.Graph, l leaves) { f(l.m23, l.m32) }, "m23 (shared 2×3)", "m32 (shared 3×2)")
		add(op, func(_ *graph.Graph, l leaves) { f(l.r3, l.m23) }, "r3 (rows 3)", "m23 (shared 2×3)")
		add(op, func(_ *graph.Graph, l leaves) { f(l.s3, l.m23) }, "s3 (shared 3)", "m23 (shared 2×3)")
	}
	add(graph.OpSelect, func(g *graph.Graph, l leaves) { graph.Select(l.r2, l.r3, g.Scalar(1)) }, "r2 (rows 2)", "r3 (rows 3)", "shared 1)")
	add(graph.OpConcat, func(_ *graph.Graph, l leaves) { graph.Concat(l.r2, l.s3) }, "r2 (rows 2)", "s3 (shared 3)")
	add(graph.OpConcat, func(_ *graph.Graph, l leaves) { graph.Concat(l.s2, l.m23) }, "s2 (shared 2)", "m23 (shared 2×3)")
	for _, b := range [][2]int{{-1, 2}, {0, 4}, {2, 2}, {2, 1}} {
		add(graph.OpSlice, func(_ *graph.Graph, l leaves) { graph.Slice(l.r3, b[0], b[1]) }, "r3 (rows 3)")
	}
	add(graph.OpSlice, func(_ *graph.Graph, l leaves) { graph.Slice(l.m23, 0, 1) }, "m23 (shared 2×3)")
	add(graph.OpSlice, func(_ *graph.Graph, l leaves) { graph.Split(l.r3, 1, 1) }, "[1 1]", "r3 (rows 3)")
	add(graph.OpSlice, func(_ *graph.Graph, l leaves) { graph.Split(l.r3, 1, 3) }, "r3 (rows 3)")
	add(graph.OpPad, func(_ *graph.Graph, l leaves) { graph.Pad(l.r3, 1, 3) }, "r3 (rows 3)", "column 1 of 3")
	add(graph.OpPad, func(_ *graph.Graph, l leaves) { graph.Pad(l.r3, -1, 8) }, "r3 (rows 3)")
	add(graph.OpPad, func(_ *graph.Graph, l leaves) { graph.Pad(l.m23, 0, 8) }, "m23 (shared 2×3)")
	add(graph.OpPermute, func(_ *graph.Graph, l leaves) { graph.Permute(l.r3, []int{1, 0}) }, "r3 (rows 3)")
	add(graph.OpPermute, func(_ *graph.Graph, l leaves) { graph.Permute(l.m23, []int{1, 0}) }, "m23 (shared 2×3)")
	add(graph.OpExpand, func(_ *graph.Graph, l leaves) { graph.Expand(l.r3, 3) }, "r3 (rows 3)", "[3]")
	add(graph.OpExpand, func(g *graph.Graph, _ leaves) { graph.Expand(g.Input("one", 1), 2, 3) }, "one (rows 1)", "[2 3]")
	add(graph.OpExpand, func(g *graph.Graph, _ leaves) { graph.Expand(g.Scalar(1)) }, "shared 1)")
	add(graph.OpExpand, func(g *graph.Graph, _ leaves) { graph.Expand(g.Scalar(1), 0) }, "[0]")
	add(graph.OpMatMul, func(_ *graph.Graph, l leaves) { graph.MatMul(l.r3, l.m23) }, "r3 (rows 3)", "m23 (shared 2×3)")
	add(graph.OpMatMul, func(_ *graph.Graph, l leaves) { graph.MatMulT(l.r2, l.m23) }, "r2 (rows 2)", "m23 (shared 2×3)")
	add(graph.OpMatMul, func(_ *graph.Graph, l leaves) { graph.MatMul(l.r3, l.r2) }, "r3 (rows 3)", "r2 (rows 2)")
	add(graph.OpMatMul, func(_ *graph.Graph, l leaves) { graph.MatMul(l.r3, l.s3) }, "r3 (rows 3)", "s3 (shared 3)")
	add(graph.OpMatMul, func(_ *graph.Graph, l leaves) { graph.MatMul(l.s2, l.m23) }, "s2 (shared 2)", "m23 (shared 2×3)")
	add(graph.OpOuterSum, func(_ *graph.Graph, l leaves) { graph.OuterSum(l.r3, l.s3) }, "r3 (rows 3)", "s3 (shared 3)")
	line := graph.ConvGeometry{In: [3]int{1, 1, 3}, Kernel: [3]int{1, 1, 2}, Stride: [3]int{1, 1, 1}, Channels: 1, Filters: 3}
	changed := func(f func(c *graph.ConvGeometry)) graph.ConvGeometry { c := line; f(&c); return c }
	add(graph.OpConv, func(_ *graph.Graph, l leaves) { graph.Conv(l.r2, l.m23, line) }, "r2 (rows 2)", "m23 (shared 2×3)", "kernel 1×1×2")
	add(graph.OpConv, func(_ *graph.Graph, l leaves) { graph.Conv(l.r3, l.m32, line) }, "r3 (rows 3)", "m32 (shared 3×2)")
	add(graph.OpConv, func(_ *graph.Graph, l leaves) { graph.Conv(l.s3, l.m23, line) }, "s3 (shared 3)")
	for shows, f := range map[string]func(c *graph.ConvGeometry){
		"along z: 0 positions":                     func(c *graph.ConvGeometry) { c.In[0] = 0 },
		"along y: 1 positions, kernel 0, stride 1": func(c *graph.ConvGeometry) { c.Kernel[1] = 0 },
		"along x: 3 positions, kernel 2, stride 0": func(c *graph.ConvGeometry) { c.Stride[2] = 0 },
		"along x: padding 2 with kernel 2":         func(c *graph.ConvGeometry) { c.Pad[2] = 2 },
		"along x: padding -1":                      func(c *graph.ConvGeometry) { c.Pad[2] = -1 },
		"kernel 4 is longer than 3":                func(c *graph.ConvGeometry) { c.Kernel[2] = 4 },
		"0 channels to 3":                          func(c *graph.ConvGeometry) { c.Channels = 0 },
		"1 channels to -3":                         func(c *graph.ConvGeometry) { c.Filters = -3 },
		"larger than 2^24":                         func(c *graph.ConvGeometry) { c.In = [3]int{1 << 24, 1 << 24, 1 << 24} },
	} {
		add(graph.OpConv, func(_ *graph.Graph, l leaves) { graph.Conv(l.r3, l.m23, changed(f)) }, shows)
	}
	add(graph.OpConvT, func(_ *graph.Graph, l leaves) { graph.ConvTranspose(l.r3, l.m23, line) }, "r3 (rows 3)", "m23 (shared 2×3)", "transpose of")
	add(graph.OpConvOuter, func(_ *graph.Graph, l leaves) { graph.ConvOuterSum(l.r3, l.r2, line) }, "r3 (rows 3)", "r2 (rows 2)")
	add(graph.OpConvOuter, func(_ *graph.Graph, l leaves) { graph.ConvOuterSum(l.r3, l.s3, line) }, "r3 (rows 3)", "s3 (shared 3)")
	add(graph.OpRepeat, func(_ *graph.Graph, l leaves) { graph.Repeat(l.m23, 2, 1) }, "m23 (shared 2×3)")
	add(graph.OpRepeat, func(_ *graph.Graph, l leaves) { graph.Repeat(l.r3, 0, 1) }, "r3 (rows 3), 0 times")
	add(graph.OpRepeat, func(_ *graph.Graph, l leaves) { graph.Repeat(l.r3, 1<<23, 2) }, "r3 (rows 3)")
	add(graph.OpSumRepeats, func(_ *graph.Graph, l leaves) { graph.SumRepeats(l.r3, 2, 1) }, "r3 (rows 3)", "2 times of 1")
	add(graph.OpSumRepeats, func(_ *graph.Graph, l leaves) { graph.SumRepeats(l.r3, 1, 0) }, "r3 (rows 3)")
	add(graph.OpAdd, func(_ *graph.Graph, l leaves) { graph.AddChannels(l.r3, l.s2) }, "s2 (shared 2)", "r3 (rows 3)")
	add(graph.OpSumRows, func(_ *graph.Graph, l leaves) { graph.SumRows(l.s3) }, "s3 (shared 3)")
	add(graph.OpSumRows, func(_ *graph.Graph, l leaves) { graph.MeanRows(l.m23) }, "m23 (shared 2×3)")
	add(graph.OpToRows, func(_ *graph.Graph, l leaves) { graph.ToRows(l.m23) }, "m23 (shared 2×3)")
	add(graph.OpInput, func(g *graph.Graph, _ leaves) { g.Input("x", 0) }, "[0]")
	add(graph.OpShared, func(g *graph.Graph, _ leaves) { g.Shared("x") }, "rank 0")
	add(graph.OpShared, func(g *graph.Graph, _ leaves) { g.Shared("x", 1, 2, 3) }, "rank 3")
	add(graph.OpShared, func(g *graph.Graph, _ leaves) { g.Shared("x", 1<<30, 2) }, "[1073741824 2]")
	add(graph.OpShared, func(g *graph.Graph, _ leaves) { g.Shared("m23", 3, 2) }, `"m23"`, "[2 3]", "[3 2]")
	add(graph.OpConst, func(g *graph.Graph, _ leaves) { g.Const([]float64{1, 2}, 3) }, "2 values", "[3]")
	add(graph.OpRandomNormal, func(g *graph.Graph, _ leaves) { g.RandomNormal("n", -1) }, "[-1]")
	add(graph.OpRandomUniform, func(g *graph.Graph, _ leaves) { g.RandomUniform("n", 0) }, "[0]")

	// Operations of one operand of any shape cannot be refused for their shape.
	anyShape := []graph.Op{graph.OpRowCount, graph.OpNeg, graph.OpExp, graph.OpLog, graph.OpTanh, graph.OpSigmoid, graph.OpSoftplus, graph.OpLeaky,
		graph.OpSquare, graph.OpSqrt, graph.OpAbs, graph.OpSign, graph.OpStep, graph.OpFloor, graph.OpStop, graph.OpSumFeatures}
	if n := len(cases) + len(anyShape); n != len(graph.Ops()) {
		t.Errorf("%d operations covered, there are %d", n, len(graph.Ops()))
	}
	for op, list := range cases {
		for i, c := range list {
			g := graph.New()
			l := leaves{g.Input("r2", 2), g.Input("r3", 3), g.Shared("s2", 2), g.Shared("s3", 3), g.Shared("m23", 2, 3), g.Shared("m32", 3, 2)}
			pop := g.Push("net")
			popInner := g.Push("layer")
			c.f(g, l)
			popInner()
			pop()
			err := g.Err()
			if err == nil {
				t.Errorf("%v, case %d: no error", op, i)
				continue
			}
			if !errors.Is(err, graph.ErrShape) {
				t.Errorf("%v, case %d: %q does not wrap ErrShape", op, i, err)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, case %d: %q is more than one line", op, i, err)
			}
			for _, s := range append(c.shows, "net/layer/"+op.String()+"#") {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%v, case %d: %q does not show %q", op, i, err, s)
				}
			}
		}
	}
}

func TestOtherBuildErrors(t *testing.T) {
	for name, f := range map[string]func(g *graph.Graph, x *graph.Node){
		"no permutation":       func(_ *graph.Graph, x *graph.Node) { graph.Permute(x, []int{0, 0}) },
		"permutation outside":  func(_ *graph.Graph, x *graph.Node) { graph.Permute(x, []int{0, 2}) },
		"slope above 1":        func(_ *graph.Graph, x *graph.Node) { graph.LeakyReLU(x, 1.5) },
		"slope below 0":        func(_ *graph.Graph, x *graph.Node) { graph.LeakyReLU(x, -0.1) },
		"mask with slope of 2": func(_ *graph.Graph, x *graph.Node) { graph.LeakyMask(x, x, 2) },
		"empty name":           func(g *graph.Graph, _ *graph.Node) { g.Input("", 1) },
		"input named twice":    func(g *graph.Graph, _ *graph.Node) { g.Input("x", 2) },
		"shared named x":       func(g *graph.Graph, _ *graph.Node) { g.Shared("x", 2) },
		"stream without name":  func(g *graph.Graph, _ *graph.Node) { g.RandomNormal("", 2) },
		"nil operand":          func(_ *graph.Graph, x *graph.Node) { graph.Add(x, nil) },
		"nil first operand":    func(_ *graph.Graph, x *graph.Node) { graph.Mul(nil, x) },
		"other graph":          func(_ *graph.Graph, x *graph.Node) { graph.Add(x, graph.New().Input("y", 2)) },
		"other graph's shared": func(_ *graph.Graph, x *graph.Node) { graph.MatMul(x, graph.New().Shared("y", 2, 2)) },
	} {
		g := graph.New()
		x := g.Input("x", 2)
		f(g, x)
		if err := g.Err(); err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "graph: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestFirstErrorSticks(t *testing.T) {
	g := graph.New()
	x := g.Input("x", 2)
	bad := graph.Slice(x, 0, 3)
	first := g.Err()
	if first == nil || bad == nil || bad.Op != graph.OpInvalid {
		t.Fatalf("slice gave %v, error %v", bad, first)
	}
	n := len(g.Nodes())
	// Whatever is built on an invalid node is invalid, and panics nowhere.
	h := graph.LeakyReLU(graph.Add(graph.MatMul(bad, g.Shared("W", 2, 3)), g.Shared("b", 3)), 0.1)
	h = graph.Concat(h, graph.Select(h, x, bad), graph.Expand(graph.SumFeatures(h), 4), graph.Permute(h, []int{0}))
	h = graph.MeanRows(graph.AddScalar(graph.MulScalar(graph.MeanFeatures(graph.Pad(h, 1, 9)), 2), 1))
	h = graph.ToRows(graph.OuterSum(graph.Split(h, 1, 2)[1], x))
	if h.Op != graph.OpInvalid {
		t.Errorf("built on an invalid node: %v", h)
	}
	if g.Err() != first {
		t.Errorf("the error became %q, it was %q", g.Err(), first)
	}
	if len(g.Nodes()) != n+2 { // W and b are valid
		t.Errorf("%d nodes, want %d", len(g.Nodes()), n+2)
	}
	if y := graph.Square(x); y.Op != graph.OpSquare {
		t.Errorf("valid operations go on: %v", y)
	}
}

func TestSharedByName(t *testing.T) {
	g := graph.New()
	w := g.Shared("W", 2, 3)
	pop := g.Push("again")
	if v := g.Shared("W", 2, 3); v != w {
		t.Errorf("the same name gave %v and %v", w, v)
	}
	pop()
	if g.Lookup("W") != w || g.Lookup("V") != nil || g.Lookup("x") != nil {
		t.Error("Lookup does not find what was named")
	}
	x := g.Input("x", 4)
	if g.Lookup("x") != x || g.Err() != nil {
		t.Errorf("input x: %v, error %v", g.Lookup("x"), g.Err())
	}
	g.Shared("W", 6)
	if err := g.Err(); !errors.Is(err, graph.ErrShape) || !strings.Contains(err.Error(), "[2 3]") || !strings.Contains(err.Error(), "[6]") {
		t.Errorf("another shape under the same name: %v", err)
	}
}

// Callers keep their slices: the graph copies what it is given.
func TestGraphKeepsNoSlices(t *testing.T) {
	g := graph.New()
	data, perm, shape := []float64{1, 2}, []int{1, 0}, []int{2, 3}
	c, w := g.Const(data, 2), g.Shared("W", shape...)
	p := graph.Permute(c, perm)
	data[0], perm[0], shape[0] = 9, 9, 9
	if c.Attr.Data[0] != 1 || p.Attr.Perm[0] != 1 || w.Shape[0] != 2 {
		t.Errorf("const %v, permutation %v, shape %v changed with the caller's slice", c.Attr.Data, p.Attr.Perm, w.Shape)
	}
}

// Names are unique, so that errors and programs can refer to nodes by them.
func TestNodeNames(t *testing.T) {
	seen := map[string]bool{}
	g, loss, _ := graphtest.Random(3, 20, graph.Stop)
	gradients(t, loss, g.Nodes()[0])
	for i, n := range g.Nodes() {
		if n.ID != i || n.Graph != g || seen[n.Name] {
			t.Errorf("node %d is %v with ID %d", i, n, n.ID)
		}
		seen[n.Name] = true
		for _, in := range n.In {
			if in.ID >= i {
				t.Errorf("%v comes before its operand %v", n, in)
			}
		}
	}
	names := map[string]bool{}
	for _, op := range graph.Ops() {
		if s := op.String(); s == "" || s == "invalid" || names[s] {
			t.Errorf("operation %d is called %q", op, s)
		}
		names[op.String()] = true
	}
}
