package dataset

import (
	"fmt"
	"math"
	"strings"

	"etalon/rng"
)

// Density is a truth density that can be sampled and evaluated exactly.
type Density interface {
	// Name returns the name that Lookup knows it by.
	Name() string
	// Dim returns the number of coordinates of a point.
	Dim() int
	// LogProb returns the natural logarithm of the density at x, in nats per
	// unit volume of the data. It panics unless len(x) == Dim(). A NaN in x
	// gives NaN.
	LogProb(x []float64) float64
	// Range returns the range of the histogram that scores are made from: the
	// first coordinate from x0 to x1 and the second from y0 to y1 (both zero
	// where there is one coordinate).
	Range() (x0, x1, y0, y1 float64)
	// Betti returns the numbers of connected components and of holes of the
	// set where the density is high.
	Betti() (b0, b1 int)

	// draw fills the feature-major block dst[col*ld+i] with the points
	// row0+i, i < rows <= blockRows; each a pure function of (s, row0+i).
	draw(dst []float32, ld int, s rng.Stream, row0 uint64, rows int)
}

// builtin returns the built-in densities in the order of Names.
func builtin() []Density {
	return []Density{gaussians(), doubleDonut(), rings(), bimodal(), circle8(), grid25()}
}

// Lookup returns the built-in density of a name. The error for an unknown name
// lists the known ones.
func Lookup(name string) (Density, error) {
	for _, d := range builtin() {
		if d.Name() == name {
			return d, nil
		}
	}
	return nil, fmt.Errorf("unknown density %q; known are %s", name, strings.Join(Names(), ", "))
}

// Names returns the names of the built-in densities.
func Names() []string {
	var names []string
	for _, d := range builtin() {
		names = append(names, d.Name())
	}
	return names
}

// blockRows is the number of points that are drawn at a time.
const blockRows = 256

// Sample fills dst, row-major with d.Dim() columns, with points of the density.
// Point i is a pure function of (s, row0+i): draws in parts, in parallel or in
// shards give the same points as one draw. It panics unless len(dst) is a
// multiple of d.Dim().
func Sample(d Density, dst []float32, s rng.Stream, row0 uint64) {
	dim := d.Dim()
	if len(dst)%dim != 0 {
		panic("dataset: destination is not a whole number of points")
	}
	block := make([]float32, blockRows*dim)
	for n := len(dst) / dim; n > 0; {
		rows := min(n, blockRows)
		d.draw(block, blockRows, s, row0, rows)
		for col := range dim {
			for i, v := range block[col*blockRows:][:rows] {
				dst[i*dim+col] = v
			}
		}
		dst = dst[rows*dim:]
		row0 += uint64(rows)
		n -= rows
	}
}

// checkPoint panics unless x has dim coordinates.
func checkPoint(x []float64, dim int) {
	if len(x) != dim {
		panic("dataset: point has the wrong number of coordinates")
	}
}

// logAddExp returns ln(exp(a) + exp(b)) without overflow.
func logAddExp(a, b float64) float64 {
	if a == b {
		return a + math.Ln2 // also where both are infinite
	}
	return max(a, b) + math.Log1p(math.Exp(-math.Abs(a-b)))
}

// pick maps a uniform u in (0, 1) to one of n equally likely choices.
func pick(u float32, n int) int { return min(int(float64(u)*float64(n)), n-1) }
