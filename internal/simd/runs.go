package simd

// A Run is a run of N consecutive terms of a sum: they begin at A in the left
// operand, in the unit of RunGemm, and at row B of the right one.
type Run struct{ A, B, N int }

// Runs is a list of runs, cut into parts short enough for the level-1 cache. The zero value is an
// empty sum.
type Runs struct {
	list []Run
	ends []int // of the parts
	a, b int   // the last term's place in A, and the end in B
}

// runTerms is the number of terms of a part: 128 rows of three vectors of B are 24 KiB.
const runTerms = 128

// Set makes r the list of runs, in their order; longer ones are cut. It reuses the
// memory of r. unit is the distance of neighbouring terms in A: 1 for a packed operand, CS for others.
func (r *Runs) Set(list []Run, unit int) {
	r.list, r.ends = r.list[:0], r.ends[:0]
	r.a, r.b = 0, 0
	terms := 0
	for _, s := range list {
		if s.A|s.B|s.N < 0 {
			panic("simd: Runs: negative place or length")
		}
		for s.N > 0 {
			n := min(s.N, runTerms)
			if terms+n > runTerms {
				r.ends = append(r.ends, len(r.list))
				terms = 0
			}
			r.list = append(r.list, Run{s.A, s.B, n})
			terms += n
			r.a, r.b = max(r.a, s.A+(n-1)*unit), max(r.b, s.B+n)
			s.A, s.B, s.N = s.A+n*unit, s.B+n, s.N-n
		}
	}
	if terms > 0 || len(r.list) == 0 {
		r.ends = append(r.ends, len(r.list))
	}
}

// A Panel is the place of Lanes columns in B and in C (and H).
type Panel struct{ B, C int }

// RunGemm is a matrix product whose terms lie in runs and whose columns lie in panels
// of Lanes, each anywhere:
//
//	S[i][j] = Σ over runs of Σ_{p<N} A[i, A + p] · B[Panel.B + (Run.B + p)·LDB + j]
//	C[Panel.C + i·LDC + j] = epilogue(S[i][j]),   i < M, j < Lanes
//
// for every panel. A convolution is of that kind: terms are taps and channels, runs
// rows of the kernel, panels positions. Each sum is one chain of fused multiply-adds over the
// terms in order, so that nothing depends on panels and parts (portable level: see the package
// comment); with Accumulate the chain starts from C, otherwise from zero. The other epilogues
// come last.
//
// The left operand is Packed by PackTiles, with Run.A a number of terms, or A[i, A+p] =
// A[Run.A + p·CS + i].
type RunGemm struct {
	M        int
	A        []float32
	Packed   bool
	Terms    int // of A, if Packed
	CS       int // otherwise
	B        []float32
	LDB      int
	C        []float32
	LDC      int // row stride of C and H
	Epilogue Epilogue
	Bias     []float32 // BiasLeaky: at least M
	Slope    float32   // BiasLeaky, LeakyGrad: within [0, 1]
	H        []float32 // LeakyGrad: as long as C must be, and not C itself
}

// PackTiles packs a left operand of m rows and k terms, A[i,p] = src[i·rs + p·cs], to
// dst of m·k elements. The order is that of the tiles of the active level.
func PackTiles(dst, src []float32, rs, cs, m, k int) {
	if len(dst) < m*k {
		panic("simd: PackTiles: slice dst is too short")
	}
	need(len(src), "PackTiles: slice src", m-1, rs, k-1, cs, 1)
	size, big, small := splitRows(m, tileRowsOf(Active()))
	i := 0
	for t := range big + small {
		mr := size
		if t < big {
			mr++
		}
		panel := dst[i*k : (i+mr)*k]
		if rs == 1 {
			for p := range k {
				copy(panel[p*mr:(p+1)*mr], src[p*cs+i:])
			}
		} else {
			for r := range mr {
				from := src[(i+r)*rs:]
				for p := range k {
					panel[p*mr+r] = from[p*cs]
				}
			}
		}
		i += mr
	}
}

// tileRowsOf is the number of rows of a tile at most.
func tileRowsOf(l Level) int {
	switch l {
	case AVX512, AMX:
		return 8
	case AVX2:
		return 4
	}
	return 8
}

