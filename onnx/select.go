package onnx

import (
	"fmt"
	"slices"

	"etalon/graph"
)

// pick returns the value with entries list along an axis, in that order.
func (l *lowering) pick(v *value, axis int, list []int) (*value, error) {
	if v.dims[axis] == batch {
		return nil, fmt.Errorf("axis %d of %s is the batch; rows are independent of each other", axis, v.shape())
	}
	dims := slices.Clone(v.dims)
	dims[axis] = len(list)
	if product(withoutBatch(dims)) > maxGather {
		return nil, fmt.Errorf("%s; %d elements are accepted", shapeText(dims), maxGather)
	}
	w := &value{dims: dims, elem: v.elem, order: v.order}
	lying, at := v.row(), v.rowAxis(axis)
	if v.constant() {
		lying, at = v.dims, axis
	} else if v.order != nil {
		row := v.row()
		for i, a := range v.order {
			lying[i] = row[a]
			if a == v.rowAxis(axis) {
				at = i
			}
		}
	}
	outer, n, inner := product(lying[:at]), lying[at], product(lying[at+1:])
	idx := make([]int, 0, outer*len(list)*inner)
	for o := range outer {
		for _, i := range list {
			for k := range inner {
				idx = append(idx, (o*n+i)*inner+k)
			}
		}
	}
	if v.constant() {
		w.take(v, idx)
		return w, nil
	}
	if len(idx) == 0 {
		return nil, fmt.Errorf("an empty tensor of shape %s", shapeText(dims))
	}
	x, err := gather(v.node, idx)
	w.node = x
	return w, err
}

// span returns lo, lo+step … of n numbers.
func span(lo, n, step int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = lo + i*step
	}
	return s
}

// lowerSlice takes starts, ends, axes and steps as operands since opset 10.
func lowerSlice(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	starts, ok, err := l.axes(in, 1, "starts")
	if err != nil {
		return nil, err
	}
	ends, ok2, err := l.axes(in, 2, "ends")
	if err != nil {
		return nil, err
	}
	list, given, err := l.axes(in, 3, "axes")
	if err != nil {
		return nil, err
	}
	steps, stepped, err := l.axes(in, 4, "steps")
	if err != nil {
		return nil, err
	}
	if !given {
		for i := range starts {
			list = append(list, int64(i))
		}
	}
	if !stepped {
		steps = slices.Repeat([]int64{1}, len(starts))
	}
	if !ok || !ok2 || len(ends) != len(starts) || len(list) != len(starts) || len(steps) != len(starts) {
		return nil, fmt.Errorf("%d starts, %d ends, %d axes, %d steps", len(starts), len(ends), len(list), len(steps))
	}
	v := in[0]
	for i, a := range list {
		axis, err := v.axis(a)
		if err != nil {
			return nil, err
		}
		if v.dims[axis] == batch {
			if starts[i] == 0 && ends[i] > 1<<30 && steps[i] == 1 {
				continue // all rows
			}
			return nil, fmt.Errorf("axis %d of %s is the batch; rows are independent of each other", a, v.shape())
		}
		n, step := int64(v.dims[axis]), steps[i]
		if step == 0 {
			return nil, fmt.Errorf("a step of 0")
		}
		lo, hi := starts[i], ends[i]
		if lo < 0 {
			lo += n
		}
		if hi < 0 {
			hi += n
		}
		count := int64(0)
		if step > 0 {
			lo, hi = min(max(lo, 0), n), min(max(hi, 0), n)
			step = min(step, n+1)
			count = max((hi-lo+step-1)/step, 0)
		} else {
			lo, hi = min(max(lo, 0), n-1), min(max(hi, -1), n-1)
			step = max(step, -n-1)
			count = max((lo-hi-step-1)/-step, 0)
		}
		if v, err = l.pick(v, axis, span(int(lo), int(count), int(step))); err != nil {
			return nil, err
		}
	}
	return []*value{v}, nil
}

