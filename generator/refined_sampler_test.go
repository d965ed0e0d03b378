package generator

import (
	"math"
	"slices"
	"testing"

	"etalon/nn"
)

// Points drawn in parts, from other samplers and by any number of threads are those
// of one call, with and without acceptance; and Sampler draws the same points.
func TestRefinedSamplerParts(t *testing.T) {
	const n = 3000
	for _, name := range []string{"composed", "polished"} {
		c := models(t)[name].(*Composed)
		l, m, d := c.LatentDim(), c.Phi.Dim(), c.Dim()
		table := func(threads int, cuts ...int) (y, z, x []float32) {
			s := must(NewRefinedSampler(newEngine(t, threads), c, 5, "test"))(t)
			y, z, x = make([]float32, n*l), make([]float32, n*m), make([]float32, n*d)
			lo := 0
			for _, hi := range append(cuts, n) {
				if err := s.Draw(uint64(100+lo), y[lo*l:hi*l], z[lo*m:hi*m], x[lo*d:hi*d]); err != nil {
					t.Fatal(err)
				}
				lo = hi
			}
			return y, z, x
		}
		y, z, x := table(1)
		for _, c := range []struct {
			threads int
			cuts    []int
		}{{2, nil}, {5, nil}, {1, []int{1, 2, 700}}, {3, []int{2999}}, {1, []int{0, 1500}}} {
			y2, z2, x2 := table(c.threads, c.cuts...)
			if !slices.Equal(y, y2) || !slices.Equal(z, z2) || !slices.Equal(x, x2) {
				t.Errorf("%s: %d threads, parts at %v: other points", name, c.threads, c.cuts)
			}
		}
		e := newEngine(t, 1)
		y2, x2 := draw(t, e, c, 100, n)
		if !slices.Equal(y, y2) || !slices.Equal(x, x2) {
			t.Errorf("%s: Sampler draws other points", name)
		}
		// Points, latents and auxiliary latents belong together.
		zx, yz := make([]float32, n*d), make([]float32, n*m)
		if err := must(NewSampler(e, c.G, 0, "unused"))(t).Push(z, zx); err != nil {
			t.Fatal(err)
		}
		if err := must(NewSampler(e, c.Phi, 0, "unused"))(t).Push(y, yz); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(zx, x) || !slices.Equal(yz, z) {
			t.Errorf("%s: x is not g(z), or z is not Φ(y)", name)
		}
	}
	s := must(NewRefinedSampler(newEngine(t, 1), models(t)["polished"].(*Composed), 5, "test"))(t)
	if s.Draw(0, nil, make([]float32, 3), make([]float32, 4)) == nil {
		t.Error("room for 1.5 latents was accepted")
	}
	if err := s.Draw(0, nil, nil, nil); err != nil {
		t.Errorf("no points: %v", err)
	}
}

// tilted returns the model Φ = identity, prior N(0, 1)², with x = (2·z1, 3·z2) and
// the logit a·z1 + b·x2/3 = a·z1 + b·z2.
func tilted(t *testing.T, a, b float32) *Composed {
	t.Helper()
	identity := func(latent int, scale ...float64) *GAN {
		n := must(NewGAN(GANConfig{Latent: latent, Hidden: 1, Units: 2, Slope: 0.1, Residual: true}, scale, 1))(t)
		clear(n.Params.Flat())
		return n
	}
	c := must(Compose(identity(2, 2, 3), identity(4, 1, 1)))(t)
	// Slope 1 makes the network linear.
	c.Accept = &Acceptance{params: &nn.Params{}, disc: discriminator{
		Config: DiscConfig{Hidden: 1, Units: 2, Slope: 1}, Scale: []float64{1, 1}, FeatureScale: []float64{2, 3}}}
	c.Accept.disc.net().Init(c.Accept.params, initStream)
	clear(c.Accept.params.Flat())
	w := c.Accept.params.Values("disc/0/W") // (z1, z2, x1/2, x2/3) → two units
	w[0*2+0], w[3*2+1] = a, b
	copy(c.Accept.params.Values("disc/1/W"), []float32{1, 1})
	return c
}

