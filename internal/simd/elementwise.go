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

// The functions of this package on slices work element by element. All
// slices of a call have the length of dst, or the call panics; dst may be one of the
// sources. NaN gives NaN except where a function says otherwise. The results
// are the same bits at every level and on every processor.
//
// Each begins with the elements that the kernel of the active level did;
// its loop does the rest, and all of them at the portable level.

func check2(name string, dst, a []float32) {
	if len(a) != len(dst) {
		panic("simd: " + name + ": lengths differ")
	}
}

func check3(name string, dst, a, b []float32) {
	if len(a) != len(dst) || len(b) != len(dst) {
		panic("simd: " + name + ": lengths differ")
	}
}

// The two casts in float32(x*y) + z keep the compiler from fusing multiplication and
// addition, which would make results depend on the processor.
