package rng

// lastUniform is the largest word whose uniform is below 1 in float32.
const lastUniform = 1<<32 - 129

// unit maps a word to the open unit interval.
func unit(x uint32) float64 {
	return (float64(min(x, lastUniform)) + 0.5) * 0x1p-32
}

// UniformRows fills a feature-major block with uniforms on the open interval
// (0, 1): dst[col*ld+i] is the element (row0+i, col) of the step, for i < rows
// and col < width; nothing else of dst is written. Any partition of rows gives
// the same values. Steps are below 2^48, widths at most 2^16. It does not
// allocate.
func (s Stream) UniformRows(dst []float32, ld int, step, row0 uint64, rows, width int) {
	checkRows(len(dst), ld, step, rows, width)
	if rows == 0 {
		return
	}
	for col := 0; col < width; col += 4 {
		c2, c3 := counterTail(useUniform, step, col/4)
		d0 := dst[col*ld:][:rows]
		d1, d2, d3 := d0, d0, d0
		n := min(4, width-col)
		switch n {
		case 4:
			d3 = dst[(col+3)*ld:][:rows]
			fallthrough
		case 3:
			d2 = dst[(col+2)*ld:][:rows]
			fallthrough
		case 2:
			d1 = dst[(col+1)*ld:][:rows]
		}
		for i := range d0 {
			row := row0 + uint64(i)
			x0, x1, x2, x3 := philox(s.k0, s.k1, uint32(row), uint32(row>>32), c2, c3)
			// The columns that are absent alias d0 and are overwritten by it.
			d3[i] = float32(unit(x3))
			d2[i] = float32(unit(x2))
			d1[i] = float32(unit(x1))
			d0[i] = float32(unit(x0))
		}
	}
}

// Uniform returns element (row, col) of a step, on (0, 1). UniformRows writes
// the same number rounded to float32.
func (s Stream) Uniform(step, row uint64, col int) float64 {
	checkElement(step, col)
	c2, c3 := counterTail(useUniform, step, col/4)
	x := s.Block(uint32(row), uint32(row>>32), c2, c3)
	return unit(x[col%4])
}
