package fastsim_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"etalon/fastsim"
	"etalon/generator"
)

// sharp is known() without fluctuations of the showers' own numbers, without a cut, and
// with all spots alike.
func sharp() fastsim.Parameters {
	p := known()
	for _, m := range []*fastsim.Marginal{&p.Energy, &p.Maximum, &p.Exponent, &p.Start, &p.Width, &p.Multiplicity} {
		middle := m.At(0)
		*m = marginal(func(float64) float64 { return middle })
	}
	p.Cut, p.SpotSigma = 0, 0
	return p
}

// gamma is the gamma density of a profile: mean α/β = (a+1)T/a behind the start.
func gamma(u, maximum, a float64) float64 {
	if u <= 0 {
		return 0
	}
	lg, _ := math.Lgamma(a + 1)
	b := a / maximum
	return math.Exp((a+1)*math.Log(b) + a*math.Log(u) - b*u - lg)
}

// With spots of one energy a layer has that energy times a Poisson number of the mean
// that the gamma profile says; all spots lie in the grid, so no energy is lost. The
// tolerance of 4.5 standard errors is passed by all 20 means and variances with
// probability 0.9997.
func TestLayers(t *testing.T) {
	p := sharp()
	s := simulation(t, p, 1, "test")
	const n = 4000
	x := draw(t, s, 2, 0, n)
	cells := p.X * p.Y
	for l := range p.Layers {
		var sum, sum2 float64
		for i := range n {
			e := 0.0
			for _, c := range x[i*s.Dim()+l*cells : i*s.Dim()+(l+1)*cells] {
				if c < 0 {
					t.Fatalf("a cell of %v MeV", c)
				}
				e += float64(c)
			}
			if k := e / p.SpotEnergy; math.Abs(k-math.Round(k)) > 1e-2 { // float32 sums of hundreds of spots
				t.Fatalf("layer %d has the energy of %v spots", l, k)
			}
			sum += e / p.SpotEnergy
			sum2 += e / p.SpotEnergy * e / p.SpotEnergy
		}
		mean, variance := sum/n, sum2/n-sum/n*sum/n
		want := p.Energy.At(0) / p.SpotEnergy * p.Response[l] * gamma(p.Depth[l]-p.Start.At(0), p.Maximum.At(0), p.Exponent.At(0))
		if want == 0 {
			if sum != 0 {
				t.Errorf("layer %d in front of the start has %v spots", l, mean)
			}
			continue
		}
		if d := (mean - want) / math.Sqrt(want/n); math.Abs(d) > 4.5 {
			t.Errorf("layer %d: %.4f spots, the profile has %.4f (%.1f σ)", l, mean, want, d)
		}
		// Variance of a sample variance of Poisson numbers: (μ + 2μ²)/n.
		if d := (variance - want) / math.Sqrt((want+2*want*want)/n); math.Abs(d) > 4.5 {
			t.Errorf("layer %d: variance %.4f of %.4f spots (%.1f σ)", l, variance, want, d)
		}
	}
}

// The visible energy of a shower that is sampled finely is that of the whole shower, its
// mean depth the start and (a+1)T/a.
func TestProfileMoments(t *testing.T) {
	p := sharp()
	p.Layers, p.X, p.Y, p.ImpactX, p.ImpactY = 200, 21, 21, 10, 10
	p.Depth, p.Response, p.Spread, p.Clump = nil, nil, nil, nil
	for l := range p.Layers {
		p.Depth = append(p.Depth, 0.25*(float64(l)+0.5))
		p.Response, p.Spread, p.Clump = append(p.Response, 1), append(p.Spread, 1), append(p.Clump, 1)
	}
	s := simulation(t, p, 1, "test")
	const n = 300
	x := draw(t, s, 2, 0, n)
	var sum, depth, depth2 float64
	for i, c := range x {
		at := p.Depth[i/(p.X*p.Y)%p.Layers]
		sum += float64(c)
		depth += float64(c) * at
		depth2 += float64(c) * at * at
	}
	mean, spots := depth/sum, sum/p.SpotEnergy
	a, maximum := p.Exponent.At(0), p.Maximum.At(0)
	want, variance := p.Start.At(0)+(a+1)*maximum/a, (a+1)*maximum*maximum/a/a
	if e, w := sum*0.25/n, p.Energy.At(0); math.Abs(e/w-1) > 4.5/math.Sqrt(spots) {
		t.Errorf("%.3f MeV in layers 0.25 apart; %.3f are wanted", e, w)
	}
	if math.Abs(mean-want) > 4.5*math.Sqrt(variance/spots) {
		t.Errorf("mean depth %.4f; %.4f is wanted", mean, want)
	}
	if v := depth2/sum - mean*mean; math.Abs(v/variance-1) > 0.02 {
		t.Errorf("variance of the depth %.4f; %.4f is wanted", v, variance)
	}
}

