package rng

import (
	"math"
	"slices"
	"testing"
)

// The seeds of these tests are fixed. Thresholds are chosen so that a fresh
// seed would fail with probability below 1e-6 per comparison: 5 standard
// errors for a z-score (5.7e-7), and 2.7/sqrt(n) for the Kolmogorov-Smirnov
// distance (2 exp(-2*2.7^2) = 9e-7).
const (
	zLimit  = 5.0
	ksLimit = 2.7
)

func checkZ(t *testing.T, what string, got, want, sigma float64) {
	t.Helper()
	z := (got - want) / sigma
	t.Logf("%s: %.6g, expected %.6g, z = %.2f", what, got, want, z)
	if !(math.Abs(z) < zLimit) {
		t.Errorf("%s: %.6g, expected %.6g: z = %.2f", what, got, want, z)
	}
}

// ksDistance returns the Kolmogorov-Smirnov distance of x from a CDF.
func ksDistance(x []float32, cdf func(float64) float64) float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	n := float64(len(s))
	worst := 0.0
	for i, v := range s {
		p := cdf(float64(v))
		worst = max(worst, p-float64(i)/n, float64(i+1)/n-p)
	}
	return worst
}

func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

func TestDistributions(t *testing.T) {
	const rows, width = 50000, 5 // width 5 covers all four words of a block and a second quad
	n := float64(rows * width)
	for _, c := range []struct {
		name    string
		fill    func(s Stream, dst []float32, ld int, step, row0 uint64, rows, width int)
		cdf     func(float64) float64
		moments [4]float64 // E x^k, k = 1..4
		squares [4]float64 // E x^2k
	}{
		{
			"normal", Stream.NormalRows, normalCDF,
			[4]float64{0, 1, 0, 3},
			[4]float64{1, 3, 15, 105},
		},
		{
			"uniform", Stream.UniformRows, func(x float64) float64 { return x },
			[4]float64{1.0 / 2, 1.0 / 3, 1.0 / 4, 1.0 / 5},
			[4]float64{1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9},
		},
	} {
		x := make([]float32, rows*width)
		c.fill(New(2021, c.name), x, rows, 9, 0, rows, width)
		for k := range 4 {
			sum := 0.0
			for _, v := range x {
				sum += math.Pow(float64(v), float64(k+1))
			}
			sigma := math.Sqrt((c.squares[k] - c.moments[k]*c.moments[k]) / n)
			checkZ(t, c.name+" moment", sum/n, c.moments[k], sigma)
		}
		for col := range width {
			d := ksDistance(x[col*rows:][:rows], c.cdf) * math.Sqrt(rows)
			t.Logf("%s column %d: KS distance × √n = %.3f", c.name, col, d)
			if d > ksLimit {
				t.Errorf("%s column %d: KS distance × √n = %.3f", c.name, col, d)
			}
		}
	}
}

// The number of normals beyond ±t is binomial with p = erfc(t/√2).
func TestNormalTails(t *testing.T) {
	const rows, width, calls = 1 << 14, 4, 256
	s := New(4, "tails")
	dst := make([]float32, rows*width)
	limits := []float64{1, 2, 3, 4, 5}
	counts := make([][2]int, len(limits))
	for call := range uint64(calls) {
		s.NormalRows(dst, rows, 1, call*rows, rows, width)
		for _, v := range dst {
			for k, l := range limits {
				if float64(v) > l {
					counts[k][0]++
				} else if float64(v) < -l {
					counts[k][1]++
				} else {
					break
				}
			}
		}
	}
	const n = float64(rows * width * calls)
	for k, l := range limits {
		p := math.Erfc(l / math.Sqrt2)
		expect := n * p
		total := counts[k][0] + counts[k][1]
		if expect > 100 {
			checkZ(t, "beyond", float64(total), expect, math.Sqrt(expect*(1-p)))
			checkZ(t, "above", float64(counts[k][0]), expect/2, math.Sqrt(expect/2*(1-p/2)))
			continue
		}
		// Poisson with mean 9.6: P(0) = 7e-5 below, P(> 30) = 1e-8 above.
		t.Logf("beyond ±%v: %d, expected %.2f", l, total, expect)
		if total == 0 || total > 30 {
			t.Errorf("beyond ±%v: %d, expected %.2f", l, total, expect)
		}
	}
}

