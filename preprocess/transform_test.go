package preprocess_test

import (
	"math"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
	"etalon/preprocess"
	"etalon/rng"
)

// mixed has every kind, in no order.
var mixed = preprocess.Transform{
	{Kind: preprocess.Logit, Lo: -1, Hi: 3.15}, {}, {Kind: preprocess.Log}, {Kind: preprocess.None},
	{Kind: preprocess.Log, Offset: 2.5}, {Kind: preprocess.Logit, Lo: 100, Hi: 101},
}

// network returns rows of what a network makes, up to ±spread.
func network(n int, spread float64) []float32 {
	y := make([]float32, n*len(mixed))
	rng.New(1, "rows").NormalRows(y, 1, 0, 0, 1, len(y))
	for i := range y {
		y[i] *= float32(spread)
	}
	return y
}

func wide(v []float32) []float64 {
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = float64(x)
	}
	return w
}

// run evaluates what build makes of rows in float32 and in float64.
func run(t *testing.T, x []float32, width int, build func(x *graph.Node) *graph.Node) (single []float32, double []float64) {
	t.Helper()
	n := len(x) / len(mixed)
	g := graph.New()
	out := build(g.Input("x", len(mixed)))
	e := cpu.New(1)
	defer e.Close()
	p, err := e.Compile(g, cpu.Config{}, out)
	if err != nil {
		t.Fatal(err)
	}
	single = make([]float32, n*width)
	if err := p.Feed("x", cpu.Rows{Data: x}); err != nil {
		t.Fatal(err)
	}
	if err := p.Into(0, single); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(cpu.Batch{Rows: n}); err != nil {
		t.Fatal(err)
	}
	v, err := ref.Eval(g, ref.Env{Rows: n, Input: map[string][]float64{"x": wide(x)}}, out)
	if err != nil {
		t.Fatal(err)
	}
	return single, v[0]
}

// The graphs are the functions of rows, in both engines.
func TestGraphs(t *testing.T) {
	y := network(300, 2)
	x := make([]float32, len(y))
	mixed.Inverse(x, y)
	if err := mixed.CheckRows(x, nil, 0); err != nil {
		t.Fatal(err)
	}
	back := make([]float32, len(y))
	mixed.Forward(back, x)
	forward, forward64 := run(t, x, len(mixed), mixed.Build)
	inverse, inverse64 := run(t, y, len(mixed), func(y *graph.Node) *graph.Node { x, _ := mixed.BuildInverse(y); return x })
	for i := range y {
		// x near 101 is known to 8e-6, the logit to 8e-6/(u(1-u)); that of |y| < 9 to 0.07.
		tol := 1e-5 * (1 + math.Abs(float64(y[i])))
		if i%len(mixed) == 5 {
			tol = 8e-6 * (2 + 2*math.Cosh(float64(y[i])))
		}
		for name, v := range map[string]float64{"inverse and forward": float64(back[i]), "engine": float64(forward[i]), "oracle": forward64[i]} {
			if d := math.Abs(v - float64(y[i])); !(d <= tol) {
				t.Fatalf("column %d, %s: %v of %v, by %v", i%len(mixed), name, v, y[i], d)
			}
		}
		for name, v := range map[string]float64{"engine": float64(inverse[i]), "oracle": inverse64[i]} {
			if d := math.Abs(v - float64(x[i])); !(d <= 1e-6*math.Abs(float64(x[i]))+1e-6) {
				t.Fatalf("column %d, inverse, %s: %v; want %v", i%len(mixed), name, v, x[i])
			}
		}
	}
}

// The log-determinants are those of the analytic derivatives, on both ways.
func TestJacobian(t *testing.T) {
	y := network(200, 1)
	x := make([]float32, len(y))
	mixed.Inverse(x, y)
	_, there := run(t, x, 1, func(x *graph.Node) *graph.Node { _, d := mixed.BuildDensity(x); return d })
	_, back := run(t, y, 1, func(y *graph.Node) *graph.Node { _, d := mixed.BuildInverse(y); return d })
	for i := range there {
		v := wide(x[i*len(mixed) : (i+1)*len(mixed)])
		lo, hi := -1.0, float64(float32(3.15))
		want := math.Log((hi-lo)/((v[0]-lo)*(hi-v[0]))) - math.Log(v[2]) - math.Log(v[4]+2.5) + math.Log(1/((v[5]-100)*(101-v[5])))
		if math.Abs(there[i]-want) > 1e-9 {
			t.Fatalf("row %d: %v; want %v", i, there[i], want)
		}
		if math.Abs(back[i]-want) > 1e-3 { // x is rounded to float32
			t.Fatalf("row %d, inverse: %v; want %v", i, back[i], want)
		}
	}
}

