package main

// transposeFile writes the 8 × 8 transposition. Each vector is loaded as two
// halves, from rows four apart, so that two steps of shuffles within 128-bit
// lanes suffice.
func transposeFile() []byte {
	var t text
	t.header(
		"Transposition of 8 columns of floats, 8 rows at a time (AVX2).",
		"",
		"SI  source, first row of 8      DI  destination, column 0 of 8",
		"R8  row stride of the source    R9  row stride of the destination",
		"R10, R11, R12  3, 5, 7 strides of the source; R13, R14, R15 of the destination",
		"CX  tiles left                  BX  source, 4 columns on",
		"",
		"Y0 to Y3 hold columns 0 to 3 of rows (0|4), (1|5), (2|6), (3|7); Y4 to Y7 columns 4 to 7.",
	)
	t.line("")
	t.line("// func transpose8AVX2(dst *float32, ldd int, src *float32, lds int, tiles int)")
	t.line("TEXT ·transpose8AVX2(SB), NOSPLIT, $0-40")
	t.op("MOVQ dst+0(FP), DI")
	t.op("MOVQ ldd+8(FP), R9")
	t.op("MOVQ src+16(FP), SI")
	t.op("MOVQ lds+24(FP), R8")
	t.op("MOVQ tiles+32(FP), CX")
	t.op("SHLQ $2, R8")
	t.op("SHLQ $2, R9")
	t.op("LEAQ (R8)(R8*2), R10")
	t.op("LEAQ (R8)(R8*4), R11")
	t.op("LEAQ (R10)(R8*4), R12")
	t.op("LEAQ (R9)(R9*2), R13")
	t.op("LEAQ (R9)(R9*4), R14")
	t.op("LEAQ (R13)(R9*4), R15")
	t.op("PCALIGN $32")
	t.line("")
	t.label("loop")
	t.op("LEAQ 16(SI), BX")
	index := [8]string{"", "(R8*1)", "(R8*2)", "(R10*1)", "(R8*4)", "(R11*1)", "(R10*2)", "(R12*1)"}
	for half, base := range []string{"SI", "BX"} {
		for i := range 4 {
			r := half*4 + i
			t.op("VMOVUPS (%s)%s, X%d", base, index[i], r)
			t.op("VINSERTF128 $1, (%s)%s, Y%d, Y%d", base, index[i+4], r, r)
		}
	}
	for half := range 2 {
		r := half * 4
		t.op("VUNPCKLPS Y%d, Y%d, Y8", r+1, r)    // 00 10 01 11
		t.op("VUNPCKHPS Y%d, Y%d, Y9", r+1, r)    // 02 12 03 13
		t.op("VUNPCKLPS Y%d, Y%d, Y10", r+3, r+2) // 20 30 21 31
		t.op("VUNPCKHPS Y%d, Y%d, Y11", r+3, r+2) // 22 32 23 33
		t.op("VUNPCKLPD Y10, Y8, Y%d", r)
		t.op("VUNPCKHPD Y10, Y8, Y%d", r+1)
		t.op("VUNPCKLPD Y11, Y9, Y%d", r+2)
		t.op("VUNPCKHPD Y11, Y9, Y%d", r+3)
	}
	column := [8]string{"", "(R9*1)", "(R9*2)", "(R13*1)", "(R9*4)", "(R14*1)", "(R13*2)", "(R15*1)"}
	for c := range 8 {
		t.op("VMOVUPS Y%d, (DI)%s", c, column[c])
	}
	t.op("LEAQ (SI)(R8*8), SI")
	t.op("ADDQ $32, DI")
	t.op("DECQ CX")
	t.op("JNZ loop")
	t.op("VZEROUPPER")
	t.op("RET")
	return t.Bytes()
}
