package graph

// Conv convolves a fine volume x (rows) with shared weights w to a coarse volume:
//
//	y[o, f] = Σ_k Σ_c x[o·Stride − Pad + k, c] · w[k, c][f]
//
// over the taps k that lie inside the volume. It is PyTorch's Conv3d (a
// cross-correlation) without bias.
func Conv(x, w *Node, c ConvGeometry) *Node {
	g, bad := convolution(OpConv, c, x, w)
	if bad != nil {
		return bad
	}
	if !x.Rows || x.Width() != c.FineWidth() || !weights(w, c) {
		return g.shapeError(OpConv, "%v with %v for %v", x, w, c)
	}
	return g.add(OpConv, true, []int{c.CoarseWidth()}, Attr{Conv: &c}, x, w)
}

// ConvTranspose spreads a coarse volume y (rows) over a fine one:
//
//	x[i, c] = Σ over o, k with o·Stride − Pad + k = i of Σ_f y[o, f] · w[k, c][f]
//
// It is the gradient of Conv with respect to x, and PyTorch's ConvTranspose3d without
// bias.
func ConvTranspose(y, w *Node, c ConvGeometry) *Node {
	g, bad := convolution(OpConvT, c, y, w)
	if bad != nil {
		return bad
	}
	if !y.Rows || y.Width() != c.CoarseWidth() || !weights(w, c) {
		return g.shapeError(OpConvT, "%v with %v for the transpose of %v", y, w, c)
	}
	return g.add(OpConvT, true, []int{c.FineWidth()}, Attr{Conv: &c}, y, w)
}

// ConvOuterSum returns weights, shared:
//
//	w[k, c][f] = Σ_rows Σ_o x[o·Stride − Pad + k, c] · y[o, f]
//
// for a fine volume x and a coarse volume y. It is the gradient of Conv and ConvTranspose with
// respect to the weights.
func ConvOuterSum(x, y *Node, c ConvGeometry) *Node {
	g, bad := convolution(OpConvOuter, c, x, y)
	if bad != nil {
		return bad
	}
	if !x.Rows || !y.Rows || x.Width() != c.FineWidth() || y.Width() != c.CoarseWidth() {
		return g.shapeError(OpConvOuter, "%v and %v for %v", x, y, c)
	}
	k, n := c.WeightShape()
	return g.add(OpConvOuter, false, []int{k, n}, Attr{Conv: &c}, x, y)
}

func convolution(op Op, c ConvGeometry, in ...*Node) (*Graph, *Node) {
	g, bad := operands(op, in...)
	if bad != nil {
		return g, bad
	}
	if err := c.Check(); err != nil {
		return g, g.fail(op, "%w", err)
	}
	return g, nil
}

func weights(w *Node, c ConvGeometry) bool {
	k, n := c.WeightShape()
	return !w.Rows && sameShape(w.Shape, []int{k, n})
}

// Repeat repeats every feature inner times, and the whole of that outer times:
//
//	y[(o·n + j)·inner + i] = a_j
//
// With inner = 1 it gives each of `outer` positions of a volume the same n channels,
// with outer = 1 each of n positions the same value in `inner` channels.
func Repeat(a *Node, outer, inner int) *Node {
	g, bad := operands(OpRepeat, a)
	if bad != nil {
		return bad
	}
	if len(a.Shape) != 1 || outer < 1 || inner < 1 || outer > maxDimension || inner > maxDimension/outer || outer*inner > maxDimension/a.Width() {
		return g.shapeError(OpRepeat, "%v, %d times of %d each; a vector of at most 2^24 features in the end is accepted", a, outer, inner)
	}
	if outer*inner == 1 {
		return a
	}
	return g.add(OpRepeat, a.Rows, []int{outer * a.Width() * inner}, Attr{Outer: outer, Inner: inner}, a)
}

// SumRepeats is the transpose of Repeat: it adds up the features to which Repeat
// would give the same value.
//
//	y_j = Σ_o Σ_i a[(o·n + j)·inner + i]
func SumRepeats(a *Node, outer, inner int) *Node {
	g, bad := operands(OpSumRepeats, a)
	if bad != nil {
		return bad
	}
	if len(a.Shape) != 1 || outer < 1 || inner < 1 || outer > maxDimension || inner > maxDimension || a.Width()%(outer*inner) != 0 {
		return g.shapeError(OpSumRepeats, "%v is not %d times of %d each", a, outer, inner)
	}
	if outer*inner == 1 {
		return a
	}
	return g.add(OpSumRepeats, a.Rows, []int{a.Width() / (outer * inner)}, Attr{Outer: outer, Inner: inner}, a)
}

// AddChannels adds a shared vector of n channels to every position of a volume of n channels.
func AddChannels(x, b *Node) *Node {
	g, bad := operands(OpAdd, x, b)
	if bad != nil {
		return bad
	}
	if b.Rows || len(b.Shape) != 1 || len(x.Shape) != 1 || x.Width()%b.Width() != 0 {
		return g.shapeError(OpAdd, "%v for the channels of %v", b, x)
	}
	return Add(x, Repeat(ToRows(b), x.Width()/b.Width(), 1))
}
