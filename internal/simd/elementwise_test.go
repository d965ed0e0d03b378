package simd

import (
	"math"
	"testing"
)

// An elementwise function by its definition for one element, from up to three
// sources and a scalar.
type elementwise struct {
	name    string
	sources int
	run     func(dst, a, b, c []float32, s float32)
	want    func(a, b, c, s float32) float32
}

// larger is math.Max, but for +Inf and NaN it is NaN.
func larger(x, y float32) float32 {
	if x != x || y != y {
		return x + y
	}
	return float32(math.Max(float64(x), float64(y)))
}

func smaller(x, y float32) float32 { return -larger(-x, -y) }

// either returns yes where c > 0, else no.
func either(c, yes, no float32) float32 {
	if c > 0 {
		return yes
	}
	return no
}

// unary and binary adapt functions of one and two sources.
func unary(name string, f func(dst, a []float32), want func(x float32) float32) elementwise {
	return elementwise{name, 1, func(dst, a, _, _ []float32, _ float32) { f(dst, a) },
		func(a, _, _, _ float32) float32 { return want(a) }}
}

func binary(name string, f func(dst, a, b []float32), want func(x, y float32) float32) elementwise {
	return elementwise{name, 2, func(dst, a, b, _ []float32, _ float32) { f(dst, a, b) },
		func(a, b, _, _ float32) float32 { return want(a, b) }}
}

func scalar(name string, f func(dst, a []float32, s float32), want func(x, s float32) float32) elementwise {
	return elementwise{name, 1, func(dst, a, _, _ []float32, s float32) { f(dst, a, s) },
		func(a, _, _, s float32) float32 { return want(a, s) }}
}

var elementwises = []elementwise{
	binary("Add", Add, func(x, y float32) float32 { return x + y }),
	binary("Sub", Sub, func(x, y float32) float32 { return x - y }),
	binary("Mul", Mul, func(x, y float32) float32 { return x * y }),
	binary("Div", Div, func(x, y float32) float32 { return x / y }),
	binary("Max", Max, larger),
	binary("Min", Min, smaller),
	scalar("AddScalar", AddScalar, func(x, s float32) float32 { return x + s }),
	scalar("SubScalar", SubScalar, func(x, s float32) float32 { return x - s }),
	scalar("RSubScalar", RSubScalar, func(x, s float32) float32 { return s - x }),
	scalar("MulScalar", MulScalar, func(x, s float32) float32 { return x * s }),
	scalar("DivScalar", DivScalar, func(x, s float32) float32 { return x / s }),
	scalar("RDivScalar", RDivScalar, func(x, s float32) float32 { return s / x }),
	scalar("MaxScalar", MaxScalar, larger),
	scalar("MinScalar", MinScalar, smaller),
	unary("Neg", Neg, func(x float32) float32 { return -x }),
	unary("Abs", Abs, func(x float32) float32 { return float32(math.Abs(float64(x))) }),
	unary("Square", Square, func(x float32) float32 { return x * x }),
	unary("Sqrt", Sqrt, func(x float32) float32 { return float32(math.Sqrt(float64(x))) }),
	unary("Sign", Sign, func(x float32) float32 {
		if x == 0 || x != x {
			return x
		}
		return float32(math.Copysign(1, float64(x)))
	}),
	unary("Step", Step, func(x float32) float32 { return either(x, 1, 0) }),
	unary("Floor", Floor, func(x float32) float32 { return float32(math.Floor(float64(x))) }),
	unary("Exp", Exp, exp),
	unary("Log", Log, log),
	unary("Tanh", Tanh, tanh),
	unary("Sigmoid", Sigmoid, sigmoid),
	unary("Softplus", Softplus, softplus),
	scalar("Leaky", Leaky, func(x, s float32) float32 {
		if s*x > x {
			return s * x
		}
		return x
	}),
	{"LeakyMask", 2, func(dst, a, b, _ []float32, s float32) { LeakyMask(dst, a, b, s) },
		func(a, b, _, s float32) float32 { return either(b, a, float32(a*s)) }},
	{"Select", 3, func(dst, a, b, c []float32, _ float32) { Select(dst, a, b, c) },
		func(a, b, c, _ float32) float32 { return either(a, b, c) }},
	{"Fill", 0, func(dst, _, _, _ []float32, s float32) { Fill(dst, s) },
		func(_, _, _, s float32) float32 { return s }},
}

var specials = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, 0x1p-149, -0x1p-149, 0x1p-130, 0x1p-126, -0x1p-126,
	math.MaxFloat32, -math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	88.7, 88.8, -87.4, -103.9, -104.1, 0.625, 0.5, 9, -17, 1e-20, 1e20, 2.5, -2.5, 1 << 23, -0.9999999, 8388607.5,
}

// values returns n random floats of which every fourth or so is special.
func values(seed uint64, n, off int) []float32 {
	r := newRand(seed)
	x := normals(r, n, off)
	for i := range x {
		switch r.IntN(8) {
		case 0, 1:
			x[i] = specials[r.IntN(len(specials))]
		case 2:
			x[i] *= 30
		}
	}
	return x
}

// same reports whether x and y have the same bits or are both NaN.
func same(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}

// TestElementwise compares each function with its definition for lengths 0
// to 70 and some longer, all special values, every alignment, and dst as each of the sources.
func TestElementwise(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for _, fn := range elementwises {
			for n := range 74 {
				if n > 70 {
					n *= 15
				}
				for alias := range fn.sources + 1 {
					testElementwise(t, fn, n, alias, (n+5*alias)%16)
				}
			}
		}
	})
}

func testElementwise(t *testing.T, fn elementwise, n, alias, off int) {
	t.Helper()
	src := [3][]float32{values(1, n, off), values(2, n, off), values(3, n, 0)}
	s := specials[n%len(specials)]
	if n%2 == 0 {
		s = 0.25
	}
	want := make([]float32, n)
	for i := range want {
		want[i] = fn.want(src[0][i], src[1][i], src[2][i], s)
	}
	dst := sentinels(n, off)
	if alias > 0 {
		dst = src[alias-1]
		if alias == 3 {
			off = 0
		}
	}
	fn.run(dst, src[0], src[1], src[2], s)
	for i, v := range dst {
		if !same(v, want[i]) {
			t.Fatalf("%s, length %d, alias %d: element %d is %v, want %v (a %v, b %v, c %v, s %v)",
				fn.name, n, alias, i, v, want[i], src[0][i], src[1][i], src[2][i], s)
		}
	}
	checkAround(t, dst, fn.name, off)
}

func TestAxpy(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for n := range 71 {
			dst, a := values(1, n, n%16), values(2, n, n%16)
			want := make([]float32, n)
			for i := range want {
				want[i] = dst[i] + float32(0.3*a[i])
			}
			Axpy(dst, a, 0.3)
			for i := range want {
				if !same(dst[i], want[i]) {
					t.Fatalf("length %d: element %d is %v, want %v", n, i, dst[i], want[i])
				}
			}
			checkAround(t, dst, "Axpy", n%16)
		}
	})
}

func TestElementwiseLengths(t *testing.T) {
	for _, fn := range elementwises {
		for short := range fn.sources {
			src := [3][]float32{make([]float32, 40), make([]float32, 40), make([]float32, 40)}
			src[short] = src[short][:39]
			if !panics(func() { fn.run(make([]float32, 40), src[0], src[1], src[2], 1) }) {
				t.Errorf("%s: no panic for a short source %d", fn.name, short)
			}
		}
	}
}
