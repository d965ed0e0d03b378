package metric

import (
	"cmp"
	"slices"
)

// startOptions are what newNetSimplex needs to know of a problem.
type startOptions struct {
	// candidates returns promising arcs among the given nodes. It is first asked
	// for all nodes, then for those whose mass the arcs so far left over.
	candidates func(nodes []int32, first bool) []arc
	rank       func(*arc) int64       // the lower the more promising
	cost       func(i, j int32) int64 // of any arc
}

// newNetSimplex builds a starting tree for positive masses (supplies first,
// both sides with the same total) and returns the solver with the candidate
// arcs as its arc set.
//
// The start is the matrix-minimum rule along the candidates in the order of
// rank: each arc carries as much as its ends still have, which exhausts one of
// them, so the arcs with flow form a forest. This is repeated for the nodes left
// over. Trees of the forest are then linked by arcs without flow.
func newNetSimplex(mass []int64, ns int, o startOptions) *netSimplex {
	n := len(mass)
	s := &netSimplex{ns: ns, n: n, mass: mass}
	s.parent, s.size, s.next = make([]int32, n), make([]int32, n), make([]int32, n)
	s.prev, s.last = make([]int32, n), make([]int32, n)
	s.flow, s.cost, s.pot = make([]int64, n), make([]int64, n), make([]int64, n)

	left := slices.Clone(mass)
	edges := make([]treeEdge, 0, n)
	nodes := make([]int32, n)
	for u := range nodes {
		nodes[u] = int32(u)
	}
	for len(nodes) > 0 {
		cand := sortArcs(o.candidates(nodes, len(s.arcs) == 0), o.rank)
		for _, a := range cand {
			if f := min(left[a.i], left[a.j]); f > 0 {
				left[a.i] -= f
				left[a.j] -= f
				edges = append(edges, treeEdge{a.i, a.j, a.cost, f})
			}
		}
		s.arcs = append(s.arcs, cand...)
		nodes = slices.DeleteFunc(nodes, func(u int32) bool { return left[u] == 0 })
	}
	s.build(linkForest(n, ns, edges, s.arcs, o.cost))
	s.computePotentials()
	return s
}

// sortArcs sorts by rank; equal ranks keep their order.
func sortArcs(arcs []arc, rank func(*arc) int64) []arc {
	type ranked struct {
		key int64
		k   int
	}
	order := make([]ranked, len(arcs))
	for k := range arcs {
		order[k] = ranked{rank(&arcs[k]), k}
	}
	slices.SortFunc(order, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.k, b.k)) })
	sorted := make([]arc, len(arcs))
	for k, o := range order {
		sorted[k] = arcs[o.k]
	}
	return sorted
}

type treeEdge struct {
	i, j       int32
	cost, flow int64
}

// linkForest joins the trees of a forest by arcs without flow, candidates first,
// and returns all edges and the node to root the tree at. Every tree but one
// gets exactly one such arc leading out of it, so all of them point towards the
// root: the spanning tree is strongly feasible.
func linkForest(n, ns int, edges []treeEdge, cand []arc, cost func(i, j int32) int64) ([]treeEdge, int32) {
	tree, group := newUnionFind(n), newUnionFind(n) // group: trees linked so far
	for _, e := range edges {
		tree.union(e.i, e.j)
		group.union(e.i, e.j)
	}
	// sink[g] is the tree of group g that has no arc out yet.
	sink := make([]int32, n)
	for u := range sink {
		sink[u] = tree.find(int32(u))
	}
	link := func(i, j int32, c int64) {
		gi, gj := group.find(i), group.find(j)
		if gi == gj || sink[gi] != tree.find(i) {
			return
		}
		out := sink[gj]
		group.union(gi, gj)
		sink[group.find(gi)] = out
		edges = append(edges, treeEdge{i, j, c, 0})
	}
	for k := range cand {
		link(cand[k].i, cand[k].j, cand[k].cost)
	}
	// Groups still apart are led to that of the first demand.
	first := int32(ns)
	for i := range first {
		link(i, first, cost(i, first))
	}
	return edges, sink[group.find(first)]
}

// build roots the tree of the given edges at r and sets parents, preorder,
// sizes, flows and costs.
func (s *netSimplex) build(edges []treeEdge, r int32) {
	start := make([]int32, s.n+1)
	for _, e := range edges {
		start[e.i]++
		start[e.j]++
	}
	var sum int32
	for u := range start {
		start[u], sum = sum, sum+start[u]
	}
	fill := slices.Clone(start)
	adj := make([]int32, 2*len(edges))
	for k, e := range edges {
		adj[fill[e.i]] = int32(k)
		fill[e.i]++
		adj[fill[e.j]] = int32(k)
		fill[e.j]++
	}
	for u := range s.parent {
		s.parent[u] = -2 // not reached
	}
	s.parent[r] = root
	stack := []int32{r}
	preorder := make([]int32, 0, s.n)
	for len(stack) > 0 {
		u := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		preorder = append(preorder, u)
		for _, k := range adj[start[u]:start[u+1]] {
			e := &edges[k]
			v := e.i + e.j - u
			if s.parent[v] == -2 {
				s.parent[v], s.cost[v], s.flow[v] = u, e.cost, e.flow
				stack = append(stack, v)
			}
		}
	}
	if len(preorder) != s.n {
		panic("metric: transport: the starting tree does not span the nodes")
	}
	for k, u := range preorder {
		s.prev[u], s.next[u], s.size[u], s.last[u] = root, root, 1, u
		if k > 0 {
			s.prev[u] = preorder[k-1]
		}
		if k+1 < s.n {
			s.next[u] = preorder[k+1]
		}
	}
	for k := s.n - 1; k > 0; k-- {
		u := preorder[k]
		p := s.parent[u]
		s.size[p] += s.size[u]
		if s.last[p] == p { // the last child comes first here
			s.last[p] = s.last[u]
		}
	}
}

// computePotentials sets the potentials from the tree; the root's is 0.
func (s *netSimplex) computePotentials() {
	var u int32
	for s.parent[u] != root {
		u = s.parent[u]
	}
	s.pot[u] = 0
	for u = s.next[u]; u != root; u = s.next[u] {
		p := s.parent[u]
		if int(u) < s.ns {
			s.pot[u] = s.pot[p] + s.cost[u]
		} else {
			s.pot[u] = s.pot[p] - s.cost[u]
		}
	}
}

// unionFind is a disjoint-set forest with path halving and union by size.
type unionFind struct{ up, size []int32 }

func newUnionFind(n int) *unionFind {
	f := &unionFind{make([]int32, n), make([]int32, n)}
	for i := range f.up {
		f.up[i], f.size[i] = int32(i), 1
	}
	return f
}

func (f *unionFind) find(u int32) int32 {
	for f.up[u] != u {
		f.up[u] = f.up[f.up[u]]
		u = f.up[u]
	}
	return u
}

func (f *unionFind) union(a, b int32) {
	a, b = f.find(a), f.find(b)
	if a == b {
		return
	}
	if f.size[a] < f.size[b] {
		a, b = b, a
	}
	f.up[b] = a
	f.size[a] += f.size[b]
}
