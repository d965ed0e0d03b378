package laser

import (
	"math"
	"testing"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/generator"
	"etalon/graph"
	"etalon/nn"
	"etalon/rng"
)

func wide(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

func share(env map[string][]float64, prefix string, p *nn.Params) {
	for _, t := range p.Tensors() {
		env[prefix+t.Name] = wide(p.Values(t.Name))
	}
}

func newModels(t *testing.T) (*generator.Flow, *dctr.Classifier) {
	t.Helper()
	flow, err := generator.NewFlow(generator.FlowConfig{Blocks: 4, Hidden: 1, Units: 8, Slope: 0.1}, []float64{2, 0.5}, 1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := dctr.New(dctr.Config{Hidden: 2, Units: 16, Slope: 0.1, Start: "torch"}, flow.Scale, 2)
	if err != nil {
		t.Fatal(err)
	}
	f.Shift = []float64{0.25, -1}
	return flow, f
}

// The target is ln p_Z(z) + ln w(g(z)), with its gradient: both are held against the
// float64 oracle, the gradient by central differences.
func TestTarget(t *testing.T) {
	const n, h = 100, 1e-6
	e := cpu.New(1)
	defer e.Close()
	flow, f := newModels(t)
	target, err := NewTarget(e, flow, f)
	if err != nil {
		t.Fatal(err)
	}
	z := make([]float32, 2*n)
	rng.New(1, "z").NormalRows(z, 1, 0, 0, 1, 2*n)
	logq, grad, logp := make([]float64, n), make([]float32, 2*n), make([]float64, n)
	if err := target.LogDensityGrad(z, logq, grad); err != nil {
		t.Fatal(err)
	}
	if err := target.LogPrior(z, logp); err != nil {
		t.Fatal(err)
	}

	g := graph.New()
	in := g.Input("z", 2)
	out := f.Build("f/", flow.Build("g/", in))
	env := ref.Env{Rows: n, Shared: map[string][]float64{}}
	share(env.Shared, "g/", flow.Params)
	share(env.Shared, "f/", f.Params)
	value := func(j int, h float64) []float64 {
		moved := wide(z)
		for i := range n {
			moved[2*i+j] += h
		}
		env.Input = map[string][]float64{"z": moved}
		v, err := ref.Eval(g, env, out)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			v[0][i] -= (moved[2*i]*moved[2*i]+moved[2*i+1]*moved[2*i+1])/2 + math.Log(2*math.Pi)
		}
		return v[0]
	}
	at := value(0, 0)
	for i := range n {
		// float32 arithmetic through some dozens of operations
		if math.Abs(logq[i]-at[i]) > 1e-4*(1+math.Abs(at[i])) {
			t.Errorf("point %d: ln q = %v; want %v", i, logq[i], at[i])
		}
		x, y := float64(z[2*i]), float64(z[2*i+1])
		if want := -(x*x+y*y)/2 - math.Log(2*math.Pi); math.Abs(logp[i]-want) > 1e-5 {
			t.Errorf("point %d: ln p = %v; want %v", i, logp[i], want)
		}
	}
	for j := range 2 {
		up, down := value(j, h), value(j, -h)
		for i := range n {
			want := (up[i] - down[i]) / (2 * h)
			if got := float64(grad[2*i+j]); math.Abs(got-want) > 1e-3*(1+math.Abs(want)) {
				t.Errorf("point %d: ∂ln q/∂z%d = %v; want %v", i, j+1, got, want)
			}
		}
	}
}

// The exact weights are ln p_T(x) - ln p_G(x), p_G by the float64 oracle.
func TestExactLogWeights(t *testing.T) {
	const n = 1000
	e := cpu.New(2)
	defer e.Close()
	flow, _ := newModels(t)
	for _, name := range dataset.Names() {
		d, err := dataset.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if d.Dim() != 2 {
			continue
		}
		x := make([]float32, 2*n)
		dataset.Sample(d, x, rng.New(1, "x"), 0)
		r := &Run{e: e, density: d, truth: &truth{dim: 2}}
		got, err := r.exactLogWeights(flow, x)
		if err != nil {
			t.Fatal(err)
		}
		g := graph.New()
		out := flow.BuildLogProb("", g.Input("x", 2))
		env := ref.Env{Rows: n, Input: map[string][]float64{"x": wide(x)}, Shared: map[string][]float64{}}
		share(env.Shared, "", flow.Params)
		logp, err := ref.Eval(g, env, out)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			want := d.LogProb(env.Input["x"][2*i:2*i+2]) - logp[0][i]
			if !(math.Abs(got[i]-want) <= 1e-4*(1+math.Abs(logp[0][i]))) {
				t.Errorf("%s, point %d: %v; want %v", name, i, got[i], want)
			}
		}
	}
}
