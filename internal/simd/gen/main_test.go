package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestFilesAreCurrent fails if the assembly beside is not what this generator
// writes.
func TestFilesAreCurrent(t *testing.T) {
	sourceDir = ".."
	for name, text := range files {
		have, err := os.ReadFile(filepath.Join(sourceDir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, text()) {
			t.Errorf("%s is stale: run go generate ./internal/simd", name)
		}
	}
}
