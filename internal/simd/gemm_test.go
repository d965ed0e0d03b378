package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

const sentinel = float32(-12345.678)

// atLevels runs f as a subtest at every level the processor has.
func atLevels(t *testing.T, f func(t *testing.T)) {
	for _, l := range Supported() {
		t.Run(l.String(), func(t *testing.T) {
			defer SetLevel(l)()
			f(t)
		})
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// normals returns n standard normals in a slice that starts off floats into
// its array, with sentinels before and after.
func normals(r *rand.Rand, n, off int) []float32 {
	x := sentinels(n, off)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// sentinels returns n sentinels with 32 and more on both sides.
func sentinels(n, off int) []float32 {
	x := make([]float32, n+96)
	for i := range x {
		x[i] = sentinel
	}
	return x[32+off : 32+off+n : 32+off+n]
}

// checkAround fails if a sentinel around x, made by sentinels with the same off, changed.
func checkAround(t *testing.T, x []float32, name string, off int) {
	t.Helper()
	if len(x) == 0 {
		return // Go may let an empty slice point anywhere
	}
	whole := around(x, off)
	for i, v := range whole {
		if (i < 32+off || i >= 32+off+len(x)) && v != sentinel {
			t.Fatalf("%s: wrote outside of the slice at %d of %d", name, i-32-off, len(x))
		}
	}
}

// A pattern is one of the ways in which training uses the product.
type pattern int

const (
	forward pattern = iota
	inputGrad
	weightGrad
)

func (p pattern) String() string { return [...]string{"forward", "inputGrad", "weightGrad"}[p] }

// product makes a random product of a pattern; every slice has just the
// length that it must have.
func product(r *rand.Rand, p pattern, m, n, k int, e Epilogue, off int) *Gemm {
	n16 := roundUp(n)
	g := &Gemm{M: m, N: n, K: k, Epilogue: e, Slope: 0.125, LDB: n16 + 16*r.IntN(2), LDC: n16 + 16*r.IntN(3)}
	if r.IntN(4) == 0 {
		g.Slope = float32(r.IntN(2))
	}
	switch p {
	case forward:
		g.RS, g.CS = 1, m+r.IntN(3)
	case inputGrad:
		g.RS, g.CS = k+r.IntN(3), 1
	case weightGrad:
		g.RS, g.CS = roundUp(k)+16, 1
	}
	g.A = normals(r, max(0, (m-1)*g.RS+(k-1)*g.CS+1), off)
	g.B = normals(r, max(0, (k-1)*g.LDB+n16), off)
	if k == 0 {
		g.A, g.B = nil, nil
	}
	g.C = normals(r, (m-1)*g.LDC+n16, off)
	g.Bias = normals(r, m, off)
	g.H = normals(r, (m-1)*g.LDC+n16, off)
	return g
}

// exact computes element i, j in float64 from the C before, and the
// sum of magnitudes that bounds its rounding.
func exact(g *Gemm, before []float32, i, j int) (v, size float64) {
	for p := range g.K {
		x := float64(g.A[i*g.RS+p*g.CS]) * float64(g.B[p*g.LDB+j])
		v += x
		size += math.Abs(x)
	}
	at := i*g.LDC + j
	switch g.Epilogue {
	case Accumulate:
		v += float64(before[at])
		size += math.Abs(float64(before[at]))
	case BiasLeaky:
		v += float64(g.Bias[i])
		size += math.Abs(float64(g.Bias[i]))
		v = max(v, float64(g.Slope)*v)
	case LeakyGrad:
		if !(g.H[at] > 0) {
			v *= float64(g.Slope)
		}
	}
	return v, size
}

// checkGemm runs g and compares all of C with the exact values; floats between rows must
// stay as they were. The bound is the classical one, (K + 3)·2⁻²⁴·Σ|aᵢbᵢ|.
func checkGemm(t *testing.T, g *Gemm, off int) {
	t.Helper()
	before := slices.Clone(g.C)
	g.Run()
	n16 := roundUp(g.N)
	for i := range g.M {
		for j := 0; j < g.LDC && i*g.LDC+j < len(g.C); j++ {
			got := g.C[i*g.LDC+j]
			if j >= n16 {
				if got != before[i*g.LDC+j] {
					t.Fatalf("%s: wrote between rows at %d, %d", describe(g), i, j)
				}
				continue
			}
			want, size := exact(g, before, i, j)
			if !(math.Abs(float64(got)-want) <= float64(g.K+3)*0x1p-24*size) {
				t.Fatalf("%s: C[%d][%d] = %v, want %v", describe(g), i, j, got, want)
			}
		}
	}
	checkAround(t, g.C, describe(g), off)
}

func describe(g *Gemm) string {
	return fmt.Sprintf("M %d N %d K %d RS %d CS %d LDB %d LDC %d epilogue %d slope %v", g.M, g.N, g.K, g.RS, g.CS, g.LDB, g.LDC, g.Epilogue, g.Slope)
}

// TestGemm holds products of all patterns and epilogues against float64: all M up
// to 34 with a spread of N and K, and all N and K up to 70 with a spread of M.
func TestGemm(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := newRand(1)
		count := 0
		check := func(m, n, k int) {
			p, e, off := pattern(count%3), Epilogue(count/3%4), r.IntN(16)
			checkGemm(t, product(r, p, m, n, k, e, off), off)
			count++
		}
		step := 1
		if testing.Short() {
			step = 5
		}
		for m := 1; m <= 34; m += step {
			for _, n := range []int{1, 16, 17, 40, 48, 63, 70} {
				for _, k := range []int{0, 1, 2, 3, 16, 37} {
					check(m, n, k)
				}
			}
		}
		for x := 1; x <= 70; x += step {
			for _, m := range []int{1, 7, 13, 70} {
				check(m, x, 1+r.IntN(40))
				check(m, 1+r.IntN(70), x)
			}
		}
		for p := forward; p <= weightGrad; p++ {
			for e := Store; e <= LeakyGrad; e++ {
				checkGemm(t, product(r, p, 96, 336, 96, e, 0), 0)
			}
		}
		t.Logf("%d products", count+12)
	})
}

// TestGemmLevelsAgree compares AVX2 and AVX-512 bit by bit, and a column's value with that
// of the same column computed alone.
func TestGemmLevelsAgree(t *testing.T) {
	if !supports(AVX512) {
		t.Log("no AVX-512 here: nothing to compare")
		return
	}
	r := newRand(2)
	for range 400 {
		g := product(r, pattern(r.IntN(3)), 1+r.IntN(40), 1+r.IntN(150), r.IntN(60), Epilogue(r.IntN(4)), 0)
		before := slices.Clone(g.C)
		runAt(AVX512, g)
		want := slices.Clone(g.C)
		copy(g.C, before)
		runAt(AVX2, g)
		sameBits(t, g.C, want, describe(g))

		i, j := r.IntN(g.M), r.IntN(g.N)&^(Lanes-1)
		one := *g
		one.M, one.N, one.C = 1, Lanes, slices.Clone(before[i*g.LDC+j:])
		one.Bias, one.H = g.Bias[i:], g.H[i*g.LDC+j:]
		if g.K > 0 {
			one.A, one.B = g.A[i*g.RS:], g.B[j:]
		}
		runAt(AVX512, &one)
		sameBits(t, one.C[:Lanes], want[i*g.LDC+j:][:Lanes], "one row of "+describe(g))
	}
}

func runAt(l Level, g *Gemm) {
	defer SetLevel(l)()
	g.Run()
}

func sameBits(t *testing.T, got, want []float32, name string) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: element %d of %d is %v, want %v", name, i, len(want), got[i], want[i])
		}
	}
}

