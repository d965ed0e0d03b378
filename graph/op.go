package graph

// Op names an operation. The comment of each constant is its definition for one
// row (y is the result; a, b, c are the inputs in order).
type Op uint8

// Operations.
const (
	OpInvalid Op = iota

	// Leaves.
	OpInput         // y = the caller's rows
	OpShared        // y = a named shared tensor bound by the caller: a parameter or a setting
	OpConst         // y = Attr.Data
	OpRandomNormal  // y_j ~ N(0,1), a pure function of (stream, step, row, j)
	OpRandomUniform // y_j ~ U(0,1), likewise
	OpRowCount      // y = number of rows in the batch

	// Elementwise, two operands, broadcasting.
	OpAdd // y = a + b
	OpSub // y = a - b
	OpMul // y = a * b
	OpDiv // y = a / b
	OpMax // y = max(a, b); the gradient goes to b where they are equal
	OpMin // y = min(a, b); the gradient goes to b where they are equal

	// Elementwise, one operand.
	OpNeg      // y = -a
	OpExp      // y = exp(a)
	OpLog      // y = ln(a)
	OpTanh     // y = tanh(a)
	OpSigmoid  // y = 1/(1+exp(-a))
	OpSoftplus // y = ln(1+exp(a))
	OpLeaky    // y = a > 0 ? a : Attr.Alpha*a, 0 <= Alpha <= 1 (0 is ReLU)
	OpSquare   // y = a*a
	OpSqrt     // y = sqrt(a)
	OpAbs      // y = |a|
	OpSign     // y = -1, 0, 1
	OpStep     // y = a > 0 ? 1 : 0
	OpFloor    // y = the largest integer that is not above a

	// Elementwise, several operands.
	OpSelect    // y = a > 0 ? b : c
	OpLeakyMask // y = a * (b > 0 ? 1 : Attr.Alpha): derivative of OpLeaky

	OpStop // y = a, without gradient

	// Features (columns).
	OpConcat      // y = (a, b, ...)
	OpSlice       // y = a[Lo:Hi]
	OpPad         // y = zeros, y[Lo:Lo+len(a)] = a
	OpPermute     // y_j = a[Attr.Perm[j]]
	OpSumFeatures // y = sum_j a_j
	OpExpand      // y_j = a_0, to Shape

	// Linear algebra.
	OpMatMul   // y = a·B, a rows [k], B shared [k, n]; with Attr.Trans y = a·Bᵀ, B [n, k]
	OpOuterSum // Y = sum over rows of aᵀ b, rows [k] and [n] -> shared [k, n]

	// Convolutions of volumes; Attr.Conv has their sizes, see ConvGeometry.
	OpConv      // y = a fine volume a convolved with weights B to a coarse one
	OpConvT     // y = a coarse volume a spread with weights B over a fine one: the transpose of OpConv
	OpConvOuter // Y = sum over rows, and pairs of positions that a tap joins, of aᵀ b: fine a and coarse b -> weights

	// Channels of volumes.
	OpRepeat     // y[(o·n+j)·Inner+i] = a_j for o < Outer, i < Inner, n = len(a)
	OpSumRepeats // y_j = sum over o and i of a[(o·n+j)·Inner+i]: the transpose of OpRepeat

	// Between rows and shared.
	OpSumRows // y = sum over rows of a
	OpToRows  // y = a shared tensor as the same value in every row

	numOps
)

var opNames = [numOps]string{
	OpInvalid: "invalid", OpInput: "input", OpShared: "shared", OpConst: "const",
	OpRandomNormal: "normal", OpRandomUniform: "uniform", OpRowCount: "rowcount",
	OpAdd: "add", OpSub: "sub", OpMul: "mul", OpDiv: "div", OpMax: "max", OpMin: "min",
	OpNeg: "neg", OpExp: "exp", OpLog: "log", OpTanh: "tanh", OpSigmoid: "sigmoid",
	OpSoftplus: "softplus", OpLeaky: "leakyrelu", OpSquare: "square", OpSqrt: "sqrt",
	OpAbs: "abs", OpSign: "sign", OpStep: "step", OpFloor: "floor", OpSelect: "select", OpLeakyMask: "leakymask",
	OpStop: "stopgradient", OpConcat: "concat", OpSlice: "slice", OpPad: "pad",
	OpPermute: "permute", OpSumFeatures: "sumfeatures", OpExpand: "expand",
	OpMatMul: "matmul", OpOuterSum: "outersum",
	OpConv: "conv", OpConvT: "convtranspose", OpConvOuter: "convouter", OpRepeat: "repeat", OpSumRepeats: "sumrepeats",
	OpSumRows: "sumrows", OpToRows: "torows",
}

// String returns the name of the operation as it stands in node names and errors.
func (op Op) String() string {
	if op < numOps {
		return opNames[op]
	}
	return "invalid"
}

// Ops returns every operation that a graph may hold, for tests that must cover all.
func Ops() []Op {
	ops := make([]Op, 0, numOps)
	for op := OpInvalid + 1; op < numOps; op++ {
		ops = append(ops, op)
	}
	return ops
}

// Reduces tells whether the operation turns rows into a shared tensor.
func (op Op) Reduces() bool { return op == OpSumRows || op == OpOuterSum || op == OpConvOuter }
