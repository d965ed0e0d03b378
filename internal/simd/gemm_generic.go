package simd

// runGeneric is the portable twin of the assembly kernels: blocks of 2 rows by
// 4 columns, each sum over ascending p. The sums start from +0, as there.
func (g *Gemm) runGeneric() {
	n := roundUp(g.N)
	for j := 0; j < n; j += 4 {
		i := 0
		for ; i+2 <= g.M; i += 2 {
			g.block2x4(i, j)
		}
		if i < g.M {
			g.block1x4(i, j)
		}
	}
}

func (g *Gemm) block2x4(i, j int) {
	var s00, s01, s02, s03, s10, s11, s12, s13 float32
	a, rs, cs, ldb := g.A, g.RS, g.CS, g.LDB
	at, bt := i*rs, j
	for range g.K {
		b := g.B[bt : bt+4 : bt+4]
		x, y := a[at], a[at+rs]
		s00 += x * b[0]
		s01 += x * b[1]
		s02 += x * b[2]
		s03 += x * b[3]
		s10 += y * b[0]
		s11 += y * b[1]
		s12 += y * b[2]
		s13 += y * b[3]
		at += cs
		bt += ldb
	}
	g.finish(i, j, [4]float32{s00, s01, s02, s03})
	g.finish(i+1, j, [4]float32{s10, s11, s12, s13})
}

func (g *Gemm) block1x4(i, j int) {
	var s0, s1, s2, s3 float32
	at, bt := i*g.RS, j
	for range g.K {
		b := g.B[bt : bt+4 : bt+4]
		x := g.A[at]
		s0 += x * b[0]
		s1 += x * b[1]
		s2 += x * b[2]
		s3 += x * b[3]
		at += g.CS
		bt += g.LDB
	}
	g.finish(i, j, [4]float32{s0, s1, s2, s3})
}

// finish applies the epilogue to the sums of row i, columns j to j+3.
func (g *Gemm) finish(i, j int, s [4]float32) {
	at := i*g.LDC + j
	c := g.C[at : at+4 : at+4]
	switch g.Epilogue {
	case Store:
		copy(c, s[:])
	case Accumulate:
		for q, v := range s {
			c[q] += v
		}
	case BiasLeaky:
		bias := g.Bias[i]
		for q, v := range s {
			v += bias
			if t := g.Slope * v; t > v {
				v = t
			}
			c[q] = v
		}
	case LeakyGrad:
		h := g.H[at : at+4 : at+4]
		for q, v := range s {
			if !(h[q] > 0) {
				v *= g.Slope
			}
			c[q] = v
		}
	}
}
