package train

import "etalon/internal/simd"

// Average keeps an exponential moving average of parameters, θ̄ ← d·θ̄ + (1-d)·θ
// after each step: less noisy than the last iterate of a stochastic training. The
// first steps average evenly, so that the start is forgotten.
type Average struct {
	Decay  float64
	Values []float32
	tmp    []float32
}

// NewAverage starts an average at the given parameters.
func NewAverage(decay float64, params []float32) *Average {
	return &Average{Decay: decay, Values: append([]float32(nil), params...), tmp: make([]float32, len(params))}
}

// Update takes in the parameters after step number step (from 0).
func (a *Average) Update(params []float32, step int) {
	d := min(a.Decay, float64(step+1)/float64(step+10))
	simd.Sub(a.tmp, params, a.Values)
	simd.Axpy(a.Values, a.tmp, float32(1-d))
}
