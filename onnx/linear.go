package onnx

import (
	"fmt"
	"slices"

	"etalon/graph"
)

// lowerGemm is alpha·A·B + beta·C.
func lowerGemm(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	a, b := in[0], in[1]
	if a.joined && len(a.dims) == 3 && l.intAttr("transA", 0) == 0 && len(b.dims) == 2 {
		// (k·N, C) as (N, k, C)
	} else if len(a.dims) != 2 || len(b.dims) != 2 {
		return nil, fmt.Errorf("%s times %s; matrices are accepted", a.shape(), b.shape())
	}
	if l.intAttr("transA", 0) != 0 {
		a = a.transposed([]int{1, 0})
	}
	trans := l.intAttr("transB", 0) != 0
	var y *value
	var err error
	if len(a.dims) == 2 && a.dims[0] == batch && !a.constant() && b.constant() {
		k, n := b.dims[0], b.dims[1]
		if trans {
			k, n = n, k
		}
		if a.dims[1] != k {
			return nil, fmt.Errorf("%s times %s", a.shape(), b.shape())
		}
		x, err := l.widened(a)
		if err != nil {
			return nil, err
		}
		w := l.shared(b, b.dims...)
		product := graph.MatMul
		if trans {
			product = graph.MatMulT
		}
		y = l.result(product(x, w), []int{batch, n}, a.elem)
	} else {
		if trans {
			name := b.name
			if b = b.transposed([]int{1, 0}); b.constant() && name != "" {
				b.name = name + ":transposed"
			}
		}
		if y, err = l.matmul(a, b); err != nil {
			return nil, err
		}
	}
	if alpha := l.floatAttr("alpha", 1); alpha != 1 {
		if y, err = l.map1(y, func(x *graph.Node) *graph.Node { return graph.MulScalar(x, alpha) }); err != nil {
			return nil, err
		}
	}
	c := operand(in, 2)
	beta := l.floatAttr("beta", 1)
	if c == nil || beta == 0 {
		return []*value{y}, nil
	}
	if beta != 1 {
		if c, err = l.map1(c, func(x *graph.Node) *graph.Node { return graph.MulScalar(x, beta) }); err != nil {
			return nil, err
		}
	}
	return one(l.zip(graph.Add, y, c))
}

// widened is the node of a value, row-major, with all its elements.
func (l *lowering) widened(v *value) (*graph.Node, error) {
	x, err := l.plain(v)
	if err == nil && x.Size() < v.size() {
		x = graph.Expand(x, v.size())
	}
	return x, err
}

// lowerMatMul multiplies the last two axes, broadcasting the others.
func lowerMatMul(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	return one(l.matmul(in[0], in[1]))
}

// matMulConsts multiplies two constant matrices.
func matMulConsts(_ *lowering, in []*value) ([]*value, bool, error) {
	if len(in) != 2 || len(in[0].dims) != 2 || len(in[1].dims) != 2 || in[0].anySymbolic() || in[1].anySymbolic() {
		return nil, false, nil
	}
	a, b := in[0], in[1]
	m, k, n := a.dims[0], a.dims[1], b.dims[1]
	if b.dims[0] != k || m > maxElements/max(n, 1) || m*n > maxElements/max(k, 1) {
		return nil, false, fmt.Errorf("%s times %s", a.shape(), b.shape())
	}
	y := &value{dims: []int{m, n}, elem: a.elem, data: make([]float64, m*n)}
	for i := range m {
		for p := range k {
			for j := range n {
				y.data[i*n+j] += a.data[i*k+p] * b.data[p*n+j]
			}
		}
	}
	return []*value{y}, true, nil
}

func (l *lowering) matmul(a, b *value) (*value, error) {
	if len(a.dims) == 0 || len(b.dims) == 0 {
		return nil, fmt.Errorf("%s times %s; vectors and matrices are accepted", a.shape(), b.shape())
	}
	last := a.dims[len(a.dims)-1]
	if b.constant() && len(b.dims) == 2 && a.batchAxis() >= 0 && last == b.dims[0] && (len(a.dims) > 1) {
		if y, ok, err := l.positions(a, b); ok || err != nil {
			return y, err
		}
	}
	// The transpose of a matrix product is that of the transposes in the other order.
	if n := len(b.dims); a.constant() && len(a.dims) == 2 && n > 2 && b.batchAxis() >= 0 && b.batchAxis() < n-2 && b.dims[n-2] == a.dims[1] {
		swap := natural(n)
		swap[n-1], swap[n-2] = n-2, n-1
		w := a.transposed([]int{1, 0})
		if a.name != "" {
			w.name = a.name + ":transposed"
		}
		if y, ok, err := l.positions(b.transposed(swap), w); ok || err != nil {
			if err != nil {
				return nil, err
			}
			return y.transposed(swap), nil
		}
	}
	return l.product(a, b)
}

// positions multiplies the last axis of rows by a constant matrix.
func (l *lowering) positions(a, b *value) (*value, bool, error) {
	dims := slices.Clone(a.dims)
	k, n := b.dims[0], b.dims[1]
	if a.dims[len(a.dims)-1] == batch {
		return nil, false, nil
	}
	dims[len(dims)-1] = n
	x, err := l.widened(a)
	if err != nil {
		return nil, true, err
	}
	w := l.shared(b, b.dims...)
	p := x.Size() / k
	if p == 1 {
		return l.result(graph.MatMul(x, w), dims, a.elem), true, nil
	}
	one := [3]int{1, 1, 1} // a convolution with a kernel of one tap
	return l.result(graph.Conv(x, w, graph.ConvGeometry{In: [3]int{1, 1, p}, Kernel: one, Stride: one, Channels: k, Filters: n}), dims, a.elem), true, nil
}

// product multiplies any two values: the elements are multiplied, broadcasting, and
// added up.
func (l *lowering) product(a, b *value) (*value, error) {
	vectorA, vectorB := len(a.dims) == 1, len(b.dims) == 1
	ad, bd := slices.Clone(a.dims), slices.Clone(b.dims)
	if vectorA {
		ad = append([]int{1}, ad...)
	}
	if vectorB {
		bd = append(bd, 1)
	}
	ad = append(ad, 1)                   // …, i, k, 1
	bd = slices.Insert(bd, len(bd)-2, 1) // …, 1, k, j
	if ad[len(ad)-2] == batch {          // k
		return nil, fmt.Errorf("%s times %s: a sum over the batch; rows are independent of each other", a.shape(), b.shape())
	}
	if ad[len(ad)-2] != bd[len(bd)-2] {
		return nil, fmt.Errorf("%s times %s", a.shape(), b.shape())
	}
	x, err := l.as(a, ad)
	if err != nil {
		return nil, err
	}
	y, err := l.as(b, bd)
	if err != nil {
		return nil, err
	}
	z, err := l.zip(graph.Mul, x, y)
	if err != nil {
		return nil, err
	}
	if z, err = l.reduce(z, []int{len(z.dims) - 2}, false, func(r leading, x *graph.Node) *graph.Node { return r.sum(x) }); err != nil {
		return nil, err
	}
	dims := slices.Clone(z.dims)
	if vectorB {
		dims = dims[:len(dims)-1]
	}
	if vectorA {
		at := len(dims) - 1
		if !vectorB {
			at--
		}
		dims = slices.Delete(dims, at, at+1)
	}
	return l.as(z, dims)
}
