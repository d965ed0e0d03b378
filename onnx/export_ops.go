package onnx

import (
	"fmt"

	"etalon/graph"
)

// exported has the ONNX operators of operations that are one operator.
var exported = map[graph.Op]string{
	graph.OpAdd: "Add", graph.OpSub: "Sub", graph.OpMul: "Mul", graph.OpDiv: "Div", graph.OpMax: "Max", graph.OpMin: "Min",
	graph.OpNeg: "Neg", graph.OpExp: "Exp", graph.OpLog: "Log", graph.OpTanh: "Tanh", graph.OpSigmoid: "Sigmoid",
	graph.OpSoftplus: "Softplus", graph.OpSqrt: "Sqrt", graph.OpAbs: "Abs", graph.OpSign: "Sign", graph.OpFloor: "Floor", graph.OpStop: "Identity",
}

// refused has the operations that ONNX files cannot hold.
var refused = map[graph.Op]string{
	graph.OpRandomNormal:  "random numbers inside of a network cannot be exported; pass them as inputs",
	graph.OpRandomUniform: "random numbers inside of a network cannot be exported; pass them as inputs",
	graph.OpConvOuter:     "the gradient of convolution weights has no operator in ONNX",
}

// node writes one node of the graph.
func (x *exporter) node(n *graph.Node) error {
	if why, no := refused[n.Op]; no {
		return fmt.Errorf("operation %v: %s", n.Op, why)
	}
	in := make([]string, len(n.In))
	for i, a := range n.In {
		in[i] = x.names[a]
		if !a.Rows && len(a.Shape) == 2 && a.Size() == 1 && len(n.Shape) == 1 && len(n.In) > 1 && n.Op != graph.OpMatMul {
			in[i] = x.step("Reshape", []string{in[i], x.ints(1)}) // 1×1 beside vectors
		}
	}
	if n.Op == graph.OpConst {
		x.names[n] = x.floats(n.Shape, n.Attr.Data...)
		return nil
	}
	out := x.name(n.Name)
	x.names[n] = out
	axis := 0 // of the features
	if n.Rows {
		axis = 1
	}
	if op, ok := exported[n.Op]; ok {
		x.add(op, out, in)
		return nil
	}
	switch n.Op {
	case graph.OpShared:
		values := x.weights[n.Name]
		if len(values) != n.Size() {
			return fmt.Errorf("%d values of a parameter of %d", len(values), n.Size())
		}
		x.initialisers.bytes(5, encodeTensor(out, n.Shape, values, nil))
	case graph.OpRowCount:
		x.add("Cast", out, []string{x.batchLength()}, attr{"to", elemFloat})
	case graph.OpLeaky:
		if n.Attr.Alpha == 0 {
			x.add("Relu", out, in)
		} else {
			x.add("LeakyRelu", out, in, attr{"alpha", n.Attr.Alpha})
		}
	case graph.OpSquare:
		x.add("Mul", out, []string{in[0], in[0]})
	case graph.OpStep:
		x.add("Cast", out, []string{x.positive(in[0])}, attr{"to", elemFloat})
	case graph.OpSelect:
		x.add("Where", out, []string{x.positive(in[0]), in[1], in[2]})
	case graph.OpLeakyMask:
		slope := x.step("Where", []string{x.positive(in[1]), x.floats([]int{1}, 1), x.floats([]int{1}, n.Attr.Alpha)})
		x.add("Mul", out, []string{in[0], slope})
	case graph.OpConcat:
		x.add("Concat", out, in, attr{"axis", axis})
	case graph.OpSlice:
		x.add("Slice", out, []string{in[0], x.ints(n.Attr.Lo), x.ints(n.Attr.Hi), x.ints(axis)})
	case graph.OpPad:
		pads := []int{n.Attr.Lo, n.Width() - n.Attr.Lo - n.In[0].Width()}
		if n.Rows {
			pads = []int{0, pads[0], 0, pads[1]}
		}
		x.add("Pad", out, []string{in[0], x.ints(pads...)})
	case graph.OpPermute:
		x.add("Gather", out, []string{in[0], x.ints(n.Attr.Perm...)}, attr{"axis", axis})
	case graph.OpSumFeatures:
		x.sumFeatures(n, out, in[0])
	case graph.OpExpand:
		shape := n.Shape
		if n.Rows {
			shape = []int{1, n.Width()}
		}
		x.add("Expand", out, []string{in[0], x.ints(shape...)})
	case graph.OpMatMul:
		if n.Attr.Trans {
			x.add("Gemm", out, in, attr{"transB", 1})
		} else {
			x.add("MatMul", out, in)
		}
	case graph.OpOuterSum:
		x.add("Gemm", out, in, attr{"transA", 1})
	case graph.OpSumRows:
		x.add("ReduceSum", out, []string{in[0], x.ints(0)}, attr{"keepdims", 0})
	case graph.OpToRows:
		shape := x.step("Concat", []string{x.batchLength(), x.ints(n.Width())}, attr{"axis", 0})
		x.add("Expand", out, []string{in[0], shape})
	case graph.OpRepeat:
		a, k := n.Attr, n.In[0].Width()
		y := x.step("Expand", []string{x.reshaped(in[0], n.Rows, 1, k, 1), x.ints(x.leading(n.Rows, 1, a.Outer, k, a.Inner)...)})
		x.add("Reshape", out, []string{y, x.ints(x.leading(n.Rows, -1, n.Width())...)})
	case graph.OpSumRepeats:
		axes := []int{axis, axis + 2}
		y := x.reshaped(in[0], n.Rows, n.Attr.Outer, n.Width(), n.Attr.Inner)
		x.add("ReduceSum", out, []string{y, x.ints(axes...)}, attr{"keepdims", 0})
	case graph.OpConv, graph.OpConvT:
		x.convolution(n, out, in)
	default:
		return fmt.Errorf("operation %v cannot be exported", n.Op)
	}
	return nil
}

