package laser

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/engine/cpu"
	"etalon/hist"
	"etalon/rundir"
)

// Two unit normals a distance δ apart, in one row of bins: ⟨S²⟩ = δ²/4 and JSD = δ²/8 to
// order δ⁴, EMD = δ. As the papers print them they are divided by the width of a bin,
// EMD also by the largest distance.
func TestCompareOfOneColumn(t *testing.T) {
	const bins, delta, lo, hi = 2000, 0.08, -8, 8
	var h [2]*hist.H2
	for k := range h {
		var err error
		if h[k], err = hist.NewH2(bins, 1, lo, hi, 0, 1); err != nil {
			t.Fatal(err)
		}
		for i := range bins {
			x, y := h[k].Center(i, 0)
			d := x - delta*float64(k)
			h[k].Fill(x, y, math.Exp(-d*d/2))
		}
	}
	v, err := Compare(h[0], h[1])
	if err != nil {
		t.Fatal(err)
	}
	const d2, width = delta * delta, (hi - lo) / float64(bins)
	for _, c := range []struct {
		name           string
		got, want, tol float64
	}{
		{"S2", v.S2, d2 / 4, d2 * d2},
		{"JSD", v.JSD, d2 / 8, d2 * d2},
		{"EMD", v.EMD, delta, 1e-6},
		{"S2 of densities", v.S2Density * width, v.S2, 1e-12},
		{"JSD of densities", v.JSDPaper * width, v.JSD, 1e-12},
		{"EMD of densities", v.EMDPaper * width * (hi - lo - width), v.EMD, 1e-12},
	} {
		if math.Abs(c.got-c.want) > c.tol {
			t.Errorf("%s = %v; want %v ± %v", c.name, c.got, c.want, c.tol)
		}
	}
}

// tinyMixture is a tiny run of a density of DCTRGAN.
func tinyMixture(t *testing.T, preset, density string) Config {
	t.Helper()
	c, err := Preset(preset, density)
	if err != nil {
		t.Fatal(err)
	}
	c.Name = "tiny"
	c.Data.Points, c.Classifier.Generated, c.Score.Points, c.Score.Bins = 20_000, 20_000, 20_000, 40
	c.Generator.GAN.Training.Epochs, c.Generator.GAN.Training.Updates = 3, 200
	c.Classifier.Network.Hidden, c.Classifier.Network.Units, c.Classifier.Network.Layers = 2, 16, nil
	c.Classifier.Training.Epochs, c.Classifier.Training.Batch = 12, 400
	c.Closure.Points, c.Samplers.Reference, c.Samplers.Rejection = 0, 4000, 2000
	return c
}

