package mcmc

import (
	"math"
	"testing"

	"etalon/rng"
)

// launch is a phase-space point with its gradient.
func launch(t *testing.T, f field, dim int, q, p []float64) *phase {
	t.Helper()
	s := newPhase(len(q)/dim, dim)
	copy(s.q, q)
	copy(s.p, p)
	if err := f.eval(s.q, s.logq, s.grad); err != nil {
		t.Fatal(err)
	}
	return s
}

func fly(t *testing.T, f field, s *phase, invMass []float64, eps float64, steps int) {
	t.Helper()
	live := make([]bool, len(s.logq))
	for c := range live {
		live[c] = true
	}
	start := newPhase(len(s.logq), s.dim)
	start.copyFrom(s)
	if err := leapfrog(f, s, start, invMass, eps, steps, live); err != nil {
		t.Fatal(err)
	}
	for c, ok := range live {
		if !ok {
			t.Fatalf("chain %d died", c)
		}
	}
}

// TestOrbit: the leapfrog of the harmonic oscillator has the exact discrete
// orbit q_n = q_0 cos nθ + p_0 sin nθ/√(1-ε²/4), cos θ = 1 - ε²/2; with mass m
// the frequency is 1/√m. Tolerance: 200 steps of float64 rounding.
func TestOrbit(t *testing.T) {
	f := standardNormal(2)
	invMass := []float64{1, 0.25}
	const eps, steps = 0.3, 200
	q0, p0 := []float64{1.2, -0.7}, []float64{0.4, 1.9}
	s := launch(t, f, 2, q0, p0)
	fly(t, f, s, invMass, eps, steps)
	for j, v := range invMass {
		w := math.Sqrt(v)
		e := eps * w
		theta := math.Acos(1 - e*e/2)
		want := q0[j]*math.Cos(steps*theta) + p0[j]*w*math.Sin(steps*theta)/math.Sqrt(1-e*e/4)
		if math.Abs(s.q[j]-want) > 1e-11 {
			t.Errorf("column %d: position %.15g, want %.15g", j, s.q[j], want)
		}
	}
}

// TestEnergyOrder: the energy error over a fixed time goes as ε²: slope of the
// log root-mean-square error over 64 trajectories.
func TestEnergyOrder(t *testing.T) {
	for name, d := range map[string]*density{"oscillator": standardNormal(2), "banana": banana(0.5, 0.7)} {
		stream := rng.New(1, "launch")
		q, p := make([]float64, 128), make([]float64, 128)
		for i := range q {
			q[i], p[i] = stream.Normal(0, uint64(i), 0), stream.Normal(0, uint64(i), 1)
		}
		unit := []float64{1, 1}
		var sx, sy, sxx, sxy, n float64
		for _, steps := range []int{40, 60, 90, 135, 200} {
			s := launch(t, d, 2, q, p)
			before := make([]float64, 64)
			for c := range before {
				before[c] = s.kinetic(c, unit) - s.logq[c]
			}
			fly(t, d, s, unit, 1.3/float64(steps), steps)
			sum := 0.0
			for c := range before {
				e := s.kinetic(c, unit) - s.logq[c] - before[c]
				sum += e * e
			}
			x, y := -math.Log(float64(steps)), math.Log(sum)/2
			sx, sy, sxx, sxy, n = sx+x, sy+y, sxx+x*x, sxy+x*y, n+1
		}
		slope := (n*sxy - sx*sy) / (n*sxx - sx*sx)
		if slope < 1.9 || slope > 2.1 {
			t.Errorf("%s: energy error goes as ε^%.3f, want 2", name, slope)
		}
	}
}

// TestReversal: with its momentum turned round a trajectory returns to its
// start. In float64 up to rounding; and just so through the float32 target,
// whose force is a step function of the float64 position.
func TestReversal(t *testing.T) {
	d := banana(0.5, 0.7)
	for name, f := range map[string]field{"float64": d, "float32": newRounded(d, 16)} {
		stream := rng.New(2, "launch")
		q, p := make([]float64, 32), make([]float64, 32)
		for i := range q {
			q[i], p[i] = stream.Normal(0, uint64(i), 0), stream.Normal(0, uint64(i), 1)
		}
		m := []float64{1.3, 0.6}
		s := launch(t, f, 2, q, p)
		fly(t, f, s, m, 0.1, 30)
		moved := 0.0
		for i := range s.p {
			moved = max(moved, math.Abs(s.q[i]-q[i]))
			s.p[i] = -s.p[i]
		}
		fly(t, f, s, m, 0.1, 30)
		for i := range q {
			if math.Abs(s.q[i]-q[i]) > 1e-10 || math.Abs(s.p[i]+p[i]) > 1e-10 {
				t.Errorf("%s: returned to (%.12g, %.12g), started at (%.12g, %.12g)", name, s.q[i], -s.p[i], q[i], p[i])
			}
		}
		if moved < 1 {
			t.Errorf("%s: trajectories moved only %g", name, moved)
		}
	}
}

// TestVolume: the determinant of the map (q, p) → (q', p') is 1. Central
// differences of step 1e-5: error about 1e-10 from truncation and rounding,
// times the condition of the Jacobian.
func TestVolume(t *testing.T) {
	d := banana(1, 0.5)
	m := []float64{1.3, 0.6}
	at := []float64{0.8, -0.3, 1.1, 0.6}
	const h = 1e-5
	var jac [4][4]float64
	for k := range at {
		var end [2][4]float64
		for side, sign := range []float64{1, -1} {
			x := append([]float64(nil), at...)
			x[k] += sign * h
			s := launch(t, d, 2, x[:2], x[2:])
			fly(t, d, s, m, 0.1, 7)
			end[side] = [4]float64{s.q[0], s.q[1], s.p[0], s.p[1]}
		}
		for i := range 4 {
			jac[i][k] = (end[0][i] - end[1][i]) / (2 * h)
		}
	}
	if det := determinant(jac); math.Abs(det-1) > 1e-6 {
		t.Errorf("determinant %.9f, want 1", det)
	}
}

func determinant(a [4][4]float64) float64 {
	det := 1.0
	for k := range a {
		pivot := k
		for i := k; i < 4; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[pivot][k]) {
				pivot = i
			}
		}
		if pivot != k {
			a[k], a[pivot] = a[pivot], a[k]
			det = -det
		}
		det *= a[k][k]
		for i := k + 1; i < 4; i++ {
			for j := 3; j >= k; j-- {
				a[i][j] -= a[i][k] / a[k][k] * a[k][j]
			}
		}
	}
	return det
}
