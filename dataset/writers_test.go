package dataset

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The files of testdata were written by NumPy, h5py and pandas; make.py there has the
// rules of their values.

func ruleF32(i int) float64 {
	bits := uint32(uint64(i) * 2654435761)
	return float64(math.Float32frombits(bits&0x807FFFFF | 0x3F800000))
}

func ruleF64(i int) float64 {
	bits := uint64(i) * 0x9E3779B97F4A7C15
	return math.Float64frombits(bits&0x800FFFFFFFFFFFFF | 0x3FF0000000000000)
}

func ruleSigned(i int) float64   { return float64(i - 20) }
func ruleUnsigned(i int) float64 { return float64(i) }

type column struct {
	name string
	rule func(row int) float64
}

// block is columns of one table that are counted row by row.
func block(rule func(int) float64, width int, names ...string) []column {
	var list []column
	for j := range width {
		c := column{rule: func(row int) float64 { return rule(row*width + j) }}
		if names != nil {
			c.name = names[j]
		}
		list = append(list, c)
	}
	return list
}

func concat(lists ...[]column) []column { return slices.Concat(lists...) }

func TestForeignWriters(t *testing.T) {
	f64s := block(ruleF64, 3)
	xyz := block(ruleF64, 3, "x", "y", "z")
	n := func(name string) []column { return block(ruleSigned, 1, name) }
	x := func(name string) []column { return block(ruleF64, 1, name) }
	for path, want := range map[string]struct {
		rows int
		cols []column
	}{
		"plain.npz:f32":                     {17, block(ruleF32, 3)},
		"plain.npz:f64":                     {17, f64s},
		"plain.npz:fortran":                 {17, f64s},
		"plain.npz:big":                     {17, block(ruleF32, 3)},
		"packed.npz:f32":                    {17, block(ruleF32, 3)},
		"packed.npz:f64":                    {17, f64s},
		"packed.npz:fortran":                {17, block(ruleF32, 3)},
		"packed.npz:big":                    {17, f64s},
		"packed.npz:i2":                     {17, block(ruleSigned, 3)},
		"packed.npz:u8":                     {17, block(ruleUnsigned, 3)},
		"single.npz":                        {17, f64s},
		"columns.npz":                       {9, []column{{"x", func(r int) float64 { return ruleF64(3 * r) }}, {"n", func(r int) float64 { return ruleSigned(3*r + 1) }}, {"w", func(r int) float64 { return ruleF32(3*r + 2) }}}},
		"columns.npz:n":                     {9, []column{{"", func(r int) float64 { return ruleSigned(3*r + 1) }}}},
		"big_fortran.npy":                   {17, f64s},
		"savetxt.csv":                       {17, f64s},
		"pandas.csv.gz":                     {11, xyz},
		"h5py.h5:/30x30/layers":             {5, block(ruleF32, 24)},
		"h5py.h5:30x30/energy":              {5, block(ruleF32, 1)},
		"h5py.h5:showers":                   {7, block(ruleF64, 12)},
		"h5py.h5:incident_energies":         {7, block(ruleF64, 1)},
		"h5py.h5:/events/w":                 {9, block(ruleF64, 1)},
		"h5py.h5:/events":                   {9, concat(block(ruleF32, 1, "pt"), x("w"), n("n"), block(ruleF32, 2, "p[0]", "p[1]"))},
		"pandas.h5":                         {11, xyz},
		"pandas.h5:data":                    {11, xyz},
		"pandas.h5:/data/table":             {11, xyz},
		"pandas.h5:/data/table/":            {11, xyz},
		"pandas.h5:data/table/index":        {11, block(ruleUnsigned, 1)},
		"pandas_mixed.h5:/group/mixed":      {11, concat(n("n"), x("x"), n("k"), x("w"))},
		"pandas_mixed.h5:numbered":          {11, block(ruleF32, 2, "0", "1")},
		"pandas_mixed.h5:indexed":           {11, block(ruleF32, 2, "µ", `a "b"\`)},
		"pandas_fixed.h5":                   {11, concat(n("n"), x("x"), x("y"))},
		"pandas_fixed.h5:df":                {11, concat(n("n"), x("x"), x("y"))},
		"pandas_fixed.h5:/df/block0_values": {11, nil},
	} {
		r, err := OpenRows(filepath.Join("testdata", path), ReadOptions{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if want.cols == nil {
			r.Close()
			continue
		}
		var names []string
		for _, c := range want.cols {
			if c.name != "" {
				names = append(names, c.name)
			}
		}
		if r.Rows != want.rows || r.Cols != len(want.cols) || !slices.Equal(r.Names, names) {
			t.Errorf("%s: %d × %d, %q; want %d × %d, %q", path, r.Rows, r.Cols, r.Names, want.rows, len(want.cols), names)
			continue
		}
		// In blocks of several sizes, from the beginning each time.
		for _, size := range []int{1, 4, want.rows} {
			for lo := 0; lo < want.rows; lo += size {
				hi := min(lo+size, want.rows)
				got := make([]float64, (hi-lo)*r.Cols)
				got32 := make([]float32, len(got))
				if err := r.ReadRows64(lo, hi, got, nil); err != nil {
					t.Fatal(err)
				}
				if err := r.ReadRows(lo, hi, got32, nil); err != nil {
					t.Fatal(err)
				}
				for i, v := range got {
					w := want.cols[i%r.Cols].rule(lo + i/r.Cols)
					if math.Float64bits(v) != math.Float64bits(w) || math.Float32bits(got32[i]) != math.Float32bits(float32(w)) {
						t.Fatalf("%s: row %d, column %d is %v; want %v", path, lo+i/r.Cols, i%r.Cols, v, w)
					}
				}
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What is written is read back bit for bit, whatever the format and the blocks.
func TestWriteAndReadBack(t *testing.T) {
	const rows, cols = 1000, 7
	x64 := make([]float64, rows*cols)
	x32 := make([]float32, rows*cols)
	for i := range x64 {
		x64[i], x32[i] = math.Ldexp(ruleF64(i), i%600-300), float32(math.Ldexp(ruleF32(i), i%200-100))
	}
	names := []string{"a", `b "quoted", and more`, "#c", "d", "e", "µ", "1e"}
	dir := t.TempDir()
	for _, name := range []string{"x.npy", "x.npz", "x.npz:some/key", "x.csv", "x.csv.gz", "x.h5", "x.hdf5:/a/b"} {
		for _, opt := range []WriteOptions{{}, {Float64: true}, {Level: 3, Names: names}, {Level: -1}} {
			path := filepath.Join(dir, name)
			w, err := Create(path, rows, cols, opt)
			if err != nil {
				t.Fatal(err)
			}
			for lo, n := 0, 1; lo < rows; lo, n = lo+n, 2*n {
				n = min(n, rows-lo)
				if opt.Float64 {
					err = w.Write64(x64[lo*cols : (lo+n)*cols])
				} else {
					err = w.Write(x32[lo*cols : (lo+n)*cols])
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			w.Abort()
			r, err := OpenRows(path, ReadOptions{Cols: cols})
			if err != nil {
				t.Fatal(err)
			}
			got := make([]float64, rows*cols)
			if err := r.ReadRows64(0, rows, got, nil); err != nil {
				t.Fatal(err)
			}
			for i, v := range got {
				if want := float64(x32[i]); opt.Float64 && v != x64[i] || !opt.Float64 && float32(v) != x32[i] {
					t.Fatalf("%s %+v: value %d is %v; want %v or %v", name, opt, i, v, want, x64[i])
				}
			}
			if ext := extension(File(name)); opt.Names != nil && ext != ".npy" && ext != ".npz" && !slices.Equal(r.Names, names) {
				t.Errorf("%s: names %q", name, r.Names)
			}
			r.Close()
		}
		if err := WriteFloat64(filepath.Join(dir, name), "weight", x64[:9]); err != nil {
			t.Fatal(err)
		}
		if w, err := ReadFloat64(filepath.Join(dir, name)); err != nil || !slices.Equal(w, x64[:9]) {
			t.Errorf("%s: weights %v, %v", name, w, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// NumPy, h5py and pandas read what is written here, bit for bit.
func TestReadByPython(t *testing.T) {
	python := python(t, "numpy, h5py, pandas")
	if python == "" {
		return
	}
	dir := t.TempDir()
	const rows, cols = 5000, 3
	x32, x64 := make([]float32, rows*cols), make([]float64, rows*cols)
	for i := range x64 {
		x32[i], x64[i] = float32(ruleF32(i)), ruleF64(i)
	}
	names := []string{"x", "µ", `a "b", c`}
	for _, file := range []string{"a.npy", "a.npz", "a.npz:deep/key", "a.h5", "a.hdf5:/30x30/layers", "a.csv", "a.csv.gz"} {
		path := filepath.Join(dir, "f4_"+file)
		if strings.Contains(file, ":") {
			path = filepath.Join(dir, "f4_key_"+file)
		}
		opt := WriteOptions{Names: names}
		if extension(File(file)) == ".npz" {
			opt.Level = 6
		}
		if err := Write(path, rows, cols, x32, opt); err != nil {
			t.Fatal(err)
		}
		w, err := Create(strings.Replace(path, "f4_", "f8_", 1), rows, cols, WriteOptions{Names: names, Float64: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write64(x64); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteFloat64(filepath.Join(dir, "one.h5"), "weight", x64[:4]); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import numpy as np, h5py, pandas as pd
n, k = np.arange(15000, dtype=np.uint64), (5000, 3)
f4 = ((n * np.uint64(2654435761)).astype(np.uint32) & np.uint32(0x807FFFFF) | np.uint32(0x3F800000)).view(np.float32).reshape(k)
f8 = (n * np.uint64(0x9E3779B97F4A7C15) & np.uint64(0x800FFFFFFFFFFFFF) | np.uint64(0x3FF0000000000000)).view(np.float64).reshape(k)
names = ["x", "µ", 'a "b", c']
for p, want in ("f4_", f4), ("f8_", f8):
    def check(got):
        got = np.asarray(got)
        assert got.dtype == want.dtype and got.shape == want.shape and got.tobytes() == want.tobytes(), (p, got)
    check(np.load(p + "a.npy"))
    check(np.load(p + "a.npz")["arr_0"])
    check(np.load(p + "key_a.npz")["deep/key"])
    for name, path in ("a.h5", "data"), ("key_a.hdf5", "30x30/layers"):
        with h5py.File(p + name) as f:
            check(f[path][...])
            assert list(f[path].attrs["columns"]) == names
    for name in "a.csv", "a.csv.gz":
        frame = pd.read_csv(p + name, float_precision="round_trip")
        assert list(frame.columns) == names, frame.columns
        check(frame.to_numpy(dtype=want.dtype))
with h5py.File("one.h5") as f:
    assert f["data"].shape == (4,) and (f["data"][...] == f8.ravel()[:4]).all()
`)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestCreateErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name string
		rows int
		cols int
		opt  WriteOptions
		want string
	}{
		{"x.root", 1, 1, WriteOptions{}, "unknown type of output file; .npy, .npz[:key], .h5[:/path], .csv and .csv.gz are accepted"},
		{"x.csv", 1, 2, WriteOptions{Names: []string{"a"}}, "1 names for 2 columns"},
		{"x.csv", 1, 2, WriteOptions{Names: []string{"a", "b\n"}}, `a column cannot be named "b\n" in a text`},
		{"x.csv", 1, 2, WriteOptions{Names: []string{"a", "1"}}, "some columns are named by numbers and others are not; a text has no such names"},
		{"x.h5", 1, -2, WriteOptions{}, "cannot write a table of 1 rows and -2 columns"},
		{"x.npy", math.MaxInt / 4, 2, WriteOptions{}, fmt.Sprintf("cannot write a table of %d rows and 2 columns", math.MaxInt/4)},
		{"x.npz", 1, 2, WriteOptions{Level: 10}, "compression level 10; up to 9 are accepted"},
	} {
		path := filepath.Join(dir, c.name)
		_, err := Create(path, c.rows, c.cols, c.opt)
		if err == nil || err.Error() != path+": "+c.want {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	for _, name := range []string{"x.npz", "x.h5", "x.csv", "x.csv.gz"} {
		w, err := Create(filepath.Join(dir, name), 2, 2, WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(make([]float32, 2)); err != nil {
			t.Error(err)
		}
		if err := w.Close(); err == nil {
			t.Errorf("%s: a file with a row too few appeared", name)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
