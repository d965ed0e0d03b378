package onnx

import (
	"fmt"
	"slices"

	"etalon/graph"
)

// maxForest bounds the products of inner nodes and leaves of all trees together.
const maxForest = 1 << 22

// forest is an ensemble of decision trees, as the attributes of TreeEnsembleClassifier
// and TreeEnsembleRegressor give it: a list of nodes, and of what leaves add to outputs.
type forest struct {
	trees   []*decisionTree
	outputs int
	used    []bool // outputs that leaves add to
	least   float64
}

type decisionTree struct {
	feature   []int // of each inner node
	threshold []float64
	mode      []string
	leaf      map[int64]int // by the number of the node
	// path has, for each leaf, inner nodes that are passed: true where their condition
	// holds.
	path   []map[int]bool
	weight [][]float64 // of each leaf, by output
}

type treeNode struct {
	feature     int64
	value       float64
	mode        string
	yes, no     int64
	seen, inner bool
}

// forestOf reads the attributes; kind is "class" or "target".
func (l *lowering) forestOf(kind string, outputs, features int) (*forest, error) {
	a := func(name string) *attribute {
		if a := l.n.attrs[name]; a != nil {
			return a
		}
		return &attribute{}
	}
	ids, trees := a("nodes_nodeids").ints, a("nodes_treeids").ints
	feature, modes, values := a("nodes_featureids").ints, a("nodes_modes").strings, a("nodes_values").floats
	yes, no := a("nodes_truenodeids").ints, a("nodes_falsenodeids").ints
	n := len(ids)
	for _, k := range []int{len(trees), len(feature), len(modes), len(values), len(yes), len(no)} {
		if k != n || n == 0 {
			return nil, fmt.Errorf("the attributes of its nodes have different lengths; trees of float32 numbers are accepted")
		}
	}
	if slices.Contains(a("nodes_missing_value_tracks_true").ints, 1) {
		return nil, fmt.Errorf("missing values have branches of their own, which is not supported")
	}
	nodes := map[int64]map[int64]*treeNode{}
	var order []int64
	for i := range n {
		t := nodes[trees[i]]
		if t == nil {
			t = map[int64]*treeNode{}
			nodes[trees[i]] = t
			order = append(order, trees[i])
		}
		if t[ids[i]] != nil {
			return nil, fmt.Errorf("tree %d has two nodes %d", trees[i], ids[i])
		}
		t[ids[i]] = &treeNode{feature: feature[i], value: values[i], mode: modes[i], yes: yes[i], no: no[i], inner: modes[i] != "LEAF"}
		if t[ids[i]].inner && (feature[i] < 0 || feature[i] >= int64(features)) {
			return nil, fmt.Errorf("feature %d of %d", feature[i], features)
		}
	}
	f := &forest{outputs: outputs, used: make([]bool, outputs)}
	byTree := map[int64]*decisionTree{}
	size := 0
	for _, id := range order {
		t, err := grown(nodes[id], outputs)
		if err != nil {
			return nil, fmt.Errorf("tree %d: %w", id, err)
		}
		if size += max(len(t.feature), outputs)*len(t.path) + features; size > maxForest {
			return nil, fmt.Errorf("the trees are too large; %d pairs of inner nodes and leaves are accepted", maxForest)
		}
		f.trees, byTree[id] = append(f.trees, t), t
	}
	wt, wn, wo, wv := a(kind+"_treeids").ints, a(kind+"_nodeids").ints, a(kind+"_ids").ints, a(kind+"_weights").floats
	if len(wn) != len(wt) || len(wo) != len(wt) || len(wv) != len(wt) || !allWithin(wo, outputs) {
		return nil, fmt.Errorf("the weights of its leaves do not fit %d outputs", outputs)
	}
	for i := range wt {
		t := byTree[wt[i]]
		if t == nil {
			return nil, fmt.Errorf("a weight for tree %d, which there is none of", wt[i])
		}
		leaf, ok := t.leaf[wn[i]]
		if !ok {
			return nil, fmt.Errorf("a weight for node %d of tree %d, which is no leaf", wn[i], wt[i])
		}
		t.weight[leaf][wo[i]] += wv[i]
		f.used[wo[i]] = true
		f.least = min(f.least, wv[i])
	}
	return f, nil
}

