package nn

import "testing"

// Two blocks in a row transform every feature, whatever the seed.
func TestPermutations(t *testing.T) {
	for dim := 2; dim <= 12; dim++ {
		for seed := range uint64(20) {
			f := RealNVP{Name: "f", Dim: dim, Blocks: 6, Hidden: 1, Units: 2, Seed: seed}
			at := make([]int, dim) // which feature of the data lies in each place
			last := make([]int, dim)
			for j := range at {
				at[j], last[j] = j, -1
			}
			for i, c := range f.couplings() {
				for j := c.Net.In; j < dim; j++ {
					last[at[j]] = i
				}
				for feature, l := range last {
					if i > 0 && l < i-1 {
						t.Fatalf("dim %d, seed %d: feature %d is not transformed by blocks %d and %d", dim, seed, feature, i-1, i)
					}
				}
				seen := make([]bool, dim)
				next := make([]int, dim)
				for j, p := range c.Perm {
					if p < 0 || p >= dim || seen[p] {
						t.Fatalf("dim %d, seed %d, block %d: %v is no permutation", dim, seed, i, c.Perm)
					}
					seen[p], next[j] = true, at[p]
				}
				at = next
			}
		}
	}
	// In two dimensions the features change places; the order in three is as fixed.
	if p := (RealNVP{Dim: 2}).permutation(0); p[0] != 1 || p[1] != 0 {
		t.Errorf("two features: %v", p)
	}
	if p := (RealNVP{Dim: 3}).permutation(0); p[0] != 1 || p[1] != 2 || p[2] != 0 {
		t.Errorf("three features: %v", p)
	}
	a, b := RealNVP{Dim: 8, Seed: 1}, RealNVP{Dim: 8, Seed: 2}
	same := true
	for i := range 4 {
		for j := range 8 {
			same = same && a.permutation(i)[j] == b.permutation(i)[j]
		}
	}
	if same {
		t.Error("seeds 1 and 2 shuffle alike")
	}
}
