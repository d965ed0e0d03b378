package metric

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"etalon/hist"
)

// sharp leaves the bins as they are: the kernel has no weight beyond its centre.
const sharp = 0.01

// picture returns a histogram of width-1 bins whose sums are digits.
func picture(rows ...string) *hist.H2 {
	h := grid(len(rows), len(rows[0]), 0, float64(len(rows)), 0, float64(len(rows[0])))
	for k, ch := range strings.Join(rows, "") {
		h.W[k] = float64(ch - '0')
		h.W2[k] = h.W[k]
		h.SumW += h.W[k]
	}
	return h
}

// Diagrams that can be read off by eye.
func TestPersistenceByHand(t *testing.T) {
	type pair struct{ dim, birth, death int }
	for _, c := range []struct {
		name string
		rows []string
		want []pair
	}{
		{"one peak", []string{"121", "252", "121"}, []pair{{0, 5, 0}}},
		{"two peaks over a saddle", []string{"00000", "09380", "00000"}, []pair{{0, 9, 0}, {0, 8, 3}}},
		{"bins meet at corners", []string{"9000", "0400", "0080"}, []pair{{0, 9, 0}, {0, 8, 4}}},
		{"ring with a low wall", []string{"7777", "7124", "7777"}, []pair{{0, 7, 0}, {1, 4, 1}}},
		{"wall of corners", []string{"060", "606", "060"}, []pair{{0, 6, 0}, {1, 6, 0}}},
		{"bay", []string{"777", "717", "717"}, []pair{{0, 7, 0}}},
		{"two holes, the shallow one joins the deep one", []string{"88888", "81648", "88888"}, []pair{{0, 8, 0}, {1, 8, 1}, {1, 6, 4}}},
		{"three peaks, the younger die", []string{"0000000", "0957381", "0000000"}, []pair{{0, 9, 0}, {0, 8, 3}, {0, 7, 5}}},
	} {
		h := picture(c.rows...)
		d, err := Persistence(h, BettiOptions{Smoothing: sharp})
		if err != nil {
			t.Fatal(err)
		}
		var got []pair
		for _, f := range d.Features {
			got = append(got, pair{f.Dim, int(math.Round(f.Birth * h.SumW)), int(math.Round(f.Death * h.SumW))})
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
			continue
		}
		for k := range got {
			if got[k] != c.want[k] {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

// At every level the features that are there are as many as the parts and holes that
// labelling the region finds.
func TestPersistenceAgainstLabels(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 1))
	checked := 0
	for range 40 {
		nx, ny := 1+r.IntN(12), 1+r.IntN(12)
		h := grid(nx, ny, 0, 3, 0, 2)
		for range 3 * nx * ny {
			h.Fill(3*r.Float64(), 2*r.Float64(), float64(1+r.IntN(3)))
		}
		d, err := Persistence(h, BettiOptions{Smoothing: sharp})
		if err != nil {
			t.Fatal(err)
		}
		s, _ := smooth(h, sharp)
		var total float64
		for _, v := range s {
			total += v
		}
		for level := 0.5; level < 20; level++ { // between the sums of weights, which are whole
			in := make([]bool, len(s))
			var inside float64
			for k, v := range s {
				if in[k] = v >= level; in[k] {
					inside += v
				}
			}
			b0, b1 := persistentBetti(in, in, nx, ny)
			var n, byMass [2]int
			for _, f := range d.Features {
				if at := level / (total * h.BinArea()); f.Death < at && at <= f.Birth {
					n[f.Dim]++
				}
				if f.BirthMass <= inside/total+1e-9 && inside/total+1e-9 < f.DeathMass {
					byMass[f.Dim]++
				}
			}
			checked++
			if n != [2]int{b0, b1} {
				t.Fatalf("%d x %d bins, level %g: %v features, labels say %d and %d", nx, ny, level, n, b0, b1)
			}
			// A part that never joins another is there for all masses below 1.
			if inside < total && byMass != n {
				t.Fatalf("%d x %d bins, level %g: %v features at mass %g, %v at the level", nx, ny, level, byMass, inside/total, n)
			}
		}
	}
	if checked < 500 {
		t.Errorf("%d levels checked", checked)
	}
}

// The features that count are those that Betti counts; what a density has by
// construction stands out of the noise.
func TestPersistenceOfKnownDensities(t *testing.T) {
	for _, c := range densities {
		for seed := range uint64(3) {
			h := c.sample(rand.New(rand.NewPCG(seed, 62)), 200_000)
			d, err := Persistence(h, BettiOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var counts [2]int
			for _, f := range d.Features {
				if f.Counts {
					counts[f.Dim]++
					if f.Sigmas < 8 {
						t.Errorf("%s, seed %d: %+v counts", c.name, seed, f)
					}
				}
			}
			if counts != d.Betti || d.Betti != [2]int{c.b0, c.b1} {
				t.Errorf("%s, seed %d: %v features count, Betti numbers %v, want %d %d", c.name, seed, counts, d.Betti, c.b0, c.b1)
			}
			if d.Mass < 0.8 || d.Mass > 0.802 {
				t.Errorf("%s, seed %d: the level holds %g of the mass", c.name, seed, d.Mass)
			}
		}
	}
}

// Four unit normals at (±4, ±4) under a kernel of one bin (0.164): peaks of
// 1/(8π(1 + 0.164²)) = 0.03874, which meet at 2·exp(-8)/(8π) = 3e-5. The level of 80 %
// of the mass is 0.2 of a peak (in two dimensions the mass below p falls as p), 0.0078.
func TestPersistenceOfNormals(t *testing.T) {
	h := densities[0].sample(rand.New(rand.NewPCG(63, 1)), 1_000_000)
	d, err := Persistence(h, BettiOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// A bin at the peak has 1040 points, so the smoothed density has the error
	// √(1/(1040·4π)) = 0.9 % there; the highest of several bins is some 2 σ up.
	for k, f := range d.Features[:4] {
		if f.Dim != 0 || math.Abs(f.Birth/0.03874-1) > 0.05 || f.Death > 2e-4 || f.DeathMass < 0.995 || f.BirthMass > 0.1 || !f.Counts {
			t.Errorf("feature %d: %+v", k, f)
		}
	}
	if f := d.Features[4]; f.Dim == 0 && f.Sigmas > 6 {
		t.Errorf("a fifth part: %+v", f)
	}
	if math.Abs(d.Level/0.00775-1) > 0.02 {
		t.Errorf("level %g", d.Level)
	}
}

// Weights of any size leave the diagram as it is.
func TestPersistenceIsNormalised(t *testing.T) {
	h := densities[2].sample(rand.New(rand.NewPCG(64, 1)), 50_000)
	a, err := Persistence(h, BettiOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for k := range h.W {
		h.W[k] *= 1024
		h.W2[k] *= 1024 * 1024
	}
	b, err := Persistence(h, BettiOptions{})
	if err != nil || len(a.Features) != len(b.Features) || a.Level != b.Level || a.Betti != b.Betti {
		t.Fatalf("%v: %d and %d features, levels %g and %g", err, len(a.Features), len(b.Features), a.Level, b.Level)
	}
	for k := range a.Features {
		if a.Features[k] != b.Features[k] {
			t.Fatalf("feature %d: %+v and %+v", k, a.Features[k], b.Features[k])
		}
	}
	if _, err := Persistence(grid(5, 5, 0, 1, 0, 1), BettiOptions{}); err == nil {
		t.Error("empty histogram: no error")
	}
}
