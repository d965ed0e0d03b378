package onnx

import (
	"fmt"
	"slices"

	"etalon/graph"
)

// lowerPad pads with a constant, or with the value's own entries. The widths are an
// operand since opset 11.
func lowerPad(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := in[0]
	pads, _, err := l.axes(in, 1, "pads")
	if err != nil {
		return nil, err
	}
	fill := l.floatAttr("value", 0)
	if c := operand(in, 2); c != nil {
		if fill, err = c.scalar(); err != nil {
			return nil, err
		}
	}
	var axes []int64
	if a := operand(in, 3); a != nil {
		if axes, err = a.ints(); err != nil {
			return nil, err
		}
	} else {
		for i := range v.dims {
			axes = append(axes, int64(i))
		}
	}
	if len(pads) != 2*len(axes) {
		return nil, fmt.Errorf("pads %v for %d axes", pads, len(axes))
	}
	mode := l.textAttr("mode", "constant")
	for i, a := range axes {
		lo, hi := pads[i], pads[i+len(axes)]
		if lo == 0 && hi == 0 {
			continue
		}
		axis, err := v.featureAxis(a)
		if err != nil {
			return nil, err
		}
		if n := int64(v.dims[axis]); lo < -n || hi < -n || n+lo+hi < 1 || lo > maxGather || hi > maxGather {
			return nil, fmt.Errorf("pads %v of %s", pads, v.shape())
		}
		if mode == "constant" {
			v, err = l.pad(v, axis, int(lo), int(hi), fill)
		} else {
			v, err = l.padOwn(v, axis, int(lo), int(hi), mode)
		}
		if err != nil {
			return nil, err
		}
	}
	return []*value{v}, nil
}

// pad adds lo and hi entries of a constant along an axis; negative numbers cut.
func (l *lowering) pad(v *value, axis, lo, hi int, fill float64) (*value, error) {
	n := v.dims[axis]
	if lo < 0 || hi < 0 {
		var err error
		if v, err = l.pick(v, axis, span(max(-lo, 0), n+min(lo, 0)+min(hi, 0), 1)); err != nil {
			return nil, err
		}
		lo, hi, n = max(lo, 0), max(hi, 0), v.dims[axis]
	}
	if lo == 0 && hi == 0 {
		return v, nil
	}
	dims := slices.Clone(v.dims)
	dims[axis] = lo + n + hi
	if product(withoutBatch(dims)) > maxGather {
		return nil, fmt.Errorf("%s; %d elements are accepted", shapeText(dims), maxGather)
	}
	r, err := l.leading(v, []int{axis})
	if err != nil {
		return nil, err
	}
	x := r.x
	if fill != 0 {
		x = graph.AddScalar(x, -fill)
	}
	x = graph.Pad(x, lo*r.m, (lo+n+hi)*r.m)
	if fill != 0 {
		x = graph.AddScalar(x, fill)
	}
	return l.lyingResult(x, dims, v.elem, r.order), nil
}

// padOwn adds entries of the value itself.
func (l *lowering) padOwn(v *value, axis, lo, hi int, mode string) (*value, error) {
	n := v.dims[axis]
	list := make([]int, 0, lo+n+hi)
	for i := -lo; i < n+hi; i++ {
		at := i
		switch mode {
		case "edge":
			at = min(max(i, 0), n-1)
		case "wrap":
			at = ((i % n) + n) % n
		case "reflect":
			if period := 2 * (n - 1); period > 0 {
				if at = ((i % period) + period) % period; at >= n {
					at = period - at
				}
			} else {
				at = 0
			}
		default:
			return nil, fmt.Errorf("mode %.40q; constant, edge, reflect and wrap are accepted", mode)
		}
		list = append(list, at)
	}
	return l.pick(v, axis, list)
}
