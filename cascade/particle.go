package cascade

import "math"

// species of particles
const (
	photon = iota
	electron
	positron
)

// particle has its kinetic energy in MeV, its place in mm and the slab it is in.
type particle struct {
	e       float64
	x, y, z float64
	u, v, w float64 // direction
	species int8
	slab    int32
}

// turn rotates the direction by an angle with the given cosine, about an azimuth given
// as a point of the compass.
func (p *particle) turn(cos float64, azimuth [2]float64) {
	sin := math.Sqrt(max(1-cos*cos, 0))
	a, b := sin*azimuth[0], sin*azimuth[1]
	if perp2 := p.u*p.u + p.v*p.v; perp2 > 1e-12 {
		perp := math.Sqrt(perp2)
		u, v, w := p.u, p.v, p.w
		p.u = u*cos + (a*w*u-b*v)/perp
		p.v = v*cos + (a*w*v+b*u)/perp
		p.w = w*cos - a*perp
	} else {
		p.u, p.v, p.w = a, b, math.Copysign(cos, p.w*cos)
	}
	// Errors of rounding do not grow.
	n := 0.5 * (3 - (p.u*p.u + p.v*p.v + p.w*p.w))
	p.u, p.v, p.w = p.u*n, p.v*n, p.w*n
}
