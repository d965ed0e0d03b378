package omnifold_test

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
	"etalon/omnifold"
	"etalon/train"
)

func small() (omnifold.Simulation, omnifold.Data, omnifold.Config) {
	z := normal("mc", 600, 0.2, 0.8)
	cfg := settings(2)
	cfg.Iterations = 3
	cfg.After = func(_ context.Context, r *omnifold.Result) (*omnifold.Score, error) {
		return &omnifold.Score{JSD: float64(len(r.Iterations)), EMD: r.LogNu[0]}, nil
	}
	return omnifold.Simulation{Z: z, X: smeared("s", z, 0.5), ZDim: 1, XDim: 1}, omnifold.Data{X: normal("data", 500, 0, 1)}, cfg
}

func same(t *testing.T, what string, a, b *omnifold.Result) {
	t.Helper()
	equal := func(a, b omnifold.Iteration) bool {
		s, u := *a.Score, *b.Score
		a.Score, b.Score = nil, nil
		return s == u && a == b
	}
	if !slices.Equal(a.LogNu, b.LogNu) || !slices.EqualFunc(a.Iterations, b.Iterations, equal) ||
		!slices.Equal(a.Nu.Params.Flat(), b.Nu.Params.Flat()) || !slices.Equal(a.Detector.Params.Flat(), b.Detector.Params.Flat()) {
		t.Errorf("%s: the results differ", what)
	}
}

// An unfolding that is interrupted anywhere continues to the same bytes, on any number
// of threads, and can be continued by further iterations.
func TestRestart(t *testing.T) {
	sim, data, cfg := small()
	stop := errors.New("stop")
	for _, warm := range []bool{false, true} {
		cfg.WarmStart = warm
		want := unfold(t, 2, sim, data, cfg)
		e := cpu.New(1)
		defer e.Close()

		// The end comes after iteration 1, before its score is known, then in each of
		// the steps of iteration 2.
		part, calls := cfg, 0
		part.Checkpoint = filepath.Join(t.TempDir(), "unfolding")
		part.After = func(ctx context.Context, r *omnifold.Result) (*omnifold.Score, error) {
			if calls++; calls == 1 {
				return nil, stop
			}
			return cfg.After(ctx, r)
		}
		var names []string
		for _, end := range []string{"", omnifold.StepName(2, 1), omnifold.StepName(2, 2)} {
			part.Train = func(ctx context.Context, name string, l train.Learner) ([]train.Record, error) {
				names = append(names, name)
				if name == end {
					return nil, stop
				}
				return train.Loop{Name: name, Epochs: cfg.Training.Epochs, Schedule: cfg.Training.Schedule}.Run(ctx, l)
			}
			if _, err := omnifold.Unfold(context.Background(), e, sim, data, part); !errors.Is(err, stop) {
				t.Fatalf("the error is %v; want the interruption", err)
			}
		}
		part.Train, part.Iterations = nil, 2
		if r, err := omnifold.Unfold(context.Background(), e, sim, data, part); err != nil || len(r.Iterations) != 2 {
			t.Fatalf("two iterations: %v", err)
		}
		part.Iterations = 3
		for _, what := range []string{"continued", "finished before"} {
			got, err := omnifold.Unfold(context.Background(), e, sim, data, part)
			if err != nil {
				t.Fatal(err)
			}
			same(t, what, got, want)
		}
		if calls != 4 || len(names) != 5 || names[2] != omnifold.StepName(2, 1) {
			t.Errorf("After was called %d times, trainings were %q", calls, names)
		}
	}
}

func TestForeignCheckpoint(t *testing.T) {
	sim, data, cfg := small()
	cfg.Checkpoint = filepath.Join(t.TempDir(), "unfolding")
	cfg.Iterations = 2
	e := cpu.New(1)
	defer e.Close()
	unfold(t, 1, sim, data, cfg)
	whole, err := os.ReadFile(cfg.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*omnifold.Simulation, *omnifold.Config)
		file   []byte
		want   string
	}{
		"seed":      {func(_ *omnifold.Simulation, c *omnifold.Config) { c.Seed++ }, whole, "other events or other settings"},
		"rate":      {func(_ *omnifold.Simulation, c *omnifold.Config) { c.Training.Adam.Alpha *= 2 }, whole, "other events or other settings"},
		"weights":   {func(s *omnifold.Simulation, _ *omnifold.Config) { s.W = slices.Repeat([]float64{1}, 600) }, whole, "other events or other settings"},
		"further":   {func(_ *omnifold.Simulation, c *omnifold.Config) { c.Iterations = 1 }, whole, "has 2 iterations; 1 are asked for"},
		"truncated": {nil, whole[:len(whole)-3], "cannot be read"},
		"text":      {nil, []byte("no checkpoint"), "cannot be read"},
		"nan":       {nil, poisoned(whole), "weights are not finite"},
		"told":      {nil, []byte(strings.Replace(string(whole), `"told":"2"`, `"told":"9"`, 1)), "iterations cannot be read"},
	} {
		if err := os.WriteFile(cfg.Checkpoint, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		s, g := sim, cfg
		if c.change != nil {
			c.change(&s, &g)
		}
		_, err := omnifold.Unfold(context.Background(), e, s, data, g)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "omnifold: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is %v; want %q", name, err, c.want)
		}
	}
}

// poisoned returns a checkpoint of 600 log-weights with an infinite one among them:
// the largest tensor is the only one of 4800 bytes.
func poisoned(file []byte) []byte {
	out := slices.Clone(file)
	head := strings.Index(string(file), `"ln nu"`)
	offsets := string(file[head:])
	offsets = offsets[strings.Index(offsets, `"data_offsets":[`)+len(`"data_offsets":[`):]
	begin := 0
	for _, c := range offsets[:strings.Index(offsets, ",")] {
		begin = 10*begin + int(c-'0')
	}
	length := 0
	for i := range 8 {
		length |= int(file[i]) << (8 * i)
	}
	for i := range 8 {
		out[8+length+begin+8*17+i] = byte(math.Float64bits(math.Inf(1)) >> (8 * i))
	}
	return out
}
