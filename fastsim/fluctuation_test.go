package fastsim_test

import (
	"context"
	"math"
	"testing"

	"etalon/fastsim"
)

// trembling is sharp() with many small spots, and fluctuations that neighbours share: two
// modes and one hidden component a layer.
func trembling() fastsim.Parameters {
	p := sharp()
	p.SpotEnergy, p.Modes = 0.05, 2
	for k := range 2 {
		row := make([]float64, p.Layers)
		for l := range row {
			row[l] = 0.7 * math.Cos(math.Pi*float64(k+1)*float64(l)/20)
		}
		p.Fluctuation = append(p.Fluctuation, row)
	}
	for l := 2; l < p.Layers; l++ {
		row := make([]float64, p.Layers)
		row[l] = 0.6
		p.Fluctuation = append(p.Fluctuation, row)
	}
	return p
}

// A layer of mean energy μ has variance (q + spot)μ, and the covariance of two is
// √(μμ')·ΣF F'. Wilson and Hilferty's quantiles are good to a percent for the shapes μ/q
// of these layers; the rest of the tolerances is 4.5 standard errors.
func TestFluctuation(t *testing.T) {
	p := trembling()
	s := simulation(t, p, 1, "test")
	const n = 4000
	e := layers(draw(t, s, 2, 0, n), s)
	mu := make([]float64, p.Layers)
	for l := range mu {
		mu[l] = p.Energy.At(0) * p.Response[l] * gamma(p.Depth[l]-p.Start.At(0), p.Maximum.At(0), p.Exponent.At(0))
	}
	shared := func(i, j int) (c float64) {
		for _, row := range p.Fluctuation {
			c += row[i] * row[j]
		}
		return c
	}
	for l := 3; l < p.Layers; l++ {
		mean, sd := e.moments(l)
		if want := math.Sqrt(mu[l] * (shared(l, l) + p.SpotEnergy)); math.Abs(math.Log(sd/want)) > 0.02+4.5/math.Sqrt(2*n) || math.Abs(mean-mu[l]) > 0.005*mu[l]+4.5*want/math.Sqrt(n) {
			t.Errorf("layer %d: %.3f ± %.3f MeV; %.3f ± %.3f is wanted", l, mean, sd, mu[l], want)
		}
		for j := 3; j < l; j++ {
			want := shared(l, j) / math.Sqrt((shared(l, l)+p.SpotEnergy)*(shared(j, j)+p.SpotEnergy))
			if got := e.correlation(l, j); math.Abs(got-want) > 0.02+4.5/math.Sqrt(n) {
				t.Errorf("correlation of layers %d and %d is %.3f; %.3f is wanted", l, j, got, want)
			}
		}
	}
}

// The modes are latents: with a mode far up, layers where its component is positive have
// more than with it far down.
func TestModes(t *testing.T) {
	p := trembling()
	s := simulation(t, p, 1, "test")
	if s.LatentDim() != 10 {
		t.Fatalf("%d latents", s.LatentDim())
	}
	z := make([]float32, 20)
	z[8], z[18] = 3, -3
	x := make([]float32, 2*s.Dim())
	if err := s.Generate(0, z, x); err != nil {
		t.Fatal(err)
	}
	e := layers(x, s)
	for l := 3; l < p.Layers; l++ {
		if f := p.Fluctuation[0][l]; f > 0.3 && e[l][0] < e[l][1] || f < -0.3 && e[l][0] > e[l][1] {
			t.Errorf("layer %d has %.2f and %.2f MeV, the mode is %.2f", l, e[l][0], e[l][1], f)
		}
	}
}

// Nothing lies in front of the conversion; layers behind it have the pair's energy beside
// the profile's.
func TestConversion(t *testing.T) {
	p := sharp()
	p.Start = marginal(func(float64) float64 { return 3.5 })
	p.Conversion, p.Pair = 2, 6
	s := simulation(t, p, 1, "test")
	const n = 2000
	e := layers(draw(t, s, 2, 0, n), s)
	for l := range p.Layers {
		mean, _ := e.moments(l)
		want := 0.0
		if p.Depth[l] >= 5.5 {
			want = 6 + p.Energy.At(0)*p.Response[l]*gamma(p.Depth[l]-3.5, p.Maximum.At(0), p.Exponent.At(0))
		}
		// Spots of 0.3 MeV in Poisson numbers.
		if math.Abs(mean-want) > 4.5*math.Sqrt(0.3*want/n) {
			t.Errorf("layer %d: %.3f MeV; %.3f is wanted", l, mean, want)
		}
	}
}

// Showers made with a fit have the correlated fluctuations of those that were fitted:
// the covariance of the roots of layer energies comes back.
func TestRecoveryOfFluctuation(t *testing.T) {
	p := trembling()
	p.Cut, p.SpotEnergy, p.SpotSigma = 0.1, 0.3, 0.5
	p.Start = marginal(func(s float64) float64 { return 1 + 0.7*s })
	p.Pair, p.Conversion, p.ConversionSpread, p.CountSpread = 0.4, 1, 0.5, 0.3
	truth := simulation(t, p, 3, "truth")
	cfg := fastsim.Config{RadiationLengths: make([]float64, 20), Seed: 5, Simulated: 1000}
	for l := range cfg.RadiationLengths {
		cfg.RadiationLengths[l] = 1
	}
	s, err := fastsim.FitBlocks(context.Background(), shapeOf(truth), truth.Cut, blocks(t, truth, 1500), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if s.LatentDim() != 12 {
		t.Errorf("%d latents", s.LatentDim())
	}
	const n = 2000
	roots := func(s *fastsim.Simulation, seed uint64) sample {
		e := layers(draw(t, s, seed, 0, n), s)
		for l := range e {
			for i, v := range e[l] {
				e[l][i] = math.Sqrt(v)
			}
		}
		return e
	}
	a, b := roots(truth, 21), roots(s, 22)
	// Fluctuations and the showers' own numbers make the same layers scatter: what comes
	// back of their sum is good to a quarter where most of the energy is.
	for l := 3; l < 15; l++ {
		_, s1 := a.moments(l)
		_, s2 := b.moments(l)
		if math.Abs(math.Log(s2/s1)) > 0.25 {
			t.Errorf("layer %d: spread of the root %.3f, of the truth %.3f", l, s2, s1)
		}
		for j := 3; j < l; j++ {
			c1, c2 := a.correlation(l, j), b.correlation(l, j)
			if math.Abs(c1-c2) > 0.3 {
				t.Errorf("correlation of layers %d and %d: %.3f, of the truth %.3f", l, j, c2, c1)
			}
		}
	}
}
