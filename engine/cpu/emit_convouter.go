package cpu

import (
	"etalon/graph"
	"etalon/internal/simd"
)

// The gradient of a convolution with respect to its weights is a sum over rows and
// positions. It is formed line by line: a coarse line is transposed, so that filters are the
// vector dimension, and so are the fine lines that a tap joins with it. The terms of one
// product are the rows and the positions of the line.

// wideChannels is the number of channels from which a fine line is kept position by
// position; the taps along x are then products of their own. Of fewer
// channels they are rows of one product.
const wideChannels = 8

// convOuter is the plan of one such gradient.
type convOuter struct {
	geo            *graph.ConvGeometry
	out            [3]int
	x, y           loc
	s              sum
	width          int // positions of a fine line, zeros at its ends included
	lines, lineLen int // fine lines in scratch, features of each
}

// emitConvOuter makes the gradient of a convolution with respect to its weights.
func (c *compiler) emitConvOuter(n *graph.Node, ph *phase) func(b *block) {
	geo := n.Attr.Conv
	o := &convOuter{geo: geo, out: geo.Out(), x: c.locate(n.In[0]), y: c.locate(n.In[1])}
	o.s = sum{id: n.ID, rows: geo.Taps() * geo.Channels, n: geo.Filters, ld: roundUp(geo.Filters, simd.Lanes), off: ph.size32}
	ph.size32 += o.s.rows * o.s.ld
	ph.sums = append(ph.sums, o.s)
	o.width = (o.out[2]-1)*geo.Stride[2] + geo.Kernel[2]
	o.lines, o.lineLen = geo.Kernel[0]*geo.Kernel[1], o.width*geo.Channels
	c.p.scratch = max(c.p.scratch, o.out[2]*o.s.ld+o.lines*o.lineLen)
	c.p.lines = max(c.p.lines, o.lines, o.out[2])
	return o.run
}

func (o *convOuter) run(b *block) {
	geo := o.geo
	part := b.p.part32[b.group*b.p.current.size32+o.s.off:][:o.s.rows*o.s.ld]
	if b.fresh {
		clear(part)
	}
	turned := b.scratch[:o.out[2]*b.rows*o.s.ld] // [position][row][filter]
	o.prepare(b, turned)
	for i := range b.panels[:min(o.s.ld/simd.Lanes, panelChunk)] {
		b.panels[i] = simd.Panel{B: i * simd.Lanes, C: i * simd.Lanes}
	}
	for i := range o.lines {
		b.lines[i] = -1
	}
	for z := range o.out[0] {
		for y := range o.out[1] {
			o.turnCoarse(b, turned, (z*o.out[1]+y)*o.out[2])
			for kz := range geo.Kernel[0] {
				for ky := range geo.Kernel[1] {
					fz, fy := z*geo.Stride[0]-geo.Pad[0]+kz, y*geo.Stride[1]-geo.Pad[1]+ky
					if fz < 0 || fz >= geo.In[0] || fy < 0 || fy >= geo.In[1] {
						continue
					}
					o.join(b, part, o.fineLine(b, kz, fz*geo.In[1]+fy), kz*geo.Kernel[1]+ky)
				}
			}
		}
	}
}

// prepare makes the runs of the block: a run for each position, of the valid rows.
func (o *convOuter) prepare(b *block, turned []float32) {
	geo, list := o.geo, b.runList[:o.out[2]]
	step, stride := geo.Stride[2]*geo.Channels, o.lineLen
	if geo.Channels >= wideChannels {
		step, stride = step*b.rows, geo.Channels
	}
	for i := range list {
		list[i] = simd.Run{A: i * step, B: i * b.rows, N: b.rows}
	}
	b.runs.Set(list, stride)
	b.run = simd.RunGemm{CS: stride, B: turned, LDB: o.s.ld, LDC: o.s.ld, Epilogue: simd.Accumulate}
}

// turnCoarse transposes the coarse line that starts at a position.
func (o *convOuter) turnCoarse(b *block, turned []float32, position int) {
	f, src := o.geo.Filters, b.at(o.y)
	for i := range o.out[2] {
		simd.Transpose(turned[i*b.rows*o.s.ld:], o.s.ld, src[(position+i)*f*b.ld:], b.ld, f, b.rows)
	}
}

// fineLine returns a transposed fine line, [position][row][channel] or
// [row][position][channel]. Those of the last Kernel[1] lines of a plane are kept.
func (o *convOuter) fineLine(b *block, kz, line int) []float32 {
	geo := o.geo
	slot := kz*geo.Kernel[1] + line%geo.In[1]%geo.Kernel[1]
	size := o.lineLen * b.rows
	dst := b.scratch[o.out[2]*b.rows*o.s.ld+slot*size:][:size]
	if b.lines[slot] == line {
		return dst
	}
	b.lines[slot] = line
	ch, pad := geo.Channels, geo.Pad[2]
	n := min(geo.In[2], o.width-pad) // positions of the volume in it
	src := b.at(o.x)[line*geo.In[2]*ch*b.ld:]
	if ch >= wideChannels {
		each := ch * b.rows
		clear(dst[:pad*each])
		clear(dst[(pad+n)*each:])
		for i := range n {
			simd.Transpose(dst[(pad+i)*each:], ch, src[i*ch*b.ld:], b.ld, ch, b.rows)
		}
		return dst
	}
	for r := range b.rows {
		clear(dst[r*o.lineLen:][:pad*ch])
		clear(dst[r*o.lineLen+(pad+n)*ch : (r+1)*o.lineLen])
	}
	simd.Transpose(dst[pad*ch:], o.lineLen, src, b.ld, n*ch, b.rows)
	return dst
}

// join adds the products of a fine and the coarse line for the taps of one row of the kernel.
func (o *convOuter) join(b *block, part, fine []float32, row int) {
	geo, g := o.geo, &b.run
	kx, m := 1, geo.Kernel[2]*geo.Channels
	if geo.Channels >= wideChannels {
		kx, m = geo.Kernel[2], geo.Channels
	}
	g.M = m
	for k := range kx {
		g.A = fine[k*m*b.rows:]
		g.C = part[(row*geo.Kernel[2]*geo.Channels+k*m)*o.s.ld:]
		for v := 0; v < o.s.ld; v += panelChunk * simd.Lanes {
			g.B = b.scratch[v : o.out[2]*b.rows*o.s.ld]
			g.C = g.C[min(v, panelChunk*simd.Lanes):]
			g.Run(&b.runs, b.panels[:min(panelChunk, (o.s.ld-v)/simd.Lanes)])
		}
	}
}
