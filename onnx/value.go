package onnx

import (
	"fmt"
	"slices"

	"etalon/graph"
)

// batch stands for the length of the batch in the dimensions of a value.
const batch = -1

// value is a tensor of the ONNX graph while it is lowered. It is either constant, with
// its elements at hand, or a node of the graph.
//
// A value that differs from row to row, or is repeated for each, has one dimension
// batch, mostly the first. The others are fixed, and the elements of a row lie in the
// node as one vector: row-major, or with the axes in another order, so that a chain of
// layers that work channel-last does not transpose between them.
type value struct {
	dims []int // batch for the batch axis
	elem int32 // element type in the file

	data []float64 // of a constant, row-major
	coef []float64 // of a constant: element i is data[i] + coef[i]·N; nil is all 0
	name string    // of a constant: the parameter that it becomes

	node  *graph.Node // otherwise; it is per row just where there is a batch axis
	order []int       // axes of row() as they lie in the node, outermost first; nil is in order

	joined bool // the first two axes, the batch and k others, are one of length k·N in the file
}

func (v *value) constant() bool { return v.node == nil }

// batchAxis returns the axis of the batch, or -1.
func (v *value) batchAxis() int { return slices.Index(v.dims, batch) }

// row returns the dimensions without the batch.
func (v *value) row() []int { return withoutBatch(v.dims) }

func withoutBatch(dims []int) []int {
	row := make([]int, 0, len(dims))
	for _, d := range dims {
		if d != batch {
			row = append(row, d)
		}
	}
	return row
}

// size is the number of elements of a row.
func (v *value) size() int { return product(v.row()) }

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// rowAxis returns the position in row() of an axis that is not the batch.
func (v *value) rowAxis(axis int) int {
	if b := v.batchAxis(); b >= 0 && b < axis {
		return axis - 1
	}
	return axis
}

// axis checks an axis of the file, which may count from the end.
func (v *value) axis(a int64) (int, error) {
	n := int64(len(v.dims))
	if a < -n || a >= n {
		return 0, fmt.Errorf("axis %d of %s", a, v.shape())
	}
	return int((a + n) % max(n, 1)), nil
}

// featureAxis is axis, where the batch is refused.
func (v *value) featureAxis(a int64) (int, error) {
	i, err := v.axis(a)
	if err == nil && v.dims[i] == batch {
		err = fmt.Errorf("axis %d of %s is the batch; rows are independent of each other", a, v.shape())
	}
	return i, err
}

// shape writes the dimensions as ONNX tools do.
func (v *value) shape() string { return shapeText(v.dims) }

func shapeText(dims []int) string {
	s := "("
	for i, d := range dims {
		if i > 0 {
			s += ", "
		}
		if d == batch {
			s += "N"
		} else {
			s += fmt.Sprint(d)
		}
	}
	return s + ")"
}

// number is a constant of one element.
func number(x float64) *value { return &value{elem: elemFloat, data: []float64{x}} }

// vector is a constant of one axis.
func vector(x []float64) *value { return &value{dims: []int{len(x)}, elem: elemFloat, data: x} }

// ints returns the elements of a constant as integers; symbolic ones are an error.
func (v *value) ints() ([]int64, error) {
	if !v.constant() {
		return nil, fmt.Errorf("an operand that tells a shape or axes is computed of the inputs; constants are accepted")
	}
	out := make([]int64, len(v.data))
	for i, x := range v.data {
		if v.symbolic(i) {
			return nil, fmt.Errorf("an operand depends on the length of the batch; constants are accepted")
		}
		switch {
		case x >= 1<<62:
			out[i] = 1 << 62
		case x <= -(1 << 62):
			out[i] = -(1 << 62)
		default:
			out[i] = int64(x)
		}
	}
	return out, nil
}

// symbolic tells whether element i of a constant depends on the length of the batch.
func (v *value) symbolic(i int) bool { return v.coef != nil && v.coef[i] != 0 }

// anySymbolic tells whether any element does.
func (v *value) anySymbolic() bool {
	return slices.ContainsFunc(v.coef, func(c float64) bool { return c != 0 })
}

// scalar returns the single element of a constant.
func (v *value) scalar() (float64, error) {
	if !v.constant() || len(v.data) != 1 || v.anySymbolic() {
		return 0, fmt.Errorf("an operand of shape %s; a constant of one element is accepted", v.shape())
	}
	return v.data[0], nil
}