// A component of radius R has the share r²/(r²+R²) within r. With cells that are small
// against R, the squares of cells come close to that.
func TestRadialShares(t *testing.T) {
	p := sharp()
	p.X, p.Y, p.ImpactX, p.ImpactY, p.Reach = 201, 201, 100, 100, 100
	p.Layers, p.Depth, p.Response, p.Spread, p.Clump = 3, p.Depth[5:8], p.Response[:3], p.Spread[:3], p.Clump[:3]
	p.Radial = []fastsim.RadialKnot{{Age: 1, Core: 6, Tail: 25, CoreFraction: 0.6}}
	s := simulation(t, p, 1, "test")
	const n = 100
	x := draw(t, s, 2, 0, n)
	for _, r := range []float64{10, 20, 40, 80} {
		inside, all := 0.0, 0.0
		for i, c := range x {
			dx, dy := float64(i/p.Y%p.X-100), float64(i%p.Y-100)
			all += float64(c)
			if dx*dx+dy*dy < r*r {
				inside += float64(c)
			}
		}
		share := func(radius float64) float64 {
			return r * r / (r*r + radius*radius) * (100*100 + radius*radius) / (100 * 100)
		}
		want := 0.6*share(6) + 0.4*share(25)
		if got := inside / all; math.Abs(got-want) > 0.01 {
			t.Errorf("%.4f of the energy within %v cells; %.4f is wanted", got, r, want)
		}
	}
}

