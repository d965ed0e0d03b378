package onnx

import (
	"fmt"
	"math"
	"slices"

	"etalon/graph"
)

// unary makes an operator of a function of one operand, element by element.
func unary(f func(l *lowering, x *graph.Node) *graph.Node) operator {
	return operator{lower: func(l *lowering, in []*value) ([]*value, error) {
		if err := l.must(in, 1); err != nil {
			return nil, err
		}
		return one(l.map1(in[0], func(x *graph.Node) *graph.Node { return f(l, x) }))
	}}
}

// plainUnary is unary for functions of the graph.
func plainUnary(f func(*graph.Node) *graph.Node) operator {
	return unary(func(_ *lowering, x *graph.Node) *graph.Node { return f(x) })
}

// map1 applies a function to each element; the value keeps its layout.
func (l *lowering) map1(v *value, f func(*graph.Node) *graph.Node) (*value, error) {
	x, err := l.nodeOf(v)
	if err != nil {
		return nil, err
	}
	return l.lyingResult(f(x), v.dims, v.elem, v.order), nil
}

// zip applies a function to each pair of elements, broadcasting.
func (l *lowering) zip(f func(a, b *graph.Node) *graph.Node, a, b *value) (*value, error) {
	dims, err := broadcast(a, b)
	if err != nil {
		return nil, err
	}
	// The operand that has the result's shape, and lies in some order, decides.
	n := len(withoutBatch(dims))
	order := []int(nil)
	for _, v := range []*value{a, b} {
		if v.order != nil && len(v.order) == n && slices.Equal(v.row(), withoutBatch(dims)) {
			order = v.order
			break
		}
	}
	x, err := l.spread(a, dims, order)
	if err != nil {
		return nil, err
	}
	y, err := l.spread(b, dims, order)
	if err != nil {
		return nil, err
	}
	return l.lyingResult(f(x, y), dims, a.elem, order), nil
}

// pairwise makes an operator of a function of two operands.
func pairwise(f func(a, b *graph.Node) *graph.Node) operator {
	return operator{lower: func(l *lowering, in []*value) ([]*value, error) {
		if err := l.must(in, 2); err != nil {
			return nil, err
		}
		return one(l.zip(f, in[0], in[1]))
	}}
}

// variadic folds any number of operands.
func variadic(f func(a, b *graph.Node) *graph.Node, mean bool) operator {
	return operator{lower: func(l *lowering, in []*value) ([]*value, error) {
		if err := l.must(in, max(len(in), 1)); err != nil {
			return nil, err
		}
		v, err := in[0], error(nil)
		for _, w := range in[1:] {
			if v, err = l.zip(f, v, w); err != nil {
				return nil, err
			}
		}
		if mean {
			k := 1 / float64(len(in))
			return one(l.map1(v, func(x *graph.Node) *graph.Node { return graph.MulScalar(x, k) }))
		}
		return []*value{v}, nil
	}}
}

// logical makes an operator whose result is 0 or 1.
func logical(f func(a, b *graph.Node) *graph.Node) operator {
	op := pairwise(f)
	lower := op.lower
	op.lower = func(l *lowering, in []*value) ([]*value, error) {
		out, err := lower(l, in)
		if err == nil {
			out[0].elem = elemBool
		}
		return out, err
	}
	return op
}

func not(x *graph.Node) *graph.Node { return graph.AddScalar(graph.Neg(x), 1) }

func differ(a, b *graph.Node) *graph.Node { return graph.Abs(graph.Sign(graph.Sub(a, b))) }

