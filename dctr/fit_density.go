package dctr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"etalon/engine/cpu"
)

// belowFloor is the share of the generated rows whose density the floor hides: so few
// say little of how a weight depends on the density there.
const belowFloor = 1e-5

// runWithDensity fits networks that see the latents and the density of f.Density. These
// are evaluated once for every row, before the training.
func (f Fit) runWithDensity(ctx context.Context, e *cpu.Engine, truth, gen Sample) (*Fitted, error) {
	d, cols := &DensityWeigher{Gen: f.Density}, len(f.Scale)
	if truth.From != nil || gen.From != nil || f.Network.dim(f.Scale) != cols {
		return nil, fmt.Errorf("classifier: the density of the generator is an input of dense networks, beside the columns of dense tables")
	}
	if dim := d.Gen.Dim(); dim != cols {
		return nil, fmt.Errorf("classifier: the generator of the density makes %d features; the points have %d", dim, cols)
	}
	known, err := newInverter(e, d.Gen)
	if err != nil {
		return nil, err
	}
	if gen.X, err = known.features(gen.X, -math.MaxFloat32); err != nil {
		return nil, fmt.Errorf("generated: %w", err)
	}
	width := cols + known.own
	last := column(gen.X, width, width-1)
	d.Floor = quantile(last, belowFloor)
	for i, v := range last {
		gen.X[(i+1)*width-1] = float32(max(v, d.Floor))
	}
	if truth.X, err = known.features(truth.X, d.Floor); err != nil {
		return nil, fmt.Errorf("truth: %w", err)
	}
	shift, scale := make([]float64, cols), slices.Clone(f.Scale)
	copy(shift, f.Shift)
	for j := cols; j < width; j++ {
		mean, dev := moments(column(gen.X, width, j))
		shift, scale = append(shift, mean), append(scale, dev)
	}
	f.Shift, f.Scale, f.Transform, f.Density = shift, scale, f.Transform.Extend(known.own), nil
	fitted, err := f.Run(ctx, e, truth, gen)
	if err != nil {
		return nil, err
	}
	d.Inner, fitted.Model = fitted.Model, d
	return fitted, nil
}

// column returns one of cols columns.
func column(x []float32, cols, j int) []float64 {
	v := make([]float64, len(x)/cols)
	for i := range v {
		v[i] = float64(x[i*cols+j])
	}
	return v
}

// quantile returns the value that a share q of v lies below: the lowest of few.
func quantile(v []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[int(q*float64(len(v)))]
}

// moments returns mean and standard deviation; 1 for the latter where there is none.
func moments(v []float64) (mean, dev float64) {
	n, m2 := float64(len(v)), 0.0
	for _, x := range v {
		mean += x / n
	}
	for _, x := range v {
		m2 += (x - mean) * (x - mean) / n
	}
	if dev = math.Sqrt(m2); !(dev > 1e-6*(1+math.Abs(mean))) { // below float32's resolution
		dev = 1
	}
	return mean, dev
}
