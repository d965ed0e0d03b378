package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"etalon/internal/safetensors"
	"etalon/optim"
)

// Learner is something that improves step by step.
type Learner interface {
	// Losses names what Step returns, in order.
	Losses() []string
	// StepsPerEpoch is the number of steps of an epoch.
	StepsPerEpoch() int
	// Step makes update number step (from 0 over the whole training) with the
	// learning rate multiplied by factor, and writes its losses to out.
	Step(step int, factor float64, out []float64) error
	// Validate returns named losses on data that are not trained on; it may be empty.
	Validate() (map[string]float64, error)
	// State returns the tensors that must survive a restart. The loop writes the
	// slices to checkpoints and restores their elements.
	State() []safetensors.Tensor
}

// Loop trains a learner.
type Loop struct {
	Name     string // of the stage, in progress and errors
	Epochs   int
	Schedule optim.Schedule
	// Patience, if above 0, ends the training after so many epochs without a smaller
	// validation loss. The learner then has the state of the best epoch (Kept), also where
	// all epochs were made.
	Patience int
	// Checkpoint is the file that holds the state of an unfinished training, or "".
	Checkpoint string
	// Every is the time between checkpoints; 0 means 10 s.
	Every time.Duration
	// Progress, if set, is told after each step.
	Progress func(step, steps int, losses map[string]float64)
}

// Record is the state of training at the end of an epoch.
type Record struct {
	Step   int                `json:"step"`  // steps made
	Epoch  int                `json:"epoch"` // epochs made
	LR     float64            `json:"lr"`    // factor on the learning rate of the last step
	Losses map[string]float64 `json:"losses"`
}

// DivergedError says that a loss is no number any more.
type DivergedError struct {
	Stage, Loss string
	Step        int
	Value       float64
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("%s: the loss %q is %v at step %d: training diverged; a smaller learning rate may help", e.Stage, e.Loss, e.Value, e.Step)
}

// Run trains to the end, or to the end of its patience, continuing from the checkpoint if there is one, and
// returns a record for each epoch. When ctx ends it saves a checkpoint and
// returns ctx's error. The checkpoint stays for the caller to remove when the
// result of the training is safe.
func (l Loop) Run(ctx context.Context, learner Learner) ([]Record, error) {
	perEpoch := learner.StepsPerEpoch()
	steps := l.Epochs * perEpoch
	names := learner.Losses()
	st := &progress{sums: make([]float64, len(names))}
	var best *snapshot
	if l.Patience > 0 {
		best = newSnapshot(learner.State())
	}
	if l.Checkpoint != "" {
		if err := st.load(l.Checkpoint, l.Name, steps, perEpoch, l.state(learner, best)); err != nil {
			return nil, err
		}
	}
	every := l.Every
	if every == 0 {
		every = 10 * time.Second
	}
	saved := time.Now()
	losses := make([]float64, len(names))
	shown := map[string]float64{}
	for st.step < steps && !l.exhausted(st.records) {
		if err := ctx.Err(); err != nil {
			return nil, l.interrupted(st, steps, l.state(learner, best), err)
		}
		epoch := st.step / perEpoch
		factor := l.Schedule.Factor(epoch, st.step, steps)
		if err := learner.Step(st.step, factor, losses); err != nil {
			return nil, fmt.Errorf("%s: step %d: %w", l.Name, st.step, err)
		}
		for i, v := range losses {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, &DivergedError{Stage: l.Name, Loss: names[i], Step: st.step, Value: v}
			}
			st.sums[i] += v
			shown[names[i]] = v
		}
		st.step++
		st.count++
		if st.step%perEpoch == 0 {
			r := Record{Step: st.step, Epoch: epoch + 1, LR: factor, Losses: map[string]float64{}}
			valid, err := learner.Validate()
			if err != nil {
				return nil, fmt.Errorf("%s: validation after step %d: %w", l.Name, st.step, err)
			}
			for i, n := range names {
				r.Losses[n] = st.sums[i] / float64(st.count)
			}
			for n, v := range valid {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					return nil, &DivergedError{Stage: l.Name, Loss: n, Step: st.step, Value: v}
				}
				r.Losses[n] = v
			}
			if _, ok := valid[validLoss]; !ok && l.Patience > 0 {
				return nil, fmt.Errorf("%s: early stopping needs a validation loss, and nothing is held out", l.Name)
			}
			st.records = append(st.records, r)
			if best != nil && bestEpoch(st.records) == len(st.records)-1 {
				best.take()
			}
			clear(st.sums)
			st.count = 0
		}
		if l.Progress != nil {
			l.Progress(st.step, steps, shown)
		}
		if l.Checkpoint != "" && time.Since(saved) > every {
			if err := st.save(l.Checkpoint, l.Name, steps, l.state(learner, best)); err != nil {
				return nil, err
			}
			saved = time.Now()
		}
	}
	if best != nil && len(st.records) > 0 {
		best.restore()
	}
	if l.Checkpoint != "" {
		if err := st.save(l.Checkpoint, l.Name, steps, l.state(learner, best)); err != nil {
			return nil, err
		}
	}
	return st.records, nil
}

func (l Loop) interrupted(st *progress, steps int, state []safetensors.Tensor, cause error) error {
	if l.Checkpoint != "" {
		if err := st.save(l.Checkpoint, l.Name, steps, state); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: stopped after step %d of %d: %w", l.Name, st.step, steps, cause)
}
