package laser

import (
	"context"
	"fmt"
	"os"
	"strings"

	"etalon/train"
)

// fit runs a training to its end, saves the model with save, and keeps the history.
func (r *Run) fit(ctx context.Context, name string, l train.Learner, cfg train.Config, save func() error) (string, error) {
	records, err := r.train(ctx, name, l, cfg)
	if err != nil {
		return "", err
	}
	if err := addHistory(r.path(historyFile), name, records); err != nil {
		return "", err
	}
	if err := save(); err != nil {
		return "", err
	}
	r.forget(name)
	return describe(records[len(records)-1]), nil
}

// train runs a training to its end with progress, log and checkpoint. The checkpoint
// stays until forget.
func (r *Run) train(ctx context.Context, name string, l train.Learner, cfg train.Config) ([]train.Record, error) {
	perEpoch := l.StepsPerEpoch()
	loop := train.Loop{
		Name: name, Epochs: cfg.Epochs, Schedule: cfg.Schedule, Checkpoint: r.trainingCheckpoint(name),
		Progress: func(step, steps int, losses map[string]float64) {
			info := ""
			for _, n := range l.Losses() {
				info += fmt.Sprintf("  %s %.4f", n, losses[n])
			}
			r.obs.Progress(step, steps, fmt.Sprintf("%s, epoch %d/%d%s", name, (step-1)/perEpoch+1, cfg.Epochs, info))
			if step%perEpoch == 0 {
				r.log.event("epoch", name, map[string]any{"step": step, "losses": losses})
			}
		},
	}
	return loop.Run(ctx, l)
}

func (r *Run) trainingCheckpoint(name string) string {
	return r.checkpoint(strings.ReplaceAll(name, " ", "-"))
}

// forget removes the checkpoint of a training whose result is safe.
func (r *Run) forget(name string) { os.Remove(r.trainingCheckpoint(name)) }

func describe(last train.Record) string {
	note := fmt.Sprintf("%d steps", last.Step)
	for _, n := range []string{"train", "valid", "disc", "gen"} {
		if v, ok := last.Losses[n]; ok {
			note += fmt.Sprintf(", %s %.5f", n, v)
		}
	}
	return note
}
