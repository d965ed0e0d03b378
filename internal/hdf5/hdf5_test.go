package hdf5_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/internal/hdf5"
)

// The files were made by testdata/make.py, which has the rule of their values.

func open(t *testing.T, name string) *hdf5.File {
	t.Helper()
	f, err := hdf5.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// value is the rule of make.py.
func value(i int, unsigned bool) float64 {
	if unsigned {
		return float64(i % 101)
	}
	return float64(i%101 - 50)
}

// checkRows reads a data set in blocks of several sizes and both precisions.
func checkRows(t *testing.T, d *hdf5.Dataset, want func(i int) float64) {
	t.Helper()
	rows, width := int(d.Rows()), int(d.RowSize())
	for _, block := range []int{rows, 1, 3, 7} {
		for lo := 0; lo < rows; lo += block {
			hi := min(lo+block, rows)
			got := make([]float32, (hi-lo)*width)
			got64 := make([]float64, len(got))
			if err := d.ReadRows(uint64(lo), uint64(hi), got); err != nil {
				t.Error(err)
				return
			}
			if err := d.ReadRows64(uint64(lo), uint64(hi), got64); err != nil {
				t.Error(err)
				return
			}
			for i := range got {
				if w := want(lo*width + i); got64[i] != w || got[i] != float32(w) {
					t.Errorf("%s, rows %d to %d: value %d is %v and %v; want %v", d.Path, lo, hi, i, got[i], got64[i], w)
					return
				}
			}
		}
	}
}

func TestEveryDataset(t *testing.T) {
	for _, name := range []string{"earliest.h5", "latest.h5", "userblock.h5", "ordered.h5"} {
		t.Run(name, func(t *testing.T) {
			f := open(t, name)
			paths, err := f.Datasets()
			if err != nil {
				t.Fatal(err)
			}
			checked := 0
			for _, path := range paths {
				d, err := f.Dataset(path)
				if err != nil {
					t.Error(err)
					continue
				}
				unsigned := d.Type.Class == hdf5.Integer && !d.Type.Signed
				rule := func(i int) float64 { return value(i, unsigned) }
				switch {
				case path == "/types/text", path == "/note", path == "/table":
					if err := d.ReadRows(0, 1, make([]float32, d.RowSize())); err == nil {
						t.Errorf("%s was read as numbers", path)
					}
					continue
				case path == "/types/bool":
					rule = func(i int) float64 { return float64(i % 2) }
				case path == "/scalar":
					rule = func(int) float64 { return 7.5 }
				case path == "/chunks/holes":
					rule = func(i int) float64 {
						if i/3 == 30 {
							return float64(i%3 + 1)
						}
						return 2.5
					}
				case path == "/shapes/unwritten":
					rule = func(int) float64 { return -1.5 }
				case strings.HasPrefix(path, "/many/member"):
					var n int
					fmt.Sscanf(path, "/many/member%02d", &n)
					rule = func(int) float64 { return float64(n) }
				}
				checkRows(t, d, rule)
				checked++
			}
			want := map[string]int{"earliest.h5": 117, "latest.h5": 117, "userblock.h5": 1, "ordered.h5": 20}[name]
			if checked != want {
				t.Errorf("%d data sets checked of %d in all; want %d", checked, len(paths), want)
			}
		})
	}
}

func TestShapesAndTypes(t *testing.T) {
	f := open(t, "earliest.h5")
	for path, want := range map[string]string{
		"/scalar":              "[] float64",
		"/shapes/vector":       "[9] float32",
		"shapes/cube":          "[5 3 4 2] int32",
		"/types/be_f8":         "[3 5] float64",
		"/types/le_u1":         "[3 5] uint8",
		"/types/bool":          "[2 3] int8",
		"/of_named":            "[3 2] float64",
		"/table/values":        "[11 3] float64[3]",
		"/table/flag":          "[11] uint16",
		"/table":               "[11] compound",
		"/types/text":          "[] string",
		"/links/soft":          "[9] float32",
		"/links/relative":      "[9] float32",
		"/links/hard":          "[5 3 4 2] int32",
		"/links/up/scalar":     "[] float64",
		"/links/up/table/flag": "[11] uint16",
	} {
		d, err := f.Dataset(path)
		if err != nil {
			t.Error(err)
		} else if got := fmt.Sprint(d.Shape, " ", d.Type.String()); got != want {
			t.Errorf("%s is %s; want %s", path, got, want)
		}
	}
}

func TestFields(t *testing.T) {
	for _, name := range []string{"earliest.h5", "latest.h5"} {
		f := open(t, name)
		for field, rule := range map[string]func(i int) float64{
			"index":  func(i int) float64 { return float64(i) },
			"values": func(i int) float64 { return value(i, false) },
			"flag":   func(i int) float64 { return value(i, true) },
		} {
			d, err := f.Dataset("/table/" + field)
			if err != nil {
				t.Fatal(err)
			}
			checkRows(t, d, rule)
		}
	}
}

func TestAttributes(t *testing.T) {
	for _, name := range []string{"earliest.h5", "latest.h5"} {
		f := open(t, name)
		list, err := f.Attributes("/shapes")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range list {
			got = append(got, fmt.Sprintf("%s %v %v %q", a.Name, a.Shape, a.Numbers, a.Strings))
		}
		want := []string{
			`fixed [] [] ["fixed"]`,
			`list [3] [] ["one" "three" ""]`,
			`named [] [1] []`,
			`number [] [3.5] []`,
			`numbers [2 3] [0 1 2 3 4 5] []`,
			`text [] [] ["text of variable length: µ"]`,
			`texts [3] [] ["a" "" "ccc"]`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: attributes\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		d, err := f.Dataset("/scalar")
		if err != nil {
			t.Fatal(err)
		}
		many, err := d.Attributes()
		if err != nil || len(many) != 30 {
			t.Fatalf("%s: %d attributes, %v", name, len(many), err)
		}
		for i, a := range many {
			if a.Name != fmt.Sprintf("a%02d", i) || a.Numbers[0] != float64(i) {
				t.Errorf("%s: attribute %d is %v", name, i, a)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for name, errs := range map[string]map[string]string{
		"refused.h5": {
			"/scaled":    `filter 6 ("scale-offset"); deflate (gzip), shuffle`,
			"/outside":   "its values are in other files",
			"/virtual":   "virtual data set",
			"/elsewhere": "there is no such object",
			"/complex":   "a compound; add a field to the path: the fields are \"r\", \"i\"",
			"/sequences": "a sequence of variable length; numbers are accepted",
		},
		"earliest.h5": {
			"/nothing":       "there is no such object",
			"/shapes":        "it is a group",
			"/scalar/more":   "there is no such object",
			"/table/other":   `there is no field "other"; the fields are "index", "values"`,
			"/links/circle":  "more than 16 soft links",
			"/links/nowhere": "there is no such object",
			"/table/name":    "values are string; numbers are accepted",
		},
	} {
		f := open(t, name)
		for path, want := range errs {
			d, err := f.Dataset(path)
			if err == nil {
				err = d.ReadRows(0, 1, make([]float32, d.RowSize()))
			}
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), filepath.Join("testdata", name)+": "+path+": ") {
				t.Errorf("%s: the error is %v; want one line with %q", path, err, want)
			}
		}
	}
}

func TestRowsOutside(t *testing.T) {
	d, err := open(t, "earliest.h5").Dataset("/chunks/gzip")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lo, hi uint64
		n      int
	}{{0, 24, 24 * 9}, {5, 4, 0}, {0, 1, 8}, {0, 1, 10}} {
		if err := d.ReadRows(c.lo, c.hi, make([]float32, c.n)); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("rows %d to %d into %d: %v", c.lo, c.hi, c.n, err)
		}
	}
	if err := d.ReadRows(4, 4, nil); err != nil {
		t.Error(err)
	}
}