// arithmetic adds to a binary operator how it works on integers and on lengths of the
// batch: f of two numbers, and symbolic of p + q·N, nil where that is no such number.
func arithmetic(op operator, f func(a, b float64) float64, symbolic func(a, b [2]float64) ([2]float64, bool)) operator {
	op.consts = func(_ *lowering, in []*value) ([]*value, bool, error) {
		if len(in) != 2 || in[0] == nil || in[1] == nil || isFloat(in[0].elem) {
			return nil, false, nil
		}
		dims, err := broadcast(in[0], in[1])
		if err != nil || product(dims) > maxGather {
			return nil, false, err
		}
		ia, ib := in[0].spreadIndex(dims), in[1].spreadIndex(dims)
		out := &value{dims: dims, elem: in[0].elem, data: make([]float64, len(ia)), coef: make([]float64, len(ia))}
		for i := range ia {
			a, b := in[0].element(ia[i]), in[1].element(ib[i])
			if a[1] == 0 && b[1] == 0 {
				out.data[i] = f(a[0], b[0])
				if math.IsNaN(out.data[i]) || math.IsInf(out.data[i], 0) {
					return nil, false, fmt.Errorf("integer division by zero")
				}
				continue
			}
			if symbolic == nil {
				return nil, false, fmt.Errorf("an operand depends on the length of the batch, which is not supported here")
			}
			r, ok := symbolic(a, b)
			if !ok {
				return nil, false, fmt.Errorf("the result is no multiple of the length of the batch plus a number, which is not supported")
			}
			out.data[i], out.coef[i] = r[0], r[1]
		}
		return []*value{out}, true, nil
	}
	return op
}

// element returns element i of a constant, p + q·N.
func (v *value) element(i int) [2]float64 {
	if v.coef == nil {
		return [2]float64{v.data[i], 0}
	}
	return [2]float64{v.data[i], v.coef[i]}
}

// spreadIndex returns where the elements of a constant that is broadcast to dims are.
func (v *value) spreadIndex(dims []int) []int {
	own := strides(v.dims)
	stride := make([]int, len(dims))
	for i := range dims {
		if j := i - (len(dims) - len(v.dims)); j >= 0 && v.dims[j] > 1 {
			stride[i] = own[j]
		}
	}
	return walk(dims, stride, 0)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// equal compares integers; N is at least 1.
func equal() operator {
	op := arithmetic(logical(func(a, b *graph.Node) *graph.Node { return not(differ(a, b)) }),
		func(a, b float64) float64 { return truth(a == b) },
		func(a, b [2]float64) ([2]float64, bool) {
			d := [2]float64{a[0] - b[0], a[1] - b[1]}
			switch {
			case d == [2]float64{}:
				return [2]float64{1, 0}, true
			case d[1] > 0 && d[0] >= 0, d[1] < 0 && d[0] <= 0:
				return [2]float64{}, true
			}
			return d, false
		})
	consts := op.consts
	op.consts = func(l *lowering, in []*value) ([]*value, bool, error) {
		out, done, err := consts(l, in)
		if done {
			out[0].elem = elemBool
		}
		return out, done, err
	}
	return op
}

// lowerWhere selects by a condition of zeros and ones.
func lowerWhere(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 3); err != nil {
		return nil, err
	}
	dims, err := broadcast(in...)
	if err != nil {
		return nil, err
	}
	var x [3]*graph.Node
	for i := range x {
		if x[i], err = l.spread(in[i], dims, nil); err != nil {
			return nil, err
		}
	}
	return []*value{l.result(graph.Select(x[0], x[1], x[2]), dims, in[1].elem)}, nil
}

// whereConsts is Where on lengths of the batch.
func whereConsts(l *lowering, in []*value) ([]*value, bool, error) {
	if err := l.must(in, 3); err != nil {
		return nil, false, err
	}
	if isFloat(in[1].elem) || in[0].anySymbolic() {
		return nil, false, nil
	}
	dims, err := broadcast(in...)
	if err != nil || product(dims) > maxGather {
		return nil, false, err
	}
	c, a, b := in[0].spreadIndex(dims), in[1].spreadIndex(dims), in[2].spreadIndex(dims)
	out := &value{dims: dims, elem: in[1].elem, data: make([]float64, len(c)), coef: make([]float64, len(c))}
	for i := range c {
		e := in[2].element(b[i])
		if in[0].data[c[i]] != 0 {
			e = in[1].element(a[i])
		}
		out.data[i], out.coef[i] = e[0], e[1]
	}
	return []*value{out}, true, nil
}

// lowerClip bounds a value; the bounds are operands since opset 11.
func lowerClip(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v, err := in[0], error(nil)
	for i, f := range []func(a, b *graph.Node) *graph.Node{graph.Max, graph.Min} {
		bound := operand(in, i+1)
		if a := l.n.attrs[[]string{"min", "max"}[i]]; a != nil && bound == nil {
			bound = number(a.f)
		}
		if bound == nil || bound.constant() && len(bound.data) == 1 && math.Abs(bound.data[0]) >= math.MaxFloat32 {
			continue
		}
		if v, err = l.zip(f, v, bound); err != nil {
			return nil, err
		}
	}
	return []*value{v}, nil
}

