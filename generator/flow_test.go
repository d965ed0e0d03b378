package generator

import (
	"math"
	"testing"

	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
)

func testFlow(t *testing.T) *Flow {
	t.Helper()
	f := must(NewFlow(FlowConfig{Blocks: 4, Hidden: 1, Units: 8, Slope: 0.1}, []float64{0.5, 20}, 7))(t)
	f.Shift = []float64{1, -10}
	perturb(f.Params, 13)
	return f
}

// The density of a flow is normalised, in the units of the data.
func TestFlowDensityIntegrates(t *testing.T) {
	f := testFlow(t)
	e := newEngine(t, 2)
	_, x := draw(t, e, f, 0, 20000)
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, v := range x {
		lo[i%2], hi[i%2] = min(lo[i%2], float64(v)), max(hi[i%2], float64(v))
	}
	const bins = 500
	var step [2]float64
	for j := range 2 { // twice the range of 20000 points
		width := hi[j] - lo[j]
		lo[j] -= width / 2
		step[j] = 2 * width / bins
	}
	grid := make([]float32, 0, 2*bins*bins)
	for i := range bins {
		for j := range bins {
			grid = append(grid, float32(lo[0]+(float64(i)+0.5)*step[0]), float32(lo[1]+(float64(j)+0.5)*step[1]))
		}
	}
	sum := 0.0
	for _, l := range must(LogProb(e, f, grid))(t) {
		sum += math.Exp(l) * step[0] * step[1]
	}
	// The kinks of the network make the midpoint rule err by the square of the step.
	if math.Abs(sum-1) > 2e-3 {
		t.Errorf("the density integrates to %v", sum)
	}
}

// The engine's log-density is that of the float64 oracle.
func TestFlowDensityIsTheOracles(t *testing.T) {
	f := testFlow(t)
	const n = 200
	e := newEngine(t, 1)
	_, x := draw(t, e, f, 0, n)
	got := must(LogProb(e, f, x))(t)
	g := graph.New()
	out := f.BuildLogProb("", g.Input("x", 2))
	env := ref.Env{Rows: n, Input: map[string][]float64{"x": wide(x)}, Shared: map[string][]float64{}}
	for _, p := range f.Params.Tensors() {
		env.Shared[p.Name] = wide(f.Params.Values(p.Name))
	}
	want := must(ref.Eval(g, env, out))(t)[0]
	for i := range want {
		// float32 arithmetic of a value of some units through a few dozen operations
		if math.Abs(got[i]-want[i]) > 1e-4 {
			t.Errorf("point %d: %v; want %v", i, got[i], want[i])
		}
	}
}

func wide(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

// The uniform prior draws from (-1, 1) and has the density 2^-dim.
func TestUniformPrior(t *testing.T) {
	const n, dim = 20000, 3
	e := newEngine(t, 1)
	g := graph.New()
	z := Uniform.Build(g, "test", dim)
	p := must(e.Compile(g, cpu.Config{Seed: 1}, z, Uniform.LogProb(z)))(t)
	x, logp := make([]float32, n*dim), make([]float32, n)
	for i, dst := range [][]float32{x, logp} {
		if err := p.Into(i, dst); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Run(cpu.Batch{Rows: n}); err != nil {
		t.Fatal(err)
	}
	for j := range dim {
		mean, m2 := 0.0, 0.0
		for i := j; i < len(x); i += dim {
			v := float64(x[i])
			if !(v > -1 && v < 1) {
				t.Fatalf("latent %v", v)
			}
			mean, m2 = mean+v/n, m2+v*v/n
		}
		// E z = 0 ± √(1/3n), E z² = 1/3 ± √(4/45n): 4 standard errors
		if math.Abs(mean) > 4*math.Sqrt(1.0/3/n) || math.Abs(m2-1.0/3) > 4*math.Sqrt(4.0/45/n) {
			t.Errorf("column %d: mean %v, mean square %v; want 0 and 1/3", j, mean, m2)
		}
	}
	for _, l := range logp {
		if math.Abs(float64(l)+dim*math.Ln2) > 1e-6 {
			t.Fatalf("ln p = %v; want %v", l, -dim*math.Ln2)
		}
	}
}
