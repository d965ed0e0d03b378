package cpu

import (
	"math/rand/v2"
	"testing"

	"etalon/rng"
)

// Buffers that live at the same time never overlap, free spans stay sorted and
// apart, and what was given back is used again.
func TestArena(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rng.New(seed, "arena").Source(0))
		var a arena
		var live []span
		peak := 0
		for range 400 {
			if len(live) > 0 && r.IntN(2) == 0 {
				k := r.IntN(len(live))
				a.release(live[k].off, live[k].n)
				live = append(live[:k], live[k+1:]...)
			} else {
				n := 1 + r.IntN(20)
				live = append(live, span{a.alloc(n), n})
			}
			owner := make([]int, a.size)
			used := 0
			for i, s := range live {
				for k := s.off; k < s.off+s.n; k++ {
					if owner[k]++; owner[k] > 1 {
						t.Fatalf("seed %d: buffer %v overlaps another: %v", seed, i, live)
					}
				}
				used += s.n
			}
			peak = max(peak, used)
			for i, s := range a.free {
				if i > 0 && a.free[i-1].off+a.free[i-1].n >= s.off {
					t.Fatalf("seed %d: free spans %v touch or are out of order", seed, a.free)
				}
				used += s.n
				for k := s.off; k < s.off+s.n; k++ {
					if owner[k]++; owner[k] > 1 {
						t.Fatalf("seed %d: free span %v is in use", seed, s)
					}
				}
			}
			if used != a.size {
				t.Fatalf("seed %d: %d of %d features are accounted for", seed, used, a.size)
			}
		}
		if a.size > 2*peak {
			t.Errorf("seed %d: arena of %d features for %d in use", seed, a.size, peak)
		}
	}
}
