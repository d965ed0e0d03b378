package modeldir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"etalon/nn"
)

type meta struct {
	Header
	Note string `json:"note"`
}

// Save replaces a model and leaves no other file behind.
func TestSaveReplaces(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "m")
	p := &nn.Params{}
	p.Add("w", 2)
	for _, note := range []string{"first", "second"} {
		if err := Save(dir, meta{NewHeader("test"), note}, p, nil); err != nil {
			t.Fatal(err)
		}
		var m meta
		if err := Load(dir, &m); err != nil || m.Note != note || m.Kind != "test" {
			t.Errorf("loaded %+v, %v; want %q", m, err, note)
		}
	}
	if left, _ := os.ReadDir(parent); len(left) != 1 {
		t.Errorf("%d entries beside the model", len(left)-1)
	}
}

// Save does not touch a directory with other files, nor a file.
func TestSaveRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "precious")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{dir, file} {
		err := Save(at, meta{Header: NewHeader("test")}, nil, nil)
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), at) {
			t.Errorf("%s: error %v", at, err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "x" {
		t.Errorf("the file is gone: %v", err)
	}
}
