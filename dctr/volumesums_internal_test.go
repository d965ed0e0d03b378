package dctr

import (
	"math"
	"testing"

	"etalon/engine/ref"
	"etalon/graph"
)

// rows of volumes as Examples
type rows struct {
	dim int
	x   []float32
}

func (r rows) Len() int { return len(r.x) / r.dim }
func (r rows) Dim() int { return r.dim }
func (r rows) Expand(which []uint32, dst []float32) {
	for k, i := range which {
		copy(dst[k*r.dim:(k+1)*r.dim], r.x[int(i)*r.dim:])
	}
}

// The sums in the graph are those of the cells, less their mean and by their standard
// deviation over the measured volumes; a layer that is always empty stays zero.
func TestSums(t *testing.T) {
	v := Volume{Positions: [3]int{3, 2, 2}, Filters: []int{2}, Stride: []int{1}, Pad: []int{0}, Kernel: 2, Sums: true}
	x := []float32{
		1, 0, 0, 2 /**/, 0, 4, 0, 0 /**/, 0, 0, 0, 0,
		0, 0, 0, 0 /**/, 1, 1, 1, 1 /**/, 0, 0, 0, 0,
		8, 0, 1, 0 /**/, 0, 0, 0, 3 /**/, 0, 0, 0, 0,
		0, 0, 0, 0 /**/, 0, 0, 0, 0 /**/, 0, 0, 0, 0,
	}
	want := [][]float64{
		{3, 4, 0, 2, 1, 0, 7, 3, (3*1 + 4*2) / 7.},
		{0, 4, 0, 0, 4, 0, 4, 4, 2},
		{9, 3, 0, 2, 1, 0, 12, 3, (9*1 + 3*2) / 12.},
		{0, 0, 0, 0, 0, 0, 0, 0, 0},
	}
	if err := v.MeasureSums(rows{12, x[:24]}, rows{12, x[24:]}); err != nil {
		t.Fatal(err)
	}
	if err := v.Check(); err != nil {
		t.Fatal(err)
	}
	g := graph.New()
	out := v.buildSums(g.Input("x", 12))
	in := make([]float64, len(x))
	for i, e := range x {
		in[i] = float64(e)
	}
	got, err := ref.Eval(g, ref.Env{Rows: 4, Input: map[string][]float64{"x": in}}, out)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 9 {
		var mean, sd float64
		for _, row := range want {
			mean += row[k] / 4
		}
		for _, row := range want {
			sd += (row[k] - mean) * (row[k] - mean) / 4
		}
		if sd == 0 {
			sd = 1
		}
		for i, row := range want {
			if w := (row[k] - mean) / math.Sqrt(sd); math.Abs(got[0][i*9+k]-w) > 1e-9 {
				t.Errorf("sum %d of volume %d is %v; %v is right", k, i, got[0][i*9+k], w)
			}
		}
	}
	if v.flat()+9 != v.dense()[0].In {
		t.Errorf("the first dense layer has %d inputs", v.dense()[0].In)
	}
	for name, bad := range map[string]func(v *Volume){
		"length": func(v *Volume) { v.SumMean = v.SumMean[1:] },
		"scale":  func(v *Volume) { v.SumScale = append([]float64{0}, v.SumScale[1:]...) },
		"number": func(v *Volume) { v.SumMean = append([]float64{math.NaN()}, v.SumMean[1:]...) },
	} {
		b := v
		if bad(&b); b.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if v.MeasureSums() == nil || v.MeasureSums(rows{6, x[:6]}) == nil {
		t.Error("no volumes, or volumes of other sizes, are measured")
	}
}
