package onnx

import (
	"fmt"
	"slices"

	"etalon/graph"
)

// maxSteps bounds the length of a sequence: the cells are written out one by one.
const maxSteps = 1024

// recurrent is what LSTM and GRU have in common.
type recurrent struct {
	x          []*graph.Node // of each step, input features
	in, hidden int
	dirs       int
	w, r       []*graph.Node // of each direction: gates·hidden by features and by hidden
	b          []*graph.Node // biases of both, one after the other; nil is 0
	h, c       []*graph.Node // at the beginning; nil is 0
}

// cells reads the operands of LSTM and GRU: X (T, N, I), W, R, B and the states at the
// beginning.
func (l *lowering) cells(in []*value, gates int) (*recurrent, error) {
	if err := l.must(in, 3); err != nil {
		return nil, err
	}
	x := in[0]
	if len(x.dims) != 3 || x.dims[1] != batch {
		return nil, fmt.Errorf("%s; steps by the batch by features are accepted", x.shape())
	}
	if l.intAttr("layout", 0) != 0 || l.n.attrs["clip"] != nil || l.intAttr("input_forget", 0) != 0 || !usual(l.n.attrs["activations"]) {
		return nil, fmt.Errorf("layout, clip, input_forget and other activations than Sigmoid and Tanh are not supported")
	}
	if operand(in, 4) != nil || operand(in, 7) != nil {
		return nil, fmt.Errorf("lengths of single sequences, and peepholes, are not supported")
	}
	r := &recurrent{in: x.dims[2], dirs: 1}
	if l.textAttr("direction", "forward") == "bidirectional" {
		r.dirs = 2
	}
	w := in[1]
	if len(w.dims) != 3 || !w.constant() || !in[2].constant() || w.dims[0] != r.dirs || w.dims[1]%gates != 0 || w.dims[1] == 0 || w.dims[2] != r.in {
		return nil, fmt.Errorf("weights %s for %s; constant ones are accepted", w.shape(), x.shape())
	}
	r.hidden = w.dims[1] / gates
	if !slices.Equal(in[2].dims, []int{r.dirs, w.dims[1], r.hidden}) {
		return nil, fmt.Errorf("recurrent weights %s beside %s", in[2].shape(), w.shape())
	}
	if x.dims[0] < 1 || x.dims[0] > maxSteps {
		return nil, fmt.Errorf("%d steps; %d are accepted", x.dims[0], maxSteps)
	}
	all, err := l.widened(x)
	if err != nil {
		return nil, err
	}
	for t := range x.dims[0] {
		r.x = append(r.x, graph.Slice(all, t*r.in, (t+1)*r.in))
	}
	for d := range r.dirs {
		r.w = append(r.w, l.part(w, d, w.dims[1], r.in))
		r.r = append(r.r, l.part(in[2], d, w.dims[1], r.hidden))
		r.b = append(r.b, nil)
		if b := operand(in, 3); b != nil {
			if !b.constant() || !slices.Equal(b.dims, []int{r.dirs, 2 * w.dims[1]}) {
				return nil, fmt.Errorf("biases %s beside %s", b.shape(), w.shape())
			}
			r.b[d] = l.part(b, d, 2*w.dims[1])
		}
	}
	if r.h, err = r.state(l, operand(in, 5)); err != nil {
		return nil, err
	}
	r.c, err = r.state(l, operand(in, 6))
	return r, err
}

// usual tells whether activations are those that are taken if none are named.
func usual(a *attribute) bool {
	if a == nil {
		return true
	}
	for i, s := range a.strings {
		sigmoid := i == 0 || len(a.strings) > 4 && i == 3 || len(a.strings) == 4 && i == 2
		if sigmoid && s != "Sigmoid" || !sigmoid && s != "Tanh" {
			return false
		}
	}
	return true
}

// part is entry d of the first axis of a constant, as a parameter of its own.
func (l *lowering) part(v *value, d int, shape ...int) *graph.Node {
	n := product(shape)
	w := &value{dims: shape, elem: v.elem, data: v.data[d*n : (d+1)*n]}
	if v.name != "" {
		w.name = fmt.Sprintf("%s:%d", v.name, d)
	}
	return l.shared(w, shape...)
}

// state cuts what is (directions, N, hidden), also of one row for all.
func (r *recurrent) state(l *lowering, v *value) ([]*graph.Node, error) {
	list := make([]*graph.Node, r.dirs)
	if v == nil {
		return list, nil
	}
	if len(v.dims) != 3 || v.dims[0] != r.dirs || v.dims[1] != batch && v.dims[1] != 1 || v.dims[2] != r.hidden {
		return nil, fmt.Errorf("a state of shape %s for %d directions of %d features", v.shape(), r.dirs, r.hidden)
	}
	x, err := l.widened(v)
	if err != nil {
		return nil, err
	}
	for d := range list {
		list[d] = graph.ToRows(graph.Slice(x, d*r.hidden, (d+1)*r.hidden))
	}
	return list, nil
}