// Accepted points follow prior·exp(logit): the exponential tilt of a normal is the
// normal moved by the slope of the logit.
func TestAcceptanceTilt(t *testing.T) {
	const n, a, b = 40000, 0.4, -0.3
	c := tilted(t, a, b)
	c.Accept.LogCap = 2.5 // five standard deviations of the logit: cut in fewer than 1e-5 of the points
	s := must(NewRefinedSampler(newEngine(t, 1), c, 1, "test"))(t)
	z, x := make([]float32, 2*n), make([]float32, 2*n)
	if err := s.Draw(0, nil, z, x); err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{a, b} {
		sum, m2 := 0.0, 0.0
		for i := range n {
			v := float64(z[2*i+j])
			sum += v
			m2 += (v - want) * (v - want)
			if x[2*i+j] != z[2*i+j]*float32(2+j) {
				t.Fatalf("point %d: x is not g(z)", i)
			}
		}
		// The mean of n unit normals has the standard error 1/√n, the mean square √(2/n):
		// 4 of them are passed by chance in 6e-5 of the seeds.
		if mean := sum / n; math.Abs(mean-want) > 4/math.Sqrt(n) {
			t.Errorf("z%d: mean %v; want %v", j+1, mean, want)
		}
		if m2 /= n; math.Abs(m2-1) > 4*math.Sqrt(2.0/n) {
			t.Errorf("z%d: variance %v; want 1", j+1, m2)
		}
	}
}

// With a logit of slope s along a unit normal u the cap lies at the 1 - 1/capShare
// quantile q of u, and the accepted share is E min(1, exp(s·(u-q))) =
// exp(s²/2 - s·q)·Φ(q-s) + 1/capShare.
func TestAcceptanceEfficiency(t *testing.T) {
	const s, n = 0.5, 40000
	c := tilted(t, 0.4, -0.3)
	e := newEngine(t, 2)
	if err := c.Accept.Finish(e, c.G, c.Phi.(*GAN), 3); err != nil {
		t.Fatal(err)
	}
	got := c.Accept.Efficiency
	q := math.Sqrt2 * math.Erfinv(1-2.0/capShare)
	want := math.Exp(s*s/2-s*q)*0.5*math.Erfc((s-q)/math.Sqrt2) + 1.0/capShare
	// The standard error of the quantile of 2^18 points is √(p/2^18)/φ(q) = 0.018; the
	// share follows with the factor s. 4 of them.
	tolerance := 4 * s * math.Sqrt(1.0/capShare/(1<<18)) / (math.Exp(-q*q/2) / math.Sqrt(2*math.Pi))
	if math.Abs(c.Accept.LogCap-s*q) > tolerance || math.Abs(got/want-1) > tolerance {
		t.Errorf("cap %v, efficiency %v; want %v and %v within %.3f", c.Accept.LogCap, got, s*q, want, tolerance)
	}
	// The whole weight is E exp(s·(u-q)); what lies beyond the cap is a small
	// difference, so it is only asked to be right to a quarter.
	over := 1 - want/math.Exp(s*s/2-s*q)
	if r := c.Accept.Overweight / over; r < 0.75 || r > 1.25 {
		t.Errorf("overweight %v, want %v", c.Accept.Overweight, over)
	}
	// A point whose first attempt was accepted has the latents of the model without
	// acceptance.
	first := 0
	y, _ := draw(t, e, c, 0, n)
	raw, _ := draw(t, e, &Composed{G: c.G, Phi: c.Phi}, 0, n)
	for i := range n {
		if y[4*i] == raw[4*i] {
			first++
		}
	}
	// binomial, 4 standard errors
	if share := float64(first) / n; math.Abs(share-got) > 4*math.Sqrt(got*(1-got)/n) {
		t.Errorf("%v of the points were accepted at once; want %v", share, got)
	}
}

// A model that accepts nothing ends with an error, not in an endless loop; Finish
// refuses it.
func TestAcceptanceOfNothing(t *testing.T) {
	c := tilted(t, 0, 0)
	c.Accept.LogCap = 100
	e := newEngine(t, 1)
	s := must(NewRefinedSampler(e, c, 1, "test"))(t)
	if s.Draw(0, nil, nil, make([]float32, 20)) == nil {
		t.Error("20 points were accepted with probability exp(-100)")
	}
	c = tilted(t, 30, 0)
	if err := c.Accept.Finish(e, c.G, c.Phi.(*GAN), 3); err == nil {
		t.Errorf("a share of %v is fine", c.Accept.Efficiency)
	}
}
