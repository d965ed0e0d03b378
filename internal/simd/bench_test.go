package simd

import (
	"fmt"
	"testing"
)

// BenchmarkGemm times the three products of one layer, in GFLOP/s. shape is M×N×K; peak is a
// product whose panels lie wholly in the level-1 cache.
func BenchmarkGemm(b *testing.B) {
	shapes := []struct {
		name    string
		p       pattern
		m, n, k int
		e       Epilogue
	}{
		{"peak", inputGrad, 8, 48, 192, Store},
		{"forward", forward, 96, 336, 96, BiasLeaky},
		{"inputGrad", inputGrad, 96, 336, 96, LeakyGrad},
		{"weightGrad", weightGrad, 96, 96, 336, Accumulate},
		{"forward", forward, 48, 336, 48, BiasLeaky},
		{"inputGrad", inputGrad, 48, 336, 48, LeakyGrad},
		{"weightGrad", weightGrad, 48, 48, 336, Accumulate},
		{"forward", forward, 50, 336, 50, BiasLeaky},
		{"forward", forward, 128, 336, 128, BiasLeaky},
		{"forward", forward, 256, 336, 256, BiasLeaky},
		{"forward", forward, 1, 336, 96, BiasLeaky},
		{"weightGrad", weightGrad, 96, 1, 336, Accumulate},
	}
	for _, l := range Supported() {
		for _, s := range shapes {
			b.Run(fmt.Sprintf("level=%v/op=%s/shape=%dx%dx%d", l, s.name, s.m, s.n, s.k), func(b *testing.B) {
				defer SetLevel(l)()
				g := product(newRand(1), s.p, s.m, s.n, s.k, s.e, 0)
				g.LDB, g.LDC = roundUp(s.n), roundUp(s.n)
				for b.Loop() {
					g.Run()
				}
				flop := 2 * float64(s.m) * float64(s.n) * float64(s.k)
				b.ReportMetric(flop*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
	}
}

func BenchmarkTranspose(b *testing.B) {
	for _, l := range Supported() {
		b.Run("level="+l.String(), func(b *testing.B) {
			defer SetLevel(l)()
			src, dst := make([]float32, 96*336), make([]float32, 96*336)
			b.SetBytes(4 * 96 * 336)
			for b.Loop() {
				Transpose(dst, 96, src, 336, 96, 336)
			}
		})
	}
}

func BenchmarkElementwise(b *testing.B) {
	const n = 336
	p, q, r, m, v := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range q {
		q[i], r[i] = float32(i%17)-8, float32(i%5)
	}
	ops := []struct {
		name string
		f    func()
	}{
		{"Add", func() { Add(p, q, r) }},
		{"Max", func() { Max(p, q, r) }},
		{"LeakyMask", func() { LeakyMask(p, q, r, 0.2) }},
		{"Exp", func() { Exp(p, q) }},
		{"Log", func() { Log(p, r) }},
		{"Tanh", func() { Tanh(p, q) }},
		{"Sigmoid", func() { Sigmoid(p, q) }},
		{"Softplus", func() { Softplus(p, q) }},
		{"Sum", func() { Sum(q) }},
		{"Dot", func() { Dot(q, r) }},
		{"Adam", func() {
			Adam(p, q, m, v, AdamCoef{Alpha: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Corr1: 1, Corr2: 1})
		}},
	}
	for _, l := range Supported() {
		for _, op := range ops {
			b.Run("level="+l.String()+"/op="+op.name, func(b *testing.B) {
				defer SetLevel(l)()
				for b.Loop() {
					op.f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
	}
}
