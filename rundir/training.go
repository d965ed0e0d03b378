package rundir

import (
	"context"
	"fmt"
	"os"
	"strings"

	"etalon/train"
)

// Fit runs a training to its end, saves the model with save, and keeps the history.
func (d *Dir) Fit(ctx context.Context, name string, l train.Learner, cfg train.Config, save func() error) (string, error) {
	records, err := d.Train(ctx, name, l, cfg)
	if err != nil {
		return "", err
	}
	if err := d.AddHistory(name, records); err != nil {
		return "", err
	}
	if err := save(); err != nil {
		return "", err
	}
	d.Forget(name)
	return Describe(records, cfg.Patience), nil
}

// Train runs a training to its end with progress, log and checkpoint. The checkpoint
// stays until Forget.
func (d *Dir) Train(ctx context.Context, name string, l train.Learner, cfg train.Config) ([]train.Record, error) {
	perEpoch := l.StepsPerEpoch()
	loop := train.Loop{
		Name: name, Epochs: cfg.Epochs, Schedule: cfg.Schedule, Patience: cfg.Patience, Checkpoint: d.trainingCheckpoint(name),
		Progress: func(step, steps int, losses map[string]float64) {
			info := ""
			for _, n := range l.Losses() {
				info += fmt.Sprintf("  %s %.4f", n, losses[n])
			}
			d.Progress(step, steps, fmt.Sprintf("%s, epoch %d/%d%s", name, (step-1)/perEpoch+1, cfg.Epochs, info))
			if step%perEpoch == 0 {
				d.log.event("epoch", name, map[string]any{"step": step, "losses": losses})
			}
		},
	}
	return loop.Run(ctx, l)
}

func (d *Dir) trainingCheckpoint(name string) string {
	return d.Checkpoint(strings.ReplaceAll(name, " ", "-"))
}

// Forget removes the checkpoint of a training whose result is safe.
func (d *Dir) Forget(name string) { os.Remove(d.trainingCheckpoint(name)) }

// Describe tells people how a training with so much patience ended.
func Describe(records []train.Record, patience int) string {
	last, kept := records[len(records)-1], train.Kept(records, patience)
	note := fmt.Sprintf("%d steps", last.Step)
	if kept.Step != last.Step {
		note += fmt.Sprintf(", the parameters of step %d", kept.Step)
	}
	for _, n := range []string{"train", "valid", "disc", "gen"} {
		if v, ok := kept.Losses[n]; ok {
			note += fmt.Sprintf(", %s %.5f", n, v)
		}
	}
	return note
}