// outputs runs the cells of each direction: step takes x and the state of a direction
// and gives the next. They are Y (T, directions, N, hidden), Y_h and, if asked, Y_c.
func (r *recurrent) outputs(l *lowering, withC bool, step func(d int, x, h, c *graph.Node) (h2, c2 *graph.Node)) []*value {
	reverse := l.textAttr("direction", "forward") == "reverse"
	n := len(r.x)
	y := make([]*graph.Node, n*r.dirs)
	var last, cells []*graph.Node
	for d := range r.dirs {
		h, c := r.h[d], r.c[d]
		for t := range n {
			if reverse || d == 1 {
				t = n - 1 - t
			}
			h, c = step(d, r.x[t], h, c)
			y[t*r.dirs+d] = h
		}
		last, cells = append(last, h), append(cells, c)
	}
	out := []*value{
		l.result(graph.Concat(y...), []int{n, r.dirs, batch, r.hidden}, elemFloat),
		l.result(graph.Concat(last...), []int{r.dirs, batch, r.hidden}, elemFloat),
	}
	if withC {
		out = append(out, l.result(graph.Concat(cells...), []int{r.dirs, batch, r.hidden}, elemFloat))
	}
	return out
}

// affine is x·Wᵀ + b, of the biases at half.
func (r *recurrent) affine(d int, x, w *graph.Node, half int) *graph.Node {
	y := graph.MatMulT(x, w)
	if b := r.b[d]; b != nil {
		n := b.Size() / 2
		y = graph.Add(y, graph.Slice(b, half*n, (half+1)*n))
	}
	return y
}

// lowerLSTM writes the cells out (gates i, o, f, c in that order).
func lowerLSTM(l *lowering, in []*value) ([]*value, error) {
	r, err := l.cells(in, 4)
	if err != nil {
		return nil, err
	}
	n := r.hidden
	return r.outputs(l, true, func(d int, x, h, c *graph.Node) (*graph.Node, *graph.Node) {
		a := r.affine(d, x, r.w[d], 0)
		if h != nil {
			a = graph.Add(a, graph.MatMulT(h, r.r[d]))
		}
		if b := r.b[d]; b != nil {
			a = graph.Add(a, graph.Slice(b, 4*n, 8*n))
		}
		gate := graph.Sigmoid(graph.Slice(a, 0, 3*n))
		next := graph.Mul(graph.Slice(gate, 0, n), graph.Tanh(graph.Slice(a, 3*n, 4*n)))
		if c != nil {
			next = graph.Add(next, graph.Mul(graph.Slice(gate, 2*n, 3*n), c))
		}
		return graph.Mul(graph.Slice(gate, n, 2*n), graph.Tanh(next)), next
	}), nil
}

// lowerGRU writes the cells out (gates z, r, h in that order).
func lowerGRU(l *lowering, in []*value) ([]*value, error) {
	if operand(in, 6) != nil {
		return nil, fmt.Errorf("%d operands; 6 are accepted", len(in))
	}
	r, err := l.cells(in, 3)
	if err != nil {
		return nil, err
	}
	n, before := r.hidden, l.intAttr("linear_before_reset", 0) == 0
	return r.outputs(l, false, func(d int, x, h, _ *graph.Node) (*graph.Node, *graph.Node) {
		if h == nil {
			h = graph.ToRows(x.Graph.Const(make([]float64, n), n))
		}
		a := r.affine(d, x, r.w[d], 0)
		b := r.affine(d, h, r.r[d], 1)
		gate := graph.Sigmoid(graph.Add(graph.Slice(a, 0, 2*n), graph.Slice(b, 0, 2*n)))
		z, reset := graph.Slice(gate, 0, n), graph.Slice(gate, n, 2*n)
		var inner *graph.Node
		if before { // the state is reset before the product
			inner = graph.Slice(r.affine(d, graph.Mul(reset, h), r.r[d], 1), 2*n, 3*n)
		} else {
			inner = graph.Mul(reset, graph.Slice(b, 2*n, 3*n))
		}
		new := graph.Tanh(graph.Add(graph.Slice(a, 2*n, 3*n), inner))
		return graph.Add(new, graph.Mul(z, graph.Sub(h, new))), nil
	}), nil
}
