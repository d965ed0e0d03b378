package generator

import (
	"math"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
	"etalon/nn"
)

// densities returns refined models with an explicit density, two rounds among them.
func densities(t *testing.T) map[string]*Composed {
	t.Helper()
	flow := func(seed uint64, prior Prior, scale ...float64) *Flow {
		f := must(NewFlow(FlowConfig{Blocks: 3, Hidden: 1, Units: 6, Slope: 0.5, Prior: prior}, scale, seed))(t)
		f.Shift = []float64{0.5, -0.25}
		perturb(f.Params, seed)
		return f
	}
	fm := func(seed uint64, refines Prior) *FlowMatching {
		f := must(NewFlowMatching(FlowMatchingConfig{Hidden: 1, Units: 8, Slope: 0.3, Path: Rotation, Steps: 12, Solver: nn.RK4, Refines: refines}, []float64{1, 1}, seed))(t)
		perturb(f.Params, seed)
		return f
	}
	flows := must(Compose(flow(1, Normal, 2, 0.5), flow(2, Normal, 1, 1.5)))(t)
	return map[string]*Composed{
		"flow∘flow":               flows,
		"flow∘flow matching":      must(Compose(flow(3, Normal, 1, 1), fm(4, Normal)))(t),
		"flow matching∘flow":      must(Compose(fm(5, Normal), flow(6, Normal, 1, 1)))(t),
		"uniform":                 must(Compose(flow(7, Uniform, 1, 2), fm(8, Uniform)))(t),
		"(flow∘flow)∘flow":        must(Compose(flows, flow(9, Uniform, 1, 1)))(t),
		"flow∘(flow∘flow)":        must(Compose(flow(10, Normal, 1, 1), must(Compose(flow(11, Normal, 1, 1), flow(12, Normal, 1, 1)))(t)))(t),
		"flow∘(uniform matching)": must(Compose(flow(13, Uniform, 1, 1), must(Compose(fm(14, Uniform), flow(17, Normal, 0.7, 0.7)))(t)))(t),
	}
}

// env has all parameters of a generator for the float64 oracle.
func env(t *testing.T, gen Generator) ref.Env {
	t.Helper()
	v := ref.Env{Input: map[string][]float64{}, Shared: map[string][]float64{}}
	if err := gen.Bind(shared(v.Shared), ""); err != nil {
		t.Fatal(err)
	}
	return v
}

type shared map[string][]float64

func (s shared) Bind(name string, values []float32) error {
	s[name] = wide(values)
	return nil
}

// The density of a refined model is the prior's at the latents times the determinant
// of the inverse map, here by central differences in float64; the inverse inverts the
// map; and the engine agrees.
func TestComposedDensityIsTheJacobians(t *testing.T) {
	const n, h = 60, 1e-5
	e := newEngine(t, 2)
	for name, c := range densities(t) {
		t.Run(name, func(t *testing.T) {
			d, err := ExplicitDensity(c)
			if err != nil {
				t.Fatal(err)
			}
			_, x := draw(t, e, c, 0, n)
			g := graph.New()
			back, logProb := d.BuildInverse("", g.Input("x", 2))
			there := c.Build("", back)
			in := env(t, c)
			in.Rows = n
			latents := func(j int, h float64) (y, values, again []float64) {
				moved := wide(x)
				for i := range n {
					if j >= 0 {
						moved[2*i+j] += h
					}
				}
				in.Input["x"] = moved
				v := must(ref.Eval(g, in, back, logProb, there))(t)
				return v[0], v[1], v[2]
			}
			at, want, again := latents(-1, 0)
			var dy [2][2][]float64 // derivative of latents by feature j: above, below
			for j := range 2 {
				dy[j][0], _, _ = latents(j, h)
				dy[j][1], _, _ = latents(j, -h)
			}
			got := must(LogProb(e, d, x))(t)
			for i := range n {
				slope := func(k, j int) float64 { return (dy[j][0][2*i+k] - dy[j][1][2*i+k]) / (2 * h) }
				det := slope(0, 0)*slope(1, 1) - slope(0, 1)*slope(1, 0)
				prior := -float64(2) * math.Ln2
				if c.Prior() == Normal {
					prior = -(at[2*i]*at[2*i]+at[2*i+1]*at[2*i+1])/2 - math.Log(2*math.Pi)
				}
				// Central differences of float64 values are good to 1e-8 of curvature; the
				// divergence of the velocity is integrated by the solver (order 4, 12 steps, but
				// the network has kinks), and the slope of NormalCDF is not exactly the density.
				tolerance := 4e-3
				if name == "flow∘flow" || name == "flow∘(flow∘flow)" {
					tolerance = 1e-5
				}
				if direct := prior + math.Log(math.Abs(det)); math.Abs(direct-want[i]) > tolerance {
					t.Errorf("point %d (%v): ln p = %v; by the Jacobian %v", i, x[2*i:2*i+2], want[i], direct)
				}
				if math.Abs(got[i]-want[i]) > 2e-3 {
					t.Errorf("point %d: the engine's ln p = %v; the oracle's %v", i, got[i], want[i])
				}
				for k := range 2 {
					if math.Abs(again[2*i+k]-float64(x[2*i+k])) > 2e-3 {
						t.Errorf("point %d: %v is mapped back and forth to %v", i, x[2*i:2*i+2], again[2*i:2*i+2])
					}
				}
			}
		})
	}
}

