package bibae

import (
	"math"

	"etalon/calo"
	"etalon/graph"
)

// sums are simple numbers of a shower: the energy of each layer, the active cells of each
// layer, the total energy, the number of active cells and the centroid, less their mean
// and divided by their standard deviation over the training's showers.
type sums struct {
	net      Config
	cut      float64 // MeV
	mean, sd []float64
}

// sums is how many there are.
func (c Config) sums() int { return 2*c.Layers + 3 }

func (s *sums) count() int { return s.net.sums() }

// newSums computes means and standard deviations.
func newSums(net Config, cut float64, showers *calo.Sparse) *sums {
	s := &sums{net: net, cut: cut}
	n := s.count()
	s.mean, s.sd = make([]float64, n), make([]float64, n)
	square, row := make([]float64, n), make([]float64, n)
	for i := range showers.Len() {
		s.of(row, showers, i)
		for k, v := range row {
			s.mean[k] += v
			square[k] += v * v
		}
	}
	size := float64(showers.Len())
	for k := range n {
		s.mean[k] /= size
		s.sd[k] = math.Sqrt(math.Max(0, square[k]/size-s.mean[k]*s.mean[k]))
		if !(s.sd[k] > 1e-6*(1+math.Abs(s.mean[k]))) {
			s.sd[k] = 1
		}
	}
	return s
}

// of writes the numbers of a shower to dst, as they are.
func (s *sums) of(dst []float64, showers *calo.Sparse, i int) {
	clear(dst)
	layers, size := s.net.Layers, s.net.X*s.net.Y
	cells, mev := showers.Shower(i)
	moment := 0.0
	for k, c := range cells {
		if e := float64(mev[k]); e >= s.threshold() {
			l := int(c) / size
			dst[l] += e
			dst[layers+l]++
			dst[2*layers] += e
			dst[2*layers+1]++
			moment += float64(l+1) * e
		}
	}
	dst[2*layers+2] = moment / math.Max(dst[2*layers], 1)
}

// threshold is a little below the cut, so that a cell at the cut counts in any precision.
func (s *sums) threshold() float64 { return 0.999 * s.cut }

// raw adds the numbers of showers to the graph as they are: of energies in MeV, and of what is
// one in active cells and zero elsewhere.
func (c Config) raw(mev, active *graph.Node) *graph.Node {
	g, layers := mev.Graph, c.Layers
	inner := c.X * c.Y
	energy := graph.SumRepeats(graph.Mul(mev, graph.Stop(active)), 1, inner)
	number := graph.SumRepeats(active, 1, inner)
	place := make([]float64, layers)
	for l := range place {
		place[l] = float64(l + 1)
	}
	total := graph.SumFeatures(energy)
	centroid := graph.Div(graph.SumFeatures(graph.Mul(energy, g.Const(place, layers))), graph.Max(total, g.Scalar(1)))
	return graph.Concat(energy, number, total, graph.SumFeatures(number), centroid)
}

// build adds the standardised numbers.
func (s *sums) build(mev, active *graph.Node) *graph.Node {
	g := mev.Graph
	return graph.Mul(graph.Sub(s.net.raw(mev, active), g.Const(s.mean, len(s.mean))), g.Const(s.scale(), len(s.mean)))
}

// totalWeight is how much more the total energy, the number of active cells and the centroid count
// than the energies and cells of single layers.
const totalWeight = 3

// scale is the inverse of the standard deviations, times what the numbers count.
func (s *sums) scale() []float64 {
	scale := make([]float64, len(s.sd))
	for k, v := range s.sd {
		scale[k] = 1 / v
		if k >= 2*s.net.Layers {
			scale[k] *= totalWeight
		}
	}
	return scale
}

// ofTruth adds the numbers of true showers.
func (s *sums) ofTruth(mev *graph.Node) *graph.Node {
	return s.build(mev, graph.Step(graph.AddScalar(mev, -s.threshold())))
}

// ofDecoder adds the numbers of what decode returned. Whether a cell is active has the
// derivative of a ramp across the threshold, which is exactly zero away from it: tails of a
// smooth step would be denormal numbers, on which convolutions are slow.
func (s *sums) ofDecoder(u, mev *graph.Node) *graph.Node {
	g, at := u.Graph, s.net.compress(s.threshold())
	above := graph.AddScalar(u, -at)
	ramp := graph.AddScalar(graph.MulScalar(above, 1/(2*rampWidth*math.Max(at, 1e-6))), 0.5)
	ramp = graph.Max(graph.Min(ramp, g.Scalar(1)), g.Scalar(0))
	return s.build(mev, graph.Add(ramp, graph.Stop(graph.Sub(graph.Step(above), ramp))))
}

// rampWidth is half the width of the ramp in units of the threshold.
const rampWidth = 0.4
