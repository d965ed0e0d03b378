package main

import (
	"fmt"
)

// Offsets of the fields of runJob.
const (
	jobMR, jobTiles, jobRuns, jobEnd    = 0, 8, 16, 24
	jobA, jobTileA, jobUnitA, jobCS     = 32, 40, 48, 56
	jobB, jobB1, jobB2, jobLDB          = 64, 72, 80, 88
	jobC, jobC1, jobC2, jobLDC          = 96, 104, 112, 120
	jobGoOn, jobEpilogue, jobBias, jobH = 128, 136, 144, 152
	jobSlope                            = 160
	runSize                             = 24 // A, B and N of a Run
)

// The addresses of the vectors of B and C.
var (
	vectorsB = []string{"(R11)", "(R11)(SI*1)", "(R11)(DI*1)"}
	vectorsC = []string{"(%s)", "(%s)(R14*1)", "(%s)(R15*1)"}
)

func vectorC(base string, v int) string { return fmt.Sprintf(vectorsC[v], base) }

func runsFile(s isa) []byte {
	var t text
	t.header(
		"Products over runs of terms, "+s.name+": tiles of mr rows by 1, 2 or 3 vectors of C that lie anywhere.",
		"",
		"AX  A of the tile           SI, DI   from the first vector of B to the others   R10  A at the term; in epilogues a scratch register",
		"BX  first vector of B       R8       row stride of B, bytes                     R11  B at the term; in epilogues bias or H",
		"CX  C, advances by rows     R9       row stride of C and H                      R12  terms left; the job between runs",
		"DX  run                     R13      stride of A from term to term              R14, R15  from the first vector of C to the others",
		"",
		"Registers of vectors are those of the GEMM kernels. Every accumulator starts from",
		"zero, or goes on from C, and takes one fused multiply-add for each term in order.",
	)
	for nv := 1; nv <= maxVectors; nv++ {
		t.runs(s, nv)
	}
	return t.Bytes()
}

func (t *text) runs(s isa, nv int) {
	t.line("")
	t.line("// func runs%sx%d(job *runJob)", s.name, nv)
	t.line("TEXT ·runs%sx%d(SB), NOSPLIT, $0-8", s.name, nv)
	t.op("MOVQ job+0(FP), R12")
	for _, p := range []struct {
		at  int
		reg string
	}{
		{jobA, "AX"}, {jobB, "BX"}, {jobB1, "SI"}, {jobB2, "DI"}, {jobLDB, "R8"}, {jobC, "CX"}, {jobC1, "R14"}, {jobC2, "R15"}, {jobLDC, "R9"}, {jobCS, "R13"}, {jobMR, "R10"},
	} {
		t.op("MOVQ %s, %s", at("R12", p.at), p.reg)
	}
	for mr := s.rows; mr > 1; mr-- {
		t.op("CMPQ R10, $%d", mr)
		t.op("JEQ tile%d", mr)
	}
	for mr := 1; mr <= s.rows; mr++ {
		t.runsTile(s, mr, nv)
	}
	t.line("")
	t.label("done")
	t.op("VZEROUPPER")
	t.op("RET")
}

