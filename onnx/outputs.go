package onnx

import "slices"

// FinalProbabilities is a last operation that makes a dictionary of the classes of
// probabilities, as scikit-learn's converter writes.
const FinalProbabilities = "ZipMap"

// wanted returns the outputs of a graph that are loaded if none are named: all, but not
// the labels of a classifier, integers or texts, beside its scores.
func wanted(outputs []*valueInfo) []string {
	label := func(o *valueInfo) bool {
		return o.tensor && !isFloat(o.elem) && o.elem != elemBool && o.elem != 0
	}
	all := !slices.ContainsFunc(outputs, func(o *valueInfo) bool { return !label(o) })
	var names []string
	for _, o := range outputs {
		if all || !label(o) {
			names = append(names, o.name)
		}
	}
	return names
}

// cutter finds the last operations of outputs and can leave them out.
type cutter struct {
	g    *graphProto
	from map[string]*nodeProto
}

// finals finds the last operation of each output.
func (m *Model) finals(g *graphProto, cut bool) {
	c := &cutter{g, map[string]*nodeProto{}}
	for _, n := range g.nodes {
		for _, o := range n.out {
			c.from[o] = n
		}
	}
	for i, name := range m.outs {
		final, logits := c.final(name, cut)
		if cut && logits != "" {
			m.outs[i] = logits
		}
		m.Final = append(m.Final, final)
	}
}

// final names the last operation behind an output and, if asked, the value that is its
// operand, or its logarithm.
func (c *cutter) final(name string, cut bool) (final, logits string) {
	n, zipped := c.from[name], false
	for range len(c.g.nodes) { // casts, reshapes and dictionaries behind it do not matter
		if n == nil || len(n.in) == 0 {
			break
		}
		if zip := n.op == "ZipMap" && n.domain == mlDomain; zip {
			zipped = true
		} else if !passes(n) {
			break
		}
		name = n.in[0]
		n = c.from[name]
	}
	switch {
	case n == nil:
	case n.domain == mlDomain:
		post := ""
		if a := n.attrs["post_transform"]; a != nil {
			post = a.s
		}
		linear := n.op == "LinearClassifier"
		if (linear || n.op == "TreeEnsembleClassifier") && len(n.out) == 2 && (post == "LOGISTIC" || post == "SOFTMAX") {
			if cut {
				log := *n
				log.logarithm, log.out = true, []string{"", n.out[1] + ":log"}
				logits = c.beside(n, &log)
			}
			return FinalSoftmax, logits
		}
		if linear {
			return "", ""
		}
	case len(n.in) == 1 && n.op == FinalSigmoid:
		return FinalSigmoid, n.in[0]
	case len(n.in) == 1 && n.op == FinalSoftmax:
		if cut {
			log := *n
			log.op, log.out = "LogSoftmax", []string{n.out[0] + ":log"}
			logits = c.beside(n, &log)
		}
		return FinalSoftmax, logits
	case n.op == "Concat":
		if a := c.bothClasses(n); a != "" {
			if cut {
				logits = c.logBoth(n, a)
			}
			return FinalSoftmax, logits
		}
	}
	if zipped {
		return FinalProbabilities, ""
	}
	return "", ""
}

// beside inserts nodes behind another, for others that need its result itself, and
// returns the last result of the last one.
func (c *cutter) beside(n *nodeProto, more ...*nodeProto) string {
	at := slices.Index(c.g.nodes, n)
	c.g.nodes = slices.Insert(c.g.nodes, at+1, more...)
	last := more[len(more)-1]
	return last.out[len(last.out)-1]
}

// bothClasses returns the operand a where a node is (1 - p, p) with p = Sigmoid(a).
func (c *cutter) bothClasses(n *nodeProto) string {
	if len(n.in) != 2 {
		return ""
	}
	sub, sig := c.from[n.in[0]], c.from[n.in[1]]
	if sub == nil || sig == nil || sub.op != "Sub" || len(sub.in) != 2 || sub.in[1] != n.in[1] || sig.op != FinalSigmoid || len(sig.in) != 1 || sub.domain+sig.domain != "" {
		return ""
	}
	for _, t := range c.g.initialisers {
		if t.name != sub.in[0] {
			continue
		}
		if _, v, err := t.values(); err == nil && len(v) == 1 && v[0] == 1 {
			return sig.in[0]
		}
	}
	return ""
}

// logBoth adds ln(1 - σ(a)) and ln σ(a), as node n joins them.
func (c *cutter) logBoth(n *nodeProto, a string) string {
	name := n.out[0] + ":log"
	node := func(op, in, out string) *nodeProto {
		return &nodeProto{op: op, in: []string{in}, out: []string{out}, name: name}
	}
	join := *n
	join.in, join.out = []string{name + "0", name + "1"}, []string{name}
	return c.beside(n, node("Softplus", a, name+"a"), node("Neg", name+"a", name+"0"),
		node("Neg", a, name+"b"), node("Softplus", name+"b", name+"c"), node("Neg", name+"c", name+"1"), &join)
}
