package metric

import (
	"math/rand/v2"
	"strings"
	"testing"

	"etalon/hist"
)

// 100 × 100 bins, the ranges of LaSeR's scores, several seeds each.
func TestBettiOfKnownDensities(t *testing.T) {
	for _, d := range densities {
		for seed := range uint64(5) {
			n := 200_000
			if seed == 0 {
				n = 1_000_000
			}
			h := d.sample(rand.New(rand.NewPCG(seed, 51)), n)
			if b0, b1 := Betti(h); b0 != d.b0 || b1 != d.b1 {
				t.Errorf("%s, %d points, seed %d: Betti numbers (%d, %d), want (%d, %d)", d.name, n, seed, b0, b1, d.b0, d.b1)
			}
		}
	}
}

// Weights that turn a broad uniform sample into the density must show the
// density's topology, with more noise than its own sample has.
func TestBettiOfWeightedSample(t *testing.T) {
	r := rand.New(rand.NewPCG(52, 1))
	h := grid(60, 60, -8.2, 8.2, -8.2, 8.2)
	truth := densities[0].sample(rand.New(rand.NewPCG(53, 1)), 1_000_000)
	mass := truth.Mass()
	for range 200_000 {
		x, y := 16.4*r.Float64()-8.2, 16.4*r.Float64()-8.2
		h.Fill(x, y, 1e4*mass[truth.Bin(x, y)])
	}
	if b0, b1 := Betti(h); b0 != 4 || b1 != 0 {
		t.Errorf("Betti numbers (%d, %d), want (4, 0)", b0, b1)
	}
}

// A bridge between two peaks counts once the region is large enough to hold it.
func TestBettiSeesABridge(t *testing.T) {
	r := rand.New(rand.NewPCG(54, 1))
	h := grid(80, 40, -8, 8, -4, 4)
	for range 1_000_000 {
		x := 8*float64(r.IntN(2)) - 4 + 0.7*r.NormFloat64()
		if r.IntN(10) == 0 {
			x = 8*r.Float64() - 4
		}
		h.Fill(x, 0.7*r.NormFloat64(), 1)
	}
	for _, c := range []struct {
		fraction float64
		want     int
	}{{0.5, 2}, {0.8, 2}, {0.99, 1}} {
		if b0, _, err := BettiAt(h, BettiOptions{Fraction: c.fraction}); err != nil || b0 != c.want {
			t.Errorf("fraction %g: b0 = %d (%v), want %d", c.fraction, b0, err, c.want)
		}
	}
}

func TestPersistentBetti(t *testing.T) {
	// '#' surely in, 'o' perhaps in, '.' out.
	for _, c := range []struct {
		name, picture string
		b0, b1        int
	}{
		{"nothing", "...,...,...", 0, 0},
		{"all", "###,###,###", 1, 0},
		{"ring", ".....,.###.,.#.#.,.###.,.....", 1, 1},
		{"ring of diagonals", ".....,..#..,.#.#.,..#..,.....", 1, 1},
		{"hole perhaps filled", ".....,.###.,.#o#.,.###.,.....", 1, 0},
		{"ring perhaps open", ".....,.###.,.#.o.,.###.,.....", 1, 0},
		{"perhaps joined", "#o#,...,...", 1, 0},
		{"apart", "#.#,...,...", 2, 0},
		{"perhaps there", "#.o,...,...", 1, 0},
		{"bay at the border", "###,#.#,#.#", 1, 0},
		{"two holes", ".......,.#####.,.#.#.#.,.#####.,.......", 1, 2},
		{"wall perhaps", ".......,.#####.,.#.o.#.,.#####.,.......", 1, 1},
	} {
		rows := strings.Split(c.picture, ",")
		nx, ny := len(rows), len(rows[0])
		sure, may := make([]bool, nx*ny), make([]bool, nx*ny)
		for k, ch := range strings.Join(rows, "") {
			sure[k], may[k] = ch == '#', ch != '.'
		}
		if b0, b1 := persistentBetti(sure, may, nx, ny); b0 != c.b0 || b1 != c.b1 {
			t.Errorf("%s: (%d, %d), want (%d, %d)", c.name, b0, b1, c.b0, c.b1)
		}
	}
}

func TestBettiErrors(t *testing.T) {
	h := grid(5, 5, 0, 1, 0, 1)
	if b0, b1 := Betti(h); b0 != 0 || b1 != 0 {
		t.Errorf("empty histogram: (%d, %d)", b0, b1)
	}
	if _, _, err := BettiAt(h, BettiOptions{}); err == nil {
		t.Error("empty histogram: no error")
	}
	h.Fill(0.5, 0.5, 1)
	for _, o := range []BettiOptions{{Fraction: 1}, {Fraction: -0.1}, {Smoothing: -1}, {Smoothing: 1e9}, {Sigmas: -1}} {
		if _, _, err := BettiAt(h, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	var none *hist.H2
	if _, _, err := BettiAt(none, BettiOptions{}); err == nil {
		t.Error("nil histogram: no error")
	}
}
