package dataset

import (
	"math"

	"etalon/rng"
)

// normalMixture is an equal-weight mixture of normals of unit covariance, in
// any number of dimensions:
//
//	p(x) = 1/K Σ_k (2π)^(-d/2) exp(-|x - c_k|²/2)
type normalMixture struct {
	name    string
	centres [][]float64 // K centres of d coordinates
	axes    [4]float64  // x0, x1, y0, y1
	betti   [2]int
}

// gaussians is the density "gaussians" of LaSeR (arXiv:2106.00792, section 4.1
// and public code): four unit normals at (±4, ±4).
func gaussians() Density {
	return &normalMixture{
		name:    "gaussians",
		centres: [][]float64{{-4, -4}, {-4, 4}, {4, -4}, {4, 4}},
		axes:    [4]float64{-8.2, 8.2, -8.2, 8.2},
		betti:   [2]int{4, 0},
	}
}

func (m *normalMixture) Name() string        { return m.name }
func (m *normalMixture) Dim() int            { return len(m.centres[0]) }
func (m *normalMixture) Betti() (b0, b1 int) { return m.betti[0], m.betti[1] }
func (m *normalMixture) Range() (x0, x1, y0, y1 float64) {
	return m.axes[0], m.axes[1], m.axes[2], m.axes[3]
}

func (m *normalMixture) LogProb(x []float64) float64 {
	checkPoint(x, m.Dim())
	sum := math.Inf(-1)
	for _, c := range m.centres {
		r2 := 0.0
		for j, v := range x {
			r2 += (v - c[j]) * (v - c[j])
		}
		sum = logAddExp(sum, -r2/2)
	}
	return sum - math.Log(float64(len(m.centres))) - float64(len(x))/2*math.Log(2*math.Pi)
}

func (m *normalMixture) draw(dst []float32, ld int, s rng.Stream, row0 uint64, rows int) {
	var u [blockRows]float32
	s.UniformRows(u[:], blockRows, 0, row0, rows, 1)
	s.NormalRows(dst, ld, 0, row0, rows, m.Dim())
	for i, v := range u[:rows] {
		for j, c := range m.centres[pick(v, len(m.centres))] {
			dst[j*ld+i] += float32(c)
		}
	}
}
