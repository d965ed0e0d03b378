package cascade

import "math"

// tracker follows the particles of one shower.
type tracker struct {
	*Simulation
	todo  []particle
	cells []float32
	// Of this shower: factors of the density of heavy matter, of squared angles and of
	// energies in sensors.
	density, scattering, response float64
	random
}

// rho is the factor of the density of a matter.
func (t *tracker) rho(m *matter) float64 {
	if m.heavy {
		return t.density
	}
	return 1
}

// run follows all particles until none is left.
func (t *tracker) run() {
	for len(t.todo) > 0 {
		p := t.todo[len(t.todo)-1]
		t.todo = t.todo[:len(t.todo)-1]
		if p.species == photon {
			t.photon(&p, t.exponential())
		} else {
			t.electron(&p)
		}
	}
}

// deposit gives energy to the cell of a place in a sensor.
func (t *tracker) deposit(slab int32, x, y, e float64) {
	layer := t.stack.layer[slab]
	if layer < 0 {
		return
	}
	fx, fy := x*t.perCell+t.offsetX, y*t.perCell+t.offsetY
	if fx < 0 || fy < 0 || fx >= float64(t.X) || fy >= float64(t.Y) {
		return
	}
	t.cells[(layer*t.X+int(fx))*t.Y+int(fy)] += float32(e * t.response * t.sensors[layer])
}

// travel moves a particle.
func (p *particle) travel(d float64) {
	p.x += p.u * d
	p.y += p.v * d
	p.z += p.w * d
}

// enter puts a particle into the next slab, on its edge; false where there is none.
func (t *tracker) enter(p *particle, slab int) bool {
	if slab < 0 || slab >= len(t.stack.matter) {
		return false
	}
	if slab > int(p.slab) {
		p.z = t.stack.edge[slab]
	} else {
		p.z = t.stack.edge[slab+1]
	}
	p.slab = int32(slab)
	return true
}

// photon follows one photon over the given number of mean free paths.
func (t *tracker) photon(p *particle, paths float64) {
	if !t.reach(p, paths) {
		return
	}
	m := t.stack.matter[p.slab]
	s := &m.photon[entry(p.e)]
	switch u := t.uniform(); {
	case p.e < leastPhoton:
		t.deposit(p.slab, p.x, p.y, p.e)
	case u < s.pair && p.e > 2*electronMass:
		t.pair(p, t.share(t.uniform()))
	case u < s.free:
		t.compton(p)
	default:
		t.push(p, electron, p.e)
	}
}

// reach moves a photon to its next interaction; false if it leaves first.
func (t *tracker) reach(p *particle, paths float64) bool {
	if p.e < leastPhoton {
		return true
	}
	i := entry(p.e)
	for {
		m := t.stack.matter[p.slab]
		mu := m.photon[i].total * t.rho(m)
		d, next := t.stack.crossing(int(p.slab), p.z, p.w)
		if paths < mu*d {
			if math.IsInf(d, 1) && mu == 0 {
				return false
			}
			p.travel(paths / mu)
			return true
		}
		paths -= mu * d
		p.travel(d)
		if !t.enter(p, next) {
			return false
		}
	}
}

// push adds a particle that starts where p is, in its direction.
func (t *tracker) push(p *particle, species int8, e float64) *particle {
	q := *p
	q.species, q.e = species, e
	t.todo = append(t.todo, q)
	return &t.todo[len(t.todo)-1]
}

// share is the quantile of the share of one particle of a pair, of density in proportion
// to 1 - 4/3 v(1-v).
func (t *tracker) share(u float64) float64 {
	// ∫ = v - 2/3 v² + 4/9 v³, of 7/9 in all: by Newton's method.
	v := u
	for range 4 {
		v -= (v - v*v*2/3 + v*v*v*4/9 - u*7/9) / (1 - v*(1-v)*4/3)
	}
	return min(max(v, 0), 1)
}

// pair makes two particles of a photon.
func (t *tracker) pair(p *particle, share float64) {
	e := p.e - 2*electronMass
	azimuth := t.azimuth()
	for k, part := range [2]float64{share, 1 - share} {
		q := t.push(p, int8(electron+k), part*e)
		q.turn(t.narrow(q.e), azimuth)
		azimuth[0], azimuth[1] = -azimuth[0], -azimuth[1]
	}
}

// narrow is the cosine of an angle of the order of mass over energy.
func (t *tracker) narrow(e float64) float64 {
	u := t.uniform()
	theta := electronMass / (e + electronMass) * math.Sqrt(u/(1-u))
	return math.Cos(min(theta, math.Pi/2))
}

