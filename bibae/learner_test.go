package bibae

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/calo"
	"etalon/internal/safetensors"
	"etalon/train"
)

// A short training on synthetic showers: the decoder's showers become more like those that they
// were made of than independent ones are, and latents stay near their prior.
func TestTrainingLearns(t *testing.T) {
	c := tinyTraining(false)
	c.Epochs, c.Likeness = 25, 30
	m := newModel(t, tinyConfig(false))
	l := newLearner(t, newEngine(t, 2), m, c, 320)
	records, err := loop(c).Run(context.Background(), l)
	if err != nil {
		t.Fatal(err)
	}
	first, last := records[0].Losses, records[len(records)-1].Losses
	t.Logf("first %v, last %v", first, last)
	// The squared difference of the sums of two independent showers is 2 on average for each,
	// times the square of what it counts: 12 of layers count once, 3 totals.
	independent := 2 * (12 + 3*totalWeight*totalWeight) / 15.
	if !(last["likeness"] < 0.75*independent && last["likeness"] < 0.75*first["likeness"]) {
		t.Errorf("likeness %v, at first %v", last["likeness"], first["likeness"])
	}
	if !(last["critic_loss"] < first["critic_loss"]) {
		t.Errorf("loss of the critics %v, at first %v", last["critic_loss"], first["critic_loss"])
	}
	if !(last["kl"] > 0.1) {
		t.Errorf("KL = %v: nothing is encoded", last["kl"])
	}
}

// The paper's form of model and losses trains, too.
func TestPaperForm(t *testing.T) {
	c := tinyTraining(true)
	c.Epochs = 6
	m := newModel(t, tinyConfig(true))
	l := newLearner(t, newEngine(t, 2), m, c, 160)
	before := slices.Clone(m.Params.Flat())
	records, err := loop(c).Run(context.Background(), l)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(before, m.Params.Flat()) {
		t.Error("the model was not trained")
	}
	if last := records[len(records)-1].Losses; !(last["critic_loss"] < records[0].Losses["critic_loss"]) {
		t.Errorf("losses %v, at first %v", last, records[0].Losses)
	}
}

// state returns copies of all that a checkpoint holds.
func state(l train.Learner) (s []safetensors.Tensor) {
	for _, t := range l.State() {
		t.F32, t.U64 = slices.Clone(t.F32), slices.Clone(t.U64)
		s = append(s, t)
	}
	return s
}

func sameState(a, b []safetensors.Tensor) (string, bool) {
	for i := range a {
		if a[i].Name != b[i].Name || !slices.Equal(a[i].F32, b[i].F32) || !slices.Equal(a[i].U64, b[i].U64) {
			return a[i].Name, false
		}
	}
	return "", len(a) == len(b)
}

// Threads change nothing, and neither does an interruption, in the middle of an epoch or
// where critics start anew.
func TestSameBytes(t *testing.T) {
	for _, paper := range []bool{false, true} {
		c := tinyTraining(paper)
		run := func(threads int, stops ...int) []safetensors.Tensor {
			file := filepath.Join(t.TempDir(), "checkpoint")
			for i := 0; ; i++ {
				l := newLearner(t, newEngine(t, threads), newModel(t, tinyConfig(paper)), c, 100)
				ctx, cancel := context.WithCancel(context.Background())
				p := loop(c)
				p.Checkpoint = file
				p.Progress = func(step, _ int, _ map[string]float64) {
					if i < len(stops) && step == stops[i] {
						cancel()
					}
				}
				_, err := p.Run(ctx, l)
				cancel()
				if i < len(stops) && errors.Is(err, context.Canceled) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				return state(l)
			}
		}
		per := newLearner(t, newEngine(t, 1), newModel(t, tinyConfig(paper)), c, 100).StepsPerEpoch()
		if per != 3 {
			t.Fatalf("%d steps an epoch", per)
		}
		want := run(1)
		if name, ok := sameState(want, run(3)); !ok {
			t.Errorf("paper %v: threads change %s", paper, name)
		}
		if name, ok := sameState(want, run(2, 2, per, 2*per+1)); !ok {
			t.Errorf("paper %v: interruptions change %s", paper, name)
		}
	}
}

