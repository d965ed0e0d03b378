package dctr_test

import (
	"context"
	"math"
	"testing"

	"etalon/dctr"
	"etalon/engine/cpu"
	"etalon/optim"
	"etalon/rng"
	"etalon/train"
)

// normal is a product of normal densities of two features.
type normal struct{ mean, sigma [2]float64 }

func (d normal) draw(name string, n int) []float32 {
	x := make([]float32, 2*n)
	s := rng.New(1, name)
	for i := range x {
		x[i] = float32(d.mean[i%2] + d.sigma[i%2]*s.Normal(0, uint64(i/2), i%2))
	}
	return x
}

func (d normal) logProb(x []float32) float64 {
	l := 0.0
	for j, v := range x {
		u := (float64(v) - d.mean[j]) / d.sigma[j]
		l -= u*u/2 + math.Log(d.sigma[j])
	}
	return l
}

// trainRatio trains a classifier and returns the mean and the root mean square of
// the errors of its logits at fresh generated points.
func trainRatio(t *testing.T, net dctr.Config, truth, gen normal, nTruth, nGen int) (mean, rms float64) {
	t.Helper()
	e := cpu.New(2)
	defer e.Close()
	c, err := dctr.New(net, gen.sigma[:], 1)
	if err != nil {
		t.Fatal(err)
	}
	c.Shift = gen.mean[:]
	cfg := train.Config{Epochs: 400_000 / nTruth, Batch: 1000, Validation: 0.1,
		Adam: optim.Adam{Alpha: 2e-3, Beta1: 0.9, Beta2: 0.999}, Schedule: optim.Schedule{Kind: "cosine", Final: 0.001}}
	l, err := dctr.NewObjective(e, c, truth.draw("truth", nTruth), gen.draw("gen", nGen), cfg, 2)
	if err != nil {
		t.Fatal(err)
	}
	records, err := (train.Loop{Name: "test", Epochs: cfg.Epochs, Schedule: cfg.Schedule}).Run(context.Background(), l)
	if err != nil {
		t.Fatal(err)
	}
	if v := records[len(records)-1].Losses["valid"]; !(v > 0 && v < math.Ln2) {
		t.Errorf("held-out loss %v; less than that of a coin is expected", v)
	}
	const n = 20000
	x := gen.draw("fresh", n)
	logits, err := c.Logits(e, x)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range logits {
		d := v - (truth.logProb(x[2*i:2*i+2]) - gen.logProb(x[2*i:2*i+2]))
		mean, rms = mean+d/n, rms+d*d/n
	}
	return mean, math.Sqrt(rms)
}

// The logits of a trained classifier are the logarithm of the density ratio,
// whatever the numbers of examples of the classes.
//
// Tolerances: k parameters fitted to m examples of a class err by about √(2k/m) in
// the logit, 0.06 to 0.1 for the few directions that these ratios have with 10000 to
// 40000 examples and a flexible network. The mean error, which unequal classes
// without correction would move by ln 4 = 1.39, is fitted by one of them: 0.05.
func TestRatioOfNormals(t *testing.T) {
	unit := normal{sigma: [2]float64{1, 1}}
	moved := normal{[2]float64{0.5, -0.3}, [2]float64{1, 1}}
	for _, c := range []struct {
		name         string
		net          dctr.Config
		truth, gen   normal
		nTruth, nGen int
	}{
		{"spread", dctr.Config{Hidden: 2, Units: 16, Slope: 0.1}, moved, unit, 40000, 40000},
		{"torch", dctr.Config{Hidden: 2, Units: 16, Slope: 0.1, Start: "torch"}, moved, unit, 40000, 40000},
		{"few truth", dctr.Config{Hidden: 2, Units: 16, Slope: 0.1}, moved, unit, 10000, 40000},
		{"few generated", dctr.Config{Hidden: 2, Units: 16, Slope: 0.1}, moved, unit, 40000, 10000},
	} {
		t.Run(c.name, func(t *testing.T) {
			mean, rms := trainRatio(t, c.net, c.truth, c.gen, c.nTruth, c.nGen)
			t.Logf("errors: mean %.4f, rms %.4f", mean, rms)
			if math.Abs(mean) > 0.05 || rms > 0.12 {
				t.Errorf("errors: mean %v, rms %v; at most 0.05 and 0.12 are expected", mean, rms)
			}
		})
	}
}
