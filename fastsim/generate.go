package fastsim

import (
	"fmt"
	"math"

	"etalon/generator"
)

const (
	spotEnergies = 1 << 12
	directions   = 1 << 12
	chunk        = 256 // spots whose random numbers are made at once
)

// spotTable returns equally probable energies of a lognormal distribution, scaled to
// mean 1.
func spotTable(sigma float64) []float64 {
	t := make([]float64, spotEnergies)
	sum := 0.0
	for i := range t {
		p := (float64(i) + 0.5) / spotEnergies
		t[i] = math.Exp(sigma * math.Sqrt2 * math.Erfinv(2*p-1))
		sum += t[i]
	}
	for i := range t {
		t[i] *= spotEnergies / sum
	}
	return t
}

// compass returns the directions of spots around the axis.
func compass() [][2]float64 {
	t := make([][2]float64, directions)
	for i := range t {
		t[i][1], t[i][0] = math.Sincos(2 * math.Pi * (float64(i) + 0.5) / directions)
	}
	return t
}

// scratch is the room for one shower.
type scratch struct {
	seen     []float64
	normals  []float32 // three a layer: fluctuation, number of spots, the first for the conversion
	chances  []float32 // uniforms, one a layer
	score    []float64 // of each layer's fluctuation
	uniforms [3 * chunk]float32
	next     int    // spot of the chunk
	first    uint64 // number of the chunk's first spot
}

func (s *Simulation) newScratch() *scratch {
	return &scratch{seen: make([]float64, s.Layers), normals: make([]float32, 3*s.Layers), chances: make([]float32, s.Layers), score: make([]float64, s.Layers)}
}

// Generate implements generator.Simulator. Cells are Layers×X×Y, in MeV.
func (s *Simulation) Generate(row0 uint64, z, x []float32) error {
	d, latents := s.Dim(), s.LatentDim()
	n := len(x) / d
	if len(x) != n*d || len(z) != n*latents {
		return fmt.Errorf("fastsim: %d latents and room for %d cells; rows of %d and %d are needed", len(z), len(x), latents, d)
	}
	for i, v := range z {
		if v-v != 0 {
			return fmt.Errorf("fastsim: latent %d of row %d is %v; finite numbers are accepted", i%latents, row0+uint64(i/latents), v)
		}
	}
	part := func(lo, hi int) {
		sc := s.scratch.Get().(*scratch)
		for i := lo; i < hi; i++ {
			s.shower(row0+uint64(i), z[i*latents:(i+1)*latents], x[i*d:(i+1)*d], sc)
		}
		s.scratch.Put(sc)
	}
	generator.InParts(n, s.Threads, part)
	return nil
}

// numbersOf returns the six numbers of a shower.
func (s *Simulation) numbersOf(z []float32) (v [numbers]float64) {
	for k, m := range s.marginals() {
		y := 0.0
		for j, f := range s.factor[k][:k+1] {
			y += f * float64(z[j])
		}
		v[k] = m.At(y)
	}
	return v
}

