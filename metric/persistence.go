package metric

import (
	"cmp"
	"math"
	"slices"

	"etalon/hist"
)

// Feature is a connected part (Dim 0) or a hole (Dim 1) of the regions {s ≥ t} of a
// smoothed density s, which grow as the level t falls: a point of the persistence
// diagram. It is there for Death < t ≤ Birth.
type Feature struct {
	Dim int
	// Birth and Death are levels in probability per unit area, of a density that
	// is normalised to the histogram's range. The part with the highest peak never
	// joins another: its Death is 0.
	Birth, Death float64
	// BirthMass and DeathMass are the same levels as shares of the mass: that of
	// {s ≥ Birth} and that of {s ≥ Death}, from 0 to 1. BirthMass is not above
	// DeathMass.
	BirthMass, DeathMass float64
	// Sigmas is Birth - Death in standard deviations of that difference, the errors
	// of the two bins taken as independent: features that noise makes have a few.
	Sigmas float64
	// Counts tells whether no fluctuation of the two bins within the noise band makes
	// or undoes the feature at the diagram's level.
	Counts bool
}

// Diagram is the persistence diagram of a density, with the level at which the
// Betti numbers are read.
type Diagram struct {
	Level    float64 // probability per unit area
	Mass     float64 // that {s ≥ Level} holds: Fraction, and what the last bin has more
	Betti    [2]int  // those of BettiAt, at this level
	Features []Feature
}

// Persistence returns the persistence diagram of a histogram's density, smoothed as
// BettiAt does, under the superlevel filtration: the regions {s ≥ t}, t falling
// from the highest peak to 0, are unions of closed bins (so parts are 8-connected
// and the complement is 4-connected; beyond the grid there is nothing, and a
// gap open to the border is no hole). Parts die where they meet an older one
// (the one with the higher peak); a hole is born at the saddle that closes it and
// dies at its minimum.
// Features without any extent (Birth = Death) are left out.
//
// Features are in the order of Dim, then of falling Birth - Death. Those that count
// are, but for errors that vary strongly within one feature, as many as Betti
// says.
//
// Source: Edelsbrunner, Letscher and Zomorodian 2002, Discrete Comput. Geom. 28,
// 511; H1 by Alexander duality from the parts of the complement. Cost: that of
// sorting the bins. Errors: those of BettiAt.
func Persistence(h *hist.H2, o BettiOptions) (*Diagram, error) {
	r, err := newRegion(h, o)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(r.s)) // of falling s
	var total float64
	for k, v := range r.s {
		order[k] = k
		total += v
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(r.s[b], r.s[a]), cmp.Compare(a, b)) })
	mass := massAbove(r.s, order, total)
	d := &Diagram{Level: r.level / (total * h.BinArea())}
	d.Betti[0], d.Betti[1] = persistentBetti(r.sure, r.may, h.NX, h.NY)
	for k, v := range r.s {
		if v >= r.level {
			d.Mass = max(d.Mass, mass[k])
		}
	}
	for dim, pairs := range [][]levelPair{partPairs(r.s, h.NX, h.NY, order), holePairs(r.s, h.NX, h.NY, order)} {
		for _, p := range pairs {
			f := Feature{Dim: dim, DeathMass: 1}
			birth, sb, death, sd := r.s[p.birth], r.sigma[p.birth], 0.0, 0.0
			if p.death >= 0 {
				death, sd = r.s[p.death], r.sigma[p.death]
				f.DeathMass = mass[p.death]
			}
			f.Birth, f.Death, f.BirthMass = birth/(total*h.BinArea()), death/(total*h.BinArea()), mass[p.birth]
			f.Sigmas = (birth - death) / math.Hypot(sb, sd)
			f.Counts = birth-r.sigmas*sb >= r.level && death+r.sigmas*sd < r.level
			d.Features = append(d.Features, f)
		}
	}
	slices.SortStableFunc(d.Features, func(a, b Feature) int {
		return cmp.Or(cmp.Compare(a.Dim, b.Dim), cmp.Compare(b.Birth-b.Death, a.Birth-a.Death))
	})
	return d, nil
}

// massAbove returns for every bin the share of the mass of all bins that are not
// below it.
func massAbove(s []float64, order []int, total float64) []float64 {
	mass := make([]float64, len(s))
	var sum float64
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && s[order[j]] == s[order[i]] {
			sum += s[order[j]]
			j++
		}
		for ; i < j; i++ {
			mass[order[i]] = min(sum/total, 1)
		}
	}
	return mass
}

// levelPair holds the bins where a feature is born and where it dies; death is
// -1 for one that never does.
type levelPair struct{ birth, death int }

// partPairs returns the parts of {s ≥ t}; order has the bins by falling s.
func partPairs(s []float64, nx, ny int, order []int) []levelPair {
	f := newForest(len(s))
	var pairs []levelPair
	for _, k := range order {
		f.add(k)
		neighbours(k, nx, ny, true, func(m int) {
			a, b := f.root(k), f.root(m)
			if b < 0 || a == b {
				return
			}
			if f.age[b] < f.age[a] {
				a, b = b, a // b is the younger one
			}
			if s[b] > s[k] {
				pairs = append(pairs, levelPair{b, k})
			}
			f.parent[b] = a
		})
	}
	return append(pairs, levelPair{order[0], -1})
}

// holePairs returns the holes of {s ≥ t}: parts of {s < t}, which grow as t rises
// and join each other or what is beyond the grid.
func holePairs(s []float64, nx, ny int, order []int) []levelPair {
	beyond := len(s)
	f := newForest(len(s) + 1)
	f.add(beyond) // the oldest
	var pairs []levelPair
	for _, k := range slices.Backward(order) {
		f.add(k)
		meet := func(m int) {
			a, b := f.root(k), f.root(m)
			if b < 0 || a == b {
				return
			}
			if f.age[b] < f.age[a] {
				a, b = b, a
			}
			if s[b] < s[k] {
				pairs = append(pairs, levelPair{k, b})
			}
			f.parent[b] = a
		}
		if x, y := k/ny, k%ny; x == 0 || y == 0 || x == nx-1 || y == ny-1 {
			meet(beyond)
		}
		neighbours(k, nx, ny, false, meet)
	}
	return pairs
}

// neighbours visits the bins beside bin k, also those at its corners if diagonal.
func neighbours(k, nx, ny int, diagonal bool, visit func(m int)) {
	x, y := k/ny, k%ny
	for dx := -1; dx <= 1; dx++ {
		for dy := -1; dy <= 1; dy++ {
			if dx == 0 && dy == 0 || !diagonal && dx != 0 && dy != 0 || x+dx < 0 || x+dx >= nx || y+dy < 0 || y+dy >= ny {
				continue
			}
			visit((x+dx)*ny + y + dy)
		}
	}
}

// forest is a union-find structure of nodes that are added one by one. The root of
// every tree is its oldest node.
type forest struct {
	parent []int // -1 before the node is added
	age    []int // order of addition
	n      int
}

func newForest(n int) *forest {
	f := &forest{parent: make([]int, n), age: make([]int, n)}
	for k := range f.parent {
		f.parent[k] = -1
	}
	return f
}

func (f *forest) add(k int) {
	f.parent[k], f.age[k] = k, f.n
	f.n++
}

// root returns the root of the node's tree, -1 if it has not been added.
func (f *forest) root(k int) int {
	if f.parent[k] < 0 {
		return -1
	}
	for f.parent[k] != k {
		f.parent[k] = f.parent[f.parent[k]]
		k = f.parent[k]
	}
	return k
}
