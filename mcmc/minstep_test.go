package mcmc

import (
	"math"
	"testing"

	"etalon/rng"
)

// walls is a standard normal crossed by walls that its gradient does not show: most
// proposals end on the other level, whatever the step size, and are refused.
type walls struct{}

func (walls) Dim() int { return 2 }

func (walls) LogDensityGrad(z []float32, logq []float64, grad []float32) error {
	for i := range logq {
		logq[i] = 0
		for j, v := range z[2*i : 2*i+2] {
			logq[i] -= float64(v) * float64(v) / 2
			grad[2*i+j] = -v
		}
		if int(math.Floor(float64(z[2*i])*1e4))%4 != 0 {
			logq[i] -= 40
		}
	}
	return nil
}

// TestStepSizeIsBounded: where no step size reaches the target acceptance, the
// adaptation stops at the shortest step that MaxLeapfrog allows.
func TestStepSizeIsBounded(t *testing.T) {
	const longest = 8
	cfg := HMCConfig{Chains: 50, Samples: 400, BurnIn: 100, Adapt: true, TrajectoryLength: math.Pi / 2, MaxLeapfrog: longest, StepSize: 0.3}
	h, err := NewHMC(cfg, walls{}, make([]float32, 100), rng.New(1, "walls"))
	if err != nil {
		t.Fatal(err)
	}
	for !h.Done() {
		if err := h.Step(); err != nil {
			t.Fatal(err)
		}
		if eps := h.StepSize(); eps < math.Pi/2/longest*(1-1e-9) {
			t.Fatalf("step size %v, below %v", eps, math.Pi/2/longest)
		}
	}
	if a := h.Activity().MeanAlpha; a > 0.6 {
		t.Errorf("mean acceptance probability %v: the target density does not do what this test needs", a)
	}
}