func (t *text) runsTile(s isa, mr, nv int) {
	t.line("")
	t.line("// Tiles of %d by %d.", mr, nv)
	t.label(fmt.Sprintf("tile%d", mr))
	t.op("MOVQ job+0(FP), R12")
	t.op("MOVQ %s, DX", at("R12", jobRuns))
	t.op("CMPQ %s, $0", at("R12", jobGoOn))
	t.op("JEQ zero%d", mr)
	t.op("MOVQ CX, R10")
	for i := range mr {
		for v := range nv {
			t.op("VMOVUPS %s, %s", vectorC("R10", v), s.reg(i*nv+v))
		}
		t.op("ADDQ R9, R10")
	}
	t.op("JMP run%d", mr)
	t.line("")
	t.label(fmt.Sprintf("zero%d", mr))
	for i := range mr * nv {
		r := s.reg(i)
		t.op("%s %s, %s, %s", s.zero, r, r, r)
	}
	t.line("")
	t.label(fmt.Sprintf("run%d", mr))
	t.op("CMPQ DX, %s", at("R12", jobEnd))
	t.op("JEQ sums%d", mr)
	t.op("MOVQ (DX), R10")
	t.op("IMULQ %s, R10", at("R12", jobUnitA))
	t.op("ADDQ AX, R10")
	t.op("MOVQ 8(DX), R11")
	t.op("IMULQ R8, R11")
	t.op("ADDQ BX, R11")
	t.op("MOVQ 16(DX), R12")
	t.op("ADDQ $%d, DX", runSize)
	t.op("PCALIGN $32")
	t.line("")
	t.label(fmt.Sprintf("loop%d", mr))
	for v := range nv {
		t.op("VMOVUPS %s, %s", vectorsB[v], s.reg(s.b+v))
	}
	for i := range mr {
		a := s.reg(s.a[i%len(s.a)])
		t.op("VBROADCASTSS %s, %s", at("R10", 4*i), a)
		for v := range nv {
			t.op("VFMADD231PS %s, %s, %s", s.reg(s.b+v), a, s.reg(i*nv+v))
		}
	}
	t.op("ADDQ R13, R10")
	t.op("ADDQ R8, R11")
	t.op("DECQ R12")
	t.op("JNZ loop%d", mr)
	t.op("MOVQ job+0(FP), R12")
	t.op("JMP run%d", mr)
	t.line("")
	t.label(fmt.Sprintf("sums%d", mr))
	t.op("ADDQ %s, AX", at("R12", jobTileA))
	t.op("MOVQ %s, R10", at("R12", jobEpilogue))
	t.op("CMPQ R10, $2")
	t.op("JB store%d", mr)
	t.op("JEQ biasLeaky%d", mr)
	t.runsEpilogues(s, mr, nv)
}

// runsEpilogues writes the three ends of a tile, like those of the GEMM kernels.
func (t *text) runsEpilogues(s isa, mr, nv int) {
	slope, constant, mask, temp := s.reg(s.slope), s.reg(s.constant), s.reg(s.mask), s.reg(s.temp)
	rows := func(start func(i int), vector func(acc string, v int), next ...string) {
		for i := range mr {
			start(i)
			for v := range nv {
				acc := s.reg(i*nv + v)
				vector(acc, v)
				t.op("VMOVUPS %s, %s", acc, vectorC("CX", v))
			}
			t.op("ADDQ R9, CX")
			for _, n := range next {
				t.op("%s", n)
			}
		}
	}
	again := func() {
		t.op("DECQ %s", at("R12", jobTiles))
		t.op("JNZ tile%d", mr)
		t.op("JMP done")
	}
	nothing := func(int) {}

	t.line("")
	t.line("// leakyGrad: C = S · (H > 0 ? 1 : slope)")
	t.op("VBROADCASTSS %s, %s", at("R12", jobSlope), slope)
	t.op("%s %s, %s, %s", s.zero, constant, constant, constant)
	t.op("MOVQ %s, R11", at("R12", jobH))
	rows(nothing, func(acc string, v int) {
		h := vectorC("R11", v)
		if s.vector == "Z" {
			t.op("VCMPPS $0x15, %s, %s, K1", h, constant)
			t.op("VMULPS %s, %s, K1, %s", slope, acc, acc)
			return
		}
		t.op("VCMPPS $0x11, %s, %s, %s", h, constant, mask)
		t.op("VMULPS %s, %s, %s", slope, acc, temp)
		t.op("VBLENDVPS %s, %s, %s, %s", mask, acc, temp, acc)
	}, "ADDQ R9, R11")
	t.op("MOVQ R11, %s", at("R12", jobH))
	again()

	t.line("")
	t.line("// C = max(S + bias, slope · (S + bias))")
	t.label(fmt.Sprintf("biasLeaky%d", mr))
	t.op("VBROADCASTSS %s, %s", at("R12", jobSlope), slope)
	t.op("MOVQ %s, R11", at("R12", jobBias))
	rows(func(i int) {
		t.op("VBROADCASTSS %s, %s", at("R11", 4*i), constant)
	}, func(acc string, _ int) {
		t.op("VADDPS %s, %s, %s", constant, acc, acc)
		t.op("VMULPS %s, %s, %s", slope, acc, temp)
		t.op("VMAXPS %s, %s, %s", acc, temp, acc) // acc where either is NaN
	})
	t.op("ADDQ $%d, %s", 4*mr, at("R12", jobBias))
	again()

	t.line("")
	t.line("// C = S")
	t.label(fmt.Sprintf("store%d", mr))
	rows(nothing, func(string, int) {})
	again()
}