// positive is the condition a > 0.
func (x *exporter) positive(a string) string {
	return x.step("Greater", []string{a, x.floats([]int{1}, 0)})
}

// batchLength is the number of rows, a vector of one.
func (x *exporter) batchLength() string {
	if x.rows == "" {
		x.rows = x.step("Shape", []string{x.input}, attr{"start", 0}, attr{"end", 1})
	}
	return x.rows
}

// leading is a shape, behind a batch of the given length where there is one.
func (x *exporter) leading(rows bool, batch int, shape ...int) []int {
	if rows {
		return append([]int{batch}, shape...)
	}
	return shape
}

func (x *exporter) reshaped(a string, rows bool, shape ...int) string {
	return x.step("Reshape", []string{a, x.ints(x.leading(rows, -1, shape...)...)})
}

// sumFeatures sums a row, or all of a shared tensor, to one element.
func (x *exporter) sumFeatures(n *graph.Node, out, in string) {
	a := n.In[0]
	if len(a.Shape) == 2 {
		in = x.step("Reshape", []string{in, x.ints(a.Size())})
	}
	axis := 0
	if a.Rows {
		axis = 1
	}
	x.add("ReduceSum", out, []string{in, x.ints(axis)}, attr{"keepdims", 1})
}

// convolution brings volumes and weights, which have their channels last, to ONNX's
// layout and back.
func (x *exporter) convolution(n *graph.Node, out string, in []string) {
	c := n.Attr.Conv
	coarse := c.Out()
	first := []int64{0, 4, 1, 2, 3} // channels first
	last := []int64{0, 2, 3, 4, 1}
	w := x.step("Reshape", []string{in[1], x.ints(c.Kernel[0], c.Kernel[1], c.Kernel[2], c.Channels, c.Filters)})
	w = x.step("Transpose", []string{w}, attr{"perm", []int64{4, 3, 0, 1, 2}})
	from, channels := c.In, c.Channels
	op := "Conv"
	attrs := []attr{
		{"kernel_shape", ints64(c.Kernel[:])}, {"strides", ints64(c.Stride[:])},
		{"pads", append(ints64(c.Pad[:]), ints64(c.Pad[:])...)},
	}
	if n.Op == graph.OpConvT {
		op, from, channels = "ConvTranspose", coarse, c.Filters
		var extra [3]int
		for i := range extra {
			extra[i] = c.In[i] - ((coarse[i]-1)*c.Stride[i] - 2*c.Pad[i] + c.Kernel[i])
		}
		attrs = append(attrs, attr{"output_padding", ints64(extra[:])})
	}
	v := x.reshaped(in[0], true, from[0], from[1], from[2], channels)
	v = x.step("Transpose", []string{v}, attr{"perm", first})
	v = x.step(op, []string{v, w}, attrs...)
	v = x.step("Transpose", []string{v}, attr{"perm", last})
	x.add("Reshape", out, []string{v, x.ints(-1, n.Width())})
}

func ints64(a []int) []int64 {
	b := make([]int64, len(a))
	for i, v := range a {
		b[i] = int64(v)
	}
	return b
}
