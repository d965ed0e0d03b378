package metric

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"etalon/hist"
)

func emd(t *testing.T, p, q *hist.H2) float64 {
	t.Helper()
	v, err := EMD(p, q)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// randomGrid fills a grid with random masses; integer ones make many ties, and
// about a share empty of all bins is empty.
func randomGrid(r *rand.Rand, nx, ny int, integer bool, empty float64) *hist.H2 {
	h := grid(nx, ny, -1, 2, 5, 5+0.7*float64(ny))
	for k := range h.W {
		switch {
		case r.Float64() < empty:
		case integer:
			h.W[k] = float64(1 + r.IntN(3))
		default:
			h.W[k] = r.ExpFloat64()
		}
	}
	h.W[r.IntN(len(h.W))]++
	return h
}

// bruteEMD sends all of p to all of q: no mass stays by decree.
func bruteEMD(p, q *hist.H2, solve func(s, d []float64, c func(i, j int) float64) float64) float64 {
	return solve(p.Mass(), q.Mass(), func(i, j int) float64 {
		xi, yi := p.Center(i/p.NY, i%p.NY)
		xj, yj := p.Center(j/p.NY, j%p.NY)
		return math.Hypot(xi-xj, yi-yj)
	})
}

func TestEMDAgainstEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 1))
	for trial := range 60 {
		nx, ny := 1+r.IntN(2), 2
		p, q := randomGrid(r, nx, ny, trial%2 == 0, 0.2), randomGrid(r, nx, ny, trial%2 == 0, 0.2)
		if got, want := emd(t, p, q), bruteEMD(p, q, enumerate); !near(got, want, 1e-9) {
			t.Errorf("%v to %v: got %.15g, enumeration gives %.15g", p.W, q.W, got, want)
		}
	}
}

// Column generation, the multiscale start and the staying common mass must not
// change the optimum of the plain problem over all pairs of bins.
func TestEMDAgainstDenseTransport(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 1))
	dense := func(s, d []float64, c func(i, j int) float64) float64 {
		v, err := Transport(s, d, c)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for trial := range 300 {
		nx, ny := 1+r.IntN(9), 1+r.IntN(9)
		if trial%20 == 0 {
			nx, ny = 10+r.IntN(12), 10+r.IntN(12)
		}
		empty := []float64{0, 0.5, 0.9}[trial%3]
		p, q := randomGrid(r, nx, ny, trial%2 == 0, empty), randomGrid(r, nx, ny, trial%2 == 0, empty)
		if got, want := emd(t, p, q), bruteEMD(p, q, dense); !near(got, want, 1e-9) {
			t.Errorf("trial %d, %d x %d: got %.15g, dense gives %.15g", trial, nx, ny, got, want)
		}
	}
}

// A shift by whole bins costs its length, whatever the density.
func TestEMDOfAShift(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 1))
	for _, s := range [][2]int{{0, 0}, {1, 0}, {0, 3}, {4, 3}, {15, -9}, {-20, 20}} {
		p, q := grid(60, 60, 0, 30, 0, 15), grid(60, 60, 0, 30, 0, 15)
		for x := 20; x < 40; x++ {
			for y := 20; y < 40; y++ {
				w := float64(r.IntN(5))
				p.W[x*60+y] = w
				q.W[(x+s[0])*60+y+s[1]] = 3 * w
			}
		}
		want := math.Hypot(0.5*float64(s[0]), 0.25*float64(s[1]))
		if got := emd(t, p, q); math.Abs(got-want) > 1e-11 {
			t.Errorf("shift %v: EMD %.15g, want %.15g", s, got, want)
		}
	}
}

func TestEMDIsAMetric(t *testing.T) {
	r := rand.New(rand.NewPCG(24, 1))
	for trial := range 40 {
		var h [3]*hist.H2
		for k := range h {
			h[k] = randomGrid(r, 11, 13, trial%2 == 0, 0.3)
		}
		ab, ba, bc, ac := emd(t, h[0], h[1]), emd(t, h[1], h[0]), emd(t, h[1], h[2]), emd(t, h[0], h[2])
		if !near(ab, ba, 1e-11) {
			t.Errorf("trial %d: EMD(a,b) = %.15g, EMD(b,a) = %.15g", trial, ab, ba)
		}
		if ac > (ab+bc)*(1+1e-12) {
			t.Errorf("trial %d: triangle inequality: %g > %g + %g", trial, ac, ab, bc)
		}
		if self := emd(t, h[0], h[0]); self != 0 {
			t.Errorf("EMD(a,a) = %g", self)
		}
	}
}

