package generator

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
	"etalon/nn"
	"etalon/train"
)

// twoHumps is a refiner with a gap: Φ(y) = y + 2·sign(y1) along the first latent, the
// jump being a steep line. No affine g of normal latents has such samples.
func twoHumps(t *testing.T) *GAN {
	t.Helper()
	phi := must(NewGAN(GANConfig{Latent: 2, Hidden: 1, Units: 2, Residual: true}, []float64{1, 1}, 1))(t)
	clear(phi.Params.Flat())
	const steep = 200
	w, b, v := phi.Params.Values("gan/0/W"), phi.Params.Values("gan/0/b"), phi.Params.Values("gan/1/W")
	w[0], w[1] = steep, steep // y1 → relu(steep·y1 + 1), relu(steep·y1 - 1)
	b[0], b[1] = 1, -1
	v[0], v[2] = 2, -2 // their difference runs from 0 to 2
	phi.Params.Values("gan/1/b")[0] = -2
	return phi
}

// affine returns a GAN that is the identity times scale and can become any affine map.
func affine(t *testing.T, scale ...float64) *GAN {
	t.Helper()
	return must(NewGAN(GANConfig{Latent: 2, Hidden: 1, Units: 4, Slope: 1, Residual: true}, scale, 5))(t)
}

// humps returns n truth points x = (1.5·Φ1 + 0.5, 0.7·Φ2 - 0.3·Φ1) of latents of phi.
func humps(t *testing.T, e *cpu.Engine, phi Generator, n int) []float32 {
	t.Helper()
	_, x := draw(t, e, phi, 1<<32, n)
	for i := 0; i < len(x); i += 2 {
		x[i], x[i+1] = 1.5*x[i]+0.5, 0.7*x[i+1]-0.3*x[i]
	}
	return x
}

// gap is the share of points whose first feature is within 1.5 of 0.5: there are none in
// the truth of humps, where the jump of the latents leaves 3 to either side free.
func gap(x []float32) float64 {
	k := 0
	for i := 0; i < len(x); i += 2 {
		if math.Abs(float64(x[i])-0.5) < 1.5 {
			k++
		}
	}
	return float64(k) / float64(len(x)/2)
}

func continued(epochs int) ContinueConfig {
	c := ContinueConfig{GANTraining: GANTraining{Config: trainingConfig(epochs), DiscSteps: 2, Average: 0.95, Disc: DiscConfig{Hidden: 2, Units: 24, Slope: 0.1}}}
	c.Adam.Alpha = 5e-3
	return c
}

// An affine g, trained adversarially on refined latents, becomes the map that made the
// truth: the gap of the latents is one that g alone cannot have.
func TestContinueGAN(t *testing.T) {
	const n = 20000
	e := newEngine(t, 2)
	phi := twoHumps(t)
	truth := humps(t, e, phi, n)
	g := affine(t, 1, 1)
	before := slices.Clone(phi.Params.Flat())
	cfg := continued(30)
	l := must(NewContinuedLearner(e, g, phi, truth, nil, cfg, 3))(t)
	runLearner(t, l, cfg.Config)
	if !slices.Equal(before, phi.Params.Flat()) {
		t.Error("the refiner was changed")
	}
	_, x := draw(t, e, must(Compose(g, phi))(t), 0, n)
	_, alone := draw(t, e, g, 0, n)
	m, s, rho := moments(x)
	wm, ws, wrho := moments(truth)
	t.Logf("mean %.2f, deviation %.2f, correlation %.2f; truth %.2f, %.2f, %.2f; in the gap %.3f, without Φ %.3f", m, s, rho, wm, ws, wrho, gap(x), gap(alone))
	for j := range 2 {
		// Untrained, the first deviation is 2.8 instead of 4.2. Adversarial training on
		// 300 steps comes within a tenth of the deviation.
		if math.Abs(m[j]-wm[j]) > 0.15*ws[j] || math.Abs(s[j]/ws[j]-1) > 0.12 {
			t.Errorf("feature %d: mean %v, deviation %v; want %v and %v", j, m[j], s[j], wm[j], ws[j])
		}
	}
	if math.Abs(rho-wrho) > 0.12 {
		t.Errorf("correlation %v; want %v", rho, wrho)
	}
	if gap(x) > 0.02 || gap(alone) < 0.15 {
		t.Errorf("shares in the gap: %v with the refiner, %v without", gap(x), gap(alone))
	}
}

