//go:build !amd64 || noasm

package simd

func (g *Gemm) runAVX512() { g.runGeneric() }
func (g *Gemm) runAVX2()   { g.runGeneric() }