// The certificate, checked in plain floating point over all pairs of bins: the
// potential rises by no more than the distance from any demand to any supply,
// and its sum over p-q is the value.
func TestEMDCertificate(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 1))
	for _, c := range []struct {
		name string
		q    *hist.H2
	}{
		{"wider", donut(r, 100_000, 1.1, 0.51)},
		{"noise", donut(r, 100_000, 1, 0.5)},
		{"mode collapse", donut(r, 30_000, 1, 0.05)},
	} {
		p := donut(r, 100_000, 1, 0.5)
		pm, qm := p.Mass(), c.q.Mass()
		for k := range pm {
			pm[k] -= qm[k]
		}
		dx, dy := p.BinWidths()
		s, err := solveGrid(pm, p.NX, p.NY, dx, dy)
		if err != nil {
			t.Fatal(err)
		}
		distance := make([]float64, len(pm)) // by |dx|, |dy|
		for k := range distance {
			distance[k] = math.Hypot(dx*float64(k/p.NY), dy*float64(k%p.NY))
		}
		dual, worst := 0.0, 0.0
		for u, cu := range s.nodes {
			dual += s.pot[u] * pm[cu]
			if u >= s.ns {
				continue
			}
			ux, uy := int(cu)/p.NY, int(cu)%p.NY
			for v := s.ns; v < len(s.nodes); v++ {
				vx, vy := int(s.nodes[v])/p.NY, int(s.nodes[v])%p.NY
				worst = max(worst, s.pot[u]-s.pot[v]-distance[abs(ux-vx)*p.NY+abs(uy-vy)])
			}
		}
		if worst > 1e-11 || math.Abs(dual-s.value) > 1e-11 || !(s.gap < 1e-11) {
			t.Errorf("%s: value %.15g, dual value %.15g, largest violation %g, gap %g", c.name, s.value, dual, worst, s.gap)
		}
		t.Logf("%s: %+v", c.name, s.stats)
		if c.name != "wider" {
			continue
		}
		again, err := SolveEMD(p, c.q)
		if err != nil || again.Value != s.value || again.Stats != s.stats {
			t.Errorf("%s: a second run differs: %+v, %v", c.name, again, err)
		}
	}
}

func TestPaperEMD(t *testing.T) {
	p, q := grid(10, 5, 0, 20, 0, 5), grid(10, 5, 0, 20, 0, 5)
	p.Fill(1, 0.5, 2)
	q.Fill(7, 4.5, 5) // 3 bins of 2 and 4 bins of 1 away
	got, err := PaperEMD(p, q)
	if want := math.Hypot(6, 4) / math.Hypot(18, 4) / 2; err != nil || !near(got, want, 1e-12) {
		t.Errorf("got %g (%v), want %g", got, err, want)
	}
}

func TestHistogramErrors(t *testing.T) {
	good := grid(4, 4, 0, 1, 0, 1)
	good.Fill(0.1, 0.1, 1)
	spoiled := func(f func(h *hist.H2)) *hist.H2 {
		h := grid(4, 4, 0, 1, 0, 1)
		h.Fill(0.1, 0.1, 1)
		f(h)
		return h
	}
	outside := grid(4, 4, 0, 1, 0, 1)
	outside.Fill(3, 3, 1)
	for _, c := range []struct {
		name string
		h    *hist.H2
		want string
	}{
		{"nil", nil, "nil"},
		{"empty", grid(4, 4, 0, 1, 0, 1), "total weight 0"},
		{"all outside", outside, "total weight 0"},
		{"NaN", spoiled(func(h *hist.H2) { h.W[5] = math.NaN() }), "bin (1, 1) of the second histogram holds NaN"},
		{"negative", spoiled(func(h *hist.H2) { h.W[3] = -1 }), "bin (0, 3) of the second histogram holds -1"},
		{"infinite", spoiled(func(h *hist.H2) { h.W[3] = math.Inf(1) }), "holds +Inf"},
		{"other bins", grid(4, 5, 0, 1, 0, 1), "different grids"},
		{"other range", grid(4, 4, 0, 2, 0, 1), "different grids"},
		{"large", grid(1024, 512, 0, 1, 0, 1), "different grids"},
		{"cut", spoiled(func(h *hist.H2) { h.W = h.W[:3] }), "different grids"},
	} {
		for what, f := range map[string]func(p, q *hist.H2) (float64, error){"EMD": EMD, "JSD": JSD, "JSDFloor": JSDFloor, "PaperEMD": PaperEMD, "PaperJSD": PaperJSD} {
			if _, err := f(good, c.h); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s of %s: error %v, want one line with %q", what, c.name, err, c.want)
			}
		}
	}
}

func TestEMDRefusesHugeGrids(t *testing.T) {
	h := grid(1024, 512, 0, 1, 0, 1)
	h.Fill(0.1, 0.1, 1)
	if _, err := EMD(h, h); err == nil || !strings.Contains(err.Error(), "1024 x 512 bins: at most") {
		t.Errorf("error %v", err)
	}
	far := grid(2, 2, -8e307, 8e307, -8e307, 8e307)
	far.Fill(0, 0, 1)
	if v, err := EMD(far, far); err != nil || v != 0 {
		t.Errorf("EMD(a,a) on a wide range: %v, %v", v, err)
	}
}
