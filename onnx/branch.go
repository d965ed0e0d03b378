package onnx

import "fmt"

// reads calls f for what a node reads, also within its branches.
func (n *nodeProto) reads(f func(name string)) {
	for _, name := range n.in {
		f(name)
	}
	for _, a := range n.attrs {
		if a.graph == nil {
			continue
		}
		for _, inner := range a.graph.nodes {
			inner.reads(f)
		}
		for _, o := range a.graph.outputs {
			f(o.name)
		}
	}
}

// branch is If with a condition that is known when the file is read: the nodes of the
// branch that is taken stand in its place.
func (m *Model) branch(l *lowering, n *nodeProto, in []*value, vals map[string]*value) ([]*value, error) {
	if len(in) != 1 || in[0] == nil {
		return nil, fmt.Errorf("%v: %d operands; one is needed", n, len(in))
	}
	c, err := in[0].scalar()
	if err != nil {
		return nil, fmt.Errorf("%v: %w", n, unsupported(n))
	}
	name := "else_branch"
	if c != 0 {
		name = "then_branch"
	}
	a := n.attrs[name]
	if a == nil || a.graph == nil || len(a.graph.inputs) > 0 || a.graph.sparse > 0 || len(a.graph.outputs) != len(n.out) {
		return nil, fmt.Errorf("%v: it has no %s of %d outputs", n, name, len(n.out))
	}
	for _, t := range a.graph.initialisers {
		v, err := decoded(t, t.name)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", n, err)
		}
		if l.record {
			if m.consts[t.name] != nil || vals[t.name] != nil {
				return nil, fmt.Errorf("%v: there are two values %.80q", n, t.name)
			}
			m.consts[t.name] = v
		}
	}
	for _, inner := range a.graph.nodes {
		if err := m.node(l, inner, vals); err != nil {
			return nil, err
		}
	}
	out := make([]*value, len(n.out))
	for i, o := range a.graph.outputs {
		if out[i] = vals[o.name]; out[i] == nil {
			out[i] = m.consts[o.name]
		}
		if out[i] == nil {
			return nil, fmt.Errorf("%v: output %.80q of its branch is not computed", n, o.name)
		}
	}
	return out, nil
}
