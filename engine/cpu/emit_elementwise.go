package cpu

import (
	"fmt"

	"etalon/graph"
	"etalon/internal/simd"
)

// emit makes the kernel of a row node whose result goes to dst.
func (c *compiler) emit(n *graph.Node, dst loc) func(b *block) {
	if m, ok := c.mats[n.ID]; ok {
		return c.emitProduct(m, dst)
	}
	switch n.Op {
	case graph.OpAdd, graph.OpSub, graph.OpMul, graph.OpDiv, graph.OpMax, graph.OpMin:
		return c.emitBinary(n, dst)
	case graph.OpSelect, graph.OpLeakyMask:
		return c.emitMasked(n, dst)
	case graph.OpLeaky:
		a, slope := c.locate(n.In[0]), float32(n.Attr.Alpha)
		return func(b *block) { simd.Leaky(b.at(dst), b.at(a), slope) }
	}
	if f, ok := unaries[n.Op]; ok {
		a := c.locate(n.In[0])
		return func(b *block) { f(b.at(dst), b.at(a)) }
	}
	if f := c.emitFeatures(n, dst); f != nil {
		return f
	}
	if f := c.emitLeaf(n, dst); f != nil {
		return f
	}
	panic(fmt.Sprintf("cpu: no kernel for %v", n))
}

var unaries = map[graph.Op]func(dst, a []float32){
	graph.OpNeg: simd.Neg, graph.OpExp: simd.Exp, graph.OpLog: simd.Log, graph.OpTanh: simd.Tanh,
	graph.OpSigmoid: simd.Sigmoid, graph.OpSoftplus: simd.Softplus, graph.OpSquare: simd.Square,
	graph.OpSqrt: simd.Sqrt, graph.OpAbs: simd.Abs, graph.OpSign: simd.Sign, graph.OpStep: simd.Step,
}

// binaryKernels has the vector-vector, vector-scalar and scalar-vector forms.
var binaryKernels = map[graph.Op]struct {
	vv func(dst, a, b []float32)
	vs func(dst, a []float32, s float32)
	sv func(dst, b []float32, s float32)
}{
	graph.OpAdd: {simd.Add, simd.AddScalar, simd.AddScalar},
	graph.OpSub: {simd.Sub, simd.SubScalar, simd.RSubScalar},
	graph.OpMul: {simd.Mul, simd.MulScalar, simd.MulScalar},
	graph.OpDiv: {simd.Div, simd.DivScalar, simd.RDivScalar},
	graph.OpMax: {simd.Max, simd.MaxScalar, simd.MaxScalar},
	graph.OpMin: {simd.Min, simd.MinScalar, simd.MinScalar},
}

// operand of an elementwise kernel: a row tensor, or a shared vector or scalar.
type operand struct {
	rows   bool
	at     loc
	shared int // node ID
	width  int
}

func (c *compiler) operand(n *graph.Node) operand {
	if n.Rows {
		return operand{rows: true, at: c.locate(n), width: n.Width()}
	}
	return operand{shared: n.ID, width: n.Size()}
}

// scalar returns element j of a shared operand.
func (o operand) scalar(b *block, j int) float32 {
	if o.width == 1 {
		j = 0
	}
	return b.p.shared[o.shared][j]
}

func (c *compiler) emitBinary(n *graph.Node, dst loc) func(b *block) {
	k := binaryKernels[n.Op]
	in := c.reads(n)
	x, y := c.operand(in[0]), c.operand(in[1])
	w := n.Width()
	switch {
	case x.rows && y.rows && x.width == w && y.width == w:
		return func(b *block) { k.vv(b.at(dst), b.at(x.at), b.at(y.at)) }
	case x.rows && x.width == w && !y.rows && y.width == 1:
		return func(b *block) { k.vs(b.at(dst), b.at(x.at), y.scalar(b, 0)) }
	case y.rows && y.width == w && !x.rows && x.width == 1:
		return func(b *block) { k.sv(b.at(dst), b.at(y.at), x.scalar(b, 0)) }
	case x.rows && y.rows:
		return func(b *block) {
			for j := range w {
				k.vv(b.feature(dst, j), b.feature(x.at, j), b.feature(y.at, j))
			}
		}
	case x.rows:
		return func(b *block) {
			for j := range w {
				k.vs(b.feature(dst, j), b.feature(x.at, j), y.scalar(b, j))
			}
		}
	default:
		return func(b *block) {
			for j := range w {
				k.sv(b.feature(dst, j), b.feature(y.at, j), x.scalar(b, j))
			}
		}
	}
}

// emitMasked makes Select and LeakyMask; shared operands are spread to scratch.
func (c *compiler) emitMasked(n *graph.Node, dst loc) func(b *block) {
	in := c.reads(n)
	ops := make([]operand, len(in))
	for i, x := range in {
		ops[i] = c.operand(x)
	}
	c.p.scratch = max(c.p.scratch, len(ops))
	slope, w, masked := float32(n.Attr.Alpha), n.Width(), n.Op == graph.OpLeakyMask
	return func(b *block) {
		var v [3][]float32
		for j := range w {
			for i, o := range ops {
				if o.rows {
					v[i] = b.feature(o.at, j)
					continue
				}
				v[i] = b.scratch[i*b.ld : (i+1)*b.ld]
				simd.Fill(v[i], o.scalar(b, j))
			}
			if masked {
				simd.LeakyMask(b.feature(dst, j), v[0], v[1], slope)
			} else {
				simd.Select(b.feature(dst, j), v[0], v[1], v[2])
			}
		}
	}
}