// grown follows the branches of a tree from its root, which no branch leads to.
func grown(nodes map[int64]*treeNode, outputs int) (*decisionTree, error) {
	child := map[int64]bool{}
	for _, n := range nodes {
		if n.inner {
			child[n.yes], child[n.no] = true, true
		}
	}
	root, found := int64(0), 0
	for id := range nodes {
		if !child[id] {
			root, found = id, found+1
		}
	}
	if found != 1 {
		return nil, fmt.Errorf("%d nodes that no branch leads to; one root is accepted", found)
	}
	t := &decisionTree{leaf: map[int64]int{}}
	type place struct {
		id    int64
		path  map[int]bool
		depth int
	}
	todo := []place{{root, map[int]bool{}, 0}}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		n := nodes[p.id]
		switch {
		case n == nil || n.seen:
			return nil, fmt.Errorf("a branch leads to node %d, which is none or has another", p.id)
		case p.depth > 512:
			return nil, fmt.Errorf("it is deeper than 512 nodes")
		case len(t.feature)*len(p.path) > maxForest:
			return nil, fmt.Errorf("it has more than %d pairs of inner nodes and leaves", maxForest)
		}
		n.seen = true
		if !n.inner {
			t.leaf[p.id] = len(t.path)
			t.path = append(t.path, p.path)
			t.weight = append(t.weight, make([]float64, outputs))
			continue
		}
		k := len(t.feature)
		t.feature, t.threshold, t.mode = append(t.feature, int(n.feature)), append(t.threshold, n.value), append(t.mode, n.mode)
		for _, yes := range []bool{false, true} {
			path := map[int]bool{k: yes}
			for i, c := range p.path {
				path[i] = c
			}
			to := n.no
			if yes {
				to = n.yes
			}
			todo = append(todo, place{to, path, p.depth + 1})
		}
	}
	return t, nil
}

// conditions is 1 where the condition of each inner node holds.
func (t *decisionTree) conditions(x *graph.Node) (*graph.Node, error) {
	g := x.Graph
	n := len(t.feature)
	if n > 1 {
		y, err := gather(x, t.feature)
		if err != nil {
			return nil, err
		}
		x = y
	} else {
		x = graph.Slice(x, t.feature[0], t.feature[0]+1)
	}
	c := g.Const(t.threshold, n)
	above := graph.Step(graph.Sub(x, c))
	if slices.Max(t.mode) == slices.Min(t.mode) {
		return condition(t.mode[0], x, c, above)
	}
	return nil, fmt.Errorf("nodes of different modes in one tree, which is not supported")
}

func condition(mode string, x, c, above *graph.Node) (*graph.Node, error) {
	below := graph.Step(graph.Sub(c, x))
	switch mode {
	case "BRANCH_LEQ":
		return not(above), nil
	case "BRANCH_LT":
		return below, nil
	case "BRANCH_GT":
		return above, nil
	case "BRANCH_GTE":
		return not(below), nil
	}
	return nil, fmt.Errorf("nodes of mode %.40q; BRANCH_LEQ, BRANCH_LT, BRANCH_GT and BRANCH_GTE are accepted", mode)
}

// sum adds what the leaves that a row reaches add to the outputs. A leaf is reached
// where as many conditions of its path hold, or do not, as it has: counted by a matrix
// of 1 and -1.
func (f *forest) sum(x *graph.Node) (*graph.Node, error) {
	g := x.Graph
	var total *graph.Node
	for _, t := range f.trees {
		inner, leaves := len(t.feature), len(t.path)
		weights := slices.Concat(t.weight...)
		var y *graph.Node
		if inner == 0 {
			y = graph.ToRows(g.Const(weights, f.outputs))
		} else {
			c, err := t.conditions(x)
			if err != nil {
				return nil, err
			}
			count, want := make([]float64, inner*leaves), make([]float64, leaves)
			for j, path := range t.path {
				for i, yes := range path {
					count[i*leaves+j] = -1
					if yes {
						count[i*leaves+j] = 1
						want[j]++
					}
				}
				want[j] -= 0.5
			}
			at := graph.Step(graph.Sub(graph.MatMul(c, g.Const(count, inner, leaves)), g.Const(want, leaves)))
			y = graph.MatMul(at, g.Const(weights, leaves, f.outputs))
		}
		if total == nil {
			total = y
		} else {
			total = graph.Add(total, y)
		}
	}
	return total, nil
}

