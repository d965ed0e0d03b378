package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// onlyFile checks that dir holds just one file of this name and content: no
// temporary file is left.
func onlyFile(t *testing.T, dir, name, content string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != name {
			t.Errorf("found %s", e.Name())
		}
	}
	got, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || string(got) != content {
		t.Errorf("%s holds %q (%v), want %q", name, got, err, content)
	}
}

func TestWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	for _, content := range []string{"first", "second, longer", ""} {
		if err := WriteBytes(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		onlyFile(t, dir, "a.txt", content)
	}
	big := strings.Repeat("0123456789", 50000)
	err := Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, big)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	onlyFile(t, dir, "a.txt", big)
}

func TestFailureKeepsOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := Write(path, func(w io.Writer) error {
		w.Write(bytes.Repeat([]byte("x"), 1<<20))
		return broken
	})
	if !errors.Is(err, broken) || err.Error() != path+": broken" {
		t.Errorf("error %v", err)
	}
	onlyFile(t, dir, "a.txt", "old")

	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		Write(path, func(io.Writer) error { panic("broken") })
	}()
	onlyFile(t, dir, "a.txt", "old")

	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "new")
	f.Abort()
	f.Abort()
	if err := f.Commit(); err == nil {
		t.Error("committed after Abort")
	}
	onlyFile(t, dir, "a.txt", "old")
}

// A write that fails in the middle (here: on a closed file) poisons the file,
// also when the caller overlooks the error.
func TestFailedWriteCannotBeCommitted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	f.file.Close()
	if _, err := io.WriteString(f, "new"); err == nil || !strings.HasPrefix(err.Error(), path+": cannot write: ") {
		t.Errorf("error %v", err)
	}
	if err := f.Commit(); err == nil || strings.Contains(err.Error(), ".tmp") {
		t.Errorf("commit: %v", err)
	}
	onlyFile(t, dir, "a.txt", "old")
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := WriteBytes(file, nil); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":                                   "without a name",
		dir:                                  "it is a directory",
		filepath.Join(dir, "missing", "x"):   "the directory does not exist",
		filepath.Join(dir, "missing") + "/":  "it names a directory",
		filepath.Join(file, "x"):             "not a directory",
		"/dev/null":                          "it is not a regular file",
		filepath.Join(dir, "nul\x00") + "/x": "invalid argument",
	} {
		err := WriteBytes(path, []byte("x"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", path, err, want)
			continue
		}
		if !strings.HasPrefix(err.Error(), path) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), ".tmp") {
			t.Errorf("%q: error %q", path, err)
		}
	}
	onlyFile(t, dir, "file", "")
}

func TestUnwritableDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "x")
	err := WriteBytes(path, []byte("x"))
	if os.Geteuid() == 0 {
		// The superuser may write anywhere.
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil || err.Error() != path+": cannot write: permission denied" {
		t.Errorf("error %v", err)
	}
}

func TestSymbolicLink(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	link := filepath.Join(dir, "link")
	if err := WriteBytes(target, []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	if err := WriteBytes(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v %v", info, err)
	}
	if got, _ := os.ReadFile(target); string(got) != "new" {
		t.Errorf("target holds %q", got)
	}
}

func TestModeAndLongName(t *testing.T) {
	dir := t.TempDir()
	name := strings.Repeat("é", 127)
	path := filepath.Join(dir, name)
	if err := WriteBytes(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, dir, name, "x")
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	a, _ := os.Stat(path)
	b, _ := os.Stat(plain)
	if a.Mode() != b.Mode() {
		t.Errorf("mode %v, an ordinary file has %v", a.Mode(), b.Mode())
	}
}
