package graph_test

import (
	"math"
	"strings"
	"testing"

	"etalon/engine/ref"
	"etalon/graph"
	"etalon/graph/graphtest"
	"etalon/rng"
)

// env is data as the reference takes it.
func env(d graphtest.Data) ref.Env {
	return ref.Env{Rows: d.Rows, Input: d.Input, Shared: d.Shared, Seed: 5, Step: 2}
}

// eval evaluates in float64.
func eval(t *testing.T, g *graph.Graph, d graphtest.Data, outs ...*graph.Node) [][]float64 {
	t.Helper()
	v, err := ref.Eval(g, env(d), outs...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// smooth draws data at which every kink of the graph is further away than a step
// of the finite differences can reach, or reports that it found none. Continuous
// data meet a kink exactly only where they always do: max(a, a), |relu(a)|.
func smooth(t *testing.T, g *graph.Graph, rows int, seed uint64) (graphtest.Data, bool) {
	t.Helper()
	kinks := graphtest.Kinks(g)
	for try := range uint64(40) {
		d := graphtest.Draw(g, rows, seed+1000*try)
		near := false
		for _, v := range eval(t, g, d, kinks...) {
			for _, x := range v {
				near = near || x != 0 && math.Abs(x) < 2e-3
			}
		}
		if !near {
			return d, true
		}
	}
	return graphtest.Data{}, false
}

// checkGradient compares gradients of a shared scalar y with central differences
// of fourth order in float64, for at most limit elements of each leaf:
//
//	y' = (8 (y(h) - y(-h)) - (y(2h) - y(-2h))) / 12h
//
// with h = 1e-4 its truncation error is of order 1e-16 y⁽⁵⁾ and its rounding
// error some 1e-12 y, so 1e-7 of the largest derivative leaves room for functions
// of sharp curvature. The differences are taken of y itself, or of held, a y of
// another graph in which stopped nodes are leaves. It returns the number of
// elements compared.
func checkGradient(t *testing.T, y, held *graph.Node, leaves, grads []*graph.Node, d graphtest.Data, limit int) int {
	t.Helper()
	const h, tol = 1e-4, 1e-7
	g := y.Graph
	all := eval(t, g, d, append([]*graph.Node{y}, grads...)...)
	scale := math.Max(1, math.Abs(all[0][0]))
	for _, v := range all[1:] {
		for _, x := range v {
			scale = math.Max(scale, math.Abs(x))
		}
	}
	checked := 0
	for i, leaf := range leaves {
		if grads[i].Rows != leaf.Rows || !equalShapes(grads[i].Shape, leaf.Shape) {
			t.Fatalf("gradient %v is not like its target %v", grads[i], leaf)
		}
		v := d.Shared[leaf.Name]
		if leaf.Rows {
			v = d.Input[leaf.Name]
		}
		order := make([]uint32, len(v))
		rng.New(uint64(len(v)), "order").Perm(order, 0)
		for _, k := range order[:min(len(order), limit)] {
			old := v[k]
			at := func(x float64) float64 {
				v[k] = old + x
				return eval(t, held.Graph, d, held)[0][0]
			}
			want := (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
			v[k] = old
			if strings.HasPrefix(leaf.Name, graphtest.Held) {
				want = 0
			}
			if got := all[i+1][k]; !(math.Abs(got-want) <= tol*scale) {
				t.Fatalf("∂%v/∂%v[%d] = %v, finite differences %v (scale %v)", y, leaf, k, got, want, scale)
			}
			checked++
		}
	}
	return checked
}

func equalShapes(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// gradients is graph.Grad that cannot fail.
func gradients(t *testing.T, y *graph.Node, wrt ...*graph.Node) []*graph.Node {
	t.Helper()
	grads, err := graph.Grad(y, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	return grads
}

// squares sums the squares of all elements of the nodes, each with its own factor,
// to a shared scalar.
func squares(nodes []*graph.Node) *graph.Node {
	var sum *graph.Node
	for i, n := range nodes {
		s := graph.MulScalar(graph.SumFeatures(graph.Square(n)), 1/float64(i+1))
		if s.Rows {
			s = graph.SumRows(s)
		}
		if sum == nil {
			sum = s
		} else {
			sum = graph.Add(sum, s)
		}
	}
	return sum
}
