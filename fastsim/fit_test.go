package fastsim_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/fastsim"
)

// Parameters that showers were made with come back. Start, distance to the maximum and
// exponent trade off against one another in the profile of a single shower: their
// tolerances are wide, and of their correlations with one another nothing is asked; that
// of the depth of the maximum is narrow, and the layers of showers made with the fit are
// those of the truth. What the numbers' spreads lack the fluctuations of layers have.
func TestRecovery(t *testing.T) {
	truth := simulation(t, known(), 3, "truth")
	cfg := fastsim.Config{RadiationLengths: make([]float64, 20), Seed: 5, Simulated: 1000}
	for l := range cfg.RadiationLengths {
		cfg.RadiationLengths[l] = 1
	}
	s, err := fastsim.FitBlocks(context.Background(), shapeOf(truth), truth.Cut, blocks(t, truth, 1500), cfg)
	if err != nil {
		t.Fatal(err)
	}
	near := func(name string, got, want, tolerance float64) {
		t.Helper()
		t.Logf("%s %.3f, true %.3f", name, got, want)
		if !(math.Abs(got-want) <= tolerance) {
			t.Errorf("%s is %.3f; %.3f was put in (tolerance %g)", name, got, want, tolerance)
		}
	}
	if s.ImpactX != 10 || s.ImpactY != 10 || s.Reach != 10 {
		t.Errorf("impact cell (%d, %d), reach %v", s.ImpactX, s.ImpactY, s.Reach)
	}
	for _, m := range []struct {
		name           string
		got, want      fastsim.Marginal
		median, spread float64
		logarithm      bool
	}{
		{"energy", s.Energy, truth.Energy, 0.03, 0.05, true},
		{"maximum", s.Maximum, truth.Maximum, 0.08, 0.09, true},
		{"exponent", s.Exponent, truth.Exponent, 0.15, 0.16, true},
		{"start", s.Start, truth.Start, 0.3, 0.15, false},
		{"width", s.Width, truth.Width, 0.02, 0.03, true},
		{"multiplicity", s.Multiplicity, truth.Multiplicity, 0.02, 0.1, true},
	} {
		f := func(v float64) float64 { return v }
		if m.logarithm {
			f = math.Log
		}
		near(m.name, f(m.got.At(0)), f(m.want.At(0)), m.median)
		near("spread of "+m.name, (f(m.got.At(1))-f(m.got.At(-1)))/2, (f(m.want.At(1))-f(m.want.At(-1)))/2, m.spread)
	}
	near("depth of the maximum", s.Start.At(0)+s.Maximum.At(0), truth.Start.At(0)+truth.Maximum.At(0), 0.25)
	for i := 1; i < 4; i++ {
		near("correlation with energy", s.Correlation[i][0], truth.Correlation[i][0], 0.25)
	}
	const n = 1500
	a, b := layers(draw(t, truth, 21, 0, n), truth), layers(draw(t, s, 22, 0, n), s)
	for l := range truth.Layers {
		m1, s1 := a.moments(l)
		m2, s2 := b.moments(l)
		// Statistics: √(2/1500) of the spread in the mean, √(1/1500) of it in its own; 4.5
		// times these, and a bias of as much again.
		near("layer energy", (m2-m1)/s1, 0, 0.33)
		if l > 3 { // in front, the fit has a conversion, which these showers have not
			tolerance := 0.2
			if l == truth.Layers-1 { // often empty: its fluctuations are at their limit
				tolerance = 0.35
			}
			near(fmt.Sprintf("spread of layer %d", l), math.Log(s2/s1), 0, tolerance)
		}
	}
	near("mean energy of spots", s.SpotEnergy, truth.SpotEnergy, 0.03)
	near("their spread", s.SpotSigma, truth.SpotSigma, 0.1)
	for l := 4; l < 15; l++ {
		near("odd and even response", s.Response[l]/s.Response[l+1], truth.Response[l]/truth.Response[l+1], 0.03)
	}
	for _, k := range s.Radial[3:8] {
		near("R_C at 0.7 to 1.7", math.Log(k.Core), math.Log(at(truth.Radial, k.Age).Core), 0.2)
		near("R_T", math.Log(k.Tail), math.Log(at(truth.Radial, k.Age).Tail), 0.2)
		near("p", k.CoreFraction, at(truth.Radial, k.Age).CoreFraction, 0.1)
	}
}