// A run of one column: a GAN, a classifier that stops early, weights and rejection, scores
// of one row of bins, Figure 1. Stopped in its classifier it ends with the same bytes.
func TestRunOfOneColumn(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	c := tinyMixture(t, "paper", "bimodal")
	c.Classifier.Training.Patience = 2
	dir := filepath.Join(t.TempDir(), "run")
	m := runTo(t, e, dir, c)
	if got, want := rows(m), []string{"baseline", "dctr", "rejection"}; !slices.Equal(got, want) {
		t.Errorf("scores of %v; want %v", got, want)
	}
	if !slices.Equal(m.Range, []float64{-3, 3}) || !slices.Equal(m.Columns, []int{0}) || m.TruthBetti != [2]int{2, 0} {
		t.Errorf("range %v, columns %v, Betti numbers of the truth %v", m.Range, m.Columns, m.TruthBetti)
	}
	for _, s := range m.Scores {
		if len(s.Columns) != 1 {
			t.Fatalf("%s: scores of %d columns", s.Method, len(s.Columns))
		}
		col := s.Columns[0]
		if math.Abs(col.S2-s.S2) > 1e-12 || math.Abs(col.S2Density*0.15-s.S2) > 1e-12 || math.Abs(col.S2Noise-s.S2Noise) > 1e-12 {
			t.Errorf("%s: ⟨S²⟩ of the histogram %v ± %v, of its column %+v", s.Method, s.S2, s.S2Noise, col)
		}
		if (col.R != nil) != (s.Method == "dctr") {
			t.Errorf("%s: r is %v", s.Method, col.R)
		}
		// JSD ≤ ln 2 ⟨S²⟩ and ≥ ⟨S²⟩/2: Topsøe 2000, between triangular discrimination
		// and capacitory discrimination.
		if s.JSD > math.Ln2*s.S2 || s.JSD < s.S2/2 {
			t.Errorf("%s: JSD %v beside ⟨S²⟩ %v", s.Method, s.JSD, s.S2)
		}
	}
	// r² is N_T/N_eff where f and the weights have little to do with each other.
	if r := *m.Scores[1].Columns[0].R; !(r > 0.9) || r*r > 5*float64(c.Score.Points)/m.Scores[1].NEff {
		t.Errorf("r = %v with N_eff = %v", r, m.Scores[1].NEff)
	}
	base, dctr := m.Scores[0], m.Scores[1]
	if left, all := dctr.S2-dctr.Floor.S2, base.S2-base.Floor.S2; left > all/2 {
		t.Errorf("weights leave %v of an excess of %v", left, all)
	}
	f := m.Classifier
	if f == nil || math.Abs(f.JSDBound-(math.Ln2-f.Validation)) > 1e-15 || f.Epoch > f.Epochs || f.Epochs > 12 || f.Epochs < 12 && f.Epochs != f.Epoch+2 {
		t.Errorf("classifier %+v", f)
	}
	// Some 4000 + 4000 rows held out know the cross-entropy to 0.01.
	if f.JSDBound > base.JSD+0.03 {
		t.Errorf("the classifier sees a JSD of %v, the histograms %v", f.JSDBound, base.JSD)
	}
	for _, name := range []string{"dctrgan.png", "weights.png", "losses.png"} {
		if !rundir.Exists(filepath.Join(dir, "figures", name)) {
			t.Errorf("there is no %s", name)
		}
	}

	again := filepath.Join(t.TempDir(), "run")
	for _, at := range []int{3, 200, 0} { // steps of the classifier
		ctx, cancel := context.WithCancel(context.Background())
		r, err := Open(again, c, e, &quiet{stop: func(stage string, done int) {
			if stage == "classifier" && done == at {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Do(ctx); (at > 0) != errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: %v", at, err)
		}
		cancel()
	}
	for _, name := range []string{"metrics.json", "history.json", "samples/log_weights.npy"} {
		a, err1 := os.ReadFile(filepath.Join(dir, name))
		b, err2 := os.ReadFile(filepath.Join(again, name))
		if err := errors.Join(err1, err2); err != nil || string(a) != string(b) {
			t.Errorf("%s of the stopped run differs: %v", name, err)
		}
	}
}

// HMC and a refiner, switched on, work in the latent space of a generator of one feature.
func TestRunOfOneColumnIsRefined(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	c := tinyConfig(t, "bimodal", "")
	c.Generator.GAN.Training.Epochs, c.Generator.GAN.Training.Updates = 2, 100
	c.Refiner.Kind, c.Score.Points, c.Samplers.Rejection = refinerFlowMatching, 4000, 0
	c.Closure.Points = 0
	m := runTo(t, e, filepath.Join(t.TempDir(), "run"), c)
	if got, want := rows(m), []string{"baseline", "dctr", "rejection", "hmc", "refiner", "laser"}; !slices.Equal(got, want) {
		t.Errorf("scores of %v; want %v", got, want)
	}
}

// One column of a truth of two can be scored alone; the range is that column's.
func TestScoreOneColumnOfTwo(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	c := tinyMixture(t, "quick", "circle8")
	c.Generator.GAN.Training.Epochs, c.Classifier.Training.Epochs, c.Score.Columns = 1, 1, []int{1}
	m := runTo(t, e, filepath.Join(t.TempDir(), "run"), c)
	if !slices.Equal(m.Range, []float64{-1.5, 1.5}) || len(m.Scores[0].Columns) != 2 || math.Abs(m.Scores[0].Columns[1].S2-m.Scores[0].S2) > 1e-12 {
		t.Errorf("range %v, %+v", m.Range, m.Scores[0])
	}
	c.Score.Range = []float64{-1, 1, -1, 1}
	if err := c.Check(); err == nil || !strings.Contains(err.Error(), "[x0, x1] of one column") {
		t.Errorf("a range of two: %v", err)
	}
}
