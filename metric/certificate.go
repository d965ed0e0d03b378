package metric

import (
	"fmt"
	"math/bits"
)

// certify checks the proof of optimality in exact arithmetic: the flows are not
// negative and meet all masses, and the primal value equals the dual value.
// That no pair is violated (dual feasibility) is what ended the column
// generation.
func (s *netSimplex) certify() error {
	balance := make([]int64, s.n)
	for u := 0; u < s.n; u++ {
		p := s.parent[u]
		if p == root {
			continue
		}
		if s.flow[u] < 0 {
			return fmt.Errorf("metric: transport: internal error: negative flow at node %d", u)
		}
		if d := s.pot[u] - s.pot[p]; d != s.cost[u] && -d != s.cost[u] {
			return fmt.Errorf("metric: transport: internal error: potential of node %d does not match its arc", u)
		}
		balance[u] += s.flow[u]
		balance[p] += s.flow[u]
	}
	for u, b := range balance {
		if b != s.mass[u] {
			return fmt.Errorf("metric: transport: internal error: node %d sends or gets %d of %d", u, b, s.mass[u])
		}
	}
	phi, plo := s.primal()
	dhi, dlo := s.dual()
	if phi != dhi || plo != dlo {
		lo, borrow := bits.Sub64(plo, dlo, 0)
		hi, _ := bits.Sub64(phi, dhi, borrow)
		return fmt.Errorf("metric: transport: internal error: primal and dual values differ by %d·2^64 + %d units", int64(hi), lo)
	}
	return nil
}

// primal returns Σ c f over the tree as a 128-bit integer.
func (s *netSimplex) primal() (hi, lo uint64) {
	for u := 0; u < s.n; u++ {
		if s.parent[u] != root {
			hi, lo = addProduct(hi, lo, s.cost[u], s.flow[u])
		}
	}
	return hi, lo
}

// dual returns Σ_supplies s·pot - Σ_demands d·pot as a 128-bit integer (two's
// complement).
func (s *netSimplex) dual() (hi, lo uint64) {
	low := s.pot[0]
	for _, p := range s.pot {
		low = min(low, p)
	}
	var dhi, dlo uint64
	for u, p := range s.pot {
		if u < s.ns {
			hi, lo = addProduct(hi, lo, p-low, s.mass[u])
		} else {
			dhi, dlo = addProduct(dhi, dlo, p-low, s.mass[u])
		}
	}
	lo, borrow := bits.Sub64(lo, dlo, 0)
	hi, _ = bits.Sub64(hi, dhi, borrow)
	return hi, lo
}

// addProduct adds a·b, both not negative, to a 128-bit sum.
func addProduct(hi, lo uint64, a, b int64) (uint64, uint64) {
	h, l := bits.Mul64(uint64(a), uint64(b))
	lo, carry := bits.Add64(lo, l, 0)
	hi, _ = bits.Add64(hi, h, carry)
	return hi, lo
}
