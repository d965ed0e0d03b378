package dataset

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// deflated packs n zero bytes behind a beginning, a piece at a time.
func deflated(t testing.TB, begin []byte, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("a.npy")
	if err != nil {
		t.Fatal(err)
	}
	w.Write(begin)
	for zeros := make([]byte, 1<<20); n > 0; n -= len(zeros) {
		if _, err := w.Write(zeros[:min(n, len(zeros))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Bombs are read in blocks without harm, and refused as tables before memory is taken.
func TestBombs(t *testing.T) {
	const rows = 64 << 20
	var text bytes.Buffer
	z := gzip.NewWriter(&text)
	line := bytes.Repeat([]byte("1,2\n"), 1<<16)
	for range 64 {
		z.Write(line)
	}
	z.Close()
	order := func(fortran string) []byte {
		return deflated(t, npyFile(1, dict("|u1", fortran, "(67108864, 2)")), 2*rows)
	}
	for name, content := range map[string][]byte{
		"x.csv.gz": text.Bytes(), "c.npz": order("False"), "f.npz": order("True"),
	} {
		if len(content) > 1<<20 {
			t.Fatalf("%s: %d bytes", name, len(content))
		}
		path := writeFile(t, name, content)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(path, ReadOptions{MaxBytes: 16 << 20})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "exceeds the limit of 16777216 bytes") {
			t.Errorf("%s: %v", name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
	}
}

// Shapes of 2³¹ and more rows or columns in small files are refused.
func TestLyingShapes(t *testing.T) {
	for _, shape := range []string{"(2147483648, 2)", "(2, 2147483648)", "(2147483648,)", "(2147483647, 2147483647)", "(1, 9223372036854775807)"} {
		for _, fortran := range []string{"False", "True"} {
			b := npyFile(1, dict("<f4", fortran, shape), make([]float32, 4))
			for _, path := range []string{writeFile(t, "x.npy", b), writeFile(t, "x.npz", npzFile(t, zip.Deflate, "a.npy", b))} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := Read(path, ReadOptions{MaxBytes: 1 << 60})
				r, err2 := OpenRows(path, ReadOptions{})
				runtime.ReadMemStats(&after)
				if err == nil || err2 == nil {
					t.Errorf("%s, fortran %s: %v, %v, %v", shape, fortran, err, r, err2)
				}
				if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
					t.Errorf("%s: %d bytes allocated", shape, n)
				}
			}
		}
	}
}

// A table is read in blocks in memory that does not depend on its length, in either
// order of values.
func TestBlocksMemory(t *testing.T) {
	const rows = 1 << 20
	for _, fortran := range []string{"False", "True"} {
		b := npyFile(1, dict("|u1", fortran, "(1048576, 16)"), make([]byte, 16*rows))
		for name, content := range map[string][]byte{"x.npy": b, "x.npz": npzFile(t, zip.Deflate, "a.npy", b)} {
			path := writeFile(t, name, content)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := OpenRows(path, ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for block, err := range r.Blocks(1000) {
				if err != nil {
					t.Fatal(err)
				}
				n += block.Rows
			}
			if err := r.Close(); err != nil || n != rows {
				t.Errorf("%d rows, %v", n, err)
			}
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
				t.Errorf("%s, fortran %s: %d bytes allocated", name, fortran, got)
			}
		}
	}
}

// fuzzFile reads changed files: an error of one line, or a table.
func fuzzFile(f *testing.F, ext string, fixtures ...string) {
	for _, name := range fixtures {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "", "")
		f.Add(b, "data", "x")
	}
	f.Fuzz(func(t *testing.T, b []byte, key, column string) {
		opt := ReadOptions{MaxBytes: 1 << 20}
		a, err := readBytes(ext, b, key, opt)
		checkArray(t, a, err, len(b))
		if column != "" {
			opt.Columns = []string{column}
			a, err = readBytes(ext, b, key, opt)
			checkArray(t, a, err, len(b))
		}
	})
}

func FuzzHDF5(f *testing.F) {
	fuzzFile(f, ".h5", "h5py.h5", "pandas.h5", "pandas_mixed.h5", "pandas_fixed.h5")
}

func FuzzPackedCSV(f *testing.F) { fuzzFile(f, ".csv.gz", "pandas.csv.gz") }

func FuzzPickledList(f *testing.F) {
	f.Add("(lp0\nVx\np1\naI0\nag1\na(I1\ntp2\n.")
	f.Fuzz(func(t *testing.T, s string) {
		if list := pickledList(s); len(list) > len(s) {
			t.Errorf("%d texts from %d bytes", len(list), len(s))
		}
	})
}
