package onnx

import (
	"fmt"
	"math"

	"etalon/graph"
)

// decoded makes a constant of a stored tensor.
func decoded(t *tensorProto, name string) (*value, error) {
	dims, data, err := t.values()
	if err != nil {
		return nil, fmt.Errorf("tensor %.80q: %w", name, err)
	}
	return &value{dims: dims, elem: t.elem, data: data, name: name}, nil
}

// lowerConstant has its value in an attribute.
func lowerConstant(l *lowering, _ []*value) ([]*value, error) {
	name := ""
	if len(l.n.out) > 0 {
		name = l.n.out[0]
	}
	for _, a := range l.n.attrs {
		switch a.name {
		case "value":
			if a.t != nil {
				return one(decoded(a.t, name))
			}
		case "value_float":
			return []*value{{elem: elemFloat, data: []float64{a.f}}}, nil
		case "value_int":
			return []*value{{elem: elemInt64, data: []float64{float64(a.i)}}}, nil
		case "value_floats":
			v := vector(a.floats)
			v.name = name
			return []*value{v}, nil
		case "value_ints":
			v := &value{dims: []int{len(a.ints)}, elem: elemInt64}
			for _, i := range a.ints {
				v.data = append(v.data, float64(i))
			}
			return []*value{v}, nil
		}
	}
	return nil, fmt.Errorf("it has no value that is a dense tensor of numbers")
}

// lowerShape is the shape of the operand, in which N stands for the batch.
func lowerShape(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	dims, joined := in[0].dims, 1
	if in[0].joined {
		dims, joined = append([]int{batch}, dims[2:]...), dims[1]
	}
	n := int64(len(dims))
	bound := func(i int64) int64 {
		if i < 0 {
			i += n
		}
		return min(max(i, 0), n)
	}
	lo, hi := bound(l.intAttr("start", 0)), bound(l.intAttr("end", n))
	v := &value{elem: elemInt64}
	for i := lo; i < hi; i++ {
		d, c := float64(dims[i]), 0.0
		if dims[i] == batch {
			d, c = 0, float64(joined)
		}
		v.data, v.coef = append(v.data, d), append(v.coef, c)
	}
	v.dims = []int{len(v.data)}
	return []*value{v}, nil
}

// lowerSize is the number of elements.
func lowerSize(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	n := float64(in[0].size())
	v := &value{elem: elemInt64, data: []float64{n}}
	if in[0].batchAxis() >= 0 {
		v.data, v.coef = []float64{0}, []float64{n}
	}
	return []*value{v}, nil
}

// lowerConstantOfShape fills a shape, also one with the batch, with one number.
func lowerConstantOfShape(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	fill, elem := 0.0, int32(elemFloat)
	if a := l.n.attrs["value"]; a != nil && a.t != nil {
		v, err := decoded(a.t, "value")
		if err != nil {
			return nil, err
		}
		if len(v.data) != 1 {
			return nil, fmt.Errorf("a value of %d elements", len(v.data))
		}
		fill, elem = v.data[0], v.elem
	}
	dims, err := l.dimsOf(in[0])
	if err != nil {
		return nil, err
	}
	for _, d := range dims {
		if d == batch {
			return []*value{l.result(l.g.Scalar(fill), dims, elem)}, nil
		}
	}
	v := &value{dims: dims, elem: elem, data: make([]float64, product(dims))}
	for i := range v.data {
		v.data[i] = fill
	}
	return []*value{v}, nil
}

// lowerRange counts from start to limit.
func lowerRange(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 3); err != nil {
		return nil, err
	}
	var x [3]float64
	for i := range x {
		var err error
		if x[i], err = in[i].scalar(); err != nil {
			return nil, err
		}
	}
	n := math.Max(math.Ceil((x[1]-x[0])/x[2]), 0)
	if !(n <= maxGather) {
		return nil, fmt.Errorf("from %g to %g by %g; %d numbers are accepted", x[0], x[1], x[2], maxGather)
	}
	v := &value{dims: []int{int(n)}, elem: in[0].elem, data: make([]float64, int(n))}
	for i := range v.data {
		v.data[i] = x[0] + float64(i)*x[2]
	}
	return []*value{v}, nil
}

// lowerIdentity returns its operand.
func lowerIdentity(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := *in[0]
	if !v.constant() && v.node.Op == graph.OpInvalid {
		return nil, l.g.Err()
	}
	return []*value{&v}, nil
}
