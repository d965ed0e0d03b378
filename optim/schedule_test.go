package optim_test

import (
	"math"
	"strings"
	"testing"

	"etalon/optim"
)

func TestScheduleFactor(t *testing.T) {
	for _, c := range []struct {
		name               string
		s                  optim.Schedule
		epoch, step, steps int
		want               float64
	}{
		{"default", optim.Schedule{}, 0, 0, 100, 1},
		{"default", optim.Schedule{}, 100, 24000, 24000, math.Pow(0.999, 100)},
		{"exponential", optim.Schedule{Kind: "exponential", Gamma: 0.5}, 3, 35, 100, 0.125},
		{"constant", optim.Schedule{Kind: "constant", Gamma: 0.5}, 3, 35, 100, 1},
		{"cosine start", optim.Schedule{Kind: "cosine"}, 0, 0, 100, 1},
		{"cosine half", optim.Schedule{Kind: "cosine"}, 9, 50, 100, 0.5},
		{"cosine third", optim.Schedule{Kind: "cosine"}, 9, 20, 60, 0.75},
		{"cosine end", optim.Schedule{Kind: "cosine"}, 9, 100, 100, 0},
		{"cosine to a tenth", optim.Schedule{Kind: "cosine", Final: 0.1}, 9, 100, 100, 0.1},
		{"cosine to a tenth, half", optim.Schedule{Kind: "cosine", Final: 0.1}, 9, 50, 100, 0.55},
		{"first step of a warm-up", optim.Schedule{Kind: "constant", Warmup: 10}, 0, 0, 100, 0.1},
		{"last step of a warm-up", optim.Schedule{Kind: "constant", Warmup: 10}, 0, 9, 100, 1},
		{"after a warm-up", optim.Schedule{Kind: "constant", Warmup: 10}, 0, 10, 100, 1},
		{"warm-up times exponential", optim.Schedule{Gamma: 0.5, Warmup: 10}, 1, 4, 100, 0.25},
	} {
		if got := c.s.Factor(c.epoch, c.step, c.steps); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestScheduleCheck(t *testing.T) {
	nan := math.NaN()
	for _, s := range []optim.Schedule{{}, {Kind: "exponential", Gamma: 1}, {Kind: "cosine", Final: 1}, {Kind: "constant", Warmup: 100}} {
		if err := s.Check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for says, list := range map[string][]optim.Schedule{
		`"Cosine"`:  {{Kind: "Cosine"}},
		"gamma = ":  {{Gamma: -0.1}, {Gamma: 1.1}, {Gamma: nan}},
		"final = ":  {{Kind: "cosine", Final: -0.1}, {Kind: "cosine", Final: 2}, {Kind: "cosine", Final: nan}},
		"warmup = ": {{Warmup: -1}},
	} {
		for _, s := range list {
			if err := s.Check(); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "accepted") {
				t.Errorf("%+v: %v", s, err)
			}
		}
	}
}
