package graph

// Add returns a + b, broadcasting.
func Add(a, b *Node) *Node { return binary(OpAdd, a, b) }

// Sub returns a - b, broadcasting.
func Sub(a, b *Node) *Node { return binary(OpSub, a, b) }

// Mul returns a * b elementwise, broadcasting.
func Mul(a, b *Node) *Node { return binary(OpMul, a, b) }

// Div returns a / b elementwise, broadcasting.
func Div(a, b *Node) *Node { return binary(OpDiv, a, b) }

// Max returns the larger of a and b elementwise, broadcasting.
func Max(a, b *Node) *Node { return binary(OpMax, a, b) }

// Min returns the smaller of a and b elementwise, broadcasting.
func Min(a, b *Node) *Node { return binary(OpMin, a, b) }

// Neg returns -a.
func Neg(a *Node) *Node { return unary(OpNeg, a, Attr{}) }

// Exp returns e^a.
func Exp(a *Node) *Node { return unary(OpExp, a, Attr{}) }

// Log returns the natural logarithm of a.
func Log(a *Node) *Node { return unary(OpLog, a, Attr{}) }

// Tanh returns the hyperbolic tangent of a.
func Tanh(a *Node) *Node { return unary(OpTanh, a, Attr{}) }

// Sigmoid returns 1/(1+e^-a).
func Sigmoid(a *Node) *Node { return unary(OpSigmoid, a, Attr{}) }

// Softplus returns ln(1+e^a).
func Softplus(a *Node) *Node { return unary(OpSoftplus, a, Attr{}) }

// ReLU returns max(a, 0).
func ReLU(a *Node) *Node { return unary(OpLeaky, a, Attr{}) }

// LeakyReLU returns a where it is positive and slope·a elsewhere, 0 <= slope <= 1.
func LeakyReLU(a *Node, slope float64) *Node {
	if a != nil && !(slope >= 0 && slope <= 1) {
		return a.Graph.fail(OpLeaky, "slope %v; 0 to 1 is accepted", slope)
	}
	return unary(OpLeaky, a, Attr{Alpha: slope})
}

// Square returns a².
func Square(a *Node) *Node { return unary(OpSquare, a, Attr{}) }

// Sqrt returns the square root of a.
func Sqrt(a *Node) *Node { return unary(OpSqrt, a, Attr{}) }

// Abs returns |a|.
func Abs(a *Node) *Node { return unary(OpAbs, a, Attr{}) }

// Sign returns -1, 0 or 1. Its gradient is zero.
func Sign(a *Node) *Node { return unary(OpSign, a, Attr{}) }

// Step returns 1 where a > 0 and 0 elsewhere. Its gradient is zero.
func Step(a *Node) *Node { return unary(OpStep, a, Attr{}) }

// Floor returns the largest integer that is not above a. Its gradient is zero.
func Floor(a *Node) *Node { return unary(OpFloor, a, Attr{}) }

// Stop returns a as a constant of differentiation (stop-gradient, detach).
func Stop(a *Node) *Node { return unary(OpStop, a, Attr{}) }

// AddScalar returns a + c.
func AddScalar(a *Node, c float64) *Node { return withScalar(OpAdd, a, c) }

// MulScalar returns a · c.
func MulScalar(a *Node, c float64) *Node { return withScalar(OpMul, a, c) }

// Select returns b where cond > 0 and c elsewhere, broadcasting. No gradient
// flows to cond.
func Select(cond, b, c *Node) *Node {
	g, bad := operands(OpSelect, cond, b, c)
	if bad != nil {
		return bad
	}
	shape, rows, ok := broadcast(cond, b, c)
	if !ok {
		return g.shapeError(OpSelect, "%v, %v and %v", cond, b, c)
	}
	return g.add(OpSelect, rows, shape, Attr{}, cond, b, c)
}

// LeakyMask returns dy · (y > 0 ? 1 : slope), the derivative of
// y = LeakyReLU(x, slope) applied to dy. It takes the result y, whose sign is
// that of x. No gradient flows to y.
func LeakyMask(dy, y *Node, slope float64) *Node {
	g, bad := operands(OpLeakyMask, dy, y)
	if bad != nil {
		return bad
	}
	if !(slope >= 0 && slope <= 1) {
		return g.fail(OpLeakyMask, "slope %v; 0 to 1 is accepted", slope)
	}
	shape, rows, ok := broadcast(dy, y)
	if !ok {
		return g.shapeError(OpLeakyMask, "%v and %v", dy, y)
	}
	return g.add(OpLeakyMask, rows, shape, Attr{Alpha: slope}, dy, y)
}

func unary(op Op, a *Node, attr Attr) *Node {
	g, bad := operands(op, a)
	if bad != nil {
		return bad
	}
	return g.add(op, a.Rows, a.Shape, attr, a)
}

func binary(op Op, a, b *Node) *Node {
	g, bad := operands(op, a, b)
	if bad != nil {
		return bad
	}
	shape, rows, ok := broadcast(a, b)
	if !ok {
		return g.shapeError(op, "%v and %v; equal shapes or one element are accepted", a, b)
	}
	return g.add(op, rows, shape, Attr{}, a, b)
}

func withScalar(op Op, a *Node, c float64) *Node {
	_, bad := operands(op, a)
	if bad != nil {
		return bad
	}
	return binary(op, a, a.Graph.Scalar(c))
}

// broadcast returns the common shape of elementwise operands.
func broadcast(in ...*Node) (shape []int, rows, ok bool) {
	shape = []int{1}
	for _, n := range in {
		rows = rows || n.Rows
		if n.Size() > 1 {
			if len(shape) != 1 || shape[0] != 1 {
				if !sameShape(shape, n.Shape) {
					return nil, false, false
				}
			}
			shape = n.Shape
		}
	}
	if rows && len(shape) > 1 {
		return nil, false, false
	}
	if len(shape) == 1 && shape[0] == 1 && !rows && sameShapes(in) {
		shape = in[0].Shape // 1×1 stays a matrix
	}
	return shape, rows, true
}

func sameShapes(in []*Node) bool {
	for _, n := range in {
		if !sameShape(n.Shape, in[0].Shape) {
			return false
		}
	}
	return true
}
