package generator

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/optim"
	"etalon/preprocess"
	"etalon/rng"
	"etalon/train"
)

var logAndLogit = preprocess.Transform{{Kind: preprocess.Log}, {Kind: preprocess.Logit, Lo: -1, Hi: 2}}

// mapped returns models with transforms, and random parameters.
func mapped(t *testing.T) map[string]Generator {
	t.Helper()
	flow := testFlow(t)
	flow.Scale, flow.Shift = []float64{0.5, 1.5}, []float64{1, -0.5}
	spline := must(NewFlow(FlowConfig{Blocks: 3, Hidden: 1, Units: 8, Slope: 0.1, Coupling: "spline", Prior: Uniform}, []float64{0.5, 1}, 7))(t)
	gan := must(NewGAN(GANConfig{Latent: 3, Hidden: 2, Units: 8, Slope: 0.2}, []float64{0.4, 0.7}, 8))(t)
	vae := must(NewVAE(VAEConfig{Latent: 2, Hidden: 1, Units: 8, Slope: 0.2, Beta: 1, Noise: true}, []float64{0.4, 0.7}, 9))(t)
	flow.Transform, spline.Transform, gan.Transform, vae.Transform = logAndLogit, logAndLogit, logAndLogit, logAndLogit
	return map[string]Generator{"flow": flow, "spline": spline, "gan": gan, "vae": vae}
}

