package showerscore

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"etalon/dataset"
)

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// normalTable has n rows of normal numbers of the given means and unit variance.
func normalTable(r *rand.Rand, n int, names []string, means ...float64) *dataset.Table {
	t := &dataset.Table{Rows: n, Cols: len(means), Names: names}
	for range n {
		for _, m := range means {
			t.Data = append(t.Data, float32(m+r.NormFloat64()))
		}
	}
	return t
}

func mustCompare(t *testing.T, truth *dataset.Table, o Options, methods ...Method) *Scores {
	t.Helper()
	s, err := Compare(truth, methods, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var unit = map[string]Range{"a": {Lo: -3, Hi: 3, Bins: Bins}}

// binnedS2 is eq. (15) between normal densities of means 0 and m in the bins of r, from
// the distribution function.
func binnedS2(r Range, m float64) float64 {
	cdf := func(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
	content := func(i int, m float64) float64 {
		lo := r.Lo + float64(i)*r.BinWidth()
		return (cdf(lo+r.BinWidth()-m) - cdf(lo-m)) / (cdf(r.Hi-m) - cdf(r.Lo-m))
	}
	s := 0.0
	for i := range r.Bins {
		p, q := content(i, 0), content(i, m)
		s += 0.5 * (p - q) * (p - q) / (p + q)
	}
	return s
}

// ⟨S²⟩ of two normal densities is the integral's, plus the noise, within its error, and
// the error is the scatter between independent pairs of samples.
func TestSeparationOfNormals(t *testing.T) {
	for _, shift := range []float64{0, 0.15, 0.6} {
		r := source(3)
		want := binnedS2(unit["a"], shift)
		const pairs, n = 300, 2000
		var sum, sum2, errors2 float64
		for range pairs {
			s := mustCompare(t, normalTable(r, n, []string{"a"}, 0), Options{Replicas: -1, Ranges: unit, Threads: 1},
				Method{Name: Generator, Table: normalTable(r, n, []string{"a"}, shift)})
			sc := s.Observables[0].Scores[0]
			d := sc.S2 - sc.S2Noise - want
			sum += d
			sum2 += d * d
			errors2 += sc.S2Error * sc.S2Error
			if math.Abs(sc.S2Paper*6/19-sc.S2) > 1e-12 {
				t.Fatalf("paper convention %g is not %g divided by the bin width", sc.S2Paper, sc.S2)
			}
		}
		spread := math.Sqrt(sum2/pairs - sum*sum/pairs/pairs)
		// The noise is that for equal densities; unequal ones differ by up to a third of it.
		noise := 0.33 * 18.0 / 4 * 2 / n * shift
		if math.Abs(sum/pairs) > 4*spread/math.Sqrt(pairs)+noise {
			t.Errorf("shift %g: mean ⟨S²⟩ is off by %g ± %g from %g", shift, sum/pairs, spread/math.Sqrt(pairs), want)
		}
		// 300 pairs know their spread to 4 %; the error at no shift is floored.
		if ratio := math.Sqrt(errors2/pairs) / spread; ratio < 0.85 || ratio > 1.3 {
			t.Errorf("shift %g: stated error is %.3g of the scatter", shift, ratio)
		}
	}
}

// Weights that are the exact ratio of the densities bring ⟨S²⟩ to its noise, with r
// from both estimates as the integral says: for a shift m of a normal density, E_T[W δf²]
// = e^{m²}(1+m²).
func TestExactWeights(t *testing.T) {
	r := source(5)
	const n, m = 40_000, 0.5
	truth, gen := normalTable(r, n, []string{"a"}, 0), normalTable(r, n, []string{"a"}, m)
	logW := make([]float64, n)
	for i := range logW {
		logW[i] = m*m/2 - m*float64(gen.Data[i])
	}
	s := mustCompare(t, truth, Options{Ranges: unit}, Method{Generator, gen, nil}, Method{"dctr_hl", gen, logW})
	g, w := s.Observables[0].Scores[0], s.Observables[0].Scores[1]
	if d := w.S2 - w.S2Noise; math.Abs(d) > 4*w.S2NoiseSpread {
		t.Errorf("weighted ⟨S²⟩ is %g, noise %g ± %g", w.S2, w.S2Noise, w.S2NoiseSpread)
	}
	if want := binnedS2(unit["a"], m); math.Abs(g.S2-g.S2Noise-want) > 4*g.S2Error {
		t.Errorf("⟨S²⟩ of the generator is %g ± %g, want %g", g.S2, g.S2Error, want)
	}
	if math.Abs(w.Mean) > 4*w.MeanError {
		t.Errorf("weighted mean %g ± %g, want 0", w.Mean, w.MeanError)
	}
	want := math.Exp(m*m/2) * math.Sqrt(1+m*m)
	if math.Abs(float64(w.R)-want) > 4*float64(w.RError) || math.Abs(float64(w.RBootstrap)-want) > 4*float64(w.RBootstrapError) {
		t.Errorf("r = %g ± %g, by bootstraps %g ± %g, want %g", w.R, w.RError, w.RBootstrap, w.RBootstrapError, want)
	}
	if q := float64(w.Ratio); q != w.S2/g.S2 || float64(g.Ratio) != 1 {
		t.Errorf("ratios %g and %g", q, g.Ratio)
	}
	if w.S2Overflow <= 0 || w.S2Overflow > 0.01 || g.S2Overflow < g.S2 {
		t.Errorf("with overflow %g and %g", w.S2Overflow, g.S2Overflow)
	}
}

func TestOrderIsImmaterial(t *testing.T) {
	r := source(7)
	names := []string{"n_active", "centroid", "b"}
	truth, gen := normalTable(r, 900, names, 700, 14, 0), normalTable(r, 800, names, 701, 14, 1)
	logW := make([]float64, gen.Rows)
	for i := range logW {
		logW[i] = r.NormFloat64()
	}
	order := r.Perm(gen.Rows)
	shuffled := &dataset.Table{Rows: gen.Rows, Cols: 3, Names: names}
	var shuffledW []float64
	for _, i := range order {
		shuffled.Data = append(shuffled.Data, gen.Data[3*i:3*i+3]...)
		shuffledW = append(shuffledW, logW[i]+5)
	}
	a := mustCompare(t, truth, Options{Replicas: -1}, Method{Generator, gen, nil}, Method{"w", gen, logW})
	b := mustCompare(t, truth, Options{Replicas: -1, Threads: 1}, Method{"w", shuffled, shuffledW}, Method{Generator, shuffled, nil})
	for _, o := range a.Observables {
		for _, x := range o.Scores {
			y := b.Observable(o.Name).Score(x.Method)
			for _, v := range [][2]float64{{x.S2, y.S2}, {x.S2Error, y.S2Error}, {float64(x.R), float64(y.R)}, {x.Mean, y.Mean}, {float64(x.Ratio), float64(y.Ratio)}, {x.Outside, y.Outside}, {x.S2Overflow, y.S2Overflow}} {
				if math.Abs(v[0]-v[1]) > 1e-9*(1+math.Abs(v[0])) {
					t.Errorf("%s of %s: %v and %v", x.Method, o.Name, x, y)
					break
				}
			}
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	r := source(9)
	names := []string{"a", "b"}
	good := func() *dataset.Table { return normalTable(r, 50, names, 0, 1) }
	change := func(f func(t *dataset.Table)) *dataset.Table { x := good(); f(x); return x }
	nan := float32(math.NaN())
	for _, c := range []struct {
		name    string
		truth   *dataset.Table
		methods []Method
		o       Options
		want    string
	}{
		{"no method", good(), nil, Options{}, "no method"},
		{"no table", nil, []Method{{"g", good(), nil}}, Options{}, "no table"},
		{"NaN in the truth", change(func(t *dataset.Table) { t.Data[7] = nan }), []Method{{"g", good(), nil}}, Options{}, "b of shower 3 is NaN"},
		{"infinity", good(), []Method{{"g", change(func(t *dataset.Table) { t.Data[0] = float32(math.Inf(1)) }), nil}}, Options{}, "a of shower 0"},
		{"length", good(), []Method{{"g", change(func(t *dataset.Table) { t.Data = t.Data[1:] }), nil}}, Options{}, "99 numbers for 50 × 2"},
		{"weights' length", good(), []Method{{"g", good(), make([]float64, 3)}}, Options{}, "3 log-weights for 50"},
		{"NaN weight", good(), []Method{{"g", good(), append(make([]float64, 49), math.NaN())}}, Options{}, "NaN"},
		{"no weight", good(), []Method{{"g", good(), slices.Repeat([]float64{math.Inf(-1)}, 50)}}, Options{}, "g"},
		{"other names", good(), []Method{{"g", change(func(t *dataset.Table) { t.Names = []string{"b", "a"} }), nil}}, Options{}, "not those of the truth"},
		{"name twice", good(), []Method{{"g", good(), nil}, {"g", good(), nil}}, Options{}, "a name of its own"},
		{"observable twice", change(func(t *dataset.Table) { t.Names = []string{"a", "a"} }), []Method{{"g", good(), nil}}, Options{}, "twice"},
		{"one shower", normalTable(r, 1, names, 0, 0), []Method{{"g", good(), nil}}, Options{}, "at least 2"},
		{"reference", good(), []Method{{"g", good(), nil}}, Options{Reference: "h"}, "none of the methods"},
		{"no truth in range", good(), []Method{{"g", good(), nil}}, Options{Ranges: map[string]Range{"a": {Lo: 100, Hi: 200, Bins: 19}}}, "no shower of the truth"},
		{"empty range", good(), []Method{{"g", good(), nil}}, Options{Ranges: map[string]Range{"a": {Lo: 1, Hi: 1, Bins: 19}}}, "a:"},
	} {
		_, err := Compare(c.truth, c.methods, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", c.name, err, c.want)
		}
	}
}

// A generator that has nothing in the range, or always the same, is scored, not refused.
func TestExtremeGenerators(t *testing.T) {
	r := source(11)
	truth := normalTable(r, 200, []string{"a"}, 0)
	far := normalTable(r, 200, []string{"a"}, 50)
	s := mustCompare(t, truth, Options{Ranges: unit}, Method{Generator, far, nil})
	if sc := s.Observables[0].Scores[0]; sc.S2 != 1 || sc.S2Overflow < 0.99 || sc.Outside != 1 || len(s.Warnings) != 1 {
		t.Errorf("disjoint: %+v, warnings %q", sc, s.Warnings)
	}
	lonely := slices.Repeat([]float64{math.Inf(-1)}, 200)
	lonely[3] = 0
	s = mustCompare(t, truth, Options{}, Method{Generator, normalTable(r, 200, []string{"a"}, 0), lonely})
	if sc := s.Observables[0].Scores[0]; !sc.R.Undefined() || !sc.RBootstrap.Undefined() || len(s.Warnings) != 2 {
		t.Errorf("one effective shower: %+v, warnings %q", sc, s.Warnings)
	}
	constant := &dataset.Table{Rows: 3, Cols: 1, Names: []string{"a"}, Data: []float32{2, 2, 2}}
	s = mustCompare(t, constant, Options{}, Method{Generator, constant, nil})
	if sc := s.Observables[0].Scores[0]; sc.S2 != 0 || !sc.R.Undefined() || !sc.Ratio.Undefined() {
		t.Errorf("constant: %+v", sc)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Scores
	if err := json.Unmarshal(text, &back); err != nil || !back.Observables[0].Scores[0].R.Undefined() {
		t.Errorf("JSON: %v, r = %v", err, back.Observables[0].Scores[0].R)
	}
	for _, key := range []string{`"s2"`, `"s2_noise"`, `"s2_paper"`, `"r":null`, `"r_bootstrap"`, `"ratio"`, `"n_eff"`} {
		if !strings.Contains(string(text), key) {
			t.Errorf("JSON lacks %s", key)
		}
	}
}

// ρ of log-normal weights e^x and e^y of bivariate normals of correlation c is
// (e^{cs²}-1)/(e^{s²}-1).
func TestWeightCorrelation(t *testing.T) {
	r := source(13)
	const n, c, s = 60_000, 0.6, 0.3
	gen := normalTable(r, n, []string{"a"}, 0)
	a, b := make([]float64, n), make([]float64, n)
	for i := range a {
		x, y := r.NormFloat64(), r.NormFloat64()
		a[i], b[i] = s*x, s*(c*x+math.Sqrt(1-c*c)*y)
	}
	out := mustCompare(t, gen, Options{Replicas: -1}, Method{"generator", gen, nil}, Method{"dctr_hl", gen, a}, Method{"dctr_ll", gen, b})
	want := math.Expm1(c*s*s) / math.Expm1(s*s)
	if len(out.Correlations) != 1 || math.Abs(out.Correlations[0].Rho-want) > 4*out.Correlations[0].Error {
		t.Errorf("%+v, want one of %g", out.Correlations, want)
	}
}
