package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"etalon/internal/safetensors"
)

// progress is what the loop itself must remember.
type progress struct {
	step    int
	count   int       // steps since the last record
	sums    []float64 // of the losses since the last record
	records []Record
}

const (
	sumsName      = "loop.sums"
	maxCheckpoint = 1 << 32
)

// save writes a checkpoint: the learner's tensors and the loop's own state.
func (st *progress) save(path, name string, steps int, tensors []safetensors.Tensor) error {
	records, err := json.Marshal(st.records)
	if err != nil {
		return err
	}
	all := append([]safetensors.Tensor{{Name: sumsName, Shape: []int{len(st.sums)}, F64: st.sums}}, tensors...)
	err = safetensors.Write(path, &safetensors.File{
		Metadata: map[string]string{
			"stage": name, "step": strconv.Itoa(st.step), "steps": strconv.Itoa(steps),
			"count": strconv.Itoa(st.count), "records": string(records),
		},
		Tensors: all,
	})
	if err != nil {
		return fmt.Errorf("%s: could not write a checkpoint: %w", name, err)
	}
	return nil
}

// load restores a checkpoint into the learner's tensors; without a file it does
// nothing. A checkpoint of another training is an error.
func (st *progress) load(path, name string, steps, perEpoch int, tensors []safetensors.Tensor) error {
	f, err := safetensors.Read(path, maxCheckpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: the checkpoint cannot be read: %w; remove it to start the stage anew", name, err)
	}
	bad := func(why string) error {
		return fmt.Errorf("%s: checkpoint %s is of another training (%s); remove it to start the stage anew", name, path, why)
	}
	if f.Metadata["stage"] != name || f.Metadata["steps"] != strconv.Itoa(steps) {
		return bad("stage " + f.Metadata["stage"] + ", " + f.Metadata["steps"] + " steps")
	}
	step, err1 := strconv.Atoi(f.Metadata["step"])
	count, err2 := strconv.Atoi(f.Metadata["count"])
	var records []Record
	err3 := json.Unmarshal([]byte(f.Metadata["records"]), &records)
	sums := f.Get(sumsName)
	if err1 != nil || err2 != nil || err3 != nil || step < 0 || step > steps || sums == nil || len(sums.F64) != len(st.sums) {
		return bad("its counters are wrong")
	}
	if perEpoch > 0 && (count != step%perEpoch || len(records) != step/perEpoch) {
		return bad("its epochs have another length")
	}
	for _, t := range tensors {
		from := f.Get(t.Name)
		if from == nil || len(from.F32) != len(t.F32) || len(from.F64) != len(t.F64) || len(from.U64) != len(t.U64) {
			return bad("tensor " + t.Name + " is missing or has another size")
		}
	}
	for _, t := range tensors {
		from := f.Get(t.Name)
		copy(t.F32, from.F32)
		copy(t.F64, from.F64)
		copy(t.U64, from.U64)
	}
	st.step, st.count, st.records = step, count, records
	copy(st.sums, sums.F64)
	return nil
}
