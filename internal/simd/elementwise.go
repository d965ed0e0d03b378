package simd

// An opcode names an elementwise kernel.
type opcode int

// The elementwise kernels: two sources, a source and a scalar, one source,
// and the rest.
const (
	opAdd opcode = iota
	opSub
	opMul
	opDiv
	opMax
	opMin
	opAddScalar
	opSubScalar
	opRSubScalar
	opMulScalar
	opDivScalar
	opRDivScalar
	opMaxScalar
	opMinScalar
	opNeg
	opAbs
	opSquare
	opSqrt
	opSign
	opStep
	opFloor
	opExp
	opLog
	opTanh
	opSigmoid
	opSoftplus
	opLeaky
	opLeakyMask
	opSelect
	opAxpy
	opcodes
)

// check2 panics unless the slices have the same length.
func check2(name string, dst, a []float32) {
	if len(a) != len(dst) {
		panic("simd: " + name + ": lengths differ")
	}
}

// check3 panics unless the slices have the same length.
func check3(name string, dst, a, b []float32) {
	if len(a) != len(dst) || len(b) != len(dst) {
		panic("simd: " + name + ": lengths differ")
	}
}
