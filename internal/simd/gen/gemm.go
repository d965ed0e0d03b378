package main

import "fmt"

// An isa says how a GEMM micro-kernel uses one instruction set.
type isa struct {
	name   string // in function names
	vector string // register prefix
	width  int    // bytes of a vector
	rows   int    // rows of a tile, at most
	b      int    // first of the three registers of B
	a      []int  // registers for broadcasts of A, used in turn
	zero   string // instruction that clears a register
	// In the epilogue:
	slope, constant, mask, temp int // constant is the bias or zero
}

var (
	avx512 = isa{
		name: "AVX512", vector: "Z", width: 64, rows: 8,
		b: 24, a: []int{27, 28}, zero: "VPXORD",
		slope: 31, constant: 30, temp: 29,
	}
	avx2 = isa{
		name: "AVX2", vector: "Y", width: 32, rows: 4,
		b: 12, a: []int{15}, zero: "VXORPS",
		slope: 15, constant: 14, mask: 13, temp: 12,
	}
)

const maxVectors = 3

func (s isa) reg(n int) string { return fmt.Sprintf("%s%d", s.vector, n) }

// rowA holds the address of row i of A for column p, given R10 = &A[0][p],
// SI = rs, R13 = 3 rs, R14 = 5 rs, R15 = 7 rs.
var rowA = [8]string{"(R10)", "(R10)(SI*1)", "(R10)(SI*2)", "(R10)(R13*1)", "(R10)(SI*4)", "(R10)(R14*1)", "(R10)(R13*2)", "(R10)(R15*1)"}

// skipA holds the address mr rows past AX.
var skipA = [9]string{1: "(AX)(SI*1)", 2: "(AX)(SI*2)", 3: "(AX)(R13*1)", 4: "(AX)(SI*4)", 5: "(AX)(R14*1)", 6: "(AX)(R13*2)", 7: "(AX)(R15*1)", 8: "(AX)(SI*8)"}

func gemmFile(s isa) []byte {
	var t text
	last := s.rows*maxVectors - 1
	t.header(
		"GEMM micro-kernels, "+s.name+": tiles of mr rows by x1, x2 or x3 vectors of C.",
		"",
		"AX  A of the tile, &A[0][0]     SI   row stride of A, bytes      R10  A at p; in epilogues a scratch register",
		"BX  B of the panel, &B[0][0]    DI   column stride of A, bytes   R11  B at p; in epilogues bias or H",
		"CX  C, advances by rows         R8   row stride of B, bytes      R12  p, counts down",
		"DX  K                           R9   row stride of C and H       R13, R14, R15  3, 5 and 7 row strides of A",
		"",
		fmt.Sprintf("%s to %s  accumulators, row by row", s.reg(0), s.reg(last)),
		fmt.Sprintf("%s to %s  vectors of B", s.reg(s.b), s.reg(s.b+2)),
		fmt.Sprintf("%v  broadcasts of A (numbers of registers)", s.a),
		fmt.Sprintf("epilogues: %s slope, %s bias or zero, %s scratch; mask of H in %s", s.reg(s.slope), s.reg(s.constant), s.reg(s.temp), s.maskName()),
		"",
		"Every accumulator starts from zero and takes one fused multiply-add for",
		"each p, ascending, in every variant: results do not depend on the tile.",
	)
	for nv := 1; nv <= maxVectors; nv++ {
		t.gemm(s, nv)
	}
	return t.Bytes()
}

func (s isa) maskName() string {
	if s.vector == "Z" {
		return "K1"
	}
	return s.reg(s.mask)
}

// gemm writes the function for panels of nv vectors.
func (t *text) gemm(s isa, nv int) {
	t.line("")
	t.line("// func gemm%sx%d(mr, tiles, k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, epilogue int, bias, h *float32, slope float32)", s.name, nv)
	t.line("TEXT ·gemm%sx%d(SB), NOSPLIT, $24-108", s.name, nv)
	for _, p := range []struct{ arg, reg string }{
		{"tiles+8", "R10"}, {"bias+88", "R11"}, {"h+96", "R12"},
		{"k+16", "DX"}, {"a+24", "AX"}, {"rs+32", "SI"}, {"cs+40", "DI"},
		{"b+48", "BX"}, {"ldb+56", "R8"}, {"c+64", "CX"}, {"ldc+72", "R9"},
	} {
		t.op("MOVQ %s(FP), %s", p.arg, p.reg)
	}
	t.op("MOVQ R10, left-8(SP)")
	t.op("MOVQ R11, nextBias-16(SP)")
	t.op("MOVQ R12, nextH-24(SP)")
	for _, r := range []string{"SI", "DI", "R8", "R9"} {
		t.op("SHLQ $2, %s", r)
	}
	t.op("LEAQ (SI)(SI*2), R13")
	t.op("LEAQ (SI)(SI*4), R14")
	t.op("LEAQ (R13)(SI*4), R15")
	t.op("MOVQ mr+0(FP), R10")
	for mr := s.rows; mr > 1; mr-- {
		t.op("CMPQ R10, $%d", mr)
		t.op("JEQ tile%d", mr)
	}
	for mr := 1; mr <= s.rows; mr++ {
		t.tile(s, mr, nv)
	}
	t.line("")
	t.label("done")
	t.op("VZEROUPPER")
	t.op("RET")
}

