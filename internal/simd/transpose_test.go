package simd

import "testing"

func TestTranspose(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := newRand(1)
		for rows := 1; rows <= 40; rows++ {
			for cols := 1; cols <= 40; cols++ {
				checkTranspose(t, rows, cols, cols+r.IntN(3), rows+r.IntN(3), r.IntN(16))
			}
		}
		checkTranspose(t, 96, 336, 336, 96, 0)
	})
}

func checkTranspose(t *testing.T, rows, cols, lds, ldd, off int) {
	t.Helper()
	r := newRand(uint64(rows*1000 + cols))
	src := normals(r, (rows-1)*lds+cols, off)
	dst := sentinels((cols-1)*ldd+rows, off)
	Transpose(dst, ldd, src, lds, rows, cols)
	for i := range dst {
		want := sentinel
		if c, r := i/ldd, i%ldd; r < rows {
			want = src[r*lds+c]
		}
		if dst[i] != want {
			t.Fatalf("%d × %d, strides %d and %d: element %d is %v, want %v", rows, cols, lds, ldd, i, dst[i], want)
		}
	}
	checkAround(t, dst, "Transpose", off)
}

func TestTransposePanics(t *testing.T) {
	x, y := make([]float32, 12), make([]float32, 12)
	for name, f := range map[string]func(){
		"dst":    func() { Transpose(y[:11], 3, x, 4, 3, 4) },
		"src":    func() { Transpose(y, 3, x[:11], 4, 3, 4) },
		"stride": func() { Transpose(y, 2, x, 4, 3, 4) },
		"sign":   func() { Transpose(y, 3, x, 4, -3, 4) },
	} {
		if !panics(f) {
			t.Errorf("%s: no panic", name)
		}
	}
	Transpose(nil, 0, nil, 0, 0, 4)
}
