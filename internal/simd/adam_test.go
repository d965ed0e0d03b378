package simd

import (
	"math"
	"testing"
)

// TestAdam follows 30 steps with the formulas of torch.optim.Adam and AdamW in float64, at every
// level, and wants the same bits from all levels.
func TestAdam(t *testing.T) {
	const n, steps = 83, 30
	var first [2][]float32
	atLevels(t, func(t *testing.T) {
		for mode := range 2 {
			r := newRand(1)
			c := AdamCoef{Alpha: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1, Decoupled: mode == 1}
			p, m, v := normals(r, n, 3), make([]float32, n), make([]float32, n)
			P, M, V := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range P {
				P[i] = float64(p[i])
			}
			b1, b2 := float64(c.Beta1), float64(c.Beta2)
			for step := 1; step <= steps; step++ {
				g := normals(r, n, 0)
				corr1, corr2 := 1-math.Pow(b1, float64(step)), 1-math.Pow(b2, float64(step))
				c.Corr1, c.Corr2 = float32(corr1), float32(corr2)
				Adam(p, g, m, v, c)
				for i := range P {
					grad := float64(g[i])
					if mode == 1 {
						P[i] -= float64(c.Alpha) * float64(c.WeightDecay) * P[i]
					} else {
						grad += float64(c.WeightDecay) * P[i]
					}
					M[i] = b1*M[i] + (1-b1)*grad
					V[i] = b2*V[i] + (1-b2)*grad*grad
					P[i] -= float64(c.Alpha) * (M[i] / corr1) / (math.Sqrt(V[i]/corr2) + float64(c.Eps))
				}
			}
			for i := range P {
				// Each step rounds p to 2⁻²⁴ and moves it by 0.01 with a
				// relative error of a few 2⁻²⁴.
				if d := math.Abs(float64(p[i]) - P[i]); d > steps*0x1p-23*math.Max(1, math.Abs(P[i])) {
					t.Fatalf("mode %d: p[%d] = %v, want %v", mode, i, p[i], P[i])
				}
			}
			checkAround(t, p, "Adam", 3)
			if first[mode] != nil {
				sameBits(t, p, first[mode], "Adam")
			}
			first[mode] = p
		}
	})
}

// TestAdamDeadUnits: without gradient the moments reach zero, not the denormals, and p rests.
func TestAdamDeadUnits(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		p, m, v, g := make([]float32, 33), make([]float32, 33), make([]float32, 33), make([]float32, 33)
		for i := range p {
			p[i], m[i], v[i] = 1, float32(i-16), 1
		}
		c := AdamCoef{Alpha: 1e-3, Beta1: 0.5, Beta2: 0.5, Eps: 1e-8, Corr1: 1, Corr2: 1}
		for range 150 {
			Adam(p, g, m, v, c)
			for i := range m {
				if a := abs(m[i]); a != 0 && a < 0x1p-100 || v[i] != 0 && v[i] < 0x1p-120 {
					t.Fatalf("moments %v and %v", m[i], v[i])
				}
			}
		}
		for i := range m {
			if m[i] != 0 || v[i] != 0 || p[i] != p[i] {
				t.Fatalf("m %v, v %v, p %v", m[i], v[i], p[i])
			}
		}
	})
}

// TestAdamFirstStep: the first step moves every parameter by Alpha against the sign of its gradient,
// whatever the gradient's size.
func TestAdamFirstStep(t *testing.T) {
	p, g := make([]float32, 20), make([]float32, 20)
	for i := range g {
		g[i] = float32(math.Pow(-10, float64(i%7-3)))
	}
	c := AdamCoef{Alpha: 0.5, Beta1: 0.9, Beta2: 0.999}
	c.Corr1, c.Corr2 = 1-c.Beta1, 1-c.Beta2
	Adam(p, g, make([]float32, 20), make([]float32, 20), c)
	for i := range p {
		if want := -math.Copysign(0.5, float64(g[i])); math.Abs(float64(p[i])-want) > 1e-6 {
			t.Errorf("gradient %v: step %v, want %v", g[i], p[i], want)
		}
	}
	if !panics(func() { Adam(p, g, p[:19], g, c) }) {
		t.Error("no panic for a short moment")
	}
}
