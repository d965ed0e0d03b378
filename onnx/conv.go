package onnx

import (
	"fmt"
	"slices"
	"strings"

	"etalon/graph"
)

// window is how a kernel moves over the spatial axes of a value (N, C, …).
type window struct {
	kernel, stride, dilation []int
	lo, hi                   []int // padding before and behind each axis
}

// readWindow reads the attributes that convolutions and pooling share; kernel is that
// of the weights, or nil.
func (l *lowering) readWindow(v *value, kernel []int) (w window, err error) {
	n := len(v.dims) - 2
	if n < 1 || n > 3 || v.dims[0] != batch {
		return w, fmt.Errorf("of %s; (N, channels, 1 to 3 spatial axes) is accepted", v.shape())
	}
	read := func(name string, size, def, least int) []int {
		list := l.intsAttr(name)
		if list == nil {
			return slices.Repeat([]int{def}, size)
		}
		out := make([]int, len(list))
		for i, x := range list {
			if x < int64(least) || x > 1<<20 {
				err = fmt.Errorf("%s = %v", name, list)
			}
			out[i] = int(x)
		}
		if len(out) != size {
			err = fmt.Errorf("%s = %v for %d axes", name, list, n)
		}
		return out
	}
	w.kernel = kernel
	if kernel == nil {
		w.kernel = read("kernel_shape", n, 0, 1)
	}
	w.stride = read("strides", n, 1, 1)
	w.dilation = read("dilations", n, 1, 1)
	pads := read("pads", 2*n, 0, 0)
	if err != nil {
		return w, err
	}
	w.lo, w.hi = pads[:n], pads[n:]
	for i := range n {
		if len(w.kernel) != n || w.kernel[i] < 1 || (w.kernel[i]-1)*w.dilation[i] > 1<<20 {
			return w, fmt.Errorf("a kernel of %v for %d axes", w.kernel, n)
		}
	}
	return w, nil
}

// extent is the length of the dilated kernel along an axis.
func (w window) extent(i int) int { return (w.kernel[i]-1)*w.dilation[i] + 1 }

// autoPad sets the padding of auto_pad for a window over axes of the given lengths.
func (w *window) autoPad(mode string, sizes []int) error {
	switch mode {
	case "", "NOTSET":
	case "VALID":
		w.lo, w.hi = make([]int, len(sizes)), make([]int, len(sizes))
	case "SAME_UPPER", "SAME_LOWER":
		w.lo, w.hi = make([]int, len(sizes)), make([]int, len(sizes))
		for i, n := range sizes {
			out := (n + w.stride[i] - 1) / w.stride[i]
			w.lo[i], w.hi[i] = halves(max((out-1)*w.stride[i]+w.extent(i)-n, 0), mode)
		}
	default:
		return fmt.Errorf("auto_pad = %.40q", mode)
	}
	return nil
}

// halves cuts a padding in two.
func halves(total int, mode string) (lo, hi int) {
	if mode == "SAME_LOWER" {
		return total - total/2, total / 2
	}
	return total / 2, total - total/2
}

// lowerConv is a convolution of 1 to 3 spatial axes. Groups become convolutions of
// their own, dilated kernels get zeros between their taps.
func lowerConv(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	v, wt := in[0], in[1]
	c, err := l.newConvolution(v, wt)
	if err != nil {
		return nil, err
	}
	if err := c.autoPad(l.textAttr("auto_pad", ""), v.dims[2:]); err != nil {
		return nil, err
	}
	// The engine pads both sides alike and by less than the kernel.
	for i := range c.kernel {
		if c.lo[i] != c.hi[i] || c.lo[i] >= c.extent(i) {
			if v, err = l.pad(v, i+2, c.lo[i], c.hi[i], 0); err != nil {
				return nil, err
			}
			c.lo[i], c.hi[i] = 0, 0
		}
	}
	geo := c.geometry(v.dims[2:])
	geo.Channels, geo.Filters = v.dims[1]/c.groups, wt.dims[0]/c.groups
	if v.dims[1] != wt.dims[1]*c.groups || wt.dims[0]%c.groups != 0 {
		return nil, fmt.Errorf("weights %s for %d groups of the channels of %s", wt.shape(), c.groups, v.shape())
	}
	if err := geo.Check(); err != nil {
		return nil, err
	}
	out := geo.Out()
	y, err := l.convolve(v, wt, c, geo, wt.dims[0], out[3-len(c.kernel):], graph.Conv)
	if err != nil {
		return nil, err
	}
	return l.withBias(y, operand(in, 2))
}

