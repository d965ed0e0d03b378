package cpu

import (
	"etalon/graph"
	"etalon/internal/simd"
)

// chainFeatures makes the steps of operations that move features about, and tells
// whether n is one.
func (c *compiler) chainFeatures(n *graph.Node, dst loc, ph *phase) bool {
	move := func(to int, from loc, j, width int) {
		ph.chain(simd.ChainStep{Op: simd.ChainCopy, Width: width, Dst: dst.feature(to), A: from.feature(j)})
	}
	zero := func(lo, hi int) {
		if lo < hi {
			ph.chain(simd.ChainStep{Op: simd.ChainFill, Width: hi - lo, Dst: dst.feature(lo)})
		}
	}
	switch n.Op {
	case graph.OpConcat:
		at := 0
		for _, in := range n.In {
			part := c.locate(in)
			move(at, part, 0, part.width)
			at += part.width
		}
	case graph.OpPad:
		a, lo := c.locate(n.In[0]), n.Attr.Lo
		zero(0, lo)
		move(lo, a, 0, a.width)
		zero(lo+a.width, dst.width)
	case graph.OpPermute:
		a, runs := c.locate(n.In[0]), permutedRuns(n.Attr.Perm)
		if len(runs) >= wideFrom {
			c.emitWidePermute(a, dst, runs, ph)
			return true
		}
		for _, r := range runs {
			move(r.to, a, r.from, r.n)
		}
	case graph.OpRepeat:
		c.emitRepeat(n, dst, ph)
	case graph.OpSumRepeats:
		c.emitSumRepeats(n, dst, ph)
	case graph.OpSumFeatures:
		a := c.locate(n.In[0])
		if a.width >= wideSumFrom {
			c.sumFeatures(a, dst, 1, 1, ph)
			return true
		}
		if a.width == 1 {
			move(0, a, 0, 1)
		}
		sum := a.feature(0)
		for j := 1; j < a.width; j++ {
			ph.chain(simd.ChainStep{Op: simd.ChainAdd, Width: 1, Dst: dst.feature(0), A: sum, B: a.feature(j)})
			sum = dst.feature(0)
		}
	case graph.OpExpand:
		a := c.locate(n.In[0])
		for j := range dst.width {
			move(j, a, 0, 1)
		}
	case graph.OpToRows:
		for j := range dst.width {
			ph.chain(simd.ChainStep{Op: simd.ChainFill, Width: 1, Dst: dst.feature(j), FromShared: true, Shared: n.In[0].ID, Element: j})
		}
	default:
		return false
	}
	return true
}