// tile writes the loop over tiles of mr rows by nv vectors.
func (t *text) tile(s isa, mr, nv int) {
	t.line("")
	t.line("// Tiles of %d by %d.", mr, nv)
	t.label(fmt.Sprintf("tile%d", mr))
	for i := range mr * nv {
		r := s.reg(i)
		t.op("%s %s, %s, %s", s.zero, r, r, r)
	}
	t.op("MOVQ AX, R10")
	t.op("MOVQ BX, R11")
	t.op("MOVQ DX, R12")
	t.op("TESTQ R12, R12")
	t.op("JZ sums%d", mr)
	t.op("PCALIGN $32")
	t.line("")
	t.label(fmt.Sprintf("loop%d", mr))
	for v := range nv {
		t.op("VMOVUPS %s, %s", at("R11", v*s.width), s.reg(s.b+v))
	}
	for i := range mr {
		a := s.reg(s.a[i%len(s.a)])
		t.op("VBROADCASTSS %s, %s", rowA[i], a)
		for v := range nv {
			t.op("VFMADD231PS %s, %s, %s", s.reg(s.b+v), a, s.reg(i*nv+v))
		}
	}
	t.op("ADDQ DI, R10")
	t.op("ADDQ R8, R11")
	t.op("DECQ R12")
	t.op("JNZ loop%d", mr)
	t.line("")
	t.label(fmt.Sprintf("sums%d", mr))
	t.op("LEAQ %s, AX", skipA[mr])
	t.op("MOVQ epilogue+80(FP), R10")
	t.op("CMPQ R10, $1")
	t.op("JEQ accumulate%d", mr)
	t.op("JB store%d", mr)
	t.op("CMPQ R10, $2")
	t.op("JEQ biasLeaky%d", mr)
	t.epilogues(s, mr, nv)
}

// epilogues writes the four ends of a tile. The mask of H comes first: the
// jumps before it fall through.
func (t *text) epilogues(s isa, mr, nv int) {
	slope, constant, mask, temp := s.reg(s.slope), s.reg(s.constant), s.reg(s.mask), s.reg(s.temp)
	// rows writes one epilogue: start(i), then vector for each accumulator
	// and its store, then the steps to the next row.
	rows := func(start func(i int), vector func(acc string, offset int), next ...string) {
		for i := range mr {
			start(i)
			for v := range nv {
				acc, offset := s.reg(i*nv+v), v*s.width
				vector(acc, offset)
				t.op("VMOVUPS %s, %s", acc, at("CX", offset))
			}
			t.op("ADDQ R9, CX")
			for _, n := range next {
				t.op("%s", n)
			}
		}
	}
	again := func() {
		t.op("DECQ left-8(SP)")
		t.op("JNZ tile%d", mr)
		t.op("JMP done")
	}
	nothing := func(int) {}

	t.line("")
	t.line("// leakyGrad: C = S · (H > 0 ? 1 : slope)")
	t.op("VBROADCASTSS slope+104(FP), %s", slope)
	t.op("%s %s, %s, %s", s.zero, constant, constant, constant)
	t.op("MOVQ nextH-24(SP), R11")
	rows(nothing, func(acc string, offset int) {
		if s.vector == "Z" { // K1 = not (0 < H)
			t.op("VCMPPS $0x15, %s, %s, K1", at("R11", offset), constant)
			t.op("VMULPS %s, %s, K1, %s", slope, acc, acc)
			return
		}
		t.op("VCMPPS $0x11, %s, %s, %s", at("R11", offset), constant, mask) // 0 < H
		t.op("VMULPS %s, %s, %s", slope, acc, temp)
		t.op("VBLENDVPS %s, %s, %s, %s", mask, acc, temp, acc)
	}, "ADDQ R9, R11")
	t.op("MOVQ R11, nextH-24(SP)")
	again()

	t.line("")
	t.line("// C = max(S + bias, slope · (S + bias))")
	t.label(fmt.Sprintf("biasLeaky%d", mr))
	t.op("VBROADCASTSS slope+104(FP), %s", slope)
	t.op("MOVQ nextBias-16(SP), R11")
	rows(func(i int) {
		t.op("VBROADCASTSS %s, %s", at("R11", 4*i), constant)
	}, func(acc string, _ int) {
		t.op("VADDPS %s, %s, %s", constant, acc, acc)
		t.op("VMULPS %s, %s, %s", slope, acc, temp)
		t.op("VMAXPS %s, %s, %s", acc, temp, acc) // acc where either is NaN
	})
	t.op("ADDQ $%d, nextBias-16(SP)", 4*mr)
	again()

	t.line("")
	t.line("// C = C + S")
	t.label(fmt.Sprintf("accumulate%d", mr))
	rows(nothing, func(acc string, offset int) {
		t.op("VADDPS %s, %s, %s", at("CX", offset), acc, acc)
	})
	again()

	t.line("")
	t.line("// C = S")
	t.label(fmt.Sprintf("store%d", mr))
	rows(nothing, func(string, int) {})
	again()
}

// at returns the memory operand offset bytes past the register.
func at(reg string, offset int) string {
	if offset == 0 {
		return "(" + reg + ")"
	}
	return fmt.Sprintf("%d(%s)", offset, reg)
}
