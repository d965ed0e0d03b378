//go:build amd64 && !noasm

package simd

// Rows of a register tile, at most; it has up to maxVectors vectors of columns.
const (
	rowsAVX512 = 8 // 8 × 3 zmm: 24 accumulators, 3 of B, 1 or 2 broadcasts of A
	rowsAVX2   = 4 // 4 × 3 ymm: 12 accumulators, 3 of B, 1 broadcast of A
	maxVectors = 3
)

// The micro-kernels compute tiles·mr rows of C by NV vectors of columns, from
// pointers to their first elements; strides count floats. They differ in NV,
// the digit of the name.

//go:noescape
func gemmAVX512x1(mr, tiles, k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, epilogue int, bias, h *float32, slope float32)

//go:noescape
func gemmAVX512x2(mr, tiles, k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, epilogue int, bias, h *float32, slope float32)

//go:noescape
func gemmAVX512x3(mr, tiles, k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, epilogue int, bias, h *float32, slope float32)

//go:noescape
func gemmAVX2x1(mr, tiles, k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, epilogue int, bias, h *float32, slope float32)

//go:noescape
func gemmAVX2x2(mr, tiles, k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, epilogue int, bias, h *float32, slope float32)

//go:noescape
func gemmAVX2x3(mr, tiles, k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, epilogue int, bias, h *float32, slope float32)

// pointers returns the addresses at which a panel that starts at row i and
// column j reads and writes, nil for what the product does not use.
func (g *Gemm) pointers(i, j int) (a, b, c, bias, h *float32) {
	if g.K > 0 {
		a, b = &g.A[i*g.RS], &g.B[j]
	}
	c = &g.C[i*g.LDC+j]
	switch g.Epilogue {
	case BiasLeaky:
		bias = &g.Bias[i]
	case LeakyGrad:
		h = &g.H[i*g.LDC+j]
	}
	return a, b, c, bias, h
}

// nextVectors returns how many of the n vectors of columns left to do the next
// panel takes: three, but 4 = 2 + 2, since a panel of one is bound by loads.
func nextVectors(n int) int {
	if n == 4 {
		return 2
	}
	return min(n, maxVectors)
}

// runAVX512 goes over panels of up to 48 columns; the assembly goes over all
// rows of C within a panel, while the panel of B stays in the level-1 cache.
func (g *Gemm) runAVX512() {
	size, big, small := splitRows(g.M, rowsAVX512)
	n := roundUp(g.N)
	for j := 0; j < n; {
		nv := nextVectors((n - j) / 16)
		g.panelAVX512(nv, size+1, big, 0, j)
		g.panelAVX512(nv, size, small, big*(size+1), j)
		j += 16 * nv
	}
}

// panelAVX512 computes tiles of mr rows from row i on, nv vectors from column j on.
func (g *Gemm) panelAVX512(nv, mr, tiles, i, j int) {
	if tiles == 0 {
		return
	}
	a, b, c, bias, h := g.pointers(i, j)
	switch nv {
	case 1:
		gemmAVX512x1(mr, tiles, g.K, a, g.RS, g.CS, b, g.LDB, c, g.LDC, int(g.Epilogue), bias, h, g.Slope)
	case 2:
		gemmAVX512x2(mr, tiles, g.K, a, g.RS, g.CS, b, g.LDB, c, g.LDC, int(g.Epilogue), bias, h, g.Slope)
	case 3:
		gemmAVX512x3(mr, tiles, g.K, a, g.RS, g.CS, b, g.LDB, c, g.LDC, int(g.Epilogue), bias, h, g.Slope)
	}
}

// runAVX2 is runAVX512 with panels of up to 24 columns.
func (g *Gemm) runAVX2() {
	size, big, small := splitRows(g.M, rowsAVX2)
	n := roundUp(g.N)
	for j := 0; j < n; {
		nv := nextVectors((n - j) / 8)
		g.panelAVX2(nv, size+1, big, 0, j)
		g.panelAVX2(nv, size, small, big*(size+1), j)
		j += 8 * nv
	}
}

// panelAVX2 computes tiles of mr rows from row i on, nv vectors from column j on.
func (g *Gemm) panelAVX2(nv, mr, tiles, i, j int) {
	if tiles == 0 {
		return
	}
	a, b, c, bias, h := g.pointers(i, j)
	switch nv {
	case 1:
		gemmAVX2x1(mr, tiles, g.K, a, g.RS, g.CS, b, g.LDB, c, g.LDC, int(g.Epilogue), bias, h, g.Slope)
	case 2:
		gemmAVX2x2(mr, tiles, g.K, a, g.RS, g.CS, b, g.LDB, c, g.LDC, int(g.Epilogue), bias, h, g.Slope)
	case 3:
		gemmAVX2x3(mr, tiles, g.K, a, g.RS, g.CS, b, g.LDB, c, g.LDC, int(g.Epilogue), bias, h, g.Slope)
	}
}