// shower makes one shower. The random numbers of row r are those of step r mod 2^48 of
// the stream, in rows from (r div 2^48)·2^40.
func (s *Simulation) shower(row uint64, z, cells []float32, sc *scratch) {
	clear(cells)
	v := s.numbersOf(z)
	start, maximum := v[latStart], v[latMaximum]
	if profile(sc.seen, s.Depth, s.Response, start, maximum, v[latExponent]) == 0 {
		return
	}
	step, base := row&(1<<48-1), row>>48<<40
	s.layers.NormalRows(sc.normals, s.Layers, step, base, s.Layers, 3)
	if len(s.Fluctuation) > 0 {
		s.layers.UniformRows(sc.chances, s.Layers, step, base+uint64(s.Layers), s.Layers, 1)
		s.scores(sc, z)
	}
	sc.next, sc.first = chunk, base
	x0, y0 := float64(s.ImpactX)+phi(float64(z[latX])), float64(s.ImpactY)+phi(float64(z[latY]))
	conversion := start + s.Conversion + s.ConversionSpread*float64(sc.normals[2*s.Layers])
	mean := s.SpotEnergy / v[latMultiplicity]
	var r radii
	for l, seen := range sc.seen {
		spot := mean * s.Clump[l]
		if s.Depth[l] < conversion {
			continue
		}
		energy := v[latEnergy]*seen + s.Pair
		if q := s.quantum[l]; q > 0 && energy > 0 {
			mu := energy
			energy = fluctuated(mu, q, sc.score[l], float64(sc.chances[l]))
			spot *= math.Pow(min(max(energy/mu, 0.25), 4), 1-s.CountPower)
		}
		n := poisson(energy/spot, float64(sc.normals[s.Layers+l]), s.CountSpread)
		if n == 0 {
			continue
		}
		core, tail, fraction := radialAt(s.Radial, (s.Depth[l]-start)/maximum)
		width := v[latWidth] * s.Spread[l]
		r.set(core*width, tail*width, fraction, s.Reach)
		layer := cells[l*s.X*s.Y : (l+1)*s.X*s.Y]
		for n > 0 {
			if sc.next == chunk {
				s.hidden.UniformRows(sc.uniforms[:], chunk, step, sc.first, chunk, 3)
				sc.next = 0
				sc.first += chunk
			}
			m := min(n, chunk-sc.next)
			s.deposit(layer, sc.uniforms[sc.next:], m, x0, y0, spot, &r)
			sc.next += m
			n -= m
		}
	}
	if cut := float32(s.Cut); cut > 0 {
		for i, e := range cells {
			if e < cut {
				cells[i] = 0
			}
		}
	}
}

// radii are those of one layer of one shower.
type radii struct {
	fraction float64    // of the core
	radius   [2]float64 // tail, core
	least    [2]float64 // of the uniform: it stands for the reach
}

func (r *radii) set(core, tail, fraction, reach float64) {
	r.fraction = fraction
	r.radius = [2]float64{tail, core}
	for i, v := range r.radius {
		r.least[i] = v * v / (v*v + reach*reach)
	}
}

// deposit adds n spots to a layer. The distance of a spot from the axis is R √(1/u - 1)
// for a uniform u.
func (s *Simulation) deposit(layer, u []float32, n int, x0, y0, spot float64, r *radii) {
	far, turn, energy := u[:n], u[chunk:chunk+n], u[2*chunk:2*chunk+n]
	nx, ny := s.X, s.Y
	for i, a := range far {
		angle := float64(turn[i]) * directions
		k := min(int(angle), directions-1)
		c := 0
		if angle-float64(k) < r.fraction {
			c = 1
		}
		v := r.least[c] + (1-r.least[c])*float64(a)
		d := r.radius[c] * math.Sqrt(1/v-1)
		x, y := x0+d*s.compass[k][0], y0+d*s.compass[k][1]
		if x < 0 || y < 0 {
			continue
		}
		ix, iy := int(x), int(y)
		if ix < nx && iy < ny {
			layer[ix*ny+iy] += float32(spot * s.spots[min(int(energy[i]*spotEnergies), spotEnergies-1)])
		}
	}
}

// poisson returns the quantile of the Poisson distribution that belongs to a normal
// score: exactly for means below 16, by the expansion of Cornish and Fisher above, where
// it is off by less than one in places; its spread falls to a share of that of the
// Poisson distribution with the mean there.
func poisson(mean, z, spread float64) int {
	if mean < 16 {
		u := phi(z)
		p := math.Exp(-mean)
		sum := p
		n := 0
		for u > sum && n < 100 {
			n++
			p *= mean / float64(n)
			sum += p
		}
		return n
	}
	// The spread of smaller numbers goes over into that of large ones.
	z *= spread + (1-spread)*math.Exp(1-mean/16)
	root := math.Sqrt(mean)
	return int(max(mean+root*z+(z*z-1)/6+(z-z*z*z)/(72*root)+0.5, 0))
}
