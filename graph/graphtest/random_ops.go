package graphtest

import (
	"math"

	"etalon/graph"
)

// grow adds one operation, or a small group of them, to the graph.
func (b *generator) grow() {
	steps := []func(){b.binary, b.binary, b.smooth, b.smooth, b.kinked, b.masked, b.features, b.features, b.product, b.product, b.volume, b.reduce, b.leaf}
	steps[b.rand.IntN(len(steps))]()
}

func (b *generator) binary() {
	x := b.any()
	switch op := b.rand.IntN(6); op {
	case 0:
		y := b.partner(x, false)
		b.add(graph.Add(x.n, y.n), x.bound+y.bound, lesser(x, y))
	case 1:
		y := b.partner(x, false)
		b.add(graph.Sub(x.n, y.n), x.bound+y.bound, lesser(x, y))
	case 2:
		y := b.partner(x, false)
		b.add(graph.Mul(x.n, y.n), x.bound*y.bound, x.unit*y.unit)
	case 3:
		y := b.partner(x, false)
		b.add(graph.Div(x.n, graph.AddScalar(graph.Softplus(y.n), 0.5)), 2*x.bound, 0)
	default:
		x = b.exactRows()
		y := b.partner(x, true)
		f := graph.Max
		if op == 4 {
			f = graph.Min
		}
		b.add(f(x.n, y.n), math.Max(x.bound, y.bound), lesser(x, y))
	}
}

// smooth adds a differentiable function of one operand.
func (b *generator) smooth() {
	a := b.any()
	switch b.rand.IntN(9) {
	case 0:
		b.add(graph.Neg(a.n), a.bound, a.unit)
	case 1:
		x, bound := b.small(a, 2)
		b.add(graph.Exp(x), math.Exp(bound), 0)
	case 2:
		b.add(graph.Log(graph.AddScalar(graph.Square(a.n), 0.3)), math.Max(1.3, math.Log(a.bound*a.bound+0.3)), 0)
	case 3:
		b.add(graph.Tanh(a.n), 1, 0)
	case 4:
		b.add(graph.Sigmoid(a.n), 1, 0)
	case 5:
		b.add(graph.Softplus(a.n), a.bound+1, 0)
	case 6:
		b.add(graph.Square(a.n), a.bound*a.bound, a.unit*a.unit)
	case 7:
		b.add(graph.Sqrt(graph.AddScalar(graph.Square(a.n), 0.3)), a.bound+1, 0)
	case 8:
		b.add(graph.Mul(b.stop(a.n), graph.Sigmoid(a.n)), a.bound, 0)
	}
}

// kinked adds a function of one exact operand with a kink or a jump.
func (b *generator) kinked() {
	a := b.exactRows()
	switch b.rand.IntN(7) {
	case 0, 1:
		b.add(graph.LeakyReLU(a.n, 0.25), a.bound, a.unit/4)
	case 2:
		b.add(graph.ReLU(a.n), a.bound, a.unit)
	case 3:
		b.add(graph.Abs(a.n), a.bound, a.unit)
	case 4:
		b.add(graph.Sign(a.n), 1, 1)
	case 5:
		b.add(graph.Step(a.n), 1, 1)
	case 6: // between integers
		b.add(graph.Floor(graph.AddScalar(a.n, math.Min(a.unit, 1)/2)), a.bound+1, 1)
	}
}

// masked adds an operation that chooses by an exact operand.
func (b *generator) masked() {
	cond := b.exactRows()
	x := b.partner(cond, false)
	if b.rand.IntN(3) == 0 {
		b.add(graph.LeakyMask(x.n, cond.n, 0.25), x.bound, x.unit/4)
		return
	}
	wide := x
	if cond.n.Width() > x.n.Width() {
		wide = cond
	}
	y := b.partner(wide, false)
	b.add(graph.Select(cond.n, x.n, y.n), math.Max(x.bound, y.bound), lesser(x, y))
}

// features adds an operation that moves or adds up columns.
func (b *generator) features() {
	a := b.any()
	w := a.n.Width()
	switch b.rand.IntN(7) {
	case 0:
		c := b.pick(func(v value) bool { return v.n.Rows == a.n.Rows && len(v.n.Shape) == 1 && v.n.Width()+w <= 8 }, func() value { return a })
		b.add(graph.Concat(a.n, c.n), math.Max(a.bound, c.bound), lesser(a, c))
	case 1, 2:
		lo := b.rand.IntN(w)
		hi := lo + 1 + b.rand.IntN(w-lo)
		b.add(graph.Slice(a.n, lo, hi), a.bound, a.unit)
	case 3:
		lo := b.rand.IntN(3)
		b.add(graph.Pad(a.n, lo, lo+w+b.rand.IntN(2)), a.bound, a.unit)
	case 4:
		b.add(graph.Permute(a.n, b.rand.Perm(w)), a.bound, a.unit)
	case 5:
		b.add(graph.SumFeatures(a.n), float64(w)*a.bound, a.unit)
	case 6:
		s := b.pick(func(v value) bool { return v.n.Scalar() && len(v.n.Shape) == 1 }, func() value { return b.input(1) })
		b.add(graph.Expand(s.n, 1+b.rand.IntN(4)), s.bound, s.unit)
	}
}

