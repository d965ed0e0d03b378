package simd

import "math"

const signBit = 1 << 31

// Neg sets dst to -a.
func Neg(dst, a []float32) {
	check2("Neg", dst, a)
	for i := vector(opNeg, dst, a, nil, nil, 0); i < len(dst); i++ {
		dst[i] = -a[i]
	}
}

// Abs sets dst to |a|.
func Abs(dst, a []float32) {
	check2("Abs", dst, a)
	for i := vector(opAbs, dst, a, nil, nil, 0); i < len(dst); i++ {
		dst[i] = abs(a[i])
	}
}

// Square sets dst to a².
func Square(dst, a []float32) {
	check2("Square", dst, a)
	for i := vector(opSquare, dst, a, nil, nil, 0); i < len(dst); i++ {
		dst[i] = a[i] * a[i]
	}
}

// Sqrt sets dst to √a, correctly rounded; NaN for a < 0.
func Sqrt(dst, a []float32) {
	check2("Sqrt", dst, a)
	for i := vector(opSqrt, dst, a, nil, nil, 0); i < len(dst); i++ {
		dst[i] = float32(math.Sqrt(float64(a[i])))
	}
}

// Sign sets dst to 1 where a > 0, to -1 where a < 0, and to a itself
// where it is ±0 or NaN.
func Sign(dst, a []float32) {
	check2("Sign", dst, a)
	for i := vector(opSign, dst, a, nil, nil, 0); i < len(dst); i++ {
		switch v := a[i]; {
		case v > 0:
			dst[i] = 1
		case v < 0:
			dst[i] = -1
		default:
			dst[i] = v
		}
	}
}

// Step sets dst to 1 where a > 0 and to 0 elsewhere, so for NaN.
func Step(dst, a []float32) {
	check2("Step", dst, a)
	for i := vector(opStep, dst, a, nil, nil, 0); i < len(dst); i++ {
		if a[i] > 0 {
			dst[i] = 1
		} else {
			dst[i] = 0
		}
	}
}

// Floor sets dst to the largest integer that is not above a.
func Floor(dst, a []float32) {
	check2("Floor", dst, a)
	for i := vector(opFloor, dst, a, nil, nil, 0); i < len(dst); i++ {
		dst[i] = float32(math.Floor(float64(a[i])))
	}
}
