package simd

// Transpose writes the transposed matrix: dst[c·ldd + r] = src[r·lds + c] for
// r < rows, c < cols. It writes nothing else, of any size, and panics if a slice
// is too short, or a stride shorter than a row. dst and src must not overlap.
func Transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	if rows|cols|ldd|lds < 0 {
		panic("simd: Transpose: negative dimension or stride")
	}
	if rows == 0 || cols == 0 {
		return
	}
	if lds < cols && rows > 1 || ldd < rows && cols > 1 {
		panic("simd: Transpose: stride is shorter than a row")
	}
	need(len(src), "Transpose: slice src", rows-1, lds, 0, 0, cols)
	need(len(dst), "Transpose: slice dst", cols-1, ldd, 0, 0, rows)
	var r, c int // done: the first r rows of the first c columns
	if Active() != Generic {
		r, c = transposeTiles(dst, ldd, src, lds, rows, cols)
	}
	transposeGeneric(dst, ldd, src, lds, 0, r, c, cols)
	transposeGeneric(dst, ldd, src, lds, r, rows, 0, cols)
}

// transposeGeneric transposes rows r0 to r1 and columns c0 to c1, four rows at a
// time.
func transposeGeneric(dst []float32, ldd int, src []float32, lds, r0, r1, c0, c1 int) {
	if c0 >= c1 {
		return
	}
	n := c1 - c0
	r := r0
	for ; r+4 <= r1; r += 4 {
		s0 := src[r*lds+c0:][:n]
		s1 := src[(r+1)*lds+c0:][:n]
		s2 := src[(r+2)*lds+c0:][:n]
		s3 := src[(r+3)*lds+c0:][:n]
		for i := range n {
			d := dst[(c0+i)*ldd+r:][:4]
			d[0], d[1], d[2], d[3] = s0[i], s1[i], s2[i], s3[i]
		}
	}
	for ; r < r1; r++ {
		for i, v := range src[r*lds+c0:][:n] {
			dst[(c0+i)*ldd+r] = v
		}
	}
}
