package hdf5_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"etalon/internal/hdf5"
)

// written makes a file with everything that the writer knows. Values follow the rule of
// make.py.
func written(t testing.TB, path string) {
	t.Helper()
	w, err := hdf5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	put := func(name string, number hdf5.Number, rows int, row []int, opt hdf5.Options) {
		t.Helper()
		d, err := w.Dataset(name, number, row, opt)
		must(err)
		width := 1
		for _, n := range row {
			width *= n
		}
		unsigned := strings.HasPrefix(number.String(), "u")
		for lo, n := 0, 1; lo < rows; lo, n = lo+n, n+3 { // blocks of several sizes
			n = min(n, rows-lo)
			values := make([]float64, n*width)
			for i := range values {
				values[i] = value(lo*width+i, unsigned)
			}
			must(d.Append64(values))
		}
	}
	for i := hdf5.Float32; i <= hdf5.Uint64; i++ {
		put("types/"+i.String(), i, 7, []int{3}, hdf5.Options{Level: 4, Shuffle: true, ChunkRows: 2})
		put("flat/"+i.String(), i, 7, nil, hdf5.Options{Rows: 7, Contiguous: true})
	}
	put("chunks/plain", hdf5.Float32, 23, []int{9}, hdf5.Options{ChunkRows: 4})
	put("chunks/shuffled", hdf5.Int32, 23, []int{9}, hdf5.Options{ChunkRows: 4, Shuffle: true, Rows: 23})
	put("chunks/whole", hdf5.Float32, 23, []int{2, 3, 4}, hdf5.Options{Rows: 23, Level: 1})
	put("chunks/many", hdf5.Int16, 5000, []int{2}, hdf5.Options{ChunkRows: 1}) // three levels
	put("chunks/open", hdf5.Float64, 3, []int{2}, hdf5.Options{Level: 9})
	put("empty", hdf5.Float32, 0, []int{3}, hdf5.Options{})
	for i := range 700 {
		put(fmt.Sprintf("many/member%03d", i), hdf5.Uint8, 1, nil, hdf5.Options{Rows: 1, Contiguous: true})
	}
	must(w.Attribute("/", "made by", "a test, µ"))
	must(w.Attribute("/chunks", "names", []string{"one", "", "three"}))
	must(w.Attribute("/chunks/open", "x", 2.5))
	must(w.Attribute("/chunks/open", "n", -3))
	must(w.Attribute("/chunks/open", "numbers", []float64{1, math.Inf(1)}))
	must(w.Attribute("/chunks/open", "counts", []int{1, 2}))
	must(w.Attribute("/chunks/open", "none", ""))
	must(w.Attribute("/alone/group", "a", 1))
	must(w.Close())
}

func TestWriteAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	written(t, path)
	f, err := hdf5.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	paths, err := f.Datasets()
	if err != nil || len(paths) != 20+6+700 {
		t.Fatalf("%d data sets, %v", len(paths), err)
	}
	for _, p := range paths {
		d, err := f.Dataset(p)
		if err != nil {
			t.Fatal(err)
		}
		unsigned := d.Type.Class == hdf5.Integer && !d.Type.Signed
		if rows := d.Rows(); p == "/empty" {
			if rows != 0 {
				t.Errorf("%s: %d rows", p, rows)
			}
		} else if rows > 100 {
			got := make([]float32, rows*d.RowSize())
			if err := d.ReadRows(0, rows, got); err != nil {
				t.Fatal(err)
			}
			for i, v := range got {
				if float64(v) != value(i, false) {
					t.Fatalf("%s: value %d is %v", p, i, v)
				}
			}
		} else {
			checkRows(t, d, func(i int) float64 { return value(i, unsigned) })
		}
	}
	var got []string
	for _, p := range []string{"/", "/chunks", "/chunks/open", "/alone/group"} {
		list, err := f.Attributes(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			got = append(got, fmt.Sprint(p, " ", a.Name, a.Shape, a.Numbers, a.Strings))
		}
	}
	want := []string{
		"/ made by[] [] [a test, µ]",
		"/chunks names[3] [] [one  three]",
		"/chunks/open counts[2] [1 2] []", "/chunks/open n[] [-3] []", "/chunks/open none[] [] []", "/chunks/open numbers[2] [1 +Inf] []", "/chunks/open x[] [2.5] []",
		"/alone/group a[] [1] []",
	}
	if !slices.Equal(got, want) {
		t.Errorf("attributes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The same rows give the same bytes, however they are cut into blocks.
func TestWriteDeterministic(t *testing.T) {
	dir := t.TempDir()
	var first []byte
	for _, block := range []int{1, 10, 999, 3000} {
		path := filepath.Join(dir, "x.h5")
		w, err := hdf5.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		d, err := w.Dataset("a", hdf5.Float32, []int{100}, hdf5.Options{Level: 3, Shuffle: true, ChunkRows: 70})
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 3000*100)
		for i := range x {
			x[i] = float32(i % 977)
		}
		for lo := 0; lo < 3000; lo += block {
			if err := d.Append(x[lo*100 : min(lo+block, 3000)*100]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		} else if !slices.Equal(first, b) {
			t.Errorf("blocks of %d rows give other bytes", block)
		}
	}
}

func TestWriteErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	w, err := hdf5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	d, err := w.Dataset("g/a", hdf5.Int8, []int{2}, hdf5.Options{Rows: 2})
	if err != nil {
		t.Fatal(err)
	}
	check := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	dataset := func(name string, row []int, opt hdf5.Options) error {
		_, err := w.Dataset(name, hdf5.Float32, row, opt)
		return err
	}
	check(dataset("g/a", nil, hdf5.Options{}), "it is there already")
	check(dataset("g/a/b", nil, hdf5.Options{}), "/g/a is a data set")
	check(dataset("/", nil, hdf5.Options{}), "without a name")
	check(dataset("b", []int{0}, hdf5.Options{}), "rows of shape [0]")
	check(dataset("b", []int{1 << 31, 1 << 31, 1 << 31}, hdf5.Options{}), "rows of shape")
	check(dataset("b", nil, hdf5.Options{Contiguous: true}), "need a number of rows")
	check(dataset("b", nil, hdf5.Options{Contiguous: true, Rows: 1, Level: 1}), "no chunks and no filters")
	check(dataset("b", nil, hdf5.Options{Level: 10}), "compression level 10")
	check(d.Append([]float32{1}), "1 values are no whole number of rows of 2")
	check(d.Append([]float32{1, 2, 3, 4, 5, 6}), "row 2 is appended, it has 2 rows")
	check(d.Append([]float32{1, 128}), "128 cannot be written as int8")
	check(d.Append([]float32{1, 0.5}), "0.5 cannot be written as int8")
	check(d.Append([]float32{float32(math.NaN()), 0}), "NaN cannot be written as int8")
	check(w.Attribute("g", "x", struct{}{}), "a value of type struct {}")
	check(w.Attribute("g", "x", make([]float64, 10000)), "of 80000 bytes")
	check(w.Close(), "0 of 2 rows were appended")
	if _, err := os.Stat(path); err == nil {
		t.Error("a file appeared")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// python returns an interpreter that has the modules, "" where there is none: the one of
// ETALON_PYTHON, or python3.
func python(t *testing.T, modules string) string {
	t.Helper()
	name := os.Getenv("ETALON_PYTHON")
	if name == "" {
		name = "python3"
	}
	if out, err := exec.Command(name, "-c", "import "+modules).CombinedOutput(); err != nil {
		t.Logf("not compared with Python, which does not import %s (set ETALON_PYTHON): %v %.200s", modules, err, out)
		return ""
	}
	return name
}

// h5py reads what is written here.
func TestAgainstH5py(t *testing.T) {
	py := python(t, "h5py")
	if py == "" {
		return
	}
	path := filepath.Join(t.TempDir(), "x.h5")
	written(t, path)
	out, err := exec.Command(py, "-c", `
import sys, h5py, numpy as np
f = h5py.File(sys.argv[1], "r")
n = 0
def check(name, d):
    global n
    if not isinstance(d, h5py.Dataset): return
    i = np.arange(d.size) % 101
    if d.dtype.kind != "u": i = i - 50
    assert (d[...].ravel() == i).all(), name
    n += 1
f.visititems(check)
assert n == 726, n
for t in "float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64".split():
    for g in "types", "flat": assert f[g][t].dtype == np.dtype(t), t
d = f["types/float32"]
assert d.shape == (7, 3) and d.maxshape == (None, 3) and d.chunks == (2, 3) and d.compression == "gzip" and d.compression_opts == 4 and d.shuffle
assert f["chunks/whole"].shape == (23, 2, 3, 4) and f["chunks/whole"].maxshape == (23, 2, 3, 4)
assert f["flat/float32"].chunks is None and f["flat/float32"].shape == (7,)
assert f["empty"].shape == (0, 3)
assert f.attrs["made by"] == "a test, µ"
assert list(f["chunks"].attrs["names"]) == ["one", "", "three"]
a = f["chunks/open"].attrs
assert a["x"] == 2.5 and a["n"] == -3 and list(a["numbers"]) == [1, np.inf] and list(a["counts"]) == [1, 2] and a["none"] == ""
assert f["alone/group"].attrs["a"] == 1
f.close()
# A file that is open for writing goes on: rows, members, attributes.
f = h5py.File(sys.argv[1], "r+")
d = f["chunks/open"]
d.resize(1000, 0)
d[3:] = 7
f["many/new"] = [1, 2]
f["alone"].attrs["more"] = 5
f.close()
f = h5py.File(sys.argv[1], "r")
assert (f["chunks/open"][3:] == 7).all() and (f["chunks/open"][:3].ravel() == np.arange(6) - 50).all()
assert len(f["many"]) == 701
`, path).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
