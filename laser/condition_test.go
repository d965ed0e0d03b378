package laser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/dataset"
	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/graph"
	"etalon/onnx"
	"etalon/preprocess"
	"etalon/rng"
)

// conditionalTruth writes rows (x, E) with x normal about E of width 0.5+E given E, and E
// crowded at 0 between 0 and 2.
func conditionalTruth(t *testing.T, rows int) string {
	t.Helper()
	x := make([]float32, 2*rows)
	noise, u := rng.New(11, "x"), rng.New(12, "E")
	for i := range rows {
		e := 2 * math.Pow(u.Uniform(0, uint64(i), 0), 1.5)
		x[2*i], x[2*i+1] = float32(e+(0.5+e)*noise.Normal(0, uint64(i), 0)), float32(e)
	}
	path := filepath.Join(t.TempDir(), "truth.csv")
	if err := dataset.Write(path, rows, 2, x, dataset.WriteOptions{Names: []string{"x", "E"}}); err != nil {
		t.Fatal(err)
	}
	return path
}

// spread writes x = (1+c)·z as an ONNX file of inputs z and c.
func spread(t *testing.T) string {
	t.Helper()
	g := graph.New()
	z, c := g.Input("z", 1), g.Input("c", 1)
	file, err := onnx.Export{Name: "g", Outputs: []onnx.Output{{Name: "x", Node: graph.Mul(graph.AddScalar(c, 1), z)}}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "g.onnx", string(file))
}

// conditionalConfig is a small run with the condition E.
func conditionalConfig(t *testing.T, rows int, g GeneratorConfig) Config {
	t.Helper()
	c, err := Refinement{Name: "conditional", Truth: conditionalTruth(t, rows), Condition: []any{"E"}, Generator: g, Points: 10000, Seed: 1}.Config(0)
	if err != nil {
		t.Fatal(err)
	}
	c.Classifier.Generated, c.Refiner.Examples = 40000, 40000
	c.Classifier.Network.Hidden, c.Classifier.Network.Units, c.Classifier.Training.Epochs = 3, 32, 20
	c.Refiner.FlowMatching.Network.Hidden, c.Refiner.FlowMatching.Network.Units = 3, 32
	c.Refiner.FlowMatching.Training.Epochs, c.Refiner.FlowMatching.Training.Batch = 40, 500
	c.Polish.Network.Hidden, c.Polish.Network.Units = 2, 16
	c.Polish.Training.Epochs, c.Polish.Training.Batch = 4, 1000
	c.Closure.Points, c.Closure.Training.Epochs = 2000, 3
	c.OmniFold.Events, c.OmniFold.Iterations, c.OmniFold.Training.Epochs = 40000, 5, 6
	c.OmniFold.Training.Batch = 500
	return c
}

// tolerance of means and standard deviations in units of the truth's width, where 10 000
// truth points are trained on: a tenth of them around a condition know the mean to 0.03 and
// the width to 0.02; the weights, two networks and the ends of the range add to it. The
// generator itself is off by up to 1 in the mean and by 1/3 in the width.
const tolerance = 0.15

// checkGiven holds points at a condition against N(E, (0.5+E)²).
func checkGiven(t *testing.T, what string, x []float32, e float64) {
	t.Helper()
	n, sum, sum2 := float64(len(x)), 0.0, 0.0
	for _, v := range x {
		u := (float64(v) - e) / (0.5 + e)
		sum, sum2 = sum+u/n, sum2+u*u/n
	}
	sd := math.Sqrt(sum2 - sum*sum)
	t.Logf("%s, E = %v: mean off by %.3f widths, width %.3f", what, e, sum, sd)
	if math.Abs(sum) > tolerance || math.Abs(sd-1) > tolerance {
		t.Errorf("%s, E = %v: the mean is off by %.3f widths, the width is %.3f of the truth's", what, e, sum, sd)
	}
}

