//go:build !amd64 || noasm

package simd

func (g *RunGemm) partAVX512(list []Run, panels []Panel, e Epilogue, goOn bool) {
	g.partGeneric(list, panels, e, goOn)
}

func (g *RunGemm) partAVX2(list []Run, panels []Panel, e Epilogue, goOn bool) {
	g.partGeneric(list, panels, e, goOn)
}
