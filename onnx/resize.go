package onnx

import (
	"fmt"
	"math"

	"etalon/graph"
)

// lowerResize is Resize and Upsample, by nearest neighbours or linear.
func lowerResize(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v := in[0]
	first := 2 // Resize: x, roi, scales, sizes
	coordinates, nearest := "half_pixel", l.textAttr("nearest_mode", "round_prefer_floor")
	if l.n.op == "Upsample" || l.opset < 11 {
		first, coordinates, nearest = 1, "asymmetric", "floor"
	}
	coordinates = l.textAttr("coordinate_transformation_mode", coordinates)
	if l.intAttr("antialias", 0) != 0 {
		return nil, fmt.Errorf("antialias is not supported")
	}
	scale := make([]float64, len(v.dims))
	out := make([]int, len(v.dims))
	for i, d := range v.dims {
		scale[i], out[i] = 1, d
	}
	axes := span(0, len(v.dims), 1)
	if list := l.intsAttr("axes"); list != nil {
		axes = nil
		for _, a := range list {
			i, err := v.axis(a)
			if err != nil {
				return nil, err
			}
			axes = append(axes, i)
		}
	}
	scales, sizes := operand(in, first), operand(in, first+1)
	if a := l.n.attrs["scales"]; a != nil && scales == nil {
		scales = vector(a.floats)
	}
	switch {
	case scales != nil && scales.constant() && len(scales.data) == len(axes) && !scales.anySymbolic():
		for i, a := range axes {
			s := scales.data[i]
			if !(s > 0 && s <= maxGather) || v.dims[a] == batch && s != 1 {
				return nil, fmt.Errorf("scales %v of %s", scales.data, v.shape())
			}
			if v.dims[a] != batch {
				scale[a], out[a] = s, int(math.Floor(float64(v.dims[a])*s))
			}
		}
	case sizes != nil && sizes.constant() && len(sizes.data) == len(axes):
		for i, a := range axes {
			s := sizes.data[i]
			if v.dims[a] == batch {
				continue
			}
			if sizes.symbolic(i) || !(s >= 1 && s <= maxGather) {
				return nil, fmt.Errorf("sizes %v of %s", sizes.data, v.shape())
			}
			scale[a], out[a] = s/float64(v.dims[a]), int(s)
		}
	default:
		return nil, fmt.Errorf("constant scales or sizes, one for each axis, are accepted")
	}
	mode := l.textAttr("mode", "nearest")
	for a := range v.dims {
		if v.dims[a] == batch || out[a] == v.dims[a] && scale[a] == 1 {
			continue
		}
		at, err := resizeCoordinates(v.dims[a], out[a], scale[a], coordinates)
		if err != nil {
			return nil, err
		}
		if v, err = l.resample(v, a, at, mode, nearest); err != nil {
			return nil, err
		}
	}
	return []*value{v}, nil
}

// resizeCoordinates tells where the entries of the result lie among those of the
// operand.
func resizeCoordinates(n, out int, scale float64, mode string) ([]float64, error) {
	if out < 1 {
		return nil, fmt.Errorf("an axis of %d entries scaled by %g", n, scale)
	}
	at := make([]float64, out)
	for i := range at {
		o := float64(i)
		switch mode {
		case "asymmetric":
			at[i] = o / scale
		case "half_pixel":
			at[i] = (o+0.5)/scale - 0.5
		case "pytorch_half_pixel":
			if out > 1 {
				at[i] = (o+0.5)/scale - 0.5
			}
		case "align_corners":
			if out > 1 {
				at[i] = o * float64(n-1) / float64(out-1)
			}
		default:
			return nil, fmt.Errorf("coordinate_transformation_mode %.40q; half_pixel, pytorch_half_pixel, align_corners and asymmetric are accepted", mode)
		}
	}
	return at, nil
}

// resample takes the entries at fractional places along an axis.
func (l *lowering) resample(v *value, axis int, at []float64, mode, nearest string) (*value, error) {
	n := v.dims[axis]
	lo, hi, share := make([]int, len(at)), make([]int, len(at)), make([]float64, len(at))
	rest := make([]float64, len(at))
	for i, x := range at {
		switch mode {
		case "nearest":
			switch nearest {
			case "round_prefer_floor":
				x = math.Ceil(x - 0.5)
			case "round_prefer_ceil":
				x = math.Floor(x + 0.5)
			case "floor":
				x = math.Floor(x)
			case "ceil":
				x = math.Ceil(x)
			default:
				return nil, fmt.Errorf("nearest_mode %.40q", nearest)
			}
		case "linear":
		default:
			return nil, fmt.Errorf("mode %.40q; nearest and linear are accepted", mode)
		}
		x = min(max(x, 0), float64(n-1))
		lo[i] = int(x)
		hi[i] = min(lo[i]+1, n-1)
		share[i] = x - float64(lo[i])
		rest[i] = 1 - share[i]
	}
	a, err := l.pick(v, axis, lo)
	if err != nil || mode == "nearest" {
		return a, err
	}
	b, err := l.pick(v, axis, hi)
	if err != nil {
		return nil, err
	}
	if a, err = l.zip(graph.Mul, a, along(rest, v, axis)); err != nil {
		return nil, err
	}
	if b, err = l.zip(graph.Mul, b, along(share, v, axis)); err != nil {
		return nil, err
	}
	return l.zip(graph.Add, a, b)
}

// lowerDepthSpace is DepthToSpace and SpaceToDepth.
func lowerDepthSpace(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 1); err != nil {
		return nil, err
	}
	v, b := in[0], int(l.intAttr("blocksize", 0))
	if len(v.dims) != 4 || v.dims[0] != batch || b < 1 || b > 1<<10 {
		return nil, fmt.Errorf("blocks of %d of %s", b, v.shape())
	}
	c, h, w := v.dims[1], v.dims[2], v.dims[3]
	var cut, perm, out []int
	switch {
	case l.n.op == "SpaceToDepth" && h%b == 0 && w%b == 0:
		cut, perm, out = []int{batch, c, h / b, b, w / b, b}, []int{0, 3, 5, 1, 2, 4}, []int{batch, c * b * b, h / b, w / b}
	case l.n.op == "DepthToSpace" && c%(b*b) == 0 && l.textAttr("mode", "DCR") == "CRD":
		cut, perm, out = []int{batch, c / b / b, b, b, h, w}, []int{0, 1, 4, 2, 5, 3}, []int{batch, c / b / b, h * b, w * b}
	case l.n.op == "DepthToSpace" && c%(b*b) == 0:
		cut, perm, out = []int{batch, b, b, c / b / b, h, w}, []int{0, 3, 4, 1, 5, 2}, []int{batch, c / b / b, h * b, w * b}
	default:
		return nil, fmt.Errorf("blocks of %d of %s", b, v.shape())
	}
	x, err := l.as(v, cut)
	if err != nil {
		return nil, err
	}
	return one(l.as(x.transposed(perm), out))
}
