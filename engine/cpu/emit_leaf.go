package cpu

import (
	"etalon/graph"
	"etalon/internal/simd"
)

// emitLeaf makes the kernel of a leaf.
func (c *compiler) emitLeaf(n *graph.Node, dst loc) func(b *block) {
	switch n.Op {
	case graph.OpInput:
		k, ok := c.p.inputOf[n.Name]
		if !ok {
			k = len(c.p.inputs)
			c.p.inputOf[n.Name] = k
			c.p.inputs = append(c.p.inputs, input{node: n})
		}
		return func(b *block) { b.gather(b.at(dst), b.p.inputs[k].rows, dst.width) }
	case graph.OpRandomNormal, graph.OpRandomUniform:
		s, normal := streamOf(c.cfg, n), n.Op == graph.OpRandomNormal
		return func(b *block) {
			out, row0 := b.at(dst), b.p.batch.Row0+uint64(b.first)
			if normal {
				s.NormalRows(out, b.ld, b.p.batch.Step, row0, b.ld, dst.width)
			} else {
				s.UniformRows(out, b.ld, b.p.batch.Step, row0, b.ld, dst.width)
			}
		}
	}
	panic("cpu: no kernel for " + n.String())
}

// gather loads the block's rows of an input, feature-major. Lanes past the last
// row repeat it, so that they stay ordinary numbers.
func (b *block) gather(out []float32, rows Rows, width int) {
	if rows.Index == nil {
		simd.Transpose(out, b.ld, rows.Data[b.first*width:(b.first+b.rows)*width], width, b.rows, width)
	} else {
		index := rows.Index[b.first : b.first+b.rows]
		switch width {
		case 1:
			for i, r := range index {
				out[i] = rows.Data[r]
			}
		case 2:
			x, y := out[:len(index)], out[b.ld:b.ld+len(index)]
			for i, r := range index {
				v := rows.Data[2*int(r):][:2]
				x[i], y[i] = v[0], v[1]
			}
		default:
			const part = 64 // features whose lines stay in the level-1 cache
			for lo := 0; lo < width; lo += part {
				hi := min(lo+part, width)
				for i, r := range index {
					for j, v := range rows.Data[int(r)*width+lo : int(r)*width+hi] {
						out[(lo+j)*b.ld+i] = v
					}
				}
			}
		}
	}
	for j := range width {
		f := out[j*b.ld : (j+1)*b.ld]
		simd.Fill(f[b.rows:], f[b.rows-1])
	}
}

// writeOut copies row output k of the block to the caller's rows.
func (b *block) writeOut(k int) {
	o := &b.p.rowOuts[k]
	if o.dst == nil {
		return
	}
	w := o.from.width
	simd.Transpose(o.dst[b.first*w:(b.first+b.rows)*w], w, b.at(o.from), b.ld, w, b.rows)
}
