// Package ref evaluates a graph in float64 with the plainest code that can be
// written: one node after the other, whole batches, no blocks, no reuse. It is
// the oracle that the engines are tested against.
//
// Eval is all of it: a graph, an Env with the inputs and the shared tensors, and the
// nodes that are wanted. Use it to check a new network or gradient on a few rows; for
// anything larger compile the graph with package engine/cpu.
package ref

import (
	"fmt"
	"math"

	"etalon/graph"
	"etalon/rng"
)

// Env is what a graph is evaluated on. Row tensors are row-major.
type Env struct {
	Rows   int                  // length of the batch
	Input  map[string][]float64 // Rows × width for every input
	Shared map[string][]float64 // every shared tensor
	Seed   uint64               // of the random streams
	Step   uint64               // step of the random streams
}

// Eval returns the values of the outputs: Rows × width for row tensors, the
// elements for shared ones.
func Eval(g *graph.Graph, env Env, outs ...*graph.Node) ([][]float64, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	need := make([]bool, len(g.Nodes()))
	for _, o := range outs {
		if o == nil || o.Graph != g || o.Op == graph.OpInvalid {
			return nil, fmt.Errorf("ref: an output is no valid node of this graph")
		}
		need[o.ID] = true
	}
	nodes := g.Nodes()
	for i := len(nodes) - 1; i >= 0; i-- {
		if need[i] {
			for _, in := range nodes[i].In {
				need[in.ID] = true
			}
		}
	}
	val := make([]value, len(nodes))
	for i, n := range nodes {
		if !need[i] {
			continue
		}
		v, err := eval(n, val, env)
		if err != nil {
			return nil, err
		}
		val[i] = v
	}
	res := make([][]float64, len(outs))
	for i, o := range outs {
		res[i] = val[o.ID].data
	}
	return res, nil
}

// value is a tensor; at reads element j of row r with broadcasting.
type value struct {
	data []float64
	rows bool
	size int
}

func (v value) at(r, j int) float64 {
	if v.size == 1 {
		j = 0
	}
	if v.rows {
		return v.data[r*v.size+j]
	}
	return v.data[j]
}