// Weighted truth counts by its weights: with weights exp(a·x1 - a²/2) normal examples
// stand for N(a, 1), to which the fakes move.
func TestContinueWeighted(t *testing.T) {
	const a = 0.6
	e := newEngine(t, 2)
	x, w := tiltedLatents(20000, a)
	phi := must(NewFlow(FlowConfig{Blocks: 2, Hidden: 1, Units: 4, Slope: 0.1}, []float64{1, 1}, 3))(t) // a bijection near the identity
	flow := must(NewFlow(FlowConfig{Blocks: 4, Hidden: 1, Units: 8, Slope: 0.1}, []float64{1, 1}, 4))(t)
	for name, g := range map[string]Generator{"gan": affine(t, 1, 1), "flow": flow} {
		cfg := continued(20)
		runLearner(t, must(NewContinuedLearner(e, g, phi, x, w, cfg, 3))(t), cfg.Config)
		_, out := draw(t, e, must(Compose(g, phi))(t), 0, 20000)
		if m := means(out); math.Abs(m[0]-a) > a/5 || math.Abs(m[1]) > a/5 {
			t.Errorf("%s: mean %v; want %v, 0", name, m, a)
		}
	}
}

// pairOfFlows returns g and Φ, both with an explicit density.
func pairOfFlows(t *testing.T, matching bool) (*Flow, Generator) {
	t.Helper()
	d := densities(t)
	c := d["flow∘flow"]
	if matching {
		c = d["flow∘flow matching"]
	}
	return c.G.(*Flow), c.Phi
}

// The loss of two flows is the negative mean of ln p_Φ(g⁻¹(x)) + ln|det ∂g⁻¹/∂x|, with
// the determinant by differences in float64; its gradient is that of g's parameters
// alone.
func TestContinueLikelihood(t *testing.T) {
	const n, h = 40, 1e-5
	e := newEngine(t, 1)
	for name, matching := range map[string]bool{"flow": false, "flow matching": true} {
		g, phi := pairOfFlows(t, matching)
		x, w := tiltedLatents(n, 0.4)
		want := func(g *Flow) float64 {
			to := graph.New()
			z, _ := g.BuildInverse("g/", to.Input("x", 2))
			in := ref.Env{Rows: n, Input: map[string][]float64{}, Shared: map[string][]float64{}}
			if err := g.Bind(shared(in.Shared), "g/"); err != nil {
				t.Fatal(err)
			}
			at := func(j int, h float64) []float64 {
				moved := wide(x)
				for i := j; i < len(moved); i += 2 {
					moved[i] += h
				}
				in.Input["x"] = moved
				return must(ref.Eval(to, in, z))(t)[0]
			}
			values := at(0, 0)
			a, b, c, d := at(0, h), at(0, -h), at(1, h), at(1, -h)
			lg := graph.New()
			logPhi := phi.(LogDensity).BuildLogProb("", lg.Input("x", 2))
			li := env(t, phi)
			li.Rows, li.Input["x"] = n, values
			inner := must(ref.Eval(lg, li, logPhi))(t)[0]
			sum, total := 0.0, 0.0
			for i := range n {
				det := ((a[2*i]-b[2*i])*(c[2*i+1]-d[2*i+1]) - (a[2*i+1]-b[2*i+1])*(c[2*i]-d[2*i])) / (4 * h * h)
				sum -= float64(w[i]) * (inner[i] + math.Log(math.Abs(det)))
				total += float64(w[i])
			}
			return sum / total
		}
		cfg := ContinueConfig{GANTraining: GANTraining{Config: steady(1, n)}}
		cfg.Validation = 0
		cfg.Adam.Eps = 1e3 // a step is then α·(gradient)/1000: it shows the gradient itself
		cfg.Adam.Alpha = 1
		start, frozen := g.Params.Clone(), slices.Clone(phiParams(t, phi))
		l := must(NewContinuedLearner(e, g, phi, x, w, cfg, 3))(t)
		loss := make([]float64, 1)
		value := want(g)
		if err := l.Step(0, 1, loss); err != nil {
			t.Fatal(err)
		}
		// float32 logarithms of some units each; the differences are good to 1e-8
		if math.Abs(loss[0]-value) > 2e-4 {
			t.Errorf("%s: loss %v; directly %v", name, loss[0], value)
		}
		if !slices.Equal(frozen, phiParams(t, phi)) {
			t.Errorf("%s: the refiner was changed", name)
		}
		copied := must(Clone(g))(t).(*Flow)
		checked := 0
		for k := 0; k < g.Params.Len(); k += 7 {
			moved := float64(g.Params.Flat()[k]-start.Flat()[k]) * -1e3
			const step = 1.0 / 1024 // exact in float32
			at := func(h float32) float64 {
				copy(copied.Params.Flat(), start.Flat())
				copied.Params.Flat()[k] += h
				return want(copied)
			}
			slope := (at(step) - at(-step)) / (2 * step)
			// The parameters move by a thousandth of the gradient, rounded to float32 (6e-8 of
			// values of order one), so the gradient is read to 1e-4; kinks of the networks
			// spoil the difference quotient by a few per cent of a point's share.
			if math.Abs(moved-slope) > 2e-3+0.02*math.Abs(slope) {
				t.Errorf("%s: parameter %d: gradient %v; by differences %v", name, k, moved, slope)
			}
			checked++
		}
		if checked < 10 {
			t.Errorf("only %d parameters checked", checked)
		}
	}
}

