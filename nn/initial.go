package nn

import (
	"math"

	"etalon/rng"
)

// Initialisation says how the weights of a layer with fanIn inputs and fanOut
// outputs start.
type Initialisation int

const (
	// TorchUniform is what PyTorch's nn.Linear does, and so what the LaSeR paper's
	// networks started from: weights and biases uniform in ±1/√fanIn.
	TorchUniform Initialisation = iota
	// HeNormal is N(0, 2/((1+slope²)·fanIn)), biases zero: He et al. 2015,
	// arXiv:1502.01852, eq. 15.
	HeNormal
	// HeUniform has the variance of HeNormal, uniform, biases zero: Keras' he_uniform.
	HeUniform
	// GlorotUniform is uniform in ±√(6/(fanIn+fanOut)), biases zero: Glorot and Bengio
	// 2010, eq. 16.
	GlorotUniform
	// Spread is HeNormal for inputs of a few features with unit variance that must be
	// resolved finely. The first layer's weights are twice as large and its kinks lie
	// through points spread evenly over ±2.5 in every feature; the other layers' biases
	// are uniform in ±0.5. With zero biases all kinks of a leaky ReLU network pass
	// through the origin at first, wherever the structure to be learned lies.
	Spread
)

const (
	spreadGain  = 2.0 // factor on the first layer's weights
	spreadReach = 2.5 // half-width of the region of the first layer's kinks
	spreadBias  = 0.5 // half-width of the other layers' biases
)

// fill draws weights (fanIn×fanOut) and biases from the stream; first tells that
// the layer is the first of its network.
func (k Initialisation) fill(w, b []float32, fanIn, fanOut int, slope float64, first bool, s rng.Stream) {
	uniform := func(dst []float32, step uint64, bound float64) {
		for i := range dst {
			dst[i] = float32(bound * (2*s.Uniform(step, uint64(i), 0) - 1))
		}
	}
	normal := func(sigma float64) {
		for i := range w {
			w[i] = float32(sigma * s.Normal(0, uint64(i), 0))
		}
	}
	he := math.Sqrt(2 / ((1 + slope*slope) * float64(fanIn)))
	switch k {
	case HeNormal:
		normal(he)
	case HeUniform:
		uniform(w, 0, he*math.Sqrt(3))
	case GlorotUniform:
		uniform(w, 0, math.Sqrt(6/float64(fanIn+fanOut)))
	case Spread:
		if !first {
			normal(he)
			uniform(b, 1, spreadBias)
			return
		}
		normal(he * spreadGain)
		for j := range b {
			t := 0.0 // w·x = t at a point x of the region
			for i := range fanIn {
				t += float64(w[i*fanOut+j]) * spreadReach * (2*s.Uniform(1, uint64(j), i) - 1)
			}
			b[j] = float32(-t)
		}
	default:
		bound := 1 / math.Sqrt(float64(fanIn))
		uniform(w, 0, bound)
		uniform(b, 1, bound)
	}
}
