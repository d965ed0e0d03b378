package onnx

import (
	"fmt"
	"slices"
)

// Converters write a layer that works on each position of a row, or matrix products of
// many heads, with the first axis joined: a reshape of (N, k, …) to (k·N, …), what is
// done there, and a reshape back. Such a value is kept as (N, k, …) and marked as
// joined, and the operators that work on it see that.

// perPosition has the operators that do the same whether axes before the last are
// joined or not.
var perPosition = map[string]bool{
	"Add": true, "Sub": true, "Mul": true, "Div": true, "Max": true, "Min": true, "Pow": true, "MatMul": true, "Gemm": true,
	"Relu": true, "LeakyRelu": true, "PRelu": true, "Elu": true, "Selu": true, "Celu": true, "Tanh": true, "Sigmoid": true, "Softplus": true, "Softsign": true,
	"HardSigmoid": true, "HardSwish": true, "Mish": true, "Gelu": true, "Swish": true, "ThresholdedRelu": true,
	"Exp": true, "Log": true, "Sqrt": true, "Neg": true, "Abs": true, "Reciprocal": true, "Erf": true, "Clip": true,
}

// seesJoined has the operators that know of joined axes themselves.
var seesJoined = map[string]bool{"Reshape": true, "Shape": true, "Identity": true, "Cast": true, "Transpose": true, "Dropout": true}

// fileShape writes the shape as it is in the file.
func (v *value) fileShape() string {
	if !v.joined {
		return v.shape()
	}
	return fmt.Sprintf("(%d·N%s", v.dims[1], shapeText(append([]int{1}, v.dims[2:]...))[2:])
}

// joinable checks operands of which one at least has its first axis joined.
func joinable(n *nodeProto, in []*value) error {
	at := slices.IndexFunc(in, func(v *value) bool { return v != nil && v.joined })
	first := in[at]
	if !perPosition[n.op] || n.domain == mlDomain {
		return fmt.Errorf("of shape %s is not supported: the batch is joined with other axes", first.fileShape())
	}
	rank := len(first.dims) - 1
	for i, v := range in {
		matrix := i == 1 && (n.op == "MatMul" || n.op == "Gemm")
		switch {
		case v == nil:
		case matrix && v.batchAxis() < 0 && len(v.dims) == 2:
		case v.joined && len(v.dims) == len(first.dims) && v.dims[1] == first.dims[1]:
		case !v.joined && v.batchAxis() < 0 && (len(v.dims) < rank || len(v.dims) == rank && v.dims[0] == 1):
		default:
			return fmt.Errorf("%s beside %s: the batch is joined with other axes", v.fileShape(), first.fileShape())
		}
	}
	return nil
}

// reshaped is Reshape to a shape whose first dimension is k·N with k > 1, or where
// that is what remains; ok is false where it is another.
func (l *lowering) reshaped(v *value, s *value, dims []int, free int) (w *value, ok bool, err error) {
	if len(dims) == 0 || v.batchAxis() != 0 || slices.Contains(dims[1:], batch) {
		return nil, false, nil
	}
	others := 1
	for i, d := range dims[1:] {
		if i+1 != free {
			if others *= d; others > maxElements {
				return nil, false, nil
			}
		}
	}
	size, k := v.size(), 0
	switch e := s.element(0); {
	case e[0] == 0 && e[1] > 1 && e[1] <= maxGather:
		k = int(e[1])
	case e == [2]float64{0, 0} && v.joined && l.intAttr("allowzero", 0) == 0:
		k = v.dims[1]
	case free == 0 && l.batch == 0 && others > 0 && size%others == 0 && size > others:
		k = size / others
	default:
		return nil, false, nil
	}
	to := append([]int{batch, k}, dims[1:]...)
	if free > 0 {
		if k*others == 0 || size%(k*others) != 0 {
			return nil, true, fmt.Errorf("%s to %d·N rows: every row must keep its elements", v.fileShape(), k)
		}
		to[free+1] = size / (k * others)
	}
	if w, err = l.as(v, to); err != nil {
		return nil, true, err
	}
	w.joined = true
	return w, true, nil
}

// productConsts is ReduceProd of a list of dimensions, of which one may be the batch.
func productConsts(l *lowering, in []*value) ([]*value, bool, error) {
	if err := l.must(in, 1); err != nil {
		return nil, false, err
	}
	v := in[0]
	if len(v.dims) != 1 || !v.anySymbolic() {
		return nil, false, nil
	}
	if _, given, err := l.axes(in, 1, "axes"); err != nil || !given && l.intAttr("noop_with_empty_axes", 0) != 0 {
		return nil, false, err
	}
	p := [2]float64{1, 0}
	for i := range v.data {
		e := v.element(i)
		if p[1]*e[1] != 0 {
			return nil, false, fmt.Errorf("the batch times the batch")
		}
		p = [2]float64{p[0] * e[0], p[0]*e[1] + p[1]*e[0]}
	}
	w := &value{elem: v.elem, data: []float64{p[0]}, coef: []float64{p[1]}}
	if l.intAttr("keepdims", 1) != 0 {
		w.dims = []int{1}
	}
	return []*value{w}, true, nil
}

// greaterConsts is Max of integers of which some depend on the length of the batch,
// N >= 1.
func greaterConsts(a, b [2]float64) ([2]float64, bool) {
	d := [2]float64{a[0] - b[0], a[1] - b[1]}
	switch {
	case d[1] >= 0 && d[0]+d[1] >= 0:
		return a, true
	case d[1] <= 0 && d[0]+d[1] <= 0:
		return b, true
	}
	return a, false
}

// withConsts adds to an operator how it works on constants.
func withConsts(op operator, f func(l *lowering, in []*value) ([]*value, bool, error)) operator {
	op.consts = f
	return op
}
