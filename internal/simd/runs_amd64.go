//go:build amd64 && !noasm

package simd

import (
	"runtime"
	"unsafe"
)

// runJob holds the arguments of the kernels below. Strides and distances are in bytes; tileA is
// the way from tile to tile in A, unitA the size of a unit of Run.A, b1, b2, c1 and c2 the
// way from the first vector to the others. The kernels change tiles, bias and h.
type runJob struct {
	mr, tiles        int
	runs, end        uintptr // the runs and their end
	a                uintptr
	tileA, unitA, cs int
	b                uintptr
	b1, b2, ldb      int
	c                uintptr
	c1, c2, ldc      int
	goOn             int // start from C, not from zero
	epilogue         int
	bias, h          uintptr
	slope            float32
}

//go:noescape
func runsAVX512x1(job *runJob)

//go:noescape
func runsAVX512x2(job *runJob)

//go:noescape
func runsAVX512x3(job *runJob)

//go:noescape
func runsAVX2x1(job *runJob)

//go:noescape
func runsAVX2x2(job *runJob)

//go:noescape
func runsAVX2x3(job *runJob)

// job fills in what all tiles of a part have in common.
func (g *RunGemm) job(list []Run, e Epilogue, goOn bool) runJob {
	j := runJob{cs: 4 * g.CS, unitA: 4, ldb: 4 * g.LDB, ldc: 4 * g.LDC, epilogue: int(e), slope: g.Slope}
	j.runs = address(list)
	j.end = j.runs + uintptr(len(list))*unsafe.Sizeof(Run{})
	if goOn {
		j.goOn = 1
	}
	if e == Accumulate {
		j.epilogue = int(Store)
	}
	return j
}

// tiles sets the job to n tiles of mr rows from row i on.
func (g *RunGemm) tiles(j *runJob, n, mr, i int) {
	j.mr, j.tiles = mr, n
	if g.Packed {
		j.a = address(g.A) + uintptr(4*i*g.Terms)
		j.tileA, j.unitA, j.cs = 4*mr*g.Terms, 4*mr, 4*mr
	} else {
		j.a = address(g.A) + uintptr(4*i)
		j.tileA = 4 * mr
	}
	j.bias = address(g.Bias) + uintptr(4*i)
}

func (g *RunGemm) partAVX512(list []Run, panels []Panel, e Epilogue, goOn bool) {
	size, big, small := splitRows(g.M, rowsAVX512)
	j := g.job(list, e, goOn)
	b, c, h := address(g.B), address(g.C), address(g.H)
	for len(panels) > 0 {
		nv := nextVectors(len(panels))
		p := panels[0]
		if nv > 1 {
			j.b1, j.c1 = 4*(panels[1].B-p.B), 4*(panels[1].C-p.C)
		}
		if nv > 2 {
			j.b2, j.c2 = 4*(panels[2].B-p.B), 4*(panels[2].C-p.C)
		}
		j.b = b + uintptr(4*p.B)
		i := 0
		for s := range 2 { // big tiles, then small ones
			n, mr := big, size+1
			if s == 1 {
				n, mr = small, size
			}
			if n == 0 {
				continue
			}
			g.tiles(&j, n, mr, i)
			at := uintptr(4 * (p.C + i*g.LDC))
			j.c, j.h = c+at, h+at
			switch nv {
			case 1:
				runsAVX512x1(&j)
			case 2:
				runsAVX512x2(&j)
			case 3:
				runsAVX512x3(&j)
			}
			i += n * mr
		}
		panels = panels[nv:]
	}
	runtime.KeepAlive(g)
	runtime.KeepAlive(list)
}

// partAVX2 is partAVX512 with two vectors for each panel.
func (g *RunGemm) partAVX2(list []Run, panels []Panel, e Epilogue, goOn bool) {
	size, big, small := splitRows(g.M, rowsAVX2)
	j := g.job(list, e, goOn)
	b, c, h := address(g.B), address(g.C), address(g.H)
	vectors := 2 * len(panels)
	at := func(v int) (b, c int) {
		p := panels[v/2]
		return 4 * (p.B + v%2*8), 4 * (p.C + v%2*8)
	}
	for v := 0; v < vectors; {
		nv := nextVectors(vectors - v)
		b0, c0 := at(v)
		if nv > 1 {
			b1, c1 := at(v + 1)
			j.b1, j.c1 = b1-b0, c1-c0
		}
		if nv > 2 {
			b2, c2 := at(v + 2)
			j.b2, j.c2 = b2-b0, c2-c0
		}
		j.b = b + uintptr(b0)
		i := 0
		for s := range 2 {
			n, mr := big, size+1
			if s == 1 {
				n, mr = small, size
			}
			if n == 0 {
				continue
			}
			g.tiles(&j, n, mr, i)
			to := uintptr(c0 + 4*i*g.LDC)
			j.c, j.h = c+to, h+to
			switch nv {
			case 1:
				runsAVX2x1(&j)
			case 2:
				runsAVX2x2(&j)
			case 3:
				runsAVX2x3(&j)
			}
			i += n * mr
		}
		v += nv
	}
	runtime.KeepAlive(g)
	runtime.KeepAlive(list)
}