// lowerSplit cuts along an axis; the sizes are an operand since opset 13.
func lowerSplit(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := in[0]
	axis, err := v.featureAxis(l.intAttr("axis", 0))
	if err != nil {
		return nil, err
	}
	sizes, given, err := l.axes(in, 1, "split")
	if err != nil {
		return nil, err
	}
	n, parts := v.dims[axis], len(l.n.out)
	if !given {
		each := (n + parts - 1) / parts
		for i := range parts {
			sizes = append(sizes, int64(min(each, n-i*each)))
		}
	}
	if len(sizes) != parts {
		return nil, fmt.Errorf("%d sizes for %d outputs", len(sizes), parts)
	}
	out, lo := make([]*value, parts), 0
	for i, s := range sizes {
		if s < 1 || s > int64(n-lo) {
			return nil, fmt.Errorf("sizes %v of axis %d of %s", sizes, axis, v.shape())
		}
		if out[i], err = l.pick(v, axis, span(lo, int(s), 1)); err != nil {
			return nil, err
		}
		lo += int(s)
	}
	return out, nil
}

// lowerConcat joins along an axis.
func lowerConcat(l *lowering, in []*value) ([]*value, error) {
	if len(in) == 0 || slices.Contains(in, nil) {
		return nil, fmt.Errorf("an operand is missing")
	}
	return one(l.concat(in, l.intAttr("axis", 1)))
}

// concat joins values along an axis.
func (l *lowering) concat(in []*value, a int64) (*value, error) {
	first := in[0]
	for _, v := range in { // one with a batch shows where that is
		if v.batchAxis() >= 0 {
			first = v
			break
		}
	}
	axis, err := first.featureAxis(a)
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(first.dims)
	dims[axis] = 0
	var parts []*value
	for _, v := range in {
		w, err := l.beside(v, first, axis)
		if err != nil {
			return nil, err
		}
		dims[axis] += v.dims[axis]
		if v.dims[axis] > 0 {
			parts = append(parts, w)
		}
	}
	if allConstant(parts) {
		return concatConstants(parts, dims, axis, first.elem), nil
	}
	if product(withoutBatch(dims)) > maxGather {
		return nil, fmt.Errorf("%s; %d elements are accepted", shapeText(dims), maxGather)
	}
	at := first.rowAxis(axis)
	order := []int{at}
	for i := range len(withoutBatch(dims)) {
		if i != at {
			order = append(order, i)
		}
	}
	nodes := make([]*graph.Node, len(parts))
	for i, v := range parts {
		x, err := l.lying(v, order)
		if err != nil {
			return nil, err
		}
		if slices.Contains(dims, batch) {
			x = graph.ToRows(x)
		}
		nodes[i] = x
	}
	return l.lyingResult(graph.Concat(nodes...), dims, first.elem, order), nil
}

// beside checks the shape of a value that is joined with another, and gives one that
// is equal in all rows the batch axis.
func (l *lowering) beside(v, first *value, axis int) (*value, error) {
	w := *v
	w.dims = slices.Clone(v.dims)
	fits := len(v.dims) == len(first.dims)
	for i := range v.dims {
		if !fits || i == axis || v.dims[i] == first.dims[i] {
			continue
		}
		if first.dims[i] == batch && l.batch == 1 && v.dims[i] == 1 {
			x, err := l.plain(v)
			if err != nil {
				return nil, err
			}
			w.dims[i] = batch
			w.node, w.order, w.data = graph.ToRows(x), nil, nil
			continue
		}
		fits = false
	}
	if !fits {
		return nil, fmt.Errorf("%s beside %s at axis %d", v.shape(), first.shape(), axis)
	}
	return &w, nil
}

func concatConstants(in []*value, dims []int, axis int, elem int32) *value {
	out := &value{dims: dims, elem: elem}
	outer, inner := product(dims[:axis]), product(dims[axis+1:])
	for o := range outer {
		for _, v := range in {
			n := v.dims[axis] * inner
			for i := o * n; i < (o+1)*n; i++ {
				e := v.element(i)
				out.data, out.coef = append(out.data, e[0]), append(out.coef, e[1])
			}
		}
	}
	return out
}

