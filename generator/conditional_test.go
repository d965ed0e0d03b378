package generator

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/nn"
	"etalon/onnx"
	"etalon/onnx/onnxtest"
	"etalon/preprocess"
	"etalon/rng"
)

// scaled writes x = ((1+c)·z1 + z2, z2 - c) as an ONNX file: of inputs z and c under the
// given names, or of one input with c first or last.
func scaled(t testing.TB, latents, conditions string) string {
	t.Helper()
	g := graph.New()
	var z, c *graph.Node
	switch conditions {
	case FirstInputs:
		in := g.Input(latents, 3)
		c, z = graph.Slice(in, 0, 1), graph.Slice(in, 1, 3)
	case LastInputs:
		in := g.Input(latents, 3)
		z, c = graph.Slice(in, 0, 2), graph.Slice(in, 2, 3)
	default:
		c = g.Input(conditions, 1) // not in the order of the latents of a Generator
		z = g.Input(latents, 2)
	}
	z1, z2 := graph.Slice(z, 0, 1), graph.Slice(z, 1, 2)
	x := graph.Concat(graph.Add(graph.Mul(graph.AddScalar(c, 1), z1), z2), graph.Sub(z2, c))
	file := must(onnx.Export{Name: "g", Outputs: []onnx.Output{{Name: "x", Node: x}}}.Encode())(t)
	path := filepath.Join(t.TempDir(), "g.onnx")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

var energy = Conditions{Columns: []int{1}, Names: []string{"energy"}, Min: []float64{0}, Max: []float64{4}}

// rowsOf returns scaled as a generator of rows (x1, c, x2).
func rowsOf(t testing.TB) *Conditional {
	t.Helper()
	return must(NewConditional(must(NewONNX(scaled(t, "z", "c"), ONNXConfig{Given: 1}))(t), energy))(t)
}

// moving returns a velocity for two latents and a condition with parameters that are not
// zero.
func moving(t testing.TB, prior Prior) *FlowMatching {
	t.Helper()
	f := must(NewFlowMatching(FlowMatchingConfig{Hidden: 1, Units: 8, Slope: 0.1, Path: Rotation, Steps: 2, Solver: nn.Heun, Prior: prior, Refines: prior, Given: 1}, []float64{1, 1, 0.5}, 1))(t)
	f.Shift, f.Transform = []float64{0, 0, 0.7}, preprocess.Transform{{Kind: preprocess.Log, Offset: 1}}
	perturb(f.Params, 5)
	return f
}

// sifted returns g∘Φ with an acceptance that refuses more at some conditions.
func sifted(t testing.TB, e *cpu.Engine) *Composed {
	t.Helper()
	g, phi := rowsOf(t), moving(t, Normal)
	const n = 4000
	given := conditionsUpTo4(n)
	z := make([]float32, 3*n)
	Normal.fillGiven(rng.New(1, "z"), z, make([]float32, 3*n), 0, 0, 3, given, 1)
	w := make([]float32, n)
	for i := range w {
		w[i] = 1
	}
	_, a, err := NewAcceptanceLearner(e, g, phi, z, w, DiscConfig{Hidden: 1, Units: 8, Slope: 0.1}, steady(1, 100), 1)
	if err != nil {
		t.Fatal(err)
	}
	perturb(a.params, 4)
	if err := a.Finish(e, g, phi, 1); err != nil {
		t.Fatal(err)
	}
	c := must(Compose(g, phi))(t)
	c.Accept = a
	return c
}

// conditionsUpTo4 are n values from 0 to 4, crowded at 0.
func conditionsUpTo4(n int) []float32 {
	c := make([]float32, n)
	rng.New(2, "c").UniformRows(c, n, 0, 0, n, 1)
	for i, u := range c {
		c[i] = 4 * u * u
	}
	return c
}

func drawGiven(t testing.TB, e *cpu.Engine, g Generator, row0 uint64, given []float32, k int) (z, x []float32) {
	t.Helper()
	n := len(given) / k
	z, x = make([]float32, n*g.LatentDim()), make([]float32, n*g.Dim())
	if err := must(NewSampler(e, g, 5, "test"))(t).DrawGiven(row0, given, z, x); err != nil {
		t.Fatal(err)
	}
	return z, x
}

// A generator makes at each condition what its formula says, whatever its inputs are
// called and in whichever order they come; and the conditions come out bit by bit.
func TestConditionalRows(t *testing.T) {
	e := newEngine(t, 2)
	given := conditionsUpTo4(1000)
	for _, c := range []struct{ latents, condition, say string }{
		{"z", "c", ""}, {"noise", "E", ""}, {"a", "b", "b"}, {"in", FirstInputs, FirstInputs}, {"in", LastInputs, LastInputs},
	} {
		file := must(NewONNX(scaled(t, c.latents, c.condition), ONNXConfig{Given: 1, Condition: c.say}))(t)
		g := must(NewConditional(file, energy))(t)
		dir := filepath.Join(t.TempDir(), "m")
		if err := g.Save(dir); err != nil {
			t.Fatal(err)
		}
		loaded := must(Load(dir))(t)
		if loaded.LatentDim() != 3 || loaded.Dim() != 3 || GivenOf(loaded) != 1 || ConditionsOf(loaded).Names[0] != "energy" {
			t.Fatalf("%+v: %d → %d, %d conditions", c, loaded.LatentDim(), loaded.Dim(), GivenOf(loaded))
		}
		z, x := drawGiven(t, e, loaded, 3, given, 1)
		sim := must(LoadSimulator(e, dir))(t)
		z2, x2 := make([]float32, len(z)), make([]float32, len(x))
		if err := NewSimulatorSampler(sim, 5, "test").DrawGiven(3, given, z2, x2); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(z, z2) || !slices.Equal(x, x2) {
			t.Errorf("%+v: as a simulator it draws other points", c)
		}
		for i, v := range given {
			z1, z2 := float64(z[3*i]), float64(z[3*i+1])
			if z[3*i+2] != v || x[3*i+1] != v {
				t.Fatalf("%+v: point %d has conditions %v and %v, given %v", c, i, z[3*i+2], x[3*i+1], v)
			}
			if d := math.Abs(float64(x[3*i]) - (1+float64(v))*z1 - z2); d > 1e-5 {
				t.Fatalf("%+v: x1 is off by %v at c = %v", c, d, v)
			}
			if d := math.Abs(float64(x[3*i+2]) - z2 + float64(v)); d > 1e-5 {
				t.Fatalf("%+v: x2 is off by %v at c = %v", c, d, v)
			}
		}
	}
}

// The simulator of rows does what the network of rows does.
func TestConditionalSimulator(t *testing.T) {
	e := newEngine(t, 1)
	file := must(NewONNX(scaled(t, "z", "c"), ONNXConfig{Given: 1}))(t)
	for _, columns := range [][]int{{0}, {1}, {2}} {
		c := energy
		c.Columns = columns
		g := must(NewConditional(file, c))(t)
		given := conditionsUpTo4(500)
		z, x := drawGiven(t, e, g, 0, given, 1)
		s := must(NewConditionalSimulator(must(NewSimulator(e, file))(t), c))(t)
		y := make([]float32, len(x))
		if err := s.Generate(0, z, y); err != nil || !slices.Equal(x, y) {
			t.Errorf("conditions in columns %v: other rows (%v)", columns, err)
		}
	}
}

// Several conditions are taken in their own order, and stand where their columns say.
func TestSeveralConditions(t *testing.T) {
	e := newEngine(t, 1)
	net := graph.New()
	z, c := net.Input("z", 1), net.Input("c", 2)
	x := graph.Concat(graph.Add(z, graph.Slice(c, 0, 1)), graph.Mul(z, graph.Slice(c, 1, 2)))
	path := filepath.Join(t.TempDir(), "g.onnx")
	if err := os.WriteFile(path, must(onnx.Export{Name: "g", Outputs: []onnx.Output{{Name: "x", Node: x}}}.Encode())(t), 0o644); err != nil {
		t.Fatal(err)
	}
	file := must(NewONNX(path, ONNXConfig{Given: 2}))(t)
	two := Conditions{Columns: []int{3, 1}, Names: []string{"a", "b"}, Min: []float64{0, 0}, Max: []float64{1, 1}}
	g := must(NewConditional(file, two))(t)
	given := []float32{2, 3, -1, 0.5}
	latents, rows := drawGiven(t, e, g, 0, given, 2)
	again := make([]float32, len(rows))
	s := must(NewConditionalSimulator(must(NewSimulator(e, file))(t), two))(t)
	if err := s.Generate(0, latents, again); err != nil || !slices.Equal(rows, again) {
		t.Errorf("the simulator makes %v, the network %v (%v)", again, rows, err)
	}
	for i := range 2 {
		z, a, b := latents[3*i], given[2*i], given[2*i+1]
		if want := []float32{z + a, b, z * b, a}; !slices.Equal(rows[4*i:4*i+4], want) {
			t.Errorf("row %v at a = %v, b = %v; want %v", rows[4*i:4*i+4], a, b, want)
		}
	}
	z2, x2 := make([]float32, 6), make([]float32, 4)
	if err := must(NewSampler(e, file, 5, "test"))(t).DrawGiven(0, given, z2, x2); err != nil || !slices.Equal(z2, latents) {
		t.Errorf("without conditions among its features it has other latents (%v)", err)
	}
}

// The refined model keeps conditions bit by bit, also those of points that were refused
// at first: acceptance leaves p(c) alone. Points depend on their own row and conditions
// alone, and a loaded model makes the same.
func TestRefinedGivenConditions(t *testing.T) {
	e := newEngine(t, 2)
	c := sifted(t, e)
	if c.Accept.Efficiency > 0.9 || c.Accept.Least.Efficiency > c.Accept.Efficiency*0.95 {
		t.Fatalf("efficiency %v, at the least %v: the test does not see acceptance", c.Accept.Efficiency, c.Accept.Least)
	}
	given := conditionsUpTo4(3000)
	z, x := drawGiven(t, e, c, 7, given, 1)
	for i, v := range given {
		if x[3*i+1] != v || z[3*i+2] != v {
			t.Fatalf("point %d: condition %v, given %v", i, x[3*i+1], v)
		}
	}
	dir := filepath.Join(t.TempDir(), "m")
	if err := c.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded := must(Load(dir))(t).(*Composed)
	if *loaded.Accept.Worst != *c.Accept.Worst || *loaded.Accept.Least != *c.Accept.Least {
		t.Error("the ranges of conditions are lost")
	}
	one := newEngine(t, 1)
	s := must(NewRefinedSampler(one, loaded, 5, "test"))(t)
	y, zr, xr := make([]float32, 3*2000), make([]float32, 3*2000), make([]float32, 3*2000)
	if err := s.DrawGiven(7+1000, given[1000:], y, zr, xr); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(xr, x[3000:]) {
		t.Error("a part of the points, by the loaded model, is another")
	}
	for i, v := range given[1000:] {
		if y[3*i+2] != v || zr[3*i+2] != v {
			t.Fatalf("latents of point %d have conditions %v and %v, given %v", i, y[3*i+2], zr[3*i+2], v)
		}
	}
	// Other conditions elsewhere change nothing here.
	other := slices.Clone(given)
	for i := range other[:1000] {
		other[i] = 4 - other[i]
	}
	if _, x2 := drawGiven(t, e, c, 7, other, 1); !slices.Equal(x2[3000:], x[3000:]) || slices.Equal(x2[:3000], x[:3000]) {
		t.Error("points depend on the conditions of others, or not on their own")
	}
}

// At given c the acceptance makes the density that its ratio says, normalised for this c
// alone: the mean of a function of accepted points is its mean weighted with the ratio.
func TestAcceptanceIsNormalisedPerCondition(t *testing.T) {
	e := newEngine(t, 2)
	c := sifted(t, e)
	const n = 40000
	for _, at := range []float32{0.2, 1, 3.5} {
		given := slices.Repeat([]float32{at}, n)
		_, x := drawGiven(t, e, c, 0, given, 1)
		s := must(NewRefinedSampler(e, c, 6, "others"))(t)
		s.give(0, given)
		all, logits := make([]float32, 3*n), make([]float32, n)
		if err := s.attempt(0, s.rows(0, n), nil, nil, all, logits); err != nil {
			t.Fatal(err)
		}
		got, want, square, sum, sum2 := 0.0, 0.0, 0.0, 0.0, 0.0
		for i := range n {
			got += float64(x[3*i]) / n
			w := math.Exp(min(float64(logits[i])-c.Accept.LogCap, 0))
			want += w * float64(all[3*i])
			square += float64(all[3*i]) * float64(all[3*i]) / n
			sum, sum2 = sum+w, sum2+w*w
		}
		want /= sum
		sigma := math.Sqrt(square * (1./n + sum2/(sum*sum)))
		t.Logf("c = %v: mean %.4f, of weighted points %.4f ± %.4f, accepted %.3f", at, got, want, sigma, sum/n)
		if math.Abs(got-want) > 4.5*sigma { // by chance once in 10⁵
			t.Errorf("c = %v: mean %v, want %v ± %v", at, got, want, sigma)
		}
	}
}

// Weights exp(a·z - a²/2)·h(c) of normal latents, with a = (c-100)/50: given c the latents
// are N(a, 1), whatever h is.
func TestFlowMatchingGiven(t *testing.T) {
	const n = 40000
	e := newEngine(t, 2)
	z, w := make([]float32, 2*n), make([]float32, n)
	given := make([]float32, n)
	rng.New(8, "c").UniformRows(given, n, 0, 0, n, 1)
	for i, u := range given {
		given[i] = 50 + 100*u
	}
	for _, prior := range []Prior{Normal, Uniform} {
		prior.fillGiven(rng.New(9, "z"), z, make([]float32, 2*n), 0, 0, 2, given, 1)
		for i, c := range given {
			v, a := float64(z[2*i]), (float64(c)-100)/50
			if prior == Uniform {
				v = math.Sqrt2 * math.Erfinv(v)
			}
			w[i] = float32(math.Exp(a*v - a*a/2 + 1.5*(float64(c)-100)/50))
		}
		f := must(NewFlowMatching(FlowMatchingConfig{Hidden: 2, Units: 24, Slope: 0.1, Path: Rotation, Steps: 4, Solver: nn.RK4, Prior: prior, Refines: prior, Given: 1}, []float64{1, 0.3}, 1))(t)
		f.Shift, f.Transform = []float64{0, math.Log(100)}, preprocess.Transform{{Kind: preprocess.Log}}
		cfg := FlowMatchingTraining{Config: steady(10, 500), Average: 0.99, Coupled: true}
		runLearner(t, must(NewFlowMatchingLearner(e, f, z, w, cfg, 3))(t), cfg.Config)
		for _, c := range []float32{60, 100, 140} {
			_, x := drawGiven(t, e, f, 0, slices.Repeat([]float32{c}, n), 1)
			sum, sum2 := 0.0, 0.0
			for i := 0; i < len(x); i += 2 {
				v := float64(x[i])
				if prior == Uniform {
					v = math.Sqrt2 * math.Erfinv(v)
				}
				sum, sum2 = sum+v/n, sum2+v*v/n
				if x[i+1] != c {
					t.Fatalf("condition %v became %v", c, x[i+1])
				}
			}
			want, sd := (float64(c)-100)/50, math.Sqrt(sum2-sum*sum)
			t.Logf("%s, c = %v: mean %.3f, want %.3f, standard deviation %.3f", prior, c, sum, want, sd)
			// As in TestFlowMatchingRefinesTilt, for a third of the examples in effect.
			if math.Abs(sum-want) > 0.06 || math.Abs(sd-1) > 0.06 {
				t.Errorf("%s, c = %v: mean %v, standard deviation %v; want %v and 1", prior, c, sum, sd, want)
			}
		}
	}
}

// Files with a second input: ONNX Runtime and the file read back make what the model
// makes at the same latents and conditions, and the acceptance goes with it.
func TestEncodeGivenONNX(t *testing.T) {
	const rows = 300
	e := newEngine(t, 1)
	r := onnxtest.New(t)
	given := conditionsUpTo4(rows)
	polished := sifted(t, e)
	black := must(Compose(NewGivenIdentity(3, Normal, energy), moving(t, Normal)))(t)
	uniform := must(Compose(NewGivenIdentity(3, Uniform, energy), moving(t, Uniform)))(t)
	for name, g := range map[string]Generator{"rows": rowsOf(t), "refined": polished.Map(), "latents": black, "uniform": uniform} {
		file := must(EncodeONNX(g, nil))(t)
		z, x := drawGiven(t, e, g, 0, given, 1)
		own, want := make([]float32, 0, 2*rows), make([]float32, 0, 2*rows)
		for i := range rows {
			own = append(own, z[3*i], z[3*i+1])
			if strings.Contains("rows refined", name) {
				want = append(want, x[3*i], x[3*i+2])
			} else {
				want = append(want, x[3*i], x[3*i+1])
			}
		}
		r.Add(t, name, file, rows, map[string][]float64{"z": double(own), "c": double(given)}, map[string][]float64{"x": double(want)})
		path := filepath.Join(t.TempDir(), "g.onnx")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		back := must(NewONNX(path, ONNXConfig{}))(t)
		if back.Given() != 1 || back.LatentDim() != 3 || back.Dim() != 2 || back.Prior() != g.Prior() || back.Described() == nil || back.Described().Names[0] != "energy" {
			t.Fatalf("%s: read back it is %d → %d, %s, %+v", name, back.LatentDim(), back.Dim(), back.Prior(), back.Described())
		}
		_, x2 := drawGiven(t, e, back, 0, given, 1)
		for i := range want {
			if d := math.Abs(float64(want[i] - x2[i])); !(d <= 2e-5) {
				t.Fatalf("%s: feature %d is %v, read back %v", name, i, want[i], x2[i])
			}
		}
	}
	const attempts = 3
	file := must(EncodeSifted(polished, attempts, nil))(t)
	z := make([]float32, rows*attempts*3)
	rng.New(3, "sifted").NormalRows(z, 1, 0, 0, 1, len(z))
	s := must(NewRefinedSampler(e, polished, 1, "unused"))(t)
	want := make([]float32, 0, 2*rows)
	for i := range rows {
		var x [3]float32
		for k := range attempts {
			at := z[(i*attempts+k)*3:]
			logit := make([]float32, 1)
			if err := s.run.Feed("y", cpu.Rows{Data: []float32{at[0], at[1], given[i]}}); err != nil {
				t.Fatal(err)
			}
			for j, dst := range [][]float32{nil, x[:], logit} {
				if err := s.run.Into(j, dst); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.run.Run(cpu.Batch{Rows: 1}); err != nil {
				t.Fatal(err)
			}
			u := 0.5 * (1 + math.Erf(float64(at[2])/math.Sqrt2))
			if u < math.Exp(float64(logit[0])-polished.Accept.LogCap) {
				break
			}
		}
		want = append(want, x[0], x[2])
	}
	r.Add(t, "sifted", file, rows, map[string][]float64{"z": double(z), "c": double(given)}, map[string][]float64{"x": double(want)})
	r.Check(t)
}

// What does not fit together is an error of one line, before anything is drawn.
func TestConditionalRefuses(t *testing.T) {
	e := newEngine(t, 1)
	file := func(latents, condition string) func() error {
		return func() error {
			_, err := NewONNX(scaled(t, latents, condition), ONNXConfig{Given: 1})
			return err
		}
	}
	g, phi := rowsOf(t), moving(t, Normal)
	sampler := must(NewSampler(e, g, 1, "test"))(t)
	plain := must(NewGAN(GANConfig{Latent: 3, Hidden: 1, Units: 8}, []float64{1, 1, 1}, 1))(t)
	x := make([]float32, 30)
	with := func(change func(*Conditions)) func() error {
		return func() error {
			c := Conditions{Columns: []int{1}, Names: []string{"a"}, Min: []float64{0}, Max: []float64{1}}
			change(&c)
			_, err := NewConditional(g.G, c)
			return err
		}
	}
	for name, c := range map[string]struct {
		try  func() error
		want string
	}{
		"flat":            {file("in", LastInputs), "first or its last columns"},
		"wrong width":     {func() error { _, err := NewONNX(scaled(t, "z", "c"), ONNXConfig{Given: 4}); return err }, "none has the width of 4 conditions"},
		"no such input":   {func() error { _, err := NewONNX(scaled(t, "z", "c"), ONNXConfig{Given: 1, Condition: "E"}); return err }, `no input "E" of 1 conditions`},
		"the latents fit": {func() error { _, err := NewONNX(scaled(t, "z", "c"), ONNXConfig{Given: 2}); return err }, "by their names the other one has the conditions"},
		"both fit":        {func() error { _, err := NewONNX(square(t, "a", "b"), ONNXConfig{Given: 1}); return err }, "both could be the conditions"},
		"no latents": {func() error {
			_, err := NewONNX(scaled(t, "in", LastInputs), ONNXConfig{Given: 3, Condition: LastInputs})
			return err
		}, "leave no latents"},
		"not said":          {func() error { _, err := NewONNX(scaled(t, "z", "c"), ONNXConfig{}); return err }, "one input, the latents"},
		"too many":          {with(func(c *Conditions) { c.Columns = []int{0, 1} }), "2 are given"},
		"column beyond":     {with(func(c *Conditions) { c.Columns = []int{3} }), "different ones from 0 to 2"},
		"no names":          {with(func(c *Conditions) { c.Names = nil }), "0 names"},
		"bounds":            {with(func(c *Conditions) { c.Min[0] = 2 }), "finite bounds in order"},
		"NaN":               {with(func(c *Conditions) { c.Max[0] = math.NaN() }), "finite bounds in order"},
		"plain":             {func() error { _, err := NewConditional(plain, energy); return err }, "takes 0 conditions, 1 are given"},
		"rows already":      {func() error { _, err := NewConditional(g, energy); return err }, "already"},
		"refiner without":   {func() error { _, err := Compose(g, NewIdentity(3, Normal)); return err }, "keeps 0 conditions, the generator takes 1"},
		"generator without": {func() error { _, err := Compose(plain, phi); return err }, "keeps 1 conditions, the generator takes 0"},
		"none given":        {func() error { return sampler.Draw(0, nil, x) }, "none are given"},
		"too few given":     {func() error { return sampler.DrawGiven(0, make([]float32, 9), nil, x) }, "10 are needed"},
		"given to none":     {func() error { return must(NewSampler(e, plain, 1, "test"))(t).DrawGiven(0, x[:10], nil, x) }, "takes no conditions"},
		"all given": {func() error {
			_, err := NewFlowMatching(FlowMatchingConfig{Hidden: 1, Units: 1, Path: Rotation, Steps: 1, Solver: nn.Heun, Given: 2}, []float64{1, 1}, 1)
			return err
		}, "of which 2 are given"},
	} {
		err := c.try()
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want one line with %q", name, err, c.want)
		}
	}
	// By their names two inputs of one width are told apart.
	for _, names := range [][2]string{{"z", "other"}, {"other", "cond"}, {"Noise", "y"}} {
		if f, err := NewONNX(square(t, names[0], names[1]), ONNXConfig{Given: 1}); err != nil || f.Config.Condition != names[1] {
			t.Errorf("%v: %v", names, err)
		}
	}
}

// square writes x = z + 2·c of two inputs of one column.
func square(t testing.TB, latents, conditions string) string {
	t.Helper()
	g := graph.New()
	x := graph.Add(g.Input(latents, 1), graph.MulScalar(g.Input(conditions, 1), 2))
	path := filepath.Join(t.TempDir(), "g.onnx")
	if err := os.WriteFile(path, must(onnx.Export{Name: "g", Outputs: []onnx.Output{{Name: "x", Node: x}}}.Encode())(t), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Model directories that lie about their conditions are refused.
func TestHostileConditions(t *testing.T) {
	e := newEngine(t, 1)
	c := sifted(t, e)
	black := must(Compose(NewGivenIdentity(3, Normal, energy), moving(t, Normal)))(t)
	for i, change := range []struct {
		model          Generator
		part, old, new string
	}{
		{c, "generator", `"columns": [`, `"columns": [0,`},
		{c, "generator", `"energy"`, `"energy", "mass"`},
		{c, "refiner", `"given": 1`, `"given": 2`},
		{c, "refiner", `"given": 1`, `"given": 3`},
		{c, "refiner", `"given": 1`, `"given": -1`},
		{c, "refiner", `"log(1)"`, `"log(1)", "log(1)"`},
		{c, "acceptance", `"standardise",`, ``},
		{black, "generator", `"energy"`, `"energy", "mass"`},
		{black, "generator", `"columns": [`, `"columns": [9223372036854775807,`},
	} {
		dir := filepath.Join(t.TempDir(), "m")
		if err := change.model.Save(dir); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, change.part, "model.json")
		text := string(must(os.ReadFile(path))(t))
		if !strings.Contains(text, change.old) {
			t.Fatalf("%d: %s holds no %s: %s", i, change.part, change.old, text)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(text, change.old, change.new, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%d: %s with %s: %v; want one line", i, change.part, change.new, err)
		}
	}
}

// Conditions beyond what the training has seen are counted; those at its bounds are not.
func TestConditionsOutside(t *testing.T) {
	c := Conditions{Columns: []int{1, 3}, Min: []float64{0.1, -1}, Max: []float64{0.7, 1}}
	below, above := c.Outside([]float32{0.1, 1, 0.7, -1, 0, 2, 0.3, 3})
	if fmt.Sprint(below, above) != "[1 0] [0 2]" {
		t.Errorf("below %v, above %v", below, above)
	}
}
