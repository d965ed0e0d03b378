package dataset

import (
	"math"
	"slices"

	"etalon/rng"
)

// normalMixture is an equal-weight mixture of isotropic normals of one width, in any
// number of dimensions:
//
//	p(x) = 1/K Σ_k (2πσ²)^(-d/2) exp(-|x - c_k|²/2σ²)
type normalMixture struct {
	name    string
	centres [][]float64 // K centres of d coordinates
	sigma   float64     // standard deviation of each coordinate about its centre
	axes    [4]float64  // x0, x1, y0, y1
	betti   [2]int
}

// gaussians is the density "gaussians" of LaSeR (arXiv:2106.00792, section 4.1
// and public code): four unit normals at (±4, ±4).
func gaussians() Density {
	return &normalMixture{
		name:    "gaussians",
		centres: [][]float64{{-4, -4}, {-4, 4}, {4, -4}, {4, 4}},
		sigma:   1,
		axes:    [4]float64{-8.2, 8.2, -8.2, 8.2},
		betti:   [2]int{4, 0},
	}
}

// bimodal is the line of DCTRGAN (arXiv:2009.03796, section III A and public code,
// where 0.4 is the standard deviation): two normals at ±1.
func bimodal() Density {
	return &normalMixture{
		name:    "bimodal",
		centres: [][]float64{{-1}, {1}},
		sigma:   0.4,
		axes:    [4]float64{-3, 3, 0, 0},
		betti:   [2]int{2, 0},
	}
}

// circle8 is the circle of DCTRGAN (arXiv:2009.03796, section III A): eight narrow
// normals, equally spaced on the unit circle from (1, 0) on.
func circle8() Density {
	m := &normalMixture{name: "circle8", sigma: 0.1, axes: [4]float64{-1.5, 1.5, -1.5, 1.5}, betti: [2]int{8, 0}}
	for k := range 8 {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / 8)
		m.centres = append(m.centres, []float64{cos, sin})
	}
	return m
}

// grid25 is the grid of DCTRGAN (arXiv:2009.03796, eq. 14): 25 narrow normals at
// (i + 0.1, j + 0.1), i and j from 0 to 4.
func grid25() Density {
	m := &normalMixture{name: "grid25", sigma: 0.1, axes: [4]float64{-0.4, 4.6, -0.4, 4.6}, betti: [2]int{25, 0}}
	for i := range 5 {
		for j := range 5 {
			m.centres = append(m.centres, []float64{float64(i) + 0.1, float64(j) + 0.1})
		}
	}
	return m
}

func (m *normalMixture) Name() string        { return m.name }
func (m *normalMixture) Dim() int            { return len(m.centres[0]) }
func (m *normalMixture) Betti() (b0, b1 int) { return m.betti[0], m.betti[1] }
func (m *normalMixture) Range() (x0, x1, y0, y1 float64) {
	return m.axes[0], m.axes[1], m.axes[2], m.axes[3]
}

// Modes returns copies of the centres, K of Dim coordinates, and the standard
// deviation of each coordinate about its centre. All modes have equal shares.
func (m *normalMixture) Modes() (centres [][]float64, sigma float64) {
	for _, c := range m.centres {
		centres = append(centres, slices.Clone(c))
	}
	return centres, m.sigma
}

func (m *normalMixture) LogProb(x []float64) float64 {
	checkPoint(x, m.Dim())
	sum := math.Inf(-1)
	for _, c := range m.centres {
		r2 := 0.0
		for j, v := range x {
			r2 += (v - c[j]) * (v - c[j])
		}
		sum = logAddExp(sum, -r2/(2*m.sigma*m.sigma))
	}
	return sum - math.Log(float64(len(m.centres))) - float64(len(x))*(math.Log(2*math.Pi)/2+math.Log(m.sigma))
}

func (m *normalMixture) draw(dst []float32, ld int, s rng.Stream, row0 uint64, rows int) {
	var u [blockRows]float32
	s.UniformRows(u[:], blockRows, 0, row0, rows, 1)
	s.NormalRows(dst, ld, 0, row0, rows, m.Dim())
	sigma := float32(m.sigma)
	for i, v := range u[:rows] {
		for j, c := range m.centres[pick(v, len(m.centres))] {
			// The conversion rounds the product: the same bits with and without fused
			// multiply-add.
			dst[j*ld+i] = float32(sigma*dst[j*ld+i]) + float32(c)
		}
	}
}
