package mcmc

import (
	"math"
	"strings"
	"testing"

	"etalon/rng"
)

func TestConfig(t *testing.T) {
	c, err := HMCConfig{}.WithDefaults()
	if err != nil || c.Chains != 100 || c.StepSize != 0.1 || c.TrajectoryLength != math.Pi/2 || c.Jitter != 0.5 ||
		c.BurnIn != 500 || c.Samples != 100000 || c.Thin != 1 || c.TargetAccept != 0.8 || c.Mass != MassUnit {
		t.Errorf("defaults %+v, %v", c, err)
	}
	for _, c := range []HMCConfig{PaperHMC(), AdaptedHMC()} {
		r, err := c.WithDefaults()
		if err != nil {
			t.Error(err)
		}
		r.Prior = nil
		if again, err := r.WithDefaults(); err != nil || again.TrajectoryLength != r.TrajectoryLength || again.Jitter != r.Jitter || again.BurnIn != r.BurnIn {
			t.Errorf("resolving twice: %+v, %v", again, err)
		}
	}
	if p := PaperHMC(); p.Chains != 100 || p.StepSize != 0.004 || p.Leapfrog != 50 || p.BurnIn != 3000 {
		t.Errorf("paper settings %+v", p)
	}
	nan := math.NaN()
	for want, c := range map[string]HMCConfig{
		"both set":          {Leapfrog: 3, TrajectoryLength: 1},
		"Chains":            {Chains: -1},
		"StepSize":          {StepSize: nan},
		"TrajectoryLength":  {TrajectoryLength: -1},
		"Jitter":            {Jitter: 1},
		"Jitter is NaN":     {Jitter: nan},
		"BurnIn is -2":      {BurnIn: -2},
		"Samples":           {Samples: -1},
		"Thin":              {Thin: -1},
		"TargetAccept":      {TargetAccept: 1},
		"Mass is":           {Mass: "dense"},
		"needs Adapt":       {Mass: MassDiagonal},
		"at least 50":       {Adapt: true, BurnIn: 49},
		"GlobalEvery is -1": {GlobalEvery: -1},
	} {
		if _, err := c.WithDefaults(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for want, f := range map[string]func() error{
		"need 200": func() error {
			_, err := NewHMC(HMCConfig{}, standardNormal(2), make([]float32, 199), rng.New(1, ""))
			return err
		},
		"no LogPrior": func() error {
			_, err := NewHMC(HMCConfig{GlobalEvery: 1}, standardNormal(2), make([]float32, 200), rng.New(1, ""))
			return err
		},
		"chain 7 has a non-finite coordinate 1": func() error {
			z := make([]float32, 200)
			z[15] = float32(math.Inf(1))
			_, err := NewHMC(HMCConfig{}, standardNormal(2), z, rng.New(1, ""))
			return err
		},
		"lower Samples": func() error {
			_, err := NewHMC(HMCConfig{Samples: int(maxValues)}, standardNormal(2), make([]float32, 200), rng.New(1, ""))
			return err
		},
		"dimension 0": func() error {
			_, err := NewHMC(HMCConfig{}, standardNormal(0), nil, rng.New(1, ""))
			return err
		},
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestPlan: whole numbers of steps cover the path exactly, with the step size
// as their upper bound; the jitter reaches both ends.
func TestPlan(t *testing.T) {
	c, _ := HMCConfig{TrajectoryLength: 2, Jitter: 0.25}.WithDefaults()
	for _, u := range []float64{0, 0.1, 0.5, 0.999} {
		for _, eps := range []float64{0.011, 0.3, 1.4, 50} {
			step, n := c.plan(eps, u)
			if length := 2 * (0.75 + 0.5*u); math.Abs(step*float64(n)-length) > 1e-12 || step > eps || n < 1 || (n > 1 && length/float64(n-1) <= eps) {
				t.Errorf("ε = %g, u = %g: %d steps of %g", eps, u, n, step)
			}
		}
	}
	if step, n := c.plan(1e-9, 0.5); step != 1e-9 || n != 1000 {
		t.Errorf("bound: %d steps of %g", n, step)
	}
	c, _ = PaperHMC().WithDefaults()
	if step, n := c.plan(0.004, 0.3); step != 0.004 || n != 50 {
		t.Errorf("paper: %d steps of %g", n, step)
	}
	c, _ = HMCConfig{StepSize: 0.2, Leapfrog: 5}.WithDefaults()
	if step, n := c.plan(0.2, 0); step != 0.1 || n != 5 {
		t.Errorf("fixed number: %d steps of %g", n, step)
	}
}
