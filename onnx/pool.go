package onnx

import (
	"fmt"
	"math"
	"slices"

	"etalon/graph"
)

// pool makes MaxPool and AveragePool: entries of a window are gathered and combined.
func pool(maximum bool) operator {
	return operator{lower: func(l *lowering, in []*value) ([]*value, error) {
		if err := l.must(in, 1); err != nil {
			return nil, err
		}
		v := in[0]
		w, err := l.readWindow(v, nil)
		if err != nil {
			return nil, err
		}
		if len(l.n.out) > 1 && l.n.out[1] != "" {
			return nil, fmt.Errorf("the output of indices is not supported")
		}
		if err := w.autoPad(l.textAttr("auto_pad", ""), v.dims[2:]); err != nil {
			return nil, err
		}
		ceil := l.intAttr("ceil_mode", 0) != 0
		inside := l.intAttr("count_include_pad", 0) == 0
		// Axis by axis: the maximum of maxima, and the sum of sums.
		for i := range w.kernel {
			if v, err = l.poolAxis(v, i, w, ceil, inside, maximum); err != nil {
				return nil, err
			}
		}
		return []*value{v}, nil
	}, note: "without indices"}
}

// poolAxis pools along one spatial axis.
func (l *lowering) poolAxis(v *value, i int, w window, ceil, inside, maximum bool) (*value, error) {
	axis, n := i+2, v.dims[i+2]
	k, s, lo, hi := w.kernel[i], w.stride[i], w.lo[i], w.hi[i]
	if lo >= w.extent(i) || hi >= w.extent(i) || n+lo+hi < w.extent(i) {
		return nil, fmt.Errorf("a kernel of %d with padding %d and %d over %d entries", k, lo, hi, n)
	}
	out := (n+lo+hi-w.extent(i))/s + 1
	if ceil {
		out = (n+lo+hi-w.extent(i)+s-1)/s + 1
		if (out-1)*s >= n+lo {
			out--
		}
	}
	var sum *value
	counts := make([]float64, out)
	for t := range k {
		list := make([]int, out)
		valid := make([]float64, out)
		for o := range out {
			at := o*s - lo + t*w.dilation[i]
			if at >= 0 && at < n {
				valid[o] = 1
				counts[o]++
			} else if !inside && at < n+hi {
				counts[o]++
			}
			list[o] = min(max(at, 0), n-1)
		}
		x, err := l.pick(v, axis, list)
		if err != nil {
			return nil, err
		}
		part := !slices.Contains(valid, 0)
		switch {
		case part:
		case maximum:
			low := make([]float64, out)
			for o := range low {
				if valid[o] == 0 {
					low[o] = -math.MaxFloat32
				}
			}
			keep, err := l.zip(graph.Mul, x, along(valid, v, axis))
			if err != nil {
				return nil, err
			}
			if x, err = l.zip(graph.Add, keep, along(low, v, axis)); err != nil {
				return nil, err
			}
		default:
			if x, err = l.zip(graph.Mul, x, along(valid, v, axis)); err != nil {
				return nil, err
			}
		}
		if sum == nil {
			sum = x
			continue
		}
		f := graph.Add
		if maximum {
			f = graph.Max
		}
		if sum, err = l.zip(f, sum, x); err != nil {
			return nil, err
		}
	}
	if maximum {
		return sum, nil
	}
	for o := range counts {
		counts[o] = 1 / counts[o]
	}
	return l.zip(graph.Mul, sum, along(counts, v, axis))
}

// along makes a vector broadcast along an axis of a value.
func along(x []float64, v *value, axis int) *value {
	dims := []int{len(x)}
	for range v.dims[axis+1:] {
		dims = append(dims, 1)
	}
	return &value{dims: dims, elem: elemFloat, data: x}
}

// globalPool reduces all spatial axes.
func globalPool(f func(r leading, x *graph.Node) *graph.Node) operator {
	return operator{lower: func(l *lowering, in []*value) ([]*value, error) {
		if err := l.must(in, 1); err != nil {
			return nil, err
		}
		v := in[0]
		if len(v.dims) < 3 || v.dims[0] != batch {
			return nil, fmt.Errorf("of %s; (N, channels, spatial axes) is accepted", v.shape())
		}
		return one(l.reduce(v, span(2, len(v.dims)-2, 1), true, f))
	}}
}
