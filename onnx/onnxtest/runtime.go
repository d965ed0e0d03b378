// Package onnxtest runs ONNX files in the real ONNX Runtime, for tests.
package onnxtest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

//go:embed ort_check.py
var script []byte

// Runtime collects ONNX files with inputs and the outputs that they should give, and
// lets ONNX Runtime check them all at once.
type Runtime struct {
	dir string
	n   int
}

// New returns an empty collection.
func New(t testing.TB) *Runtime { return &Runtime{dir: t.TempDir()} }

// Add takes in a file with rows of inputs and of the outputs that they should give,
// row-major.
func (r *Runtime) Add(t testing.TB, name string, file []byte, rows int, in, out map[string][]float64) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"inputs": tables(in, rows), "outputs": tables(out, rows)})
	if err != nil {
		t.Fatal(err)
	}
	name = strings.NewReplacer(" ", "_", "/", "_", "(", "", ")", "", ",", "_").Replace(name)
	path := filepath.Join(r.dir, fmt.Sprintf("%04d_%s", r.n, name))
	r.n++
	for ext, b := range map[string][]byte{".onnx": file, ".json": text} {
		if err := os.WriteFile(path+ext, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func tables(from map[string][]float64, rows int) map[string][][]float64 {
	to := map[string][][]float64{}
	for k, x := range from {
		to[k] = slices.Collect(slices.Chunk(x, len(x)/rows))
	}
	return to
}

// Check fails the test if an output differs by more than 1e-5 of its largest number.
// Without Python's onnx and onnxruntime it skips the rest of the test; the environment
// variable ETALON_PYTHON names the interpreter, python3 otherwise.
func (r *Runtime) Check(t testing.TB) {
	t.Helper()
	python := os.Getenv("ETALON_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import onnx, onnxruntime").Run(); err != nil {
		t.Skipf("%s has no onnx and onnxruntime, so that files were not run there; ETALON_PYTHON names another", python)
	}
	path := filepath.Join(r.dir, "ort_check.py")
	if err := os.WriteFile(path, script, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, path, r.dir).CombinedOutput()
	if err != nil {
		t.Errorf("ONNX Runtime: %v\n%s", err, out)
		return
	}
	t.Logf("%s", out)
}
