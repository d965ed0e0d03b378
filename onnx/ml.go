package onnx

import (
	"fmt"
	"math"
	"slices"

	"etalon/graph"
)

// mlDomain has the operators of classical models, which scikit-learn's converter writes.
const mlDomain = "ai.onnx.ml"

// maxRegressors bounds the outputs of a linear model.
const maxRegressors = 1 << 16

// attrVector makes a constant of a list of numbers in an attribute, a parameter under
// the node's name.
func (l *lowering) attrVector(name string) *value {
	a := l.n.attrs[name]
	if a == nil || len(a.floats) == 0 {
		return nil
	}
	v := vector(a.floats)
	if len(l.n.out) > 0 {
		v.name = l.n.out[len(l.n.out)-1] + ":" + name
	}
	return v
}

// featuresOf checks an operand of shape (…, C), and returns C.
func featuresOf(v *value) (int, error) {
	if n := len(v.dims); n > 0 && v.dims[n-1] != batch {
		return v.dims[n-1], nil
	}
	return 0, fmt.Errorf("%s; rows of features are accepted", v.shape())
}

// perFeature checks that a list of numbers is one or one for each feature.
func perFeature(p *value, name string, n int) error {
	if p != nil && len(p.data) != 1 && len(p.data) != n {
		return fmt.Errorf("%d numbers of %s for %d features", len(p.data), name, n)
	}
	return nil
}

// lowerScaler is (x - offset)·scale.
func lowerScaler(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := in[0]
	n, err := featuresOf(v)
	if err != nil {
		return nil, err
	}
	for _, p := range []struct {
		name string
		f    func(a, b *graph.Node) *graph.Node
	}{{"offset", graph.Sub}, {"scale", graph.Mul}} {
		c := l.attrVector(p.name)
		if err := perFeature(c, p.name, n); err != nil {
			return nil, err
		}
		if c == nil {
			continue
		}
		if v, err = l.zip(p.f, v, c); err != nil {
			return nil, err
		}
	}
	return l.floats(v), nil
}

// floats is a result of elements of float32.
func (l *lowering) floats(v *value) []*value {
	w := *v
	w.elem = elemFloat
	return []*value{&w}
}

// lowerNormalizer divides by the norm over the last axis; what has the norm 0 stays as
// it is. The norm MAX is the largest entry, without its sign being dropped.
func lowerNormalizer(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := in[0]
	if _, err := featuresOf(v); err != nil {
		return nil, err
	}
	r, err := l.leading(v, []int{len(v.dims) - 1})
	if err != nil {
		return nil, err
	}
	var s *graph.Node
	norm := l.textAttr("norm", "MAX")
	switch norm {
	case "MAX":
		s = tree(r.x, r.k, r.m, graph.Max)
	case "L1":
		s = r.sum(graph.Abs(r.x))
	case "L2":
		s = r.sum(graph.Square(r.x))
	default:
		return nil, fmt.Errorf("the norm %.40q; MAX, L1 and L2 are accepted", norm)
	}
	s = graph.Select(graph.Abs(s), s, s.Graph.Scalar(1))
	if norm == "L2" {
		s = graph.Sqrt(s)
	}
	return []*value{l.lyingResult(graph.Div(r.x, r.spread(s)), v.dims, elemFloat, r.order)}, nil
}

// lowerBinarizer is 1 above a threshold and 0 elsewhere.
func lowerBinarizer(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	t := l.floatAttr("threshold", 0)
	return one(l.map1(in[0], func(x *graph.Node) *graph.Node { return graph.Step(graph.AddScalar(x, -t)) }))
}

// isNaN is 1 where a value is no number: nothing is then greater than -1 or less than 1.
func isNaN(x *graph.Node) *graph.Node {
	return not(graph.Max(graph.Step(graph.AddScalar(x, 1)), graph.Step(graph.AddScalar(graph.Neg(x), 1))))
}

// lowerImputer puts numbers in the place of one, NaN or infinity.
func lowerImputer(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	c := l.attrVector("imputed_value_floats")
	if c == nil {
		return nil, fmt.Errorf("there are no imputed_value_floats")
	}
	v := in[0]
	n, err := featuresOf(v)
	if err != nil {
		return nil, err
	}
	if err := perFeature(c, "imputed_value_floats", n); err != nil {
		return nil, err
	}
	from := l.floatAttr("replaced_value_float", 0)
	return one(l.zip(func(x, c *graph.Node) *graph.Node {
		if from != from {
			return graph.Select(isNaN(x), c, x)
		}
		if from == 0 {
			return graph.Select(graph.Abs(x), x, c)
		}
		if from-from != 0 { // the largest float32 is 2.7e8 times 2^100
			hit := graph.AddScalar(graph.MulScalar(x, math.Copysign(math.Ldexp(1, -100), from)), -3e8)
			return graph.Select(hit, c, x)
		}
		return graph.Select(graph.Abs(graph.AddScalar(x, -from)), x, c)
	}, v, c))
}

// lowerExtractor is ArrayFeatureExtractor: entries of the last axis at constant places.
func lowerExtractor(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	n, err := featuresOf(in[0])
	if err != nil {
		return nil, err
	}
	idx, err := in[1].ints()
	if err != nil {
		return nil, err
	}
	list := make([]int, len(idx))
	for i, k := range idx {
		if k < 0 || k >= int64(n) {
			return nil, fmt.Errorf("entry %d of %d features", k, n)
		}
		list[i] = int(k)
	}
	return one(l.pick(in[0], len(in[0].dims)-1, list))
}

