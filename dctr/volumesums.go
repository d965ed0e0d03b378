package dctr

import (
	"fmt"
	"math"

	"etalon/graph"
)

// sums is how many sums of a volume the dense layers see beside the convolutions: the
// energy and the number of active cells of each layer, both of all layers, and the
// energy-weighted mean layer.
func (v *Volume) sums() int {
	if !v.Sums {
		return 0
	}
	return 2*v.Positions[0] + 3
}

func (v *Volume) checkSums() error {
	n := v.sums()
	for _, s := range [][]float64{v.SumMean, v.SumScale} {
		if len(s) != 0 && len(s) != n {
			return fmt.Errorf("classifier: volume: mean and scale of %d sums; %d are accepted, or none", len(s), n)
		}
		for _, x := range s {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("classifier: volume: mean or scale %v of a sum; finite numbers are accepted", x)
			}
		}
	}
	for _, x := range v.SumScale {
		if x <= 0 {
			return fmt.Errorf("classifier: volume: scale %v of a sum; numbers above zero are accepted", x)
		}
	}
	return nil
}

// MeasureSums sets mean and scale of the sums to those of samples of volumes.
func (v *Volume) MeasureSums(samples ...Examples) error {
	n := v.sums()
	if n == 0 {
		return nil
	}
	mean, square := make([]float64, n), make([]float64, n)
	row, cells := make([]float64, n), make([]float32, v.cells())
	size := 0.0
	for _, x := range samples {
		if x.Dim() != v.cells() {
			return fmt.Errorf("classifier: volume: rows of %d features; %d are accepted", x.Dim(), v.cells())
		}
		for i := range x.Len() {
			x.Expand([]uint32{uint32(i)}, cells)
			v.sumsOf(row, cells)
			for k, s := range row {
				mean[k] += s
				square[k] += s * s
			}
		}
		size += float64(x.Len())
	}
	if size == 0 {
		return fmt.Errorf("classifier: volume: no volumes to measure")
	}
	v.SumMean, v.SumScale = mean, square
	for k := range mean {
		mean[k] /= size
		if square[k] = math.Sqrt(max(square[k]/size-mean[k]*mean[k], 0)); !(square[k] > 1e-6*(1+math.Abs(mean[k]))) {
			square[k] = 1
		}
	}
	return nil
}

// sumsOf writes the sums of one volume to dst.
func (v *Volume) sumsOf(dst []float64, cells []float32) {
	clear(dst)
	layers, size := v.Positions[0], v.Positions[1]*v.Positions[2]
	moment := 0.0
	for i, e := range cells {
		if e > 0 {
			l := i / size
			dst[l] += float64(e)
			dst[layers+l]++
			dst[2*layers] += float64(e)
			dst[2*layers+1]++
			moment += float64(l+1) * float64(e)
		}
	}
	dst[2*layers+2] = moment / max(dst[2*layers], leastSum)
}

// leastSum keeps the mean layer of an empty volume finite, MeV.
const leastSum = 1e-3

// buildSums adds the standardised sums of volumes in MeV.
func (v *Volume) buildSums(x *graph.Node) *graph.Node {
	g, layers := x.Graph, v.Positions[0]
	inner := v.Positions[1] * v.Positions[2]
	place := make([]float64, layers)
	for l := range place {
		place[l] = float64(l + 1)
	}
	energy := graph.SumRepeats(graph.ReLU(x), 1, inner)
	number := graph.SumRepeats(graph.Stop(graph.Step(x)), 1, inner)
	total := graph.SumFeatures(energy)
	centroid := graph.Div(graph.SumFeatures(graph.Mul(energy, g.Const(place, layers))), graph.Max(total, g.Scalar(leastSum)))
	s := graph.Concat(energy, number, total, graph.SumFeatures(number), centroid)
	if v.SumMean != nil {
		s = graph.Sub(s, g.Const(v.SumMean, len(v.SumMean)))
	}
	if v.SumScale != nil {
		s = graph.Div(s, g.Const(v.SumScale, len(v.SumScale)))
	}
	return s
}
