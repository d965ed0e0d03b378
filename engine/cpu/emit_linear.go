package cpu

import (
	"math"

	"etalon/graph"
	"etalon/internal/simd"
)

// emitProduct makes a matrix product with its epilogue. In terms of the kernel
// C[i][j] = Σ_p A[i,p]·B[p][j], i counts output features, p input features and j
// rows; A is the weight matrix read along or across.
func (c *compiler) emitProduct(m product, dst loc) func(b *block) {
	if m.conv != nil {
		return c.emitConv(m, dst)
	}
	x, wid := c.locate(m.x), m.w.ID
	k, n := m.w.Shape[0], m.w.Shape[1]
	rs, cs := 1, n
	if m.trans {
		k, n = n, k
		rs, cs = k, 1
	}
	epilogue, slope := simd.Store, float32(m.slope)
	bias, mask := -1, loc{}
	switch {
	case m.mask != nil:
		epilogue, mask = simd.LeakyGrad, c.locate(m.mask)
	case m.bias != nil:
		epilogue, bias = simd.BiasLeaky, m.bias.ID
	}
	if c.tiled(n, k) {
		return c.emitTiled(tiled{x: x, dst: dst, m: n, k: k, packed: c.pack(m.w, m.trans), epilogue: epilogue, slope: slope, bias: bias, mask: mask})
	}
	return func(b *block) {
		g := &b.gemm
		g.M, g.N, g.K = n, b.ld, k
		g.A, g.RS, g.CS = b.p.shared[wid], rs, cs
		g.B, g.LDB = b.at(x), b.ld
		g.C, g.LDC = b.at(dst), b.ld
		g.Epilogue, g.Slope, g.Bias, g.H = epilogue, slope, nil, nil
		if bias >= 0 {
			g.Bias = b.p.shared[bias]
		}
		if epilogue == simd.LeakyGrad {
			g.H = b.at(mask)
		}
		g.Run()
	}
}

// emitSum makes a sum over rows and its place among the partial sums.
func (c *compiler) emitSum(n *graph.Node, ph *phase) func(b *block) {
	if n.Op == graph.OpSumRows {
		return c.emitSumRows(n, ph)
	}
	if n.Op == graph.OpConvOuter {
		return c.emitConvOuter(n, ph)
	}
	// Σ xᵀy: the wider operand v is transposed to rows, so that it is the vector
	// operand; the other one, u, is read along its rows.
	u, v := n.In[0], n.In[1]
	if vectorFirst(n) {
		u, v = v, u
	}
	s := sum{id: n.ID, rows: u.Width(), n: v.Width(), ld: roundUp(v.Width(), simd.Lanes), trans: vectorFirst(n), off: ph.size32}
	if c.tiled(s.rows, s.n) {
		s.ld = roundUp(s.n, simd.TileColumns)
	}
	ph.size32 += s.rows * s.ld
	ph.sums = append(ph.sums, s)
	biasOff := -1
	if bias := c.bias[n.ID]; bias != nil {
		biasOff = ph.size32
		ph.sums = append(ph.sums, sum{id: bias.ID, rows: 1, n: s.n, ld: s.ld, off: biasOff})
		ph.size32 += s.ld
	}
	uAt, vAt := c.locate(u), c.locate(v)
	if c.tiled(s.rows, s.n) {
		return c.emitTiledSum(s, uAt, vAt, biasOff)
	}
	c.p.scratch = max(c.p.scratch, s.ld)
	return func(b *block) {
		simd.Transpose(b.scratch, s.ld, b.at(vAt), b.ld, s.n, b.rows)
		part := b.p.part32[b.group*b.p.current.size32:]
		g := &b.gemm
		g.M, g.N, g.K = s.rows, s.ld, b.rows
		g.A, g.RS, g.CS = b.at(uAt), b.ld, 1
		g.B, g.LDB = b.scratch, s.ld
		g.C, g.LDC = part[s.off:], s.ld
		g.Epilogue, g.Bias, g.H = b.summing(), nil, nil
		g.Run()
		if biasOff >= 0 {
			g.M, g.A = 1, b.ones
			g.C = part[biasOff:]
			g.Run()
		}
	}
}

