package cpu

import (
	"etalon/graph"
	"etalon/internal/simd"
)

// tap is a run of taps along x of one kernel row, all inside the fine volume.
type tap struct {
	fine   int // fine position of the first
	weight int // number of the first tap
	n      int
}

// taps appends the runs of taps of coarse position o.
func taps(list []tap, c *graph.ConvGeometry, o [3]int) []tap {
	var first, lo, hi [3]int
	for i := range o {
		first[i] = o[i]*c.Stride[i] - c.Pad[i]
		lo[i], hi[i] = max(0, -first[i]), min(c.Kernel[i], c.In[i]-first[i])
	}
	for kz := lo[0]; kz < hi[0]; kz++ {
		for ky := lo[1]; ky < hi[1]; ky++ {
			at := ((first[0]+kz)*c.In[1]+first[1]+ky)*c.In[2] + first[2] + lo[2]
			list = append(list, tap{at, (kz*c.Kernel[1]+ky)*c.Kernel[2] + lo[2], hi[2] - lo[2]})
		}
	}
	return list
}

// eachTap calls f with every coarse position and its runs of taps.
func eachTap(c *graph.ConvGeometry, list []tap, f func(o int, list []tap)) {
	out := c.Out()
	for z := range out[0] {
		for y := range out[1] {
			for x := range out[2] {
				f((z*out[1]+y)*out[2]+x, taps(list[:0], c, [3]int{z, y, x}))
			}
		}
	}
}

// emitConv makes a convolution or its transpose.
func (c *compiler) emitConv(n *graph.Node, dst loc) func(b *block) {
	geo, from, wid := n.Attr.Conv, c.locate(n.In[0]), n.In[1].ID
	list := make([]tap, 0, geo.Kernel[0]*geo.Kernel[1])
	ch, f := geo.Channels, geo.Filters
	return func(b *block) {
		g, src, out, w := &b.gemm, b.at(from), b.at(dst), b.p.shared[wid]
		g.N, g.LDB, g.LDC, g.Bias, g.H = b.ld, b.ld, b.ld, nil, nil
		if n.Op == graph.OpConvT {
			simd.Fill(out, 0)
			g.Epilogue = simd.Accumulate
		}
		eachTap(geo, append([]tap(nil), list...), func(o int, list []tap) {
			for i, t := range list {
				g.A = w[t.weight*ch*f:]
				fine := t.fine * ch * b.ld
				if n.Op == graph.OpConv {
					g.M, g.K, g.RS, g.CS = f, t.n*ch, 1, f
					g.B, g.C = src[fine:], out[o*f*b.ld:]
					g.Epilogue = simd.Accumulate
					if i == 0 {
						g.Epilogue = simd.Store
					}
				} else {
					g.M, g.K, g.RS, g.CS = t.n*ch, f, f, 1
					g.B, g.C = src[o*f*b.ld:], out[fine:]
				}
				g.Run()
			}
		})
	}
}

// emitConvOuter makes the gradient of a convolution with respect to its weights.
func (c *compiler) emitConvOuter(n *graph.Node, ph *phase) func(b *block) {
	geo, x, y := n.Attr.Conv, c.locate(n.In[0]), c.locate(n.In[1])
	ch, f := geo.Channels, geo.Filters
	s := sum{id: n.ID, rows: geo.Taps() * ch, n: f, ld: roundUp(f, simd.Lanes), off: ph.size32}
	ph.size32 += s.rows * s.ld
	ph.sums = append(ph.sums, s)
	c.p.scratch = max(c.p.scratch, s.ld)
	return func(b *block) {
		part := b.p.part32[b.group*b.p.current.size32+s.off:][:s.rows*s.ld]
		if b.fresh {
			clear(part)
		}
		g, fine, coarse := &b.gemm, b.at(x), b.at(y)
		g.N, g.K, g.RS, g.CS, g.LDB, g.LDC, g.Bias, g.H = s.ld, b.rows, b.ld, 1, s.ld, s.ld, nil, nil
		g.B, g.Epilogue = b.scratch, simd.Accumulate
		eachTap(geo, nil, func(o int, list []tap) {
			simd.Transpose(b.scratch, s.ld, coarse[o*f*b.ld:], b.ld, f, b.rows)
			for _, t := range list {
				g.M = t.n * ch
				g.A, g.C = fine[t.fine*ch*b.ld:], part[t.weight*ch*s.ld:]
				g.Run()
			}
		})
	}
}