// One critic of every kind starts anew after each epoch, with its optimiser; the other stays.
func TestOneCriticStartsAnew(t *testing.T) {
	c := tinyTraining(false)
	m := newModel(t, tinyConfig(false))
	l := newLearner(t, newEngine(t, 1), m, c, 100)
	per, out := l.StepsPerEpoch(), make([]float64, len(l.Losses()))
	for step := range 2*per + 1 {
		kept, fresh := slices.Clone(l.kept.params.Flat()), l.freshCritics(step/per).Flat()
		if err := l.Step(step, 1, out); err != nil {
			t.Fatal(err)
		}
		updates := uint64((step%per + 1) * c.CriticSteps)
		if got := l.fresh.state.Time()[0]; got != updates {
			t.Errorf("step %d: the fresh critics have had %d updates, want %d", step, got, updates)
		}
		if got := l.kept.state.Time()[0]; got != uint64((step+1)*c.CriticSteps) {
			t.Errorf("step %d: the kept critics have had %d updates", step, got)
		}
		// Adam moves a parameter by little more than its rate in an update.
		near := func(a, b []float32, updates float64) bool {
			for i := range a {
				if d := float64(a[i] - b[i]); d > 3*updates*c.CriticAdam.Alpha || d < -3*updates*c.CriticAdam.Alpha {
					return false
				}
			}
			return true
		}
		if !near(l.kept.params.Flat(), kept, float64(c.CriticSteps)) {
			t.Errorf("step %d: the kept critics have jumped", step)
		}
		if !near(l.fresh.params.Flat(), fresh, float64(updates)) {
			t.Errorf("step %d: the fresh critics are far from where they started in this epoch", step)
		}
	}
	if slices.Equal(l.freshCritics(0).Flat(), l.freshCritics(1).Flat()) {
		t.Error("the critics of two epochs start alike")
	}
}

// Settings that cannot train are refused in one line.
func TestTrainingErrors(t *testing.T) {
	e := newEngine(t, 1)
	for name, change := range map[string]func(*Training, *Config, *calo.Sparse){
		"batch":            func(c *Training, _ *Config, _ *calo.Sparse) { c.Batch = 0 },
		"bytes":            func(c *Training, n *Config, _ *calo.Sparse) { c.Batch = 1 << 20; *n = Full() },
		"critic_steps":     func(c *Training, _ *Config, _ *calo.Sparse) { c.CriticSteps = 0 },
		"critic_adam":      func(c *Training, _ *Config, _ *calo.Sparse) { c.CriticAdam.Alpha = -1 },
		"validation":       func(c *Training, _ *Config, _ *calo.Sparse) { c.Validation = 0.1 },
		"kl":               func(c *Training, _ *Config, _ *calo.Sparse) { c.KL = -1 },
		"average":          func(c *Training, _ *Config, _ *calo.Sparse) { c.Average = 1 },
		"critic.sums":      func(c *Training, _ *Config, _ *calo.Sparse) { c.Critic.Sums = 0 },
		"towers":           func(c *Training, _ *Config, _ *calo.Sparse) { c.Critic.Towers = []string{"x"} },
		"no towers":        func(c *Training, _ *Config, _ *calo.Sparse) { c.Critic.Towers = nil },
		"paths":            func(c *Training, _ *Config, _ *calo.Sparse) { c.Critic.Paths = 0 },
		"critic/x":         func(c *Training, _ *Config, _ *calo.Sparse) { c.Critic.Conv[0].Kernel = 99 },
		"6×6×6":            func(_ *Training, n *Config, _ *calo.Sparse) { *n = Small() },
		"the energy":       func(_ *Training, _ *Config, s *calo.Sparse) { s.Energies[7] = -1 },
		"with 99 energies": func(_ *Training, _ *Config, s *calo.Sparse) { s.Energies = s.Energies[:99] },
	} {
		c, n, s := tinyTraining(false), tinyConfig(false), showers(t, 100)
		change(&c, &n, s)
		_, err := NewLearner(e, newModel(t, n), s, c, 1)
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
