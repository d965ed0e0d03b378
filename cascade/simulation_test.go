package cascade_test

import (
	"context"
	"iter"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/cascade"
	"etalon/engine/cpu"
	"etalon/generator"
	"etalon/rng"
)

// few is a small calorimeter: six sensors, photons of 1 GeV.
func few() cascade.Parameters {
	p := cascade.Parameters{X: 7, Y: 5, Cell: 5, Impact: [2]int{3, 2}, Energy: 1000, Cut: 0.1, Density: 1, Scattering: 1, Response: 1}
	for range 6 {
		p.Slabs = append(p.Slabs, cascade.Slab{Material: "tungsten", Thickness: 4}, cascade.Slab{Material: "silicon", Thickness: 0.5, Sensor: true}, cascade.Slab{Material: "board", Thickness: 3})
	}
	return p
}

func simulation(t testing.TB, p cascade.Parameters) *cascade.Simulation {
	t.Helper()
	s, err := cascade.New(p, 3, "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func normals(n, dim int) []float32 {
	z := make([]float32, n*dim)
	rng.New(2, "latents").NormalRows(z, n, 0, 0, n, dim)
	return z
}

// A shower is a function of its latents, the seed and its number: threads and blocks
// change nothing, nor does what was simulated before.
func TestShowersAreReproducible(t *testing.T) {
	const n = 21
	s := simulation(t, few())
	l, d := s.LatentDim(), s.Dim()
	z := normals(n, l)
	whole, parts := make([]float32, n*d), make([]float32, n*d)
	const row0 = 1<<63 + 5
	if err := s.Generate(row0, z, whole); err != nil {
		t.Fatal(err)
	}
	s.Threads = 4
	for lo := 0; lo < n; lo += 5 {
		hi := min(lo+5, n)
		if err := s.Generate(row0+uint64(lo), z[lo*l:hi*l], parts[lo*d:hi*d]); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(whole, parts) {
		t.Error("blocks and threads change showers")
	}
	if err := s.Generate(row0+1, z, parts); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(whole, parts) {
		t.Error("other row numbers give the same hidden randomness")
	}
}

// The latents do what they say: a photon that converts late has no energy in front, and
// the impact point is in its cell, from edge to edge.
func TestLatents(t *testing.T) {
	p := few()
	p.Cut = 0
	s := simulation(t, p)
	const n = 200
	d, l := s.Dim(), s.LatentDim()
	z, x := normals(n, l), make([]float32, n*d)
	for i := range n {
		z[l*i] = 1.5 // 2.7 mean free paths
	}
	if err := s.Generate(0, z, x); err != nil {
		t.Fatal(err)
	}
	front := 0.0
	for i := range n {
		for _, e := range x[i*d : i*d+2*35] {
			front += float64(e) / n
		}
	}
	if front > 0.2 {
		t.Errorf("%v MeV in front of the conversion; what little comes back is below 0.2", front)
	}
	for i := range n { // first layer, no scattering to speak of
		z[l*i], z[l*i+2] = -3, 3
	}
	if err := s.Generate(0, z, x); err != nil {
		t.Fatal(err)
	}
	var at [7]float64
	for i := range n {
		for k, e := range x[i*d : i*d+35] {
			at[k/5] += float64(e)
		}
	}
	if !(at[3]+at[4] > 0.9*(at[0]+at[1]+at[2]+at[3]+at[4]+at[5]+at[6]) && at[4] > 0.1*at[3]) {
		t.Errorf("photons at the right edge of column 3 leave %v MeV in the columns of the first layer", at)
	}
}

// Cells of the cut are zero, others are unchanged by it; the response is a factor.
func TestCutAndResponse(t *testing.T) {
	p := few()
	const n = 8
	cut := simulation(t, p)
	z := normals(n, cut.LatentDim())
	p.Cut, p.Response = 0, 2
	double := simulation(t, p)
	a, b := make([]float32, n*cut.Dim()), make([]float32, n*cut.Dim())
	if err := cut.Generate(0, z, a); err != nil {
		t.Fatal(err)
	}
	if err := double.Generate(0, z, b); err != nil {
		t.Fatal(err)
	}
	some := 0
	for i, v := range b {
		want := v / 2
		if want < 0.1 {
			want = 0
		} else {
			some++
		}
		if math.Abs(float64(a[i]-want)) > 1e-5*float64(want) {
			t.Fatalf("cell %d has %v MeV; %v without the cut", i, a[i], v/2)
		}
	}
	if some < 50 {
		t.Errorf("only %d cells have energy", some)
	}
}

// A latent of a factor does what the factor does, by spread to the power of its value.
func TestFactors(t *testing.T) {
	for k, change := range []func(p *cascade.Parameters, f float64){
		func(p *cascade.Parameters, f float64) { p.Density *= f },
		func(p *cascade.Parameters, f float64) { p.Scattering *= f },
		func(p *cascade.Parameters, f float64) { p.Response *= f },
	} {
		p := few()
		p.Cut = 0
		p.DensitySpread, p.ScatteringSpread, p.ResponseSpread = 0.1, 0.1, 0.1
		const n = 600
		central := simulation(t, p)
		change(&p, math.Exp(0.1*2))
		moved := simulation(t, p)
		l := central.LatentDim()
		z := normals(n, l)
		for i := range n {
			clear(z[i*l+l-3 : i*l+l])
		}
		a, b := make([]float32, n*central.Dim()), make([]float32, n*central.Dim())
		if err := moved.Generate(0, z, b); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			z[i*l+l-3+k] = 2
		}
		if err := central.Generate(0, z, a); err != nil {
			t.Fatal(err)
		}
		// The mean energies of layers agree within their errors: 600 showers that fluctuate
		// by about the mean, four standard errors of a difference.
		d := central.Dim()
		for layer := range 6 {
			var sa, sb, saa, sbb float64
			for i := range n {
				var ea, eb float64
				for j := layer * 35; j < (layer+1)*35; j++ {
					ea += float64(a[i*d+j])
					eb += float64(b[i*d+j])
				}
				sa, sb, saa, sbb = sa+ea/n, sb+eb/n, saa+ea*ea/n, sbb+eb*eb/n
			}
			se := math.Sqrt((saa - sa*sa + sbb - sb*sb) / n)
			if math.Abs(sa-sb) > 4*se {
				t.Errorf("factor %d: layer %d has %.3f MeV by its latent, %.3f by itself, error %.3f", k, layer, sa, sb, se)
			}
		}
	}
}

func TestSaveLoad(t *testing.T) {
	s := simulation(t, few())
	dir := filepath.Join(t.TempDir(), "m")
	if err := s.Save(dir); err != nil {
		t.Fatal(err)
	}
	e := cpu.New(2)
	defer e.Close()
	loaded, err := generator.LoadSimulator(e, dir, cascade.Kind())
	if err != nil {
		t.Fatal(err)
	}
	z := normals(9, s.LatentDim())
	a, b := make([]float32, 9*s.Dim()), make([]float32, 9*s.Dim())
	if err := s.Generate(4, z, a); err != nil {
		t.Fatal(err)
	}
	if err := loaded.Generate(4, z, b); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a, b) {
		t.Error("the loaded simulation makes other showers")
	}
	if !loaded.Hidden() || loaded.Prior() != generator.Normal {
		t.Error("the loaded simulation has another prior, or hides nothing")
	}
}

