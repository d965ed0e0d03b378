package rng

import "math"

// The two halves of the Box-Muller transform, in float64 arithmetic with small
// tables. Both are branch-free: a random word makes every branch a misprediction.

const (
	logBits = 7
	sinBits = 8
)

// logEntry holds, for one interval of the significand m in [1, 2), a centre's
// reciprocal and -2 times its logarithm.
type logEntry struct {
	inv, log float64
}

// logTable serves radius. The last interval is expanded about 2, so that the
// logarithm keeps its relative accuracy as u goes to 1.
var logTable = makeLogTable()

func makeLogTable() (t [1 << logBits]logEntry) {
	for i := range t {
		centre := 1 + (float64(i)+0.5)/(1<<logBits)
		if i == len(t)-1 {
			centre = 2
		}
		t[i] = logEntry{inv: 1 / centre, log: -2 * math.Log(centre)}
	}
	return t
}

// cosSinTable holds cos and sin at the centres of 2^sinBits equal arcs.
var cosSinTable = makeCosSinTable()

func makeCosSinTable() (t [1 << sinBits][2]float64) {
	for i := range t {
		sin, cos := math.Sincos(2 * math.Pi * (float64(i) + 0.5) / (1 << sinBits))
		t[i] = [2]float64{cos, sin}
	}
	return t
}

// radius returns sqrt(-2 ln u) of u = (x + 1/2) / 2^32, with a relative error
// below 2^-43.
func radius(x uint32) float64 {
	bits := math.Float64bits(float64(x) + 0.5)
	e := &logTable[bits>>(52-logBits)&(1<<logBits-1)]
	m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
	t := m*e.inv - 1 // |t| <= 2^-7
	exponent := float64(1023+32-int(bits>>52)) * (2 * math.Ln2)
	// -2 ln(1+t) by its series.
	p := t * (-2 + t*(1+t*(-2.0/3+t*(0.5-t*0.4))))
	return math.Sqrt(exponent + e.log + p)
}

// cosSin returns cos and sin of 2 pi x / 2^32, with absolute errors below
// 2^-38: the angle at the centre of an arc, turned by a small angle b.
func cosSin(x uint32) (cos, sin float64) {
	e := &cosSinTable[x>>(32-sinBits)]
	const half = 1 << (31 - sinBits)
	b := float64(int32(x&(2*half-1))-half) * (2 * math.Pi * 0x1p-32) // |b| <= pi/256
	b2 := b * b
	sb := b - b*b2*(1.0/6)
	cb := 1 - b2*(0.5-b2*(1.0/24))
	return e[0]*cb - e[1]*sb, e[1]*cb + e[0]*sb
}
