package metric_test

import (
	"math"
	"testing"

	"etalon/metric"
	"etalon/rng"
)

func TestWeightedMean(t *testing.T) {
	// Weights 1 and 3 on 0 and 4: mean 3, u = sqrt(1·9 + 9·1)/4.
	mean, u, err := metric.WeightedMean([]float64{0, 4}, []float64{0, math.Log(3)})
	if err != nil || math.Abs(mean-3) > 1e-15 || math.Abs(u-math.Sqrt(18)/4) > 1e-15 {
		t.Errorf("mean %v, uncertainty %v, %v", mean, u, err)
	}
	// A common factor, however large, changes nothing; an event of weight 0 neither.
	mean, u, err = metric.WeightedMean([]float64{0, 1e9, 4}, []float64{5000, math.Inf(-1), 5000 + math.Log(3)})
	if err != nil || math.Abs(mean-3) > 1e-11 || math.Abs(u-math.Sqrt(18)/4) > 1e-11 {
		t.Errorf("shifted: mean %v, uncertainty %v, %v", mean, u, err)
	}
}

func TestDilution(t *testing.T) {
	const n = 20000
	draw := func(name string) []float64 {
		s, x := rng.New(1, name), make([]float64, n)
		for i := range x {
			x[i] = s.Normal(0, uint64(i), 0)
		}
		return x
	}
	x, truth := draw("x"), draw("truth")
	for _, scale := range []float64{1, 1e-12, 1e12} {
		y, yt := make([]float64, n), make([]float64, n)
		for i := range y {
			y[i], yt[i] = scale*x[i], scale*truth[i]
		}
		// Standard deviations of n normals scatter by 1/sqrt(2n) each: 5 of them.
		r, err := metric.Dilution(y, nil, yt)
		if err != nil || math.Abs(r-1) > 5/math.Sqrt(n) {
			t.Errorf("without weights r = %v, %v", r, err)
		}
	}
	// A quarter of the events carries all the weight: r = 2 as far as N/4 normals go.
	logw := make([]float64, n)
	for i := range logw {
		if i%4 > 0 {
			logw[i] = math.Inf(-1)
		}
	}
	if r, err := metric.Dilution(x, logw, truth); err != nil || math.Abs(r-2) > 5*2/math.Sqrt(n/2) {
		t.Errorf("with a quarter of the events r = %v, %v", r, err)
	}
	for name, f := range map[string]func() (float64, error){
		"no values":  func() (float64, error) { return metric.Dilution(nil, nil, truth) },
		"NaN":        func() (float64, error) { return metric.Dilution([]float64{math.NaN()}, nil, truth) },
		"no weight":  func() (float64, error) { return metric.Dilution([]float64{1}, []float64{math.Inf(-1)}, truth) },
		"flat truth": func() (float64, error) { return metric.Dilution(x, nil, []float64{3, 3, 3}) },
	} {
		if r, err := f(); err == nil {
			t.Errorf("%s: r = %v without an error", name, r)
		}
	}
}
