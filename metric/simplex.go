package metric

import (
	"errors"
	"math"
)

// netSimplex solves the transportation problem
//
//	min Σ c_ij f_ij,  Σ_j f_ij = s_i,  Σ_i f_ij = d_j,  f_ij ≥ 0
//
// over the arcs it has been given, by the primal network simplex method with
// strongly feasible spanning trees (Cunningham 1976; Ahuja, Magnanti and Orlin,
// Network Flows, 1993, sections 11.5 and 11.6). Masses, flows, costs and node
// potentials are integers, so every comparison is exact: the method cannot
// cycle, needs no tolerance, and its optimality is a proof.
//
// Nodes 0…ns-1 are supplies, ns…n-1 demands. Each arc leads from a supply to a
// demand, so the arc between a node u and its parent points up if u is a supply
// and down if u is a demand. A tree is strongly feasible if each of its arcs
// without flow points up.
//
// Potentials satisfy c_ij = pot_i - pot_j on tree arcs; an arc whose reduced
// cost c_ij - pot_i + pot_j is negative may enter.
type netSimplex struct {
	ns, n int
	mass  []int64 // positive, of each node

	// The tree, with preorder links: next and prev lead through all nodes, the
	// subtree of u is u … last[u] and has size[u] nodes.
	parent, size, next, prev, last []int32
	flow, cost                     []int64 // of the arc to the parent
	pot                            []int64

	arcs   []arc
	scan   int // where the next search for an entering arc begins
	pivots int64

	path []int32 // scratch of rehang
}

type arc struct {
	i, j int32 // supply, demand (both as node numbers)
	cost int64
}

const root = -1 // the parent of the tree's root; also the end of the preorder

// maxPivots bounds the work on one problem. Exact arithmetic on strongly
// feasible trees ends by itself; real problems need a few pivots per node.
const maxPivots = 1 << 31

var errPivots = errors.New("metric: transport: too many pivots")

func (s *netSimplex) reduced(a *arc) int64 { return a.cost - s.pot[a.i] + s.pot[a.j] }

// optimize pivots until no arc of s.arcs has a negative reduced cost. The
// entering arc is the best of the first block, in cyclic order, that holds any
// candidate.
func (s *netSimplex) optimize() error {
	m := len(s.arcs)
	block := max(64, int(math.Sqrt(float64(m))))
	if s.scan >= m {
		s.scan = 0
	}
	at := s.scan
	for seen := 0; seen < m; {
		best, bestCost := -1, int64(0)
		for seen < m {
			end := min(at+block, m)
			for k := at; k < end; k++ {
				if r := s.reduced(&s.arcs[k]); r < bestCost {
					best, bestCost = k, r
				}
			}
			seen += end - at
			at = end
			if at == m {
				at = 0
			}
			if best >= 0 {
				break
			}
		}
		if best < 0 {
			break
		}
		s.pivot(&s.arcs[best], bestCost)
		if s.pivots > maxPivots {
			return errPivots
		}
		seen = 0
	}
	s.scan = at
	return nil
}

// pivot brings the arc a, of reduced cost r < 0, into the tree.
func (s *netSimplex) pivot(a *arc, r int64) {
	s.pivots++
	// The apex of the cycle: subtree sizes grow towards the root.
	u, v := a.i, a.j
	for u != v {
		if s.size[u] < s.size[v] {
			u = s.parent[u]
		} else if s.size[v] < s.size[u] {
			v = s.parent[v]
		} else {
			u, v = s.parent[u], s.parent[v]
		}
	}
	apex := u

	// The cycle runs apex … i → j … apex. Arcs against it lose flow: on i's side
	// those above supplies, on j's side those above demands. The leaving arc is
	// the last blocking one in this direction, which keeps the tree strongly
	// feasible: the nearest to the apex on j's side, else the nearest to i.
	delta, leave, iSide := int64(math.MaxInt64), int32(-1), true
	for u := a.i; u != apex; u = s.parent[u] {
		if int(u) < s.ns && s.flow[u] < delta {
			delta, leave = s.flow[u], u
		}
	}
	for u := a.j; u != apex; u = s.parent[u] {
		if int(u) >= s.ns && s.flow[u] <= delta {
			delta, leave, iSide = s.flow[u], u, false
		}
	}
	if delta > 0 {
		for u := a.i; u != apex; u = s.parent[u] {
			if int(u) < s.ns {
				s.flow[u] -= delta
			} else {
				s.flow[u] += delta
			}
		}
		for u := a.j; u != apex; u = s.parent[u] {
			if int(u) < s.ns {
				s.flow[u] += delta
			} else {
				s.flow[u] -= delta
			}
		}
	}
	if iSide {
		s.rehang(leave, a.i, a.j, apex, a.cost, delta)
		s.shift(a.i, r)
	} else {
		s.rehang(leave, a.j, a.i, apex, a.cost, delta)
		s.shift(a.j, -r)
	}
}