// lowerZipMap gives rows as dictionaries of the classes; here they stay rows.
func lowerZipMap(l *lowering, in []*value) ([]*value, error) { return lowerIdentity(l, in) }

// linear is x·Wᵀ + b with W (targets, C) in the attribute coefficients.
func (l *lowering) linear(x *value, targets int) (*value, error) {
	n, err := featuresOf(x)
	if err != nil {
		return nil, err
	}
	w := l.attrVector("coefficients")
	if w == nil || len(x.dims) != 2 || targets < 1 || targets > maxRegressors || len(w.data) != targets*n {
		return nil, fmt.Errorf("%s with %d outputs; coefficients for (N, C) are accepted, one for each output and feature", x.shape(), targets)
	}
	w.dims = []int{targets, n}
	name := w.name
	w = w.transposed([]int{1, 0})
	w.name = name
	y, err := l.matmul(x, w)
	if err != nil {
		return nil, err
	}
	if b := l.attrVector("intercepts"); b != nil {
		if len(b.data) != targets {
			return nil, fmt.Errorf("%d intercepts of %d outputs", len(b.data), targets)
		}
		return l.zip(graph.Add, y, b)
	}
	return y, nil
}

// lowerLinearRegressor is a linear map.
func lowerLinearRegressor(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	y, err := l.linear(in[0], int(min(max(l.intAttr("targets", 1), 0), maxRegressors+1)))
	if err != nil {
		return nil, err
	}
	return one(l.transformed(y))
}

// lowerLinearClassifier gives scores as its second output; its first, the label, is
// not computed.
func lowerLinearClassifier(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	labels := l.labels()
	y, err := l.linear(in[0], max(l.floatCount("intercepts"), 1))
	if err != nil {
		return nil, err
	}
	if y.dims[1] == 1 && labels == 2 { // the score of the second class alone
		both := func(x *graph.Node) *graph.Node { return graph.Concat(graph.Neg(x), x) }
		if l.textAttr("post_transform", "NONE") == "NONE" {
			return []*value{nil, l.result(both(y.node), []int{batch, 2}, elemFloat)}, nil
		}
		y = l.result(both(y.node), []int{batch, 2}, elemFloat)
	} else if y.dims[1] != labels {
		return nil, fmt.Errorf("%d scores of %d classes", y.dims[1], labels)
	}
	y, err = l.transformed(y)
	return []*value{nil, y}, err
}

func (l *lowering) floatCount(name string) int {
	if a := l.n.attrs[name]; a != nil {
		return len(a.floats)
	}
	return 0
}

// labels is the number of classes.
func (l *lowering) labels() int {
	for _, name := range []string{"classlabels_ints", "classlabels_int64s", "classlabels_strings"} {
		if a := l.n.attrs[name]; a != nil && len(a.ints)+len(a.strings) > 0 {
			return len(a.ints) + len(a.strings)
		}
	}
	return 0
}

// transformed applies the attribute post_transform to scores, or its logarithm where
// that is asked for.
func (l *lowering) transformed(y *value) (*value, error) {
	post := l.textAttr("post_transform", "NONE")
	switch post {
	case "NONE":
		return y, nil
	case "LOGISTIC":
		return l.map1(y, func(x *graph.Node) *graph.Node {
			if l.n.logarithm {
				return graph.Neg(graph.Softplus(graph.Neg(x)))
			}
			return graph.Sigmoid(x)
		})
	case "SOFTMAX":
		return l.softmax(y, []int{len(y.dims) - 1}, l.n.logarithm)
	}
	return nil, fmt.Errorf("the transformation %.40q of the scores; NONE, LOGISTIC and SOFTMAX are accepted", post)
}

// mlOperators has the operators of the domain ai.onnx.ml.
var mlOperators = map[string]operator{
	"Scaler":                 {lower: lowerScaler},
	"Normalizer":             {lower: lowerNormalizer},
	"Binarizer":              {lower: lowerBinarizer},
	"Imputer":                {lower: lowerImputer, note: "of floating-point numbers"},
	"ArrayFeatureExtractor":  {lower: lowerExtractor, note: "constant places"},
	"ZipMap":                 {lower: lowerZipMap, shapes: true, note: "as the identity: the classes are columns"},
	"LinearRegressor":        {lower: lowerLinearRegressor, note: "scores as they are, LOGISTIC or SOFTMAX"},
	"LinearClassifier":       {lower: lowerLinearClassifier, note: "scores as they are, LOGISTIC or SOFTMAX; no labels"},
	"TreeEnsembleRegressor":  {lower: lowerTreeRegressor, note: "sums and averages; the gradient is 0"},
	"TreeEnsembleClassifier": {lower: lowerTreeClassifier, note: "as LinearClassifier; the gradient is 0"},
}

// lookup returns the operator of a node.
func lookup(n *nodeProto) (operator, bool) {
	table := operators
	switch n.domain {
	case "", "ai.onnx":
	case mlDomain:
		table = mlOperators
	default:
		return operator{}, false
	}
	op, ok := table[n.op]
	return op, ok
}

// allWithin tells whether a list of outputs is within so many classes.
func allWithin(ids []int64, n int) bool {
	return !slices.ContainsFunc(ids, func(i int64) bool { return i < 0 || i >= int64(n) })
}