// lowerPow raises to a power: integers and halves by products and roots, so that
// negative bases are right; any other power as exp(b·ln a), of a positive base.
func lowerPow(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	if p, err := in[1].scalar(); err == nil && len(in[1].dims) <= len(in[0].dims) {
		if f := power(p); f != nil && !(l.gaps && p != math.Trunc(p)) {
			return one(l.map1(in[0], f))
		}
	}
	return one(l.zip(func(a, b *graph.Node) *graph.Node { return graph.Exp(graph.Mul(b, logarithm(l, a))) }, in[0], in[1]))
}

// logarithm is ln x. Where NaN of it is replaced later, as scikit-learn's power transform
// does, the gradient must not pass here: 0·NaN is NaN.
func logarithm(l *lowering, x *graph.Node) *graph.Node {
	if !l.gaps {
		return graph.Log(x)
	}
	return graph.Select(x, graph.Log(graph.Select(x, x, x.Graph.Scalar(1))), graph.Log(graph.Stop(x)))
}

// power returns the function x^p for whole and half-whole p from -16 to 16, or nil.
func power(p float64) func(*graph.Node) *graph.Node {
	if math.Abs(p) > 16 || 2*p != math.Trunc(2*p) {
		return nil
	}
	return func(x *graph.Node) *graph.Node {
		whole, half := math.Modf(math.Abs(p))
		var y *graph.Node
		times := func(f *graph.Node) {
			if y == nil {
				y = f
			} else {
				y = graph.Mul(y, f)
			}
		}
		square := x
		for k := int(whole); k > 0; k >>= 1 {
			if k&1 == 1 {
				times(square)
			}
			if k > 1 {
				square = graph.Square(square)
			}
		}
		if half != 0 {
			times(graph.Sqrt(x))
		}
		if y == nil {
			return x.Graph.Scalar(1)
		}
		if p < 0 {
			return graph.Div(x.Graph.Scalar(1), y)
		}
		return y
	}
}

// lowerCast changes the element type. Rows are float32 throughout.
func lowerCast(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	to := int32(l.intAttr("to", elemFloat))
	if l.n.op == "CastLike" {
		if err := l.must(in, 2); err != nil {
			return nil, err
		}
		to = in[1].elem
	}
	if _, known := elemNames[to]; !known || to == elemString {
		return nil, fmt.Errorf("to %s; numbers are accepted", elemName(to))
	}
	v := *in[0]
	from := v.elem
	v.elem = to
	whole := !isFloat(from)
	switch {
	case v.constant():
		if isFloat(to) || whole && to != elemBool {
			break
		}
		v.name = ""
		v.data = slices.Clone(v.data)
		for i := range v.data {
			switch {
			case v.symbolic(i):
				return nil, fmt.Errorf("the length of the batch to %s", elemName(to))
			case to == elemBool:
				v.data[i] = truth(v.data[i] != 0)
			default:
				v.data[i] = math.Trunc(v.data[i])
			}
		}
	case isFloat(to), whole && to != elemBool, from == elemBool:
	case to == elemBool:
		v.node = graph.Abs(graph.Sign(v.node))
	default:
		v.node = truncated(v.node)
	}
	return []*value{&v}, nil
}

// steps makes an operator of a function that is piecewise constant.
func steps(f func(*graph.Node) *graph.Node) operator {
	op := plainUnary(f)
	op.note = "the gradient is 0"
	return op
}

// truthOf makes an operator of one operand whose result is 0 or 1.
func truthOf(f func(*graph.Node) *graph.Node) operator {
	op := plainUnary(f)
	lower := op.lower
	op.lower = func(l *lowering, in []*value) ([]*value, error) {
		out, err := lower(l, in)
		if err == nil {
			out[0].elem = elemBool
		}
		return out, err
	}
	return op
}

// modulus is Mod of rows.
func modulus() operator {
	return operator{lower: func(l *lowering, in []*value) ([]*value, error) {
		if err := l.must(in, 2); err != nil {
			return nil, err
		}
		return one(l.zip(func(a, b *graph.Node) *graph.Node { return modulo(l, a, b) }, in[0], in[1]))
	}}
}

// mod has the sign of the divisor, as Python's.
func mod(a, b float64) float64 {
	m := math.Mod(a, b)
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m
}