func phiParams(t *testing.T, phi Generator) []float32 {
	t.Helper()
	switch p := phi.(type) {
	case *Flow:
		return p.Params.Flat()
	case *FlowMatching:
		return p.Params.Flat()
	case *GAN:
		return p.Params.Flat()
	}
	t.Fatalf("%T", phi)
	return nil
}

// Trained by likelihood, g∘Φ comes to the truth, which is A·Φ(y) + b: the divergence
// from it, a mean of log-densities over fresh points, goes to zero.
func TestContinueFlowReachesTheTruth(t *testing.T) {
	const n = 20000
	e := newEngine(t, 2)
	for _, kind := range []string{flowKind, flowMatchingKind} {
		phi := densities(t)["flow∘flow"].Phi
		var g Generator = must(NewFlow(FlowConfig{Blocks: 4, Hidden: 1, Units: 12, Slope: 0.1}, []float64{1, 1}, 6))(t)
		rows := n
		if kind == flowMatchingKind {
			rows = 4000
			g = must(NewFlowMatching(FlowMatchingConfig{Hidden: 1, Units: 16, Slope: 0.1, Path: Straight, Steps: 3, Solver: nn.RK4}, []float64{1, 1}, 6))(t)
		}
		all := humps(t, e, phi, rows+n)
		truth, fresh := all[:2*rows], all[2*rows:]
		divergence := func() float64 {
			d, err := ExplicitDensity(must(Compose(g, phi))(t))
			if err != nil {
				t.Fatal(err)
			}
			z := make([]float32, len(fresh))
			for i := 0; i < len(z); i += 2 {
				z[i] = (fresh[i] - 0.5) / 1.5
				z[i+1] = (fresh[i+1] + 0.3*z[i]) / 0.7
			}
			own, model, sum := must(LogProb(e, phi.(LogDensity), z))(t), must(LogProb(e, d, fresh))(t), 0.0
			for i := range own {
				sum += own[i] - math.Log(1.5*0.7) - model[i]
			}
			return sum / n
		}
		before := divergence()
		cfg := ContinueConfig{GANTraining: GANTraining{Config: steady(12, 400)}}
		cfg.Adam.Alpha = 1e-2
		runLearner(t, must(NewContinuedLearner(e, g, phi, truth, nil, cfg, 3))(t), cfg.Config)
		after := divergence()
		t.Logf("%s: divergence %.4f nats, then %.4f", kind, before, after)
		// A divergence is positive; its estimate has the error of a mean of n differences
		// of log-densities, about √(2·divergence/n).
		if noise := math.Sqrt(2 * math.Max(after, 1e-4) / n); after < -5*noise || after > 0.02 || before < 0.1 {
			t.Errorf("%s: divergence %v nats, then %v", kind, before, after)
		}
	}
}