// shift adds d to the potentials of the subtree of u, or, if that is larger
// than the rest of the tree, takes d from the rest: only differences matter.
func (s *netSimplex) shift(u int32, d int64) {
	end := s.next[s.last[u]]
	if 2*int(s.size[u]) <= s.n {
		for v := u; v != end; v = s.next[v] {
			s.pot[v] += d
		}
		return
	}
	for v := s.prev[u]; v != root; v = s.prev[v] {
		s.pot[v] -= d
	}
	for v := end; v != root; v = s.next[v] {
		s.pot[v] -= d
	}
}

// rehang cuts the subtree of x off its parent and hangs it, re-rooted at its
// node q, below p, by an arc of the given cost and flow. apex is a common
// ancestor of p and x.
func (s *netSimplex) rehang(x, q, p, apex int32, cost, flow int64) {
	// Take the subtree out of the preorder and of its ancestors' counts.
	total := s.size[x]
	before, tail := s.prev[x], s.last[x]
	after := s.next[tail]
	s.next[before] = after // x is never the root
	if after != root {
		s.prev[after] = before
	}
	for a := s.parent[x]; a != root && s.last[a] == tail; a = s.parent[a] {
		s.last[a] = before
	}
	for a := s.parent[x]; a != apex; a = s.parent[a] {
		s.size[a] -= total
	}

	// Re-root: the preorder becomes the subtree of v0 = q, then for each further
	// node v_k of the path to x its old subtree less that of v_{k-1}.
	path := s.path[:0]
	for v := q; ; v = s.parent[v] {
		path = append(path, v)
		if v == x {
			break
		}
	}
	s.path = path
	end := s.last[q]
	placedPrev, placedLast, placedNext := s.prev[q], s.last[q], s.next[s.last[q]]
	for _, v := range path[1:] {
		vPrev, vLast, vNext := s.prev[v], s.last[v], placedNext
		if vLast != placedLast {
			vNext = s.next[vLast]
		}
		s.next[end], s.prev[v] = v, end
		end = placedPrev
		if vLast != placedLast {
			s.next[end], s.prev[placedNext] = placedNext, end
			end = vLast
		}
		placedPrev, placedLast, placedNext = vPrev, vLast, vNext
	}
	// Turn the parents round; each arc keeps its cost and flow.
	upCost, upFlow, up := cost, flow, p
	inner := int32(0) // old size of the path node below
	for _, v := range path {
		oldSize := s.size[v]
		s.cost[v], upCost = upCost, s.cost[v]
		s.flow[v], upFlow = upFlow, s.flow[v]
		s.parent[v], up = up, v
		s.size[v] = total - inner
		inner = oldSize
		if v != q {
			s.last[v] = end
		}
	}
	if len(path) > 1 {
		s.last[q] = end
	}

	// Insert it right behind p.
	follow := s.next[p]
	s.next[p], s.prev[q] = q, p
	s.next[end] = follow
	if follow != root {
		s.prev[follow] = end
	}
	for a := p; a != root && s.last[a] == p; a = s.parent[a] {
		s.last[a] = end
	}
	for a := p; a != apex; a = s.parent[a] {
		s.size[a] += total
	}
}
