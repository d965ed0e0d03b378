package cpu_test

import (
	"math"
	"testing"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/graph/graphtest"
	"etalon/internal/simd"
	"etalon/rng"
)

// Lanes past the last row hold numbers that belong to nobody. Here they hold
// logarithms of negative numbers, and no sum may see them.
func TestPaddedLanesStayOut(t *testing.T) {
	const rows = 5 // of 16 lanes
	lowest := func(s rng.Stream, from, to uint64) float64 {
		v := 1.0
		for r := from; r < to; r++ {
			v = math.Min(v, s.Uniform(testStep, r, 0))
		}
		return v
	}
	// A stream whose deviates are larger in the rows than in the padding.
	name, inside, outside := "u", 0.0, 1.0
	for ; outside > 0.5*inside; name += "u" {
		s := rng.New(testSeed, name+"u")
		inside, outside = lowest(s, 0, rows), lowest(s, rows, simd.Lanes)
	}
	g := graph.New()
	x := g.Input("x", 3)
	y := graph.Log(graph.AddScalar(g.RandomUniform(name, 1), -(inside+outside)/2)) // NaN in the padding
	z := graph.Mul(graph.Sqrt(graph.Neg(y)), x)
	outs := []*graph.Node{y, z, graph.SumRows(y), graph.OuterSum(y, x), graph.OuterSum(x, y), graph.OuterSum(graph.Concat(y, y, y, y, y), z),
		graph.MeanRows(graph.Mul(z, graph.MeanRows(z))), graph.OuterSum(z, z), graph.Exp(graph.SumRows(z))}
	d := graphtest.Draw(g, rows, 1)
	want := reference(t, g, d, outs...)
	for i, o := range outs {
		for _, w := range want[i] {
			if math.IsNaN(w) {
				t.Fatalf("%v is NaN in the reference already", o)
			}
		}
	}
	e := engine(t, 1)
	atLevels(func(level simd.Level) {
		compare(t, level.String(), outs, run(t, e, g, d, 0, outs...), want, 1e-5)
	})
}

// What an earlier batch left in the buffers does not matter to the next, be it
// longer, shorter or full of NaN.
func TestBuffersKeepNothing(t *testing.T) {
	e := engine(t, 2)
	g, outs := trainingGraph(t)
	grid := []int{700, 3, 48, 1000, 1, 500}
	atLevels(func(level simd.Level) {
		dirty, _ := compile(t, e, g, graphtest.Draw(g, 1000, 1), 96, outs...)
		nan := make([]float32, 5000)
		for i := range nan {
			nan[i] = float32(math.NaN())
		}
		for k, rows := range grid {
			d := graphtest.Draw(g, rows, uint64(k))
			want := run(t, e, g, d, 96, outs...)
			for name := range d.Input {
				if err := dirty.Feed(name, cpu.Rows{Data: nan}); err != nil {
					t.Fatal(err)
				}
			}
			for i, o := range outs {
				if o.Rows {
					if err := dirty.Into(i, nil); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := dirty.Run(cpu.Batch{Rows: 1000}); err != nil {
				t.Fatal(err)
			}
			got := make([][]float32, len(outs))
			for name, x := range graphtest.Float32(d.Input) {
				if err := dirty.Feed(name, cpu.Rows{Data: x}); err != nil {
					t.Fatal(err)
				}
			}
			for name, x := range graphtest.Float32(d.Shared) {
				if err := dirty.Bind(name, x); err != nil {
					t.Fatal(err)
				}
			}
			for i, o := range outs {
				if o.Rows {
					got[i] = make([]float32, rows*o.Width())
					if err := dirty.Into(i, got[i]); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := dirty.Run(cpu.Batch{Rows: rows, Step: testStep}); err != nil {
				t.Fatal(err)
			}
			for i, o := range outs {
				if !o.Rows {
					got[i] = dirty.Shared(i)
				}
			}
			sameBits(t, level.String(), outs, got, want)
		}
	})
}

// A row of NaN or infinity stays a matter of that row.
func TestBadRowsStayAlone(t *testing.T) {
	e := engine(t, 2)
	g := graph.New()
	x := g.Input("x", 4)
	h := mlp(g, x, "f", 20, 9, 3)
	y := graph.Concat(graph.Tanh(h), graph.Log(graph.Softplus(x)), graph.Select(h, graph.Slice(x, 0, 1), g.Scalar(1)))
	p := graph.SumFeatures(graph.Sigmoid(y))
	grads, err := graph.Grad(p, x)
	if err != nil {
		t.Fatal(err)
	}
	outs := []*graph.Node{h, y, p, grads[0]}
	const rows = 200
	d := graphtest.Draw(g, rows, 1)
	bad := map[int]float64{0: math.NaN(), 50: math.Inf(1), 111: math.Inf(-1), 199: math.NaN()}
	atLevels(func(level simd.Level) {
		want := run(t, e, g, d, 48, outs...)
		spoiled := graphtest.Data{Rows: rows, Input: map[string][]float64{"x": append([]float64{}, d.Input["x"]...)}, Shared: d.Shared}
		for r, v := range bad {
			for j := range 4 {
				spoiled.Input["x"][4*r+j] = v
			}
		}
		got := run(t, e, g, spoiled, 48, outs...)
		for i, o := range outs {
			w := o.Width()
			for r := range rows {
				v, isBad := bad[r]
				if isBad && math.IsNaN(v) && i != 1 && !math.IsNaN(float64(got[i][r*w])) {
					t.Errorf("%v, %v: a row of NaN gave %v", level, o, got[i][r*w])
				}
				if isBad {
					copy(got[i][r*w:(r+1)*w], want[i][r*w:(r+1)*w])
				}
			}
		}
		sameBits(t, level.String(), outs, got, want)
	})
}