// compton scatters a photon off an electron (Butcher and Messel 1960).
func (t *tracker) compton(p *particle) {
	k := p.e / electronMass
	e0 := 1 / (1 + 2*k)
	a, b := -math.Log(e0), (1-e0*e0)/2
	var eps, one float64
	for {
		if t.uniform()*(a+b) < a {
			eps = math.Exp(-a * t.uniform())
		} else {
			eps = math.Sqrt(e0*e0 + (1-e0*e0)*t.uniform())
		}
		one = (1 - eps) / (k * eps) // 1 - cos
		if t.uniform() <= 1-eps*one*(2-one)/(1+eps*eps) {
			break
		}
	}
	azimuth := t.azimuth()
	kinetic := p.e * (1 - eps)
	q := t.push(p, electron, kinetic)
	// cot θ/2 of the photon gives the electron's angle.
	tan := math.Sqrt(max(2-one, 0)/max(one, 1e-12)) / (1 + k)
	q.turn(1/math.Sqrt(1+tan*tan), [2]float64{-azimuth[0], -azimuth[1]})
	r := t.push(p, photon, p.e*eps)
	r.turn(1-one, azimuth)
}

// electron follows one electron or positron.
func (t *tracker) electron(p *particle) {
	for {
		m := t.stack.matter[p.slab]
		sensor := t.stack.layer[p.slab] >= 0
		if p.e < m.least {
			t.deposit(p.slab, p.x, p.y, p.e)
			break
		}
		s := &m.electron[entry(p.e)]
		rho := t.rho(m)
		if !sensor && s.reach < rho*min(p.z-t.stack.edge[p.slab], t.stack.edge[p.slab+1]-p.z) {
			break // it does not come out of the slab
		}
		edge, _ := t.stack.crossing(int(p.slab), p.z, p.w)
		d := max(min(edge, s.longest/rho), 0)
		discrete := false
		if rate := (s.brems + s.deltas) * rho; rate > 0 {
			// 1 - exp(-x) < x
			if u := t.uniform(); u < rate*d {
				if free := -math.Log1p(-u) / rate; free < d {
					d, discrete = free, true
				}
			}
		}
		// The whole angle of the step is at a random point of it (the random hinge of
		// PENELOPE), so that steps may be long. For a small angle, 1 - cos is its square by
		// two, an exponential.
		one := s.scatter * t.scattering * d * rho * exponentials[int(t.uniform()*directions)]
		if one > 2 {
			one = 2 * t.uniform()
		}
		before := d * t.uniform()
		p.travel(before)
		p.turn(1-one, t.azimuth())
		edge, next := t.stack.crossing(int(p.slab), p.z, p.w)
		after := d - before
		crosses := after >= edge-1e-6
		if crosses {
			after, discrete = edge, false
		}
		d = before + after
		loss := s.loss * d * rho
		if sensor {
			loss = min(max(loss+math.Sqrt(s.spread*d)*t.normal(), 0), p.e)
			t.deposit(p.slab, p.x, p.y, loss)
		}
		p.travel(after)
		p.e -= min(loss, p.e)
		if p.e < m.least {
			t.deposit(p.slab, p.x, p.y, p.e)
			break
		}
		switch {
		case discrete:
			if t.uniform()*(s.brems+s.deltas) < s.brems {
				t.radiate(p, m, s.tip)
			} else {
				t.knock(p, m, sensor)
			}
		case crosses:
			if !t.enter(p, next) {
				return
			}
		}
	}
	if p.species == positron {
		t.annihilate(p)
	}
}

// radiate makes a photon of the spectrum of complete screening.
func (t *tracker) radiate(p *particle, m *matter, tip float64) {
	least := m.bremsLeast / p.e
	if least >= 1 {
		return
	}
	l := math.Log(least)
	var y float64
	for {
		y = math.Exp(l * t.uniform())
		if t.uniform() <= (1-y+0.75*y*y)*(1-tip*y) {
			break
		}
	}
	k := y * p.e
	t.push(p, photon, k).turn(t.narrow(p.e), t.azimuth())
	p.e -= k
}

// knock frees an electron, of a spectrum that falls with the square of its energy.
func (t *tracker) knock(p *particle, m *matter, sensor bool) {
	most := p.e / 2
	if most <= m.delta {
		return
	}
	u := t.uniform()
	e := 1 / (u/m.delta + (1-u)/most)
	if sensor && e < 0.3 {
		t.deposit(p.slab, p.x, p.y, e)
	} else {
		cos := math.Sqrt(e * (p.e + 2*electronMass) / (p.e * (e + 2*electronMass)))
		t.push(p, electron, e).turn(cos, t.azimuth())
	}
	p.e -= e
}

// annihilate makes two photons of a positron at rest.
func (t *tracker) annihilate(p *particle) {
	q := t.push(p, photon, electronMass)
	q.w = 2*t.uniform() - 1
	sin := math.Sqrt(1 - q.w*q.w)
	a := t.azimuth()
	q.u, q.v = sin*a[0], sin*a[1]
	r := *q
	r.u, r.v, r.w = -q.u, -q.v, -q.w
	t.todo = append(t.todo, r)
}
