package train_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/internal/safetensors"
	"etalon/train"
)

// interrupted makes the checkpoint of the small problem after six steps.
func interrupted(t *testing.T) train.Loop {
	t.Helper()
	l := loop(filepath.Join(t.TempDir(), "checkpoint"))
	if err := stopAt(t, l, 6); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return l
}

// refused runs a learner that must not take the checkpoint, and must be left as it
// was.
func refused(t *testing.T, what string, l train.Loop, p problem) {
	t.Helper()
	o, params := p.learner(t, 1)
	before := slices.Clone(params.Flat())
	_, err := l.Run(t.Context(), o)
	if err == nil {
		t.Errorf("%s: accepted", what)
		return
	}
	for _, s := range []string{l.Name, l.Checkpoint, "remove it"} {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%s: %q does not say %q", what, err, s)
		}
	}
	if strings.Contains(err.Error(), "\n") || len(err.Error()) > 600 {
		t.Errorf("%s: %q is no short line", what, err)
	}
	if !slices.Equal(params.Flat(), before) {
		t.Errorf("%s: the parameters changed", what)
	}
}

func TestCheckpointOfAnotherTraining(t *testing.T) {
	l := interrupted(t)
	other := l
	other.Name = "other"
	refused(t, "another stage", other, small)
	other = l
	other.Epochs++
	refused(t, "another number of steps", other, small)
	p := small
	p.hidden++
	refused(t, "another network", l, p)
	other = l
	other.Epochs, p = 6, small
	p.batch = 20 // 6 epochs of 2 steps: as many steps in all
	refused(t, "epochs of another length", other, p)
}

func TestDamagedCheckpoint(t *testing.T) {
	l := interrupted(t)
	good, err := os.ReadFile(l.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	damage := map[string][]byte{"empty": {}, "cut": good[:len(good)/2], "one byte short": good[:len(good)-1], "one byte more": append(slices.Clone(good), 0),
		"text": []byte("not a checkpoint at all"), "zeros": make([]byte, len(good))}
	for name, b := range damage {
		if err := os.WriteFile(l.Checkpoint, b, 0o666); err != nil {
			t.Fatal(err)
		}
		refused(t, name, l, small)
	}

	// Valid files whose content lies.
	if err := os.WriteFile(l.Checkpoint, good, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(f *safetensors.File){
		"negative step":     func(f *safetensors.File) { f.Metadata["step"] = "-1" },
		"step past the end": func(f *safetensors.File) { f.Metadata["step"] = "13" },
		"step of text":      func(f *safetensors.File) { f.Metadata["step"] = "six" },
		"another step":      func(f *safetensors.File) { f.Metadata["step"] = "7" },
		"no step":           func(f *safetensors.File) { delete(f.Metadata, "step") },
		"another count":     func(f *safetensors.File) { f.Metadata["count"] = "0" },
		"negative count":    func(f *safetensors.File) { f.Metadata["count"] = "-2" },
		"records of text":   func(f *safetensors.File) { f.Metadata["records"] = "[" },
		"no records":        func(f *safetensors.File) { f.Metadata["records"] = "[]" },
		"no metadata":       func(f *safetensors.File) { f.Metadata = nil },
		"no sums":           func(f *safetensors.File) { f.Get("loop.sums").Name = "sums" },
		"sums of float32": func(f *safetensors.File) {
			s := f.Get("loop.sums")
			s.F64, s.F32 = nil, []float32{1}
		},
		"a tensor is missing": func(f *safetensors.File) { f.Tensors = f.Tensors[:len(f.Tensors)-1] },
		"a tensor is longer": func(f *safetensors.File) {
			p := f.Get("params")
			p.Shape, p.F32 = []int{len(p.F32) + 1}, append(p.F32, 0)
		},
	} {
		f, err := safetensors.Read(l.Checkpoint, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		change(f)
		bad := l
		bad.Checkpoint = filepath.Join(t.TempDir(), "changed")
		if err := safetensors.Write(bad.Checkpoint, f); err != nil {
			t.Fatal(err)
		}
		refused(t, name, bad, small)
	}
	if now, err := os.ReadFile(l.Checkpoint); err != nil || !bytes.Equal(now, good) {
		t.Errorf("the checkpoint changed: %v", err)
	}
}

func TestCheckpointCannotBeWritten(t *testing.T) {
	l := loop(filepath.Join(t.TempDir(), "no such directory", "checkpoint"))
	o, _ := small.learner(t, 1)
	if _, err := l.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), l.Checkpoint) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}