// lowerConvTranspose is the transpose of a convolution.
func lowerConvTranspose(l *lowering, in []*value) ([]*value, error) {
	if err := l.must(in, 2); err != nil {
		return nil, err
	}
	v, wt := in[0], in[1]
	c, err := l.newConvolution(v, wt)
	if err != nil {
		return nil, err
	}
	n := len(c.kernel)
	extra := make([]int, n)
	if list := l.intsAttr("output_padding"); list != nil {
		if len(list) != n {
			return nil, fmt.Errorf("output_padding = %v", list)
		}
		for i, x := range list {
			if x < 0 || x >= int64(max(c.stride[i], c.dilation[i])) {
				return nil, fmt.Errorf("output_padding = %v with strides %v", list, c.stride)
			}
			extra[i] = int(x)
		}
	}
	full := make([]int, n) // length without padding
	for i := range full {
		full[i] = (v.dims[i+2]-1)*c.stride[i] + c.extent(i)
	}
	mode := l.textAttr("auto_pad", "")
	shape := l.intsAttr("output_shape")
	switch {
	case shape != nil:
		if len(shape) != n {
			return nil, fmt.Errorf("output_shape = %v", shape)
		}
		for i, s := range shape {
			if s < 1 || s > int64(full[i]+extra[i]) {
				return nil, fmt.Errorf("output_shape = %v; at most %v is accepted", shape, full)
			}
			total := full[i] + extra[i] - int(s)
			if mode == "SAME_UPPER" {
				c.lo[i], c.hi[i] = total/2, total-total/2
			} else {
				c.lo[i], c.hi[i] = total-total/2, total/2
			}
		}
	case strings.HasPrefix(mode, "SAME_"):
		for i := range full {
			c.lo[i], c.hi[i] = halves(max(full[i]+extra[i]-v.dims[i+2]*c.stride[i], 0), mode)
		}
	case mode == "VALID":
		c.lo, c.hi = make([]int, n), make([]int, n)
	case mode != "" && mode != "NOTSET":
		return nil, fmt.Errorf("auto_pad = %.40q", mode)
	}
	// Padding cuts the result. The engine does it where both sides are alike.
	crop := make([][2]int, n)
	grow := make([]int, n)
	for i := range full {
		if c.lo[i] != c.hi[i] || c.lo[i] >= c.extent(i) || extra[i] >= c.stride[i] {
			crop[i] = [2]int{c.lo[i], c.hi[i]}
			c.lo[i], c.hi[i] = 0, 0
			if extra[i] > 0 { // the padding behind cuts from what is added
				d := min(extra[i], crop[i][1])
				crop[i][1] -= d
				grow[i] = extra[i] - d
				extra[i] = 0
			}
		}
	}
	if v.dims[1] != wt.dims[0] || wt.dims[0]%c.groups != 0 {
		return nil, fmt.Errorf("weights %s for %d groups of the channels of %s", wt.shape(), c.groups, v.shape())
	}
	geo := c.geometry(v.dims[2:])
	geo.Channels, geo.Filters = wt.dims[1], wt.dims[0]/c.groups
	coarse, out := [3]int{1, 1, 1}, [3]int{}
	copy(coarse[3-n:], v.dims[2:])
	copy(out[3-n:], extra)
	if geo, err = geo.Transposed(coarse, out); err != nil {
		return nil, err
	}
	y, err := l.convolve(v, wt, c, geo, wt.dims[1]*c.groups, geo.In[3-n:], graph.ConvTranspose)
	if err != nil {
		return nil, err
	}
	for i := range crop {
		if length := y.dims[i+2] - crop[i][0] - crop[i][1]; crop[i] != [2]int{} {
			if length < 1 {
				return nil, fmt.Errorf("padding leaves nothing of %s", y.shape())
			}
			if y, err = l.pick(y, i+2, span(crop[i][0], length, 1)); err != nil {
				return nil, err
			}
		}
		if y, err = l.pad(y, i+2, 0, grow[i], 0); err != nil {
			return nil, err
		}
	}
	return l.withBias(y, operand(in, 2))
}

// convolution is a window with the number of groups.
type convolution struct {
	window
	groups int
}

