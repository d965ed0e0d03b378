package main

import (
	"bytes"
	"fmt"
	"go/format"
	"log"
)

// A kernel is one elementwise function: its body turns register 0, loaded from a,
// into the result. Registers of AVX2: 15 is the mask, 14 holds the
// scalar.
type kernel struct {
	name string
	body func(w *writer)
}

const scalar = 14

const (
	sourceB = memory("(DX)(AX*1)")
	sourceC = memory("(R8)(AX*1)")
)

// simple returns a kernel that is one instruction on a and b.
func simple(name, op string, b any) kernel {
	return kernel{name, func(w *writer) { w.do(op, 0, b, 0) }}
}

// reversed returns a kernel that is one instruction on the scalar and a.
func reversed(name, op string) kernel {
	return kernel{name, func(w *writer) { w.do(op, scalar, 0, 0) }}
}

// kernels stand in the order of the opcodes of elementwise.go.
var kernels = []kernel{
	simple("add", "VADDPS", sourceB),
	simple("sub", "VSUBPS", sourceB),
	simple("mul", "VMULPS", sourceB),
	simple("div", "VDIVPS", sourceB),
	{"max", func(w *writer) { w.extremum("VMAXPS", "VPAND", sourceB) }},
	{"min", func(w *writer) { w.extremum("VMINPS", "VPOR", sourceB) }},
	simple("addScalar", "VADDPS", scalar),
	simple("subScalar", "VSUBPS", scalar),
	reversed("rSubScalar", "VSUBPS"),
	simple("mulScalar", "VMULPS", scalar),
	simple("divScalar", "VDIVPS", scalar),
	reversed("rDivScalar", "VDIVPS"),
	{"maxScalar", func(w *writer) { w.extremum("VMAXPS", "VPAND", scalar) }},
	{"minScalar", func(w *writer) { w.extremum("VMINPS", "VPOR", scalar) }},
	{"neg", func(w *writer) { w.bitwise("VPXOR", 0, signBit, 0) }},
	{"abs", func(w *writer) { w.bitwise("VPAND", 0, absMask, 0) }},
	{"square", func(w *writer) { w.mul(0, 0, 0) }},
	{"sqrt", func(w *writer) { w.op("VSQRTPS %s, %s", w.reg(0), w.reg(0)) }},
	{"sign", func(w *writer) {
		w.clear(1)
		w.compare(less, 0, 1)
		w.choose(number(-1), 0, 2)
		w.compare(less, 1, 0)
		w.choose(number(1), 2, 0)
	}},
	{"step", func(w *writer) {
		w.clear(1)
		w.compare(less, 1, 0)
		w.choose(number(1), 1, 0)
	}},
	{"floor", func(w *writer) {
		op := "VROUNDPS"
		if w.name == avx512.name {
			op = "VRNDSCALEPS"
		}
		w.op("%s $9, %s, %s", op, w.reg(0), w.reg(0)) // down, without the inexact flag
	}},
	{"exp", func(w *writer) { w.exp(0, 1) }},
	{"log", func(w *writer) { w.log(0) }},
	{"tanh", (*writer).tanh},
	{"sigmoid", (*writer).sigmoid},
	{"softplus", (*writer).softplus},
	{"leaky", func(w *writer) {
		w.mul(0, scalar, 1)
		w.do("VMAXPS", 1, 0, 0) // a where the product is NaN
	}},
	{"leakyMask", func(w *writer) {
		w.clear(1)
		w.compare(less, 1, sourceB)
		w.mul(0, scalar, 1)
		w.choose(0, 1, 0)
	}},
	{"select", func(w *writer) {
		w.clear(1)
		w.compare(less, 1, 0)
		w.op("VMOVUPS %s, %s", sourceC, w.reg(1))
		w.choose(sourceB, 1, 0)
	}},
	{"axpy", func(w *writer) {
		w.mul(0, scalar, 0)
		w.add(0, memory("(DI)(AX*1)"), 0)
	}},
}

