package showerscore

import (
	"context"
	"fmt"
	"math"

	"etalon/calo"
	"etalon/metric"
)

// Images are the weighted mean of a sample of showers, in MeV a shower.
type Images struct {
	Shape   calo.Shape `json:"shape"`
	Showers int        `json:"showers"`
	XY      []float64  `json:"xy"`      // X × Y: sum over layers
	LayerX  []float64  `json:"layer_x"` // Layers × X: sum over y
	LayerY  []float64  `json:"layer_y"` // Layers × Y: sum over x
	// Longitudinal is the energy of each layer. Radial is the energy per ring of one
	// cell width about the shower's own energy-weighted centre in x and y: a cell counts
	// in the ring that its centre lies in. Errors are standard errors of the means.
	Longitudinal      []float64 `json:"longitudinal"`
	LongitudinalError []float64 `json:"longitudinal_error"`
	Radial            []float64 `json:"radial"`
	RadialError       []float64 `json:"radial_error"`
}

// Accumulator sums showers under several weightings at once. It is not safe for
// concurrent use.
type Accumulator struct {
	shape  calo.Shape
	n      int
	sums   []moments
	xy     []float64
	lx, ly []float64
	layer  []float64
	ring   []float64
	px, py []float64
}

// moments are Σw, Σw² and, for numbers v of a shower, Σwv; Σw²v and Σw²v² for the
// first ones of them.
type moments struct {
	w, w2         float64
	wv, w2v, w2v2 []float64
	xy, lx, ly    []float64
}

// NewAccumulator returns an empty one. Errors: no cells, no weighting.
func NewAccumulator(shape calo.Shape, weightings int) (*Accumulator, error) {
	if shape.Layers < 1 || shape.X < 1 || shape.Y < 1 || shape.Cells() > 1<<24 {
		return nil, fmt.Errorf("showerscore: showers of %d × %d × %d cells: 1 to %d cells are accepted", shape.Layers, shape.X, shape.Y, 1<<24)
	}
	if weightings < 1 || weightings > 64 {
		return nil, fmt.Errorf("showerscore: %d weightings: 1 to 64 are accepted", weightings)
	}
	rings := int(math.Ceil(math.Hypot(float64(shape.X), float64(shape.Y))))
	a := &Accumulator{
		shape: shape, sums: make([]moments, weightings),
		xy: make([]float64, shape.X*shape.Y), lx: make([]float64, shape.Layers*shape.X), ly: make([]float64, shape.Layers*shape.Y),
		px: make([]float64, shape.X), py: make([]float64, shape.Y),
	}
	profile := make([]float64, shape.Layers+rings)
	a.layer, a.ring = profile[:shape.Layers], profile[shape.Layers:]
	for k := range a.sums {
		m := &a.sums[k]
		m.wv, m.w2v, m.w2v2 = make([]float64, len(profile)), make([]float64, len(profile)), make([]float64, len(profile))
		m.xy, m.lx, m.ly = make([]float64, len(a.xy)), make([]float64, len(a.lx)), make([]float64, len(a.ly))
	}
	return a, nil
}

// Add adds a shower, Layers×X×Y in MeV, with a weight for each weighting. It panics if
// the lengths do not fit.
func (a *Accumulator) Add(cells []float32, w ...float64) {
	if len(cells) != a.shape.Cells() || len(w) != len(a.sums) {
		panic("showerscore: Accumulator.Add: lengths do not fit")
	}
	a.n++
	a.project(cells)
	for k := range a.sums {
		m, v := &a.sums[k], w[k]
		if v == 0 {
			continue
		}
		m.w += v
		m.w2 += v * v
		at := 0
		for _, profile := range [][]float64{a.layer, a.ring} {
			for _, e := range profile {
				m.wv[at] += v * e
				m.w2v[at] += v * v * e
				m.w2v2[at] += v * v * e * e
				at++
			}
		}
		axpy(m.xy, v, a.xy)
		axpy(m.lx, v, a.lx)
		axpy(m.ly, v, a.ly)
	}
}

func axpy(dst []float64, w float64, src []float64) {
	for i, v := range src {
		dst[i] += w * v
	}
}

// project computes the projections and profiles of one shower.
func (a *Accumulator) project(cells []float32) {
	for _, v := range [][]float64{a.xy, a.lx, a.ly, a.layer, a.ring, a.px, a.py} {
		clear(v)
	}
	nx, ny := a.shape.X, a.shape.Y
	for i, c := range cells {
		if c == 0 {
			continue
		}
		e := float64(c)
		l, x, y := i/(nx*ny), i/ny%nx, i%ny
		a.layer[l] += e
		a.lx[l*nx+x] += e
		a.ly[l*ny+y] += e
		a.xy[x*ny+y] += e
	}
	var sum, mx, my float64
	for i, e := range a.xy {
		sum += e
		mx += e * float64(i/ny)
		my += e * float64(i%ny)
	}
	if sum == 0 {
		return
	}
	mx, my = mx/sum, my/sum
	for i, e := range a.xy {
		if e != 0 {
			r := math.Hypot(float64(i/ny)-mx, float64(i%ny)-my)
			a.ring[min(int(r), len(a.ring)-1)] += e
		}
	}
}

// Images returns the means under weighting k. It is an error if its weights add up to
// nothing.
func (a *Accumulator) Images(k int) (*Images, error) {
	m := &a.sums[k]
	if !(m.w > 0) {
		return nil, fmt.Errorf("showerscore: the weights of %d showers add up to %g: a positive number is needed", a.n, m.w)
	}
	scaled := func(v []float64) []float64 {
		out := make([]float64, len(v))
		for i := range v {
			out[i] = v[i] / m.w
		}
		return out
	}
	mean, u := scaled(m.wv), make([]float64, len(m.wv))
	for i, e := range mean {
		u[i] = math.Sqrt(max(m.w2v2[i]-2*e*m.w2v[i]+e*e*m.w2, 0)) / m.w
	}
	n := a.shape.Layers
	return &Images{
		Shape: a.shape, Showers: a.n, XY: scaled(m.xy), LayerX: scaled(m.lx), LayerY: scaled(m.ly),
		Longitudinal: mean[:n], LongitudinalError: u[:n], Radial: mean[n:], RadialError: u[n:],
	}, nil
}

// ReadImages returns the means of all showers of a file under each of the log-weights
// (nil: 1 each). Errors: those of the file, weights that do not fit it.
func ReadImages(ctx context.Context, r *calo.Reader, logW ...[]float64) ([]*Images, error) {
	a, err := NewAccumulator(r.Shape, len(logW))
	if err != nil {
		return nil, err
	}
	weights := make([][]float64, len(logW))
	for k, l := range logW {
		if l == nil {
			continue
		}
		if len(l) != r.Len() {
			return nil, fmt.Errorf("showerscore: %d log-weights for %d showers", len(l), r.Len())
		}
		if weights[k], err = metric.LinearWeights(l); err != nil {
			return nil, fmt.Errorf("showerscore: %w", err)
		}
	}
	w := make([]float64, len(logW))
	for b, err := range r.Blocks(64) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		for i := range b.N {
			for k := range w {
				w[k] = weight(weights[k], b.First+i)
			}
			a.Add(b.Cells[i*r.Shape.Cells():][:r.Shape.Cells()], w...)
		}
	}
	out := make([]*Images, len(logW))
	for k := range out {
		if out[k], err = a.Images(k); err != nil {
			return nil, err
		}
	}
	return out, nil
}
