package cpu

import "etalon/graph"

// product is a matrix product that runs together with what follows it:
//
//	x·W, x·W + b, leaky(x·W + b), or (dy·Wᵀ) · leaky'(h)
//
// or a convolution with the same, whose bias has an element for each channel.
type product struct {
	x, w  *graph.Node
	trans bool
	bias  *graph.Node // or nil
	slope float64     // of the activation or of the mask; 1 without activation
	mask  *graph.Node // h, or nil
	conv  *graph.Node // the convolution that stands in place of the matrix product, or nil
}

// findProducts finds matrix products and the bias, activation or activation mask
// that nothing but them feeds.
func (c *compiler) findProducts() {
	for i, n := range c.g.Nodes() {
		if !c.sched.need[i] {
			continue
		}
		switch n.Op {
		case graph.OpMatMul:
			c.mats[i] = product{x: n.In[0], w: n.In[1], trans: n.Attr.Trans, slope: 1}
		case graph.OpConv, graph.OpConvT:
			c.mats[i] = product{x: n.In[0], w: n.In[1], slope: 1, conv: n}
		case graph.OpAdd:
			for k, a := range n.In {
				b := n.In[1-k]
				if a.Op == graph.OpMatMul && c.uses[a.ID] == 1 && a.Width() == n.Width() && !b.Rows && len(b.Shape) == 1 && b.Width() == n.Width() {
					m := c.mats[a.ID]
					m.bias = b
					c.mats[i] = m
					break
				}
				if b = channelBias(a, b); b != nil && c.uses[a.ID] == 1 {
					m := c.mats[a.ID]
					m.bias = b
					c.mats[i] = m
					break
				}
			}
		case graph.OpLeaky:
			a := n.In[0]
			if m, ok := c.mats[a.ID]; ok && a.Op == graph.OpAdd && c.uses[a.ID] == 1 {
				m.slope = n.Attr.Alpha
				c.mats[i] = m
			}
		case graph.OpLeakyMask:
			a, h := n.In[0], n.In[1]
			if (a.Op == graph.OpMatMul || a.Attr.Conv != nil && a.Rows) && c.uses[a.ID] == 1 && a.Width() == n.Width() && h.Rows && h.Width() == n.Width() {
				m := c.mats[a.ID]
				m.mask, m.slope = h, n.Attr.Alpha
				c.mats[i] = m
			}
		}
	}
}

// channelBias returns the shared vector that b adds to the channels of a convolution
// a, or nil.
func channelBias(a, b *graph.Node) *graph.Node {
	if a.Op != graph.OpConv && a.Op != graph.OpConvT || b.Op != graph.OpRepeat || b.Attr.Inner != 1 || b.Width() != a.Width() {
		return nil
	}
	channels := a.Attr.Conv.Filters
	if a.Op == graph.OpConvT {
		channels = a.Attr.Conv.Channels
	}
	if b = strip(b.In[0]); b.Rows || len(b.Shape) != 1 || b.Width() != channels {
		return nil
	}
	return b
}

// findBiasSums pairs Σ xᵀ·dy with Σ dy, which the same kernel can form.
func (c *compiler) findBiasSums() {
	sumOf := map[*graph.Node]*graph.Node{}
	for i, n := range c.g.Nodes() {
		if c.live[i] && n.Op == graph.OpSumRows {
			sumOf[n.In[0]] = n
		}
	}
	for i, n := range c.g.Nodes() {
		if !c.live[i] || n.Op != graph.OpOuterSum {
			continue
		}
		v := n.In[1]
		if vectorFirst(n) {
			v = n.In[0]
		}
		if s := sumOf[v]; s != nil && !c.taken[s.ID] && c.sched.phase[s.ID] == c.sched.phase[i] && v.Width() >= 4 {
			c.bias[i], c.taken[s.ID] = s, true
		}
	}
}

// vectorFirst tells which operand of an OuterSum is transposed to become the
// vector operand of the kernel: the wider one.
func vectorFirst(n *graph.Node) bool { return n.In[0].Width() > n.In[1].Width() }

// reads lists the operands that a node reads when it is evaluated.
func (c *compiler) reads(n *graph.Node) []*graph.Node {
	if m, ok := c.mats[n.ID]; ok {
		r := []*graph.Node{m.x, m.w}
		if m.bias != nil {
			r = append(r, m.bias)
		}
		if m.mask != nil {
			r = append(r, m.mask)
		}
		return r
	}
	if n.Rows && broadcasts(n.Op) {
		r := make([]*graph.Node, len(n.In))
		rows := false
		for i, in := range n.In {
			r[i] = strip(in)
			rows = rows || r[i].Rows
		}
		if !rows { // all operands are the same in every row: keep one as rows
			for i, in := range n.In {
				if in.Rows {
					r[i] = in
				}
			}
		}
		return r
	}
	return n.In
}

// broadcasts tells whether the kernels of an operation broadcast their operands.
func broadcasts(op graph.Op) bool {
	switch op {
	case graph.OpAdd, graph.OpSub, graph.OpMul, graph.OpDiv, graph.OpMax, graph.OpMin, graph.OpSelect, graph.OpLeakyMask:
		return true
	}
	return false
}

// inplace tells whether the kernel of a node may write over an operand.
func (c *compiler) inplace(n *graph.Node) bool {
	if _, ok := c.mats[n.ID]; ok {
		return false
	}
	switch n.Op {
	case graph.OpNeg, graph.OpExp, graph.OpLog, graph.OpTanh, graph.OpSigmoid, graph.OpSoftplus, graph.OpLeaky,
		graph.OpSquare, graph.OpSqrt, graph.OpAbs, graph.OpSign, graph.OpStep, graph.OpFloor:
		return true
	}
	return broadcasts(n.Op)
}
