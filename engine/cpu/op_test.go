package cpu_test

import (
	"fmt"
	"testing"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/graph/graphtest"
	"etalon/internal/simd"
)

// batches cover a lone row, the edges of a tile (48), several blocks and groups.
var batches = []int{1, 5, 47, 48, 49, 100, 500, 2500}

// Every operation with every kind of operand, and its gradient, against the
// reference: all batches, all levels, all block sizes in turn.
func TestEveryOp(t *testing.T) {
	e := engine(t, 2)
	cases := graphtest.Cases()
	covered, runs := 0, 0
	for _, op := range graph.Ops() {
		if len(cases[op]) == 0 {
			t.Errorf("operation %v has no case", op)
			continue
		}
		covered++
		for i, c := range cases[op] {
			runs += checkCase(t, e, c, i)
		}
	}
	if covered != len(graph.Ops()) || runs < covered*5*len(simd.Supported()) {
		t.Errorf("%d of %d operations in %d runs", covered, len(graph.Ops()), runs)
	}
}

func checkCase(t *testing.T, e *cpu.Engine, c graphtest.Case, turn int) (runs int) {
	g := graph.New()
	outs := withGradients(t, c.Build(g))
	blocks := []int{0, 48, 96, 1000}
	for i, rows := range batches {
		if testing.Short() && rows > 100 {
			continue
		}
		d := graphtest.Draw(g, rows, 1)
		if i%2 == 1 { // with ties
			d = graphtest.Grid(g, rows, 1)
		}
		want := reference(t, g, d, outs...)
		atLevels(func(level simd.Level) {
			block := blocks[(turn+i+int(level))%len(blocks)]
			what := fmt.Sprintf("%s, %d rows in blocks of %d, %v", c.Name, rows, block, level)
			compare(t, what, outs, run(t, e, g, d, block, outs...), want, 1e-5)
			runs++
		})
	}
	return runs
}

// The paths that networks take: whole layers, at sizes that fill tiles or do not.
func TestClassifierGradient(t *testing.T) {
	e := engine(t, 2)
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
	outs := append([]*graph.Node{loss, l}, grads...)
	for _, rows := range []int{1, 5, 48, 100, 500} {
		d := graphtest.Draw(g, rows, 7)
		want := reference(t, g, d, outs...)
		atLevels(func(level simd.Level) {
			for _, block := range []int{0, 48, 96} {
				compare(t, fmt.Sprintf("%d rows in blocks of %d, %v", rows, block, level), outs, run(t, e, g, d, block, outs...), want, 2e-5)
			}
		})
	}
}
