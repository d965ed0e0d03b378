package simd

import "math"

// AddScalar sets dst to a + s.
func AddScalar(dst, a []float32, s float32) {
	check2("AddScalar", dst, a)
	for i := vector(opAddScalar, dst, a, nil, nil, s); i < len(dst); i++ {
		dst[i] = a[i] + s
	}
}

// SubScalar sets dst to a - s.
func SubScalar(dst, a []float32, s float32) {
	check2("SubScalar", dst, a)
	for i := vector(opSubScalar, dst, a, nil, nil, s); i < len(dst); i++ {
		dst[i] = a[i] - s
	}
}

// RSubScalar sets dst to s - a.
func RSubScalar(dst, a []float32, s float32) {
	check2("RSubScalar", dst, a)
	for i := vector(opRSubScalar, dst, a, nil, nil, s); i < len(dst); i++ {
		dst[i] = s - a[i]
	}
}

// MulScalar sets dst to a · s.
func MulScalar(dst, a []float32, s float32) {
	check2("MulScalar", dst, a)
	for i := vector(opMulScalar, dst, a, nil, nil, s); i < len(dst); i++ {
		dst[i] = a[i] * s
	}
}

// DivScalar sets dst to a / s.
func DivScalar(dst, a []float32, s float32) {
	check2("DivScalar", dst, a)
	for i := vector(opDivScalar, dst, a, nil, nil, s); i < len(dst); i++ {
		dst[i] = a[i] / s
	}
}

// RDivScalar sets dst to s / a.
func RDivScalar(dst, a []float32, s float32) {
	check2("RDivScalar", dst, a)
	for i := vector(opRDivScalar, dst, a, nil, nil, s); i < len(dst); i++ {
		dst[i] = s / a[i]
	}
}

// MaxScalar sets dst to the larger of a and s, NaN if either is.
func MaxScalar(dst, a []float32, s float32) {
	check2("MaxScalar", dst, a)
	for i := vector(opMaxScalar, dst, a, nil, nil, s); i < len(dst); i++ {
		dst[i] = max(a[i], s)
	}
}

// MinScalar sets dst to the smaller of a and s, NaN if either is.
func MinScalar(dst, a []float32, s float32) {
	check2("MinScalar", dst, a)
	for i := vector(opMinScalar, dst, a, nil, nil, s); i < len(dst); i++ {
		dst[i] = min(a[i], s)
	}
}

// Axpy adds s · a to dst: the product is rounded, then the sum.
func Axpy(dst, a []float32, s float32) {
	check2("Axpy", dst, a)
	for i := vector(opAxpy, dst, a, nil, nil, s); i < len(dst); i++ {
		dst[i] += float32(s * a[i])
	}
}

// Fill sets every element of dst to s.
func Fill(dst []float32, s float32) {
	if math.Float32bits(s) == 0 {
		clear(dst)
		return
	}
	for i := range dst {
		dst[i] = s
	}
}
