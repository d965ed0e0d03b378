package nn_test

import (
	"math"
	"testing"

	"etalon/nn"
	"etalon/rng"
)

// Variances and bounds of the initial weights by their formulas. With n weights
// the sample mean of a distribution of variance σ² deviates by σ/√n and the sample
// variance by at most σ²√(2/n): five of either happen once in a million.
func TestInitialWeights(t *testing.T) {
	const in, units, slope = 150, 240, 0.2
	for _, c := range []struct {
		name     string
		start    nn.Initialisation
		variance func(fanIn, fanOut float64) float64
		bounded  bool
		biases   bool
	}{
		{"TorchUniform", nn.TorchUniform, func(i, _ float64) float64 { return 1 / (3 * i) }, true, true},
		{"HeNormal", nn.HeNormal, func(i, _ float64) float64 { return 2 / ((1 + slope*slope) * i) }, false, false},
		{"HeUniform", nn.HeUniform, func(i, _ float64) float64 { return 2 / ((1 + slope*slope) * i) }, true, false},
		{"GlorotUniform", nn.GlorotUniform, func(i, o float64) float64 { return 2 / (i + o) }, true, false},
	} {
		p := &nn.Params{}
		nn.MLP{Name: "f", In: in, Hidden: 1, Units: units, Out: in, Slope: slope, Start: c.start}.Init(p, rng.New(1, "init"))
		for layer, name := range []string{"f/0/W", "f/1/W"} {
			fanIn, fanOut := float64(in), float64(units)
			if layer == 1 {
				fanIn, fanOut = fanOut, fanIn
			}
			want := c.variance(fanIn, fanOut)
			w := p.Values(name)
			n := float64(len(w))
			sum, sq, top := 0.0, 0.0, 0.0
			for _, v := range w {
				x := float64(v)
				sum, sq, top = sum+x, sq+x*x, math.Max(top, math.Abs(x))
			}
			if z := sum / math.Sqrt(want*n); math.Abs(z) > 5 {
				t.Errorf("%s %s: mean is off by %.1f standard errors", c.name, name, z)
			}
			if z := (sq/n/want - 1) / math.Sqrt(2/n); math.Abs(z) > 5 {
				t.Errorf("%s %s: variance %v, want %v (%.1f standard errors)", c.name, name, sq/n, want, z)
			}
			if bound := math.Sqrt(3 * want); c.bounded && (top > bound*(1+1e-6) || top < 0.999*bound) {
				t.Errorf("%s %s: largest weight %v, bound %v", c.name, name, top, bound)
			}
		}
		for layer, name := range []string{"f/0/b", "f/1/b"} {
			bound := 1 / math.Sqrt([]float64{in, units}[layer])
			zeros := 0
			for _, v := range p.Values(name) {
				if v == 0 {
					zeros++
				}
				if math.Abs(float64(v)) > bound {
					t.Errorf("%s %s: bias %v, bound %v", c.name, name, v, bound)
				}
			}
			if c.biases && zeros > 0 || !c.biases && zeros < len(p.Values(name)) {
				t.Errorf("%s %s: %d biases are zero", c.name, name, zeros)
			}
		}
	}
}

// Layers, networks and streams start differently; equal streams start equally.
func TestInitialStreams(t *testing.T) {
	start := func(name string, s rng.Stream, gain float64) *nn.Params {
		p := &nn.Params{}
		nn.MLP{Name: name, In: 4, Hidden: 2, Units: 4, Out: 4, LastGain: gain}.Init(p, s)
		return p
	}
	a := start("a", rng.New(1, "s"), 0)
	if b := start("a", rng.New(1, "s"), 0); !equal(a.Flat(), b.Flat()) {
		t.Error("the same stream gave other weights")
	}
	for name, b := range map[string]*nn.Params{"seed": start("a", rng.New(2, "s"), 0), "stream": start("a", rng.New(1, "t"), 0), "network": start("b", rng.New(1, "s"), 0)} {
		if equal(a.Flat(), b.Flat()) {
			t.Errorf("another %s gave the same weights", name)
		}
	}
	if equal(a.Values("a/1/W"), a.Values("a/2/W")) || equal(a.Values("a/0/W"), a.Values("a/1/W")) {
		t.Error("two layers start with the same weights")
	}
	small := start("a", rng.New(1, "s"), 0.125)
	for _, name := range []string{"a/2/W", "a/2/b"} {
		for i, v := range a.Values(name) {
			if small.Values(name)[i] != v/8 {
				t.Errorf("%s with a gain of 1/8: %v, want %v", name, small.Values(name)[i], v/8)
			}
		}
	}
	if !equal(a.Values("a/1/W"), small.Values("a/1/W")) {
		t.Error("the gain of the last layer changed another")
	}
}

func equal(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
