package cpu

import (
	"etalon/graph"
	"etalon/internal/simd"
)

// vectorFrom is the size from which a shared tensor is worth a vector kernel.
const vectorFrom = simd.Lanes

// elementKernels has the vector-vector, vector-scalar and scalar-vector forms.
var elementKernels = map[graph.Op]struct {
	vv     func(dst, a, b []float32)
	vs, sv func(dst, a []float32, s float32)
}{
	graph.OpAdd: {simd.Add, simd.AddScalar, simd.AddScalar},
	graph.OpSub: {simd.Sub, simd.SubScalar, simd.RSubScalar},
	graph.OpMul: {simd.Mul, simd.MulScalar, simd.MulScalar},
	graph.OpDiv: {simd.Div, simd.DivScalar, simd.RDivScalar},
	graph.OpMax: {simd.Max, simd.MaxScalar, simd.MaxScalar},
	graph.OpMin: {simd.Min, simd.MinScalar, simd.MinScalar},
}

// emitSharedVector makes the kernel of a large shared tensor whose operation is
// rounded correctly in float32, so that it has the bits of the element by element
// computation in float64; nil for all others. A loss of two passes through one
// network adds gradients of the size of its weights.
func (c *compiler) emitSharedVector(n *graph.Node) func(p *Program) {
	if n.Size() < vectorFrom {
		return nil
	}
	id := n.ID
	switch n.Op {
	case graph.OpAdd, graph.OpSub, graph.OpMul, graph.OpDiv:
		k, a, b := elementKernels[n.Op], n.In[0].ID, n.In[1].ID
		return func(p *Program) {
			dst, x, y := p.shared[id], p.shared[a], p.shared[b]
			switch {
			case len(x) == len(y):
				k.vv(dst, x, y)
			case len(y) == 1:
				k.vs(dst, x, y[0])
			default:
				k.sv(dst, y, x[0])
			}
		}
	case graph.OpStop, graph.OpExpand:
		a := n.In[0].ID
		return func(p *Program) {
			if x := p.shared[a]; len(x) == 1 {
				simd.Fill(p.shared[id], x[0])
			} else {
				copy(p.shared[id], x)
			}
		}
	}
	return nil
}