// layers returns the layer energies of showers.
func layers(x []float32, s *fastsim.Simulation) sample {
	e := make(sample, s.Layers)
	for i, c := range x {
		l, first := i/(s.X*s.Y)%s.Layers, i%(s.X*s.Y) == 0
		if first {
			e[l] = append(e[l], 0)
		}
		e[l][len(e[l])-1] += float64(c)
	}
	return e
}

// at interpolates knots that stand at 0, 1, 2, 3.
func at(knots []fastsim.RadialKnot, age float64) fastsim.RadialKnot {
	i := int(age)
	s := age - float64(i)
	a, b := knots[i], knots[i+1]
	return fastsim.RadialKnot{
		Core: a.Core * math.Pow(b.Core/a.Core, s), Tail: a.Tail * math.Pow(b.Tail/a.Tail, s),
		CoreFraction: a.CoreFraction + s*(b.CoreFraction-a.CoreFraction),
	}
}

// The result is a function of showers and configuration alone.
func TestFitIsDeterministic(t *testing.T) {
	truth := simulation(t, known(), 3, "truth")
	fit := func(threads int) *fastsim.Simulation {
		s, err := fastsim.FitBlocks(context.Background(), shapeOf(truth), truth.Cut, blocks(t, truth, 100), fastsim.Config{Rounds: 1, Simulated: 60, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := draw(t, fit(1), 1, 0, 5), draw(t, fit(3), 1, 0, 5)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("cell %d is %v and %v", i, a[i], b[i])
		}
	}
}

func TestFitRefuses(t *testing.T) {
	truth := simulation(t, known(), 3, "truth")
	change := func(f func(b calo.Block)) iter.Seq2[calo.Block, error] {
		return func(yield func(calo.Block, error) bool) {
			for b, err := range blocks(t, truth, 100) {
				f(b)
				yield(b, err)
			}
		}
	}
	shape, cells := shapeOf(truth), truth.Dim()
	for _, c := range []struct {
		name   string
		shape  calo.Shape
		blocks iter.Seq2[calo.Block, error]
		cfg    fastsim.Config
		want   string
	}{
		{"an empty shower", shape, change(func(b calo.Block) { clear(b.Cells[7*cells : 8*cells]) }), fastsim.Config{}, "shower 7 has no energy"},
		{"empty showers", shape, change(func(b calo.Block) { clear(b.Cells) }), fastsim.Config{}, "shower 0 has no energy"},
		{"one layer", shape, change(func(b calo.Block) { clear(b.Cells[:cells]); b.Cells[cells/2] = 1 }), fastsim.Config{}, "fewer than three layers"},
		{"a negative cell", shape, change(func(b calo.Block) { b.Cells[9] = -1 }), fastsim.Config{}, "cell of -1 MeV"},
		{"few showers", shape, blocks(t, truth, 20), fastsim.Config{}, "20 showers; at least 50"},
		{"no showers", shape, func(func(calo.Block, error) bool) {}, fastsim.Config{}, "0 showers"},
		{"an error of the file", shape, func(yield func(calo.Block, error) bool) { yield(calo.Block{}, errors.New("broken")) }, fastsim.Config{}, "broken"},
		{"two layers", calo.Shape{Layers: 2, X: 9, Y: 9}, nil, fastsim.Config{}, "three in each direction"},
		{"depths", shape, nil, fastsim.Config{RadiationLengths: []float64{1}}, "one for each of the 20 layers"},
		{"negative depths", shape, nil, fastsim.Config{RadiationLengths: append(make([]float64, 19), -1)}, "ascending depths"},
		{"fraction", shape, nil, fastsim.Config{StartFraction: math.NaN()}, "start_fraction"},
		{"lead", shape, nil, fastsim.Config{Lead: -1}, "lead"},
		{"showers", shape, nil, fastsim.Config{Showers: -1}, "showers"},
		{"rounds", shape, nil, fastsim.Config{Rounds: -1}, "rounds"},
		{"simulated", shape, nil, fastsim.Config{Simulated: 1}, "simulated"},
		{"threads", shape, nil, fastsim.Config{Threads: -1}, "threads"},
	} {
		_, err := fastsim.FitBlocks(context.Background(), c.shape, 0.1, c.blocks, c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is %v; want one line with %q", c.name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := fastsim.FitBlocks(ctx, shape, 0.1, blocks(t, truth, 100), fastsim.Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a fit that was cancelled: %v", err)
	}
}
