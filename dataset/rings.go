package dataset

import (
	"math"

	"etalon/rng"
)

// ringMixture is an equal-weight mixture of rings in the plane. A point of one
// ring about the centre c is
//
//	c + r (cos φ, sin φ),   r ~ N(4, 1),   φ uniform on [0, 2π).
//
// The radius may be negative: such a point lands on the opposite side. At the
// distance ρ from the centre, both r = ρ and r = -ρ contribute, so that the
// density of one ring is, with the standard normal density n,
//
//	p(ρ) = [n(ρ - 4) + n(ρ + 4)] / (2πρ).
//
// It diverges at the centre, integrably: LogProb there is +Inf.
type ringMixture struct {
	name    string
	centres [][2]float64
	axes    [4]float64 // x0, x1, y0, y1
	betti   [2]int
}

// ringRadius is the mean radius of all rings; the radius has unit variance.
const ringRadius = 4

// doubleDonut is the density "double-donut" of LaSeR (arXiv:2106.00792,
// section 4.1 and public code): two rings that overlap.
func doubleDonut() Density {
	return &ringMixture{
		name:    "double-donut",
		centres: [][2]float64{{-4, 0}, {4, 0}},
		axes:    [4]float64{-11, 11, -7, 7},
		betti:   [2]int{1, 2},
	}
}

// rings is the density "rings" of LaSeR (arXiv:2106.00792, section 4.1 and
// public code): three separate rings, each with one hole (the text of the paper
// says none).
func rings() Density {
	return &ringMixture{
		name:    "rings",
		centres: [][2]float64{{-12, 0}, {0, 0}, {12, 0}},
		axes:    [4]float64{-20.2, 20.2, -8.2, 8.2},
		betti:   [2]int{3, 3},
	}
}

func (m *ringMixture) Name() string        { return m.name }
func (m *ringMixture) Dim() int            { return 2 }
func (m *ringMixture) Betti() (b0, b1 int) { return m.betti[0], m.betti[1] }
func (m *ringMixture) Range() (x0, x1, y0, y1 float64) {
	return m.axes[0], m.axes[1], m.axes[2], m.axes[3]
}

func (m *ringMixture) LogProb(x []float64) float64 {
	checkPoint(x, 2)
	sum := math.Inf(-1)
	for _, c := range m.centres {
		rho := math.Hypot(x[0]-c[0], x[1]-c[1])
		near, far := rho-ringRadius, rho+ringRadius
		sum = logAddExp(sum, logAddExp(-near*near/2, -far*far/2)-math.Log(rho))
	}
	return sum - math.Log(float64(len(m.centres))) - 1.5*math.Log(2*math.Pi)
}

func (m *ringMixture) draw(dst []float32, ld int, s rng.Stream, row0 uint64, rows int) {
	var u [2 * blockRows]float32 // the ring and the angle
	var r [blockRows]float32
	s.UniformRows(u[:], blockRows, 0, row0, rows, 2)
	s.NormalRows(r[:], blockRows, 0, row0, rows, 1)
	for i := range rows {
		c := m.centres[pick(u[i], len(m.centres))]
		sin, cos := math.Sincos(2 * math.Pi * float64(u[blockRows+i]))
		radius := ringRadius + float64(r[i])
		dst[i] = float32(c[0] + radius*cos)
		dst[ld+i] = float32(c[1] + radius*sin)
	}
}
