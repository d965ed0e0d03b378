package mcmc

import "math"

// field is a log-density with its gradient at float64 positions: q and grad
// are rows×dim row-major, logq has rows values in nats.
type field interface {
	eval(q, logq, grad []float64) error
}

// rounded evaluates a Target, which works in float32, at the float32 points
// nearest to float64 positions.
//
// The chains' exact state is the float64 position q; the density they sample is
// π(q) ∝ q(round(q)), constant on the cell of each float32 point. The force
// round(q) ↦ ∇log q is a function of q alone, so the leapfrog stays a
// composition of shears: it preserves volume and is reversible up to float64
// rounding, however coarse or inaccurate the force is. The accept decision
// compares the energies of the same π in float64. Recording round(q), the very
// point whose density was evaluated, gives every float32 point its density times
// the size of its cell. Rounding the state itself between proposals would break
// reversibility at the level of 2^-24.
type rounded struct {
	target Target
	z      []float32 // the points evaluated last
	grad   []float32
}

func newRounded(t Target, rows int) *rounded {
	n := rows * t.Dim()
	return &rounded{target: t, z: make([]float32, n), grad: make([]float32, n)}
}

func (r *rounded) eval(q, logq, grad []float64) error {
	for i, v := range q {
		r.z[i] = float32(v)
	}
	if err := r.target.LogDensityGrad(r.z, logq, r.grad); err != nil {
		return err
	}
	for i, v := range r.grad {
		grad[i] = float64(v)
	}
	return nil
}

// finite reports whether no value is NaN or infinite.
func finite(x []float64) bool {
	for _, v := range x {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// representable reports whether every value stays finite when rounded to
// float32.
func representable(q []float64) bool {
	for _, v := range q {
		if !(math.Abs(v) <= math.MaxFloat32) {
			return false
		}
	}
	return true
}
