package simd

import (
	"flag"
	"math"
	"testing"
)

var everyFloat = flag.Bool("everyfloat", false, "measure the errors of Exp, Log, Tanh, Sigmoid and Softplus over all 2³² arguments")

// ulps returns the distance of got from the exact value in units of the last place of
// a float32 of that size (2⁻¹⁴⁹ for denormals). Where the exact value
// rounds to an infinity or is NaN, got must be that.
func ulps(got float32, exact float64) float64 {
	want := float32(exact)
	if want != want || math.IsInf(float64(want), 0) || got != got || math.IsInf(float64(got), 0) {
		if math.Float32bits(got) == math.Float32bits(want) || got != got && want != want {
			return 0
		}
		return math.Inf(1)
	}
	_, e := math.Frexp(exact)
	return math.Abs(float64(got)-exact) / math.Ldexp(1, max(e-24, -149))
}

// functions has the approximated functions, their float64 truth and the
// largest error in ulp that their comments state.
var functions = []struct {
	name  string
	f     func(dst, a []float32)
	twin  func(float32) float32
	exact func(float64) float64
	bound float64
}{
	{"Exp", Exp, exp, math.Exp, 1},
	{"Log", Log, log, math.Log, 1},
	{"Tanh", Tanh, tanh, math.Tanh, 2},
	{"Sigmoid", Sigmoid, sigmoid, exactSigmoid, 2},
	{"Softplus", Softplus, softplus, exactSoftplus, 2},
}

func exactSigmoid(x float64) float64 {
	if x < 0 {
		return math.Exp(x) / (1 + math.Exp(x))
	}
	return 1 / (1 + math.Exp(-x))
}

func exactSoftplus(x float64) float64 {
	return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}

// TestErrorBounds measures the functions against float64 at a spread of all
// float32 bit patterns, NaN and infinities included.
func TestErrorBounds(t *testing.T) {
	step := uint64(1009)
	switch {
	case *everyFloat:
		step = 1
	case testing.Short():
		step = 20011
	}
	for _, fn := range functions {
		var worst float64
		var at float32
		x, y := make([]float32, 4096), make([]float32, 4096)
		for u := uint64(0); u < 1<<32; {
			n := 0
			for ; n < len(x) && u < 1<<32; u += step {
				x[n] = math.Float32frombits(uint32(u))
				n++
			}
			fn.f(y[:n], x[:n])
			for i, v := range y[:n] {
				if e := ulps(v, fn.exact(float64(x[i]))); e > worst {
					worst, at = e, x[i]
				}
			}
		}
		t.Logf("%s: %.3f ulp at %v", fn.name, worst, at)
		if worst > fn.bound {
			t.Errorf("%s(%v): error %.3f ulp, bound %v", fn.name, at, worst, fn.bound)
		}
	}
}

// TestTwins compares the kernels with the portable functions, bit by bit, at a
// spread of all arguments.
func TestTwins(t *testing.T) {
	step := uint64(6007)
	if testing.Short() {
		step = 100003
	}
	atLevels(t, func(t *testing.T) {
		x, y := make([]float32, 4096), make([]float32, 4096)
		for _, fn := range functions {
			for u := uint64(0); u < 1<<32; {
				for i := range x {
					x[i] = math.Float32frombits(uint32(u))
					u += step
				}
				fn.f(y, x)
				for i, v := range y {
					if want := fn.twin(x[i]); !same(v, want) {
						t.Fatalf("%s(%v) = %v, portable %v", fn.name, x[i], v, want)
					}
				}
			}
		}
	})
}
