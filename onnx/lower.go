package onnx

import (
	"fmt"
	"slices"

	"etalon/engine/ref"
	"etalon/graph"
	"etalon/nn"
)

// lowering turns the nodes of a file into nodes of a graph.
type lowering struct {
	opset  int64
	g      *graph.Graph
	prefix string
	params *nn.Params // nil: constants stay constants of the graph
	record bool       // params takes in what is asked for
	batch  int        // length of the batch where the file fixes it, or 0
	n      *nodeProto // at hand
	gaps   bool       // the file replaces NaN: its gradients must not come by them
	made   int        // elements of all intermediate values
}

// maxMade bounds the elements of all intermediate values of one row together.
const maxMade = 1 << 27

// operator is one row of the table of operators.
type operator struct {
	lower func(l *lowering, in []*value) ([]*value, error)
	// shapes: it works on constants itself, also on those that depend on the length of
	// the batch. Constants of all others are evaluated by the graph that they become.
	shapes bool
	// consts works on constants where it can, and tells whether it did.
	consts func(l *lowering, in []*value) (out []*value, done bool, err error)
	note   string // what is accepted, for the documentation
}

// apply lowers the node n with the operands in, nil for those left out.
func (l *lowering) apply(n *nodeProto, in []*value) ([]*value, error) {
	op, ok := lookup(n)
	if !ok {
		return nil, unsupported(n)
	}
	for _, a := range n.attrs {
		if a.ref != "" {
			return nil, fmt.Errorf("attribute %.40q is that of a function, which is not supported", a.name)
		}
	}
	l.n = n
	joined := slices.ContainsFunc(in, func(v *value) bool { return v != nil && v.joined }) && !(seesJoined[n.op] && n.domain != mlDomain)
	if joined {
		if err := joinable(n, in); err != nil {
			return nil, err
		}
	}
	out, err := l.operate(op, in)
	if joined && err == nil {
		for _, v := range out {
			if v != nil {
				v.joined = true
			}
		}
	}
	for _, v := range out {
		if v != nil {
			l.made += v.size()
		}
	}
	if err == nil && l.made > maxMade {
		err = fmt.Errorf("the values up to here have more than %d elements in a row", maxMade)
	}
	return out, err
}

// operate lowers or evaluates one operator.
func (l *lowering) operate(op operator, in []*value) ([]*value, error) {
	if !op.shapes && allConstant(in) {
		if op.consts != nil {
			if out, done, err := op.consts(l, in); done || err != nil {
				return out, err
			}
		}
		return l.fold(op, in)
	}
	out, err := op.lower(l, in)
	if err == nil {
		err = l.g.Err()
	}
	return out, err
}

func allConstant(in []*value) bool {
	return !slices.ContainsFunc(in, func(v *value) bool { return v != nil && !v.constant() })
}

// fold evaluates an operator on constants, in float64.
func (l *lowering) fold(op operator, in []*value) ([]*value, error) {
	for _, v := range in {
		if v != nil && v.anySymbolic() {
			return nil, fmt.Errorf("an operand depends on the length of the batch, which is not supported here")
		}
	}
	t := &lowering{opset: l.opset, g: graph.New(), batch: l.batch, n: l.n, gaps: l.gaps}
	out, err := op.lower(t, in)
	if err == nil {
		err = t.g.Err()
	}
	if err != nil {
		return nil, err
	}
	for i, v := range out {
		if v == nil || v.constant() {
			continue
		}
		x, err := t.plain(v)
		if err == nil {
			err = t.g.Err()
		}
		if err != nil {
			return nil, err
		}
		res, err := ref.Eval(t.g, ref.Env{Rows: 1}, x)
		if err != nil {
			return nil, err
		}
		data := res[0]
		if len(data) == 1 && v.size() > 1 {
			data = slices.Repeat(data, v.size())
		}
		if !isFloat(v.elem) && v.elem != elemBool {
			for j := range data {
				data[j] = float64(int64(data[j]))
			}
		}
		out[i] = &value{dims: v.dims, elem: v.elem, data: data}
		if out[i].batchAxis() >= 0 {
			return nil, fmt.Errorf("a constant with a batch axis")
		}
	}
	return out, nil
}

