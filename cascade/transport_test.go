package cascade

import (
	"math"
	"testing"

	"etalon/rng"
)

// block is one kind of matter that is all sensor.
func block(t *testing.T, name string, thickness float64, slabs int, energy float64) *Simulation {
	t.Helper()
	p := Parameters{X: 1, Y: 1, Cell: 1e4, Energy: energy, Density: 1, Scattering: 1, Response: 1}
	for range slabs {
		p.Slabs = append(p.Slabs, Slab{name, thickness, true})
	}
	s, err := New(p, 1, "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func normals(n int) []float32 {
	z := make([]float32, n*latents)
	rng.New(5, "latents").NormalRows(z, n, 0, 0, n, latents)
	return z
}

// What enters a block from which nothing comes out is deposited in it, to the rounding of
// float32: every process conserves the energy. From lead some photons come out at the
// front, so that it may be less, never more.
func TestEnergyIsConserved(t *testing.T) {
	for _, name := range []string{"lead", "tungsten", "silicon"} {
		const n = 24
		energy := 200.0
		s := block(t, name, 999, 10, energy)
		x := make([]float32, n*s.Dim())
		if err := s.Generate(0, normals(n), x); err != nil {
			t.Fatal(err)
		}
		whole := 0
		for i := range n {
			sum := 0.0
			for _, e := range x[i*s.Dim() : (i+1)*s.Dim()] {
				sum += float64(e)
			}
			if sum > energy*(1+1e-4) || sum < energy*0.95 {
				t.Errorf("%s: shower %d of %v MeV deposits %v MeV", name, i, energy, sum)
			}
			if math.Abs(sum/energy-1) < 1e-4 {
				whole++
			}
		}
		if whole < n/8 {
			t.Errorf("%s: %d of %d showers deposit all energy", name, whole, n)
		}
	}
}

// testTracker has a slab of one matter and no particles yet.
func testTracker(t *testing.T, name string) *tracker {
	s := block(t, name, 10, 1, 1000)
	tr := s.trackers.New().(*tracker)
	tr.cells = make([]float32, 1)
	tr.seek(1)
	tr.density, tr.scattering, tr.response = 1, 1, 1
	return tr
}

// mean draws n numbers and compares their mean with what is expected, within four
// standard errors.
func mean(t *testing.T, what string, n int, want float64, draw func() float64) {
	t.Helper()
	var s, ss float64
	for range n {
		v := draw()
		s += v
		ss += v * v
	}
	m := s / float64(n)
	se := math.Sqrt((ss/float64(n) - m*m) / float64(n))
	if math.Abs(m-want) > 4*se+1e-12 {
		t.Errorf("%s: mean %.6g ± %.2g; %.6g is right", what, m, se, want)
	}
}

// integral of f from a to b, by Simpson's rule.
func integral(f func(float64) float64, a, b float64) float64 {
	const n = 4000
	h := (b - a) / n
	s := f(a) + f(b)
	for i := 1; i < n; i++ {
		s += f(a+float64(i)*h) * float64(2+2*(i%2))
	}
	return s * h / 3
}

// Samples follow the distributions whose formulas they stand for.
func TestSampling(t *testing.T) {
	const n = 40000
	tr := testTracker(t, "silicon")
	start := particle{w: 1, z: 5}

	// Klein and Nishina: the mean energy of the scattered photon, and of the cosine.
	const e = 2.0
	k := e / electronMass
	eps := func(cos float64) float64 { return 1 / (1 + k*(1-cos)) }
	kn := func(cos float64) float64 {
		r := eps(cos)
		return r * r * (r + 1/r - 1 + cos*cos)
	}
	norm := integral(kn, -1, 1)
	scattered := func() (particle, particle) {
		p := start
		p.species, p.e = photon, e
		tr.todo = tr.todo[:0]
		tr.compton(&p)
		return tr.todo[0], tr.todo[1]
	}
	mean(t, "energy of Compton photons", n, integral(func(c float64) float64 { return kn(c) * e * eps(c) }, -1, 1)/norm, func() float64 {
		_, p := scattered()
		return p.e
	})
	mean(t, "cosine of Compton photons", n, integral(func(c float64) float64 { return kn(c) * c }, -1, 1)/norm, func() float64 {
		_, p := scattered()
		return p.w
	})
	for range 1000 { // the momentum along the beam is conserved
		el, p := scattered()
		if got := math.Sqrt(el.e*(el.e+2*electronMass))*el.w + p.e*p.w; math.Abs(got-e) > 1e-6 {
			t.Fatalf("Compton scattering: a momentum of %v along the beam; %v came in", got, e)
		}
	}

	// The share of a pair: density 9/7 (1 - 4/3 v(1-v)).
	pair := func(v float64) float64 { return 9. / 7 * (1 - v*(1-v)*4/3) }
	mean(t, "squared share of a pair", n, integral(func(v float64) float64 { return v * v * pair(v) }, 0, 1), func() float64 {
		v := tr.share(tr.uniform())
		return v * v
	})

	// Bremsstrahlung above the threshold.
	const energy, tip = 50.0, 0.4
	m := tr.stack.matter[0]
	shape := func(y float64) float64 { return (1 - y + 0.75*y*y) * (1 - tip*y) }
	least := m.bremsLeast / energy
	bremsNorm := integral(func(l float64) float64 { return shape(math.Exp(l)) }, math.Log(least), 0)
	mean(t, "energy of radiated photons", n, integral(func(y float64) float64 { return energy * shape(y) }, least, 1)/bremsNorm, func() float64 {
		p := start
		p.species, p.e = electron, energy
		tr.todo = tr.todo[:0]
		tr.radiate(&p, m, tip)
		return energy - p.e
	})
	// The rate in the table is that of the same spectrum.
	i := entry(energy)
	s := &m.electron[i]
	silicon, _ := material("silicon")
	x0 := silicon.RadiationLength / silicon.Density * 10
	at := m.bremsLeast / energyOf(i)
	want := 4. / 3 / x0 * integral(func(l float64) float64 {
		y := math.Exp(l)
		return (1 - y + 0.75*y*y) * (1 - s.tip*y)
	}, math.Log(at), 0)
	if math.Abs(s.brems/want-1) > 1e-6 {
		t.Errorf("%v photons are radiated in a mm; %v is right", s.brems, want)
	}

	// Knocked electrons: density in proportion to 1/e².
	lo, hi := m.delta, energy/2
	mean(t, "energy of knocked electrons", n, math.Log(hi/lo)/(1/lo-1/hi), func() float64 {
		p := start
		p.species, p.e = electron, energy
		tr.todo = tr.todo[:0]
		tr.knock(&p, m, false)
		return energy - p.e
	})
	mean(t, "normal numbers, squared", n, 1, func() float64 { v := tr.normal(); return v * v })
}

// A beam of electrons that loses next to nothing in a plate has the angles and offsets of
// multiple scattering behind it (Rossi): ⟨θ²⟩ = θ0², ⟨y²⟩ = θ0² t²/3, ⟨yθ⟩ = θ0² t/2 in
// a projection. One energy's entry of the table stands for 1/32 of an octave, and the
// steps are long: 5 %.
func TestMultipleScattering(t *testing.T) {
	for _, c := range []struct {
		material        string
		energy, density float64
	}{{"silicon", 300, 1}, {"tungsten", 3000, 1.5}} {
		tr := testTracker(t, c.material)
		tr.density = c.density
		m := tr.stack.matter[0]
		e := energyOf(entry(c.energy))
		for i := range m.electron {
			m.electron[i].brems, m.electron[i].deltas = 0, 0
			m.electron[i].longest = 3 // less than the plate of 10 mm
		}
		theta2 := m.electron[entry(e)].scatter * 10 * c.density
		var aa, yy, ya float64
		const n = 20000
		for range n {
			p := particle{e: e, w: 1, species: electron}
			tr.electron(&p)
			a := p.u / p.w
			aa += a * a / n
			yy += p.x * p.x / n
			ya += p.x * a / n
		}
		// The energy falls by 1.5 % on the way.
		for _, q := range []struct {
			what      string
			got, want float64
		}{{"squared angle", aa, theta2}, {"squared offset", yy, theta2 * 100 / 3}, {"offset times angle", ya, theta2 * 10 / 2}} {
			if math.Abs(q.got/q.want-1) > 0.05 {
				t.Errorf("%s: %s: %.4g; %.4g is right", c.material, q.what, q.got, q.want)
			}
		}
	}
}

// A turned direction is a unit vector at the right angle.
func TestTurn(t *testing.T) {
	tr := testTracker(t, "silicon")
	for range 1000 {
		p := particle{w: 1}
		p.turn(2*tr.uniform()-1, tr.azimuth())
		q := p
		cos := 2*tr.uniform() - 1
		q.turn(cos, tr.azimuth())
		if got := p.u*q.u + p.v*q.v + p.w*q.w; math.Abs(got-cos) > 1e-9 {
			t.Fatalf("cosine %v after a turn by one of %v", got, cos)
		}
		if l := q.u*q.u + q.v*q.v + q.w*q.w; math.Abs(l-1) > 1e-9 {
			t.Fatalf("a direction of squared length %v", l)
		}
	}
	for _, w := range []float64{1, -1} {
		p := particle{w: w}
		p.turn(-0.5, [2]float64{1, 0})
		if math.Abs(p.w+0.5*w) > 1e-12 {
			t.Errorf("along %v, turned by 120°: %v", w, p.w)
		}
	}
}