func elementwiseFile(s isa) []byte {
	w := writer{isa: s, pool: newPool(mustReadConstants())}
	w.header(
		"Elementwise kernels, "+s.name+", for n floats, a positive multiple of 16.",
		"",
		"DI dst, SI a, DX b, R8 c   AX  byte offset   CX  bytes",
		fmt.Sprintf("%s the element and its result, %s the scalar; masks in %s", s.reg(0), s.reg(scalar), s.maskOfElements()),
		"",
		"No multiplication is fused with an addition: the bits are those of the portable functions.",
	)
	for _, k := range kernels {
		w.kernel(k)
	}
	w.sums()
	w.adam()
	w.data(w.pool)
	return w.Bytes()
}

func (s isa) maskOfElements() string {
	if s.vector == "Z" {
		return "K1"
	}
	return s.reg(15)
}

// kernel writes the loop of one function.
func (w *writer) kernel(k kernel) {
	w.line("")
	w.line("// func %s%s(n int, dst, a, b, c *float32, s float32)", k.name, w.name)
	w.line("TEXT ·%s%s(SB), NOSPLIT, $0-44", k.name, w.name)
	w.op("MOVQ n+0(FP), CX")
	w.op("MOVQ dst+8(FP), DI")
	w.op("MOVQ a+16(FP), SI")
	w.op("MOVQ b+24(FP), DX")
	w.op("MOVQ c+32(FP), R8")
	w.op("VBROADCASTSS s+40(FP), %s", w.reg(scalar))
	w.op("SHLQ $2, CX")
	w.op("XORQ AX, AX")
	w.op("PCALIGN $32")
	w.line("")
	w.label("loop")
	w.op("VMOVUPS (SI)(AX*1), %s", w.reg(0))
	k.body(w)
	w.op("VMOVUPS %s, (DI)(AX*1)", w.reg(0))
	w.op("ADDQ $%d, AX", w.width)
	w.op("CMPQ AX, CX")
	w.op("JB loop")
	w.op("VZEROUPPER")
	w.op("RET")
}

// sums writes the reductions: sixteen partial sums in float64.
func (w *writer) sums() {
	vectors := 128 / w.width
	for _, name := range []string{"sum", "dot"} {
		w.line("")
		w.line("// func %s%s(n int, s *float64, a, b *float32)", name, w.name)
		w.line("TEXT ·%s%s(SB), NOSPLIT, $0-32", name, w.name)
		w.op("MOVQ n+0(FP), CX")
		w.op("MOVQ s+8(FP), DI")
		w.op("MOVQ a+16(FP), SI")
		w.op("MOVQ b+24(FP), DX")
		for v := range vectors {
			w.clear(v)
		}
		w.line("")
		w.label("loop")
		for v := range vectors {
			w.op("VCVTPS2PD %s, %s", at("SI", v*w.width/2), w.reg(vectors+v))
			if name == "dot" { // products are exact: fusing changes nothing
				w.op("VCVTPS2PD %s, %s", at("DX", v*w.width/2), w.reg(2*vectors+v))
				w.do("VFMADD231PD", vectors+v, 2*vectors+v, v)
			} else {
				w.do("VADDPD", v, vectors+v, v)
			}
		}
		w.op("ADDQ $64, SI")
		w.op("ADDQ $64, DX")
		w.op("SUBQ $16, CX")
		w.op("JNZ loop")
		for v := range vectors {
			w.op("VMOVUPD %s, %s", w.reg(v), at("DI", v*w.width))
		}
		w.op("VZEROUPPER")
		w.op("RET")
	}
}

