package onnx

import (
	"fmt"
	"slices"

	"etalon/graph"
)

// maxGather bounds the features of an intermediate value of one row.
const maxGather = 1 << 22

// gather returns the features idx of a vector, in that order; features may be left
// out and repeated. All changes of layout are made of it: it is a Slice where the
// features follow one another, a Permute where each is taken once, and otherwise the
// vector repeated, permuted and cut.
func gather(x *graph.Node, idx []int) (*graph.Node, error) {
	n := x.Size()
	if n == 1 && len(idx) > 1 {
		return graph.Expand(x, len(idx)), nil
	}
	if run := isRun(idx); run {
		return graph.Slice(x, idx[0], idx[0]+len(idx)), nil
	}
	count := make([]int, n)
	used, most := 0, 0
	for _, i := range idx {
		if count[i] == 0 {
			used++
		}
		count[i]++
		most = max(most, count[i])
	}
	if most*used > maxGather || n > maxGather {
		return nil, fmt.Errorf("%d features of a row at once; %d are accepted", max(most*used, n), maxGather)
	}
	if used < n { // keep what is used
		var keep []int
		to := make([]int, n)
		for i, c := range count {
			if c > 0 {
				to[i] = len(keep)
				keep = append(keep, i)
			}
		}
		var err error
		if isRun(keep) {
			x = graph.Slice(x, keep[0], keep[0]+len(keep))
		} else {
			x = graph.Slice(graph.Permute(x, complete(keep, n)), 0, used)
		}
		moved := make([]int, len(idx))
		for j, i := range idx {
			moved[j] = to[i]
		}
		if x, err = gather(x, moved); err != nil {
			return nil, err
		}
		return x, nil
	}
	x = graph.Repeat(x, most, 1)
	taken := make([]int, n)
	perm := make([]int, len(idx))
	for j, i := range idx {
		perm[j] = taken[i]*n + i
		taken[i]++
	}
	if isRun(perm) {
		return graph.Slice(x, perm[0], perm[0]+len(perm)), nil
	}
	return graph.Slice(graph.Permute(x, complete(perm, most*n)), 0, len(idx)), nil
}

// isRun tells whether features follow one another.
func isRun(idx []int) bool {
	for j, i := range idx {
		if i != idx[0]+j {
			return false
		}
	}
	return true
}

// complete appends to a part of a permutation what it lacks.
func complete(part []int, n int) []int {
	seen := make([]bool, n)
	perm := make([]int, 0, n)
	for _, i := range part {
		seen[i] = true
		perm = append(perm, i)
	}
	for i, s := range seen {
		if !s {
			perm = append(perm, i)
		}
	}
	return perm
}

// strides returns the distance of neighbours along each axis of a row-major tensor.
func strides(dims []int) []int {
	s := make([]int, len(dims))
	n := 1
	for i := len(dims) - 1; i >= 0; i-- {
		s[i] = n
		n *= dims[i]
	}
	return s
}

// walk returns, for every element of a row-major tensor of the given dimensions, the
// sum of its coordinates times the strides, plus offset.
func walk(dims, stride []int, offset int) []int {
	out := []int{offset}
	for a, d := range dims {
		next := make([]int, 0, len(out)*d)
		for _, base := range out {
			for i := range d {
				next = append(next, base+i*stride[a])
			}
		}
		out = next
	}
	return out
}

// natural is the order of n axes as they stand.
func natural(n int) []int {
	o := make([]int, n)
	for i := range o {
		o[i] = i
	}
	return o
}

// physical returns the strides of the axes of row() in the node.
func (v *value) physical() []int {
	row := v.row()
	if v.order == nil {
		return strides(row)
	}
	lying := make([]int, len(row))
	for i, a := range v.order {
		lying[i] = row[a]
	}
	s := make([]int, len(row))
	for i, st := range strides(lying) {
		s[v.order[i]] = st
	}
	return s
}

// lying returns the node of a value with its row axes in the given order (nil: as they
// stand).
func (l *lowering) lying(v *value, order []int) (*graph.Node, error) {
	x, err := l.nodeOf(v)
	if err != nil || x.Size() == 1 {
		return x, err
	}
	row := v.row()
	if order == nil {
		order = natural(len(row))
	}
	have := v.order
	if have == nil {
		have = natural(len(row))
	}
	if slices.Equal(have, order) {
		return x, nil
	}
	from := v.physical()
	dims, stride := make([]int, len(row)), make([]int, len(row))
	for i, a := range order {
		dims[i], stride[i] = row[a], from[a]
	}
	return gather(x, walk(dims, stride, 0))
}

// plain returns the node of a value, row-major.
func (l *lowering) plain(v *value) (*graph.Node, error) { return l.lying(v, nil) }

// spread returns the node of a value broadcast to dims, with the row axes in order. A
// single element stays one.
func (l *lowering) spread(v *value, dims, order []int) (*graph.Node, error) {
	x, err := l.nodeOf(v)
	if err != nil || x.Size() == 1 {
		return x, err
	}
	if slices.Equal(v.row(), withoutBatch(dims)) {
		return l.lying(v, order)
	}
	row := withoutBatch(dims)
	stride := make([]int, 0, len(row)) // in x, of the axes of row
	from := v.physical()
	for i, d := range dims {
		j := i - (len(dims) - len(v.dims))
		switch {
		case d == batch:
		case j < 0 || v.dims[j] == 1:
			stride = append(stride, 0)
		default:
			stride = append(stride, from[v.rowAxis(j)])
		}
	}
	if order == nil {
		order = natural(len(row))
	}
	if product(row) > maxGather {
		return nil, fmt.Errorf("%d features of a row; %d are accepted", product(row), maxGather)
	}
	odims, ostride := make([]int, len(row)), make([]int, len(row))
	for i, a := range order {
		odims[i], ostride[i] = row[a], stride[a]
	}
	return gather(x, walk(odims, ostride, 0))
}

// broadcast returns the common dimensions of operands (ONNX, multidirectional
// broadcasting).
func broadcast(in ...*value) ([]int, error) {
	var dims []int
	for _, v := range in {
		d := v.dims
		if len(d) > len(dims) {
			dims = append(slices.Repeat([]int{1}, len(d)-len(dims)), dims...)
		}
		for i := range d {
			at := &dims[len(dims)-len(d)+i]
			switch {
			case d[i] == 1 || *at == d[i]:
			case *at == 1:
				*at = d[i]
			default:
				return nil, fmt.Errorf("shapes %s and %s do not fit", in[0].shape(), v.shape())
			}
		}
	}
	if b := slices.Index(dims, batch); b >= 0 && slices.Contains(dims[b+1:], batch) {
		return nil, fmt.Errorf("rows would meet other rows: %s has two axes of the batch", shapeText(dims))
	}
	return dims, nil
}