// Samples of a refined model fall into cells as its density says.
func TestComposedDensityIsTheSamples(t *testing.T) {
	const n, bins, sub = 200000, 12, 10
	e := newEngine(t, 2)
	for _, name := range []string{"flow∘flow", "flow∘flow matching", "(flow∘flow)∘flow"} {
		c := densities(t)[name]
		_, x := draw(t, e, c, 0, n)
		m, s, _ := moments(x)
		cell := [2]float64{4 * s[0] / bins, 4 * s[1] / bins} // over ±2 standard deviations
		grid := make([]float32, 0, 2*bins*bins*sub*sub)
		for i := range bins * sub {
			for j := range bins * sub {
				grid = append(grid, float32(m[0]-2*s[0]+(float64(i)+0.5)*cell[0]/sub), float32(m[1]-2*s[1]+(float64(j)+0.5)*cell[1]/sub))
			}
		}
		d, err := ExplicitDensity(c)
		if err != nil {
			t.Fatal(err)
		}
		var want, count [bins][bins]float64
		for i, l := range must(LogProb(e, d, grid))(t) {
			want[i/(bins*sub)/sub][i%(bins*sub)/sub] += math.Exp(l) * cell[0] * cell[1] / (sub * sub) * n
		}
		for i := 0; i < len(x); i += 2 {
			j, k := int(math.Floor((float64(x[i])-m[0])/cell[0]+bins/2)), int(math.Floor((float64(x[i+1])-m[1])/cell[1]+bins/2))
			if j >= 0 && j < bins && k >= 0 && k < bins {
				count[j][k]++
			}
		}
		chi2, cells := 0.0, 0
		for j := range bins {
			for k := range bins {
				if want[j][k] > 20 {
					chi2 += (count[j][k] - want[j][k]) * (count[j][k] - want[j][k]) / want[j][k]
					cells++
				}
			}
		}
		// χ² of that many cells: 5 standard deviations.
		t.Logf("%s: χ² = %.1f for %d cells", name, chi2, cells)
		if cells < 50 || chi2 > float64(cells)+5*math.Sqrt(2*float64(cells)) {
			t.Errorf("%s: χ² = %v for %d cells", name, chi2, cells)
		}
	}
}

// What has no explicit density says why.
func TestExplicitDensityRefuses(t *testing.T) {
	m, d := models(t), densities(t)
	uniform := d["uniform"]
	for name, c := range map[string]struct {
		gen  Generator
		want string
	}{
		"gan":                         {m["gan"], "a model of kind gan has no explicit density"},
		"flow∘gan":                    {m["composed"], "a model of kind gan has no explicit density"},
		"acceptance":                  {m["polished"], "acceptance"},
		"unbounded refiner":           {&Composed{G: uniform.G, Phi: d["flow∘flow"].G}, "takes uniform latents, and the refiner makes such beyond -1 and 1, too"},
		"uniform latents to a normal": {&Composed{G: d["flow∘flow"].G, Phi: uniform.Phi}, "takes normal latents, and the refiner makes only such between -1 and 1"},
	} {
		if _, err := ExplicitDensity(c.gen); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
	flow := m["flow"]
	if got := must(ExplicitDensity(flow))(t); got != flow {
		t.Error("a flow is not its own density")
	}
}

// The density of a flow is the same with latents of any prior, and its inverse ends
// where Build starts.
func TestUniformFlowInverse(t *testing.T) {
	e := newEngine(t, 1)
	f := densities(t)["uniform"].G.(*Flow)
	y, x := draw(t, e, f, 0, 500)
	g := graph.New()
	z, _ := f.BuildInverse("", g.Input("x", 2))
	p := must(e.Compile(g, cpu.Config{}, z))(t)
	if err := f.Bind(p, ""); err != nil {
		t.Fatal(err)
	}
	back := make([]float32, len(x))
	if err := p.Feed("x", cpu.Rows{Data: x}); err != nil {
		t.Fatal(err)
	}
	if err := p.Into(0, back); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(cpu.Batch{Rows: 500}); err != nil {
		t.Fatal(err)
	}
	for i, v := range back {
		if math.Abs(float64(v-y[i])) > 1e-4 {
			t.Fatalf("latent %d: %v; it was %v", i, v, y[i])
		}
	}
}

// A flow's density on the way from the latents is that of the way back, and its points
// are those of Build: both priors, affine and spline blocks, in float64.
func TestFlowDensityOnTheWay(t *testing.T) {
	const n = 200
	for name, c := range map[string]FlowConfig{
		"affine":  {Blocks: 4, Hidden: 1, Units: 8, Slope: 0.1},
		"spline":  {Blocks: 3, Hidden: 1, Units: 8, Slope: 0.1, Coupling: "spline"},
		"uniform": {Blocks: 4, Hidden: 1, Units: 8, Slope: 0.1, Prior: Uniform},
	} {
		f := must(NewFlow(c, []float64{0.5, 20}, 7))(t)
		f.Shift = []float64{1, -10}
		perturb(f.Params, 13)
		var _ ForwardDensity = f
		g := graph.New()
		z := g.Input("z", 2)
		x, logp := f.BuildWithLogProb("", z)
		env := env(t, f)
		env.Rows = n
		lat, _ := draw(t, newEngine(t, 1), f, 0, n)
		env.Input["z"] = wide(lat)
		v := must(ref.Eval(g, env, x, f.Build("", z), logp, f.BuildLogProb("", x)))(t)
		for i := range v[0] {
			if v[0][i] != v[1][i] {
				t.Fatalf("%s: value %d is %v, by Build %v", name, i, v[0][i], v[1][i])
			}
		}
		for i := range v[2] {
			if math.Abs(v[2][i]-v[3][i]) > 1e-7 {
				t.Errorf("%s: ln p = %v at row %d; want %v", name, v[2][i], i, v[3][i])
			}
		}
	}
}