func (c *compiler) emitSumRows(n *graph.Node, ph *phase) func(b *block) {
	s := sum{id: n.ID, rows: 1, n: n.Width(), ld: n.Width(), off: ph.size64, float64s: true}
	ph.size64 += s.n
	ph.sums = append(ph.sums, s)
	a := c.locate(n.In[0])
	return func(b *block) {
		part := b.p.part64[b.group*b.p.current.size64+s.off:]
		for j := range s.n {
			part[j] += simd.Sum(b.feature(a, j)[:b.rows])
		}
	}
}

// emitShared makes a shared value out of other shared values; leaves give nil.
// These are few and small: they run once, element by element, in float64.
func (c *compiler) emitShared(n *graph.Node) func(p *Program) {
	if n.Op == graph.OpShared || n.Op == graph.OpConst {
		return nil
	}
	id := n.ID
	at := func(p *Program, k, j int) float64 {
		v := p.shared[n.In[k].ID]
		if len(v) == 1 {
			j = 0
		}
		return float64(v[j])
	}
	switch n.Op {
	case graph.OpRowCount:
		return func(p *Program) { p.shared[id][0] = float32(p.batch.Rows) }
	case graph.OpConcat:
		return func(p *Program) {
			o := p.shared[id]
			for _, in := range n.In {
				o = o[copy(o, p.shared[in.ID]):]
			}
		}
	case graph.OpSlice:
		return func(p *Program) { copy(p.shared[id], p.shared[n.In[0].ID][n.Attr.Lo:]) }
	case graph.OpPad:
		return func(p *Program) { copy(p.shared[id][n.Attr.Lo:], p.shared[n.In[0].ID]) }
	case graph.OpPermute:
		return func(p *Program) {
			for j, from := range n.Attr.Perm {
				p.shared[id][j] = p.shared[n.In[0].ID][from]
			}
		}
	case graph.OpRepeat:
		return func(p *Program) {
			o, a := p.shared[id], p.shared[n.In[0].ID]
			for j := range o {
				o[j] = a[j/n.Attr.Inner%len(a)]
			}
		}
	case graph.OpSumRepeats:
		return func(p *Program) {
			o, a := p.shared[id], p.shared[n.In[0].ID]
			for j := range o {
				sum := 0.0
				for outer := range n.Attr.Outer {
					for _, v := range a[(outer*len(o)+j)*n.Attr.Inner:][:n.Attr.Inner] {
						sum += float64(v)
					}
				}
				o[j] = float32(sum)
			}
		}
	case graph.OpSumFeatures:
		return func(p *Program) { p.shared[id][0] = float32(simd.Sum(p.shared[n.In[0].ID])) }
	}
	return func(p *Program) {
		var v [3]float64
		out := p.shared[id]
		for j := range out {
			for k := range n.In {
				v[k] = at(p, k, j)
			}
			out[j] = float32(sharedOp(n, v[0], v[1], v[2]))
		}
	}
}

// sharedOp is one element of an elementwise operation.
func sharedOp(n *graph.Node, a, b, c float64) float64 {
	switch n.Op {
	case graph.OpAdd:
		return a + b
	case graph.OpSub:
		return a - b
	case graph.OpMul:
		return a * b
	case graph.OpDiv:
		return a / b
	case graph.OpMax:
		return math.Max(a, b)
	case graph.OpMin:
		return math.Min(a, b)
	case graph.OpNeg:
		return -a
	case graph.OpExp:
		return math.Exp(a)
	case graph.OpLog:
		return math.Log(a)
	case graph.OpTanh:
		return math.Tanh(a)
	case graph.OpSigmoid:
		return 1 / (1 + math.Exp(-a))
	case graph.OpSoftplus:
		return math.Max(a, 0) + math.Log1p(math.Exp(-math.Abs(a)))
	case graph.OpLeaky:
		return pick(a > 0, a, n.Attr.Alpha*a)
	case graph.OpSquare:
		return a * a
	case graph.OpSqrt:
		return math.Sqrt(a)
	case graph.OpAbs:
		return math.Abs(a)
	case graph.OpSign:
		return pick(a > 0, 1, pick(a < 0, -1, a))
	case graph.OpStep:
		return pick(a > 0, 1, 0)
	case graph.OpFloor:
		return math.Floor(a)
	case graph.OpSelect:
		return pick(a > 0, b, c)
	case graph.OpLeakyMask:
		return pick(b > 0, a, n.Attr.Alpha*a)
	case graph.OpStop, graph.OpExpand:
		return a
	}
	panic("cpu: no shared kernel for " + n.String())
}

func pick(cond bool, a, b float64) float64 {
	if cond {
		return a
	}
	return b
}