// ensemble is the sum of all trees plus base values, (N, outputs).
func (l *lowering) ensemble(in []*value, kind string, outputs int) (*graph.Node, *forest, error) {
	if err := l.must(in, 1); err != nil {
		return nil, nil, err
	}
	n, err := featuresOf(in[0])
	if err != nil {
		return nil, nil, err
	}
	if len(in[0].dims) != 2 || in[0].dims[0] != batch {
		return nil, nil, fmt.Errorf("%s; rows of features are accepted", in[0].shape())
	}
	if outputs < 1 || outputs > maxRegressors {
		return nil, nil, fmt.Errorf("%d outputs", outputs)
	}
	f, err := l.forestOf(kind, outputs, n)
	if err != nil {
		return nil, nil, err
	}
	x, err := l.widened(in[0])
	if err != nil {
		return nil, nil, err
	}
	y, err := f.sum(x)
	return y, f, err
}

// lowerTreeRegressor adds up, or averages, the trees.
func lowerTreeRegressor(l *lowering, in []*value) ([]*value, error) {
	targets := int(min(max(l.intAttr("n_targets", 1), 0), maxRegressors+1))
	y, f, err := l.ensemble(in, "target", targets)
	if err != nil {
		return nil, err
	}
	switch how := l.textAttr("aggregate_function", "SUM"); how {
	case "SUM":
	case "AVERAGE":
		y = graph.MulScalar(y, 1/float64(len(f.trees)))
	default:
		return nil, fmt.Errorf("trees combined by %.40q; SUM and AVERAGE are accepted", how)
	}
	if b := l.n.attrs["base_values"]; b != nil && len(b.floats) > 0 {
		if len(b.floats) != targets {
			return nil, fmt.Errorf("%d base values of %d outputs", len(b.floats), targets)
		}
		y = graph.Add(y, y.Graph.Const(b.floats, targets))
	}
	return one(l.transformed(l.result(y, []int{batch, targets}, elemFloat)))
}

// lowerTreeClassifier gives scores as its second output. Of two classes, leaves may
// have the score of one alone, which is that of the second: a probability if no leaf
// has a negative number, else a logit.
func lowerTreeClassifier(l *lowering, in []*value) ([]*value, error) {
	classes := l.labels()
	y, f, err := l.ensemble(in, "class", classes)
	if err != nil {
		return nil, err
	}
	used := 0
	for _, u := range f.used {
		if u {
			used++
		}
	}
	var base []float64
	if b := l.n.attrs["base_values"]; b != nil {
		base = b.floats
	}
	g := y.Graph
	if classes == 2 && used == 1 {
		at := slices.Index(f.used, true)
		x := graph.Slice(y, at, at+1)
		switch len(base) {
		case 0:
		case 1:
			x = graph.AddScalar(x, base[0])
		default:
			return nil, fmt.Errorf("%d base values of one score", len(base))
		}
		if f.least >= 0 && l.textAttr("post_transform", "NONE") == "NONE" {
			y = graph.Concat(not(x), x)
		} else {
			y = graph.Concat(graph.Neg(x), x)
		}
	} else if len(base) > 0 {
		if len(base) != classes {
			return nil, fmt.Errorf("%d base values of %d classes", len(base), classes)
		}
		y = graph.Add(y, g.Const(base, classes))
	}
	v, err := l.transformed(l.result(y, []int{batch, classes}, elemFloat))
	return []*value{nil, v}, err
}