// product adds a layer: a matrix product, at times with bias and leaky ReLU.
func (b *generator) product() {
	x := b.rows()
	if b.rand.IntN(2) == 0 {
		x = b.exactRows()
	}
	k, n := x.n.Width(), 1+b.rand.IntN(5)
	var y *graph.Node
	var w value
	if b.rand.IntN(2) == 0 {
		w = b.matrix(k, n)
		y = graph.MatMul(x.n, w.n)
	} else {
		w = b.matrix(n, k)
		y = graph.MatMulT(x.n, w.n)
	}
	bound, unit := dot(x, w, k)
	v := value{y, bound, unit}
	if b.rand.IntN(3) > 0 {
		c := b.vector(n)
		v = value{graph.Add(y, c.n), bound + c.bound, lesser(v, c)}
		if v.exact() && b.rand.IntN(3) > 0 {
			v = value{graph.LeakyReLU(v.n, 0.25), v.bound, v.unit / 4}
		}
	} else if h := b.partner(v, true); h.n.Rows && b.rand.IntN(2) == 0 {
		v = value{graph.LeakyMask(y, h.n, 0.25), bound, unit / 4}
	}
	if b.rand.IntN(6) == 0 { // the inner node has another consumer
		b.add(y, bound, unit)
	}
	b.add(v.n, v.bound, v.unit)
}

// reduce adds a mean over the batch, or spreads a shared vector over it.
func (b *generator) reduce() {
	a := b.rows()
	switch b.rand.IntN(4) {
	case 0:
		b.add(graph.MeanRows(a.n), a.bound, 0)
	case 1:
		c := b.rows()
		b.add(graph.Div(graph.OuterSum(a.n, c.n), b.g.RowCount()), a.bound*c.bound, 0)
	case 2: // divided by its own mean
		x, bound := b.small(a, 1)
		p := graph.Exp(x)
		b.add(graph.Div(p, graph.MeanRows(p)), math.Exp(2*bound), 0)
	case 3:
		s := b.pick(func(v value) bool { return !v.n.Rows && len(v.n.Shape) == 1 }, func() value { return b.vector(1 + b.rand.IntN(5)) })
		b.add(graph.ToRows(s.n), s.bound, s.unit)
	}
}

func (b *generator) leaf() {
	w := 1 + b.rand.IntN(5)
	switch b.rand.IntN(5) {
	case 0:
		b.input(w)
	case 1:
		b.vector(w)
	case 2:
		b.add(b.g.RandomNormal("stream "+b.name(), w), 7, 0)
	case 3:
		b.add(b.g.RandomUniform("stream "+b.name(), w), 1, 0)
	case 4:
		c := make([]float64, w)
		for i := range c {
			c[i] = gridUnit * float64(b.rand.IntN(33)-16)
		}
		b.add(b.g.Const(c, w), Limit, gridUnit)
	}
}

// volume takes rows for a volume along some axis and adds a convolution, or an
// operation on the channels.
func (b *generator) volume() {
	a := b.rows()
	channels := 1 + b.rand.IntN(3)
	for a.n.Width()%channels != 0 {
		channels--
	}
	positions := a.n.Width() / channels
	switch b.rand.IntN(6) {
	case 0:
		outer, inner := 1+b.rand.IntN(2), 1+b.rand.IntN(2)
		b.add(graph.Repeat(a.n, outer, inner), a.bound, a.unit)
		return
	case 1:
		b.add(graph.SumRepeats(a.n, positions, 1), a.bound*float64(positions), a.unit)
		return
	}
	axis := b.rand.IntN(3)
	c := graph.ConvGeometry{In: [3]int{1, 1, 1}, Kernel: [3]int{1, 1, 1}, Stride: [3]int{1, 1, 1}, Channels: 1 + b.rand.IntN(3), Filters: 1 + b.rand.IntN(3)}
	c.Kernel[axis] = 1 + b.rand.IntN(min(3, positions))
	c.Pad[axis] = b.rand.IntN(c.Kernel[axis])
	c.Stride[axis] = 1 + b.rand.IntN(2)
	switch b.rand.IntN(3) {
	case 0:
		c.In[axis], c.Channels = positions, channels
		w := b.matrix(c.Taps()*c.Channels, c.Filters)
		bound, unit := dot(a, w, c.Taps()*c.Channels)
		b.add(graph.Conv(a.n, w.n, c), bound, unit)
	case 1:
		c.In[axis], c.Channels = positions, channels
		y := b.input(c.CoarseWidth())
		sum := graph.Div(graph.ConvOuterSum(a.n, y.n, c), b.g.RowCount())
		b.add(sum, a.bound*y.bound*float64(positions), 0)
	case 2:
		coarse, out := [3]int{1, 1, 1}, [3]int{}
		coarse[axis], c.Filters = positions, channels
		out[axis] = b.rand.IntN(c.Stride[axis])
		c, err := c.Transposed(coarse, out)
		if err != nil {
			return // nothing is left within the padding
		}
		w := b.matrix(c.Taps()*c.Channels, c.Filters)
		bound, unit := dot(a, w, c.Taps()*c.Filters)
		b.add(graph.ConvTranspose(a.n, w.n, c), bound, unit)
	}
}
