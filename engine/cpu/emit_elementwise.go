package cpu

import (
	"etalon/graph"
	"etalon/internal/simd"
)

// Elementwise operations and those that move features about are steps of chains
// (simd.Chain): what lies between two matrix products is one kernel. Their tensors
// are a few features wide, so that what a chain saves is calls; they stay in the
// level-1 cache by themselves.

// Memories of a worker's chains: the arena, the scratch buffers, the block's part
// of each stash.
const (
	memoryArena = iota
	memoryScratch
	memoryStashes
)

func (l loc) feature(j int) simd.Feature {
	f := simd.Feature{Number: l.off + j}
	if l.stash >= 0 {
		f.Memory = memoryStashes + l.stash
	}
	return f
}

// chain appends a step to the chain at the end of the phase's kernels.
func (ph *phase) chain(s simd.ChainStep) {
	if ph.open == nil || ph.openAt != len(ph.rows) {
		chain := &simd.Chain{}
		ph.rows = append(ph.rows, func(b *block) { chain.Run(b.memory, b.ld, b.p.shared) })
		ph.open, ph.openAt = chain, len(ph.rows)
	}
	ph.open.Add(s)
}

// elementwise makes the steps of a node whose result goes to dst, and tells
// whether it is of that kind.
func (c *compiler) elementwise(n *graph.Node, dst loc, ph *phase) bool {
	if _, ok := c.mats[n.ID]; ok {
		return false
	}
	if op, ok := unaryOps[n.Op]; ok {
		ph.chain(simd.ChainStep{Op: op, Width: dst.width, Dst: dst.feature(0), A: c.locate(n.In[0]).feature(0), Value: float32(n.Attr.Alpha)})
		return true
	}
	switch n.Op {
	case graph.OpAdd, graph.OpSub, graph.OpMul, graph.OpDiv, graph.OpMax, graph.OpMin:
		c.chainBinary(n, dst, ph)
	case graph.OpSelect, graph.OpLeakyMask:
		c.chainMasked(n, dst, ph)
	default:
		return c.chainFeatures(n, dst, ph)
	}
	return true
}

var unaryOps = map[graph.Op]simd.ChainOp{
	graph.OpNeg: simd.ChainNeg, graph.OpExp: simd.ChainExp, graph.OpLog: simd.ChainLog, graph.OpTanh: simd.ChainTanh,
	graph.OpSigmoid: simd.ChainSigmoid, graph.OpSoftplus: simd.ChainSoftplus, graph.OpSquare: simd.ChainSquare,
	graph.OpSqrt: simd.ChainSqrt, graph.OpAbs: simd.ChainAbs, graph.OpSign: simd.ChainSign, graph.OpStep: simd.ChainStepAt0, graph.OpFloor: simd.ChainFloor,
	graph.OpLeaky: simd.ChainLeaky,
}

// binaryOps has the vector-vector, vector-scalar and scalar-vector forms.
var binaryOps = map[graph.Op]struct{ vv, vs, sv simd.ChainOp }{
	graph.OpAdd: {simd.ChainAdd, simd.ChainAddScalar, simd.ChainAddScalar},
	graph.OpSub: {simd.ChainSub, simd.ChainSubScalar, simd.ChainRSubScalar},
	graph.OpMul: {simd.ChainMul, simd.ChainMulScalar, simd.ChainMulScalar},
	graph.OpDiv: {simd.ChainDiv, simd.ChainDivScalar, simd.ChainRDivScalar},
	graph.OpMax: {simd.ChainMax, simd.ChainMaxScalar, simd.ChainMaxScalar},
	graph.OpMin: {simd.ChainMin, simd.ChainMinScalar, simd.ChainMinScalar},
}

// operand of an elementwise operation: a row tensor, or a shared vector or scalar.
type operand struct {
	rows   bool
	at     loc
	shared int // node ID
	width  int
	inner  int // how often each element is repeated, if it is
}

// operands lists what a node reads.
func (c *compiler) operands(n *graph.Node) []operand {
	var list []operand
	for i, in := range c.reads(n) {
		o := operand{shared: in.ID, width: in.Size()}
		if in.Rows {
			o = operand{rows: true, at: c.locate(in), width: in.Width()}
		}
		if stripped, inner := stripRepeat(n.In[i]); stripped == in {
			o.inner = inner
		}
		list = append(list, o)
	}
	return list
}

// whole tells whether feature j of the operand meets feature j, for all width features.
func (o operand) whole(width int) bool { return o.rows && o.width == width }

// element is the number of the operand's feature or element that meets feature j.
func (o operand) element(j int) int {
	switch {
	case o.width == 1:
		return 0
	case o.inner > 0:
		return j / o.inner % o.width
	}
	return j
}

func (o operand) feature(j int) simd.Feature { return o.at.feature(o.element(j)) }

func (c *compiler) chainBinary(n *graph.Node, dst loc, ph *phase) {
	in, k := c.operands(n), binaryOps[n.Op]
	x, y := in[0], in[1]
	// One step for all features where no operand but a shared scalar is broadcast.
	width := 1
	if (x.rows && x.width == dst.width || !x.rows && x.width == 1) && (y.rows && y.width == dst.width || !y.rows && y.width == 1) {
		width = dst.width
	} else if dst.width >= wideFrom {
		c.emitWide(n, in, dst, ph)
		return
	}
	for j := 0; j < dst.width; j += width {
		s := simd.ChainStep{Width: width, Dst: dst.feature(j)}
		switch {
		case x.rows && y.rows:
			s.Op, s.A, s.B = k.vv, x.feature(j), y.feature(j)
		case x.rows:
			s.Op, s.A = k.vs, x.feature(j)
			s.FromShared, s.Shared, s.Element = true, y.shared, y.element(j)
		default:
			s.Op, s.A = k.sv, y.feature(j)
			s.FromShared, s.Shared, s.Element = true, x.shared, x.element(j)
		}
		ph.chain(s)
	}
}

// chainMasked makes Select and LeakyMask; shared operands are spread to scratch.
func (c *compiler) chainMasked(n *graph.Node, dst loc, ph *phase) {
	op := simd.ChainSelect
	if n.Op == graph.OpLeakyMask {
		op = simd.ChainLeakyMask
	}
	ops := c.operands(n)
	whole := true
	for _, o := range ops {
		whole = whole && o.whole(dst.width)
	}
	width := 1
	if whole {
		width = dst.width
	} else if dst.width >= wideFrom {
		c.emitWide(n, ops, dst, ph)
		return
	}
	for j := 0; j < dst.width; j += width {
		var src [3]simd.Feature
		for i, o := range ops {
			if o.rows {
				src[i] = o.feature(j)
				continue
			}
			c.p.scratch = max(c.p.scratch, i+1)
			src[i] = simd.Feature{Memory: memoryScratch, Number: i}
			ph.chain(simd.ChainStep{Op: simd.ChainFill, Width: 1, Dst: src[i], FromShared: true, Shared: o.shared, Element: o.element(j)})
		}
		ph.chain(simd.ChainStep{Op: op, Width: width, Dst: dst.feature(j), A: src[0], B: src[1], C: src[2], Value: float32(n.Attr.Alpha)})
	}
}
