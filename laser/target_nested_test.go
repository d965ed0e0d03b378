package laser

import (
	"math"
	"testing"

	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/generator"
	"etalon/graph"
	"etalon/rng"
)

// A model of two rounds has a target like any other: its latents are those of the
// second refiner, and the gradient goes through all parts (float64 oracle, central
// differences).
func TestTargetOfTwoRounds(t *testing.T) {
	const n, h = 60, 1e-6
	e := cpu.New(1)
	defer e.Close()
	flow, f := newModels(t)
	compose := func(g, phi generator.Generator, err error) *generator.Composed {
		if err != nil {
			t.Fatal(err)
		}
		c, err := generator.Compose(g, phi)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	gan, err := generator.NewGAN(generator.GANConfig{Latent: 3, Hidden: 1, Units: 8, Slope: 0.1, Prior: generator.Uniform}, []float64{1, 1}, 3)
	first := compose(flow, gan, err)
	second, err := generator.NewFlow(generator.FlowConfig{Blocks: 2, Hidden: 1, Units: 8, Slope: 0.1, Coupling: "spline", Bins: 4}, []float64{1, 1, 1}, 4)
	c := compose(first, second, err)
	target, err := NewTarget(e, c, f)
	if err != nil {
		t.Fatal(err)
	}
	if target.Dim() != 3 || c.Prior() != generator.Normal {
		t.Fatalf("%d latents, %s", target.Dim(), c.Prior())
	}
	y := make([]float32, 3*n)
	rng.New(1, "y").NormalRows(y, 1, 0, 0, 1, len(y))
	logq, grad := make([]float64, n), make([]float32, 3*n)
	if err := target.LogDensityGrad(y, logq, grad); err != nil {
		t.Fatal(err)
	}
	g := graph.New()
	out := f.Build("f/", c.Build("g/", g.Input("y", 3)))
	env := ref.Env{Rows: n, Shared: map[string][]float64{}}
	share(env.Shared, "g/g/g/", flow.Params)
	share(env.Shared, "g/g/phi/", gan.Params)
	share(env.Shared, "g/phi/", second.Params)
	share(env.Shared, "f/", f.Params)
	value := func(j int, h float64) []float64 {
		moved := wide(y)
		for i := range n {
			moved[3*i+j] += h
		}
		env.Input = map[string][]float64{"y": moved}
		v, err := ref.Eval(g, env, out)
		if err != nil {
			t.Fatal(err)
		}
		q := v[0]
		for i := range n {
			for _, y := range moved[3*i : 3*i+3] {
				q[i] -= y*y/2 + 0.5*math.Log(2*math.Pi)
			}
		}
		return q
	}
	at := value(0, 0)
	for j := range 3 {
		above, below := value(j, h), value(j, -h)
		bad := 0
		for i := range n {
			if math.Abs(at[i]-logq[i]) > 1e-4 {
				t.Errorf("point %d: ln q = %v; want %v", i, logq[i], at[i])
			}
			if slope := (above[i] - below[i]) / (2 * h); math.Abs(slope-float64(grad[3*i+j])) > 1e-3*(1+math.Abs(slope)) {
				bad++
			}
		}
		if bad > 1 { // a kink of a network may lie within the difference
			t.Errorf("latent %d: %d of %d gradients differ", j, bad, n)
		}
	}
}
