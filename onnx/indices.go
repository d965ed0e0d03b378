package onnx

import (
	"fmt"
	"slices"

	"etalon/graph"
)

// maxChoices bounds the entries among which an index that depends on the input chooses:
// all of them are looked at.
const maxChoices = 4096

// isIndex is 1 where an index is that at hand of n, or counted from the end.
func isIndex(x, at *graph.Node, n int) *graph.Node {
	d := graph.Sub(x, at)
	return not(graph.Abs(graph.Mul(graph.Sign(d), graph.Sign(graph.AddScalar(d, float64(n))))))
}

// gatherRows is Gather with indices that depend on the input: of a constant, along its
// first axis.
func (l *lowering) gatherRows(v, idx *value, axis int) (*value, error) {
	if !v.constant() || axis != 0 || v.anySymbolic() {
		return nil, fmt.Errorf("indices that depend on the input, into axis %d of %s; into axis 0 of constants they are accepted", axis, v.shape())
	}
	n, m := v.dims[0], product(v.dims[1:])
	if n < 1 || m < 1 || n > maxChoices || idx.size() > maxChoices || m > maxGather/n/idx.size() {
		return nil, fmt.Errorf("%s with indices %s; %d entries, and as many indices, are accepted", v.shape(), idx.shape(), maxChoices)
	}
	if b := idx.batchAxis(); b > 0 && m > 1 && b < len(idx.dims)-1 {
		return nil, fmt.Errorf("indices %s; the batch is accepted as the first axis", idx.shape())
	}
	x, err := l.widened(idx)
	if err != nil {
		return nil, err
	}
	flat := *v
	if flat.dims = []int{n, m}; v.name != "" && len(v.dims) != 2 {
		flat.name += ":table"
	}
	table := l.shared(&flat, n, m)
	parts := make([]*graph.Node, idx.size())
	places := make([]float64, n)
	for i := range places {
		places[i] = float64(i)
	}
	for j := range parts {
		hot := isIndex(graph.Slice(x, j, j+1), l.g.Const(places, n), n)
		parts[j] = graph.MatMul(hot, table)
	}
	return l.result(graph.Concat(parts...), slices.Concat(idx.dims, v.dims[1:]), v.elem), nil
}

// lowerGatherElements takes, for each element of the indices, the entry of its own place
// but along one axis.
func lowerGatherElements(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	v, idx := in[0], in[1]
	axis, err := v.featureAxis(l.intAttr("axis", 0))
	if err != nil {
		return nil, err
	}
	if len(idx.dims) != len(v.dims) {
		return nil, fmt.Errorf("indices %s into %s", idx.shape(), v.shape())
	}
	n := v.dims[axis]
	if n < 1 || n > maxChoices || v.size() > maxGather/n {
		return nil, fmt.Errorf("axis %d of %s; %d entries are accepted", axis, v.shape(), maxChoices)
	}
	w := v
	for i, d := range idx.dims { // what the indices do not reach is left out
		if i == axis || d == w.dims[i] || d != batch && w.dims[i] == batch && d == 1 && !idx.constant() {
			continue
		}
		if d == batch || w.dims[i] == batch || d > w.dims[i] {
			return nil, fmt.Errorf("indices %s into %s", idx.shape(), v.shape())
		}
		if w, err = l.pick(w, i, span(0, d, 1)); err != nil {
			return nil, err
		}
	}
	var y *value
	for i := range n {
		entry, err := l.pick(w, axis, []int{i})
		if err != nil {
			return nil, err
		}
		if y == nil {
			if y, err = l.zip(func(e, at *graph.Node) *graph.Node { return graph.Add(e, graph.MulScalar(at, 0)) }, entry, idx); err != nil {
				return nil, err
			}
			continue
		}
		at, err := l.map1(idx, func(x *graph.Node) *graph.Node { return isIndex(x, x.Graph.Scalar(float64(i)), n) })
		if err != nil {
			return nil, err
		}
		if y, err = l.choose(at, entry, y); err != nil {
			return nil, err
		}
	}
	y.elem = v.elem
	return []*value{y}, nil
}

// choose is a where c is positive and b elsewhere.
func (l *lowering) choose(c, a, b *value) (*value, error) {
	dims, err := broadcast(c, a, b)
	if err != nil {
		return nil, err
	}
	var x [3]*graph.Node
	for i, v := range []*value{c, a, b} {
		if x[i], err = l.spread(v, dims, nil); err != nil {
			return nil, err
		}
	}
	return l.result(graph.Select(x[0], x[1], x[2]), dims, a.elem), nil
}

// best makes ArgMax or ArgMin: the first place, or the last, of the largest entry.
func best(smallest bool) operator {
	return operator{note: "of up to 4096 entries; the gradient is 0", lower: func(l *lowering, in []*value) ([]*value, error) {
		if err := l.must(in, 1); err != nil {
			return nil, err
		}
		v := in[0]
		axis, err := v.featureAxis(l.intAttr("axis", 0))
		if err != nil {
			return nil, err
		}
		if v.dims[axis] < 1 || v.dims[axis] > maxChoices {
			return nil, fmt.Errorf("axis %d of %s; %d entries are accepted", axis, v.shape(), maxChoices)
		}
		last := l.intAttr("select_last_index", 0) != 0
		y, err := l.reduce(v, []int{axis}, l.intAttr("keepdims", 1) != 0, func(r leading, x *graph.Node) *graph.Node {
			if smallest {
				x = graph.Neg(x)
			}
			top := graph.Slice(x, 0, r.m)
			at := graph.MulScalar(top, 0)
			for k := 1; k < r.k; k++ {
				e := graph.Slice(x, k*r.m, (k+1)*r.m)
				higher := graph.Step(graph.Sub(e, top))
				if last {
					higher = not(graph.Step(graph.Sub(top, e)))
				}
				at = graph.Select(higher, x.Graph.Scalar(float64(k)), at)
				top = graph.Max(top, e)
			}
			return at
		})
		if err != nil {
			return nil, err
		}
		y.elem = elemInt64
		return []*value{y}, nil
	}}
}

