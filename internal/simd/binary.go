package simd

// Add sets dst to a + b.
func Add(dst, a, b []float32) {
	check3("Add", dst, a, b)
	for i := vector(opAdd, dst, a, b, nil, 0); i < len(dst); i++ {
		dst[i] = a[i] + b[i]
	}
}

// Sub sets dst to a - b.
func Sub(dst, a, b []float32) {
	check3("Sub", dst, a, b)
	for i := vector(opSub, dst, a, b, nil, 0); i < len(dst); i++ {
		dst[i] = a[i] - b[i]
	}
}

// Mul sets dst to a · b.
func Mul(dst, a, b []float32) {
	check3("Mul", dst, a, b)
	for i := vector(opMul, dst, a, b, nil, 0); i < len(dst); i++ {
		dst[i] = a[i] * b[i]
	}
}

// Div sets dst to a / b.
func Div(dst, a, b []float32) {
	check3("Div", dst, a, b)
	for i := vector(opDiv, dst, a, b, nil, 0); i < len(dst); i++ {
		dst[i] = a[i] / b[i]
	}
}

// Max sets dst to the larger of a and b, NaN if either is.
func Max(dst, a, b []float32) {
	check3("Max", dst, a, b)
	for i := vector(opMax, dst, a, b, nil, 0); i < len(dst); i++ {
		dst[i] = max(a[i], b[i])
	}
}

// Min sets dst to the smaller of a and b, NaN if either is.
func Min(dst, a, b []float32) {
	check3("Min", dst, a, b)
	for i := vector(opMin, dst, a, b, nil, 0); i < len(dst); i++ {
		dst[i] = min(a[i], b[i])
	}
}