// blocks are showers of a simulation, as a file has them.
func blocks(t *testing.T, s *cascade.Simulation, n int) iter.Seq2[calo.Block, error] {
	z, x := normals(n, s.LatentDim()), make([]float32, n*s.Dim())
	if err := s.Generate(0, z, x); err != nil {
		t.Fatal(err)
	}
	return func(yield func(calo.Block, error) bool) {
		for lo := 0; lo < n; lo += 300 {
			hi := min(lo+300, n)
			if !yield(calo.Block{First: lo, N: hi - lo, Cells: x[lo*s.Dim() : hi*s.Dim()]}, nil) {
				return
			}
		}
	}
}

// The fit finds the factors that showers were made with. Their errors follow from those
// of the means of 1000 showers on both sides: about 1.5 % of the density, 4 % of the
// scattering and 1.5 % of the response; four of them are allowed.
func TestFitRecovers(t *testing.T) {
	truth := few()
	truth.X, truth.Y, truth.Cell, truth.Impact, truth.Energy = 25, 25, 2.5, [2]int{12, 12}, 3000
	truth.Density, truth.Scattering, truth.Response = 1.15, 0.8, 1.3
	truth.Sensors = []float64{1, 1.2, 1, 1, 0.8, 1}
	s := simulation(t, truth)
	s.Threads = 2
	shape := calo.Shape{Layers: 6, X: 25, Y: 25}
	cfg := cascade.Config{Slabs: truth.Slabs, Cell: 2.5, Energy: 3000, DensitySpread: -1, ScatteringSpread: -1, ResponseSpread: -1, Rounds: 6, Simulated: 1000, Seed: 9, Threads: 2}
	got, err := cascade.Fit(context.Background(), shape, 0.1, blocks(t, s, 1000), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name            string
		got, want, most float64
	}{{"density", got.Density, 1.15, 0.06}, {"scattering", got.Scattering, 0.8, 0.16}, {"response", got.Response, 1.3, 0.06}} {
		if math.Abs(c.got/c.want-1) > c.most {
			t.Errorf("%s: %.3f was fitted; %.3f is right", c.name, c.got, c.want)
		}
	}
	// Sensors by the mean energy of 1000 showers on both sides, which varies by half of
	// itself; a part of any factors is a slope, which density and response have.
	for _, l := range []int{1, 4} {
		near := math.Sqrt(got.Sensors[l-1] * got.Sensors[l+1])
		if f, want := got.Sensors[l]/near, truth.Sensors[l]; math.Abs(f/want-1) > 0.1 {
			t.Errorf("sensor %d has %.3f of the response of its neighbours; %.1f is right", l, f, want)
		}
	}
	if got.Impact != [2]int{12, 12} {
		t.Errorf("the impact cell is %v", got.Impact)
	}
}