// TestGemmGeneric compares each level with the portable one: they may differ by the
// rounding of the sums only.
func TestGemmGeneric(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := newRand(3)
		for range 200 {
			g := product(r, pattern(r.IntN(3)), 1+r.IntN(20), 1+r.IntN(100), 1+r.IntN(60), Epilogue(r.IntN(4)), 0)
			before := slices.Clone(g.C)
			g.Run()
			got := slices.Clone(g.C)
			copy(g.C, before)
			runAt(Generic, g)
			for i := range got {
				// |sum| of 60 products of normals, each rounded to 2⁻²⁴.
				if d := math.Abs(float64(got[i] - g.C[i])); d > 63*2*0x1p-24*150 {
					t.Fatalf("%s: %v and generic %v", describe(g), got[i], g.C[i])
				}
			}
		}
	})
}

// TestGemmSpecial sends infinities and NaN through every epilogue.
func TestGemmSpecial(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	atLevels(t, func(t *testing.T) {
		for _, m := range []int{1, 2, 5, 8} {
			for e := Store; e <= LeakyGrad; e++ {
				for _, x := range []float32{inf, -inf, nan} {
					g := product(newRand(4), forward, m, 40, 5, e, 0)
					for i := range g.A {
						g.A[i] = 1
					}
					for i := range g.H {
						g.H[i] = 1
					}
					g.Slope = 0.5
					g.B[2*g.LDB+20] = x
					g.Run()
					for i := range m {
						got := g.C[i*g.LDC+20]
						if got != x && !(got != got && x != x) {
							t.Errorf("%s: %v became %v", describe(g), x, got)
						}
						if beside := g.C[i*g.LDC+19]; math.IsInf(float64(beside), 0) || beside != beside {
							t.Errorf("%s: %v spread to the next column", describe(g), x)
						}
					}
				}
			}
			// The ReLU of +Inf is +Inf though 0·Inf is NaN; NaN in H counts as not positive.
			g := product(newRand(4), forward, m, 16, 1, BiasLeaky, 0)
			for i := range g.A {
				g.A[i] = 1
			}
			g.B[3], g.Slope = inf, 0
			g.Run()
			if g.C[3] != inf {
				t.Errorf("ReLU of +Inf is %v", g.C[3])
			}
			g = product(newRand(4), forward, m, 16, 1, LeakyGrad, 0)
			g.H[5], g.Slope = nan, 0
			g.Run()
			if g.C[5] != 0 {
				t.Errorf("mask of NaN is not the slope: %v", g.C[5])
			}
		}
	})
}

