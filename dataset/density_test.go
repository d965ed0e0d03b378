package dataset

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mathext"

	"etalon/rng"
)

func lookup(t *testing.T, name string) Density {
	t.Helper()
	d, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestLookup(t *testing.T) {
	if got := Names(); !slices.Equal(got, []string{"gaussians", "double-donut", "rings", "bimodal", "circle8", "grid25"}) {
		t.Errorf("names %v", got)
	}
	for _, c := range []struct {
		name   string
		dim    int
		axes   [4]float64
		b0, b1 int
	}{
		{"gaussians", 2, [4]float64{-8.2, 8.2, -8.2, 8.2}, 4, 0},
		{"double-donut", 2, [4]float64{-11, 11, -7, 7}, 1, 2},
		{"rings", 2, [4]float64{-20.2, 20.2, -8.2, 8.2}, 3, 3},
		{"bimodal", 1, [4]float64{-3, 3, 0, 0}, 2, 0},
		{"circle8", 2, [4]float64{-1.5, 1.5, -1.5, 1.5}, 8, 0},
		{"grid25", 2, [4]float64{-0.4, 4.6, -0.4, 4.6}, 25, 0},
	} {
		d := lookup(t, c.name)
		x0, x1, y0, y1 := d.Range()
		b0, b1 := d.Betti()
		if d.Name() != c.name || d.Dim() != c.dim || [4]float64{x0, x1, y0, y1} != c.axes || b0 != c.b0 || b1 != c.b1 {
			t.Errorf("%s: %v %v %v %v %v", c.name, d.Name(), d.Dim(), []float64{x0, x1, y0, y1}, b0, b1)
		}
	}
	_, err := Lookup("torus")
	if err == nil || err.Error() != `unknown density "torus"; known are gaussians, double-donut, rings, bimodal, circle8, grid25` {
		t.Errorf("error %v", err)
	}
}

// planar returns the names of the densities of two coordinates.
func planar(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(Names(), func(name string) bool { return lookup(t, name).Dim() != 2 })
}

// integrate is Gauss-Legendre quadrature on equal panels.
func integrate(f func(float64) float64, a, b float64, panels int) float64 {
	sum := 0.0
	for i := range panels {
		lo := a + (b-a)*float64(i)/float64(panels)
		hi := a + (b-a)*float64(i+1)/float64(panels)
		sum += quad.Fixed(f, lo, hi, 16, quad.Legendre{}, 0)
	}
	return sum
}

func TestGaussiansIntegrateToOne(t *testing.T) {
	d := lookup(t, "gaussians")
	total := integrate(func(y float64) float64 {
		return integrate(func(x float64) float64 { return math.Exp(d.LogProb([]float64{x, y})) }, -14, 14, 20)
	}, -14, 14, 20)
	if math.Abs(total-1) > 1e-12 {
		t.Errorf("integral %v", total)
	}
}

// The plane is cut into vertical strips, each with one ring's centre inside,
// and each strip is integrated in polar coordinates about that centre, where
// the integrand ρ p is smooth.
func TestRingsIntegrateToOne(t *testing.T) {
	for name, m := range ringMixtures() {
		total := 0.0
		for k, c := range m.centres {
			left, right := -60.0, 60.0
			if k > 0 {
				left = (c[0] + m.centres[k-1][0]) / 2
			}
			if k < len(m.centres)-1 {
				right = (c[0] + m.centres[k+1][0]) / 2
			}
			ray := func(theta float64) float64 {
				sin, cos := math.Sincos(theta)
				far := 40.0
				if cos > 0 {
					far = min(far, (right-c[0])/cos)
				} else if cos < 0 {
					far = min(far, (left-c[0])/cos)
				}
				return integrate(func(rho float64) float64 {
					return rho * math.Exp(m.LogProb([]float64{c[0] + rho*cos, c[1] + rho*sin}))
				}, 0, far, 12)
			}
			// Panels of angle: the other centres lie on the axis, behind the
			// strip's border.
			total += integrate(ray, -math.Pi, math.Pi, 24)
		}
		t.Logf("%s: integral - 1 = %.2g", name, total-1)
		if math.Abs(total-1) > 1e-12 {
			t.Errorf("%s: integral %v", name, total)
		}
	}
}

func ringMixtures() map[string]*ringMixture {
	return map[string]*ringMixture{
		"double-donut": doubleDonut().(*ringMixture),
		"rings":        rings().(*ringMixture),
	}
}

func TestLogProbSpecialPoints(t *testing.T) {
	g, donut := lookup(t, "gaussians"), lookup(t, "double-donut")
	// At the origin all four normals are equally far.
	want := -16 - math.Log(2*math.Pi)
	if got := g.LogProb([]float64{0, 0}); math.Abs(got-want) > 1e-12 {
		t.Errorf("gaussians at 0: %v, want %v", got, want)
	}
	// Far away the log-density stays finite where the density underflows: one
	// normal of four, at squared distance 2·996².
	want = -996*996 - math.Log(8*math.Pi)
	if got := g.LogProb([]float64{1000, 1000}); math.Abs(got-want) > 1e-9 {
		t.Errorf("gaussians far away: %v, want %v", got, want)
	}
	// At the origin both rings have ρ = 4, of one: n(0) + n(8) over 8π.
	want = math.Log((1 + math.Exp(-32)) / math.Sqrt(2*math.Pi) / (8 * math.Pi))
	if got := donut.LogProb([]float64{0, 0}); math.Abs(got-want) > 1e-12 {
		t.Errorf("double-donut at 0: %v, want %v", got, want)
	}
	if got := donut.LogProb([]float64{4, 0}); !math.IsInf(got, 1) {
		t.Errorf("double-donut at a centre: %v", got)
	}
	if got := donut.LogProb([]float64{1e4, 0}); math.IsInf(got, 0) {
		t.Errorf("double-donut far away: %v", got)
	}
	for _, name := range Names() {
		d := lookup(t, name)
		if got := d.LogProb([]float64{math.NaN(), 1}[:d.Dim()]); !math.IsNaN(got) {
			t.Errorf("%s at NaN: %v", name, got)
		}
		if got := d.LogProb([]float64{math.Inf(1), 1}[:d.Dim()]); !math.IsInf(got, -1) {
			t.Errorf("%s at infinity: %v", name, got)
		}
	}
}

// massCDF returns F with F(x, y) - differences equal to exact masses of
// rectangles, from the definition of the samples and not from LogProb.
func massCDF(d Density) func(x, y float64) float64 {
	phi := func(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
	if m, ok := d.(*normalMixture); ok {
		return func(x, y float64) float64 {
			sum := 0.0
			for _, c := range m.centres {
				sum += phi((x-c[0])/m.sigma) * phi((y-c[1])/m.sigma)
			}
			return sum / float64(len(m.centres))
		}
	}
	// For a ring: the mass of the rectangle between its centre and (x, y),
	// with the sign of x·y. On a ray the mass within a distance R is
	// P(|r| < R), exactly.
	m := d.(*ringMixture)
	within := func(r float64) float64 { return phi(r-ringRadius) - phi(-r-ringRadius) }
	corner := func(a, b float64) float64 {
		sign := 1.0
		if math.Signbit(a) != math.Signbit(b) {
			sign = -1
		}
		a, b = math.Abs(a), math.Abs(b)
		if a == 0 || b == 0 {
			return 0
		}
		// Along the edge at distance a: R = a cosh s and dθ = ds / cosh s.
		edge := func(a, b float64) float64 {
			return integrate(func(s float64) float64 { return within(a*math.Cosh(s)) / math.Cosh(s) }, 0, math.Asinh(b/a), 8)
		}
		mass := edge(a, b) + edge(b, a)
		return sign * mass / (2 * math.Pi)
	}
	return func(x, y float64) float64 {
		sum := 0.0
		for _, c := range m.centres {
			sum += corner(x-c[0], y-c[1])
		}
		return sum / float64(len(m.centres))
	}
}

// binMasses returns the exact masses of an nx×ny histogram over d.Range().
func binMasses(d Density, nx, ny int) []float64 {
	cdf := massCDF(d)
	x0, x1, y0, y1 := d.Range()
	edges := make([]float64, (nx+1)*(ny+1))
	for i := range nx + 1 {
		for j := range ny + 1 {
			edges[i*(ny+1)+j] = cdf(x0+(x1-x0)*float64(i)/float64(nx), y0+(y1-y0)*float64(j)/float64(ny))
		}
	}
	mass := make([]float64, nx*ny)
	for i := range nx {
		for j := range ny {
			k := i*(ny+1) + j
			mass[i*ny+j] = edges[k+ny+2] - edges[k+ny+1] - edges[k+1] + edges[k]
		}
	}
	return mass
}

// LogProb, integrated over bins that are away from the rings' centres, is the
// mass that the definition of the samples gives.
func TestLogProbAgreesWithDefinition(t *testing.T) {
	for _, name := range planar(t) {
		d := lookup(t, name)
		const nx, ny = 23, 17
		mass := binMasses(d, nx, ny)
		x0, x1, y0, y1 := d.Range()
		dx, dy := (x1-x0)/nx, (y1-y0)/ny
		checked := 0
		for i := range nx {
			for j := range ny {
				a, b := x0+dx*float64(i), y0+dy*float64(j)
				if m, ok := d.(*ringMixture); ok && slices.ContainsFunc(m.centres, func(c [2]float64) bool {
					return math.Hypot(a+dx/2-c[0], b+dy/2-c[1]) < 1.5*math.Hypot(dx, dy)
				}) {
					continue
				}
				got := integrate(func(y float64) float64 {
					return integrate(func(x float64) float64 { return math.Exp(d.LogProb([]float64{x, y})) }, a, a+dx, 1)
				}, b, b+dy, 1)
				if math.Abs(got-mass[i*ny+j]) > 1e-9 {
					t.Fatalf("%s bin (%d, %d): ∫ exp(LogProb) = %.12g, mass %.12g", name, i, j, got, mass[i*ny+j])
				}
				checked++
			}
		}
		if checked < nx*ny*3/4 {
			t.Errorf("%s: only %d bins checked", name, checked)
		}
	}
}

// The histogram of samples against the exact masses, by chi². The seed is
// fixed; a fresh one would fail with probability 1e-6.
func TestSamplesFollowDensity(t *testing.T) {
	const n, nx, ny = 300000, 25, 21 // odd counts: the centre of a ring is inside a bin
	for _, name := range planar(t) {
		d := lookup(t, name)
		x := make([]float32, n*2)
		Sample(d, x, rng.New(33, name), 0)
		counts := make([]float64, nx*ny)
		outside := 0.0
		x0, x1, y0, y1 := d.Range()
		for k := 0; k < len(x); k += 2 {
			i := int(math.Floor((float64(x[k]) - x0) / (x1 - x0) * nx))
			j := int(math.Floor((float64(x[k+1]) - y0) / (y1 - y0) * ny))
			if i < 0 || i >= nx || j < 0 || j >= ny {
				outside++
				continue
			}
			counts[i*ny+j]++
		}
		// Bins with fewer than 10 expected entries join the outside.
		chi2, dof, rest := 0.0, 0, 1.0
		for k, p := range binMasses(d, nx, ny) {
			if p*n < 10 {
				outside += counts[k]
				continue
			}
			rest -= p
			chi2 += (counts[k] - p*n) * (counts[k] - p*n) / (p * n)
			dof++
		}
		chi2 += (outside - rest*n) * (outside - rest*n) / (rest * n) // closes the sum of probabilities: dof stays
		p := mathext.GammaIncRegComp(float64(dof)/2, chi2/2)
		t.Logf("%s: chi² = %.1f for %d degrees of freedom, p = %.3g", name, chi2, dof, p)
		if !(p > 1e-6) || dof < 100 {
			t.Errorf("%s: chi² = %.1f for %d degrees of freedom, p = %.3g", name, chi2, dof, p)
		}
	}
}

// Means and second moments. For a ring E|x - c|² = E r² = 17, so each
// coordinate has 8.5 plus the variance of the centres; z-scores below 5.
func TestSampleMoments(t *testing.T) {
	const n = 200000
	for name, second := range map[string][2]float64{
		"gaussians":    {17, 17},
		"double-donut": {8.5 + 16, 8.5},
		"rings":        {8.5 + 96, 8.5},
	} {
		x := make([]float32, n*2)
		Sample(lookup(t, name), x, rng.New(34, name), 0)
		for col := range 2 {
			for power, want := range map[int]float64{1: 0, 2: second[col]} {
				sum, sum2 := 0.0, 0.0
				for k := col; k < len(x); k += 2 {
					v := math.Pow(float64(x[k]), float64(power))
					sum += v
					sum2 += v * v
				}
				mean := sum / n
				z := (mean - want) / math.Sqrt((sum2/n-mean*mean)/n)
				if !(math.Abs(z) < 5) {
					t.Errorf("%s column %d moment %d: %v, want %v, z = %.1f", name, col, power, mean, want, z)
				}
			}
		}
	}
}

func TestSampleShards(t *testing.T) {
	const n = 1500
	for _, name := range Names() {
		d, s := lookup(t, name), rng.New(35, name)
		dim := d.Dim()
		whole := make([]float32, n*dim)
		Sample(d, whole, s, 10)
		for _, part := range []int{1, 7, blockRows, blockRows + 1, 1000} {
			got := make([]float32, 0, n*dim)
			for at := 0; at < n; at += part {
				x := make([]float32, dim*min(part, n-at))
				Sample(d, x, s, 10+uint64(at))
				got = append(got, x...)
			}
			if !slices.Equal(got, whole) {
				t.Errorf("%s: parts of %d differ from the whole", name, part)
			}
		}
	}
}

// A density of another dimension needs nothing but its definition.
func TestMixtureOfAnyDimension(t *testing.T) {
	line := &normalMixture{name: "line", centres: [][]float64{{-2}, {0}, {3}}, sigma: 1}
	total := integrate(func(x float64) float64 { return math.Exp(line.LogProb([]float64{x})) }, -14, 14, 20)
	if math.Abs(total-1) > 1e-12 {
		t.Errorf("integral %v", total)
	}
	const n = 20000
	deep := &normalMixture{name: "deep", centres: [][]float64{make([]float64, 25), make([]float64, 25)}, sigma: 1}
	for j := range 25 {
		deep.centres[1][j] = 6
	}
	x := make([]float32, n*25)
	Sample(deep, x, rng.New(36, "deep"), 0)
	for col := range 25 {
		sum := 0.0
		for k := col; k < len(x); k += 25 {
			sum += float64(x[k])
		}
		// Mean 3, variance 1 + 9.
		if z := (sum/n - 3) / math.Sqrt(10.0/n); !(math.Abs(z) < 5) {
			t.Errorf("column %d: mean %v, z = %.1f", col, sum/n, z)
		}
	}
	defer func() {
		if s, ok := recover().(string); !ok || !strings.HasPrefix(s, "dataset: ") {
			t.Errorf("panic %v", s)
		}
	}()
	Sample(deep, x[:26], rng.New(36, "deep"), 0)
}

func BenchmarkSample(b *testing.B) {
	for _, d := range builtin() {
		b.Run(d.Name(), func(b *testing.B) {
			x := make([]float32, 1<<14)
			s := rng.New(1, "bench")
			for b.Loop() {
				Sample(d, x, s, 0)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(1<<13), "ns/point")
		})
	}
}