// Factors that are given are kept.
func TestFitKeeps(t *testing.T) {
	p := few()
	cfg := cascade.Config{Slabs: p.Slabs, Cell: 5, Energy: 1000, Density: 1.2, Scattering: 0.7, Response: 3, DensitySpread: 0.1, Rounds: 2, Simulated: 60}
	s, err := cascade.Fit(context.Background(), calo.Shape{Layers: 6, X: 7, Y: 5}, 0.1, blocks(t, simulation(t, p), 60), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if s.Density != 1.2 || s.Scattering != 0.7 || s.Response != 3 || s.DensitySpread != 0.1 || s.ScatteringSpread == 0 {
		t.Errorf("the fit changes given factors: %+v", s.Parameters)
	}
}

// Settings that cannot be simulated are refused in one line that says what is accepted.
func TestRefused(t *testing.T) {
	for name, change := range map[string]func(p *cascade.Parameters){
		"material": func(p *cascade.Parameters) { p.Slabs[0].Material = "cheese" },
		"thick":    func(p *cascade.Parameters) { p.Slabs[1].Thickness = math.NaN() },
		"slabs":    func(p *cascade.Parameters) { p.Slabs = nil },
		"layers":   func(p *cascade.Parameters) { p.Slabs = p.Slabs[:1] },
		"cells":    func(p *cascade.Parameters) { p.X = 1 << 30 },
		"energy":   func(p *cascade.Parameters) { p.Energy = math.Inf(1) },
		"density":  func(p *cascade.Parameters) { p.Density = 0 },
		"sensors":  func(p *cascade.Parameters) { p.Sensors = []float64{1} },
		"response": func(p *cascade.Parameters) { p.Sensors = []float64{1, 1, math.NaN(), 1, 1, 1} },
		"impact":   func(p *cascade.Parameters) { p.Impact[1] = 5 },
	} {
		p := few()
		change(&p)
		_, err := cascade.New(p, 1, "")
		if err == nil || !strings.Contains(err.Error(), "accepted") && !strings.Contains(err.Error(), "impact") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := simulation(t, few())
	x := make([]float32, s.Dim())
	if s.Generate(0, []float32{0, 0, 0}, x) == nil || s.Generate(0, []float32{0, 0, float32(math.NaN()), 0, 0, 0, 0}, x) == nil {
		t.Error("latents that are too few or no numbers are accepted")
	}
	none := func(yield func(calo.Block, error) bool) {}
	for name, c := range map[string]struct {
		cfg   cascade.Config
		shape calo.Shape
	}{
		"layers":    {cascade.Config{}, calo.Shape{Layers: 7, X: 7, Y: 5}},
		"sensors":   {cascade.Config{Slabs: few().Slabs}, calo.Shape{Layers: 7, X: 7, Y: 5}},
		"density":   {cascade.Config{Density: -1}, calo.Shape{Layers: 30, X: 7, Y: 5}},
		"rounds":    {cascade.Config{Rounds: -2}, calo.Shape{Layers: 30, X: 7, Y: 5}},
		"simulated": {cascade.Config{Simulated: 3}, calo.Shape{Layers: 30, X: 7, Y: 5}},
		"showers":   {cascade.Config{}, calo.Shape{Layers: 30, X: 7, Y: 5}},
	} {
		if _, err := cascade.Fit(context.Background(), c.shape, 0.1, none, c.cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
