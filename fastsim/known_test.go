package fastsim_test

import (
	"iter"
	"math"
	"testing"

	"etalon/calo"
	"etalon/fastsim"
	"etalon/rng"
)

func marginal(f func(score float64) float64) fastsim.Marginal {
	m := make(fastsim.Marginal, 27)
	for k := range m {
		m[k] = f(0.25*float64(k) - 3.25)
	}
	return m
}

func logNormal(median, sigma float64) fastsim.Marginal {
	return marginal(func(s float64) float64 { return median * math.Exp(sigma*s) })
}

// known is a simulation of round numbers: 20 layers one radiation length apart, of 21 by
// 21 cells.
func known() fastsim.Parameters {
	p := fastsim.Parameters{
		Layers: 20, X: 21, Y: 21, ImpactX: 10, ImpactY: 10, Reach: 10, Cut: 0.1,
		Energy: logNormal(1500, 0.08), Maximum: logNormal(6, 0.15), Exponent: logNormal(4.5, 0.25),
		Start: marginal(func(s float64) float64 { return 1 + 0.7*s }),
		Width: logNormal(1, 0.1), Multiplicity: logNormal(1, 0.1),
		Radial: []fastsim.RadialKnot{
			{Age: 0, Core: 0.15, Tail: 1, CoreFraction: 0.8}, {Age: 1, Core: 0.4, Tail: 1.8, CoreFraction: 0.65},
			{Age: 2, Core: 0.9, Tail: 3, CoreFraction: 0.5}, {Age: 3, Core: 1.5, Tail: 4, CoreFraction: 0.4},
		},
		SpotEnergy: 0.3, SpotSigma: 0.6, CountSpread: 1, CountPower: 1, Conversion: -1000,
	}
	for l := range p.Layers {
		p.Depth = append(p.Depth, float64(l+1))
		p.Response = append(p.Response, 1+0.05*float64(1-2*(l%2)))
		p.Spread, p.Clump = append(p.Spread, 1), append(p.Clump, 1)
	}
	p.Correlation = make([][]float64, 6)
	for i := range p.Correlation {
		p.Correlation[i] = make([]float64, 6)
		p.Correlation[i][i] = 1
	}
	p.Correlation[0][1], p.Correlation[1][0] = 0.3, 0.3
	p.Correlation[1][2], p.Correlation[2][1] = 0.4, 0.4
	p.Correlation[0][3], p.Correlation[3][0] = -0.4, -0.4
	return p
}

func simulation(t testing.TB, p fastsim.Parameters, seed uint64, stream string) *fastsim.Simulation {
	t.Helper()
	s, err := fastsim.New(p, seed, stream)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// latents draws n rows of standard normals.
func latents(s *fastsim.Simulation, seed, row0 uint64, n int) []float32 {
	l := s.LatentDim()
	columns, z := make([]float32, n*l), make([]float32, n*l)
	rng.New(seed, "latents of a test").NormalRows(columns, n, 0, row0, n, l)
	for i := range n {
		for j := range l {
			z[i*l+j] = columns[j*n+i]
		}
	}
	return z
}

func draw(t testing.TB, s *fastsim.Simulation, seed, row0 uint64, n int) []float32 {
	t.Helper()
	x := make([]float32, n*s.Dim())
	if err := s.Generate(row0, latents(s, seed, row0, n), x); err != nil {
		t.Fatal(err)
	}
	return x
}

func shapeOf(s *fastsim.Simulation) calo.Shape { return calo.Shape{Layers: s.Layers, X: s.X, Y: s.Y} }

// blocks gives n showers of a simulation as a file would.
func blocks(t testing.TB, s *fastsim.Simulation, n int) iter.Seq2[calo.Block, error] {
	return func(yield func(calo.Block, error) bool) {
		const size = 100
		for lo := 0; lo < n; lo += size {
			m := min(size, n-lo)
			if !yield(calo.Block{First: lo, N: m, Cells: draw(t, s, 11, uint64(lo), m)}, nil) {
				return
			}
		}
	}
}
