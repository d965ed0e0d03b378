package onnx

import (
	"fmt"
	"slices"

	"etalon/graph"
)

// leading is a value with some of its axes first: k elements of those, m of the
// others.
type leading struct {
	x     *graph.Node
	k, m  int
	order []int
}

// leading brings axes of a value to the front.
func (l *lowering) leading(v *value, axes []int) (leading, error) {
	r := leading{k: 1, m: 1}
	row := v.row()
	front := make([]bool, len(row))
	for _, a := range axes {
		if v.dims[a] == batch {
			return r, fmt.Errorf("axis %d of %s is the batch; rows are independent of each other", a, v.shape())
		}
		front[v.rowAxis(a)] = true
	}
	for _, want := range []bool{true, false} {
		for i, f := range front {
			if f != want {
				continue
			}
			r.order = append(r.order, i)
			if f {
				r.k *= row[i]
			} else {
				r.m *= row[i]
			}
		}
	}
	var err error
	if r.x, err = l.lying(v, r.order); err == nil && r.x.Size() < r.k*r.m {
		r.x = graph.Expand(r.x, r.k*r.m)
	}
	return r, err
}

// tree combines k vectors of m elements that follow one another to one, pair by pair.
func tree(x *graph.Node, k, m int, f func(a, b *graph.Node) *graph.Node) *graph.Node {
	for k > 1 {
		h := k / 2
		y := f(graph.Slice(x, 0, h*m), graph.Slice(x, h*m, 2*h*m))
		if k%2 == 1 {
			y = graph.Concat(y, graph.Slice(x, 2*h*m, k*m))
		}
		x, k = y, h+k%2
	}
	return x
}

// sum adds up the leading axes.
func (r leading) sum(x *graph.Node) *graph.Node {
	if r.m == 1 {
		return graph.SumFeatures(x)
	}
	return graph.SumRepeats(x, r.k, 1)
}

func (r leading) mean(x *graph.Node) *graph.Node {
	return graph.MulScalar(r.sum(x), 1/float64(r.k))
}

// spread gives every element of the leading axes a value of the others.
func (r leading) spread(x *graph.Node) *graph.Node {
	if x.Size() == 1 {
		return x
	}
	return graph.Repeat(x, r.k, 1)
}

// reduction makes an operator that reduces axes with f.
func reduction(f func(r leading, x *graph.Node) *graph.Node) operator {
	return operator{lower: func(l *lowering, in []*value) ([]*value, error) {
		if err := l.must(in, 1); err != nil {
			return nil, err
		}
		v := in[0]
		list, given, err := l.axes(in, 1, "axes")
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			if l.intAttr("noop_with_empty_axes", 0) != 0 {
				return []*value{v}, nil
			}
			given = false
		}
		var axes []int
		for i, d := range v.dims {
			if !given {
				if d == batch {
					return nil, fmt.Errorf("it reduces all axes of %s, also the batch; rows are independent of each other", v.shape())
				}
				axes = append(axes, i)
			}
		}
		for _, a := range list {
			i, err := v.featureAxis(a)
			if err != nil {
				return nil, err
			}
			axes = append(axes, i)
		}
		return one(l.reduce(v, axes, l.intAttr("keepdims", 1) != 0, f))
	}}
}

// reduce reduces axes with f.
func (l *lowering) reduce(v *value, axes []int, keep bool, f func(r leading, x *graph.Node) *graph.Node) (*value, error) {
	r, err := l.leading(v, axes)
	if err != nil {
		return nil, err
	}
	var dims []int
	for i, d := range v.dims {
		switch {
		case !slices.Contains(axes, i):
			dims = append(dims, d)
		case keep:
			dims = append(dims, 1)
		}
	}
	return l.result(f(r, r.x), dims, v.elem), nil
}

func reduceLogSumExp(r leading, x *graph.Node) *graph.Node {
	top := graph.Stop(tree(x, r.k, r.m, graph.Max))
	return graph.Add(graph.Log(r.sum(graph.Exp(graph.Sub(x, r.spread(top))))), top)
}

// softmax makes Softmax or LogSoftmax. Before opset 13 it works on all axes from the
// given one on (1), since then on one (the last).
func softmax(logarithm bool) operator {
	return operator{lower: func(l *lowering, in []*value) ([]*value, error) {
		if err := l.must(in, 1); err != nil {
			return nil, err
		}
		v := in[0]
		def := int64(-1)
		if l.opset < 13 {
			def = 1
		}
		a, err := v.axis(l.intAttr("axis", def))
		if err != nil {
			return nil, err
		}
		axes := []int{a}
		if l.opset < 13 {
			axes = span(a, len(v.dims)-a, 1)
		}
		return one(l.softmax(v, axes, logarithm))
	}}
}

// softmax is e^x over its sum along axes, or the logarithm of that.
func (l *lowering) softmax(v *value, axes []int, logarithm bool) (*value, error) {
	r, err := l.leading(v, axes)
	if err != nil {
		return nil, err
	}
	shifted := graph.Sub(r.x, r.spread(graph.Stop(tree(r.x, r.k, r.m, graph.Max))))
	e := graph.Exp(shifted)
	s := r.sum(e)
	var y *graph.Node
	if logarithm {
		y = graph.Sub(shifted, r.spread(graph.Log(s)))
	} else {
		y = graph.Mul(e, r.spread(graph.Div(s.Graph.Scalar(1), s)))
	}
	return l.lyingResult(y, v.dims, v.elem, r.order), nil
}

// cumulative is CumSum: the sum of all entries up to each, along an axis.
func cumulative(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	a, err := in[1].scalar()
	if err != nil {
		return nil, err
	}
	axis, err := in[0].featureAxis(int64(a))
	if err != nil {
		return nil, err
	}
	r, err := l.leading(in[0], []int{axis})
	if err != nil {
		return nil, err
	}
	if r.k > 4096 {
		return nil, fmt.Errorf("an axis of %d entries; 4096 are accepted", r.k)
	}
	reverse, exclusive := l.intAttr("reverse", 0) != 0, l.intAttr("exclusive", 0) != 0
	parts := make([]*graph.Node, r.k)
	var s *graph.Node
	for i := range parts {
		if reverse {
			i = r.k - 1 - i
		}
		x := graph.Slice(r.x, i*r.m, (i+1)*r.m)
		before := s
		if s == nil {
			s, before = x, graph.MulScalar(x, 0)
		} else {
			s = graph.Add(s, x)
		}
		if parts[i] = s; exclusive {
			parts[i] = before
		}
	}
	return []*value{l.lyingResult(graph.Concat(parts...), in[0].dims, in[0].elem, r.order)}, nil
}