// lowerTrilu keeps one triangle of matrices.
func lowerTrilu(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v, k := in[0], 0.0
	if s := operand(in, 1); s != nil {
		var err error
		if k, err = s.scalar(); err != nil {
			return nil, err
		}
	}
	n := len(v.dims)
	if n < 2 || v.dims[n-1] == batch || v.dims[n-2] == batch {
		return nil, fmt.Errorf("%s; matrices are accepted", v.shape())
	}
	rows, cols := v.dims[n-2], v.dims[n-1]
	if rows*cols > maxGather {
		return nil, fmt.Errorf("%s; %d elements are accepted", v.shape(), maxGather)
	}
	upper := l.intAttr("upper", 1) != 0
	mask := &value{dims: []int{rows, cols}, elem: elemFloat}
	for i := range rows {
		for j := range cols {
			mask.data = append(mask.data, truth(upper && float64(j-i) >= k || !upper && float64(j-i) <= k))
		}
	}
	zero := number(0)
	return one(l.choose(mask, v, zero))
}

// lowerScatterElements puts updates at constant places along one axis.
func lowerScatterElements(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 3); err != nil {
		return nil, err
	}
	v, u := in[0], in[2]
	axis, err := v.featureAxis(l.intAttr("axis", 0))
	if err != nil {
		return nil, err
	}
	if how := l.textAttr("reduction", "none"); how != "none" {
		return nil, fmt.Errorf("the reduction %.40q; none is accepted", how)
	}
	idx, err := in[1].ints()
	if err != nil {
		return nil, err
	}
	if !slices.Equal(u.dims, in[1].dims) || len(v.dims) != len(u.dims) || v.batchAxis() >= 0 || u.batchAxis() >= 0 {
		return nil, fmt.Errorf("indices %s and updates %s into %s; tensors without the batch are accepted", in[1].shape(), u.shape(), v.shape())
	}
	from := span(0, v.size(), 1)
	st := strides(v.dims)
	for i := range idx {
		k, rest, at := idx[i], i, 0
		if k < 0 {
			k += int64(v.dims[axis])
		}
		for a, s := range strides(u.dims) {
			c := rest / s
			rest %= s
			if a == axis {
				c = int(min(max(k, -1), int64(v.dims[axis])))
			}
			if c < 0 || c >= v.dims[a] {
				return nil, fmt.Errorf("index %d of axis %d of %s", idx[i], a, v.shape())
			}
			at += c * st[a]
		}
		from[at] = v.size() + i
	}
	return one(l.merged(v, u, from, v.dims))
}

// lowerScatterND puts updates at constant places of the first axes.
func lowerScatterND(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 3); err != nil {
		return nil, err
	}
	v, u := in[0], in[2]
	if how := l.textAttr("reduction", "none"); how != "none" {
		return nil, fmt.Errorf("the reduction %.40q; none is accepted", how)
	}
	idx, err := in[1].ints()
	if err != nil {
		return nil, err
	}
	n := len(in[1].dims)
	depth := 0
	if n > 0 {
		depth = in[1].dims[n-1]
	}
	if depth < 1 || depth > len(v.dims) || slices.Contains(v.dims[:depth], batch) {
		return nil, fmt.Errorf("indices %s into %s; rows are independent of each other", in[1].shape(), v.shape())
	}
	places := product(in[1].dims[:n-1])
	if !slices.Equal(u.dims, slices.Concat(in[1].dims[:n-1], v.dims[depth:])) {
		return nil, fmt.Errorf("updates %s at %s of %s", u.shape(), in[1].shape(), v.shape())
	}
	inner := product(withoutBatch(v.dims[depth:]))
	from := span(0, v.size(), 1)
	for p := range places {
		at := 0
		for a := range depth {
			k := idx[p*depth+a]
			if k < 0 {
				k += int64(v.dims[a])
			}
			if k < 0 || k >= int64(v.dims[a]) {
				return nil, fmt.Errorf("index %d of axis %d of %s", k, a, v.shape())
			}
			at = at*v.dims[a] + int(k)
		}
		for i := range inner {
			from[at*inner+i] = v.size() + p*inner + i
		}
	}
	return one(l.merged(v, u, from, v.dims))
}

// merged takes elements of two values, one after the other.
func (l *lowering) merged(v, u *value, from, dims []int) (*value, error) {
	x, err := l.widened(v)
	if err != nil {
		return nil, err
	}
	y, err := l.widened(u)
	if err != nil {
		return nil, err
	}
	if len(from) > maxGather {
		return nil, fmt.Errorf("%s; %d elements are accepted", v.shape(), maxGather)
	}
	if slices.Contains(dims, batch) {
		x, y = graph.ToRows(x), graph.ToRows(y)
	}
	z, err := gather(graph.Concat(x, y), from)
	if err != nil {
		return nil, err
	}
	return l.result(z, dims, v.elem), nil
}
