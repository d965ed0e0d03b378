package rng

import "math"

// NormalRows fills a feature-major block with standard normals: dst[col*ld+i]
// is the element (row0+i, col) of the step, for i < rows and col < width;
// nothing else of dst is written. Any partition of rows gives the same values.
// Steps are below 2^48, widths at most 2^16. It does not allocate.
//
// Accuracy: the value that Normal returns, with an absolute error below 2e-11,
// rounded to float32.
func (s Stream) NormalRows(dst []float32, ld int, step, row0 uint64, rows, width int) {
	checkRows(len(dst), ld, step, rows, width)
	if rows == 0 {
		return
	}
	for col := 0; col < width; col += 4 {
		c2, c3 := counterTail(useNormal, step, col/4)
		d0 := dst[col*ld:][:rows]
		switch min(4, width-col) {
		case 4:
			s.normal4(d0, dst[(col+1)*ld:][:rows], dst[(col+2)*ld:][:rows], dst[(col+3)*ld:][:rows], row0, c2, c3)
		case 3:
			s.normal4(d0, dst[(col+1)*ld:][:rows], dst[(col+2)*ld:][:rows], nil, row0, c2, c3)
		case 2:
			s.normal2(d0, dst[(col+1)*ld:][:rows], row0, c2, c3)
		case 1:
			s.normal2(d0, nil, row0, c2, c3)
		}
	}
}

// normal4 fills three or four columns; d3 is nil where there are three.
func (s Stream) normal4(d0, d1, d2, d3 []float32, row0 uint64, c2, c3 uint32) {
	d1, d2 = d1[:len(d0)], d2[:len(d0)]
	for i := range d0 {
		row := row0 + uint64(i)
		x0, x1, x2, x3 := philox(s.k0, s.k1, uint32(row), uint32(row>>32), c2, c3)
		r, q := radius(x0), radius(x2)
		a, b := cosSin(x1)
		c, d := cosSin(x3)
		d0[i] = float32(r * a)
		d1[i] = float32(r * b)
		d2[i] = float32(q * c)
		if i < len(d3) {
			d3[i] = float32(q * d)
		}
	}
}

// normal2 fills one or two columns; d1 is nil where there is one.
func (s Stream) normal2(d0, d1 []float32, row0 uint64, c2, c3 uint32) {
	for i := range d0 {
		row := row0 + uint64(i)
		x0, x1, _, _ := philox(s.k0, s.k1, uint32(row), uint32(row>>32), c2, c3)
		r := radius(x0)
		a, b := cosSin(x1)
		d0[i] = float32(r * a)
		if i < len(d1) {
			d1[i] = float32(r * b)
		}
	}
}

// Normal returns element (row, col) of a step, a standard normal, computed in
// float64. NormalRows writes the same number to float32 precision.
func (s Stream) Normal(step, row uint64, col int) float64 {
	checkElement(step, col)
	c2, c3 := counterTail(useNormal, step, col/4)
	x := s.Block(uint32(row), uint32(row>>32), c2, c3)
	pair := col % 4 &^ 1
	u := (float64(x[pair]) + 0.5) * 0x1p-32
	sin, cos := math.Sincos(2 * math.Pi * (float64(x[pair+1]) * 0x1p-32))
	r := math.Sqrt(-2 * math.Log(u))
	if col%2 == 0 {
		return r * cos
	}
	return r * sin
}