// continueCases returns g and Φ of every kind of continued training, g with what is
// trained and what has to stay.
func continueCases(t *testing.T) map[string]func() (g, phi Generator, params, other []float32) {
	t.Helper()
	return map[string]func() (g, phi Generator, params, other []float32){
		"gan": func() (Generator, Generator, []float32, []float32) {
			g, phi := affine(t, 1, 2), twoHumps(t)
			return g, phi, g.Params.Flat(), phi.Params.Flat()
		},
		"gan, refined twice": func() (Generator, Generator, []float32, []float32) {
			g, phi := affine(t, 1, 2), must(Compose(twoHumps(t), densities(t)["flow∘flow"].Phi))(t)
			return g, phi, g.Params.Flat(), phi.G.(*GAN).Params.Flat()
		},
		"gan behind flow matching": func() (Generator, Generator, []float32, []float32) {
			g, phi := affine(t, 1, 2), densities(t)["flow∘flow matching"].Phi.(*FlowMatching)
			return g, phi, g.Params.Flat(), phi.Params.Flat()
		},
		"vae": func() (Generator, Generator, []float32, []float32) {
			g := must(NewVAE(VAEConfig{Latent: 1, Hidden: 1, Units: 8, Beta: 1, Noise: true}, []float64{1, 2}, 1))(t)
			g.Shift = []float64{0.5, 3}
			phi := must(NewGAN(GANConfig{Latent: 4, Hidden: 1, Units: 4, Residual: true}, []float64{1, 1, 1}, 1))(t)
			trained, _ := g.sampling()
			k := g.Params.Len() - trained.Len()
			return g, phi, g.Params.Flat()[k:], g.Params.Flat()[:k]
		},
		"flow": func() (Generator, Generator, []float32, []float32) {
			g, phi := pairOfFlows(t, false)
			return g, phi, g.Params.Flat(), phi.(*Flow).Params.Flat()
		},
		"flow behind flow matching": func() (Generator, Generator, []float32, []float32) {
			g, phi := pairOfFlows(t, true)
			return g, phi, g.Params.Flat(), phi.(*FlowMatching).Params.Flat()
		},
	}
}

func caseConfig() ContinueConfig {
	c := ContinueConfig{GANTraining: GANTraining{Config: steady(2, 100), DiscSteps: 2, Average: 0.9, DiscAverage: 0.5, Warmup: 0.1}}
	c.Adam.WeightDecay = 0.1 // of what is trained; the rest does not decay
	return c
}

// Only g is trained; the same bytes come of any number of threads, and of a training
// that was stopped after any step and continued by another process; steps do not
// allocate.
func TestContinueLearners(t *testing.T) {
	one, three := newEngine(t, 1), newEngine(t, 3)
	x, w := tiltedLatents(500, 0.4)
	cfg := caseConfig()
	for name, fresh := range continueCases(t) {
		t.Run(name, func(t *testing.T) {
			g, phi, params, other := fresh()
			start, still := slices.Clone(params), slices.Clone(other)
			runLearner(t, must(NewContinuedLearner(one, g, phi, x, w, cfg, 3))(t), cfg.Config)
			if slices.Equal(start, params) || !slices.Equal(still, other) {
				t.Errorf("the parameters of g changed: %v; others stayed: %v", !slices.Equal(start, params), slices.Equal(still, other))
			}
			g, phi, again, _ := fresh()
			l := must(NewContinuedLearner(three, g, phi, x, w, cfg, 3))(t)
			steps := cfg.Epochs * l.StepsPerEpoch()
			runLearner(t, l, cfg.Config)
			if !slices.Equal(params, again) {
				t.Error("three threads give other bytes")
			}
			for _, stop := range []int{0, 1, steps / 2, steps - 1, steps} {
				loop := train.Loop{Name: "test", Epochs: cfg.Epochs, Schedule: cfg.Schedule, Checkpoint: t.TempDir() + "/c"}
				ctx, cancel := context.WithCancel(t.Context())
				if stop == 0 {
					cancel()
				}
				first := loop
				first.Progress = func(step, _ int, _ map[string]float64) {
					if step == stop {
						cancel()
					}
				}
				g, phi, _, _ := fresh()
				if _, err := first.Run(ctx, must(NewContinuedLearner(one, g, phi, x, w, cfg, 3))(t)); (err == nil) != (stop == steps) {
					t.Fatalf("stopped after %d of %d steps: %v", stop, steps, err)
				}
				cancel()
				g, phi, again, _ := fresh()
				if _, err := loop.Run(t.Context(), must(NewContinuedLearner(one, g, phi, x, w, cfg, 3))(t)); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(params, again) {
					t.Errorf("continued after %d of %d steps, the bytes differ", stop, steps)
				}
			}
			out := make([]float64, 2)
			k := 1 // past the warmup
			step := func() {
				if err := l.Step(k, 1, out); err != nil {
					t.Fatal(err)
				}
				k++
			}
			step()
			if n := testing.AllocsPerRun(5, step); n != 0 {
				t.Errorf("%v allocations in a step", n)
			}
		})
	}
}

