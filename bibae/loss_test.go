package bibae

import (
	"math"
	"testing"

	"etalon/engine/cpu"
	"etalon/engine/ref"
	"etalon/graph"
)

// env is a batch and all parameters of a learner in float64.
func (l *learner) env(step uint64) ref.Env {
	l.load(l.batches.At(int(step)))
	wide := func(x []float32) (y []float64) {
		for _, v := range x {
			y = append(y, float64(v))
		}
		return y
	}
	env := ref.Env{Rows: l.batches.Rows(), Seed: l.seed, Step: step,
		Input:  map[string][]float64{"x": wide(l.cells), "e": wide(l.energies)},
		Shared: map[string][]float64{}}
	l.mmdPoints(int(step))
	for name, v := range map[string][]float32{"mmd/z": l.latents, "mmd/z/lengths": l.lengths, "mmd/n": l.prior.rows, "mmd/n/lengths": l.prior.lengths, "fading": {0.5}} {
		env.Shared[name] = wide(v)
	}
	for _, k := range []*group{l.kept, l.fresh, l.auto} {
		for _, t := range k.params.Tensors() {
			env.Shared[k.prefix+t.Name] = wide(k.params.Values(t.Name))
		}
	}
	return env
}

// The loss of all critics, penalties included, has the derivatives that central differences
// in float64 give; the float32 engine computes the same. So has the autoencoder's, but for
// its points, which are held fixed there.
func TestDerivativesOfLosses(t *testing.T) {
	for _, paper := range []bool{false, true} {
		c := tinyTraining(paper)
		c.Batch = 3
		e := newEngine(t, 1)
		l := newLearner(t, e, newModel(t, tinyConfig(paper)), c, 20)
		out := make([]float64, len(l.Losses()))
		for step := range 2 {
			if err := l.Step(step, 1, out); err != nil { // so that offsets and biases have left zero
				t.Fatal(err)
			}
		}
		env := l.env(9)
		g := graph.New()
		critic, _, _, err := l.criticLoss(g)
		if err != nil {
			t.Fatal(err)
		}
		checked := l.compare(t, e, env, g, critic, l.kept) + l.compare(t, e, env, g, critic, l.fresh)
		// Whether cells are active has a straight-through estimate, no derivative.
		l.cfg.Sums, l.cfg.Likeness = 0, 0
		g = graph.New()
		loss, _ := l.autoencoderLoss(g)
		checked += l.compare(t, e, env, g, loss, l.auto)
		if checked < 50 {
			t.Errorf("paper %v: only %d derivatives were compared", paper, checked)
		}
	}
}

