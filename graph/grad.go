package graph

import "fmt"

// Grad returns the derivatives of y with respect to each node of wrt, as new
// nodes of the same graph, in the shape and kind of the node differentiated.
//
// y has one element. If y is shared (a loss), the result is its derivative. If y
// is per row, rows being independent, the derivative with respect to a row
// tensor is that of each row's own y, and the derivative with respect to a
// shared tensor is that of the sum of y over the batch.
//
// A node on which y does not depend gets zeros.
func Grad(y *Node, wrt ...*Node) ([]*Node, error) {
	if y == nil {
		return nil, fmt.Errorf("graph: grad of a nil node")
	}
	g := y.Graph
	if g.err != nil {
		return nil, g.err
	}
	if y.Op == OpInvalid || !y.Scalar() {
		return nil, fmt.Errorf("graph: grad of %v: one element is accepted", y)
	}
	for i, x := range wrt {
		if x == nil || x.Graph != g || x.Op == OpInvalid {
			return nil, fmt.Errorf("graph: grad of %v: target %d is no valid node of this graph", y, i)
		}
	}
	defer g.Push("grad")()

	// needs[i]: node i depends on some target and y may depend on node i.
	needs := make([]bool, y.ID+1)
	for _, x := range wrt {
		if x.ID <= y.ID {
			needs[x.ID] = true
		}
	}
	for i := 0; i <= y.ID; i++ {
		for _, in := range g.nodes[i].In {
			needs[i] = needs[i] || needs[in.ID]
		}
		if g.nodes[i].Op == OpStop {
			needs[i] = false
		}
	}
	for _, x := range wrt { // a stopped node may itself be a target
		if x.ID <= y.ID {
			needs[x.ID] = true
		}
	}

	adj := make([]*Node, y.ID+1)
	if needs[y.ID] {
		one := g.Scalar(1)
		if y.Rows {
			one = ToRows(one)
		}
		adj[y.ID] = one
	}
	for i := y.ID; i >= 0; i-- {
		n := g.nodes[i]
		if adj[i] == nil || n.Op == OpStop {
			continue
		}
		push := func(in *Node, d *Node) {
			if !needs[in.ID] {
				return
			}
			d = reduceTo(d, in)
			if adj[in.ID] == nil {
				adj[in.ID] = d
			} else {
				adj[in.ID] = Add(adj[in.ID], d)
			}
		}
		n.backward(adj[i], push, func(in *Node) bool { return needs[in.ID] })
	}
	out := make([]*Node, len(wrt))
	for i, x := range wrt {
		if x.ID <= y.ID && adj[x.ID] != nil {
			out[i] = reduceTo(adj[x.ID], x)
			continue
		}
		z := Expand(g.Scalar(0), x.Shape...)
		if x.Rows {
			z = ToRows(z)
		}
		out[i] = z
	}
	return out, g.err
}

// reduceTo undoes broadcasting: it sums d over rows and features, or spreads it,
// until it has the kind and shape of x.
func reduceTo(d, x *Node) *Node {
	if x.Scalar() && !d.Scalar() {
		d = SumFeatures(d)
	}
	if d.Rows && !x.Rows {
		d = SumRows(d)
	}
	if d.Scalar() && !sameShape(d.Shape, x.Shape) {
		d = Expand(d, x.Shape...)
	}
	if x.Rows && !d.Rows {
		d = ToRows(d)
	}
	return d
}