// A conditional run from end to end, against exact densities at several conditions; it
// leaves p(E) as it is, and continues to the same bytes.
func TestConditionalRun(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	c := conditionalConfig(t, 20000, NewModelGenerator(spread(t), ""))
	if c.Refiner.Kind != refinerFlowMatching || !slices.Equal(c.Score.Columns, []int{0, 1}) {
		t.Fatalf("refiner %s, columns %v", c.Refiner.Kind, c.Score.Columns)
	}
	dir := filepath.Join(t.TempDir(), "run")
	m := runTo(t, e, dir, c)
	if got := rows(m); !slices.Equal(got, []string{"baseline", "dctr", "refiner", "laser"}) {
		t.Fatalf("scores of %v", got)
	}
	if len(m.Warnings) > 0 {
		t.Log(m.Warnings)
	}
	// The sample has each training condition once, in rows like those of the truth.
	trained, err := loadTruth(c, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"laser", "refiner", "baseline"} {
		x, err := dataset.Read(filepath.Join(dir, "samples", name+".npy"), dataset.ReadOptions{Cols: 2})
		if err != nil {
			t.Fatal(err)
		}
		got, want := pickColumns(x.Data, 2, []int{1}), pickColumns(trained.train, 2, []int{1})
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the conditions are not those of the training", name)
		}
	}
	// What the weights are for: exact ones are N(E, (0.5+E)²)/N(0, (1+E)²).
	base, err := dataset.Read(filepath.Join(dir, "samples", "baseline.npy"), dataset.ReadOptions{Cols: 2})
	if err != nil {
		t.Fatal(err)
	}
	logw, err := dataset.ReadFloat64(filepath.Join(dir, "samples", "log_weights.npy"))
	if err != nil {
		t.Fatal(err)
	}
	m2 := 0.0
	for i, l := range logw {
		x, e := float64(base.Data[2*i]), float64(base.Data[2*i+1])
		a, b := (x-e)/(0.5+e), x/(1+e)
		exact := -a*a/2 + b*b/2 + math.Log((1+e)/(0.5+e))
		m2 += math.Exp(exact) * (l - exact) * (l - exact) / float64(len(logw)) // where the truth is
	}
	if t.Logf("log-weights are off by %.3f, root mean square over the truth", math.Sqrt(m2)); m2 > 0.25*0.25 {
		t.Errorf("log-weights are off by %v", math.Sqrt(m2))
	}
	gen, err := generator.Load(filepath.Join(dir, "models", "laser"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := generator.NewSampler(e, gen, 77, "test")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []float32{0.1, 0.5, 1, 1.6} {
		const n = 20000
		points := make([]float32, 2*n)
		if err := s.DrawGiven(0, slices.Repeat([]float32{at}, n), nil, points); err != nil {
			t.Fatal(err)
		}
		checkGiven(t, "refined", pickColumns(points, 2, []int{0}), float64(at))
	}
	scores := map[string]Score{}
	for _, s := range m.Scores {
		scores[s.Method] = s
		if len(s.Conditions) != 1 || s.Conditions[0].Column != 0 || s.Conditions[0].Condition != 1 || len(s.Conditions[0].Slices) != conditionSlices {
			t.Fatalf("%s: scores at conditions %+v", s.Method, s.Conditions)
		}
	}
	off, refined := scores["baseline"].Conditions[0], scores["laser"].Conditions[0]
	if !(refined.JSD-refined.Floor < 0.2*(off.JSD-off.Floor)) {
		t.Errorf("jointly with E the JSD is %.4f, floor %.4f; the generator has %.4f", refined.JSD, refined.Floor, off.JSD)
	}
	for k, s := range refined.Slices {
		if s.JSD > s.Floor+10*s.Spread || off.Slices[k].JSD < 3*off.Slices[k].Floor {
			t.Errorf("E from %v to %v: refined %v, floor %v ± %v, generator %v", s.Lo, s.Hi, s.JSD, s.Floor, s.Spread, off.Slices[k].JSD)
		}
	}
	// It goes on where it was, to the same bytes.
	text, err := os.ReadFile(filepath.Join(dir, "metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"metrics.json", "samples/laser.npy", "models/laser", "samples/log_weights.npy"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	one := cpu.New(1)
	defer one.Close()
	runTo(t, one, dir, c)
	if again, err := os.ReadFile(filepath.Join(dir, "metrics.json")); err != nil || !bytes.Equal(text, again) {
		t.Errorf("continued with other threads it has other scores (%v)", err)
	}
	if _, err := OpenDraws(e, dir, 1); err != nil {
		t.Errorf("opened to draw: %v", err)
	}

	// The refined model is a generator of rows already: another run refines it again.
	c.Generator = NewModelGenerator(filepath.Join(dir, "models", "laser"), "")
	c.Classifier.Training.Epochs, c.Refiner.FlowMatching.Training.Epochs, c.Polish.Training.Epochs = 1, 1, 0
	again := runTo(t, e, filepath.Join(t.TempDir(), "again"), c)
	if s := again.Scores[0].Conditions[0]; !(s.JSD < 2*s.Floor) {
		t.Errorf("as a generator it has a JSD of %v, floor %v", s.JSD, s.Floor)
	}
	c.Condition = []any{"x"}
	if _, err := Open(filepath.Join(t.TempDir(), "other"), c, e, &quiet{}); err == nil || !strings.Contains(err.Error(), "in columns [1], the run in [0]") {
		t.Errorf("with the conditions in another column: %v", err)
	}
	c.Condition = nil
	c.Refiner.Kind = refinerNone
	if _, err := Open(filepath.Join(t.TempDir(), "none"), c, e, &quiet{}); err == nil || !strings.Contains(err.Error(), "the generator takes 1 condition, and no column of the truth is one") {
		t.Errorf("without conditions: %v", err)
	}
}

// A program and pairs at conditions: their weights are pulled back given E.
func TestConditionalBlackBox(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole run")
	}
	e := cpu.New(2)
	defer e.Close()
	t.Setenv(programVariable, "conditional")
	program := NewProcessGenerator(generator.ProcessConfig{Command: []string{os.Args[0]}, Latent: 1})
	c := conditionalConfig(t, 20000, program)
	if c.Generator.Process.Dim != 1 || c.Generator.Process.Latent != 1 {
		t.Fatalf("a program of %d latents and %d features", c.Generator.Process.Latent, c.Generator.Process.Dim)
	}
	c.Preprocess = preprocess.Columns{"E": {Kind: preprocess.Log, Offset: 0.3}}
	dir := filepath.Join(t.TempDir(), "run")
	m := runTo(t, e, dir, c)
	nu, err := dctr.LoadWeigher(filepath.Join(dir, "models", "pullback"))
	if f, ok := nu.(*dctr.Classifier); err != nil || !ok || len(f.Transform) != 2 || f.Transform[1] != c.Preprocess["E"] {
		t.Errorf("the weights of the latents do not see the logarithm (%v)", err)
	}
	if got := rows(m); m.PullBack != "omnifold" || !slices.Equal(got, []string{"baseline", "dctr", "refiner", "laser"}) {
		t.Fatalf("pulled back by %s, scores of %v", m.PullBack, got)
	}
	check := func(dir string) {
		gen, err := generator.Load(filepath.Join(dir, "models", "laser"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := generator.NewSampler(e, gen, 7, "test")
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []float32{0.5, 1, 1.6} {
			const n = 20000
			z := make([]float32, 2*n)
			if err := s.DrawGiven(0, slices.Repeat([]float32{at}, n), nil, z); err != nil {
				t.Fatal(err)
			}
			x := pickColumns(z, 2, []int{0})
			for i := range x {
				x[i] *= 1 + at
			}
			checkGiven(t, c.Generator.Kind, x, float64(at))
		}
	}
	check(dir)
	d, err := OpenDraws(e, dir, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	given, x := []float32{0.2, 0.9, 1.7}, make([]float32, 6)
	if err := d.Baseline(0, given, nil, x); err != nil || !slices.Equal(pickColumns(x, 2, []int{1}), given) {
		t.Errorf("the program at %v: %v (%v)", given, x, err)
	}
	if err := d.Baseline(0, nil, nil, x); err == nil {
		t.Error("the program was asked without conditions")
	}

	// Pairs at conditions of the truth, and at others.
	const n = 20000
	truth, err := loadTruth(c, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	z, x := make([]float32, n), make([]float32, 2*n)
	rng.New(3, "z").NormalRows(z, 1, 0, 0, 1, n)
	pairs := func(f func(e float32) float32) PairsConfig {
		for i := range z {
			at := f(truth.train[2*(i%(len(truth.train)/2))+1])
			x[2*i], x[2*i+1] = (1+at)*z[i], at
		}
		p := PairsConfig{Latents: filepath.Join(t.TempDir(), "z.npy"), Sample: filepath.Join(t.TempDir(), "x.npy")}
		for path, table := range map[string][]float32{p.Latents: z, p.Sample: x} {
			if err := dataset.WriteNPY(path, n, len(table)/n, table); err != nil {
				t.Fatal(err)
			}
		}
		return p
	}
	c = conditionalConfig(t, 20000, NewPairsGenerator(pairs(func(e float32) float32 { return e })))
	dir = filepath.Join(t.TempDir(), "pairs")
	if m := runTo(t, e, dir, c); !slices.Equal(rows(m), []string{"baseline", "dctr"}) {
		t.Errorf("pairs: scores of %v", rows(m))
	}
	check(dir)
	c.Generator.Pairs = pairs(func(e float32) float32 { return 0.95 * e })
	if _, err := Open(filepath.Join(t.TempDir(), "run"), c, e, &quiet{}); err == nil || !strings.Contains(err.Error(), "its distribution in the pairs is not the truth's") {
		t.Errorf("pairs at other conditions: %v", err)
	}
}

// Further rounds keep the conditions, of a network and of a program.
func TestConditionalRounds(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole run")
	}
	e := cpu.New(2)
	defer e.Close()
	t.Setenv(programVariable, "conditional")
	for _, g := range []GeneratorConfig{NewModelGenerator(spread(t), ""), NewProcessGenerator(generator.ProcessConfig{Command: []string{os.Args[0]}, Latent: 1})} {
		c := conditionalConfig(t, 8000, g)
		c.Iterate.Rounds, c.Closure.Points = 1, 0
		c.Classifier.Training.Epochs, c.Refiner.FlowMatching.Training.Epochs, c.Polish.Training.Epochs = 2, 2, 1
		c.OmniFold.Events, c.OmniFold.Iterations, c.OmniFold.Training.Epochs = 4000, 1, 1
		dir := filepath.Join(t.TempDir(), "run")
		m := runTo(t, e, dir, c)
		if got := rows(m); !slices.Equal(got, []string{"baseline", "dctr", "refiner", "laser", "dctr2", "refiner2", "laser2"}) {
			t.Fatalf("%s: scores of %v", g.Kind, got)
		}
		var conditions [2][]float32
		for k, name := range []string{"laser", "laser2"} {
			x, err := dataset.Read(filepath.Join(dir, "samples", name+".npy"), dataset.ReadOptions{Cols: 2})
			if err != nil {
				t.Fatal(err)
			}
			conditions[k] = pickColumns(x.Data, 2, []int{1})
			slices.Sort(conditions[k])
			conditions[k] = slices.Compact(conditions[k])
		}
		if !slices.Equal(conditions[0], conditions[1]) || len(conditions[0]) < 3900 {
			t.Errorf("%s: the rounds have other conditions", g.Kind)
		}
	}
}

// A condition that must not be, or not so, is an error of one line, and nothing is made.
func TestConditionRefuses(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	base := conditionalConfig(t, 4000, NewModelGenerator(spread(t), ""))
	table := func(change func(row []float32)) string {
		x := make([]float32, 3*4000)
		rng.New(1, "table").NormalRows(x, 1, 0, 0, 1, len(x))
		for i := 0; i < len(x); i += 3 {
			change(x[i : i+3])
		}
		path := filepath.Join(t.TempDir(), "t.npy")
		if err := dataset.WriteNPY(path, 4000, 3, x); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		change func(c *Config)
		want   string
	}{
		"no such column": {func(c *Config) { c.Condition = []any{"mass"} }, `no column "mass"`},
		"twice":          {func(c *Config) { c.Condition = []any{"E", int64(1)} }, "chosen twice"},
		"all":            {func(c *Config) { c.Condition = []any{"E", "x"} }, "at least one must be left"},
		"a fraction":     {func(c *Config) { c.Condition = []any{1.5} }, "names, and numbers from 0"},
		"constant": {func(c *Config) {
			c.Truth, c.Condition = table(func(r []float32) { r[2] = 7 }), []any{int64(2)}
		}, "column 2 is 7 in all rows"},
		"NaN": {func(c *Config) {
			c.Truth = table(func(r []float32) { r[1] = float32(math.NaN()) })
			c.Condition = []any{int64(1)}
		}, "NaN"},
		"too many":       {func(c *Config) { c.Truth, c.Condition = table(func([]float32) {}), []any{int64(1), int64(2)} }, "none has the width of 2 conditions"},
		"other features": {func(c *Config) { c.Truth, c.Condition = table(func([]float32) {}), []any{int64(1)} }, "makes 1 feature, the truth has 2 beside its conditions"},
		"density":        {func(c *Config) { c.Truth, c.Density = "", "rings" }, "columns of a truth file"},
		"a flow":         {func(c *Config) { c.Generator.Kind = kindFlow }, "takes no conditions"},
		"weights":        {func(c *Config) { c.WeightColumn = "w" }, "weight_column"},
		"hidden":         {func(c *Config) { c.Generator.Hidden = 1 }, "generator.hidden = 1"},
		"table":          {func(c *Config) { c.Refiner.Kind = refinerRosenblatt }, "knows of no conditions"},
		"hmc":            {func(c *Config) { c.HMC.Samples = 1000 }, "hmc.samples = 0"},
		"density input":  {func(c *Config) { c.Classifier.Density = true }, "classifier.density = false"},
		"continue":       {func(c *Config) { c.Iterate.Rounds, c.Iterate.Kind = 1, iterateContinue }, "iterate.kind"},
		"input":          {func(c *Config) { c.Generator.ConditionInput = "energy" }, `no input "energy"`},
		"input alone":    {func(c *Config) { c.Condition, c.Generator.ConditionInput = nil, "c" }, "no column is a condition"},
		"two inputs":     {func(c *Config) { c.Condition = nil }, "one input, the latents"},
	} {
		cfg := base
		c.change(&cfg)
		dir := filepath.Join(t.TempDir(), "run")
		_, err := Open(dir, cfg, e, &quiet{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want one line with %q", name, err, c.want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a directory was made", name)
		}
	}
	text, err := EncodeConfig(base)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadConfig(writeFile(t, "c.toml", string(text)))
	if err != nil || fmt.Sprint(back.Condition) != "[E]" {
		t.Errorf("as TOML: %v, %v", back.Condition, err)
	}
	short := "truth = 't.npy'\ncondition = [2]\n[generator]\nkind = 'model'\nmodel = 'g.onnx'\n"
	if c, err := ReadConfig(writeFile(t, "c.toml", short)); err != nil || c.HMC.Samples != 0 {
		t.Errorf("a short file of settings: %v", err)
	}
	if _, err := ReadConfig(writeFile(t, "c.toml", short+"[hmc]\nsamples = 1000\n")); err == nil {
		t.Error("hmc.samples was taken")
	}
}

// A sample that is right but in one slice, which the joint distribution hardly shows, is
// warned of; the truth itself is not. Weights that change p(c) are.
func TestWarnConditions(t *testing.T) {
	c := conditionalConfig(t, 40000, NewModelGenerator(spread(t), ""))
	r := &Run{cfg: c, e: cpu.New(1)}
	defer r.e.Close()
	var err error
	if r.truth, err = loadTruth(c, nil, 0); err != nil {
		t.Fatal(err)
	}
	r.conditions = r.truth.conditions
	r.rounds = []*round{{number: 1}}
	right := slices.Clone(r.truth.train[:20000])
	wrong, cuts := slices.Clone(right), r.slices(1)
	logw := make([]float64, len(right)/2)
	for i := 0; i < len(wrong); i += 2 {
		if cuts[4].has(wrong[i+1]) {
			wrong[i] += 0.5 * (0.5 + wrong[i+1])
			logw[i/2] = 0.5
		}
	}
	list := []candidate{{method: "laser", x: right}, {method: "laser", x: wrong}, {method: "dctr", x: right, logw: make([]float64, len(logw))}, {method: "dctr", x: right, logw: logw}}
	for i, want := range []string{"", "where E is from", "", "change the distribution of the condition"} {
		m := &metrics{Scores: []Score{{Method: list[i].method}}}
		if err := r.scoreConditions(list[i:i+1], m.Scores); err != nil {
			t.Fatal(err)
		}
		r.warnConditions(m)
		if text := strings.Join(m.Warnings, "\n"); (want == "") != (text == "") || !strings.Contains(text, want) {
			t.Errorf("%s, %d: %q; want %q", list[i].method, i, text, want)
		}
		if i == 1 {
			if _, w := Worst(m.Scores[0].Conditions); !cuts[4].has(float32(w.Lo)) || !cuts[4].has(float32(w.Hi)) {
				t.Errorf("the worst slice is %v to %v", w.Lo, w.Hi)
			}
		}
		if _, err := json.Marshal(m.Scores); err != nil {
			t.Error(err)
		}
	}
	// A column that follows the condition: what is wrong at each condition is small beside
	// what the column varies over a slice, and is seen all the same.
	follow := func(x []float32, shift float32) []float32 {
		y := slices.Clone(x)
		for i := 0; i < len(y); i += 2 {
			y[i] = 100*y[i+1] + (y[i]-y[i+1])/(0.5+y[i+1]) + shift
		}
		return y
	}
	r.truth.score = follow(r.truth.score, 0)
	for _, shift := range []float32{0, 0.7} {
		scores := []Score{{}}
		if err := r.scoreConditions([]candidate{{method: "laser", x: follow(right, shift)}}, scores); err != nil {
			t.Fatal(err)
		}
		for _, s := range scores[0].Conditions[0].Slices {
			// A shift of 0.7 widths has a JSD of 0.06 nats (numerical integration).
			if off := s.JSD - s.Floor; shift == 0 && off > 5*s.Spread || shift != 0 && math.Abs(off-0.06) > 0.02 {
				t.Errorf("shifted by %v, E from %v to %v: the JSD is %v above its floor", shift, s.Lo, s.Hi, off)
			}
		}
	}
	// A condition of few values has a slice for each.
	for i := 0; i < len(r.truth.score); i += 2 {
		r.truth.score[i+1] = float32(i / 2 % 3)
	}
	if cuts := r.slices(1); len(cuts) != 3 || !cuts[1].has(1) || cuts[1].has(0) || cuts[1].has(2) {
		t.Errorf("slices of three values: %v", cuts)
	}
}

// The probabilities of the Kolmogorov–Smirnov test are those of its distribution: a p below
// 0.05 comes up once in twenty times where the densities are equal, and a shift is found.
func TestKolmogorov(t *testing.T) {
	const tests, n, m = 2000, 300, 500
	below := 0
	s, row := rng.New(1, "kolmogorov"), uint64(0)
	draw := func(n int, shift float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i], row = s.Normal(0, row, 0)+shift, row+1
		}
		return x
	}
	for range tests {
		if _, p := kolmogorov(draw(n, 0), draw(m, 0)); p < 0.05 {
			below++
		}
	}
	// Binomial, mean 100 and standard deviation 9.7; the test is conservative by a little.
	if below < 50 || below > 140 {
		t.Errorf("p < 0.05 in %d of %d tests", below, tests)
	}
	if _, p := kolmogorov(draw(n, 0), draw(m, 1)); p > 1e-10 {
		t.Errorf("a shift of one standard deviation has p = %v", p)
	}
	if d, p := kolmogorov([]float64{1, 1, 2}, []float64{1, 1, 2}); d != 0 || p != 1 {
		t.Errorf("equal samples: distance %v, p = %v", d, p)
	}
}
