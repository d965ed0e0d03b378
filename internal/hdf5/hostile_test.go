package hdf5_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"etalon/internal/hdf5"
)

// readAll reads what a file holds, as far as it can, up to a few megabytes.
func readAll(b []byte) error {
	f, err := hdf5.New(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	_, first := f.Attributes("/")
	paths, err := f.Datasets()
	if err != nil && first == nil {
		first = err
	}
	for _, path := range paths {
		d, err := f.Dataset(path)
		if err == nil && d.Type.Class == hdf5.Compound && len(d.Type.Fields) > 0 {
			d, err = f.Dataset(path + "/" + d.Type.Fields[0].Name)
		}
		if err == nil && d.Type.Numeric() {
			rows := min(d.Rows(), 64)
			if n := d.RowSize(); n <= 1<<12 {
				err = d.ReadRows(0, rows, make([]float32, rows*n))
			}
		}
		if err == nil {
			_, err = f.Attributes(path)
		}
		if err != nil && first == nil {
			first = err
		}
	}
	return first
}

func testFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Any file gives an error of one line or values, in bounded time and memory.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"ordered.h5", "userblock.h5", "refused.h5"} {
		f.Add(testFile(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := readAll(b); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("more than one line: %q", err)
		}
	})
}

// Bytes changed one at a time, to values that make sizes and addresses extreme, do no
// harm. Files of the new version are protected by checksums, so the old version matters
// most.
func TestChangedBytes(t *testing.T) {
	original := testFile(t, "userblock.h5")
	refused := 0
	for at := 512; at < len(original); at += 3 {
		for _, v := range []byte{0, 0x7f, 0xff} {
			b := bytes.Clone(original)
			b[at] = v
			if err := readAll(b); err != nil {
				refused++
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("byte %d: more than one line: %q", at, err)
				}
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d changes were noticed", refused)
	}
}

func TestTruncated(t *testing.T) {
	for _, name := range []string{"userblock.h5", "latest.h5"} {
		b := testFile(t, name)
		for n := 0; n < len(b); n += 1 + len(b)/50 {
			want := "truncated"
			if n < 600 {
				want = "" // parts of the superblock are missing
			}
			if err := readAll(b[:n]); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s of %d bytes: %v", name, n, err)
			}
		}
	}
}

// A changed byte in checksummed metadata is noticed.
func TestChecksums(t *testing.T) {
	original := testFile(t, "latest.h5")
	for _, sign := range []string{"OHDR", "FRHP", "FHIB", "BTHD", "BTLF", "FAHD", "FADB", "EAHD", "EAIB", "EADB", "EASB"} {
		i := bytes.Index(original, []byte(sign))
		if i < 0 {
			t.Errorf("the file has no %s", sign)
			continue
		}
		b := bytes.Clone(original)
		b[i+6] ^= 1
		if err := readAll(b); err == nil {
			t.Errorf("%s: the change was not noticed", sign)
		}
	}
}

// A group that contains itself, and B-tree nodes that point back, are no endless loops.
func TestCircles(t *testing.T) {
	original := testFile(t, "earliest.h5")
	changed := 0
	for i := 0; i+8 < len(original); i++ {
		if string(original[i:i+4]) != "TREE" {
			continue
		}
		// The first child of the node becomes the node itself.
		key := 8
		if original[i+4] == 1 {
			key = 32 // two dimensions; of others, some other field
		}
		b := bytes.Clone(original)
		binary.LittleEndian.PutUint64(b[i+24+key:], uint64(i))
		b[i+5] = 1 // level
		if err := readAll(b); err == nil {
			t.Errorf("the node at %d pointed at itself unnoticed", i)
		}
		changed++
	}
	if changed < 10 {
		t.Errorf("only %d trees", changed)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.h5")
	if err := os.WriteFile(text, []byte("a,b\n1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		text: "not an HDF5 file", dir: "not a regular file", filepath.Join(dir, "none.h5"): "no such file",
	} {
		_, err := hdf5.Open(path)
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", path, err, want)
		}
	}
}
