package simd

import "fmt"

// A Chain is a list of elementwise operations on features, ld floats long and
// ld floats apart, in one or more memories. One call runs them all: for features
// of a few vectors that saves most of the time, which function calls would take.
// The operations do what the functions of their names do, one after the other, to
// the bit. The zero value is an empty chain.
type Chain struct {
	steps []ChainStep
	sizes []int // features that each memory must have
}

// A ChainStep is one operation on Width features in a row.
type ChainStep struct {
	Op           ChainOp
	Width        int
	Dst, A, B, C Feature // the first of the result's and of the sources that Op has
	// The scalar of Op, where it has one: Value, or with FromShared element Element
	// of shared tensor Shared.
	Value           float32
	FromShared      bool
	Shared, Element int
}

// A Feature is the place of a feature: its number in one of the memories.
type Feature struct{ Memory, Number int }

// ChainOp is an operation of a ChainStep: an elementwise function, a copy or a
// Fill.
type ChainOp int

// The operations.
const (
	ChainAdd        = ChainOp(opAdd)
	ChainSub        = ChainOp(opSub)
	ChainMul        = ChainOp(opMul)
	ChainDiv        = ChainOp(opDiv)
	ChainMax        = ChainOp(opMax)
	ChainMin        = ChainOp(opMin)
	ChainAddScalar  = ChainOp(opAddScalar)
	ChainSubScalar  = ChainOp(opSubScalar)
	ChainRSubScalar = ChainOp(opRSubScalar)
	ChainMulScalar  = ChainOp(opMulScalar)
	ChainDivScalar  = ChainOp(opDivScalar)
	ChainRDivScalar = ChainOp(opRDivScalar)
	ChainMaxScalar  = ChainOp(opMaxScalar)
	ChainMinScalar  = ChainOp(opMinScalar)
	ChainNeg        = ChainOp(opNeg)
	ChainAbs        = ChainOp(opAbs)
	ChainSquare     = ChainOp(opSquare)
	ChainSqrt       = ChainOp(opSqrt)
	ChainSign       = ChainOp(opSign)
	ChainStepAt0    = ChainOp(opStep)
	ChainFloor      = ChainOp(opFloor)
	ChainExp        = ChainOp(opExp)
	ChainLog        = ChainOp(opLog)
	ChainTanh       = ChainOp(opTanh)
	ChainSigmoid    = ChainOp(opSigmoid)
	ChainSoftplus   = ChainOp(opSoftplus)
	ChainLeaky      = ChainOp(opLeaky)
	ChainLeakyMask  = ChainOp(opLeakyMask)
	ChainSelect     = ChainOp(opSelect)
	ChainCopy       = ChainOp(opcodes)
	ChainFill       = ChainOp(opcodes + 1)
	chainOps        = opcodes + 2
)

// sources is the number of features that an operation reads.
func (op ChainOp) sources() int {
	switch {
	case op == ChainFill:
		return 0
	case op == ChainSelect:
		return 3
	case op <= ChainMin || op == ChainLeakyMask:
		return 2
	}
	return 1
}

// places lists the features of a step, the result first.
func (s *ChainStep) places() []Feature {
	return []Feature{s.Dst, s.A, s.B, s.C}[:1+s.Op.sources()]
}

// Add appends a step. It panics if the step makes no sense.
func (c *Chain) Add(s ChainStep) {
	if s.Op < 0 || s.Op >= ChainOp(chainOps) || s.Op == ChainOp(opAxpy) || s.Width < 1 {
		panic(fmt.Sprintf("simd: Chain: unknown step %+v", s))
	}
	for _, f := range s.places() {
		if f.Memory < 0 || f.Number < 0 {
			panic(fmt.Sprintf("simd: Chain: negative place in step %+v", s))
		}
		for f.Memory >= len(c.sizes) {
			c.sizes = append(c.sizes, 0)
		}
		c.sizes[f.Memory] = max(c.sizes[f.Memory], f.Number+s.Width)
	}
	c.steps = append(c.steps, s)
}

// Run runs the steps on features of ld floats, a positive multiple of Lanes. It
// panics if a memory is too short. It allocates nothing.
func (c *Chain) Run(memory [][]float32, ld int, shared [][]float32) {
	if ld < 1 || ld%Lanes != 0 {
		panic("simd: Chain: features are no whole vectors")
	}
	for i, n := range c.sizes {
		need(len(memory[i]), "Chain: memory", n, ld, 0, 0, 0)
	}
	if c.vector(memory, ld, shared) {
		return
	}
	for i := range c.steps {
		s := &c.steps[i]
		at := func(f Feature) []float32 {
			return memory[f.Memory][f.Number*ld : (f.Number+s.Width)*ld]
		}
		var a, b, d []float32
		switch s.Op.sources() {
		case 3:
			a, b, d = at(s.A), at(s.B), at(s.C)
		case 2:
			a, b = at(s.A), at(s.B)
		case 1:
			a = at(s.A)
		}
		s.Op.apply(at(s.Dst), a, b, d, s.scalar(shared))
	}
}

func (s *ChainStep) scalar(shared [][]float32) float32 {
	if s.FromShared {
		return shared[s.Shared][s.Element]
	}
	return s.Value
}

// apply calls the function of the operation.
func (op ChainOp) apply(dst, a, b, c []float32, s float32) {
	switch op {
	case ChainAdd:
		Add(dst, a, b)
	case ChainSub:
		Sub(dst, a, b)
	case ChainMul:
		Mul(dst, a, b)
	case ChainDiv:
		Div(dst, a, b)
	case ChainMax:
		Max(dst, a, b)
	case ChainMin:
		Min(dst, a, b)
	case ChainAddScalar:
		AddScalar(dst, a, s)
	case ChainSubScalar:
		SubScalar(dst, a, s)
	case ChainRSubScalar:
		RSubScalar(dst, a, s)
	case ChainMulScalar:
		MulScalar(dst, a, s)
	case ChainDivScalar:
		DivScalar(dst, a, s)
	case ChainRDivScalar:
		RDivScalar(dst, a, s)
	case ChainMaxScalar:
		MaxScalar(dst, a, s)
	case ChainMinScalar:
		MinScalar(dst, a, s)
	case ChainNeg:
		Neg(dst, a)
	case ChainAbs:
		Abs(dst, a)
	case ChainSquare:
		Square(dst, a)
	case ChainSqrt:
		Sqrt(dst, a)
	case ChainSign:
		Sign(dst, a)
	case ChainStepAt0:
		Step(dst, a)
	case ChainFloor:
		Floor(dst, a)
	case ChainExp:
		Exp(dst, a)
	case ChainLog:
		Log(dst, a)
	case ChainTanh:
		Tanh(dst, a)
	case ChainSigmoid:
		Sigmoid(dst, a)
	case ChainSoftplus:
		Softplus(dst, a)
	case ChainLeaky:
		Leaky(dst, a, s)
	case ChainLeakyMask:
		LeakyMask(dst, a, b, s)
	case ChainSelect:
		Select(dst, a, b, c)
	case ChainCopy:
		copy(dst, a)
	case ChainFill:
		Fill(dst, s)
	}
}
