package metric

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// enumerate returns the optimum of a transportation problem from the definition:
// the least cost among all basic feasible solutions, which belong to the
// spanning trees of the complete bipartite graph.
func enumerate(supply, demand []float64, cost func(i, j int) float64) float64 {
	m, n := len(supply), len(demand)
	best := math.Inf(1)
	for set := uint32(0); set < 1<<(m*n); set++ {
		if bits.OnesCount32(set) != m+n-1 {
			continue
		}
		left := append(slices.Clone(supply), demand...)
		degree := make([]int, m+n)
		for s := set; s != 0; s &= s - 1 {
			k := bits.TrailingZeros32(s)
			degree[k/n]++
			degree[m+k%n]++
		}
		// Take off leaves; each fixes the flow of its arc. Cycles leave none.
		rest, value, feasible := set, 0.0, true
		for found := true; found && rest != 0 && feasible; {
			found = false
			for s := rest; s != 0; s &= s - 1 {
				k := bits.TrailingZeros32(s)
				i, j := k/n, m+k%n
				if degree[i] != 1 && degree[j] != 1 {
					continue
				}
				f := left[i]
				if degree[i] != 1 {
					f = left[j]
				}
				if f < -1e-12 {
					feasible = false
					break
				}
				left[i] -= f
				left[j] -= f
				value += f * cost(i, k%n)
				degree[i]--
				degree[j]--
				rest &^= 1 << k
				found = true
			}
		}
		if !feasible || rest != 0 {
			continue
		}
		if slices.ContainsFunc(left, func(l float64) bool { return math.Abs(l) > 1e-9 }) {
			continue
		}
		best = min(best, value)
	}
	return best
}

// near allows the given relative difference, and 1e-14 absolute: masses such as
// 1/3 are rounded to units of 2^-60.
func near(a, b, rel float64) bool { return math.Abs(a-b) <= 1e-14+rel*max(math.Abs(a), math.Abs(b)) }

func TestTransportAgainstEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	kinds := []struct {
		name string
		mass func() float64
		cost func() float64
	}{
		{"real", r.Float64, r.Float64},
		{"ties", func() float64 { return float64(1 + r.IntN(3)) }, func() float64 { return float64(r.IntN(4)) }},
		{"equal masses", func() float64 { return 1 }, func() float64 { return float64(r.IntN(3)) }},
		{"zeros", func() float64 { return float64(r.IntN(3)) }, func() float64 { return float64(r.IntN(3)) }},
		{"negative costs", r.Float64, func() float64 { return r.NormFloat64() }},
		{"wide range", func() float64 { return math.Exp(4 * r.NormFloat64()) }, r.Float64},
		{"one cost", r.Float64, func() float64 { return 3 }},
	}
	checked := 0
	for _, k := range kinds {
		for range 60 {
			m, n := 1+r.IntN(4), 1+r.IntN(4)
			if m*n > 12 {
				n = 3
			}
			supply, demand := make([]float64, m), make([]float64, n)
			total := 0.0
			for i := range supply {
				supply[i] = k.mass()
				total += supply[i]
			}
			if k.name == "ties" || k.name == "equal masses" || k.name == "zeros" {
				for range int(total) { // integer demands with the same total
					demand[r.IntN(n)]++
				}
			} else {
				sum := 0.0
				for j := range demand {
					demand[j] = k.mass()
					sum += demand[j]
				}
				for j := range demand {
					demand[j] *= total / sum
				}
			}
			if total == 0 {
				continue
			}
			c := make([]float64, m*n)
			for i := range c {
				c[i] = k.cost()
			}
			cost := func(i, j int) float64 { return c[i*n+j] }
			got, err := Transport(supply, demand, cost)
			if err != nil {
				t.Fatalf("%s: %v", k.name, err)
			}
			if want := enumerate(supply, demand, cost); !near(got, want, 1e-9) {
				t.Errorf("%s: supply %v demand %v cost %v: got %.15g, enumeration gives %.15g", k.name, supply, demand, c, got, want)
			}
			checked++
		}
	}
	if checked < 400 {
		t.Errorf("only %d cases checked", checked)
	}
}

// permutations calls f with all permutations of p (Heap's algorithm).
func permutations(p []int, f func([]int)) {
	var rec func(k int)
	rec = func(k int) {
		if k == 1 {
			f(p)
			return
		}
		for i := range k {
			rec(k - 1)
			if k%2 == 0 {
				p[i], p[k-1] = p[k-1], p[i]
			} else {
				p[0], p[k-1] = p[k-1], p[0]
			}
		}
	}
	rec(len(p))
}

// With equal masses an optimum is a permutation (Birkhoff-von Neumann).
func TestTransportAgainstPermutations(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	for trial := range 60 {
		n := 5 + trial%3
		ones := slices.Repeat([]float64{1}, n)
		c := make([]float64, n*n)
		for i := range c {
			if trial%2 == 0 {
				c[i] = r.Float64()
			} else {
				c[i] = float64(r.IntN(5))
			}
		}
		cost := func(i, j int) float64 { return c[i*n+j] }
		p := make([]int, n)
		for i := range p {
			p[i] = i
		}
		want := math.Inf(1)
		permutations(p, func(p []int) {
			v := 0.0
			for i, j := range p {
				v += cost(i, j)
			}
			want = min(want, v)
		})
		got, err := Transport(ones, ones, cost)
		if err != nil || !near(got, want, 1e-9) {
			t.Errorf("n = %d, trial %d: got %v (%v), permutations give %v", n, trial, got, err, want)
		}
	}
}

// On a line the optimum is the integral of the difference of the distribution
// functions.
func TestTransportOnALine(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	n := 300
	x, y := make([]float64, n), make([]float64, n)
	mass := slices.Repeat([]float64{0.5}, n)
	for i := range x {
		x[i], y[i] = r.NormFloat64(), 2*r.NormFloat64()+1
	}
	got, err := Transport(mass, mass, func(i, j int) float64 { return math.Abs(x[i] - y[j]) })
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(x)
	slices.Sort(y)
	want := 0.0
	for i := range x {
		want += 0.5 * math.Abs(x[i]-y[i])
	}
	if !near(got, want, 1e-11) {
		t.Errorf("got %.15g, want %.15g", got, want)
	}
}

func TestTransportErrors(t *testing.T) {
	unit := func(i, j int) float64 { return 1 }
	for _, c := range []struct {
		name           string
		supply, demand []float64
		cost           func(i, j int) float64
		want           string
	}{
		{"no supply", nil, []float64{1}, unit, "total supply is 0"},
		{"zero demand", []float64{1}, []float64{0, 0}, unit, "total demand is 0"},
		{"NaN", []float64{1, math.NaN()}, []float64{1}, unit, "supply[1] = NaN"},
		{"negative", []float64{1}, []float64{2, -1}, unit, "demand[1] = -1"},
		{"unequal", []float64{1}, []float64{2}, unit, "differ"},
		{"NaN cost", []float64{1}, []float64{1}, func(i, j int) float64 { return math.NaN() }, "cost(0, 0) = NaN"},
		{"infinite", []float64{math.Inf(1)}, []float64{1}, unit, "supply[0] = +Inf"},
		{"too many", slices.Repeat([]float64{1}, 5000), slices.Repeat([]float64{1}, 5000), unit, "at most"},
	} {
		if _, err := Transport(c.supply, c.demand, c.cost); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}
