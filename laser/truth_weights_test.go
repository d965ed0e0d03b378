package laser

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"etalon/dataset"
	"etalon/engine/cpu"
	"etalon/metric"
	"etalon/rng"
)

const tilt = 0.8 // mean of the first column of the truth; the other is N(0, 1)

// tilted writes n points of N(0, 1)² with weights in a third column that make them follow
// N(tilt, 1) × N(0, 1), times scale, or unweighted points of that.
func tilted(t *testing.T, n int, weighted bool, scale float64, seed uint64) string {
	t.Helper()
	x := make([]float32, 2*n)
	rng.New(seed, "tilted").NormalRows(x, n, 0, 0, n, 2)
	path := filepath.Join(t.TempDir(), "truth.h5")
	data, names := x, []string{"x", "y"}
	if weighted {
		data, names = make([]float32, 0, 3*n), []string{"x", "y", "w"}
	}
	for i := range n {
		if !weighted {
			x[2*i] += tilt
			continue
		}
		data = append(data, x[2*i], x[2*i+1], float32(scale*math.Exp(tilt*float64(x[2*i])-tilt*tilt/2)))
	}
	if err := dataset.Write(path, n, len(names), data, dataset.WriteOptions{Names: names}); err != nil {
		t.Fatal(err)
	}
	return path
}

// weighing is a run without samplers and refiner.
func weighing(t *testing.T, truth, column string) Config {
	c := tinyConfig(t, "", truth)
	c.WeightColumn = column
	c.Data.Points, c.Classifier.Generated, c.Score.Points = 20_000, 20_000, 10_000
	c.Generator.Flow.Training.Epochs = 10
	c.HMC.Samples, c.Refiner.Kind, c.Samplers.Rejection = 0, refinerNone, 2000
	c.Closure.Points, c.Closure.Training.Epochs, c.Closure.Training.Adam.Alpha = 10_000, 5, 1e-2
	return c
}

