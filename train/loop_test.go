package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"etalon/internal/safetensors"
	"etalon/nn"
	"etalon/optim"
	"etalon/train"
)

const epochs = 3 // of 4 steps of the small problem

func loop(checkpoint string) train.Loop {
	return train.Loop{Name: "stage", Epochs: epochs, Checkpoint: checkpoint, Schedule: optim.Schedule{Gamma: 0.5, Warmup: 3}}
}

// whole is the training that nothing interrupts.
func whole(t *testing.T) (*nn.Params, []train.Record) {
	t.Helper()
	o, params := small.learner(t, 2)
	records, err := loop("").Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return params, records
}

// stopAt runs a fresh learner until step k, then cancels.
func stopAt(t *testing.T, l train.Loop, k int) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if k == 0 {
		cancel()
	}
	l.Progress = func(step, _ int, _ map[string]float64) {
		if step == k {
			cancel()
		}
	}
	o, _ := small.learner(t, 1)
	_, err := l.Run(ctx, o)
	return err
}

// A training cancelled after any step and continued by a new process gives the
// bytes of one that was not: parameters and records.
func TestResumeAtEveryStep(t *testing.T) {
	want, records := whole(t)
	if len(records) != epochs || records[0].Step != 4 || records[2].LR != 0.25 || math.IsNaN(records[0].Losses["valid"]) || records[0].Losses["valid"] == 0 {
		t.Fatalf("records %+v", records)
	}
	for k := range 4 * epochs {
		l := loop(filepath.Join(t.TempDir(), "checkpoint"))
		err := stopAt(t, l, k)
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), fmt.Sprintf("step %d of 12", k)) || strings.Contains(err.Error(), "\n") {
			t.Fatalf("cancelled after step %d: %v", k, err)
		}
		o, params := small.learner(t, 2)
		got, err := l.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(params.Flat(), want.Flat()) {
			t.Errorf("continued after step %d: other parameters", k)
		}
		if !sameRecords(got, records) {
			t.Errorf("continued after step %d: records %+v, want %+v", k, got, records)
		}
	}
}

// Interrupted after every single step, and once more when all is done.
func TestResumeAgainAndAgain(t *testing.T) {
	want, records := whole(t)
	l := loop(filepath.Join(t.TempDir(), "checkpoint"))
	for k := range 4 * epochs {
		if err := stopAt(t, l, k); !errors.Is(err, context.Canceled) {
			t.Fatalf("step %d: %v", k, err)
		}
	}
	for range 2 { // the second time there is nothing left to do
		o, params := small.learner(t, 1)
		got, err := l.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(params.Flat(), want.Flat()) || !sameRecords(got, records) {
			t.Error("other parameters or records")
		}
	}
}

// crashing fails at a step, as a killed process would.
type crashing struct {
	*train.Objective
	at int
}

var errCrash = errors.New("crash")

func (c crashing) Step(step int, factor float64, out []float64) error {
	if step == c.at {
		return errCrash
	}
	return c.Objective.Step(step, factor, out)
}

// Killed without warning, a training goes on from its last checkpoint.
func TestResumeAfterCrash(t *testing.T) {
	want, records := whole(t)
	for k := range 4 * epochs {
		l := loop(filepath.Join(t.TempDir(), "checkpoint"))
		l.Every = 1 // ns: a checkpoint after (nearly) every step
		l.Progress = func(int, int, map[string]float64) { time.Sleep(10 * time.Microsecond) }
		o, _ := small.learner(t, 1)
		if _, err := l.Run(t.Context(), crashing{o, k}); !errors.Is(err, errCrash) || !strings.Contains(err.Error(), fmt.Sprintf("stage: step %d: ", k)) {
			t.Fatalf("crash at step %d: %v", k, err)
		}
		if k > 0 {
			f, err := safetensors.Read(l.Checkpoint, 1<<20)
			if err != nil || f.Metadata["step"] != fmt.Sprint(k) {
				t.Fatalf("checkpoint after %d steps: %v, %v", k, f, err)
			}
		}
		o, params := small.learner(t, 1)
		got, err := l.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(params.Flat(), want.Flat()) || !sameRecords(got, records) {
			t.Errorf("crash at step %d: other parameters or records", k)
		}
	}
}

