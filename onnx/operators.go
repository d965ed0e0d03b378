package onnx

import (
	"maps"
	"math"
	"slices"

	"etalon/graph"
)

// operators has every operator that can be imported.
var operators = map[string]operator{
	// Elementwise maths.
	"Add": arithmetic(pairwise(graph.Add), func(a, b float64) float64 { return a + b }, func(a, b [2]float64) ([2]float64, bool) {
		return [2]float64{a[0] + b[0], a[1] + b[1]}, true
	}),
	"Sub": arithmetic(pairwise(graph.Sub), func(a, b float64) float64 { return a - b }, func(a, b [2]float64) ([2]float64, bool) {
		return [2]float64{a[0] - b[0], a[1] - b[1]}, true
	}),
	"Mul": arithmetic(pairwise(graph.Mul), func(a, b float64) float64 { return a * b }, func(a, b [2]float64) ([2]float64, bool) {
		return [2]float64{a[0] * b[0], a[0]*b[1] + a[1]*b[0]}, a[1]*b[1] == 0
	}),
	"Div": arithmetic(pairwise(graph.Div), func(a, b float64) float64 { return math.Trunc(a / b) }, func(a, b [2]float64) ([2]float64, bool) {
		whole := b[1] == 0 && b[0] != 0 && math.Mod(a[0], b[0]) == 0 && math.Mod(a[1], b[0]) == 0
		return [2]float64{a[0] / b[0], a[1] / b[0]}, whole
	}),
	"Mod":        arithmetic(modulus(), mod, nil),
	"Pow":        {lower: lowerPow, note: "whole and half-whole constant exponents up to 16 of any base, others of a positive base"},
	"Max":        arithmetic(variadic(graph.Max, false), math.Max, greaterConsts),
	"Min":        variadic(graph.Min, false),
	"Sum":        variadic(graph.Add, false),
	"Mean":       variadic(graph.Add, true),
	"Neg":        plainUnary(graph.Neg),
	"Abs":        plainUnary(graph.Abs),
	"Sign":       plainUnary(graph.Sign),
	"Exp":        plainUnary(graph.Exp),
	"Log":        unary(logarithm),
	"Sqrt":       plainUnary(graph.Sqrt),
	"Reciprocal": plainUnary(func(x *graph.Node) *graph.Node { return graph.Div(x.Graph.Scalar(1), x) }),
	"Erf":        plainUnary(erf),
	"Sinh": plainUnary(func(x *graph.Node) *graph.Node {
		return graph.MulScalar(graph.Sub(graph.Exp(x), graph.Exp(graph.Neg(x))), 0.5)
	}),
	"Cosh": plainUnary(func(x *graph.Node) *graph.Node {
		return graph.MulScalar(graph.Add(graph.Exp(x), graph.Exp(graph.Neg(x))), 0.5)
	}),
	"Clip":      {lower: lowerClip},
	"Floor":     steps(graph.Floor),
	"Ceil":      steps(ceiling),
	"Round":     steps(roundHalfEven),
	"Sin":       plainUnary(sine),
	"Cos":       plainUnary(cosine),
	"Tan":       plainUnary(tangent),
	"Asin":      plainUnary(arcsine),
	"Acos":      plainUnary(arccosine),
	"Atan":      plainUnary(arctangent),
	"Asinh":     plainUnary(areaSine),
	"Acosh":     plainUnary(areaCosine),
	"Atanh":     plainUnary(areaTangent),
	"IsNaN":     truthOf(isNaN),
	"CumSum":    {lower: cumulative, note: "of up to 4096 entries"},
	"Cast":      {lower: lowerCast, shapes: true, note: "rows stay float32; rounding of them is refused"},
	"CastLike":  {lower: lowerCast, shapes: true, note: "as Cast"},
	"Where":     {lower: lowerWhere, consts: whereConsts},
	"Greater":   logical(func(a, b *graph.Node) *graph.Node { return graph.Step(graph.Sub(a, b)) }),
	"Less":      logical(func(a, b *graph.Node) *graph.Node { return graph.Step(graph.Sub(b, a)) }),
	"Equal":     equal(),
	"Not":       plainUnary(not),
	"And":       logical(graph.Mul),
	"Or":        logical(graph.Max),
	"Xor":       logical(differ),
	"Dropout":   {lower: lowerDropout, shapes: true, note: "as the identity"},
	"Identity":  {lower: lowerIdentity, shapes: true},
	"Softplus":  plainUnary(graph.Softplus),
	"Sigmoid":   plainUnary(graph.Sigmoid),
	"Tanh":      plainUnary(graph.Tanh),
	"Relu":      plainUnary(graph.ReLU),
	"LeakyRelu": unary(func(l *lowering, x *graph.Node) *graph.Node { return leaky(x, l.floatAttr("alpha", 0.01)) }),
	"PRelu":     {lower: lowerPRelu},
	"Elu":       unary(func(l *lowering, x *graph.Node) *graph.Node { return elu(x, l.floatAttr("alpha", 1), 1) }),
	"Celu": unary(func(l *lowering, x *graph.Node) *graph.Node {
		a := l.floatAttr("alpha", 1)
		return elu(x, a, 1/a)
	}),
	"Selu": unary(func(l *lowering, x *graph.Node) *graph.Node {
		return graph.MulScalar(elu(x, l.floatAttr("alpha", 1.67326319217681884765625), 1), l.floatAttr("gamma", 1.05070102214813232421875))
	}),
	"ThresholdedRelu": unary(func(l *lowering, x *graph.Node) *graph.Node {
		return graph.Mul(x, graph.Step(graph.AddScalar(x, -l.floatAttr("alpha", 1))))
	}),
	"HardSigmoid": unary(hardSigmoid),
	"HardSwish":   plainUnary(func(x *graph.Node) *graph.Node { return graph.Mul(x, bounded(x, 1./6, 0.5)) }),
	"Softsign":    plainUnary(func(x *graph.Node) *graph.Node { return graph.Div(x, graph.AddScalar(graph.Abs(x), 1)) }),
	"Mish":        plainUnary(func(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Tanh(graph.Softplus(x))) }),
	"Gelu": unary(func(l *lowering, x *graph.Node) *graph.Node {
		return gelu(x, l.textAttr("approximate", "none") == "tanh")
	}),
	"Swish": unary(func(l *lowering, x *graph.Node) *graph.Node {
		return graph.Mul(x, graph.Sigmoid(graph.MulScalar(x, l.floatAttr("alpha", 1))))
	}),
	"Softmax":    softmax(false),
	"LogSoftmax": softmax(true),

	// Linear algebra and convolutions.
	"Gemm":          {lower: lowerGemm},
	"Einsum":        {lower: lowerEinsum, note: "one operand or two, letters"},
	"MatMul":        {lower: lowerMatMul, consts: matMulConsts},
	"Conv":          {lower: lowerConv, note: "1 to 3 spatial axes, constant weights, groups, dilation"},
	"ConvTranspose": {lower: lowerConvTranspose, note: "as Conv"},
	"MaxPool":       pool(true),
	"AveragePool":   pool(false),
	"GlobalMaxPool": globalPool(func(r leading, x *graph.Node) *graph.Node { return tree(x, r.k, r.m, graph.Max) }),
	"GlobalAveragePool": globalPool(func(r leading, x *graph.Node) *graph.Node {
		return r.mean(x)
	}),

	// Sequences.
	"LSTM": {lower: lowerLSTM, note: "up to 1024 steps, constant weights, Sigmoid and Tanh"},
	"GRU":  {lower: lowerGRU, note: "as LSTM"},

	// Normalisation.
	"BatchNormalization":        {lower: lowerBatchNorm, note: "inference form"},
	"LayerNormalization":        {lower: lowerLayerNorm, note: "first output"},
	"RMSNormalization":          {lower: lowerLayerNorm},
	"InstanceNormalization":     {lower: lowerInstanceNorm},
	"GroupNormalization":        {lower: lowerGroupNorm},
	"LpNormalization":           {lower: lowerLpNorm},
	"MeanVarianceNormalization": {lower: lowerMeanVariance, note: "not over the batch"},

	// Reductions, not over the batch.
	"ReduceSum":  reduction(leading.sum),
	"ReduceMean": reduction(leading.mean),
	"ReduceMax":  reduction(func(r leading, x *graph.Node) *graph.Node { return tree(x, r.k, r.m, graph.Max) }),
	"ReduceMin":  reduction(func(r leading, x *graph.Node) *graph.Node { return tree(x, r.k, r.m, graph.Min) }),
	"ReduceProd": withConsts(reduction(func(r leading, x *graph.Node) *graph.Node { return tree(x, r.k, r.m, graph.Mul) }), productConsts),
	"ReduceL1":   reduction(func(r leading, x *graph.Node) *graph.Node { return r.sum(graph.Abs(x)) }),
	"ReduceL2":   reduction(func(r leading, x *graph.Node) *graph.Node { return graph.Sqrt(r.sum(graph.Square(x))) }),
	"ReduceSumSquare": reduction(func(r leading, x *graph.Node) *graph.Node {
		return r.sum(graph.Square(x))
	}),
	"ReduceLogSum":    reduction(func(r leading, x *graph.Node) *graph.Node { return graph.Log(r.sum(x)) }),
	"ReduceLogSumExp": reduction(reduceLogSumExp),

	// Layout.
	"Reshape":         {lower: lowerReshape, shapes: true, note: "constant shapes that keep rows apart"},
	"Flatten":         {lower: lowerFlatten, shapes: true},
	"Squeeze":         {lower: lowerSqueeze, shapes: true},
	"Unsqueeze":       {lower: lowerUnsqueeze, shapes: true},
	"Transpose":       {lower: lowerTranspose, shapes: true},
	"Slice":           {lower: lowerSlice, shapes: true, note: "constant bounds"},
	"Split":           {lower: lowerSplit, shapes: true, note: "constant sizes"},
	"Concat":          {lower: lowerConcat, shapes: true},
	"Gather":          {lower: lowerGather, shapes: true, note: "constant places, or a constant of up to 4096 entries"},
	"GatherElements":  {lower: lowerGatherElements, note: "of up to 4096 entries"},
	"ScatterElements": {lower: lowerScatterElements, note: "constant places, not into rows"},
	"ScatterND":       {lower: lowerScatterND, note: "constant places before the batch"},
	"Trilu":           {lower: lowerTrilu},
	"ArgMax":          best(false),
	"ArgMin":          best(true),
	"Expand":          {lower: lowerExpand, shapes: true, note: "constant shapes"},
	"Tile":            {lower: lowerTile, shapes: true, note: "constant repetitions"},
	"Pad":             {lower: lowerPad, note: "constant widths"},
	"Resize":          {lower: lowerResize, note: "nearest and linear, constant scales or sizes"},
	"Upsample":        {lower: lowerResize, note: "as Resize"},
	"DepthToSpace":    {lower: lowerDepthSpace},
	"SpaceToDepth":    {lower: lowerDepthSpace},

	// Constants and shapes.
	"Constant":        {lower: lowerConstant, shapes: true, note: "dense tensors of numbers"},
	"ConstantOfShape": {lower: lowerConstantOfShape, shapes: true},
	"Shape":           {lower: lowerShape, shapes: true},
	"Size":            {lower: lowerSize, shapes: true},
	"Range":           {lower: lowerRange, shapes: true, note: "of constants"},

	"GreaterOrEqual": logical(func(a, b *graph.Node) *graph.Node { return not(graph.Step(graph.Sub(b, a))) }),
	"LessOrEqual":    logical(func(a, b *graph.Node) *graph.Node { return not(graph.Step(graph.Sub(a, b))) }),
}

// Operator is an operator of ONNX that can be imported.
type Operator struct {
	Name string
	Note string // what is accepted, if not everything
}

// Operators lists the operators that can be imported, by name.
func Operators() []Operator {
	var list []Operator
	for _, name := range slices.Sorted(maps.Keys(operators)) {
		list = append(list, Operator{name, operators[name].note})
	}
	for _, name := range slices.Sorted(maps.Keys(mlOperators)) {
		list = append(list, Operator{mlDomain + "." + name, mlOperators[name].note})
	}
	return list
}