// TestGemmPanics checks that each slice one float too short is caught, and negative sizes.
func TestGemmPanics(t *testing.T) {
	short := map[string]func(g *Gemm){
		"A":        func(g *Gemm) { g.A = g.A[1:] },
		"B":        func(g *Gemm) { g.B = g.B[1:] },
		"C":        func(g *Gemm) { g.C = g.C[1:] },
		"H":        func(g *Gemm) { g.H, g.Epilogue = g.H[1:], LeakyGrad },
		"Bias":     func(g *Gemm) { g.Bias, g.Epilogue = g.Bias[1:], BiasLeaky },
		"LDC":      func(g *Gemm) { g.LDC = 16 },
		"negative": func(g *Gemm) { g.LDB = -1 },
		"overflow": func(g *Gemm) { g.RS = math.MaxInt / 2 },
		"epilogue": func(g *Gemm) { g.Epilogue = 9 },
	}
	for name, spoil := range short {
		g := product(newRand(5), forward, 4, 17, 3, Store, 0)
		spoil(g)
		if !panics(g.Run) {
			t.Errorf("%s: no panic", name)
		}
	}
	g := product(newRand(5), forward, 4, 17, 3, Store, 0)
	g.Bias, g.H = nil, nil
	if panics(g.Run) {
		t.Error("panic on slices that Store does not use")
	}
	new(Gemm).Run()
}

func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}

// sink keeps results alive.
var sink float64

func TestNoAllocation(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		x := normals(newRand(6), 4096, 0)
		y := make([]float32, 4096)
		if n := testing.AllocsPerRun(10, func() {
			g := Gemm{M: 9, N: 40, K: 7, A: x, RS: 1, CS: 9, B: x, LDB: 48, C: y, LDC: 48}
			g.Run()
			Transpose(y, 64, x, 64, 63, 64)
			Exp(y, x)
			Adam(y[:1000], x[:1000], y[1000:2000], y[2000:3000], AdamCoef{Corr1: 1, Corr2: 1})
			sink = Sum(x) + Dot(x, y)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