// scripted is a learner that only reports losses.
type scripted struct {
	losses  []float64
	valid   map[string]float64
	perStep func(step int, factor float64)
}

func (s *scripted) Losses() []string                      { return []string{"a", "b"} }
func (s *scripted) StepsPerEpoch() int                    { return 2 }
func (s *scripted) Validate() (map[string]float64, error) { return s.valid, nil }
func (s *scripted) State() []safetensors.Tensor           { return nil }
func (s *scripted) Step(step int, factor float64, out []float64) error {
	out[0], out[1] = s.losses[step], -s.losses[step]
	if s.perStep != nil {
		s.perStep(step, factor)
	}
	return nil
}

func TestDivergence(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := train.Loop{Name: "gan", Epochs: 2}.Run(t.Context(), &scripted{losses: []float64{1, 2, v, 3}})
		var d *train.DivergedError
		if !errors.As(err, &d) || d.Step != 2 || d.Loss != "a" || d.Stage != "gan" {
			t.Errorf("loss %v: %v", v, err)
		} else if !strings.Contains(err.Error(), "gan") || !strings.Contains(err.Error(), "step 2") || strings.Contains(err.Error(), "\n") {
			t.Errorf("loss %v: %q", v, err)
		}
		_, err = train.Loop{Name: "gan", Epochs: 2}.Run(t.Context(), &scripted{losses: []float64{1, 2, 3, 4}, valid: map[string]float64{"held out": v}})
		if !errors.As(err, &d) || d.Step != 2 || d.Loss != "held out" {
			t.Errorf("validation loss %v: %v", v, err)
		}
	}
	// A network driven out of its mind: the learner's own loss says so.
	p := small
	p.adam = optim.Adam{Alpha: 1e30}
	o, _ := p.learner(t, 1)
	var d *train.DivergedError
	if _, err := (train.Loop{Name: "wild", Epochs: 50}).Run(t.Context(), o); !errors.As(err, &d) {
		t.Errorf("learning rate 1e30: %v", err)
	}
}

// Records are means over their epoch; factors follow the schedule; progress is told
// of each step.
func TestRecords(t *testing.T) {
	var factors []float64
	s := &scripted{losses: []float64{1, 2, 4, 8, 16, 32}, valid: map[string]float64{"v": 7}, perStep: func(step int, f float64) { factors = append(factors, f) }}
	var told []string
	l := train.Loop{Name: "s", Epochs: 3, Schedule: optim.Schedule{Gamma: 0.5}, Progress: func(step, steps int, losses map[string]float64) {
		told = append(told, fmt.Sprint(step, "/", steps, " ", losses["a"], " ", losses["b"]))
	}}
	records, err := l.Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	want := []train.Record{
		{Step: 2, Epoch: 1, LR: 1, Losses: map[string]float64{"a": 1.5, "b": -1.5, "v": 7}},
		{Step: 4, Epoch: 2, LR: 0.5, Losses: map[string]float64{"a": 6, "b": -6, "v": 7}},
		{Step: 6, Epoch: 3, LR: 0.25, Losses: map[string]float64{"a": 24, "b": -24, "v": 7}},
	}
	if !sameRecords(records, want) {
		t.Errorf("records %+v, want %+v", records, want)
	}
	if !slices.Equal(factors, []float64{1, 1, 0.5, 0.5, 0.25, 0.25}) {
		t.Errorf("factors %v", factors)
	}
	if len(told) != 6 || told[0] != "1/6 1 -1" || told[5] != "6/6 32 -32" {
		t.Errorf("progress %q", told)
	}
	if records, err := (train.Loop{Name: "none"}).Run(t.Context(), s); err != nil || len(records) != 0 {
		t.Errorf("no epochs: %v, %v", records, err)
	}
}
