package graph

// backward calls push with the contribution of n to the adjoint of each operand,
// given the adjoint dy of n itself. Contributions may still be broadcast; push
// reduces them. Rules that cost a matrix product ask needed first.
func (n *Node) backward(dy *Node, push func(in, d *Node), needed func(*Node) bool) {
	g := n.Graph
	in := n.In
	switch n.Op {
	case OpAdd:
		push(in[0], dy)
		push(in[1], dy)
	case OpSub:
		push(in[0], dy)
		if needed(in[1]) {
			push(in[1], Neg(dy))
		}
	case OpMul:
		if needed(in[0]) {
			push(in[0], mul(dy, in[1]))
		}
		if needed(in[1]) {
			push(in[1], mul(dy, in[0]))
		}
	case OpDiv:
		da := Div(dy, in[1])
		push(in[0], da)
		if needed(in[1]) {
			push(in[1], Neg(Mul(da, n)))
		}
	case OpMax, OpMin:
		d := Sub(in[0], in[1])
		if n.Op == OpMin {
			d = Sub(in[1], in[0])
		}
		zero := g.Scalar(0)
		push(in[0], Select(d, dy, zero))
		push(in[1], Select(d, zero, dy))

	case OpNeg:
		push(in[0], Neg(dy))
	case OpExp:
		push(in[0], mul(dy, n))
	case OpLog:
		push(in[0], Div(dy, in[0]))
	case OpTanh: // 1 - y²
		push(in[0], mul(dy, Sub(g.Scalar(1), Square(n))))
	case OpSigmoid: // y(1-y)
		push(in[0], mul(dy, Mul(n, Sub(g.Scalar(1), n))))
	case OpSoftplus:
		push(in[0], mul(dy, Sigmoid(in[0])))
	case OpLeaky:
		push(in[0], LeakyMask(dy, n, n.Attr.Alpha))
	case OpSquare:
		push(in[0], mul(dy, MulScalar(in[0], 2)))
	case OpSqrt:
		push(in[0], Div(MulScalar(dy, 0.5), n))
	case OpAbs:
		push(in[0], mul(dy, Sign(in[0])))
	case OpSign, OpStep, OpFloor:
		// zero almost everywhere

	case OpSelect:
		zero := g.Scalar(0)
		if needed(in[1]) {
			push(in[1], Select(in[0], dy, zero))
		}
		if needed(in[2]) {
			push(in[2], Select(in[0], zero, dy))
		}
	case OpLeakyMask:
		push(in[0], LeakyMask(dy, in[1], n.Attr.Alpha))

	case OpConcat:
		lo := 0
		for _, x := range in {
			if needed(x) {
				push(x, Slice(dy, lo, lo+x.Width()))
			}
			lo += x.Width()
		}
	case OpSlice:
		push(in[0], Pad(dy, n.Attr.Lo, in[0].Width()))
	case OpPad:
		push(in[0], Slice(dy, n.Attr.Lo, n.Attr.Lo+in[0].Width()))
	case OpPermute:
		inv := make([]int, len(n.Attr.Perm))
		for j, p := range n.Attr.Perm {
			inv[p] = j
		}
		push(in[0], Permute(dy, inv))
	case OpSumFeatures, OpExpand: // reduceTo sums or spreads
		push(in[0], dy)

	case OpMatMul:
		x, w := in[0], in[1]
		if needed(x) {
			push(x, matmul(dy, w, !n.Attr.Trans))
		}
		if needed(w) {
			if n.Attr.Trans {
				push(w, OuterSum(dy, x))
			} else {
				push(w, OuterSum(x, dy))
			}
		}
	case OpOuterSum: // Y_ij = Σ a_i b_j: da = b·dYᵀ, db = a·dY
		if needed(in[0]) {
			push(in[0], matmul(in[1], dy, true))
		}
		if needed(in[1]) {
			push(in[1], matmul(in[0], dy, false))
		}

	// Conv, ConvT and ConvOuter are the derivatives of one form, linear in the fine
	// volume, the weights and the coarse volume, with respect to each of the three.
	case OpConv:
		if needed(in[0]) {
			push(in[0], ConvTranspose(dy, in[1], *n.Attr.Conv))
		}
		if needed(in[1]) {
			push(in[1], ConvOuterSum(in[0], dy, *n.Attr.Conv))
		}
	case OpConvT:
		if needed(in[0]) {
			push(in[0], Conv(dy, in[1], *n.Attr.Conv))
		}
		if needed(in[1]) {
			push(in[1], ConvOuterSum(dy, in[0], *n.Attr.Conv))
		}
	case OpConvOuter:
		if needed(in[0]) {
			push(in[0], ConvTranspose(in[1], dy, *n.Attr.Conv))
		}
		if needed(in[1]) {
			push(in[1], Conv(in[0], dy, *n.Attr.Conv))
		}
	case OpRepeat:
		push(in[0], SumRepeats(dy, n.Attr.Outer, n.Attr.Inner))
	case OpSumRepeats:
		push(in[0], Repeat(dy, n.Attr.Outer, n.Attr.Inner))

	case OpSumRows, OpToRows: // reduceTo spreads or sums
		push(in[0], dy)
	}
}

// mul is Mul without the product by the constant one that starts every
// differentiation.
func mul(dy, b *Node) *Node {
	one := dy
	if one.Op == OpToRows {
		one = one.In[0]
	}
	if one.Op == OpConst && one.Size() == 1 && one.Attr.Data[0] == 1 && (b.Rows || !dy.Rows) {
		return b
	}
	return Mul(dy, b)
}