// adam writes the optimiser's step; registers 5 to 13 hold adamConstants, in its order.
func (w *writer) adam() {
	const (
		x, grad, first, second, t                                          = 0, 1, 2, 3, 4
		decay, shrink, beta1, rest1, beta2, rest2, scale2, step, eps, zero = 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
	)
	w.line("")
	w.line("// func adam%s(n int, p, gradient, m, v, constants *float32)", w.name)
	w.line("TEXT ·adam%s(SB), NOSPLIT, $0-48", w.name)
	w.op("MOVQ n+0(FP), CX")
	w.op("MOVQ p+8(FP), DI")
	w.op("MOVQ gradient+16(FP), SI")
	w.op("MOVQ m+24(FP), DX")
	w.op("MOVQ v+32(FP), R8")
	w.op("MOVQ constants+40(FP), R9")
	for i := range eps - decay + 1 {
		w.op("VBROADCASTSS %s, %s", at("R9", 4*i), w.reg(decay+i))
	}
	w.clear(zero)
	w.op("SHLQ $2, CX")
	w.op("XORQ AX, AX")
	w.op("PCALIGN $32")
	w.line("")
	w.label("loop")
	w.op("VMOVUPS (DI)(AX*1), %s", w.reg(x))
	w.mul(x, decay, t)
	w.add(t, memory("(SI)(AX*1)"), grad)
	w.mul(x, shrink, x)
	w.mul(beta1, memory("(DX)(AX*1)"), first)
	w.mul(rest1, grad, t)
	w.add(first, t, first)
	w.bitwise("VPAND", first, absMask, t)
	w.compare(less, t, constantOf("tinyFirst"))
	w.choose(zero, first, first)
	w.op("VMOVUPS %s, (DX)(AX*1)", w.reg(first))
	w.mul(grad, grad, t)
	w.mul(rest2, t, t)
	w.mul(beta2, memory("(R8)(AX*1)"), second)
	w.add(second, t, second)
	w.compare(less, second, constantOf("tinySecond"))
	w.choose(zero, second, second)
	w.op("VMOVUPS %s, (R8)(AX*1)", w.reg(second))
	w.mul(second, scale2, t)
	w.op("VSQRTPS %s, %s", w.reg(t), w.reg(t))
	w.add(t, eps, t)
	w.mul(first, step, first)
	w.do("VDIVPS", first, t, t)
	w.sub(x, t, x)
	w.op("VMOVUPS %s, (DI)(AX*1)", w.reg(x))
	w.op("ADDQ $%d, AX", w.width)
	w.op("CMPQ AX, CX")
	w.op("JB loop")
	w.op("VZEROUPPER")
	w.op("RET")
}

// stubsFile writes the Go declarations and the tables of kernels.
func stubsFile() []byte {
	var b bytes.Buffer
	fmt.Fprint(&b, "// Code generated by etalon/internal/simd/gen. DO NOT EDIT.\n\n//go:build amd64 && !noasm\n\npackage simd\n\n")
	fmt.Fprint(&b, "// A kernel does n elements, a positive multiple of Lanes; it reads of b, c and s what its function has.\ntype kernel func(n int, dst, a, b, c *float32, s float32)\n")
	for _, s := range []isa{avx512, avx2} {
		fmt.Fprintf(&b, "\nvar kernels%s = [opcodes]kernel{\n", s.name)
		for _, k := range kernels {
			fmt.Fprintf(&b, "op%c%s: %s%s,\n", k.name[0]-'a'+'A', k.name[1:], k.name, s.name)
		}
		fmt.Fprint(&b, "}\n")
	}
	for _, s := range []isa{avx512, avx2} {
		for _, k := range kernels {
			fmt.Fprintf(&b, "\n//go:noescape\nfunc %s%s(n int, dst, a, b, c *float32, s float32)\n", k.name, s.name)
		}
		for _, name := range []string{"sum", "dot"} {
			fmt.Fprintf(&b, "\n//go:noescape\nfunc %s%s(n int, s *float64, a, b *float32)\n", name, s.name)
		}
		fmt.Fprintf(&b, "\n//go:noescape\nfunc adam%s(n int, p, gradient, m, v, constants *float32)\n", s.name)
		for _, name := range []string{"words", "uniforms", "normals"} {
			fmt.Fprintf(&b, "\n//go:noescape\nfunc %s%s(n int, dst, keys *uint32, lo, hi, stepLo, stepHi uint64)\n", name, s.name)
		}
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		log.Fatalf("gen: %v", err)
	}
	return text
}
