//go:build amd64 && !noasm

package simd

// transpose8AVX2 transposes 8·tiles rows by 8 columns, tiles > 0.
//
//go:noescape
func transpose8AVX2(dst *float32, ldd int, src *float32, lds int, tiles int)

// transposeTiles transposes the whole 8 × 8 tiles of a matrix and returns how
// many rows and columns they cover.
func transposeTiles(dst []float32, ldd int, src []float32, lds, rows, cols int) (r, c int) {
	r, c = rows&^7, cols&^7
	if r == 0 || c == 0 {
		return 0, 0
	}
	for i := 0; i < c; i += 8 {
		transpose8AVX2(&dst[i*ldd], ldd, &src[i], lds, r/8)
	}
	return r, c
}
