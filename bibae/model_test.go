package bibae

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/graph"
	"etalon/rng"
)

// The presets are accepted, and the full one has the sizes of the public code of
// arXiv:2005.05334.
func TestPresets(t *testing.T) {
	for name, c := range map[string]struct {
		net      Config
		training Training
	}{"full": {Full(), FullTraining()}, "small": {Small(), SmallTraining()}} {
		if err := c.net.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.training.Check(c.net); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	sizes := func(s stack) (n []int) {
		list, _, err := s.volumes()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			n = append(n, v.positions[0], v.channels)
		}
		return n
	}
	c, tr := Full(), FullTraining()
	if got := sizes(c.encoder()); !slices.Equal(got, []int{16, 8, 9, 16, 5, 32, 5, 64}) {
		t.Errorf("encoder %v", got)
	}
	if got := sizes(c.decoder()); !slices.Equal(got, []int{30, 8, 60, 16, 30, 8, 30, 16, 30, 32, 30, 16, 30, 1}) {
		t.Errorf("decoder %v", got)
	}
	if got := sizes(tr.Critic.tower(c, "critic")); !slices.Equal(got, []int{14, 128, 6, 128, 4, 128}) {
		t.Errorf("critic %v", got)
	}
	j := critics{net: c, cfg: tr.Critic}
	if e := j.end(); e.In != 256 || e.Units != 256 || e.Hidden != 3 {
		t.Errorf("the critic ends with %+v", e)
	}
	// The count before anything is allocated is that of the parameters.
	for _, net := range []Config{Small(), tinyConfig(false), tinyConfig(true)} {
		if n, err := net.params(); err != nil || int(n) != newModel(t, net).Params.Len() {
			t.Errorf("%v parameters (%v), %d are made", n, err, newModel(t, net).Params.Len())
		}
	}
	if n, err := c.params(); err != nil || n < 71e6 || n > 72e6 {
		t.Errorf("the full sizes have %v parameters: %v", n, err)
	}
	// The graphs of the full size are consistent.
	g := graph.New()
	m := &Model{Config: c, Energy: 50}
	x, e := g.Input("x", 27000), g.Input("e", 1)
	m.encode("", x, c.compressed(x), e)
	m.Build("", g.Input("z", 512))
	j.judge("a/", x, x, e)
	j.judgeLatents("a/", g.Input("latents", 24))
	if err := g.Err(); err != nil {
		t.Error(err)
	}
}

