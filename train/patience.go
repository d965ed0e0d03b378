package train

import (
	"slices"

	"etalon/internal/safetensors"
)

// validLoss is the loss that early stopping looks at.
const validLoss = "valid"

// Kept returns the record of the epoch whose parameters a training ends with: the first
// with the smallest validation loss where it had patience, the last otherwise. It panics
// without records.
func Kept(records []Record, patience int) Record {
	if patience > 0 {
		return records[bestEpoch(records)]
	}
	return records[len(records)-1]
}

// bestEpoch is the index of the first of the smallest validation losses.
func bestEpoch(records []Record) int {
	best := 0
	for i, r := range records {
		if r.Losses[validLoss] < records[best].Losses[validLoss] {
			best = i
		}
	}
	return best
}

// exhausted tells that the last Patience epochs brought nothing.
func (l Loop) exhausted(records []Record) bool {
	return l.Patience > 0 && len(records) > 0 && len(records)-1-bestEpoch(records) >= l.Patience
}

// state lists what a checkpoint holds.
func (l Loop) state(learner Learner, best *snapshot) []safetensors.Tensor {
	if best == nil {
		return learner.State()
	}
	return append(slices.Clone(learner.State()), best.copies...)
}

// snapshot is the learner's state at the end of its best epoch.
type snapshot struct{ live, copies []safetensors.Tensor }

// newSnapshot makes room for a state.
func newSnapshot(live []safetensors.Tensor) *snapshot {
	s := &snapshot{live: live}
	for _, t := range live {
		t.Name = "best." + t.Name
		t.F32, t.F64, t.U64 = slices.Clone(t.F32), slices.Clone(t.F64), slices.Clone(t.U64)
		s.copies = append(s.copies, t)
	}
	return s
}

func (s *snapshot) take()    { copyTensors(s.copies, s.live) }
func (s *snapshot) restore() { copyTensors(s.live, s.copies) }

// copyTensors copies the elements of tensors of equal sizes.
func copyTensors(dst, src []safetensors.Tensor) {
	for i, t := range src {
		copy(dst[i].F32, t.F32)
		copy(dst[i].F64, t.F64)
		copy(dst[i].U64, t.U64)
	}
}
