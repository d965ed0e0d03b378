package fastsim

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"
)

// RadialKnot is the radial profile of showers at one age, the depth from the start in
// units of the distance from start to maximum:
//
//	f(r) = p 2rR_C²/(r²+R_C²)² + (1-p) 2rR_T²/(r²+R_T²)²
//
// (Grindhammer and Peters), r in cell widths.
type RadialKnot struct {
	Age          float64 `toml:"age" json:"age"`
	Core         float64 `toml:"core" json:"core"`                   // R_C, cell widths
	Tail         float64 `toml:"tail" json:"tail"`                   // R_T ≥ R_C
	CoreFraction float64 `toml:"core_fraction" json:"core_fraction"` // p
}

// ages are the knots that a fit uses.
var ages = [...]float64{0.15, 0.3, 0.5, 0.7, 0.9, 1.1, 1.35, 1.7, 2.2, 3}

// ageKnot returns the knot that stands for an age in the sums of a fit.
func ageKnot(age float64) int {
	k := 0
	for k < len(ages)-1 && age > (ages[k]+ages[k+1])/2 {
		k++
	}
	return k
}

const leastRadius, mostRadius = 1e-3, 100

func checkRadial(knots []RadialKnot) error {
	if len(knots) < 1 || len(knots) > 1000 {
		return fmt.Errorf("fastsim: %d radial profiles; 1 to 1000 are accepted", len(knots))
	}
	for i, k := range knots {
		switch {
		case !(k.Age >= 0 && k.Age <= 1e3) || i > 0 && k.Age <= knots[i-1].Age:
			return fmt.Errorf("fastsim: radial profile %d has age %v; ascending ages from 0 to 1000 are accepted", i, k.Age)
		case !(k.Core >= leastRadius && k.Core <= k.Tail && k.Tail <= mostRadius):
			return fmt.Errorf("fastsim: radial profile %d has radii %v and %v; %v ≤ core ≤ tail ≤ %v is accepted", i, k.Core, k.Tail, leastRadius, mostRadius)
		case !(k.CoreFraction >= 0 && k.CoreFraction <= 1):
			return fmt.Errorf("fastsim: radial profile %d has core fraction %v; 0 to 1 is accepted", i, k.CoreFraction)
		}
	}
	return nil
}

// radialAt interpolates the knots, radii in their logarithm.
func radialAt(knots []RadialKnot, age float64) (core, tail, fraction float64) {
	last := knots[len(knots)-1]
	if age <= knots[0].Age {
		last = knots[0]
	}
	for i := 1; i < len(knots); i++ {
		a, b := knots[i-1], knots[i]
		if age > a.Age && age < b.Age {
			s := (age - a.Age) / (b.Age - a.Age)
			return a.Core * math.Pow(b.Core/a.Core, s), a.Tail * math.Pow(b.Tail/a.Tail, s), a.CoreFraction + s*(b.CoreFraction-a.CoreFraction)
		}
	}
	return last.Core, last.Tail, last.CoreFraction
}

// quadrant is the share of the profile of radius R in the rectangle 0 < x < a,
// 0 < y < b around the axis: the integral of R²/π(x²+y²+R²)². It is odd in a and b.
func quadrant(a, b, radius float64) float64 {
	sa, sb := math.Sqrt(a*a+radius*radius), math.Sqrt(b*b+radius*radius)
	return (a/sa*math.Atan(b/sa) + b/sb*math.Atan(a/sb)) / (2 * math.Pi)
}

// ringEdges are the half-widths, in cells, of the squares of cells that bound the rings
// around the impact cell; the last ring is all that lies beyond.
var ringEdges = [...]float64{0.5, 1.5, 2.5, 3.5, 5.5, 8.5}

const rings = len(ringEdges) + 1

// ringOf returns the ring of a cell, given its distances in cells from the impact cell.
func ringOf(dx, dy int) int {
	d := float64(max(dx, -dx, dy, -dy))
	for k, edge := range ringEdges {
		if d < edge {
			return k
		}
	}
	return rings - 1
}

// ringShares returns the shares of the rings for impact points that are uniform in a
// cell, for radii up to reach.
func ringShares(k RadialKnot, reach float64) (share [rings]float64) {
	const n = 6 // impact points in a quarter of the cell, by midpoints
	inside := func(radius, edge float64) float64 {
		sum := 0.0
		for i := range n {
			x := (float64(i) + 0.5) / (2 * n)
			for j := range i + 1 {
				y := (float64(j) + 0.5) / (2 * n)
				q := quadrant(edge-x, edge-y, radius) + quadrant(edge+x, edge-y, radius) + quadrant(edge-x, edge+y, radius) + quadrant(edge+x, edge+y, radius)
				if i != j {
					q *= 2
				}
				sum += q
			}
		}
		return sum / (n * n) * (1 + radius*radius/(reach*reach))
	}
	before := 0.0
	for i, edge := range ringEdges {
		in := min(k.CoreFraction*inside(k.Core, edge)+(1-k.CoreFraction)*inside(k.Tail, edge), 1)
		share[i] = in - before
		before = in
	}
	share[rings-1] = 1 - before
	return share
}

// ringSquare are typical squared distances of the rings from the impact cell.
var ringSquare = [rings]float64{0, 1.5, 5, 11, 25, 60, 130}

// fitRadial returns the profile whose rings have the given shares, by least squares in
// units of √share, from a start. The second moment, to which the shares far out give
// much and the squares little, counts beside them.
func fitRadial(share [rings]float64, start RadialKnot, reach float64) RadialKnot {
	knot := func(v []float64) RadialKnot {
		core := min(max(math.Exp(v[0]), 2*leastRadius), 5)
		return RadialKnot{
			Age: start.Age, Core: core, Tail: min(core*(1+math.Exp(v[1])), 8),
			CoreFraction: 1 / (1 + math.Exp(-v[2])),
		}
	}
	first := []float64{math.Log(start.Core), math.Log(max(start.Tail/start.Core-1, 0.1)), math.Log(start.CoreFraction / (1 - start.CoreFraction))}
	problem := optimize.Problem{Func: func(v []float64) float64 {
		loss, moment, want := 0.0, 0.0, 0.0
		for i, s := range ringShares(knot(v), reach) {
			d := s - share[i]
			loss += d * d / (share[i] + 1e-3)
			moment += s * ringSquare[i]
			want += share[i] * ringSquare[i]
		}
		if want > 0 {
			loss += 0.02 * (moment/want - 1) * (moment/want - 1)
		}
		for i, w := range v { // the start holds where rings tell little
			d := w - first[i]
			loss += 1e-6 * d * d
		}
		return loss
	}}
	settings := &optimize.Settings{MajorIterations: 250, Converger: &optimize.FunctionConverge{Absolute: 1e-10, Iterations: 30}}
	v := first
	if r, err := optimize.Minimize(problem, first, settings, &optimize.NelderMead{SimplexSize: 0.2}); err == nil {
		v = r.X
	}
	return knot(v)
}
