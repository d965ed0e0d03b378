package report

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestNormalised(t *testing.T) {
	w, err := normalised([]float64{1000, 1000 + math.Log(3), negInf})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.75, 2.25, 0} {
		if math.Abs(w[i]-want) > 1e-12 {
			t.Errorf("weight %d is %v, want %v", i, w[i], want)
		}
	}
	for _, bad := range [][]float64{{negInf, negInf}, {0, math.NaN()}, {math.Inf(1)}} {
		if _, err := normalised(bad); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}

// Log-normal weights of width s have N_eff/n = exp(−s²).
func TestWeightFigure(t *testing.T) {
	const n, s = 100_000, 0.4
	r := rand.New(rand.NewPCG(4, 4))
	exact, learned := make([]float64, n), make([]float64, n)
	for i := range exact {
		exact[i] = s * r.NormFloat64()
		learned[i] = exact[i] + 0.1*r.NormFloat64() + 5
	}
	w, err := normalised(exact)
	if err != nil {
		t.Fatal(err)
	}
	f := newWeightFigure(exact, w, exact, nil)
	// The relative error of N_eff is of order √(e^{4s²}/n), below 0.5 %.
	if want := math.Exp(-s * s); math.Abs(f.nEff/n-want) > 0.02 {
		t.Errorf("N_eff/n is %v, want %v", f.nEff/n, want)
	}
	if math.Abs(f.correlation-1) > 1e-9 || f.rmse > 1e-9 {
		t.Errorf("equal weights have correlation %v, RMSE %v", f.correlation, f.rmse)
	}
	var counted float64
	for _, c := range f.counts {
		counted += c
	}
	if counted != n {
		t.Errorf("%v of %d weights are in the histogram", counted, n)
	}
	// Noise of 0.1: correlation s/√(s²+0.01); the means of exp differ by 0.005.
	f = newWeightFigure(learned, w, exact, nil)
	if want := s / math.Hypot(s, 0.1); math.Abs(f.correlation-want) > 0.002 || math.Abs(f.rmse-0.1) > 0.002 {
		t.Errorf("correlation %v, want %v; RMSE %v, want 0.1", f.correlation, want, f.rmse)
	}
	c, e := 0.5, 0.25
	f = newWeightFigure(learned, w, exact, &weightSummary{ExactCorrelation: &c, ExactRMSE: &e})
	if f.correlation != c || f.rmse != e {
		t.Error("the recorded correlation is not preferred")
	}
}

// Odd sets of weights are drawn without complaint.
func TestWeightFigureExtremes(t *testing.T) {
	for name, logW := range map[string][]float64{
		"equal": {0, 0, 0}, "one": {3}, "huge span": {0, -700, 30, negInf}, "a zero": {0, negInf},
	} {
		w, err := normalised(logW)
		if err != nil {
			t.Fatal(err)
		}
		for _, exact := range [][]float64{nil, logW, make([]float64, len(logW))} {
			f := newWeightFigure(logW, w, exact, nil)
			img := &rendered{drawing: f.drawing()}
			if err := render([]*rendered{img}); err != nil || len(img.png) == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
