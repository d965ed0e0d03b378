package onnx

import (
	"fmt"

	"etalon/graph"
)

// standardised is (x - mean)/√(variance + eps) over the leading axes.
func (r leading) standardised(eps float64) (y, mean, inverse *graph.Node) {
	mean = r.mean(r.x)
	d := graph.Sub(r.x, r.spread(mean))
	inverse = graph.Div(d.Graph.Scalar(1), graph.Sqrt(graph.AddScalar(r.mean(graph.Square(d)), eps)))
	return graph.Mul(d, r.spread(inverse)), mean, inverse
}

// affine multiplies by a scale and adds a bias, both broadcast; nil is none.
func (l *lowering) affine(v, scale, bias *value) (*value, error) {
	var err error
	if scale != nil {
		if v, err = l.zip(graph.Mul, v, scale); err != nil {
			return nil, err
		}
	}
	if bias != nil {
		return l.zip(graph.Add, v, bias)
	}
	return v, nil
}

// perChannel gives a vector of channels the shape that is broadcast to a value whose
// axis 1 they are.
func (l *lowering) perChannel(c, v *value) (*value, error) {
	if c == nil {
		return nil, nil
	}
	if len(v.dims) < 2 || len(c.dims) != 1 || c.dims[0] != v.dims[1] || v.dims[0] != batch {
		return nil, fmt.Errorf("%s for the channels of %s", c.shape(), v.shape())
	}
	dims := []int{c.dims[0]}
	for range v.dims[2:] {
		dims = append(dims, 1)
	}
	w := *c
	w.dims = dims
	return &w, nil
}

// lowerBatchNorm is the inference form: running mean and variance are operands.
func lowerBatchNorm(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 5); err != nil {
		return nil, err
	}
	if l.intAttr("training_mode", 0) != 0 || len(l.n.out) > 1 && l.n.out[1] != "" {
		return nil, fmt.Errorf("it is in training mode; export the model in evaluation mode")
	}
	v := in[0]
	var p [4]*value
	for i := range p {
		var err error
		if p[i], err = l.perChannel(in[i+1], v); err != nil {
			return nil, err
		}
	}
	eps := l.floatAttr("epsilon", 1e-5)
	// scale/√(var + eps) is made of vectors of channels, before they meet the rows.
	root, err := l.map1(p[3], func(x *graph.Node) *graph.Node { return graph.Sqrt(graph.AddScalar(x, eps)) })
	if err != nil {
		return nil, err
	}
	factor, err := l.zip(graph.Div, p[0], root)
	if err != nil {
		return nil, err
	}
	centred, err := l.zip(graph.Sub, v, p[2])
	if err != nil {
		return nil, err
	}
	return one(l.affine(centred, factor, p[1]))
}

// lowerLayerNorm works on all axes from the given one on.
func lowerLayerNorm(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	v := in[0]
	a, err := v.axis(l.intAttr("axis", -1))
	if err != nil {
		return nil, err
	}
	r, err := l.leading(v, span(a, len(v.dims)-a, 1))
	if err != nil {
		return nil, err
	}
	eps := l.floatAttr("epsilon", 1e-5)
	var y *graph.Node
	if l.n.op == "RMSNormalization" {
		root := graph.Sqrt(graph.AddScalar(r.mean(graph.Square(r.x)), eps))
		y = graph.Div(r.x, r.spread(root))
	} else {
		y, _, _ = r.standardised(eps)
	}
	return one(l.affine(l.lyingResult(y, v.dims, v.elem, r.order), in[1], operand(in, 2)))
}

// lowerInstanceNorm works on all axes behind the channels.
func lowerInstanceNorm(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 3); err != nil {
		return nil, err
	}
	v := in[0]
	scale, err := l.perChannel(in[1], v)
	if err != nil {
		return nil, err
	}
	bias, err := l.perChannel(in[2], v)
	if err != nil {
		return nil, err
	}
	r, err := l.leading(v, span(2, len(v.dims)-2, 1))
	if err != nil {
		return nil, err
	}
	y, _, _ := r.standardised(l.floatAttr("epsilon", 1e-5))
	return one(l.affine(l.lyingResult(y, v.dims, v.elem, r.order), scale, bias))
}

// lowerGroupNorm cuts the channels into groups. Scale and bias are per group before
// opset 21, and per channel since then.
func lowerGroupNorm(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 3); err != nil {
		return nil, err
	}
	v := in[0]
	groups := int(l.intAttr("num_groups", 0))
	if len(v.dims) < 2 || v.dims[0] != batch || groups < 1 || v.dims[1]%groups != 0 {
		return nil, fmt.Errorf("%d groups of the channels of %s", groups, v.shape())
	}
	each := v.dims[1] / groups
	cut, err := l.as(v, append([]int{batch, groups, each}, v.dims[2:]...))
	if err != nil {
		return nil, err
	}
	r, err := l.leading(cut, span(2, len(cut.dims)-2, 1))
	if err != nil {
		return nil, err
	}
	y, _, _ := r.standardised(l.floatAttr("epsilon", 1e-5))
	normal, err := l.as(l.lyingResult(y, cut.dims, v.elem, r.order), v.dims)
	if err != nil {
		return nil, err
	}
	var p [2]*value
	for i := range p {
		c := in[i+1]
		if l.opset < 21 && len(c.dims) == 1 && c.dims[0] == groups && each > 1 {
			list := make([]int, v.dims[1])
			for j := range list {
				list[j] = j / each
			}
			if c, err = l.pick(c, 0, list); err != nil {
				return nil, err
			}
		}
		if p[i], err = l.perChannel(c, v); err != nil {
			return nil, err
		}
	}
	return one(l.affine(normal, p[0], p[1]))
}

// lowerLpNorm divides by the 1- or 2-norm along an axis.
func lowerLpNorm(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := in[0]
	a, err := v.axis(l.intAttr("axis", -1))
	if err != nil {
		return nil, err
	}
	r, err := l.leading(v, []int{a})
	if err != nil {
		return nil, err
	}
	var norm *graph.Node
	switch p := l.intAttr("p", 2); p {
	case 1:
		norm = r.sum(graph.Abs(r.x))
	case 2:
		norm = graph.Sqrt(r.sum(graph.Square(r.x)))
	default:
		return nil, fmt.Errorf("p = %d; 1 and 2 are accepted", p)
	}
	return []*value{l.lyingResult(graph.Div(r.x, r.spread(norm)), v.dims, v.elem, r.order)}, nil
}

// lowerMeanVariance is MeanVarianceNormalization.
func lowerMeanVariance(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := in[0]
	list := l.intsAttr("axes")
	if list == nil {
		list = []int64{0, 2, 3}
	}
	var axes []int
	for _, a := range list {
		i, err := v.axis(a)
		if err != nil {
			return nil, err
		}
		axes = append(axes, i)
	}
	r, err := l.leading(v, axes)
	if err != nil {
		return nil, err
	}
	y, _, _ := r.standardised(1e-18)
	return []*value{l.lyingResult(y, v.dims, v.elem, r.order)}, nil
}
