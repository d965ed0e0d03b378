package train_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/graph"
	"etalon/nn"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// After the first step nothing is allocated: program, optimiser, batches.
func TestStepDoesNotAllocate(t *testing.T) {
	p := small
	p.rows, p.batch = 2000, 500
	o, _ := p.learner(t, 2)
	out := make([]float64, 1)
	step := 0
	run := func() {
		if err := o.Step(step, 1, out); err != nil {
			t.Fatal(err)
		}
		step++
	}
	run()
	if n := testing.AllocsPerRun(30, run); n != 0 {
		t.Errorf("%v allocations in a step", n)
	}
}

// One step of a known gradient: loss = mean (w·x - y)², all parameters of one
// element, Adam's first step is α towards the minimum whatever the slope.
func TestUpdate(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	params := &nn.Params{}
	params.Add("w", 1)
	params.Add("unused", 1)   // the loss does not depend on it
	params.Add("far away", 2) // nor on this, which the graph does not know
	params.Flat()[0], params.Flat()[1] = 1, 5
	g := graph.New()
	x, y := g.Input("x", 1), g.Input("y", 1)
	g.Shared("net/unused", 1)
	loss := graph.MeanRows(graph.Square(graph.Sub(graph.Mul(x, g.Shared("net/w", 1)), y)))
	u, err := train.NewUpdate(e, cpu.Config{}, loss, params, "net/", optim.Adam{Alpha: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string][]float32{"x": {1, 2}, "y": {3, 6}} { // best w is 3
		if err := u.Program.Feed(name, cpu.Rows{Data: v}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := u.Step(cpu.Batch{Rows: 2}, 0.5)
	if err != nil || got != 10 { // (1-3)² and (2-6)²
		t.Errorf("loss %v before the step (%v), want 10", got, err)
	}
	if w := params.Values("w")[0]; math.Abs(float64(w)-1.125) > 1e-6 {
		t.Errorf("w = %v after a step, want 1.125", w)
	}
	if !slices.Equal(params.Flat()[1:], []float32{5, 0, 0}) {
		t.Errorf("unused parameters moved: %v", params.Flat())
	}
}

// Parameters whose derivatives are one node of the graph, or a constant.
func TestUpdateWithEqualGradients(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	params := &nn.Params{}
	for _, name := range []string{"a", "b", "c", "d"} {
		params.Add(name, 1)
	}
	g := graph.New()
	n := params.Nodes(g, "")
	loss := graph.Add(graph.Square(graph.AddScalar(graph.Add(n[0], n[1]), -4)), graph.Sub(n[2], n[3]))
	u, err := train.NewUpdate(e, cpu.Config{}, loss, params, "", optim.Adam{Alpha: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Step(cpu.Batch{Rows: 1}, 1); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.5, 0.5, -0.5, 0.5} {
		if got := float64(params.Flat()[i]); math.Abs(got-want) > 1e-6 {
			t.Errorf("parameter %d is %v after a step, want %v", i, got, want)
		}
	}
}

func TestUpdateErrors(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	params := &nn.Params{}
	params.Add("w", 1)
	adam := optim.Adam{Alpha: 1}
	build := func(f func(g *graph.Graph, x *graph.Node) *graph.Node, a optim.Adam) error {
		g := graph.New()
		_, err := train.NewUpdate(e, cpu.Config{}, f(g, g.Input("x", 2)), params, "", a)
		return err
	}
	for name, err := range map[string]error{
		"settings":      build(func(_ *graph.Graph, x *graph.Node) *graph.Node { return graph.MeanRows(graph.SumFeatures(x)) }, optim.Adam{}),
		"loss of two":   build(func(_ *graph.Graph, x *graph.Node) *graph.Node { return graph.MeanRows(x) }, adam),
		"invalid graph": build(func(_ *graph.Graph, x *graph.Node) *graph.Node { return graph.Slice(x, 1, 9) }, adam),
		"other shape": build(func(g *graph.Graph, x *graph.Node) *graph.Node {
			return graph.MeanRows(graph.SumFeatures(graph.Mul(x, g.Shared("w", 2))))
		}, adam),
	} {
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	g := graph.New()
	loss := graph.MeanRows(graph.Mul(g.Input("x", 1), graph.Mul(g.Shared("w", 1), g.Shared("other", 1))))
	u, err := train.NewUpdate(e, cpu.Config{}, loss, params, "", adam)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Step(cpu.Batch{Rows: 1}, 1); err == nil || !strings.Contains(err.Error(), "other (shared 1)") {
		t.Errorf("a parameter that nobody bound: %v", err)
	}

	cfg := train.ObjectiveConfig{Loss: loss, Params: params, Adam: adam, Batches: train.NewBatches(rng.New(1, "b"))}
	if _, err := train.NewObjective(e, cfg); err == nil {
		t.Error("an objective without rows: no error")
	}
	cfg.Batches = train.NewBatches(rng.New(1, "b"), train.Group{Lo: 0, Hi: 4, Share: 2})
	cfg.Fields = map[string][]float32{"nobody": {1, 2, 3, 4}}
	o, err := train.NewObjective(e, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Step(0, 1, make([]float64, 1)); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("a field that is no input: %v", err)
	}
}

// θ̄ ← d·θ̄ + (1-d)·θ with d = min(decay, (t+1)/(t+10)), against float64.
func TestAverage(t *testing.T) {
	const n, decay = 100, 0.9
	s := rng.New(1, "average")
	params, want := make([]float32, n), make([]float64, n)
	for i := range params {
		params[i] = float32(s.Normal(0, uint64(i), 0))
		want[i] = float64(params[i])
	}
	a := train.NewAverage(decay, params)
	for step := range 300 {
		d := math.Min(decay, float64(step+1)/float64(step+10))
		for i := range params {
			params[i] = 3 + float32(s.Normal(uint64(step+1), uint64(i), 0))
			want[i] = d*want[i] + (1-d)*float64(params[i])
		}
		a.Update(params, step)
	}
	for i, v := range a.Values {
		if math.Abs(float64(v)-want[i]) > 1e-5 {
			t.Fatalf("element %d is %v, in float64 %v", i, v, want[i])
		}
	}
	// What stays put is averaged to itself.
	fixed := []float32{1.5, -2}
	b := train.NewAverage(0.99, []float32{0, 0})
	for step := range 3000 {
		b.Update(fixed, step)
	}
	if math.Abs(float64(b.Values[0]-1.5)) > 1e-5 || math.Abs(float64(b.Values[1]+2)) > 1e-5 {
		t.Errorf("the average of %v is %v", fixed, b.Values)
	}
}

func TestConfig(t *testing.T) {
	good := train.Config{Epochs: 1, Batch: 1, Adam: optim.Adam{Alpha: 1}}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(c *train.Config){
		"epochs": func(c *train.Config) { c.Epochs = 0 }, "batch": func(c *train.Config) { c.Batch = 1 << 30 },
		"validation": func(c *train.Config) { c.Validation = math.NaN() }, "adam": func(c *train.Config) { c.Adam.Alpha = 0 },
		"schedule": func(c *train.Config) { c.Schedule.Kind = "?" },
	} {
		c := good
		change(&c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if k := (train.Config{Validation: 0.25}).Split(103); k != 78 {
		t.Errorf("103 rows are cut at %d", k)
	}
	if r := train.Range(3, 6); !slices.Equal(r, []uint32{3, 4, 5}) || len(train.Range(6, 3)) != 0 {
		t.Errorf("range %v", r)
	}
}