// A shower is a function of its latents, its row and the stream: neither blocks nor
// threads change it, another row or stream does.
func TestHiddenRandomness(t *testing.T) {
	s := simulation(t, known(), 3, "a")
	const n = 40
	for _, row0 := range []uint64{0, 1<<48 - 20, 1 << 62} {
		z := latents(s, 1, row0, n)
		all := make([]float32, n*s.Dim())
		if err := s.Generate(row0, z, all); err != nil {
			t.Fatal(err)
		}
		part := make([]float32, len(all))
		s.Threads = 3
		for lo, d := 0, s.Dim(); lo < n; lo += 7 {
			hi := min(lo+7, n)
			if err := s.Generate(row0+uint64(lo), z[8*lo:8*hi], part[lo*d:hi*d]); err != nil {
				t.Fatal(err)
			}
		}
		s.Threads = 0
		if !slices.Equal(all, part) {
			t.Errorf("row %d: blocks of seven on three threads differ", row0)
		}
	}
	z := make([]float32, 8)
	one := func(s *fastsim.Simulation, row uint64) []float32 {
		x := make([]float32, s.Dim())
		if err := s.Generate(row, z, x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	first := one(s, 0)
	for name, other := range map[string][]float32{
		"another row":        one(s, 1),
		"a row 2^48 further": one(s, 1<<48),
		"another stream":     one(simulation(t, known(), 3, "b"), 0),
		"another seed":       one(simulation(t, known(), 4, "a"), 0),
	} {
		if slices.Equal(first, other) {
			t.Errorf("%s gives the same shower", name)
		}
	}
}

// The impact point moves with its latents, uniformly over the cell.
func TestImpact(t *testing.T) {
	p := sharp()
	p.Radial = []fastsim.RadialKnot{{Age: 1, Core: 0.002, Tail: 0.002, CoreFraction: 1}}
	s := simulation(t, p, 1, "test")
	x := make([]float32, s.Dim())
	for _, z := range []float32{-2, 0, 2} {
		if err := s.Generate(0, []float32{0, 0, 0, 0, 0, 0, z, -z}, x); err != nil {
			t.Fatal(err)
		}
		in, all := 0.0, 0.0
		for i, c := range x {
			all += float64(c)
			if i%(p.X*p.Y) == 10*p.Y+10 {
				in += float64(c)
			}
		}
		if in < 0.98*all {
			t.Errorf("latents ±%v: %.3f of the energy is in the impact cell", z, in/all)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	s := simulation(t, known(), 3, "a")
	x := make([]float32, s.Dim())
	for name, err := range map[string]error{
		"rows of 8":         s.Generate(0, make([]float32, 7), x),
		"rows of":           s.Generate(0, make([]float32, 8), x[1:]),
		"latent 1 of row 4": s.Generate(4, []float32{0, float32(math.NaN()), 0, 0, 0, 0, 0, 0}, x),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v; want one with %q", err, name)
		}
	}
	// Latents far out give showers, too.
	for _, v := range []float32{-1e30, 50} {
		if err := s.Generate(0, []float32{v, v, v, v, v, v, v, v}, x); err != nil {
			t.Error(err)
		}
		for _, c := range x {
			if c < 0 || c-c != 0 {
				t.Fatalf("a cell of %v", c)
			}
		}
	}
	if s.Prior() != generator.Normal || !s.Hidden() || s.LatentDim() != 8 || s.Dim() != 20*21*21 {
		t.Error("prior, latents or dimension")
	}
}

// A call allocates what does not depend on the number of showers.
func TestGenerateAllocates(t *testing.T) {
	s := simulation(t, known(), 3, "a")
	const n = 50
	z, x := latents(s, 1, 0, n), make([]float32, n*s.Dim())
	allocs := testing.AllocsPerRun(5, func() {
		if err := s.Generate(0, z, x); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 10 {
		t.Errorf("%v allocations in a call of %d showers", allocs, n)
	}
}

func TestParametersCheck(t *testing.T) {
	for want, change := range map[string]func(p *fastsim.Parameters){
		"showers of 0 layers":                     func(p *fastsim.Parameters) { p.Layers = 0 },
		"2^24 cells":                              func(p *fastsim.Parameters) { p.X, p.Y = 4096, 4096 },
		"depths of 19":                            func(p *fastsim.Parameters) { p.Depth = p.Depth[1:] },
		"layer 1 stands at":                       func(p *fastsim.Parameters) { p.Depth[1] = p.Depth[0] },
		"response of 19 layers":                   func(p *fastsim.Parameters) { p.Response = p.Response[1:] },
		"the response of layer 2":                 func(p *fastsim.Parameters) { p.Response[2] = math.NaN() },
		"the spread of layer 3":                   func(p *fastsim.Parameters) { p.Spread[3] = 0 },
		"impact cell is (21, 10)":                 func(p *fastsim.Parameters) { p.ImpactX = 21 },
		"the clump of layer 3":                    func(p *fastsim.Parameters) { p.Clump[3] = -1 },
		"pair = ":                                 func(p *fastsim.Parameters) { p.Pair = -1 },
		"conversion = ":                           func(p *fastsim.Parameters) { p.Conversion = math.NaN() },
		"conversion_spread = ":                    func(p *fastsim.Parameters) { p.ConversionSpread = -1 },
		"count_spread = ":                         func(p *fastsim.Parameters) { p.CountSpread = 2 },
		"count_power = ":                          func(p *fastsim.Parameters) { p.CountPower = 2 },
		"modes = 1":                               func(p *fastsim.Parameters) { p.Modes = 1 },
		"21 components":                           func(p *fastsim.Parameters) { p.Fluctuation = make([][]float64, 21) },
		"component 0 of fluctuation has 2 layers": func(p *fastsim.Parameters) { p.Fluctuation = [][]float64{{1, 2}} },
		"component 0 of fluctuation is NaN": func(p *fastsim.Parameters) {
			p.Fluctuation = [][]float64{make([]float64, 20)}
			p.Fluctuation[0][4] = math.NaN()
		},
		"reach":                  func(p *fastsim.Parameters) { p.Reach = math.Inf(1) },
		"cut":                    func(p *fastsim.Parameters) { p.Cut = -1 },
		"spot_energy":            func(p *fastsim.Parameters) { p.SpotEnergy = 0 },
		"spot_sigma":             func(p *fastsim.Parameters) { p.SpotSigma = 3 },
		"energy has 2 quantiles": func(p *fastsim.Parameters) { p.Energy = p.Energy[:2] },
		"quantile 6 of start":    func(p *fastsim.Parameters) { p.Start[5] = 100 },
		"spots in a shower":      func(p *fastsim.Parameters) { p.SpotEnergy = 1e-6; p.Energy[26] = 1e6 },
		"correlation has 5 rows": func(p *fastsim.Parameters) { p.Correlation = p.Correlation[1:] },
		"row 2 of the":           func(p *fastsim.Parameters) { p.Correlation[2] = nil },
		"element (1, 0)":         func(p *fastsim.Parameters) { p.Correlation[1][0] = 0.5 },
		"not positive definite": func(p *fastsim.Parameters) {
			p.Correlation[4][5], p.Correlation[5][4] = 1, 1
		},
		"0 radial profiles":        func(p *fastsim.Parameters) { p.Radial = nil },
		"radial profile 1 has age": func(p *fastsim.Parameters) { p.Radial[1].Age = 0 },
		"has radii":                func(p *fastsim.Parameters) { p.Radial[1].Tail = 0.1 },
		"core fraction":            func(p *fastsim.Parameters) { p.Radial[1].CoreFraction = math.NaN() },
	} {
		p := known()
		change(&p)
		_, err := fastsim.New(p, 1, "")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the error is %v; want one line with %q", err, want)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	s := simulation(b, known(), 3, "a")
	const n = 16
	z, x := latents(s, 1, 0, n), make([]float32, n*s.Dim())
	row := uint64(0)
	for b.Loop() {
		if err := s.Generate(row, z, x); err != nil {
			b.Fatal(err)
		}
		row += n
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "showers/s")
}
