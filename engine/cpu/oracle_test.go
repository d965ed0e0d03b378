package cpu_test

import (
	"fmt"
	"math"
	"testing"

	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
	"etalon/rng"
)

// values holds the data of a graph's leaves in both precisions.
type values struct {
	env    ref.Env
	feeds  map[string][]float32
	shared map[string][]float32
}

// draw makes data for every leaf of the graph: normal deviates, rounded to float32.
func draw(g *graph.Graph, rows int, seed uint64) values {
	v := values{env: ref.Env{Rows: rows, Input: map[string][]float64{}, Shared: map[string][]float64{}, Seed: seed, Step: 3},
		feeds: map[string][]float32{}, shared: map[string][]float32{}}
	s := rng.New(seed, "oracle")
	for _, n := range g.Nodes() {
		size := n.Size()
		if n.Op == graph.OpInput {
			size *= rows
		} else if n.Op != graph.OpShared {
			continue
		}
		f32, f64 := make([]float32, size), make([]float64, size)
		for i := range f32 {
			f32[i] = float32(s.Normal(uint64(n.ID), uint64(i), 0))
			f64[i] = float64(f32[i])
		}
		if n.Op == graph.OpInput {
			v.feeds[n.Name], v.env.Input[n.Name] = f32, f64
		} else {
			v.shared[n.Name], v.env.Shared[n.Name] = f32, f64
		}
	}
	return v
}

// run evaluates the outputs with the engine.
func run(t testing.TB, e *cpu.Engine, g *graph.Graph, v values, blockRows int, outs ...*graph.Node) [][]float32 {
	t.Helper()
	p, err := e.Compile(g, cpu.Config{Seed: v.env.Seed, BlockRows: blockRows}, outs...)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range v.feeds {
		if err := p.Feed(name, cpu.Rows{Data: x}); err != nil {
			t.Fatal(err)
		}
	}
	for name, x := range v.shared {
		if err := p.Bind(name, x); err != nil {
			t.Fatal(err)
		}
	}
	res := make([][]float32, len(outs))
	for i, o := range outs {
		if o.Rows {
			res[i] = make([]float32, v.env.Rows*o.Size())
			if err := p.Into(i, res[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Run(cpu.Batch{Rows: v.env.Rows, Step: v.env.Step}); err != nil {
		t.Fatal(err)
	}
	for i, o := range outs {
		if !o.Rows {
			res[i] = append([]float32(nil), p.Shared(i)...)
		}
	}
	return res
}

// checkOracle compares the engine with the float64 reference. The tolerance is
// relative to the largest value of the tensor: float32 sums of up to some
// thousand terms keep about five digits of it.
func checkOracle(t *testing.T, e *cpu.Engine, g *graph.Graph, rows int, seed uint64, tol float64, outs ...*graph.Node) {
	t.Helper()
	v := draw(g, rows, seed)
	want, err := ref.Eval(g, v.env, outs...)
	if err != nil {
		t.Fatal(err)
	}
	for _, blockRows := range []int{0, 48, 96} {
		got := run(t, e, g, v, blockRows, outs...)
		for i, o := range outs {
			scale := 1e-3
			for _, w := range want[i] {
				scale = math.Max(scale, math.Abs(w))
			}
			for k := range want[i] {
				if d := math.Abs(float64(got[i][k]) - want[i][k]); !(d <= tol*scale) {
					t.Fatalf("rows %d, block %d: %v[%d] = %v, reference %v (scale %v)", rows, blockRows, o, k, got[i][k], want[i][k], scale)
				}
			}
		}
	}
}

func mlp(g *graph.Graph, x *graph.Node, name string, widths ...int) *graph.Node {
	h := x
	for i, w := range widths {
		h = graph.Add(graph.MatMul(h, g.Shared(fmt.Sprintf("%s/%d/W", name, i), h.Width(), w)), g.Shared(fmt.Sprintf("%s/%d/b", name, i), w))
		if i < len(widths)-1 {
			h = graph.LeakyReLU(h, 0.1)
		}
	}
	return h
}

func TestClassifierGradient(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	g := graph.New()
	x, y, w := g.Input("x", 2), g.Input("y", 1), g.Input("w", 1)
	l := mlp(g, x, "f", 20, 33, 1)
	w2 := graph.Square(w)
	bce := graph.Sub(graph.Softplus(l), graph.Mul(l, y))
	loss := graph.Div(graph.SumRows(graph.Mul(w2, bce)), graph.SumRows(w2))
	var wrt []*graph.Node
	for _, n := range g.Nodes() {
		if n.Op == graph.OpShared {
			wrt = append(wrt, n)
		}
	}
	grads, err := graph.Grad(loss, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int{1, 5, 48, 100, 500} {
		checkOracle(t, e, g, rows, 7, 2e-5, append([]*graph.Node{loss, l}, grads...)...)
	}
}
