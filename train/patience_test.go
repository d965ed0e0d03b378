package train_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/internal/safetensors"
	"etalon/train"
)

// validated has a state that counts its steps, and given validation losses of its epochs
// of two steps.
type validated struct {
	valid []float64
	count []float64
}

func (v *validated) Losses() []string   { return []string{"train"} }
func (v *validated) StepsPerEpoch() int { return 2 }
func (v *validated) Step(step int, _ float64, out []float64) error {
	v.count[0]++
	out[0] = float64(step)
	return nil
}
func (v *validated) Validate() (map[string]float64, error) {
	if v.valid == nil {
		return nil, nil
	}
	return map[string]float64{"valid": v.valid[int(v.count[0])/2-1]}, nil
}
func (v *validated) State() []safetensors.Tensor {
	return []safetensors.Tensor{{Name: "count", Shape: []int{1}, F64: v.count}}
}

// A training ends after so many epochs without a smaller validation loss, and has the
// state of the first best epoch; so has one that makes all its epochs.
func TestPatience(t *testing.T) {
	for name, c := range map[string]struct {
		valid        []float64
		patience     int
		epochs, best int // made, and kept
	}{
		"stops":            {[]float64{5, 3, 4, 3.5, 6, 1}, 3, 5, 2},
		"a tie is no gain": {[]float64{5, 3, 3, 3, 2, 1}, 2, 4, 2},
		"begins anew":      {[]float64{5, 6, 4, 6, 3, 7}, 2, 6, 5},
		"all epochs":       {[]float64{5, 3, 4, 6, 7, 8}, 10, 6, 2},
		"none":             {[]float64{1, 2, 3, 4, 5, 6}, 0, 6, 6},
		"at once":          {[]float64{1, 2, 3, 4, 5, 6}, 1, 2, 1},
	} {
		v := &validated{c.valid, []float64{0}}
		records, err := train.Loop{Name: "s", Epochs: 6, Patience: c.patience}.Run(t.Context(), v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(records) != c.epochs || v.count[0] != float64(2*c.best) {
			t.Errorf("%s: %d epochs, the state of step %v; want %d, %d", name, len(records), v.count[0], c.epochs, 2*c.best)
		}
		if k := train.Kept(records, c.patience); k.Epoch != c.best {
			t.Errorf("%s: epoch %d is kept; want %d", name, k.Epoch, c.best)
		}
	}
	if _, err := (train.Loop{Name: "s", Epochs: 6, Patience: 2}).Run(t.Context(), &validated{nil, []float64{0}}); err == nil || !strings.Contains(err.Error(), "nothing is held out") {
		t.Errorf("without validation: %v", err)
	}
}

// Interrupted after any step, a training with patience ends with the same bytes: the best
// parameters and what the patience has seen survive.
func TestPatienceResumes(t *testing.T) {
	const epochs = 12
	fast := small // learns too fast for its few rows: the validation loss soon rises
	fast.adam.Alpha, fast.hidden = 0.1, 2
	patient := func(checkpoint string) train.Loop {
		return train.Loop{Name: "stage", Epochs: epochs, Patience: 3, Checkpoint: checkpoint}
	}
	o, want := fast.learner(t, 1)
	records, err := patient("").Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	best := train.Kept(records, 3).Epoch
	if len(records) == epochs || len(records) != best+3 {
		t.Fatalf("%d epochs, the best is %d: no early stop", len(records), best)
	}
	short, atBest := fast.learner(t, 1)
	if _, err := (train.Loop{Name: "stage", Epochs: best}).Run(t.Context(), short); err != nil || !slices.Equal(atBest.Flat(), want.Flat()) {
		t.Errorf("the parameters are not those of epoch %d (%v)", best, err)
	}
	steps := records[len(records)-1].Step
	checkpoint := filepath.Join(t.TempDir(), "checkpoint")
	for k := 1; k < steps; k++ { // one more step each time
		ctx, cancel := context.WithCancel(t.Context())
		l := patient(checkpoint)
		l.Progress = func(step, _ int, _ map[string]float64) {
			if step == k {
				cancel()
			}
		}
		o, _ := fast.learner(t, 1)
		if _, err := l.Run(ctx, o); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), fmt.Sprintf("step %d of", k)) {
			t.Fatalf("step %d: %v", k, err)
		}
		cancel()
	}
	for range 2 { // the second time there is nothing left to do
		o, params := fast.learner(t, 2)
		got, err := patient(checkpoint).Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(params.Flat(), want.Flat()) || !sameRecords(got, records) {
			t.Error("other parameters or records")
		}
	}
	// A checkpoint without the best parameters is of another training.
	o, _ = fast.learner(t, 1)
	plain := filepath.Join(t.TempDir(), "plain")
	if _, err := (train.Loop{Name: "stage", Epochs: epochs, Checkpoint: plain}).Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := patient(plain).Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "best.") {
		t.Errorf("a checkpoint without patience: %v", err)
	}
}
