package onnx

import (
	"fmt"
	"slices"
)

// as returns the value with other dimensions of the same elements. The batch may have
// another place if the axes before it hold as many elements as before.
func (l *lowering) as(v *value, dims []int) (*value, error) {
	if v.constant() {
		if slices.Contains(dims, batch) || product(dims) != len(v.data) {
			return nil, fmt.Errorf("%s to %s", v.shape(), shapeText(dims))
		}
		w := *v
		w.dims = dims
		return &w, nil
	}
	before := func(d []int) int {
		if i := slices.Index(d, batch); i >= 0 {
			return product(d[:i])
		}
		return -1
	}
	if v.size() != product(withoutBatch(dims)) || before(v.dims) != before(dims) {
		return nil, fmt.Errorf("%s to %s: every row must keep its elements", v.shape(), shapeText(dims))
	}
	x, err := l.plain(v)
	if err != nil {
		return nil, err
	}
	return l.result(x, dims, v.elem), nil
}

// lowerReshape takes the shape as an operand. Of dimensions, 0 is that of the operand
// and -1 what remains.
func lowerReshape(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	v, s := in[0], in[1]
	if !s.constant() {
		return nil, fmt.Errorf("the shape is computed of the inputs; constants are accepted")
	}
	dims, free := make([]int, len(s.data)), -1
	for i := range dims {
		e := s.element(i)
		switch d := e[0]; {
		case e == [2]float64{0, 1}:
			dims[i] = batch
		case i == 0 && e[1] > 1 && e[0] == 0: // see reshaped
		case e[1] != 0:
			return nil, fmt.Errorf("dimension %d of the shape mixes the batch with other axes; rows are independent of each other", i)
		case d == 0 && l.intAttr("allowzero", 0) == 0:
			at := i
			if v.joined && i > 0 {
				at++
			}
			if at >= len(v.dims) {
				return nil, fmt.Errorf("dimension %d of the shape is 0, and %s has none", i, v.fileShape())
			}
			dims[i] = v.dims[at]
		case d == -1 && free < 0:
			free = i
		case d < 1 || d > maxElements:
			return nil, fmt.Errorf("dimension %d of the shape is %g", i, d)
		default:
			dims[i] = int(d)
		}
	}
	if w, ok, err := l.reshaped(v, s, dims, free); ok || err != nil {
		return one(w, err)
	}
	dims, err := l.complete(v, dims, free)
	if err != nil {
		return nil, err
	}
	return one(l.as(v, dims))
}

// complete finds the dimension at free, if that is not -1, and the batch, where the
// shape does not name it.
func (l *lowering) complete(v *value, dims []int, free int) ([]int, error) {
	others := 1
	for i, d := range dims {
		if i != free && d != batch {
			if others *= d; others > maxElements {
				return nil, fmt.Errorf("shape %s is too large", shapeText(dims))
			}
		}
	}
	size := v.size()
	if v.batchAxis() >= 0 && !slices.Contains(dims, batch) {
		if l.batch > 0 && len(dims) > 0 && free != 0 && dims[0] == l.batch { // the file fixes the batch
			dims[0] = batch
			others /= l.batch
		} else if free >= 0 && others == size {
			dims[free] = batch
			return dims, nil
		}
	}
	if free < 0 {
		return dims, nil
	}
	if others == 0 || size%others != 0 {
		dims[free] = batch
		return nil, fmt.Errorf("%s to %s: every row must keep its elements", v.shape(), shapeText(dims))
	}
	dims[free] = size / others
	return dims, nil
}

// lowerFlatten makes two axes: those before and after an axis.
func lowerFlatten(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v, n := in[0], int64(len(in[0].dims))
	a := l.intAttr("axis", 1)
	if a < 0 {
		a += n
	}
	if a < 0 || a > n {
		return nil, fmt.Errorf("axis %d of %s", a, v.shape())
	}
	joined := func(d []int) (int, error) {
		k := product(withoutBatch(d))
		if !slices.Contains(d, batch) {
			return k, nil
		}
		if k != 1 {
			return 0, fmt.Errorf("%s at axis %d: the batch would be joined with other axes", v.shape(), a)
		}
		return batch, nil
	}
	first, err := joined(v.dims[:a])
	if err != nil {
		return nil, err
	}
	second, err := joined(v.dims[a:])
	if err != nil {
		return nil, err
	}
	return one(l.as(v, []int{first, second}))
}