// compare checks derivatives of a loss with respect to some parameters of a group.
func (l *learner) compare(t *testing.T, e *cpu.Engine, env ref.Env, g *graph.Graph, loss *graph.Node, k *group) (checked int) {
	t.Helper()
	nodes := k.params.Nodes(g, k.prefix)
	grads, err := graph.Grad(loss, nodes...)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := ref.Eval(g, env, grads...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Compile(g, cpu.Config{Seed: env.Seed}, grads...)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range env.Shared {
		if err := p.Bind(name, narrow(v)); err != nil {
			t.Fatal(err)
		}
	}
	for name, v := range env.Input {
		if err := p.Feed(name, cpu.Rows{Data: narrow(v)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Run(cpu.Batch{Rows: env.Rows, Step: env.Step}); err != nil {
		t.Fatal(err)
	}
	at := func() float64 {
		v, err := ref.Eval(g, env, loss)
		if err != nil {
			t.Fatal(err)
		}
		return v[0][0]
	}
	for i, s := range k.params.Tensors() {
		largest := 0.0
		for j, v := range exact[i] {
			largest = math.Max(largest, math.Abs(v))
			// float32 carries 24 bits; sums of some thousand terms lose a few of them.
			if got := float64(p.Shared(i)[j]); math.Abs(got-v) > 2e-3*(math.Abs(v)+0.05*scaleOf(exact[i])) {
				t.Errorf("∂/∂%s%s[%d]: float32 %v, float64 %v", k.prefix, s.Name, j, got, v)
			}
		}
		if s.Name == sumMeans || s.Name == sumScales {
			continue // they are not trained
		}
		v := env.Shared[k.prefix+s.Name]
		for j := len(v) / 2; j < len(v); j += len(v) {
			// Kinks of ReLUs: of three step lengths one must be near enough.
			old, best := v[j], math.Inf(1)
			for _, step := range []float64{1e-6, 1e-7, 1e-5} {
				v[j] = old + step
				plus := at()
				v[j] = old - step
				minus := at()
				v[j] = old
				if best = math.Min(best, math.Abs((plus-minus)/(2*step)-exact[i][j])); best < 1e-6*(1+largest) {
					break
				}
			}
			if best > 1e-5*(1+largest) {
				t.Errorf("∂/∂%s%s[%d] = %v, differences are off by %v", k.prefix, s.Name, j, exact[i][j], best)
			}
			checked++
		}
	}
	return checked
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func scaleOf(x []float64) float64 {
	largest := 1e-3
	for _, v := range x {
		largest = math.Max(largest, math.Abs(v))
	}
	return largest
}

// The penalty of d = |a|·Σ x² / 2 at x is (|a|·|x| - 1)².
func TestPenalty(t *testing.T) {
	g := graph.New()
	x := g.Input("x", 3)
	p, err := penalty(graph.MulScalar(graph.SumFeatures(graph.Square(x)), 1.5), x)
	if err != nil {
		t.Fatal(err)
	}
	q, err := latentPenalty(graph.MulScalar(graph.Square(x), 1.5), x)
	if err != nil {
		t.Fatal(err)
	}
	rows := []float64{1, 2, 2, 0.1, 0, -0.2}
	v, err := ref.Eval(g, ref.Env{Rows: 2, Input: map[string][]float64{"x": rows}}, p, q)
	if err != nil {
		t.Fatal(err)
	}
	second := 3 * math.Sqrt(0.05)
	want := (8*8 + (second-1)*(second-1)) / 2
	each := 0.0
	for _, r := range rows {
		each += (3*math.Abs(r) - 1) * (3*math.Abs(r) - 1) / 6
	}
	if math.Abs(v[0][0]-want) > 1e-6 || math.Abs(v[1][0]-each) > 1e-5 {
		t.Errorf("penalties %v and %v, want %v and %v", v[0][0], v[1][0], want, each)
	}
}

// similarity and similar are one function, and MMD²'s derivative with respect to latents is that
// of 2·k(z, Z) - 2·k(z, n) at fixed Z = z.
func TestDiscrepancy(t *testing.T) {
	const n, d = 4, 3
	z := make([]float64, n*d)
	prior := make([]float64, n*d)
	for i := range z {
		z[i], prior[i] = math.Sin(3*float64(i)), math.Cos(5*float64(i))
	}
	lengths := func(x []float64) (l []float64) {
		for i := range n {
			l = append(l, x[i*d]*x[i*d]+x[i*d+1]*x[i*d+1]+x[i*d+2]*x[i*d+2])
		}
		return l
	}
	mmd := func(z []float64) float64 {
		both := append(append([]float64{}, z...), prior...)
		k := func(a, b int) float64 {
			squared, sum := 0.0, 0.0
			for j := range d {
				squared += (both[a*d+j] - both[b*d+j]) * (both[a*d+j] - both[b*d+j])
			}
			for _, s := range mmdScales {
				sum += 2 * s * d / (2*s*d + squared) / float64(len(mmdScales))
			}
			return sum
		}
		total := 0.0
		for i := range n {
			for j := range n {
				total += (k(i, j) - 2*k(i, n+j) + k(n+i, n+j)) / (n * n)
			}
		}
		return total
	}
	g := graph.New()
	x := g.Input("z", d)
	own := similarity(x, g.Shared("Z", n, d), g.Shared("Zl", n))
	other := similarity(x, g.Shared("N", n, d), g.Shared("Nl", n))
	grad, err := graph.Grad(graph.MulScalar(graph.Sub(own, other), 2), x)
	if err != nil {
		t.Fatal(err)
	}
	v, err := ref.Eval(g, ref.Env{Rows: n, Input: map[string][]float64{"z": z}, Shared: map[string][]float64{"Z": z, "Zl": lengths(z), "N": prior, "Nl": lengths(prior)}}, own, other, grad[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, want := v[0][0]-2*v[1][0]+similar(narrow(prior), d), mmd(z); math.Abs(got-want) > 1e-6 {
		t.Errorf("MMD² = %v, want %v", got, want)
	}
	for i := range z {
		const step = 1e-5
		old := z[i]
		z[i] = old + step
		plus := mmd(z)
		z[i] = old - step
		minus := mmd(z)
		z[i] = old
		if want := (plus - minus) / (2 * step); math.Abs(v[2][i]-want) > 1e-8 {
			t.Errorf("∂MMD²/∂z[%d] = %v, want %v", i, v[2][i], want)
		}
	}
}

// KL(N(1, 4) ‖ N(0, 1)) = (1 + 4 - 1 - ln 4)/2.
func TestDivergence(t *testing.T) {
	g := graph.New()
	m, l := g.Input("m", 2), g.Input("l", 2)
	v, err := ref.Eval(g, ref.Env{Rows: 1, Input: map[string][]float64{"m": {1, 0}, "l": {math.Log(4), 0}}}, divergence(m, l))
	if err != nil {
		t.Fatal(err)
	}
	if want := (4 - math.Log(4)) / 2; math.Abs(v[0][0]-want) > 1e-12 {
		t.Errorf("KL = %v, want %v", v[0][0], want)
	}
}
