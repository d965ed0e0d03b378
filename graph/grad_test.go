package graph_test

import (
	"fmt"
	"testing"

	"etalon/graph"
	"etalon/graph/graphtest"
)

// Every operation must have cases, and every case a right gradient and a right
// gradient of that gradient.
func TestGradientOfEveryOp(t *testing.T) {
	cases := graphtest.Cases()
	covered := 0
	for i, op := range graph.Ops() {
		if len(cases[op]) == 0 {
			t.Errorf("operation %v has no case", op)
			continue
		}
		covered++
		for _, c := range cases[op] {
			t.Run(c.Name, func(t *testing.T) {
				g := graph.New()
				y := c.Build(g)
				if err := g.Err(); err != nil {
					t.Fatal(err)
				}
				if !uses(y, op) {
					t.Fatalf("the case does not use %v", op)
				}
				leaves := graphtest.Leaves(g)
				loss := graphtest.Contract(y)
				d, ok := smooth(t, g, 3, uint64(i))
				if !ok {
					t.Fatal("no data away from kinks found")
				}
				grads := gradients(t, loss, leaves...)
				if n := checkGradient(t, loss, loss, leaves, grads, d, 8); n == 0 {
					t.Fatal("no element was compared")
				}
				second := squares(grads)
				leaves = graphtest.Leaves(g)
				checkGradient(t, second, second, leaves, gradients(t, second, leaves...), d, 5)
			})
		}
	}
	if want := len(graph.Ops()); covered != want || len(cases) != want {
		t.Errorf("%d of %d operations are covered, %d have cases", covered, want, len(cases))
	}
}

// uses tells whether y is, or is made of, an operation op.
func uses(y *graph.Node, op graph.Op) bool {
	if y.Op == op {
		return true
	}
	for _, in := range y.In {
		if uses(in, op) {
			return true
		}
	}
	return false
}

// The gradient of a random graph is compared with differences of a twin in which
// every stopped node is a leaf that keeps its value.
func TestRandomGraphGradients(t *testing.T) {
	const graphs = 400
	seen := map[graph.Op]bool{}
	done, elements := 0, 0
	for seed := range uint64(graphs) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			g, n := checkRandom(t, seed)
			for _, n := range g.Nodes() {
				seen[n.Op] = true
			}
			if elements += n; n > 0 {
				done++
			}
		})
	}
	// Most graphs have a kink or two in reach; few have so many that 40 draws fail.
	if done < graphs*3/4 || elements < 10*done {
		t.Errorf("only %d of %d graphs and %d elements were checked", done, graphs, elements)
	}
	for _, op := range graph.Ops() {
		if !seen[op] {
			t.Errorf("operation %v is in none of the graphs", op)
		}
	}
}

func checkRandom(t *testing.T, seed uint64) (g *graph.Graph, elements int) {
	ops := 4 + int(seed)%12
	g, loss, _ := graphtest.Random(seed, ops, graph.Stop)
	var stopped []*graph.Node
	name := func(i int) string { return fmt.Sprintf("stopped %d", i) }
	twin, held, _ := graphtest.Random(seed, ops, func(a *graph.Node) *graph.Node {
		stopped = append(stopped, a)
		if a.Rows {
			return a.Graph.Input(name(len(stopped)-1), a.Width())
		}
		return a.Graph.Shared(name(len(stopped)-1), a.Shape...)
	})
	d, ok := smooth(t, g, 3, seed)
	if !ok {
		return g, 0
	}
	for i, a := range stopped { // in order, for one may depend on another
		v := eval(t, twin, d, a)[0]
		d.Input[name(i)], d.Shared[name(i)] = v, v
	}
	leaves := graphtest.Leaves(g)
	grads := gradients(t, loss, leaves...)
	elements = checkGradient(t, loss, held, leaves, grads, d, 3)
	if seed%3 == 0 {
		same := make([]*graph.Node, len(leaves))
		for i, n := range leaves {
			same[i] = twin.Lookup(n.Name)
		}
		second := squares(grads)
		checkGradient(t, second, squares(gradients(t, held, same...)), leaves, gradients(t, second, leaves...), d, 1)
	}
	return g, elements
}