// radius and cosSin at the ends of their range and at the borders of their
// tables, where no random draw would reach.
func TestBoxMullerAccuracy(t *testing.T) {
	var words []uint32
	for shift := range 32 {
		for d := range uint32(40) {
			words = append(words, 1<<shift+d, 1<<shift-d, ^(1<<shift + d))
		}
	}
	for k := range uint32(1 << 12) {
		words = append(words, k<<20, k<<20-1, k<<20+1)
	}
	worstR, worstC := 0.0, 0.0
	for _, x := range words {
		u := (float64(x) + 0.5) * 0x1p-32
		// log1p is the accurate reference near u = 1, log elsewhere.
		want := math.Sqrt(-2 * math.Log(u))
		if u > 0.5 {
			want = math.Sqrt(-2 * math.Log1p(u-1))
		}
		worstR = max(worstR, math.Abs(radius(x)/want-1))
		sin, cos := math.Sincos(2 * math.Pi * (float64(x) * 0x1p-32))
		c, s := cosSin(x)
		worstC = max(worstC, math.Abs(c-cos), math.Abs(s-sin))
	}
	t.Logf("radius: relative error %.3g = 2^%.1f; cosSin: absolute error %.3g = 2^%.1f",
		worstR, math.Log2(worstR), worstC, math.Log2(worstC))
	if worstR > 0x1p-43 || worstC > 0x1p-38 {
		t.Errorf("radius error %.3g, cosSin error %.3g", worstR, worstC)
	}
	if r := radius(0); math.Abs(r-math.Sqrt(66*math.Ln2)) > 1e-8 {
		t.Errorf("largest radius %v", r)
	}
}

func TestUniformBounds(t *testing.T) {
	for _, x := range []uint32{0, 1, 1 << 31, lastUniform - 1, lastUniform, lastUniform + 1, math.MaxUint32} {
		u := unit(x)
		if f := float32(u); !(u > 0 && u < 1 && f > 0 && f < 1) {
			t.Errorf("word %#x gives %v, %v in float32", x, u, f)
		}
	}
}

// Correlations between streams, steps, columns, rows and uses are z-scores of
// a mean of products of independent standard normals, whose variance is 1/n.
func TestIndependence(t *testing.T) {
	const n = 100000
	base := New(7, "base")
	column := func(s Stream, step, row0 uint64, col int) []float32 {
		all := make([]float32, n*(col+1))
		s.NormalRows(all, n, step, row0, n, col+1)
		return all[col*n:]
	}
	// Uniforms scaled to unit variance.
	uniform := func(s Stream, step uint64) []float32 {
		u := make([]float32, n)
		s.UniformRows(u, n, step, 0, n, 1)
		for i, v := range u {
			u[i] = float32((float64(v) - 0.5) * math.Sqrt(12))
		}
		return u
	}
	x := column(base, 3, 0, 0)
	others := map[string][]float32{
		"other name":         column(New(7, "basf"), 3, 0, 0),
		"other seed":         column(New(8, "base"), 3, 0, 0),
		"child":              column(base.Sub("child"), 3, 0, 0),
		"next step":          column(base, 4, 0, 0),
		"step in high bits":  column(base, 3+1<<32, 0, 0),
		"next row":           column(base, 3, 1, 0),
		"row in high bits":   column(base, 3, 1<<32, 0),
		"pair's other half":  column(base, 3, 0, 1),
		"block's other pair": column(base, 3, 0, 2),
		"next block":         column(base, 3, 0, 4),
		"uniform":            uniform(base, 3),
	}
	for name, y := range others {
		sum, sum2 := 0.0, 0.0
		for i := range x {
			a, b := float64(x[i]), float64(y[i])
			sum += a * b
			sum2 += (a*a - 1) * (b*b - 1)
		}
		checkZ(t, name, sum/n, 0, 1/math.Sqrt(n))
		// Var (a²-1)(b²-1) = 2·2 for normals; less for uniforms.
		checkZ(t, name+", squares", sum2/n, 0, 2/math.Sqrt(n))
	}
}
