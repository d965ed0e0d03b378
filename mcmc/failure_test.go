package mcmc

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"etalon/rng"
)

// TestNonFinite: beyond |x| = 1 the density or its gradient is not finite.
// The chains sample the normal cut there, whose variance is
// 1 - 2φ(1)/(2Φ(1)-1) = 0.29112.
func TestNonFinite(t *testing.T) {
	for name, bad := range map[string][2]float64{
		"NaN density": {math.NaN(), 0}, "zero density": {math.Inf(-1), 0},
		"infinite density": {math.Inf(1), 0}, "NaN gradient": {0, math.NaN()}, "infinite gradient": {0, math.Inf(1)},
	} {
		d := newDensity(2, func(z, g []float64) float64 {
			for _, v := range z {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s: the target saw a non-finite point", name)
				}
			}
			g[0], g[1] = -z[0], -z[1]
			if math.Abs(z[0]) > 1 {
				g[0] = bad[1]
				return bad[0]
			}
			return -(z[0]*z[0] + z[1]*z[1]) / 2
		})
		cfg := HMCConfig{Chains: 50, StepSize: 0.4, Leapfrog: 2, BurnIn: 20, Samples: 20000}
		h := mustHMC(t, cfg, d, make([]float32, 100), 3)
		finish(t, h)
		a := h.Activity()
		if a.NonFinite == 0 || a.BurnInNonFinite == 0 {
			t.Errorf("%s: no rejection counted", name)
		}
		m := moments(t, h.Draws())[2]
		if z := (m.Mean - 0.29112) / m.MCSEMean; math.Abs(z) > 4 {
			t.Errorf("%s: variance %.4f ± %.4f, want 0.2911", name, m.Mean, m.MCSEMean)
		}
		start := make([]float32, 100)
		start[2*31] = 1.5
		_, err := NewHMC(cfg, d, start, rng.New(1, ""))
		if err == nil || !strings.Contains(err.Error(), "chain 31") {
			t.Errorf("%s: start: %v", name, err)
		}
	}
}

// TestDivergence: an absurd step size on a stiff well.
func TestDivergence(t *testing.T) {
	d := newDensity(1, func(z, g []float64) float64 {
		g[0] = -4e4 * z[0]
		return -2e4 * z[0] * z[0]
	})
	h := mustHMC(t, HMCConfig{Chains: 10, StepSize: 1, Leapfrog: 3, BurnIn: None, Samples: 100}, d, make([]float32, 10), 3)
	finish(t, h)
	if a := h.Activity(); a.Divergences < 90 || a.Accept > 0.1 || a.Divergences+int64(math.Round(a.Accept*100)) > 100 {
		t.Errorf("%d divergences, acceptance %g", a.Divergences, a.Accept)
	}
	// So large that positions leave the float32 range.
	h = mustHMC(t, HMCConfig{Chains: 10, StepSize: 900, Leapfrog: 30, BurnIn: None, Samples: 100}, d, make([]float32, 10), 3)
	finish(t, h)
	if a := h.Activity(); a.NonFinite < 90 {
		t.Errorf("%d non-finite", a.NonFinite)
	}
}

// TestTargetError: an error of the target leaves the run where it was.
func TestTargetError(t *testing.T) {
	target := &failing{normalPrior: normalPrior{standardNormal(2)}}
	cfg := HMCConfig{Chains: 4, BurnIn: None, Samples: 40, GlobalEvery: 1, StepSize: 0.5}
	start := priorPoints(t, 4, 2, 1)
	h := mustHMC(t, cfg, target, start, 7)
	clean := mustHMC(t, cfg, normalPrior{standardNormal(2)}, start, 7)
	finish(t, clean)
	errs := 0
	for k := 0; !h.Done(); k++ {
		target.in = k % 7 // fails at the next, second next … evaluation
		before := h.State()
		if err := h.Step(); err != nil {
			errs++
			if !errors.Is(err, errTarget) {
				t.Fatal(err)
			}
			after := h.State()
			x, _ := before.MarshalBinary()
			y, _ := after.MarshalBinary()
			if !bytes.Equal(x, y) {
				t.Fatal("a failed step changed the run")
			}
		}
	}
	if errs == 0 || !slices.Equal(h.Samples(), clean.Samples()) {
		t.Errorf("%d errors; samples equal: %v", errs, slices.Equal(h.Samples(), clean.Samples()))
	}
}

var errTarget = errors.New("out of order")

// failing fails once, after in more evaluations; never if in is 0.
type failing struct {
	normalPrior
	in int
}

func (f *failing) tick() error {
	if f.in--; f.in == 0 {
		return errTarget
	}
	return nil
}

func (f *failing) LogDensityGrad(z []float32, logq []float64, grad []float32) error {
	if err := f.tick(); err != nil {
		return err
	}
	return f.normalPrior.LogDensityGrad(z, logq, grad)
}

func (f *failing) LogPrior(z []float32, logp []float64) error {
	if err := f.tick(); err != nil {
		return err
	}
	return f.normalPrior.LogPrior(z, logp)
}
