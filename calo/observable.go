package calo

import (
	"fmt"
	"strconv"
	"strings"
)

// Names of observables. Those of layers are followed by _ and the layer's number, from
// 0 at the front face; without a number they stand for all layers.
const (
	NActive     = "n_active"     // cells above zero
	Centroid    = "centroid"     // energy-weighted mean layer, layers counted from 1
	TotalEnergy = "total_energy" // MeV
	LayerEnergy = "layer_energy" // MeV
	// X2Moment and Y2Moment are the energy-weighted second moments about the mean of a
	// layer, in squared cell widths; 0 for an empty layer.
	X2Moment = "x2_moment"
	Y2Moment = "y2_moment"
	// LayerDifference_i_j is layer_energy_i - layer_energy_j, i < j.
	LayerDifference = "layer_difference"
	// HighLevel stands for the input of the high-level classifier of arXiv:2009.03796:
	// n_active, centroid, total_energy and all layer energies.
	HighLevel = "high_level"
)

// HighLevelScale returns what the published high-level classifier of arXiv:2009.03796
// divides its inputs by: numbers of cells and MeV by 1000, the centroid by 1.
func HighLevelScale(layers int) []float64 {
	scale := []float64{1000, 1, 1000}
	for range layers {
		scale = append(scale, 1000)
	}
	return scale
}

type observable struct {
	kind string
	i, j int // layers
}

// Observables computes numbers from showers. It is not safe for concurrent use.
type Observables struct {
	Shape Shape
	Names []string // of every number, groups written out

	list    []observable
	moments bool
	layer   []float64 // energies
	x2, y2  []float64 // moments
	px, py  []float64 // projections of a layer
}

// NewObservables prepares the computation of named observables. A name of layers
// without a number, and high_level, stand for several.
func NewObservables(shape Shape, names ...string) (*Observables, error) {
	if err := shape.check(); err != nil {
		return nil, fmt.Errorf("calo: %w", err)
	}
	o := &Observables{
		Shape: shape,
		layer: make([]float64, shape.Layers), x2: make([]float64, shape.Layers), y2: make([]float64, shape.Layers),
		px: make([]float64, shape.X), py: make([]float64, shape.Y),
	}
	for _, name := range names {
		if err := o.add(name); err != nil {
			return nil, err
		}
	}
	for _, b := range o.list {
		name := b.kind
		switch b.kind {
		case X2Moment, Y2Moment:
			o.moments = true
			fallthrough
		case LayerEnergy:
			name = fmt.Sprintf("%s_%d", b.kind, b.i)
		case LayerDifference:
			name = fmt.Sprintf("%s_%d_%d", b.kind, b.i, b.j)
		}
		o.Names = append(o.Names, name)
	}
	return o, nil
}

// maxObservables bounds the numbers of a shower; all differences of 90 layers are 4005.
const maxObservables = 1 << 20

// add appends the observables that a name stands for.
func (o *Observables) add(name string) error {
	layers := o.Shape.Layers
	switch name {
	case NActive, Centroid, TotalEnergy:
		o.list = append(o.list, observable{kind: name})
		return nil
	case HighLevel:
		for _, n := range []string{NActive, Centroid, TotalEnergy, LayerEnergy} {
			if err := o.add(n); err != nil {
				return err
			}
		}
		return nil
	case LayerEnergy, X2Moment, Y2Moment:
		for i := range layers {
			o.list = append(o.list, observable{kind: name, i: i})
		}
		return nil
	case LayerDifference:
		if layers*layers > maxObservables {
			return fmt.Errorf("calo: differences of %d layers are too many", layers)
		}
		for i := range layers {
			for j := i + 1; j < layers; j++ {
				o.list = append(o.list, observable{name, i, j})
			}
		}
		return nil
	}
	for _, kind := range []string{LayerEnergy, X2Moment, Y2Moment, LayerDifference} {
		rest, ok := strings.CutPrefix(name, kind+"_")
		if !ok {
			continue
		}
		b := observable{kind: kind}
		first, second, two := strings.Cut(rest, "_")
		var err1, err2 error
		b.i, err1 = strconv.Atoi(first)
		if two {
			b.j, err2 = strconv.Atoi(second)
		}
		difference := kind == LayerDifference
		if err1 != nil || err2 != nil || two != difference || b.i < 0 || b.i >= layers || b.j < 0 || b.j >= layers || difference && b.i >= b.j {
			break
		}
		o.list = append(o.list, b)
		return nil
	}
	return fmt.Errorf("calo: unknown observable %.60q; %s, %s, %s, %s, or with a layer from 0 to %d %s_i, %s_i, %s_i and %s_i_j (i < j) are accepted",
		name, NActive, Centroid, TotalEnergy, HighLevel, layers-1, LayerEnergy, X2Moment, Y2Moment, LayerDifference)
}

// Len returns how many numbers there are.
func (o *Observables) Len() int { return len(o.list) }

// Compute writes the observables of a shower to dst, Len numbers. cells are Layers×X×Y,
// in MeV, empty below the threshold. A shower without energy has centroid 0.
func (o *Observables) Compute(dst []float64, cells []float32) {
	if len(dst) != o.Len() || len(cells) != o.Shape.Cells() {
		panic("calo: Compute: lengths do not fit the observables")
	}
	active := o.layers(cells)
	var total, centroid float64
	for i, e := range o.layer {
		total += e
		centroid += float64(i+1) * e
	}
	if total != 0 {
		centroid /= total
	}
	for k, b := range o.list {
		switch b.kind {
		case NActive:
			dst[k] = float64(active)
		case Centroid:
			dst[k] = centroid
		case TotalEnergy:
			dst[k] = total
		case LayerEnergy:
			dst[k] = o.layer[b.i]
		case X2Moment:
			dst[k] = o.x2[b.i]
		case Y2Moment:
			dst[k] = o.y2[b.i]
		case LayerDifference:
			dst[k] = o.layer[b.i] - o.layer[b.j]
		}
	}
}

// layers computes what belongs to layers and returns the number of active cells.
func (o *Observables) layers(cells []float32) (active int) {
	for l := range o.layer {
		sum := 0.0
		clear(o.px)
		clear(o.py)
		for x := range o.px {
			row := cells[:o.Shape.Y]
			cells = cells[o.Shape.Y:]
			for y, c := range row {
				if c == 0 {
					continue
				}
				if c > 0 {
					active++
				}
				sum += float64(c)
				if o.moments {
					o.px[x] += float64(c)
					o.py[y] += float64(c)
				}
			}
		}
		o.layer[l] = sum
		if o.moments {
			o.x2[l], o.y2[l] = variance(o.px, sum), variance(o.py, sum)
		}
	}
	return active
}

// variance returns the second moment about the mean of the positions 0, 1, … with
// weights that add up to sum.
func variance(weights []float64, sum float64) float64 {
	if sum == 0 {
		return 0
	}
	mean, v := 0.0, 0.0
	for i, w := range weights {
		mean += float64(i) * w
	}
	mean /= sum
	for i, w := range weights {
		d := float64(i) - mean
		v += d * d * w
	}
	return v / sum
}
