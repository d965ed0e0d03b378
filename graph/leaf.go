package graph

// Input adds a row tensor of the given width that the caller supplies under name.
func (g *Graph) Input(name string, width int) *Node {
	return g.named(OpInput, name, true, []int{width})
}

// Shared adds a shared tensor that the caller binds under name: a parameter, or a
// setting that changes between runs. The same name returns the same node, so a
// network may be built twice over one set of parameters; its shape must agree.
func (g *Graph) Shared(name string, shape ...int) *Node {
	if old := g.names[name]; old != nil && old.Op == OpShared {
		if !sameShape(old.Shape, shape) {
			return g.shapeError(OpShared, "%q is %v already, asked for as %v", name, old.Shape, shape)
		}
		return old
	}
	return g.named(OpShared, name, false, shape)
}

func (g *Graph) named(op Op, name string, rows bool, shape []int) *Node {
	if name == "" {
		return g.fail(op, "the name is empty")
	}
	if g.names[name] != nil {
		return g.fail(op, "the name %q is taken by %v", name, g.names[name])
	}
	if bad := g.checkShape(op, shape); bad != nil {
		return bad
	}
	n := g.add(op, rows, append([]int(nil), shape...), Attr{})
	n.Name = name
	g.names[name] = n
	return n
}

// Const adds a shared tensor with fixed values, row-major.
func (g *Graph) Const(values []float64, shape ...int) *Node {
	if bad := g.checkShape(OpConst, shape); bad != nil {
		return bad
	}
	size := 1
	for _, d := range shape {
		size *= d
	}
	if size != len(values) {
		return g.shapeError(OpConst, "%d values for shape %v", len(values), shape)
	}
	return g.add(OpConst, false, append([]int(nil), shape...), Attr{Data: append([]float64(nil), values...)})
}

// Scalar adds a constant of one element.
func (g *Graph) Scalar(v float64) *Node { return g.Const([]float64{v}, 1) }

// RandomNormal adds rows of independent standard normal deviates. Their values
// are a pure function of (seed, stream, step, row, column): see package rng.
func (g *Graph) RandomNormal(stream string, width int) *Node {
	return g.random(OpRandomNormal, stream, width)
}

// RandomUniform adds rows of independent deviates, uniform in (0, 1).
func (g *Graph) RandomUniform(stream string, width int) *Node {
	return g.random(OpRandomUniform, stream, width)
}

func (g *Graph) random(op Op, stream string, width int) *Node {
	if stream == "" {
		return g.fail(op, "the stream needs a name")
	}
	if bad := g.checkShape(op, []int{width}); bad != nil {
		return bad
	}
	return g.add(op, true, []int{width}, Attr{Stream: stream})
}

// RowCount is the number of rows of the batch, a shared scalar.
func (g *Graph) RowCount() *Node { return g.add(OpRowCount, false, []int{1}, Attr{}) }

func (g *Graph) checkShape(op Op, shape []int) *Node {
	if len(shape) < 1 || len(shape) > 2 {
		return g.shapeError(op, "rank %d; vectors and matrices are accepted", len(shape))
	}
	for _, d := range shape {
		if d < 1 || d > 1<<24 {
			return g.shapeError(op, "shape %v: every dimension lies in 1…2^24", shape)
		}
	}
	return nil
}

func sameShape(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