// lowerSqueeze drops axes of length 1.
func lowerSqueeze(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := in[0]
	list, given, err := l.axes(in, 1, "axes")
	if err != nil {
		return nil, err
	}
	drop := make([]bool, len(v.dims))
	for i, d := range v.dims {
		drop[i] = !given && d == 1
	}
	for _, a := range list {
		i, err := v.featureAxis(a)
		if err != nil {
			return nil, err
		}
		if v.dims[i] != 1 {
			return nil, fmt.Errorf("axis %d of %s is not of length 1", a, v.shape())
		}
		drop[i] = true
	}
	var dims []int
	for i, d := range v.dims {
		if !drop[i] {
			dims = append(dims, d)
		}
	}
	return one(l.as(v, dims))
}

// lowerUnsqueeze adds axes of length 1.
func lowerUnsqueeze(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := in[0]
	list, _, err := l.axes(in, 1, "axes")
	if err != nil {
		return nil, err
	}
	n := int64(len(v.dims) + len(list))
	if n > 64 {
		return nil, fmt.Errorf("%d axes", n)
	}
	added := make([]bool, n)
	for _, a := range list {
		if a < -n || a >= n || added[(a+n)%n] {
			return nil, fmt.Errorf("axis %d of %d", a, n)
		}
		added[(a+n)%n] = true
	}
	dims := make([]int, n)
	from := 0
	for i := range dims {
		if dims[i] = 1; !added[i] {
			dims[i] = v.dims[from]
			from++
		}
	}
	return one(l.as(v, dims))
}

// lowerTranspose reorders axes. Of a node only the order changes, nothing moves.
func lowerTranspose(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := in[0]
	perm := make([]int, len(v.dims))
	if v.joined {
		return l.transposeJoined(v)
	}
	for i := range perm {
		perm[i] = len(perm) - 1 - i
	}
	if list := l.intsAttr("perm"); list != nil {
		if len(list) != len(perm) {
			return nil, fmt.Errorf("perm %v of %s", list, v.shape())
		}
		for i, p := range list {
			if p < 0 || p >= int64(len(perm)) || slices.Contains(list[:i], p) {
				return nil, fmt.Errorf("perm %v of %s", list, v.shape())
			}
			perm[i] = int(p)
		}
	}
	return []*value{v.transposed(perm)}, nil
}

// transposeJoined is Transpose where the first axis, joined of two, stays the first.
func (l *lowering) transposeJoined(v *value) ([]*value, error) {
	list, n := l.intsAttr("perm"), len(v.dims)-1
	perm := []int{0, 1}
	for i, p := range list {
		if len(list) != n || p < 0 || p >= int64(n) || slices.Contains(list[:i], p) || (p == 0) != (i == 0) {
			return nil, fmt.Errorf("perm %v of %s, whose first axis is joined with the batch", list, v.fileShape())
		}
		if i > 0 {
			perm = append(perm, int(p)+1)
		}
	}
	if len(perm) != len(v.dims) {
		return nil, fmt.Errorf("it reverses the axes of %s, whose first is joined with the batch", v.fileShape())
	}
	w := v.transposed(perm)
	w.joined = true
	return []*value{w}, nil
}

// transposed returns the value whose axis i is axis perm[i] of v.
func (v *value) transposed(perm []int) *value {
	w := &value{elem: v.elem, node: v.node}
	for _, p := range perm {
		w.dims = append(w.dims, v.dims[p])
	}
	if v.constant() {
		own := strides(v.dims)
		stride := make([]int, len(perm))
		for i, p := range perm {
			stride[i] = own[p]
		}
		w.take(v, walk(w.dims, stride, 0))
		return w
	}
	order := v.order
	if order == nil {
		order = natural(len(v.row()))
	}
	to := make([]int, len(order)) // row axis of v to row axis of w
	for i, p := range perm {
		if v.dims[p] != batch {
			to[v.rowAxis(p)] = w.rowAxis(i)
		}
	}
	for _, a := range order {
		w.order = append(w.order, to[a])
	}
	if slices.IsSorted(w.order) {
		w.order = nil
	}
	return w
}

// take sets the elements of a constant to those of another at the given places.
func (v *value) take(from *value, idx []int) {
	v.data = make([]float64, len(idx))
	for j, i := range idx {
		v.data[j] = from.data[i]
	}
	if from.coef != nil {
		v.coef = make([]float64, len(idx))
		for j, i := range idx {
			v.coef[j] = from.coef[i]
		}
	}
}