// What cannot be trained further says so, by kinds and by models, before anything is
// trained.
func TestContinueRefuses(t *testing.T) {
	for _, kinds := range [][2]string{{"gan", "gan"}, {"gan", "flow"}, {"gan", "flow-matching"}, {"gan", "composed"}, {"vae", "gan"}, {"flow", "flow"}, {"flow", "flow-matching"}, {"flow-matching", "flow"}, {"flow", "composed"}} {
		if err := CheckContinueKinds(kinds[0], kinds[1]); err != nil {
			t.Errorf("%v: %v", kinds, err)
		}
	}
	for kinds, want := range map[[2]string]string{
		{"flow", "gan"}:           "a flow cannot be trained further behind a refiner of kind gan: the density of g∘Φ is not explicit, so there is no likelihood (LaSeR, Table 2): refine again, on top of g∘Φ, or take a refiner of kind flow or flow-matching",
		{"flow", "vae"}:           "behind a refiner of kind vae",
		{"flow-matching", "gan"}:  "a flow-matching cannot be trained further behind a refiner of kind gan",
		{"process", "gan"}:        `a generator of kind "process" has no weights to train further`,
		{"pairs", "flow"}:         `a generator of kind "pairs" has no weights to train further`,
		{"chain", "flow"}:         `a generator of kind "chain" has no weights`,
		{"hidden-latents", "gan"}: `a generator of kind "hidden-latents" has no weights`,
		{"composed", "gan"}:       "take its primary generator, with the refiners composed to one",
		{"gan", "process"}:        `a refiner of kind "process"; gan, flow, flow-matching, vae and composed are accepted`,
		{"gan", ""}:               `a refiner of kind ""`,
	} {
		if err := CheckContinueKinds(kinds[0], kinds[1]); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v; want %q", kinds, err, want)
		}
	}

	e := newEngine(t, 1)
	m, d := models(t), densities(t)
	flow, gan := m["flow"], m["composed"].(*Composed).Phi
	x, w := tiltedLatents(100, 0.5)
	ok := caseConfig()
	for name, c := range map[string]struct {
		g, phi Generator
		data   []float32
		w      []float32
		change func(*ContinueConfig)
		want   string
	}{
		"flow behind gan":          {flow, gan, x, w, nil, "Table 2"},
		"flow behind nested gan":   {flow, must(Compose(d["flow∘flow"].Phi, gan))(t), x, w, nil, "a model of kind gan has no explicit density"},
		"composed":                 {m["composed"], must(NewGAN(GANConfig{Latent: 4, Hidden: 1, Units: 4}, []float64{1, 1, 1, 1}, 1))(t), x, w, nil, "take its primary generator"},
		"acceptance":               {affine(t, 1, 1), m["polished"], x, w, nil, "Map leaves the acceptance off"},
		"dimension":                {affine(t, 1, 1), m["gan"], x, w, nil, "the refiner makes 3 latents, the generator takes 2"},
		"uniform":                  {d["uniform"].G, d["flow∘flow"].Phi, x, w, nil, "beyond -1 and 1"},
		"nothing":                  {nil, gan, x, w, nil, "no weights"},
		"no refiner":               {affine(t, 1, 1), nil, x, w, nil, "a refiner of kind"},
		"odd data":                 {affine(t, 1, 1), gan, x[:5], w, nil, "no table of 2 features"},
		"few weights":              {affine(t, 1, 1), gan, x, w[:99], nil, "99 weights"},
		"negative weight":          {affine(t, 1, 1), gan, x, append([]float32{-1}, w[1:]...), nil, "weight 0 is -1"},
		"coupled":                  {affine(t, 1, 1), gan, x, w, func(c *ContinueConfig) { c.Coupled = true }, "coupled = true"},
		"disc steps":               {affine(t, 1, 1), gan, x, w, func(c *ContinueConfig) { c.DiscSteps = 0 }, "disc_steps = 0"},
		"discriminator":            {affine(t, 1, 1), gan, x, w, func(c *ContinueConfig) { c.Disc.Hidden = 1 }, "discriminator"},
		"epochs of a likelihood":   {flow, d["flow∘flow"].Phi, x, w, func(c *ContinueConfig) { c.Epochs = 0 }, "epochs = 0"},
		"weights of a likelihood":  {flow, d["flow∘flow"].Phi, x, make([]float32, 100), nil, "all 100 weights are 0"},
		"odd data of a likelihood": {flow, d["flow∘flow"].Phi, x[:7], nil, nil, "no table of 2 features"},
	} {
		cfg := ok
		if c.change != nil {
			c.change(&cfg)
		}
		if _, err := NewContinuedLearner(e, c.g, c.phi, c.data, c.w, cfg, 1); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}
