package cpu

import (
	"etalon/graph"
	"etalon/internal/simd"
)

// Operations on volumes have as many features as there are positions and channels.
// Those that treat features one by one are loops here, not chains with a step for
// each.

const (
	wideFrom    = 512 // features from which a tensor is one of these
	wideSumFrom = 128 // terms from which a sum of features is made of partial sums,
	sumTerms    = 64  // of so many terms
)

// emitWide makes an elementwise operation some of whose operands are broadcast.
func (c *compiler) emitWide(n *graph.Node, in []operand, dst loc, ph *phase) {
	if n.Op == graph.OpSelect || n.Op == graph.OpLeakyMask {
		c.p.scratch = max(c.p.scratch, len(in))
		slope := float32(n.Attr.Alpha)
		ph.rows = append(ph.rows, func(b *block) {
			var src [3][]float32
			for j := range dst.width {
				for i, o := range in {
					src[i] = b.scratch[i*b.ld:][:b.ld]
					if o.rows {
						src[i] = b.feature(o.at, o.element(j))
					} else {
						simd.Fill(src[i], b.p.shared[o.shared][o.element(j)])
					}
				}
				if to := b.feature(dst, j); n.Op == graph.OpSelect {
					simd.Select(to, src[0], src[1], src[2])
				} else {
					simd.LeakyMask(to, src[0], src[1], slope)
				}
			}
		})
		return
	}
	k, x, y := elementKernels[n.Op], in[0], in[1]
	one, other := x.stretch(dst.width), y.stretch(dst.width)
	if step := min(one, other); step > 1 && max(one, other)%step == 0 {
		ph.rows = append(ph.rows, func(b *block) {
			to, from, with := b.at(dst), b.at(x.at), b.at(y.at)
			size := step * b.ld
			for j := 0; j < dst.width; j += step {
				k.vv(to[j*b.ld:][:size], from[x.element(j)*b.ld:][:size], with[y.element(j)*b.ld:][:size])
			}
		})
		return
	}
	ph.rows = append(ph.rows, func(b *block) {
		for j := range dst.width {
			to := b.feature(dst, j)
			switch {
			case x.rows && y.rows:
				k.vv(to, b.feature(x.at, x.element(j)), b.feature(y.at, y.element(j)))
			case x.rows:
				k.vs(to, b.feature(x.at, x.element(j)), b.p.shared[y.shared][y.element(j)])
			default:
				k.sv(to, b.feature(y.at, y.element(j)), b.p.shared[x.shared][x.element(j)])
			}
		}
	})
}

// stretch is the number of features of the operand that meet as many features of a
// tensor of the given width, one by one, from any multiple of that number on, or of a divisor.
func (o operand) stretch(width int) int {
	switch {
	case o.whole(width):
		return width
	case o.rows && o.inner == 1:
		return o.width
	}
	return 1
}

// permutedRun is a run of features that a permutation keeps together.
type permutedRun struct{ to, from, n int }

func permutedRuns(perm []int) []permutedRun {
	var runs []permutedRun
	for j, from := range perm {
		if k := len(runs) - 1; k >= 0 && runs[k].from+runs[k].n == from {
			runs[k].n++
		} else {
			runs = append(runs, permutedRun{j, from, 1})
		}
	}
	return runs
}

func (c *compiler) emitWidePermute(a, dst loc, runs []permutedRun, ph *phase) {
	ph.rows = append(ph.rows, func(b *block) {
		src, out := b.at(a), b.at(dst)
		for _, r := range runs {
			copy(out[r.to*b.ld:][:r.n*b.ld], src[r.from*b.ld:])
		}
	})
}

func (c *compiler) emitRepeat(n *graph.Node, dst loc, ph *phase) {
	a, outer, inner := c.locate(n.In[0]), n.Attr.Outer, n.Attr.Inner
	ph.rows = append(ph.rows, func(b *block) {
		src, out := b.at(a), b.at(dst)
		period := a.width * inner * b.ld
		for j := range a.width {
			for i := range inner {
				copy(out[(j*inner+i)*b.ld:][:b.ld], src[j*b.ld:])
			}
		}
		for o := 1; o < outer; o++ {
			copy(out[o*period:][:period], out[:period])
		}
	})
}

func (c *compiler) emitSumRepeats(n *graph.Node, dst loc, ph *phase) {
	c.sumFeatures(c.locate(n.In[0]), dst, n.Attr.Outer, n.Attr.Inner, ph)
}

// sumFeatures adds up, for each feature j of dst, the features (o·width + j)·inner + i of a.
// With outer = inner = 1 and dst one feature wide it is the sum of all.
// A sum is made of partial sums of 64 terms, and these of sums of 64, so that
// its error grows with the logarithm of the number of terms.
func (c *compiler) sumFeatures(a, dst loc, outer, inner int, ph *phase) {
	if outer == 1 && inner == 1 {
		inner = a.width / dst.width
	}
	levels := 1
	for n := outer * inner; n > sumTerms; n = (n + sumTerms - 1) / sumTerms {
		levels++
	}
	c.p.scratch = max(c.p.scratch, levels*dst.width)
	step := 1 // features of a that are neighbours, as those of dst are
	if inner == 1 {
		step = dst.width
	}
	ph.rows = append(ph.rows, func(b *block) {
		size := dst.width * b.ld // of the partial sums of a level
		src, part := b.at(a), b.scratch[:levels*size]
		count := 0
		for o := range outer {
			for i := range inner {
				for j := 0; j < dst.width; j += step { // the first term of a partial sum is copied
					from := src[((o*dst.width+j)*inner+i)*b.ld:][:step*b.ld]
					to := part[j*b.ld:][:step*b.ld]
					if count%sumTerms == 0 {
						copy(to, from)
					} else {
						simd.Add(to, to, from)
					}
				}
				count++
				carry(part, size, count, count == outer*inner)
			}
		}
		copy(b.at(dst), part[(levels-1)*size:])
	})
}

// carry adds full partial sums, or in the end all, to those of the next level.
func carry(part []float32, size, count int, last bool) {
	n := count
	for k := 0; (k+2)*size <= len(part); k++ {
		if n%sumTerms != 0 && !last {
			return
		}
		n = (n + sumTerms - 1) / sumTerms // terms of the next level so far
		from, to := part[k*size:(k+1)*size], part[(k+1)*size:(k+2)*size]
		if n%sumTerms == 1 {
			copy(to, from)
		} else {
			simd.Add(to, to, from)
		}
	}
}