// splitRows cuts m rows into tiles of at most most rows, as even as
// possible: big tiles of size+1 rows and then small tiles of size rows.
func splitRows(m, most int) (size, big, small int) {
	tiles := (m + most - 1) / most
	size = m / tiles
	big = m - tiles*size
	return size, big, tiles - big
}

// Run computes the product. It panics if a slice is too short or an offset
// negative, and allocates nothing.
func (g *RunGemm) Run(runs *Runs, panels []Panel) {
	if g.M == 0 || len(panels) == 0 {
		return
	}
	g.check(runs, panels)
	from := 0
	for i, end := range runs.ends {
		e := Store
		if i == len(runs.ends)-1 {
			e = g.Epilogue
		}
		goOn := i > 0 || g.Epilogue == Accumulate
		switch Active() {
		case AVX512, AMX:
			g.partAVX512(runs.list[from:end], panels, e, goOn)
		case AVX2:
			g.partAVX2(runs.list[from:end], panels, e, goOn)
		default:
			g.partGeneric(runs.list[from:end], panels, e, goOn)
		}
		from = end
	}
}

func (g *RunGemm) check(runs *Runs, panels []Panel) {
	if g.M|g.LDB|g.LDC|g.CS|g.Terms < 0 {
		panic("simd: RunGemm: negative dimension or stride")
	}
	if len(runs.list) > 0 {
		if g.Packed {
			if runs.a >= g.Terms {
				panic("simd: RunGemm: a run is longer than the packed operand")
			}
			need(len(g.A), "RunGemm: slice A", g.M, g.Terms, 0, 0, 0)
		} else {
			need(len(g.A), "RunGemm: slice A", runs.a, 1, 0, 0, g.M)
		}
	}
	b, c := 0, 0
	for _, p := range panels {
		if p.B|p.C < 0 {
			panic("simd: RunGemm: negative place of a panel")
		}
		b, c = max(b, p.B), max(c, p.C)
	}
	if runs.b > 0 {
		need(len(g.B), "RunGemm: slice B", runs.b-1, g.LDB, b, 1, Lanes)
	}
	need(len(g.C), "RunGemm: slice C", g.M-1, g.LDC, c, 1, Lanes)
	switch g.Epilogue {
	case Store, Accumulate:
	case BiasLeaky:
		need(len(g.Bias), "RunGemm: slice Bias", g.M, 1, 0, 0, 0)
	case LeakyGrad:
		need(len(g.H), "RunGemm: slice H", g.M-1, g.LDC, c, 1, Lanes)
	default:
		panic("simd: RunGemm: unknown epilogue")
	}
}

// partGeneric is the portable twin of the assembly kernels.
func (g *RunGemm) partGeneric(list []Run, panels []Panel, e Epilogue, goOn bool) {
	size, big, small := splitRows(g.M, tileRowsOf(Generic))
	i := 0
	for t := range big + small {
		mr := size
		if t < big {
			mr++
		}
		base, unit, cs := i, 1, g.CS
		if g.Packed {
			base, unit, cs = i*g.Terms, mr, mr
		}
		for r := range mr {
			for _, p := range panels {
				g.rowGeneric(list, base+r, unit, cs, i+r, p, e, goOn)
			}
		}
		i += mr
	}
}

func (g *RunGemm) rowGeneric(list []Run, base, unit, cs, i int, p Panel, e Epilogue, goOn bool) {
	var s [Lanes]float32
	c := g.C[p.C+i*g.LDC:][:Lanes]
	if goOn {
		copy(s[:], c)
	}
	for _, r := range list {
		for q := range r.N {
			a := g.A[base+r.A*unit+q*cs]
			b := g.B[p.B+(r.B+q)*g.LDB:][:Lanes]
			for j := range s {
				s[j] += a * b[j]
			}
		}
	}
	switch e {
	case BiasLeaky:
		for j, v := range s {
			v += g.Bias[i]
			if t := g.Slope * v; t > v {
				v = t
			}
			s[j] = v
		}
	case LeakyGrad:
		h := g.H[p.C+i*g.LDC:][:Lanes]
		for j := range s {
			if !(h[j] > 0) {
				s[j] *= g.Slope
			}
		}
	}
	copy(c, s[:])
}