// nodeOf returns the node of a value as it lies; a constant becomes one, a parameter
// where it has more than one element.
func (l *lowering) nodeOf(v *value) (*graph.Node, error) {
	if !v.constant() {
		return v.node, nil
	}
	if v.anySymbolic() {
		return nil, fmt.Errorf("the length of the batch cannot be a number in the computation")
	}
	if len(v.data) == 0 {
		return nil, fmt.Errorf("an empty tensor of shape %s", v.shape())
	}
	for _, x := range v.data {
		if x != x {
			return nil, fmt.Errorf("a constant of shape %s holds NaN", v.shape())
		}
	}
	if len(v.data) == 1 {
		return l.g.Scalar(v.data[0]), nil
	}
	return l.shared(v, len(v.data)), nil
}

// shared returns a constant as a shared tensor of the given shape: a parameter, if it
// has a name.
func (l *lowering) shared(v *value, shape ...int) *graph.Node {
	if l.params == nil || v.name == "" || !isFloat(v.elem) {
		return l.g.Const(v.data, shape...)
	}
	name := v.name
	if len(shape) == 1 && len(v.dims) > 1 {
		name += ":flat" // beside the same as a matrix
	}
	if !l.params.Has(name) {
		if !l.record {
			return l.g.Const(v.data, shape...)
		}
		l.params.Add(name, shape...)
		to := l.params.Values(name)
		for i, x := range v.data {
			to[i] = float32(x)
		}
	}
	return l.g.Shared(l.prefix+name, shape...)
}

// result makes a value of a node that lies row-major.
func (l *lowering) result(x *graph.Node, dims []int, elem int32) *value {
	return l.lyingResult(x, dims, elem, nil)
}

// lyingResult makes a value of a node whose row axes lie in the given order. The node
// gets the value's kind and width.
func (l *lowering) lyingResult(x *graph.Node, dims []int, elem int32, order []int) *value {
	if slices.Contains(dims, batch) {
		x = graph.ToRows(x)
	}
	v := &value{dims: dims, elem: elem, node: x}
	if order != nil && !slices.IsSorted(order) {
		v.order = order
	}
	if n := v.size(); x.Op != graph.OpInvalid && x.Size() == 1 && n > 1 {
		v.node = graph.Expand(x, n)
	}
	return v
}

// one is the answer of an operator with one result.
func one(v *value, err error) ([]*value, error) {
	if err != nil {
		return nil, err
	}
	return []*value{v}, nil
}

// must returns operand i, or an error if it is missing.
func (l *lowering) must(in []*value, n int) error {
	if len(in) < n {
		return fmt.Errorf("%d operands; %d are needed", len(in), n)
	}
	for i := range n {
		if in[i] == nil {
			return fmt.Errorf("operand %d is missing", i)
		}
	}
	return nil
}

// operand returns an optional operand.
func operand(in []*value, i int) *value {
	if i < len(in) {
		return in[i]
	}
	return nil
}

// intAttr returns an integer attribute, or the value that it has by default.
func (l *lowering) intAttr(name string, or int64) int64 {
	if a := l.n.attrs[name]; a != nil {
		return a.i
	}
	return or
}

func (l *lowering) floatAttr(name string, or float64) float64 {
	if a := l.n.attrs[name]; a != nil {
		return a.f
	}
	return or
}

func (l *lowering) textAttr(name, or string) string {
	if a := l.n.attrs[name]; a != nil {
		return a.s
	}
	return or
}

// intsAttr returns a list of integers, nil where there is none.
func (l *lowering) intsAttr(name string) []int64 {
	if a := l.n.attrs[name]; a != nil {
		return a.ints
	}
	return nil
}

// axes returns integers from operand i or, in older opsets, from an attribute; ok is
// false where they are left out.
func (l *lowering) axes(in []*value, i int, name string) (list []int64, ok bool, err error) {
	if v := operand(in, i); v != nil {
		list, err = v.ints()
		return list, true, err
	}
	a := l.n.attrs[name]
	if a == nil {
		return nil, false, nil
	}
	if a.kind == attrInt {
		return []int64{a.i}, true, nil
	}
	return a.ints, true, nil
}