func (l *lowering) newConvolution(v, wt *value) (c convolution, err error) {
	if !wt.constant() || len(wt.dims) != len(v.dims) || len(wt.dims) < 3 {
		return c, fmt.Errorf("weights %s for %s; constants (filters, channels, kernel…) are accepted", wt.shape(), v.shape())
	}
	if c.window, err = l.readWindow(v, wt.dims[2:]); err != nil {
		return c, err
	}
	g := l.intAttr("group", 1)
	if g < 1 || g > 4096 {
		return c, fmt.Errorf("%d groups; 1 to 4096 are accepted", g)
	}
	c.groups = int(g)
	return c, nil
}

// geometry is that of one group over spatial axes of the given lengths.
func (c convolution) geometry(sizes []int) graph.ConvGeometry {
	one := [3]int{1, 1, 1}
	geo := graph.ConvGeometry{In: one, Kernel: one, Stride: one}
	for i := range sizes {
		at := 3 - len(sizes) + i
		geo.In[at], geo.Kernel[at], geo.Stride[at], geo.Pad[at] = sizes[i], c.extent(i), c.stride[i], c.lo[i]
	}
	return geo
}

// convolve convolves the groups of a value to so many channels of the given sizes.
func (l *lowering) convolve(v, wt *value, c convolution, geo graph.ConvGeometry, channels int, sizes []int, f func(x, w *graph.Node, geo graph.ConvGeometry) *graph.Node) (*value, error) {
	n, g := len(sizes), c.groups
	grouped, err := l.as(v, append([]int{batch, g, v.dims[1] / g}, v.dims[2:]...))
	if g == 1 {
		grouped, err = v, nil
	}
	if err != nil {
		return nil, err
	}
	last := append(span(1, n, 1), 0) // spatial axes, then channels
	if g > 1 {
		last = append(append([]int{0}, span(2, n, 1)...), 1)
	}
	x, err := l.lying(grouped, last)
	if err != nil {
		return nil, err
	}
	if x.Size() < v.size() {
		x = graph.Expand(x, v.size())
	}
	each := wt.dims[0] / g
	parts := make([]*graph.Node, g)
	for i := range g {
		w, err := l.kernel(wt, c, i*each, each, geo)
		if err != nil {
			return nil, err
		}
		width := v.size() / g
		parts[i] = f(graph.Slice(x, i*width, (i+1)*width), w, geo)
	}
	dims := append([]int{batch, channels}, sizes...)
	if g == 1 {
		return l.lyingResult(parts[0], dims, v.elem, last), nil
	}
	y := l.lyingResult(graph.Concat(parts...), append([]int{batch, g, channels / g}, sizes...), v.elem, last)
	return l.as(y, dims)
}

// kernel makes the weights of one group, taps and channels by filters, of the file's
// (filters, channels, kernel…): filters first, first+1 … of it.
func (l *lowering) kernel(wt *value, c convolution, first, filters int, geo graph.ConvGeometry) (*graph.Node, error) {
	if len(wt.data) == 0 {
		return nil, fmt.Errorf("empty weights %s", wt.shape())
	}
	rows, columns := geo.WeightShape()
	if rows > maxElements/columns {
		return nil, fmt.Errorf("weights of %d taps and channels, %d filters", rows, columns)
	}
	channels := wt.dims[1]
	taps := product(wt.dims[2:])
	step := make([]int, len(c.kernel)) // of a tap in the dilated kernel
	s := 1
	for i := len(step) - 1; i >= 0; i-- {
		step[i] = s * c.dilation[i]
		s *= c.extent(i)
	}
	places := walk(c.kernel, step, 0)
	data := make([]float64, rows*columns)
	for f := range filters {
		for ch := range channels {
			for k := range taps {
				data[(places[k]*channels+ch)*columns+f] = wt.data[((first+f)*channels+ch)*taps+k]
			}
		}
	}
	w := &value{dims: []int{rows, columns}, elem: wt.elem, data: data}
	if wt.name != "" {
		w.name = fmt.Sprintf("%s:taps", wt.name)
		if c.groups > 1 {
			w.name = fmt.Sprintf("%s:taps%d", wt.name, first/filters)
		}
	}
	return l.shared(w, rows, columns), nil
}

// withBias adds a vector of channels.
func (l *lowering) withBias(y, bias *value) ([]*value, error) {
	if bias == nil {
		return []*value{y}, nil
	}
	b, err := l.perChannel(bias, y)
	if err != nil {
		return nil, err
	}
	return one(l.zip(graph.Add, y, b))
}