// lowerGather takes entries along an axis, at constant places.
func lowerGather(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	v := in[0]
	axis, err := v.featureAxis(l.intAttr("axis", 0))
	if err != nil {
		return nil, err
	}
	if !in[1].constant() {
		return one(l.gatherRows(v, in[1], axis))
	}
	idx, err := in[1].ints()
	if err != nil {
		return nil, err
	}
	list := make([]int, len(idx))
	for i, k := range idx {
		if k < 0 {
			k += int64(v.dims[axis])
		}
		if k < 0 || k >= int64(v.dims[axis]) {
			return nil, fmt.Errorf("entry %d of axis %d of %s", idx[i], axis, v.shape())
		}
		list[i] = int(k)
	}
	w, err := l.pick(v, axis, list)
	if err != nil {
		return nil, err
	}
	dims := slices.Concat(v.dims[:axis], in[1].dims, v.dims[axis+1:])
	return one(l.as(w, dims))
}

// lowerExpand broadcasts to a shape.
func lowerExpand(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	target, err := l.dimsOf(in[1])
	if err != nil {
		return nil, err
	}
	v := in[0]
	if b := v.batchAxis(); b >= 0 && l.batch > 0 { // a fixed length of the batch
		if i := len(target) - len(v.dims) + b; i >= 0 && (target[i] == l.batch || target[i] == 1) {
			target[i] = batch
		}
	}
	dims, err := broadcast(v, &value{dims: target})
	if err != nil {
		return nil, err
	}
	if slices.Equal(dims, v.dims) {
		return []*value{v}, nil
	}
	if v.constant() && !slices.Contains(dims, batch) {
		if product(dims) > maxGather {
			return nil, fmt.Errorf("%s; %d elements are accepted", shapeText(dims), maxGather)
		}
		w := &value{dims: dims, elem: v.elem}
		w.take(v, v.spreadIndex(dims))
		return []*value{w}, nil
	}
	x, err := l.spread(v, dims, nil)
	if err != nil {
		return nil, err
	}
	return []*value{l.result(x, dims, v.elem)}, nil
}

// dimsOf reads dimensions from a constant.
func (l *lowering) dimsOf(s *value) ([]int, error) {
	if !s.constant() {
		return nil, fmt.Errorf("the shape is computed of the inputs; constants are accepted")
	}
	dims := make([]int, len(s.data))
	size := 1.0
	for i := range dims {
		switch e := s.element(i); {
		case e == [2]float64{0, 1}:
			dims[i] = batch
		case e[1] != 0 || !(e[0] >= 0 && e[0] <= maxGather):
			return nil, fmt.Errorf("dimension %d of the shape is %g + %g·N", i, e[0], e[1])
		default:
			dims[i] = int(e[0])
			size *= e[0]
		}
	}
	if size > maxGather {
		return nil, fmt.Errorf("shape %s; %d elements are accepted", shapeText(dims), maxGather)
	}
	return dims, nil
}

// lowerTile repeats along axes.
func lowerTile(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	times, err := in[1].ints()
	if err != nil {
		return nil, err
	}
	v := in[0]
	if len(times) != len(v.dims) {
		return nil, fmt.Errorf("%d numbers of repetitions of %s", len(times), v.shape())
	}
	for a, k := range times {
		if k == 1 {
			continue
		}
		if v.dims[a] == batch || k < 1 || k > maxGather/int64(max(v.dims[a], 1)) {
			return nil, fmt.Errorf("axis %d of %s %d times", a, v.shape(), k)
		}
		list := make([]int, 0, v.dims[a]*int(k))
		for range k {
			list = append(list, span(0, v.dims[a], 1)...)
		}
		if v, err = l.pick(v, a, list); err != nil {
			return nil, err
		}
	}
	return []*value{v}, nil
}
