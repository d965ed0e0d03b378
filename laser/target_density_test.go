package laser

import (
	"math"
	"path/filepath"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/generator"
	"etalon/graph"
	"etalon/rng"
)

// withDensity returns a flow and weights that see its latents and density. The floor is reached by
// some of its points.
func withDensity(t *testing.T) (*generator.Flow, *dctr.DensityWeigher) {
	t.Helper()
	flow, _ := newModels(t)
	f, err := dctr.New(dctr.Config{Hidden: 2, Units: 16, Slope: 0.1, Start: "torch"}, []float64{2, 0.5, 1, 0.9, 1.5}, 2)
	if err != nil {
		t.Fatal(err)
	}
	f.Shift = []float64{0.25, -1, 0, 0.1, -2}
	return flow, &dctr.DensityWeigher{Gen: flow, Floor: -4, Inner: f}
}

type sharedBinder map[string][]float64

func (s sharedBinder) Bind(name string, values []float32) error {
	s[name] = wide(values)
	return nil
}

// Weights that see z and ln p_g make the same target whether these come from the way to
// x or from the way back, and the gradient is that of central differences in float64.
func TestTargetOfDensityWeights(t *testing.T) {
	const n, h = 200, 1e-6
	e := cpu.New(1)
	defer e.Close()
	flow, f := withDensity(t)
	z := make([]float32, 2*n)
	rng.New(1, "z").NormalRows(z, 1, 0, 0, 1, 2*n)
	logq, grad := make([]float64, n), make([]float32, 2*n)
	forward, err := NewTarget(e, flow, f)
	if err != nil {
		t.Fatal(err)
	}
	if err := forward.LogDensityGrad(z, logq, grad); err != nil {
		t.Fatal(err)
	}

	// A weigher that was saved and loaded has a generator of its own, equal to the first.
	dir := filepath.Join(t.TempDir(), "f")
	if err := f.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := dctr.LoadWeigher(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !loaded.(*dctr.DensityWeigher).Of(flow) {
		t.Error("the loaded weights are not of the generator")
	}
	other, _ := newModels(t)
	other.Params.Flat()[3] += 1
	if f.Of(other) {
		t.Error("the weights are of another generator")
	}

	// The way back, in the engine and in float64.
	g := graph.New()
	in := g.Input("z", 2)
	x := flow.Build("g/", in)
	back := f.Build("f/", x)
	env := ref.Env{Rows: n, Shared: map[string][]float64{}}
	for prefix, bind := range map[string]func(sharedBinder, string) error{
		"g/": func(s sharedBinder, p string) error { return flow.Bind(s, p) },
		"f/": func(s sharedBinder, p string) error { return f.Bind(s, p) },
	} {
		if err := bind(env.Shared, prefix); err != nil {
			t.Fatal(err)
		}
	}
	value := func(j int, h float64) []float64 {
		moved := wide(z)
		for i := range n {
			moved[2*i+j] += h
		}
		env.Input = map[string][]float64{"z": moved}
		v, err := ref.Eval(g, env, back)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			v[0][i] -= (moved[2*i]*moved[2*i]+moved[2*i+1]*moved[2*i+1])/2 + math.Log(2*math.Pi)
		}
		return v[0]
	}
	at := value(0, 0)
	for j := range 2 {
		up, down := value(j, h), value(j, -h)
		bad := 0
		for i := range n {
			if math.Abs(at[i]-logq[i]) > 1e-4 { // float32 through some dozens of operations
				t.Errorf("point %d: ln q = %v; want %v", i, logq[i], at[i])
			}
			if want := (up[i] - down[i]) / (2 * h); math.Abs(float64(grad[2*i+j])-want) > 1e-3*(1+math.Abs(want)) {
				bad++
			}
		}
		if bad > 2 { // at a kink of a network, or at the floor
			t.Errorf("latent %d: %d of %d gradients differ", j+1, bad, n)
		}
	}

	// The weights of points that were made of the latents are those of the target: the
	// flow of this test is shallow, so that float32 inverts it to 1e-6.
	sim, err := generator.NewSimulator(e, flow)
	if err != nil {
		t.Fatal(err)
	}
	points := make([]float32, 2*n)
	if err := sim.Generate(0, z, points); err != nil {
		t.Fatal(err)
	}
	logw, err := f.Logits(e, points)
	if err != nil {
		t.Fatal(err)
	}
	low := 0
	logp, err := generator.LogProb(e, flow, points)
	if err != nil {
		t.Fatal(err)
	}
	prior := make([]float64, n)
	if err := forward.LogPrior(z, prior); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if math.Abs(logq[i]-prior[i]-logw[i]) > 1e-5 {
			t.Errorf("point %d: ln w = %v from the latents, %v from the point", i, logq[i]-prior[i], logw[i])
		}
		if logp[i] < f.Floor {
			low++
		}
	}
	if low < n/20 || low > n-n/20 {
		t.Errorf("%d of %d points lie below the floor; some should, and some not", low, n)
	}
}