// Models with transforms draw points inside of the bounds, and the same after a model
// directory; a directory whose transform is that of another table is refused.
func TestTransformModels(t *testing.T) {
	e := newEngine(t, 1)
	for name, g := range mapped(t) {
		_, x := draw(t, e, g, 0, 2000)
		if err := logAndLogit.CheckRows(x, nil, 0); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		dir := filepath.Join(t.TempDir(), name)
		if err := g.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded := must(Load(dir))(t)
		if _, x2 := draw(t, e, loaded, 0, 2000); !slices.Equal(x, x2) || !reflect.DeepEqual(loaded, must(Clone(g))(t)) {
			t.Errorf("%s: other points after loading", name)
		}
		if _, err := EncodeONNX(g, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := testFlow(t)
	plain := filepath.Join(t.TempDir(), "plain")
	if err := f.Save(plain); err != nil {
		t.Fatal(err)
	}
	if text := must(os.ReadFile(filepath.Join(plain, "model.json")))(t); bytes.Contains(text, []byte("preprocess")) {
		t.Error("a model without transforms is no longer as it was") // files of former versions have no such key
	}
	f.Transform = logAndLogit[:1]
	dir := filepath.Join(t.TempDir(), "bad")
	if err := f.Save(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil {
		t.Error("a transform of one column was accepted for two features")
	}
}

// The density in units of x integrates to one, over the bounds; that of the way forward
// is that of the way back.
func TestTransformDensity(t *testing.T) {
	e := newEngine(t, 2)
	f := mapped(t)["flow"].(*Flow)
	const bins = 400
	grid, cell := make([]float32, 0, 2*bins*bins), make([]float64, 0, bins*bins)
	lo, hi := math.Log(1e-4), math.Log(1e6)
	for i := range bins {
		x := math.Exp(lo + (float64(i)+0.5)*(hi-lo)/bins)
		for j := range bins {
			u := 1 / (1 + math.Exp(-20*((float64(j)+0.5)/bins-0.5)*1.3)) // logits from -13 to 13
			grid = append(grid, float32(x), float32(-1+3*u))
			cell = append(cell, x*(hi-lo)/bins*3*u*(1-u)*26/bins)
		}
	}
	sum := 0.0
	for i, l := range must(LogProb(e, f, grid))(t) {
		sum += math.Exp(l) * cell[i]
	}
	if math.Abs(sum-1) > 3e-3 { // kinks, and what is beyond the grid
		t.Errorf("the density integrates to %v", sum)
	}
	for _, name := range []string{"flow", "spline"} {
		f := mapped(t)[name].(*Flow)
		g := graph.New()
		x, forward := f.BuildWithLogProb("", g.Input("z", 2))
		p, err := e.Compile(g, cpu.Config{}, graph.Concat(x, forward))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Bind(p, ""); err != nil {
			t.Fatal(err)
		}
		z, points := draw(t, e, f, 0, 500)
		out := make([]float32, 3*500)
		if err := p.Feed("z", cpu.Rows{Data: z}); err != nil {
			t.Fatal(err)
		}
		if err := p.Into(0, out); err != nil {
			t.Fatal(err)
		}
		if err := p.Run(cpu.Batch{Rows: 500}); err != nil {
			t.Fatal(err)
		}
		var worst float64
		for i, back := range must(LogProb(e, f, points))(t) {
			// A point near a bound is rounded: what that does to its logit.
			u := (float64(points[2*i+1]) + 1) / 3
			tol := 1e-3 + 1e-6/(u*(1-u)+1e-12)
			worst = max(worst, math.Abs(float64(out[3*i+2])-back)/tol)
		}
		if worst > 1 {
			t.Errorf("%s: the densities forward and back differ by %v tolerances", name, worst)
		}
	}
}

// A log-normal column and a bounded one that crowds at its bounds: with transforms a
// short training comes far closer to the exact density than without.
func TestTransformTraining(t *testing.T) {
	const n, m = 8000, 4000
	x, exact := make([]float32, 2*(n+m)), make([]float64, n+m)
	noise := make([]float32, 2*(n+m))
	rng.New(1, "truth").NormalRows(noise, 1, 0, 0, 1, len(noise))
	for i := range exact {
		a, b := float64(noise[2*i]), float64(noise[2*i+1])
		v, l := 0.5+1.2*a, 1.5*b+0.8*a // ln x0, and the logit of x1, which depends on it
		u := 1 / (1 + math.Exp(-l))
		x[2*i], x[2*i+1] = float32(math.Exp(v)), float32(-1+3*u)
		exact[i] = -(a*a+b*b)/2 - math.Log(2*math.Pi) - math.Log(1.2*1.5) - v - math.Log(3*u*(1-u))
	}
	e := newEngine(t, 2)
	cfg := train.Config{Epochs: 6, Batch: 500, Validation: 0.1, Adam: optim.Adam{Alpha: 3e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-6}, Schedule: optim.Schedule{Kind: "cosine", Final: 0.01}}
	divergence := func(tr preprocess.Transform) float64 { // KL(truth ‖ flow), nats
		y := make([]float32, 2*n)
		if copy(y, x); tr != nil {
			tr.Forward(y, y)
		}
		shift, scale := make([]float64, 2), make([]float64, 2)
		for j := range 2 {
			for i := j; i < len(y); i += 2 {
				shift[j] += float64(y[i]) / n
				scale[j] += float64(y[i]) * float64(y[i]) / n
			}
			scale[j] = math.Sqrt(scale[j] - shift[j]*shift[j])
		}
		f := must(NewFlow(FlowConfig{Blocks: 4, Hidden: 1, Units: 24, Slope: 0.1}, scale, 3))(t)
		f.Shift, f.Transform = shift, tr
		l := must(NewFlowObjective(e, f, x[:2*n], cfg, 1))(t)
		if _, err := (train.Loop{Epochs: cfg.Epochs, Schedule: cfg.Schedule}).Run(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		kl := 0.0
		for i, q := range must(LogProb(e, f, x[2*n:]))(t) {
			kl += (exact[n+i] - q) / m
		}
		return kl
	}
	plain, mapped := divergence(nil), divergence(logAndLogit)
	t.Logf("KL(truth ‖ flow): %.4f nats without transforms, %.4f with", plain, mapped)
	// The truth is a correlated Gaussian of T(x); 2/√4000 is two standard errors of a unit
	// spread of the log-ratio.
	if mapped > 0.03 || plain < 5*mapped {
		t.Errorf("KL(truth ‖ flow) %v nats with transforms and %v without", mapped, plain)
	}
}
