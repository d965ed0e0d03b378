package dataset

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Rows in blocks of any size are those of Read, whatever the format.
func TestRowsAreThoseOfRead(t *testing.T) {
	dir := t.TempDir()
	const rows, cols = 1003, 3
	data := make([]float32, rows*cols)
	for i := range data {
		data[i] = float32(i%977) / 7
	}
	plain := filepath.Join(dir, "plain.npy")
	if err := WriteNPY(plain, rows, cols, data); err != nil {
		t.Fatal(err)
	}
	double := filepath.Join(dir, "double.npy")
	if err := WriteNPYFloat64(double, []float64{1, 2.5, -3e10}); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "text.csv")
	if err := os.WriteFile(text, []byte("a,b\n1,2\n3,4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	h5 := filepath.Join(hdf5Files, "earliest.h5")
	files := []string{plain, double, text, filepath.Join(hdf5Files, "userblock.h5"), h5 + ":/shapes/cube", h5 + ":/chunks/blocks", h5 + ":/types/be_f8",
		h5, h5 + ":/none", filepath.Join(dir, "none.npy"), filepath.Join(dir, "x.txt")}
	checked := 0
	for _, path := range files {
		want, err := Read(path, ReadOptions{})
		if err != nil {
			r, e := OpenRows(path, ReadOptions{})
			if e == nil {
				_, e = r.Read(make([]float32, 1<<20*r.Cols))
				r.Close()
			}
			if e == nil || e.Error() != err.Error() {
				t.Errorf("%s: error %v; Read says %v", path, e, err)
			}
			continue
		}
		checked++
		for _, block := range []int{1, 7, 1 << 17} {
			r, err := OpenRows(path, ReadOptions{})
			if err != nil {
				t.Errorf("%s: %v", path, err)
				break
			}
			if r.Rows != want.Rows || r.Cols != want.Cols || !slices.Equal(r.Names, want.Names) {
				t.Errorf("%s: %d by %d, names %q; want %d by %d, %q", path, r.Rows, r.Cols, r.Names, want.Rows, want.Cols, want.Names)
			}
			var got []float32
			dst := make([]float32, block*r.Cols)
			for {
				n, err := r.Read(dst)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, dst[:n*r.Cols]...)
			}
			r.Close()
			if !slices.Equal(got, want.Data) {
				t.Errorf("%s: blocks of %d rows give other values", path, block)
			}
		}
	}
	if checked != 7 {
		t.Errorf("%d files checked", checked)
	}
}

// A value that is no number is named by the row of the file, not of the block.
func TestRowsNameTheBadRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	data := make([]float32, 2*500)
	data[2*431+1] = float32(math.NaN())
	if err := WriteNPY(path, 500, 2, data); err != nil {
		t.Fatal(err)
	}
	r, err := OpenRows(path, ReadOptions{Cols: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	dst := make([]float32, 2*100)
	for range 4 {
		if n, err := r.Read(dst); n != 100 || err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := r.Read(dst); err == nil || !strings.Contains(err.Error(), "x.npy: row 431, column 1 ") {
		t.Errorf("error %v", err)
	}
	if _, err := OpenRows(path, ReadOptions{Cols: 3}); err == nil || !strings.Contains(err.Error(), "2 columns; 3 expected") {
		t.Errorf("error %v", err)
	}
}
