package dataset

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"etalon/rng"
)

// dctrganMixtures are the mixtures of DCTRGAN as its section III A writes them.
func dctrganMixtures() map[string]struct {
	centres [][]float64
	sigma   float64
} {
	half := math.Sqrt(0.5)
	var grid [][]float64
	for _, x := range []float64{0.1, 1.1, 2.1, 3.1, 4.1} {
		for _, y := range []float64{0.1, 1.1, 2.1, 3.1, 4.1} {
			grid = append(grid, []float64{x, y})
		}
	}
	circle := [][]float64{{1, 0}, {half, half}, {0, 1}, {-half, half}, {-1, 0}, {-half, -half}, {0, -1}, {half, -half}}
	return map[string]struct {
		centres [][]float64
		sigma   float64
	}{
		"bimodal": {[][]float64{{-1}, {1}}, 0.4},
		"circle8": {circle, 0.1},
		"grid25":  {grid, 0.1},
	}
}

func TestModes(t *testing.T) {
	for name, want := range dctrganMixtures() {
		m := lookup(t, name).(interface {
			Modes() (centres [][]float64, sigma float64)
		})
		centres, sigma := m.Modes()
		if sigma != want.sigma || len(centres) != len(want.centres) {
			t.Fatalf("%s: %d modes of width %v", name, len(centres), sigma)
		}
		for k, c := range want.centres {
			for j, v := range c {
				if math.Abs(centres[k][j]-v) > 1e-15 {
					t.Errorf("%s: mode %d at %v, want %v", name, k, centres[k], c)
				}
			}
		}
		centres[0][0] = 77
		if again, _ := m.Modes(); again[0][0] == 77 {
			t.Errorf("%s: the caller can move the modes", name)
		}
	}
}

func TestNarrowMixturesIntegrateToOne(t *testing.T) {
	for name := range dctrganMixtures() {
		d := lookup(t, name)
		total := 0.0
		if d.Dim() == 1 {
			total = integrate(func(x float64) float64 { return math.Exp(d.LogProb([]float64{x})) }, -6, 6, 60)
		} else {
			x0, x1, y0, y1 := d.Range()
			total = integrate(func(y float64) float64 {
				return integrate(func(x float64) float64 { return math.Exp(d.LogProb([]float64{x, y})) }, x0-0.4, x1+0.4, 30)
			}, y0-0.4, y1+0.4, 30)
		}
		// The modes lie at least nine standard deviations inside: what is outside is
		// below 1e-17.
		t.Logf("%s: integral - 1 = %.2g", name, total-1)
		if math.Abs(total-1) > 1e-12 {
			t.Errorf("%s: integral %v", name, total)
		}
	}
}

// LogProb against the plain sum of densities where that does not underflow.
func TestMixtureLogProbAgainstSum(t *testing.T) {
	for name, m := range dctrganMixtures() {
		d, source := lookup(t, name), rng.New(37, name).Source(0)
		x := make([]float64, d.Dim())
		checked := 0
		for range 2000 {
			for j := range x {
				x[j] = 6*(float64(source.Uint64()>>11)/(1<<53)) - 1.5
			}
			p := 0.0
			for _, c := range m.centres {
				q := 1 / float64(len(m.centres))
				for j := range x {
					u := (x[j] - c[j]) / m.sigma
					q *= math.Exp(-u*u/2) / (m.sigma * math.Sqrt(2*math.Pi))
				}
				p += q
			}
			if p < 1e-200 {
				continue
			}
			checked++
			// A unit in the last place of the exponents, which are below 500.
			if got := d.LogProb(x); math.Abs(got-math.Log(p)) > 1e-12 {
				t.Fatalf("%s at %v: %v, want %v", name, x, got, math.Log(p))
			}
		}
		if checked < 500 {
			t.Errorf("%s: only %d points checked", name, checked)
		}
	}
}

// The empirical distribution function of bimodal against the exact one: the
// Kolmogorov-Smirnov statistic √n·D exceeds 2.69 with probability 2·exp(-2·2.69²) = 1e-6.
func TestBimodalFollowsItsDistribution(t *testing.T) {
	const n = 200000
	x := make([]float32, n)
	Sample(lookup(t, "bimodal"), x, rng.New(38, "bimodal"), 0)
	slices.Sort(x)
	worst := 0.0
	for i, v := range x {
		f := 0.0
		for _, c := range []float64{-1, 1} {
			f += math.Erfc(-(float64(v)-c)/(0.4*math.Sqrt2)) / 4
		}
		worst = max(worst, math.Abs(f-float64(i)/n), math.Abs(f-float64(i+1)/n))
	}
	if d := math.Sqrt(n) * worst; !(d < 2.69) {
		t.Errorf("√n·D = %v", d)
	}
}

// The nearest centre is the mode of nearly every point (bimodal: of all but Φ(-2.5) on
// either side, by symmetry): shares are equal, by χ²; offsets from it are those of the
// width, with its square within five standard errors. The seeds are fixed; fresh ones
// would fail with probability 1e-6.
func TestModesHaveEqualShares(t *testing.T) {
	const n = 200000
	for name, m := range dctrganMixtures() {
		d := lookup(t, name)
		dim := d.Dim()
		x := make([]float32, n*dim)
		Sample(d, x, rng.New(39, name), 0)
		counts := make([]float64, len(m.centres))
		square := 0.0
		for i := range n {
			best, at := math.Inf(1), 0
			for k, c := range m.centres {
				r2 := 0.0
				for j := range dim {
					u := float64(x[i*dim+j]) - c[j]
					r2 += u * u
				}
				if r2 < best {
					best, at = r2, k
				}
			}
			counts[at]++
			square += best
		}
		chi2, expected := 0.0, n/float64(len(m.centres))
		for _, c := range counts {
			chi2 += (c - expected) * (c - expected) / expected
		}
		p := mathext.GammaIncRegComp(float64(len(counts)-1)/2, chi2/2)
		if !(p > 1e-6) {
			t.Errorf("%s: χ² = %.1f of the shares %v, p = %.2g", name, chi2, counts, p)
		}
		if dim == 1 {
			continue // its modes overlap
		}
		// r² over σ² is χ² of dim degrees of freedom. The modes of circle8 lie 3.8 σ from
		// the border to the next: the bias is far below the error.
		z := (square/n/(m.sigma*m.sigma) - float64(dim)) / math.Sqrt(2*float64(dim)/n)
		if !(math.Abs(z) < 5) {
			t.Errorf("%s: mean square offset %v σ², z = %.1f", name, square/n/(m.sigma*m.sigma), z)
		}
	}
}