func doRun(t *testing.T, e *cpu.Engine, c Config) (dir string, m metrics) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	r, err := Open(dir, c, e, &quiet{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Do(context.Background()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return dir, m
}

// Points of q with the weights p/q are worth points of p, fewer of them: generator,
// weights, scores and floors agree with those of unweighted points of p within the errors,
// and the scale of the weights is nothing.
func TestWeightedTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("whole runs")
	}
	e := cpu.New(2)
	defer e.Close()
	const rows = 40_000
	fraction := math.Exp(-tilt * tilt) // N_eff of the weights, of the rows
	dir, weighted := doRun(t, e, weighing(t, tilted(t, rows, true, 1, 1), "w"))
	_, plain := doRun(t, e, weighing(t, tilted(t, rows, false, 1, 1), ""))
	_, scaled := doRun(t, e, weighing(t, tilted(t, rows, true, 1<<40, 1), "w"))

	s := weighted.Truth
	if s == nil || plain.Truth != nil {
		t.Fatalf("truth: %+v with weights, %+v without", s, plain.Truth)
	}
	// The standard error of N_eff/n from 10⁴ rows of these weights is near 0.03.
	if s.Rows != 10_000 || s.Train != 20_000 || math.Abs(s.NEff/1e4-fraction) > 0.1 || math.Abs(s.TrainNEff/2e4-fraction) > 0.1 {
		t.Errorf("truth %+v; N_eff is %.3f of the rows", s, fraction)
	}
	// The flow learned p, not q: its mean has an error of 0.01 from 10⁴ points, about
	// that from the training points, and what ten short epochs leave (seen: 0.02).
	for _, name := range []string{"baseline", "rejection"} {
		table, err := dataset.Read(filepath.Join(dir, "samples", name+".npy"), dataset.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		mean, dev := moments(table.Data, nil, 2)
		if math.Abs(mean[0]-tilt) > 0.1 || math.Abs(mean[1]) > 0.1 || math.Abs(dev[0]-1) > 0.1 {
			t.Errorf("%s: mean %v, deviation %v", name, mean, dev)
		}
	}
	// So did the weights: they stay near 1 where those of q against p have an effective
	// size of 53 %.
	if weighted.Weights.NEffFraction < 0.9 {
		t.Errorf("weights have an effective size of %.3f", weighted.Weights.NEffFraction)
	}
	// Against the truth as q has it, of the distance tilt, JSD would be above 0.07 nats.
	for i, w := range weighted.Scores {
		p := plain.Scores[i]
		if w.Method != p.Method || w.JSD > p.JSD+0.02 {
			t.Errorf("%s: JSD %.4f with weights, %s: %.4f without", w.Method, w.JSD, p.Method, p.JSD)
		}
		// The error of the weighted truth's mean, in r: E_q[w²(x-tilt)²] is
		// exp(tilt²)·(1+tilt²), 3.11 times the variance of unweighted points.
		if r, s := w.Columns[0].R, p.Columns[0].R; r != nil {
			if want := *s / math.Sqrt(math.Exp(tilt*tilt)*(1+tilt*tilt)); math.Abs(*r/want-1) > 0.15 {
				t.Errorf("%s: r = %.3f; %.3f expected of %.3f without weights", w.Method, *r, want, *s)
			}
		}
		// The generator's columns are compared with weighted histograms, whose noise is that of N_eff:
		// 53 % of the truth points, or twice the variance.
		if c := w.Columns[0]; c.S2 > 0.02 || c.S2Noise < p.Columns[0].S2Noise*1.1 {
			t.Errorf("%s: ⟨S²⟩ %.4f, noise %.4f; unweighted %.4f", w.Method, c.S2, c.S2Noise, p.Columns[0].S2Noise)
		}
	}
	// The closure test sees the weights of the truth: without them its classifier finds the
	// shift, an AUC of Φ(0.8/√2) = 0.71 (seen: 0.5, with an error of 0.01).
	if a, b := weighted.Closure, plain.Closure; a.AUC > 0.6 || b.AUC > 0.6 {
		t.Errorf("closure test: AUC %.3f with weights, %.3f without", a.AUC, b.AUC)
	}
	// The floor is that of points worth as many: K/8·(1/N + 1/N') to leading order, and the
	// sample is cut to what the quarter of the file is worth. Both numbers are those of
	// histograms, so that occupied bins cancel in the ratio to the unweighted run.
	size := histogramWorth(t, weighing(t, tilted(t, rows, true, 1, 1), "w"), e)
	if n := float64(weighted.FloorN); math.Abs(n/size-1) > 0.01 || n > 9000 || n < 4000 {
		t.Errorf("the floor has %v points; the histogram of the points kept for it is worth %.0f", n, size)
	}
	want := plain.Floor.JSD * 1e4 / size
	if got := weighted.Floor.JSD; math.Abs(got/want-1) > 0.25 {
		t.Errorf("floor %.5f nats; %.5f expected of %.0f points", got, want, size)
	}

	// 2⁴⁰ times the weights are the same weights, to the bit.
	a, _ := json.Marshal(weighted)
	b, _ := json.Marshal(scaled)
	if string(a) != string(b) {
		t.Errorf("another scale of the weights gives other numbers:\n%s\n%s", a, b)
	}
}

// histogramWorth is the effective size of the histogram of the points that are kept for the
// floor.
func histogramWorth(t *testing.T, c Config, e *cpu.Engine) float64 {
	t.Helper()
	truth, err := loadTruth(c, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := &Run{cfg: c, truth: truth, e: e}
	all := truth.independent(truth.spare, 0)
	h, err := r.histogram(all.X, logarithms(all.W))
	if err != nil {
		t.Fatal(err)
	}
	return metric.HistogramSize(h)
}

// OmniFold follows the weights of the truth as well.
func TestWeightedTruthPullsBack(t *testing.T) {
	e := cpu.New(2)
	defer e.Close()
	c := tinyKind(t, kindProcess)
	c.Truth, c.WeightColumn = tilted(t, 16_000, true, 1, 1), "w"
	c.Refiner.Kind, c.HMC.Samples = refinerNone, 0
	_, m := doRun(t, e, c)
	found := false
	for _, s := range m.Scores {
		// The program's x has mean 0.5, the truth's 0.8, the file's rows without weights 0:
		// weights of the latents must go the right way.
		found = found || s.Method == "rejection"
		if s.Method == "rejection" && s.JSD > m.Scores[0].JSD-0.002 {
			t.Errorf("latents by their weights: JSD %.4f, the program has %.4f", s.JSD, m.Scores[0].JSD)
		}
	}
	if !found {
		t.Error("there is no sample by rejection")
	}
}

// Weights that a run cannot follow are refused in one line that says where they are, and
// what the weights of pairs would be.
func TestTruthWeightsRefused(t *testing.T) {
	e := cpu.New(1)
	defer e.Close()
	table := func(name string, change func(i int) float32) string {
		x := make([]float32, 3*5000)
		rng.New(1, "x").NormalRows(x, 1, 0, 0, 1, len(x))
		for i := range 5000 {
			x[3*i+2] = change(i)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := dataset.Write(path, 5000, 3, x, dataset.WriteOptions{Names: []string{"x", "y", "w"}}); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := func(int) float32 { return 1 }
	for _, c := range []struct {
		file   string
		column string
		change func(*Config)
		want   string
	}{
		{table("n.csv", func(i int) float32 {
			if i == 17 {
				return -0.5
			}
			return 1
		}), "w", nil, "n.csv: column w: the weight of row 17 is -0.5; a run accepts weights from 0 on"},
		{table("few.csv", func(i int) float32 { return float32(math.Exp(float64(i % 40))) }), "w", nil, "few.csv: column w: 5000 rows of these weights are worth "},
		{table("zero.csv", func(int) float32 { return 0 }), "w", nil, "zero.csv: column w: 5000 rows of these weights are worth 0"},
		{table("v.csv", one), "v", nil, `weights: there is no column "v"`},
		{table("c.csv", one), "w", func(c *Config) { c.Columns = []any{"x", "w"} }, "holds the weights of the rows"},
		{"", "w", func(c *Config) { c.Density = "gaussians" }, "weight_column is that of a truth file"},
		{table("p.csv", one), "w", func(c *Config) {
			c.Generator.Kind, c.Classifier.Folds = kindPairs, 2
			c.Generator.Pairs.Sample = table("weighted.csv", one)
			c.Generator.Pairs.Latents = c.Generator.Pairs.Sample
		}, "weighted.csv: column w holds weights"},
	} {
		cfg := weighing(t, c.file, c.column)
		if c.change != nil {
			c.change(&cfg)
		}
		dir := filepath.Join(t.TempDir(), "run")
		_, err := Open(dir, cfg, e, &quiet{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.file, err, c.want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a directory was made", c.file)
		}
	}
}
