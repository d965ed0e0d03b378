package modeldir

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// The hash is that of what sha256sum prints for the files in the order of their paths.
func TestHash(t *testing.T) {
	dir := t.TempDir()
	lines := ""
	for _, name := range []string{"a/model.json", "b.json", "model.json"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name+"!"), 0o644); err != nil {
			t.Fatal(err)
		}
		lines += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(name+"!")), name)
	}
	got, err := Hash(dir)
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(lines))); err != nil || got != want {
		t.Errorf("hash %s, %v; want %s", got, err, want)
	}
	if _, err := Hash(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there has a hash")
	}
}