func eval(n *graph.Node, val []value, env Env) (value, error) {
	size := n.Size()
	rows := 1
	if n.Rows {
		rows = env.Rows
	}
	in := make([]value, len(n.In))
	for i, x := range n.In {
		in[i] = val[x.ID]
	}
	out := value{data: make([]float64, rows*size), rows: n.Rows, size: size}
	each := func(f func(r, j int) float64) {
		for r := 0; r < rows; r++ {
			for j := 0; j < size; j++ {
				out.data[r*size+j] = f(r, j)
			}
		}
	}
	switch n.Op {
	case graph.OpInput, graph.OpShared:
		from := env.Shared
		if n.Op == graph.OpInput {
			from = env.Input
		}
		src, ok := from[n.Name]
		if !ok || len(src) != rows*size {
			return out, fmt.Errorf("ref: %v: %d values given, %d needed", n, len(src), rows*size)
		}
		copy(out.data, src)
	case graph.OpConst:
		copy(out.data, n.Attr.Data)
	case graph.OpRandomNormal:
		s := rng.New(env.Seed, n.Attr.Stream)
		each(func(r, j int) float64 { return s.Normal(env.Step, uint64(r), j) })
	case graph.OpRandomUniform:
		s := rng.New(env.Seed, n.Attr.Stream)
		each(func(r, j int) float64 { return s.Uniform(env.Step, uint64(r), j) })
	case graph.OpRowCount:
		out.data[0] = float64(env.Rows)
	case graph.OpSelect:
		each(func(r, j int) float64 {
			if in[0].at(r, j) > 0 {
				return in[1].at(r, j)
			}
			return in[2].at(r, j)
		})
	case graph.OpLeakyMask:
		each(func(r, j int) float64 {
			if in[1].at(r, j) > 0 {
				return in[0].at(r, j)
			}
			return n.Attr.Alpha * in[0].at(r, j)
		})
	case graph.OpConcat:
		lo := 0
		for _, v := range in {
			for r := 0; r < rows; r++ {
				copy(out.data[r*size+lo:], v.data[r*v.size:(r+1)*v.size])
			}
			lo += v.size
		}
	case graph.OpSlice:
		each(func(r, j int) float64 { return in[0].at(r, n.Attr.Lo+j) })
	case graph.OpPad:
		for r := 0; r < rows; r++ {
			copy(out.data[r*size+n.Attr.Lo:], in[0].data[r*in[0].size:(r+1)*in[0].size])
		}
	case graph.OpPermute:
		each(func(r, j int) float64 { return in[0].at(r, n.Attr.Perm[j]) })
	case graph.OpSumFeatures:
		each(func(r, _ int) float64 {
			s := 0.0
			for j := 0; j < in[0].size; j++ {
				s += in[0].at(r, j)
			}
			return s
		})
	case graph.OpExpand, graph.OpToRows, graph.OpStop:
		each(in[0].at)
	case graph.OpMatMul:
		w, k := n.In[1], n.In[0].Size()
		each(func(r, j int) float64 {
			s := 0.0
			for p := 0; p < k; p++ {
				q := p*w.Shape[1] + j
				if n.Attr.Trans {
					q = j*w.Shape[1] + p
				}
				s += in[0].at(r, p) * in[1].data[q]
			}
			return s
		})
	case graph.OpOuterSum:
		for r := 0; r < env.Rows; r++ {
			for i := 0; i < in[0].size; i++ {
				for j := 0; j < in[1].size; j++ {
					out.data[i*in[1].size+j] += in[0].at(r, i) * in[1].at(r, j)
				}
			}
		}
	case graph.OpConv, graph.OpConvT, graph.OpConvOuter:
		convolve(n, in, out.data, env.Rows)
	case graph.OpRepeat:
		each(func(r, j int) float64 { return in[0].at(r, j/n.Attr.Inner%in[0].size) })
	case graph.OpSumRepeats:
		for r := 0; r < rows; r++ {
			for j := 0; j < in[0].size; j++ {
				out.data[r*size+j/n.Attr.Inner%size] += in[0].data[r*in[0].size+j]
			}
		}
	case graph.OpSumRows:
		for r := 0; r < env.Rows; r++ {
			for j := 0; j < size; j++ {
				out.data[j] += in[0].at(r, j)
			}
		}
	default:
		switch len(in) {
		case 1:
			each(func(r, j int) float64 { return unary(n, in[0].at(r, j)) })
		case 2:
			each(func(r, j int) float64 { return binary(n.Op, in[0].at(r, j), in[1].at(r, j)) })
		default:
			return out, fmt.Errorf("ref: %v: operation %v is not known", n, n.Op)
		}
	}
	return out, nil
}

func unary(n *graph.Node, a float64) float64 {
	switch n.Op {
	case graph.OpNeg:
		return -a
	case graph.OpExp:
		return math.Exp(a)
	case graph.OpLog:
		return math.Log(a)
	case graph.OpTanh:
		return math.Tanh(a)
	case graph.OpSigmoid:
		return 1 / (1 + math.Exp(-a))
	case graph.OpSoftplus:
		return math.Max(a, 0) + math.Log1p(math.Exp(-math.Abs(a)))
	case graph.OpLeaky:
		if a > 0 {
			return a
		}
		return n.Attr.Alpha * a
	case graph.OpSquare:
		return a * a
	case graph.OpSqrt:
		return math.Sqrt(a)
	case graph.OpAbs:
		return math.Abs(a)
	case graph.OpSign:
		switch {
		case a > 0:
			return 1
		case a < 0:
			return -1
		}
		return a // ±0 and NaN
	case graph.OpFloor:
		return math.Floor(a)
	case graph.OpStep:
		if a > 0 {
			return 1
		}
		return 0
	}
	return math.NaN()
}

func binary(op graph.Op, a, b float64) float64 {
	switch op {
	case graph.OpAdd:
		return a + b
	case graph.OpSub:
		return a - b
	case graph.OpMul:
		return a * b
	case graph.OpDiv:
		return a / b
	case graph.OpMax:
		return math.Max(a, b)
	case graph.OpMin:
		return math.Min(a, b)
	}
	return math.NaN()
}
