package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The files are those of the HDF5 reader's tests, whose make.py has the rule of their
// values: i % 101 - 50 for value i.
const hdf5Files = "../internal/hdf5/testdata"

func TestReadHDF5(t *testing.T) {
	userblock := filepath.Join(hdf5Files, "userblock.h5")
	all := filepath.Join(hdf5Files, "earliest.h5")
	renamed := filepath.Join(t.TempDir(), "x.HDF5")
	b, err := os.ReadFile(userblock)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(renamed, b, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, shape := range map[string][2]int{
		userblock:                  {4, 3},
		renamed:                    {4, 3},
		renamed + ":only":          {4, 3},
		all + ":/shapes/cube":      {5, 24},
		all + ":/shapes/vector":    {9, 1},
		all + ":chunks/blocks":     {7, 30},
		all + ":/types/be_f8":      {3, 5},
		all + ":/table/values":     {11, 3},
		all + ":/links/up/scalar/": {0, 0},
	} {
		got, err := Read(path, ReadOptions{Cols: shape[1]})
		if shape[0] == 0 {
			if err == nil || !strings.Contains(err.Error(), "a single value") {
				t.Errorf("%s: %v", path, err)
			}
			continue
		}
		if err != nil || got.Rows != shape[0] || got.Cols != shape[1] {
			t.Errorf("%s: %+v, %v", path, got, err)
			continue
		}
		for i, v := range got.Data {
			if v != float32(i%101-50) {
				t.Errorf("%s: value %d is %v", path, i, v)
				break
			}
		}
	}
	// All fields of a compound that are numbers.
	got, err := Read(all+":/table", ReadOptions{})
	if err != nil || got.Rows != 11 || !slices.Equal(got.Names, []string{"index", "values[0]", "values[1]", "values[2]", "flag"}) || !slices.Equal(got.Data[5:10], []float32{1, -47, -46, -45, 1}) {
		t.Errorf("compound: %+v, %v", got, err)
	}
	w, err := ReadFloat64(all + ":/table/index")
	if err != nil || !slices.Equal(w, []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
		t.Errorf("weights %v, %v", w, err)
	}
	for path, want := range map[string]string{
		all:                    `data sets; add :/path, one of "/chunks/blocks", "/chunks/cube", "/chunks/fletcher"`,
		all + ":/shower":       `the file holds no data set "/shower"; it has "/chunks/blocks", "/chunks/cube"`,
		all + ":/types/text":   "a single value; an array is expected",
		all + ":/table/name":   "values are string; numbers are accepted",
		all + ":/shapes":       "it is a group; a data set is expected",
		all + ":/shapes/empty": "the table has no rows",
		filepath.Join(hdf5Files, "refused.h5") + ":/scaled": `filter 6 ("scale-offset")`,
		writeFile(t, "x.h5", []byte("text")):                "not an HDF5 file",
	} {
		_, err := Read(path, ReadOptions{})
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || strings.Count(err.Error(), want) != 1 {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := Read(all+":/shapes/cube", ReadOptions{Cols: 3}); err == nil || !strings.Contains(err.Error(), "24 columns; 3 expected") {
		t.Errorf("columns: %v", err)
	}
	if _, err := Read(all+":/shapes/cube", ReadOptions{MaxBytes: 100}); err == nil || !strings.Contains(err.Error(), "exceeds the limit") {
		t.Errorf("limit: %v", err)
	}
}
