package simd

// Leaky sets dst to max(a, slope · a), which for 0 ≤ slope ≤ 1 is the leaky
// ReLU; to a where the product is NaN.
func Leaky(dst, a []float32, slope float32) {
	check2("Leaky", dst, a)
	for i := vector(opLeaky, dst, a, nil, nil, slope); i < len(dst); i++ {
		v := a[i]
		if t := slope * v; t > v {
			v = t
		}
		dst[i] = v
	}
}

// LeakyMask sets dst to dy where h > 0 and to slope · dy elsewhere (h NaN
// included): the gradient of Leaky at its output h, or its input.
func LeakyMask(dst, dy, h []float32, slope float32) {
	check3("LeakyMask", dst, dy, h)
	for i := vector(opLeakyMask, dst, dy, h, nil, slope); i < len(dst); i++ {
		v := dy[i]
		if !(h[i] > 0) {
			v *= slope
		}
		dst[i] = v
	}
}

// Select sets dst to a where cond > 0 and to b elsewhere (cond NaN included).
func Select(dst, cond, a, b []float32) {
	check3("Select", dst, cond, a)
	check2("Select", dst, b)
	for i := vector(opSelect, dst, cond, a, b, 0); i < len(dst); i++ {
		if cond[i] > 0 {
			dst[i] = a[i]
		} else {
			dst[i] = b[i]
		}
	}
}