// Gradients of T⁻¹ are those of finite differences in float64.
func TestGradient(t *testing.T) {
	y := network(20, 1)
	g := graph.New()
	in := g.Input("x", len(mixed))
	x, logDet := mixed.BuildInverse(in)
	sum := graph.Add(graph.SumFeatures(x), logDet)
	grad, err := graph.Grad(sum, in)
	if err != nil {
		t.Fatal(err)
	}
	at := func(y []float64, out *graph.Node) []float64 {
		v, err := ref.Eval(g, ref.Env{Rows: len(y) / len(mixed), Input: map[string][]float64{"x": y}}, out)
		if err != nil {
			t.Fatal(err)
		}
		return v[0]
	}
	got := at(wide(y), grad[0])
	const h = 1e-5
	for i := range y {
		up, down := wide(y), wide(y)
		up[i] += h
		down[i] -= h
		want := (at(up, sum)[i/len(mixed)] - at(down, sum)[i/len(mixed)]) / (2 * h)
		if math.Abs(got[i]-want) > 1e-6*(1+math.Abs(want)) {
			t.Fatalf("column %d: %v; want %v", i%len(mixed), got[i], want)
		}
	}
}

// Whatever a network makes, its inverse is inside of the bounds, and finite, in both
// engines and of rows; and forward of any value is finite.
func TestBounds(t *testing.T) {
	y := network(1000, 40)
	for j := range mixed {
		y[j], y[len(mixed)+j] = 3e38, -3e38
	}
	x := make([]float32, len(y))
	mixed.Inverse(x, y)
	engine, _ := run(t, y, len(mixed), func(y *graph.Node) *graph.Node { x, _ := mixed.BuildInverse(y); return x })
	logDet, _ := run(t, y[2*len(mixed):], 1, func(y *graph.Node) *graph.Node { _, d := mixed.BuildInverse(y); return d })
	for _, v := range logDet {
		if v-v != 0 {
			t.Fatalf("log-determinant %v", v)
		}
	}
	for name, x := range map[string][]float32{"rows": x, "engine": engine} {
		if err := mixed.CheckRows(x, nil, 0); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		z, _ := run(t, x, len(mixed), mixed.Build)
		for i, v := range z {
			if v-v != 0 {
				t.Fatalf("%s: column %d: T(%v) = %v", name, i%len(mixed), x[i], v)
			}
		}
	}
	// A density beyond the bounds is 0.
	outside := append([]float32(nil), x[:2*len(mixed)]...)
	copy(outside, []float32{0, 0, 1, 0, 0, 100.5})
	copy(outside[len(mixed):], []float32{3.5, 0, 1, 0, 0, 100.5})
	d, d64 := run(t, outside, 1, func(x *graph.Node) *graph.Node { _, d := mixed.BuildDensity(x); return d })
	if d[0]-d[0] != 0 || !math.IsInf(float64(d[1]), -1) || !math.IsInf(d64[1], -1) {
		t.Errorf("log-determinants %v, %v inside and outside", d, d64)
	}
}

func TestCheckRows(t *testing.T) {
	good := []float32{3.15, -1e30, 1e-30, 0, -2.4999998, 100}
	if err := mixed.CheckRows(good, nil, 0); err != nil {
		t.Error(err)
	}
	nan := float32(math.NaN())
	for _, bad := range []struct {
		column int
		value  float32
		says   string
	}{
		{0, 3.1500003, `row 8, column "a": 3.1500003; logit(-1,3.15) accepts values from -1 to 3.15`},
		{0, nan, `row 8, column "a": NaN`},
		{2, 0, `row 8, column "c": 0; log accepts values above 0`},
		{2, float32(math.Inf(1)), `column "c": +Inf`},
		{4, -2.5, `column "e": -2.5; log(2.5) accepts values above -2.5`},
		{5, 99.99, `column "f"`},
	} {
		x := append(append([]float32(nil), good...), good...)
		x[len(good)+bad.column] = bad.value
		err := mixed.CheckRows(x, []string{"a", "b", "c", "d", "e", "f"}, 7)
		if err == nil || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%v; want %q", err, bad.says)
		}
	}
}
