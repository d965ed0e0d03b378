package dataset

import (
	"archive/zip"
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestReadRefusals(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "d.npy"), 0o777); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"x.hdf":       "unknown file type; .npy, .npz[:key], .h5[:/path], .csv and .csv.gz are accepted",
		"x.root":      "unknown file type; .npy, .npz[:key], .h5[:/path], .csv and .csv.gz are accepted",
		"x":           "unknown file type; .npy, .npz[:key], .h5[:/path], .csv and .csv.gz are accepted",
		"":            "unknown file type; .npy, .npz[:key], .h5[:/path], .csv and .csv.gz are accepted",
		"missing.npy": "no such file or directory",
		"missing.csv": "no such file or directory",
		"d.npy":       "not a regular file",
	} {
		path = dir + "/" + path
		_, err := Read(path, ReadOptions{})
		if err == nil || err.Error() != path+": "+want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := Read("/dev/null", ReadOptions{}); err == nil {
		t.Error("no error for a device")
	}
}

// npzFile builds an archive of arrays in the order given.
func npzFile(t testing.TB, method uint16, members ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: members[i].(string), Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(members[i+1].([]byte)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadNPZ(t *testing.T) {
	a := npyFile(1, dict("<f4", "False", "(2, 1)"), []float32{7, 8})
	b := npyFile(1, dict("<f8", "True", "(2, 2)"), []float64{1, 2, 3, 4})
	bad := npyFile(1, dict("<f4", "False", "(2, 1)"), []float32{7, float32(math.NaN())})
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		one := writeFile(t, "one.npz", npzFile(t, method, "a.npy", a, "readme.txt", []byte("text")))
		two := writeFile(t, "two.NPZ", npzFile(t, method, "a.npy", a, "b.npy", b))
		for path, want := range map[string][]float32{
			one: {7, 8}, one + ":a": {7, 8}, two + ":a": {7, 8}, two + ":b": {1, 3, 2, 4},
		} {
			got, err := Read(path, ReadOptions{})
			if err != nil || !slices.Equal(got.Data, want) {
				t.Errorf("%s: %+v, %v", path, got, err)
			}
		}
		if w, err := ReadFloat64(two + ":a"); err != nil || !slices.Equal(w, []float64{7, 8}) {
			t.Errorf("weights %v, %v", w, err)
		}
		for path, want := range map[string]string{
			two:        `the archive holds 2 arrays; add :key, one of "a", "b"`,
			two + ":c": `the archive holds no array "c"; it has "a", "b"`,
			writeFile(t, "x.npz", npzFile(t, method, "readme.txt", []byte("text"))): "the archive holds no arrays",
			writeFile(t, "x.npz", npzFile(t, method, "a.npy", []byte("text"))):      `array "a": not a NumPy file: it begins with "text"`,
			writeFile(t, "x.npz", npzFile(t, method, "a.npy", []byte{})):            `array "a": the file ends too early`,
			writeFile(t, "x.npz", npzFile(t, method, "a.npy", a[:len(a)-1])):        `array "a": truncated: 2 rows by 1 column need 8 bytes, the file holds 7`,
			writeFile(t, "x.npz", npzFile(t, method, "a.npy", bad)):                 `array "a": row 1, column 0 is NaN; finite numbers are accepted`,
			writeFile(t, "x.npz", a): "not a NumPy archive (zip file), or a damaged one",
		} {
			if _, err := Read(path, ReadOptions{}); err == nil || err.Error() != path+": "+want {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
}

// A changed value is found by the archive's checksum.
func TestNPZChecksum(t *testing.T) {
	a := npyFile(1, dict("<f4", "False", "(2, 1)"), []float32{7, 8})
	z := npzFile(t, zip.Store, "a.npy", a)
	z[bytes.Index(z, a)+len(a)-1] ^= 1
	path := writeFile(t, "x.npz", z)
	if _, err := Read(path, ReadOptions{}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("error %v", err)
	}
}

// An archive whose directory promises more than deflated data can hold is
// refused before any memory is taken.
func TestNPZLyingSize(t *testing.T) {
	header := npyFile(1, dict("<f4", "False", "(1000000000, 1)"))
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: "a.npy", Method: zip.Store,
		CompressedSize64: uint64(len(header)), UncompressedSize64: uint64(len(header)) + 4e9,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Write(header)
	z.Close()
	path := writeFile(t, "x.npz", b.Bytes())
	if _, err := Read(path, ReadOptions{}); err == nil || !strings.Contains(err.Error(), "the file cannot hold that") {
		t.Errorf("error %v", err)
	}
}

// readBytes reads a table from memory.
func readBytes(ext string, b []byte, key string, opt ReadOptions) (*array[float32], error) {
	src, p, err := opener("x"+ext)(bytes.NewReader(b), int64(len(b)), key, opt)
	if err != nil {
		return nil, err
	}
	r := newRowReader("x"+ext, src, p, opt)
	defer r.Close()
	return readAll[float32](r)
}

// checkArray checks what every successful read promises.
func checkArray(t *testing.T, a *array[float32], err error, size int) {
	t.Helper()
	if err != nil {
		if strings.Contains(err.Error(), "\n") || err.Error() == "" {
			t.Errorf("error %q is not one line", err)
		}
		return
	}
	if a.rows < 1 || a.cols < 1 || len(a.data) != a.rows*a.cols {
		t.Errorf("%d × %d table of %d values from %d bytes", a.rows, a.cols, len(a.data), size)
	}
	if a.names != nil && len(a.names) != a.cols {
		t.Errorf("%d names for %d columns", len(a.names), a.cols)
	}
	for _, v := range a.data {
		if v-v != 0 {
			t.Fatalf("value %v", v)
		}
	}
}

func FuzzNPY(f *testing.F) {
	values := []float32{1, 2, 3, 4}
	for version := byte(0); version < 5; version++ {
		f.Add(npyFile(version, dict("<f4", "False", "(2, 2)"), values))
	}
	f.Add(npyFile(1, dict(">f8", "True", "(2,)"), []float64{1, 2}))
	f.Add(npyFile(1, dict("|u1", "False", "(2, 2)"), []byte("abcd")))
	f.Add(npyFile(1, dict("|O", "False", "(99999999999, 99999999999)"), values))
	f.Add(npyFile(1, dict("<f4", "False", "(4611686018427387904, 4)")))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := readBytes(".npy", b, "", ReadOptions{})
		checkArray(t, a, err, len(b))
		if err == nil && len(a.data) >= len(b) {
			t.Errorf("%d values from %d bytes", len(a.data), len(b))
		}
	})
}

func FuzzNPZ(f *testing.F) {
	a := npyFile(1, dict("<f4", "False", "(2, 1)"), []float32{7, 8})
	f.Add(npzFile(f, zip.Store, "a.npy", a), "a")
	f.Add(npzFile(f, zip.Deflate, "a.npy", a, "b.npy", a), "")
	f.Fuzz(func(t *testing.T, b []byte, key string) {
		a, err := readBytes(".npz", b, key, ReadOptions{MaxBytes: 1 << 20})
		checkArray(t, a, err, len(b))
	})
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

// NumPy reads what is written here, and what NumPy writes is read here. Where
// there is no NumPy, the fixtures of the other tests stand alone.
func TestAgainstNumPy(t *testing.T) {
	python := python(t, "numpy")
	if python == "" {
		return
	}
	dir := t.TempDir()
	data := []float32{1.5, -2, 3, 4, 5, 6.25}
	if err := WriteNPY(dir+"/go2.npy", 3, 2, data); err != nil {
		t.Fatal(err)
	}
	if err := WriteNPY(dir+"/go1.npy", 6, 0, data); err != nil {
		t.Fatal(err)
	}
	if err := WriteNPYFloat64(dir+"/go64.npy", []float64{0.1, 0.2}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import numpy as np
a = np.load("go2.npy"); b = np.load("go1.npy"); c = np.load("go64.npy")
assert a.dtype == np.dtype("<f4") and a.tolist() == [[1.5, -2], [3, 4], [5, 6.25]], a
assert b.shape == (6,) and (a.ravel() == b).all(), b
assert c.dtype == np.dtype("<f8") and c.tolist() == [0.1, 0.2], c
np.save("same.npy", a)
for t in "f4 f8 i1 i2 i4 i8".split():
    for e in "<>":
        v = np.array([[1, -2], [3, 4], [5, 6]], dtype=e + t)
        np.save("c_%s_%s.npy" % (t, "lb"[e == ">"]), v)
        np.save("f_%s_%s.npy" % (t, "lb"[e == ">"]), np.asfortranarray(v))
v = np.array([[1, -2], [3, 4], [5, 6]], dtype="<f4")
for version in (1, 0), (2, 0), (3, 0):
    with open("c_v%d.npy" % version[0], "wb") as f:
        np.lib.format.write_array(f, v, version)
np.save("one.npy", v[:, 0])
np.savez("plain.npz", a=v, b=v[:, 0])
np.savez_compressed("packed.npz", v)
np.savetxt("c_text.csv", v, delimiter=",", header="x,y")
np.save("object.npy", np.array([1, "x"], dtype=object), allow_pickle=True)
np.save("named.npy", np.zeros(3, dtype=[("x", "<f4")]))
`)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := []float32{1, -2, 3, 4, 5, 6}
	paths, _ := filepath.Glob(dir + "/[cf]_*.*")
	if len(paths) != 28 {
		t.Errorf("%d files", len(paths))
	}
	for _, path := range append(paths, dir+"/plain.npz:a", dir+"/packed.npz", dir+"/packed.npz:arr_0") {
		got, err := Read(path, ReadOptions{Cols: 2})
		if err != nil || got.Rows != 3 || !slices.Equal(got.Data, want) {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	for _, path := range []string{dir + "/one.npy", dir + "/plain.npz:b"} {
		if got, err := ReadFloat64(path); err != nil || !slices.Equal(got, []float64{1, 3, 5}) {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
	for _, path := range []string{dir + "/object.npy", dir + "/named.npy"} {
		if _, err := Read(path, ReadOptions{}); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
	ours, _ := os.ReadFile(dir + "/go2.npy")
	theirs, _ := os.ReadFile(dir + "/same.npy")
	t.Logf("the same bytes as NumPy's: %v", bytes.Equal(ours, theirs))
}

// Reading is bounded: the values and a buffer, however large the file.
func TestReadMemory(t *testing.T) {
	const rows, cols = 100000, 4
	b := npyFile(1, dict("<f8", "False", "(100000, 4)"), make([]float64, rows*cols))
	for name, file := range map[string]func() (*array[float32], error){
		"npy": func() (*array[float32], error) {
			return readBytes(".npy", b, "", ReadOptions{})
		},
		"lying": func() (*array[float32], error) {
			lie := npyFile(1, dict("<f8", "False", "(100000000, 4)"), make([]byte, 100))
			return readBytes(".npy", lie, "", ReadOptions{})
		},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		file()
		runtime.ReadMemStats(&after)
		limit := uint64(4*rows*cols + 1<<17)
		if name == "lying" {
			limit = 1 << 17
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > limit {
			t.Errorf("%s: %d bytes allocated, limit %d", name, got, limit)
		}
	}
}

// Where arrays of an archive are no columns of one table because one of them cannot be
// read, the error says so.
func TestArchiveOfObjects(t *testing.T) {
	path := writeFile(t, "j.npz", npzFile(t, zip.Store,
		"pt.npy", npyFile(1, dict("<f4", "False", "(2,)"), []float32{1, 2}),
		"jets.npy", npyFile(1, dict("|O", "False", "(2,)"), []byte("pickle"))))
	_, err := Read(path, ReadOptions{})
	want := `the archive holds 2 arrays; add :key, one of "pt", "jets"; they are no columns of one table: array "jets": `
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Python objects") {
		t.Errorf("error %v", err)
	}
	if got, err := Read(path+":pt", ReadOptions{}); err != nil || got.Rows != 2 {
		t.Errorf("%v, %v", got, err)
	}
}
