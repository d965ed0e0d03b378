package graph

// SumRows adds up a row tensor over the batch to a shared vector.
func SumRows(a *Node) *Node {
	g, bad := operands(OpSumRows, a)
	if bad != nil {
		return bad
	}
	if !a.Rows {
		return g.shapeError(OpSumRows, "%v; a row tensor is accepted", a)
	}
	return g.add(OpSumRows, false, a.Shape, Attr{}, a)
}

// MeanRows is SumRows divided by the number of rows.
func MeanRows(a *Node) *Node {
	s := SumRows(a)
	if s.Op == OpInvalid {
		return s
	}
	return Div(s, s.Graph.RowCount())
}

// ToRows gives every row the value of a shared vector.
func ToRows(a *Node) *Node {
	g, bad := operands(OpToRows, a)
	if bad != nil {
		return bad
	}
	if a.Rows {
		return a
	}
	if len(a.Shape) != 1 {
		return g.shapeError(OpToRows, "%v; a shared vector is accepted", a)
	}
	return g.add(OpToRows, true, a.Shape, Attr{}, a)
}
