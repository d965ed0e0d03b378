package cpu

import (
	"etalon/graph"
	"etalon/internal/simd"
)

// emitConv makes a convolution or its transpose with its epilogue.
func (c *compiler) emitConv(m product, dst loc) func(b *block) {
	op, geo := m.conv.Op, m.conv.Attr.Conv
	plan := planConv(op, geo)
	from, slot := c.locate(m.x), c.packConv(op, geo, m.w)
	epilogue, slope, bias, mask := simd.Store, float32(m.slope), -1, loc{}
	switch {
	case m.mask != nil:
		epilogue, mask = simd.LeakyGrad, c.locate(m.mask)
	case m.bias != nil:
		epilogue, bias = simd.BiasLeaky, m.bias.ID
	}
	return func(b *block) {
		g := &b.run
		*g = simd.RunGemm{M: plan.m, A: b.p.packedConv[slot], Packed: true, Terms: plan.terms,
			B: b.at(from), LDB: b.ld, C: b.at(dst), LDC: b.ld, Epilogue: epilogue, Slope: slope}
		if bias >= 0 {
			g.Bias = b.p.shared[bias]
		}
		if epilogue == simd.LeakyGrad {
			g.H = b.at(mask)
		}
		plan.run(b, g)
	}
}

type convKey struct {
	id  int
	op  graph.Op
	geo graph.ConvGeometry
}

// packConv has the weights w packed before the rows of the phase are run, and
// returns their place in Program.packedConv.
func (c *compiler) packConv(op graph.Op, geo *graph.ConvGeometry, w *graph.Node) int {
	key := convKey{w.ID, op, *geo}
	if slot, ok := c.convPacks[key]; ok {
		return slot
	}
	slot, size := len(c.p.packedConv), w.Size()
	c.convPacks[key] = slot
	c.p.packedConv = append(c.p.packedConv, alignedFloats(size))
	if op == graph.OpConv {
		c.packing = append(c.packing, func(p *Program) {
			simd.PackTiles(p.packedConv[slot], p.shared[w.ID], 1, geo.Filters, geo.Filters, geo.Taps()*geo.Channels)
		})
		return slot
	}
	var taps []int // in the order in which they are packed
	for _, z := range tapOrder(op, geo.Kernel[0], geo.Stride[0]) {
		for _, y := range tapOrder(op, geo.Kernel[1], geo.Stride[1]) {
			for _, x := range tapOrder(op, geo.Kernel[2], geo.Stride[2]) {
				taps = append(taps, (z*geo.Kernel[1]+y)*geo.Kernel[2]+x)
			}
		}
	}
	ch, f := geo.Channels, geo.Filters
	turned := make([]float32, size) // [tap][filter][channel]
	c.packing = append(c.packing, func(p *Program) {
		src := p.shared[w.ID]
		for i, tap := range taps {
			simd.Transpose(turned[i*ch*f:], ch, src[tap*ch*f:], f, ch, f)
		}
		simd.PackTiles(p.packedConv[slot], turned, 1, ch, ch, len(taps)*f)
	})
	return slot
}
