package cpu

import (
	"etalon/graph"
	"etalon/internal/simd"
)

// A convolution gathers: every position of the volume that goes out is a sum over taps
// and channels of features that come in. So is its transpose, whose taps that reach a
// position are those of one remainder of the stride. Positions that the same taps
// reach are columns of one matrix product (simd.RunGemm): no features are copied.

// reach says which sources reach a position along one axis: n positions from source
// on, with the taps from tap on, in the order in which they are packed.
type reach struct{ source, tap, n int }

// reaches lists the reach of every position that goes out, along one axis.
func reaches(op graph.Op, c *graph.ConvGeometry, axis int) []reach {
	fine, coarse, k, s, pad := c.In[axis], c.Out()[axis], c.Kernel[axis], c.Stride[axis], c.Pad[axis]
	if op == graph.OpConv {
		list := make([]reach, coarse)
		for o := range list {
			first := o*s - pad
			lo, hi := max(0, -first), min(k, fine-first)
			list[o] = reach{first + lo, lo, hi - lo}
		}
		return list
	}
	// Position i = o·s − pad + tap: the taps are those of remainder (i + pad) mod s, and the
	// sources o end at q = ⌊(i + pad)/s⌋ for the smallest of them.
	list := make([]reach, fine)
	for i := range list {
		rest, q := (i+pad)%s, (i+pad)/s
		if rest >= k {
			continue
		}
		taps, before := (k-1-rest)/s+1, rest*(k/s)+min(rest, k%s) // with this remainder, and with smaller ones
		first := q - taps + 1
		lo, hi := max(0, first), min(q, coarse-1)
		if lo <= hi {
			list[i] = reach{source: lo, tap: before + lo - first, n: hi - lo + 1}
		}
	}
	return list
}

// tapOrder is the order in which the taps of an axis are packed: as they are for a
// convolution; for its transpose such that taps of neighbouring sources are neighbours.
func tapOrder(op graph.Op, k, s int) []int {
	order := make([]int, 0, k)
	if op == graph.OpConv {
		for tap := range k {
			order = append(order, tap)
		}
		return order
	}
	for rest := range min(s, k) {
		for tap := rest + (k-1-rest)/s*s; tap >= 0; tap -= s {
			order = append(order, tap)
		}
	}
	return order
}

// convPlan is how the volume that goes out is computed: class after class.
type convPlan struct {
	m, terms int // channels that go out, terms of a sum
	classes  []convClass
}

// convClass is a set of positions, in one plane, that the same taps reach.
type convClass struct {
	runs      *simd.Runs
	positions []convPosition
}

// convPosition has the first features that a position reads and writes.
type convPosition struct{ from, to int32 }

func planConv(op graph.Op, c *graph.ConvGeometry) *convPlan {
	from, to := c.In, c.Out()
	in, out := c.Channels, c.Filters
	if op == graph.OpConvT {
		from, to, in, out = to, from, out, in
	}
	p := &convPlan{m: out, terms: c.Taps() * in}
	var axes [3][]reach
	for i := range axes {
		axes[i] = reaches(op, c, i)
	}
	type key [3][2]int // tap and n of each axis
	runs := map[key]*simd.Runs{}
	for z, rz := range axes[0] {
		plane := map[key]int{}
		for y, ry := range axes[1] {
			for x, rx := range axes[2] {
				k := key{{rz.tap, rz.n}, {ry.tap, ry.n}, {rx.tap, rx.n}}
				class, ok := plane[k]
				if !ok {
					if runs[k] == nil {
						runs[k] = newRuns(c, from, in, rz, ry, rx)
					}
					class = len(p.classes)
					plane[k] = class
					p.classes = append(p.classes, convClass{runs: runs[k]})
				}
				at := convPosition{to: int32(((z*to[1]+y)*to[2] + x) * out)}
				if rz.n > 0 && ry.n > 0 && rx.n > 0 {
					at.from = int32(((rz.source*from[1]+ry.source)*from[2] + rx.source) * in)
				}
				p.classes[class].positions = append(p.classes[class].positions, at)
			}
		}
	}
	return p
}

func newRuns(c *graph.ConvGeometry, from [3]int, in int, z, y, x reach) *simd.Runs {
	var list []simd.Run
	for i := range z.n {
		for j := range y.n {
			tap := ((z.tap+i)*c.Kernel[1]+y.tap+j)*c.Kernel[2] + x.tap
			list = append(list, simd.Run{A: tap * in, B: (i*from[1] + j) * from[2] * in, N: x.n * in})
		}
	}
	r := &simd.Runs{}
	r.Set(list, 1)
	return r
}

// panelChunk is the number of panels that use a part of the weights in turn, while
// their results stay in the level-2 cache.
const panelChunk = 24

// run computes the volume at dst from the one at src; g has the weights and
// the epilogue.
func (p *convPlan) run(b *block, g *simd.RunGemm) {
	perPosition := b.ld / simd.Lanes
	for i := range p.classes {
		class := &p.classes[i]
		n := 0
		for _, at := range class.positions {
			from, to := int(at.from)*b.ld, int(at.to)*b.ld
			for v := range perPosition {
				b.panels[n] = simd.Panel{B: from + v*simd.Lanes, C: to + v*simd.Lanes}
				if n++; n == panelChunk {
					g.Run(class.runs, b.panels[:n])
					n = 0
				}
			}
		}
		g.Run(class.runs, b.panels[:n])
	}
}
