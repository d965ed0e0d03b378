package metric

import (
	"math"
	"math/rand/v2"

	"etalon/hist"
)

// density is a test density with its histogram range and Betti numbers.
type density struct {
	name           string
	x0, x1, y0, y1 float64
	b0, b1         int
	draw           func(r *rand.Rand) (x, y float64)
}

func ring(r *rand.Rand, cx float64) (x, y float64) {
	rad, phi := 4+r.NormFloat64(), 2*math.Pi*r.Float64()
	return cx + rad*math.Cos(phi), rad * math.Sin(phi)
}

// densities are those of LaSeR's experiments, and one broad normal.
var densities = []density{
	{"gaussians", -8.2, 8.2, -8.2, 8.2, 4, 0, func(r *rand.Rand) (x, y float64) {
		return 8*float64(r.IntN(2)) - 4 + r.NormFloat64(), 8*float64(r.IntN(2)) - 4 + r.NormFloat64()
	}},
	{"double-donut", -11, 11, -7, 7, 1, 2, func(r *rand.Rand) (x, y float64) { return ring(r, 8*float64(r.IntN(2))-4) }},
	{"rings", -20.2, 20.2, -8.2, 8.2, 3, 3, func(r *rand.Rand) (x, y float64) { return ring(r, 12*float64(r.IntN(3)-1)) }},
	{"normal", -11, 11, -7, 7, 1, 0, func(r *rand.Rand) (x, y float64) { return 3 * r.NormFloat64(), 2 * r.NormFloat64() }},
}

// sample returns the histogram, 100 × 100 bins, of n points.
func (d density) sample(r *rand.Rand, n int) *hist.H2 {
	h := grid(100, 100, d.x0, d.x1, d.y0, d.y1)
	for range n {
		x, y := d.draw(r)
		h.Fill(x, y, 1)
	}
	return h
}

func grid(nx, ny int, x0, x1, y0, y1 float64) *hist.H2 {
	h, err := hist.NewH2(nx, ny, x0, x1, y0, y1)
	if err != nil {
		panic(err)
	}
	return h
}