// Sizes that make no model are refused in one line, before memory is taken for them.
func TestSizes(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"layers":        func(c *Config) { c.Layers = 0 },
		"many cells":    func(c *Config) { c.X = 1 << 40 },
		"ends at":       func(c *Config) { c.Grid = 3 },
		"1 filter":      func(c *Config) { c.Decoder[1].Filters = 2 },
		"latent":        func(c *Config) { c.Latent = 0 },
		"noise":         func(c *Config) { c.Noise = -1 },
		"units":         func(c *Config) { c.Units = 1 << 30 },
		"slope":         func(c *Config) { c.Slope = math.NaN() },
		"unit":          func(c *Config) { c.Unit = math.Inf(1) },
		"gain":          func(c *Config) { c.Gain = -1 },
		"log_var":       func(c *Config) { c.LogVar = 99 },
		"energy_unit":   func(c *Config) { c.EnergyUnit = 0 },
		"kernel":        func(c *Config) { c.Encoder[0].Kernel = 0 },
		"stride":        func(c *Config) { c.Encoder[0].Stride = -1 },
		"padding":       func(c *Config) { c.Encoder[0].Pad = 9 },
		"out_pad":       func(c *Config) { c.Encoder[0].OutPad = 1 },
		"output pad":    func(c *Config) { c.Decoder[0].OutPad = 7 },
		"channels":      func(c *Config) { c.Encoder[1].Filters = 1 << 40 },
		"convolutions":  func(c *Config) { c.Encoder = nil },
		"too many":      func(c *Config) { c.Decoder = make([]Layer, 1000) },
		"parameters":    func(c *Config) { c.Wide, c.Units = 1<<16, 1<<16 },
		"larger than":   func(c *Config) { c.Grid, c.GridFilters = 1<<10, 1<<10 },
		"up to 65536":   func(c *Config) { c.X, c.Layers = 1<<10, 1<<10; c.Y = 1 },
		"2^24 features": func(c *Config) { c.Decoder[0].Filters = 1 << 24 },
	} {
		c := tinyConfig(false)
		change(&c)
		_, err := New(c, 1)
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func startOn(m *Model, s *calo.Sparse) { m.start(s, newSums(m.Config, 0.1, s)) }

// draw returns n showers of a simulator.
func draw(t *testing.T, s generator.Simulator, row0 uint64, n int) []float32 {
	t.Helper()
	x := make([]float32, n*s.Dim())
	if err := generator.NewSimulatorSampler(s, 8, "z").Draw(row0, nil, x); err != nil {
		t.Fatal(err)
	}
	return x
}

func newSimulator(t *testing.T, e *cpu.Engine, m *Model) *Simulator {
	t.Helper()
	s, err := NewSimulator(e, m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A model that is saved and read again makes the same showers, through the registry of
// simulators, too.
func TestSaveLoad(t *testing.T) {
	e := newEngine(t, 1)
	for _, paper := range []bool{false, true} {
		m := newModel(t, tinyConfig(paper))
		startOn(m, showers(t, 50))
		m.Energy, m.NoiseSeed = 42, 9
		dir := filepath.Join(t.TempDir(), "model")
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		want := draw(t, newSimulator(t, e, m), 0, 5)
		got, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got.Energy != 42 || !slices.Equal(got.Params.Flat(), m.Params.Flat()) {
			t.Error("another energy, or other parameters")
		}
		s, err := generator.LoadSimulator(e, dir, Kind())
		if err != nil {
			t.Fatal(err)
		}
		if x := draw(t, s, 0, 5); !slices.Equal(x, want) {
			t.Error("other showers")
		}
		if !s.Hidden() || s.LatentDim() != 3 || s.Dim() != 216 {
			t.Errorf("hidden %v, %d latents, %d cells", s.Hidden(), s.LatentDim(), s.Dim())
		}
		again := filepath.Join(t.TempDir(), "again")
		if err := generator.SaveSimulator(s, again); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(again); err != nil {
			t.Error(err)
		}
		if _, err := generator.Load(dir); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("as a network of another package: %v", err)
		}
		m.Energy = math.Inf(1)
		if err := m.Save(dir); err == nil {
			if _, err := Load(dir); err == nil {
				t.Error("an infinite energy: no error")
			}
		}
	}
	// Sizes that the stored parameters are too few for.
	dir := filepath.Join(t.TempDir(), "large")
	m := newModel(t, tinyConfig(false))
	m.Config.Wide = 1 << 14
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "hold fewer parameters") {
		t.Errorf("sizes beyond the stored parameters: %v", err)
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("an empty directory: no error")
	}
}

// Showers do not depend on how a sample is cut; energies are finite and not negative.
func TestSimulator(t *testing.T) {
	e := newEngine(t, 2)
	m := newModel(t, tinyConfig(false))
	startOn(m, showers(t, 50))
	s := newSimulator(t, e, m)
	whole := draw(t, s, 0, 40)
	parts := append(draw(t, s, 0, 7), draw(t, s, 7, 33)...)
	if !slices.Equal(whole, parts) {
		t.Error("parts of a sample differ from the whole")
	}
	for _, v := range whole {
		if !(v >= 0) || math.IsInf(float64(v), 0) {
			t.Fatalf("a cell has %v MeV", v)
		}
	}
	if err := s.Generate(0, make([]float32, 2), make([]float32, 216)); err == nil {
		t.Error("too few latents: no error")
	}
	if err := s.Generate(0, nil, nil); err != nil {
		t.Error(err)
	}
}

// As a network of all its latents the decoder makes the showers of the simulator, if the
// latents of the noise are the normal deviates of its uniform numbers.
func TestAllLatents(t *testing.T) {
	e := newEngine(t, 1)
	for _, paper := range []bool{false, true} {
		m := newModel(t, tinyConfig(paper))
		startOn(m, showers(t, 50))
		const n = 6
		c := m.Config
		z, all := make([]float32, n*c.Latent), make([]float32, n*m.LatentDim())
		for i := range n {
			for j := range m.LatentDim() {
				v := 0.0
				switch k := j - c.Latent; {
				case k < 0:
					v = rng.New(8, "z").Normal(0, uint64(i), j)
					z[i*c.Latent+j] = float32(v)
				case k < c.Noise:
					v = math.Sqrt2 * math.Erfinv(2*rng.New(m.NoiseSeed, "bibae/sample/noise").Uniform(0, uint64(i), k)-1)
				default:
					v = math.Sqrt2 * math.Erfinv(2*rng.New(m.NoiseSeed, "bibae/sample/cells").Uniform(0, uint64(i), k-c.Noise)-1)
				}
				all[i*m.LatentDim()+j] = float32(v)
			}
		}
		want, got := make([]float32, n*m.Dim()), make([]float32, n*m.Dim())
		if err := newSimulator(t, e, m).Generate(0, z, want); err != nil {
			t.Fatal(err)
		}
		net, err := generator.NewSimulator(e, m)
		if err != nil {
			t.Fatal(err)
		}
		if err := net.Generate(0, all, got); err != nil {
			t.Fatal(err)
		}
		for i, v := range want {
			// The distribution function has an error of 2e-7, which factors of the noise of rare
			// cells, up to some hundred, multiply.
			if math.Abs(float64(got[i]-v)) > 1e-3*(1+math.Abs(float64(v))) {
				t.Fatalf("paper %v: cell %d has %v MeV, with all latents given %v", paper, i, v, got[i])
			}
		}
	}
}

// At the start of a training, without what the networks make, every cell is active as often as
// in the showers.
func TestStart(t *testing.T) {
	const n = 4000
	m := newModel(t, tinyConfig(false))
	truth := showers(t, n)
	startOn(m, truth)
	for _, p := range m.Params.Tensors() {
		if p.Name != offsets && p.Name != factors && p.Name != sumMeans && p.Name != sumScales {
			clear(m.Params.Values(p.Name))
		}
	}
	x := draw(t, newSimulator(t, newEngine(t, 2), m), 0, n)
	hits := make([]float64, 216)
	for i := range n {
		cells, _ := truth.Shower(i)
		for _, c := range cells {
			hits[c]++
		}
	}
	worst := 0.0
	for c, want := range hits {
		got := 0.0
		for i := range n {
			if x[i*216+c] >= 0.1 {
				got++
			}
		}
		p := want / n
		if p > 0.9 {
			continue // those have mean and spread
		}
		worst = math.Max(worst, math.Abs(got-want)/math.Sqrt(2*n*p*(1-p)+1))
	}
	// The largest of 216 normal deviates passes 5 with a probability of 1e-4.
	if worst > 5 {
		t.Errorf("a cell is active %v standard deviations too often or too rarely", worst)
	}
	before := slices.Clone(m.Params.Flat())
	startOn(m, showers(t, 10))
	if !slices.Equal(before, m.Params.Flat()) {
		t.Error("a trained model was started again")
	}
}

// The sums in a graph are those of package calo, standardised.
func TestSums(t *testing.T) {
	const n = 60
	truth := showers(t, n)
	c := tinyConfig(false)
	s := newSums(c, 0.1, truth)
	g := graph.New()
	p, err := newEngine(t, 1).Compile(g, cpu.Config{}, s.ofTruth(g.Input("x", 216)))
	if err != nil {
		t.Fatal(err)
	}
	x, got := make([]float32, n*216), make([]float32, n*s.count())
	index := make([]uint32, n)
	for i := range index {
		index[i] = uint32(i)
	}
	truth.Expand(index, x)
	if err := p.Feed("x", cpu.Rows{Data: x}); err != nil {
		t.Fatal(err)
	}
	if err := p.Into(0, got); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(cpu.Batch{Rows: n}); err != nil {
		t.Fatal(err)
	}
	o, err := calo.NewObservables(c.Shape(), calo.LayerEnergy, calo.TotalEnergy, calo.NActive, calo.Centroid)
	if err != nil {
		t.Fatal(err)
	}
	place := append([]int{0, 1, 2, 3, 4, 5}, 12, 13, 14)
	row := make([]float64, o.Len())
	var mean, square [15]float64
	for i := range n {
		o.Compute(row, x[i*216:(i+1)*216])
		for j, k := range place {
			if v := float64(got[i*s.count()+k])/s.scale()[k] + s.mean[k]; math.Abs(v-row[j]) > 1e-4*(1+math.Abs(row[j])) {
				t.Fatalf("shower %d: %s is %v, want %v", i, o.Names[j], v, row[j])
			}
		}
		for k := range s.count() {
			v := float64(got[i*s.count()+k]) / (s.sd[k] * s.scale()[k])
			mean[k] += v / n
			square[k] += v * v / n
		}
	}
	for k := range s.count() {
		if math.Abs(mean[k]) > 1e-4 || math.Abs(square[k]-1) > 1e-3 {
			t.Errorf("sum %d has mean %v and mean square %v", k, mean[k], square[k])
		}
	}
}
