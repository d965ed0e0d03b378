package nn

import (
	"math"

	"etalon/rng"
)

// Initialisation says how the weights of a layer with fanIn inputs and fanOut
// outputs start. Biases start at zero, except with TorchUniform.
type Initialisation int

const (
	// TorchUniform is what PyTorch's nn.Linear does, and so what the LaSeR paper's
	// networks started from: weights and biases uniform in ±1/√fanIn.
	TorchUniform Initialisation = iota
	// HeNormal is N(0, 2/((1+slope²)·fanIn)): He et al. 2015, arXiv:1502.01852, eq. 15.
	HeNormal
	// HeUniform has the variance of HeNormal, uniform: Keras' he_uniform.
	HeUniform
	// GlorotUniform is uniform in ±√(6/(fanIn+fanOut)): Glorot and Bengio 2010, eq. 16.
	GlorotUniform
)

// fill draws weights (fanIn×fanOut) and biases from the stream.
func (k Initialisation) fill(w, b []float32, fanIn, fanOut int, slope float64, s rng.Stream) {
	uniform := func(dst []float32, step uint64, bound float64) {
		for i := range dst {
			dst[i] = float32(bound * (2*s.Uniform(step, uint64(i), 0) - 1))
		}
	}
	he := math.Sqrt(2 / ((1 + slope*slope) * float64(fanIn)))
	switch k {
	case HeNormal:
		for i := range w {
			w[i] = float32(he * s.Normal(0, uint64(i), 0))
		}
	case HeUniform:
		uniform(w, 0, he*math.Sqrt(3))
	case GlorotUniform:
		uniform(w, 0, math.Sqrt(6/float64(fanIn+fanOut)))
	default:
		bound := 1 / math.Sqrt(float64(fanIn))
		uniform(w, 0, bound)
		uniform(b, 1, bound)
	}
}
