package graph

// MatMul multiplies every row by a shared matrix: x (rows k) · w (k×n) → rows n.
func MatMul(x, w *Node) *Node { return matmul(x, w, false) }

// MatMulT multiplies every row by the transpose of a shared matrix:
// x (rows k) · wᵀ, w (n×k) → rows n.
func MatMulT(x, w *Node) *Node { return matmul(x, w, true) }

func matmul(x, w *Node, trans bool) *Node {
	g, bad := operands(OpMatMul, x, w)
	if bad != nil {
		return bad
	}
	if !x.Rows || w.Rows || len(w.Shape) != 2 {
		return g.shapeError(OpMatMul, "%v times %v; rows times a shared matrix are accepted", x, w)
	}
	k, n := w.Shape[0], w.Shape[1]
	if trans {
		k, n = n, k
	}
	if x.Width() != k {
		return g.shapeError(OpMatMul, "%v has %d features, %v takes %d", x, x.Width(), w, k)
	}
	return g.add(OpMatMul, true, []int{n}, Attr{Trans: trans}, x, w)
}

// OuterSum returns the shared matrix Σ_rows xᵀ y of shape k×n, x rows k, y rows n.
// It is the weight gradient of MatMul.
func OuterSum(x, y *Node) *Node {
	g, bad := operands(OpOuterSum, x, y)
	if bad != nil {
		return bad
	}
	if !x.Rows || !y.Rows {
		return g.shapeError(OpOuterSum, "%v and %v; two row tensors are accepted", x, y)
	}
	return g.add(OpOuterSum, false, []int{x.Width(), y.Width()}, Attr{}, x, y)
}
