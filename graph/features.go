package graph

// Concat joins the features of row tensors, or of shared vectors, in order.
func Concat(in ...*Node) *Node {
	if len(in) == 0 {
		panic("graph: concat: no operands")
	}
	g, bad := operands(OpConcat, in...)
	if bad != nil {
		return bad
	}
	width := 0
	for _, n := range in {
		if n.Rows != in[0].Rows || len(n.Shape) != 1 {
			return g.shapeError(OpConcat, "%v beside %v; vectors of one kind are accepted", n, in[0])
		}
		width += n.Width()
	}
	if len(in) == 1 {
		return in[0]
	}
	return g.add(OpConcat, in[0].Rows, []int{width}, Attr{}, append([]*Node(nil), in...)...)
}

// Slice returns features lo to hi-1.
func Slice(a *Node, lo, hi int) *Node {
	g, bad := operands(OpSlice, a)
	if bad != nil {
		return bad
	}
	if len(a.Shape) != 1 || lo < 0 || hi > a.Width() || lo >= hi {
		return g.shapeError(OpSlice, "columns %d to %d of %v", lo, hi, a)
	}
	if lo == 0 && hi == a.Width() {
		return a
	}
	return g.add(OpSlice, a.Rows, []int{hi - lo}, Attr{Lo: lo, Hi: hi}, a)
}

// Split cuts the features into parts of the given widths, which must add up to
// the width of a.
func Split(a *Node, widths ...int) []*Node {
	out := make([]*Node, len(widths))
	lo := 0
	for i, w := range widths {
		out[i] = Slice(a, lo, lo+w)
		lo += w
	}
	if a != nil && a.Op != OpInvalid && lo != a.Width() {
		a.Graph.shapeError(OpSlice, "widths %v do not add up to %v", widths, a)
	}
	return out
}

// Pad returns a row (or shared vector) of the given width that is zero but for a,
// which starts at column lo.
func Pad(a *Node, lo, width int) *Node {
	g, bad := operands(OpPad, a)
	if bad != nil {
		return bad
	}
	if len(a.Shape) != 1 || lo < 0 || lo+a.Width() > width {
		return g.shapeError(OpPad, "%v at column %d of %d", a, lo, width)
	}
	if a.Width() == width {
		return a
	}
	return g.add(OpPad, a.Rows, []int{width}, Attr{Lo: lo}, a)
}

// Permute reorders the features: feature j of the result is feature perm[j] of a.
func Permute(a *Node, perm []int) *Node {
	g, bad := operands(OpPermute, a)
	if bad != nil {
		return bad
	}
	if len(a.Shape) != 1 || len(perm) != a.Width() {
		return g.shapeError(OpPermute, "%d columns named for %v", len(perm), a)
	}
	seen := make([]bool, len(perm))
	for _, p := range perm {
		if p < 0 || p >= len(perm) || seen[p] {
			return g.fail(OpPermute, "%v is no permutation", perm)
		}
		seen[p] = true
	}
	return g.add(OpPermute, a.Rows, a.Shape, Attr{Perm: append([]int(nil), perm...)}, a)
}

// SumFeatures adds up the elements of each row (or of a shared tensor) to one.
func SumFeatures(a *Node) *Node {
	g, bad := operands(OpSumFeatures, a)
	if bad != nil {
		return bad
	}
	if len(a.Shape) == 1 && a.Scalar() {
		return a
	}
	return g.add(OpSumFeatures, a.Rows, []int{1}, Attr{}, a)
}

// MeanFeatures is SumFeatures divided by the number of elements.
func MeanFeatures(a *Node) *Node {
	if a == nil || a.Op == OpInvalid {
		return SumFeatures(a)
	}
	return MulScalar(SumFeatures(a), 1/float64(a.Size()))
}

// Expand repeats a single element to the given shape.
func Expand(a *Node, shape ...int) *Node {
	g, bad := operands(OpExpand, a)
	if bad != nil {
		return bad
	}
	if !a.Scalar() || len(shape) == 0 || (a.Rows && len(shape) != 1) {
		return g.shapeError(OpExpand, "%v to %v; one element is accepted", a, shape)
	}
	if bad := g.checkShape(OpExpand, shape); bad != nil {
		return bad
	}
	if sameShape(shape, a.Shape) {
		return a
	}
	return g.add(OpExpand, a.Rows, append([]int(nil), shape...), Attr{}, a)
}
