package metric

import (
	"math/rand/v2"
	"testing"
)

// checkTree verifies every invariant of the spanning tree.
func checkTree(t *testing.T, s *netSimplex) {
	t.Helper()
	var top int32
	for s.parent[top] != root {
		top = s.parent[top]
	}
	// The preorder visits each node once, children behind their parents, and the
	// subtree of u is what lies from u to last[u].
	rank := make([]int, s.n)
	count := 0
	for u, before := top, int32(root); u != root; before, u = u, s.next[u] {
		if s.prev[u] != before {
			t.Fatalf("prev[%d] = %d, want %d", u, s.prev[u], before)
		}
		if count++; count > s.n {
			t.Fatal("the preorder has a cycle")
		}
		rank[u] = count
	}
	if count != s.n {
		t.Fatalf("the preorder has %d of %d nodes", count, s.n)
	}
	sizes := make([]int32, s.n)
	sent := make([]int64, s.n)
	for u := range s.parent {
		for a := int32(u); a != root; a = s.parent[a] {
			sizes[a]++
			if rank[u] < rank[a] || rank[u] > rank[s.last[a]] {
				t.Fatalf("node %d lies outside the preorder range of its ancestor %d", u, a)
			}
		}
		p := s.parent[u]
		if p == root {
			continue
		}
		isSupply := u < s.ns
		if isSupply == (int(p) < s.ns) {
			t.Fatalf("arc between two nodes of one side: %d and %d", u, p)
		}
		if s.flow[u] < 0 || s.flow[u] == 0 && !isSupply {
			t.Fatalf("node %d: flow %d: not strongly feasible", u, s.flow[u])
		}
		d := s.pot[u] - s.pot[p]
		if !isSupply {
			d = -d
		}
		if d != s.cost[u] {
			t.Fatalf("node %d: potentials give the arc the cost %d, not %d", u, d, s.cost[u])
		}
		sent[u] += s.flow[u]
		sent[p] += s.flow[u]
	}
	for u := range sizes {
		if sizes[u] != s.size[u] {
			t.Fatalf("size[%d] = %d, want %d", u, s.size[u], sizes[u])
		}
		if rank[s.last[u]]-rank[u]+1 != int(sizes[u]) {
			t.Fatalf("last[%d] = %d does not close its subtree", u, s.last[u])
		}
		if sent[u] != s.mass[u] {
			t.Fatalf("node %d handles %d of %d", u, sent[u], s.mass[u])
		}
	}
}

func TestPivotsKeepTheTreeStronglyFeasible(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	pivots := 0
	for trial := range 60 {
		ns, nd := 1+r.IntN(15), 1+r.IntN(15)
		mass := make([]int64, ns+nd)
		for k := range 3 * ns * nd { // many ties: small integers, equal totals
			mass[k%ns]++
			mass[ns+k%nd]++
		}
		arcs := make([]arc, 0, ns*nd)
		for i := range ns {
			for j := range nd {
				arcs = append(arcs, arc{int32(i), int32(ns + j), int64(r.IntN(6 + trial))})
			}
		}
		s := newNetSimplex(mass, ns, startOptions{
			candidates: func([]int32, bool) []arc { return arcs },
			rank:       func(*arc) int64 { return r.Int64N(4) }, // a poor start
			cost:       func(i, j int32) int64 { return arcs[int(i)*nd+int(j)-ns].cost },
		})
		checkTree(t, s)
		for {
			var negative []int
			for k := range s.arcs {
				if s.reduced(&s.arcs[k]) < 0 {
					negative = append(negative, k)
				}
			}
			if len(negative) == 0 {
				break
			}
			a := &s.arcs[negative[r.IntN(len(negative))]]
			s.pivot(a, s.reduced(a))
			checkTree(t, s)
			pivots++
		}
		if err := s.certify(); err != nil {
			t.Fatal(err)
		}
	}
	if pivots < 1000 {
		t.Errorf("only %d pivots checked", pivots)
	}
}

func TestCertifyRefusesWhatIsNotOptimal(t *testing.T) {
	arcs := []arc{{0, 2, 1}, {0, 3, 5}, {1, 2, 4}, {1, 3, 2}}
	mk := func() *netSimplex {
		return newNetSimplex([]int64{3, 4, 2, 5}, 2, startOptions{
			candidates: func([]int32, bool) []arc { return arcs },
			rank:       func(a *arc) int64 { return a.cost },
			cost:       func(i, j int32) int64 { return arcs[2*i+j-2].cost },
		})
	}
	s := mk()
	if err := s.optimize(); err != nil {
		t.Fatal(err)
	}
	if err := s.certify(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(s *netSimplex){
		"flow": func(s *netSimplex) {
			s.flow[0], s.flow[1], s.flow[2], s.flow[3] = s.flow[0]+1, s.flow[1]+1, s.flow[2]+1, s.flow[3]+1
		},
		"potential": func(s *netSimplex) { s.pot[2] += 7 },
		"mass":      func(s *netSimplex) { s.mass[1]++ },
	} {
		s := mk()
		spoil(s)
		if s.certify() == nil {
			t.Errorf("a wrong %s passes", name)
		}
	}
}
