package metric

import (
	"fmt"
	"math"
)

// maxPairs bounds the cost table of Transport (16 bytes a pair).
const maxPairs = 1 << 24

// Transport returns the least cost Σ c_ij f_ij of sending all supply to the
// demands, f_ij ≥ 0, Σ_j f_ij = supply_i, Σ_i f_ij = demand_j: the exact optimal
// transport between two small supports with any finite costs, also negative
// ones. The value is in units of mass times cost.
//
// Masses and costs are rounded to integers of about 60 bits together, relative
// to the total mass and to the range of the costs; the integer problem is solved
// exactly (see SolveEMD).
//
// Errors: a mass that is negative or not finite, totals that are not positive or
// differ by more than 1e-9 of their size, a cost that is not finite, more than
// 2^24 pairs.
func Transport(supply, demand []float64, cost func(i, j int) float64) (value float64, err error) {
	si, sm, st, err := support("supply", supply)
	if err != nil {
		return 0, err
	}
	di, dm, dt, err := support("demand", demand)
	if err != nil {
		return 0, err
	}
	if math.Abs(st-dt) > 1e-9*max(st, dt) {
		return 0, fmt.Errorf("metric: Transport: total supply %g and total demand %g differ: equal totals are needed", st, dt)
	}
	ns, nd := len(si), len(di)
	if ns > maxPairs/nd {
		return 0, fmt.Errorf("metric: Transport: %d x %d pairs: at most %d are accepted", ns, nd, maxPairs)
	}
	exact := make([]float64, ns*nd)
	low, high := math.Inf(1), math.Inf(-1)
	for k := range exact {
		i, j := si[k/nd], di[k%nd]
		c := cost(i, j)
		if c-c != 0 {
			return 0, fmt.Errorf("metric: Transport: cost(%d, %d) = %g: costs must be finite", i, j, c)
		}
		exact[k] = c
		low, high = min(low, c), max(high, c)
	}
	if math.IsInf(high-low, 0) {
		return 0, fmt.Errorf("metric: Transport: costs from %g to %g: their range must be finite", low, high)
	}
	scale := 0.0 // all costs alike
	if high > low {
		scale = costScale(high-low, ns+nd)
	}
	arcs := make([]arc, ns*nd)
	for k, c := range exact {
		arcs[k] = arc{int32(k / nd), int32(ns + k%nd), int64(math.RoundToEven((c - low) * scale))}
	}
	s := newNetSimplex(append(sm, dm...), ns, startOptions{
		candidates: func([]int32, bool) []arc { return arcs },
		rank:       func(a *arc) int64 { return a.cost },
		cost:       func(i, j int32) int64 { return arcs[int(i)*nd+int(j)-ns].cost },
	})
	if err := s.optimize(); err != nil {
		return 0, err
	}
	s.computePotentials()
	if err := s.certify(); err != nil {
		return 0, err
	}
	for u, f := range s.flow {
		if p := int(s.parent[u]); p != root && f > 0 {
			i, j := min(u, p), max(u, p)-ns
			value += float64(f) / float64(massTotal) * exact[i*nd+j]
		}
	}
	return value * (st + dt) / 2, nil
}

// support returns the indices, integer masses and total of the positive entries.
func support(name string, v []float64) (index []int, mass []int64, total float64, err error) {
	for i, x := range v {
		if !(x >= 0) || math.IsInf(x, 0) {
			return nil, nil, 0, fmt.Errorf("metric: Transport: %s[%d] = %g: masses must be finite and >= 0", name, i, x)
		}
		total += x
	}
	if !(total > 0) || math.IsInf(total, 0) {
		return nil, nil, 0, fmt.Errorf("metric: Transport: total %s is %g: it must be positive and finite", name, total)
	}
	for i, m := range integerMasses(v) {
		if m > 0 {
			index, mass = append(index, i), append(mass, m)
		}
	}
	return index, mass, total, nil
}
