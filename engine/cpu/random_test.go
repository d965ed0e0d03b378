package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"etalon/graph"
	"etalon/graph/graphtest"
	"etalon/internal/simd"
	"etalon/rng"
)

// Random graphs with their gradients, some with gradients of gradients, against
// the reference, for the values of many nodes at once: what is an output is not
// fused and is kept. On failure the seed tells the graph.
func TestRandomGraphs(t *testing.T) {
	graphs := 500
	if testing.Short() {
		graphs = 100
	}
	e := engine(t, 2)
	levels := simd.Supported()
	blocks := []int{0, 48, 144}
	seen := map[graph.Op]bool{}
	shared, rows := 0, 0
	for seed := range uint64(graphs) {
		r := rand.New(rng.New(seed, "choices").Source(0))
		g, loss, outs := graphtest.Random(seed, 3+r.IntN(25), graph.Stop)
		leaves := graphtest.Leaves(g)
		inner := g.Nodes()
		grads, err := graph.Grad(loss, leaves...)
		if err != nil {
			t.Fatal(err)
		}
		if r.IntN(4) == 0 { // a gradient of gradients
			second := g.Scalar(0)
			for _, d := range grads {
				s := graph.SumFeatures(graph.Tanh(d))
				if s.Rows {
					s = graph.MeanRows(s)
				}
				second = graph.Add(second, s)
			}
			more, err := graph.Grad(second, leaves...)
			if err != nil {
				t.Fatal(err)
			}
			grads = append(grads, more...)
		}
		outs = append(outs, loss)
		for _, d := range grads {
			if r.IntN(3) > 0 {
				outs = append(outs, d)
			}
		}
		for range r.IntN(4) { // inner nodes, leaves and outputs that are given already
			outs = append(outs, inner[r.IntN(len(inner))])
		}
		r.Shuffle(len(outs), func(i, j int) { outs[i], outs[j] = outs[j], outs[i] })
		for _, o := range outs {
			if o.Rows {
				rows++
			} else {
				shared++
			}
		}
		for _, n := range g.Nodes() {
			seen[n.Op] = true
		}
		n := []int{1, 7, 48, 97, 200, 433}[r.IntN(6)]
		d := graphtest.Grid(g, n, seed)
		want := reference(t, g, d, outs...)
		level, block := levels[r.IntN(len(levels))], blocks[r.IntN(len(blocks))]
		restore := simd.SetLevel(level)
		got := run(t, e, g, d, block, outs...)
		restore()
		compare(t, fmt.Sprintf("seed %d, %d rows in blocks of %d, %v", seed, n, block, level), outs, got, want, 1e-4)
	}
	for _, op := range graph.Ops() {
		if !seen[op] {
			t.Errorf("operation %v is in none of the graphs", op)
		}
	}
	if shared < graphs || rows < graphs {
		t.Errorf("%d shared and %d row outputs in %d graphs", shared, rows, graphs)
	}
}
