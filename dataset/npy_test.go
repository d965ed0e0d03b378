package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// npyFile builds a .npy file by hand.
func npyFile(version byte, header string, values ...any) []byte {
	b := append([]byte("\x93NUMPY"), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	buf := bytes.NewBuffer(append(b, header...))
	order := binary.ByteOrder(binary.LittleEndian)
	if strings.Contains(header, "'>") {
		order = binary.BigEndian
	}
	for _, v := range values {
		binary.Write(buf, order, v)
	}
	return buf.Bytes()
}

// dict is a header as NumPy writes it.
func dict(descr, fortran, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }   \n", descr, fortran, shape)
}

func writeFile(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// A whole file, byte for byte as numpy.save writes it (numpy.lib.format:
// version 1.0, header padded so that the values begin at a multiple of 64).
func TestWriteNPYBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := WriteNPY(path, 2, 3, []float32{1, 2, 3, 4, 5, -0.5}); err != nil {
		t.Fatal(err)
	}
	want := "\x93NUMPY\x01\x00\x76\x00" +
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + strings.Repeat(" ", 58) + "\n" +
		"\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40\x00\x00\xa0\x40\x00\x00\x00\xbf"
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("file %q (%v), want %q", got, err, want)
	}
	if err := WriteNPYFloat64(path, []float64{1, -2}); err != nil {
		t.Fatal(err)
	}
	want = "\x93NUMPY\x01\x00\x76\x00" +
		"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }" + strings.Repeat(" ", 60) + "\n" +
		"\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\xc0"
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("file %q (%v), want %q", got, err, want)
	}
	for n := range 200 {
		if b := npyPreamble("<f4", 1<<n, n); len(b)%64 != 0 || b[len(b)-1] != '\n' {
			t.Errorf("preamble of %d bytes", len(b))
		}
	}
}

func TestReadNPYTypes(t *testing.T) {
	want := []float32{1, -2, 3, -4, 5, -6}
	unsigned := []float32{1, 2, 3, 4, 5, 250}
	fortranOrder := []int{0, 3, 1, 4, 2, 5} // columns of a 2 × 3 table
	for code, values := range map[string]any{
		"f4": []float32{1, -2, 3, -4, 5, -6}, "f8": []float64{1, -2, 3, -4, 5, -6},
		"i1": []int8{1, -2, 3, -4, 5, -6}, "i2": []int16{1, -2, 3, -4, 5, -6},
		"i4": []int32{1, -2, 3, -4, 5, -6}, "i8": []int64{1, -2, 3, -4, 5, -6},
		"u1": []uint8{1, 2, 3, 4, 5, 250}, "u2": []uint16{1, 2, 3, 4, 5, 250},
		"u4": []uint32{1, 2, 3, 4, 5, 250}, "u8": []uint64{1, 2, 3, 4, 5, 250},
	} {
		want := want
		if code[0] == 'u' {
			want = unsigned
		}
		for _, order := range []string{"<", ">", "|"} {
			if order == "|" && code[1] != '1' {
				continue
			}
			for version := byte(1); version <= 3; version++ {
				for _, fortran := range []bool{false, true} {
					header := dict(order+code, "False", "(2, 3)")
					stored := values
					if fortran {
						header = dict(order+code, "True", "(2, 3)")
						v := reflect.ValueOf(values)
						p := reflect.MakeSlice(v.Type(), 6, 6)
						for i, k := range fortranOrder {
							p.Index(i).Set(v.Index(k))
						}
						stored = p.Interface()
					}
					got, err := Read(writeFile(t, "x.npy", npyFile(version, header, stored)), ReadOptions{Cols: 3})
					if err != nil {
						t.Fatalf("%s version %d: %v", header, version, err)
					}
					if got.Rows != 2 || got.Cols != 3 || got.Names != nil || !slices.Equal(got.Data, want) {
						t.Errorf("%s version %d: %+v", header, version, got)
					}
				}
			}
		}
	}
}

func TestReadNPYHeaderForms(t *testing.T) {
	for _, header := range []string{
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
		`{"shape":(2,1),"fortran_order":True,"descr":"<f4"}`,
		"{ 'shape' : ( 2L , 1L ), 'descr' :'<f4',\n\t'fortran_order': False}\n\n",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1,), }",
	} {
		got, err := Read(writeFile(t, "x.npy", npyFile(1, header, []float32{7, 8})), ReadOptions{})
		if err != nil || got.Rows != 2 || got.Cols != 1 || !slices.Equal(got.Data, []float32{7, 8}) {
			t.Errorf("%s: %+v, %v", header, got, err)
		}
	}
}

func TestReadNPYErrors(t *testing.T) {
	two := []float32{7, 8}
	ok := npyFile(1, dict("<f4", "False", "(2, 1)"), two)
	huge := npyFile(2, "", two)
	binary.LittleEndian.PutUint32(huge[8:], 1<<31)
	long := npyFile(1, "", two)
	binary.LittleEndian.PutUint16(long[8:], 60000)
	for _, c := range []struct {
		name    string
		content []byte
		opt     ReadOptions
		want    string
	}{
		{"empty", nil, ReadOptions{}, "the file is empty"},
		{"text", []byte("x,y\n1,2\n"), ReadOptions{}, `not a NumPy file: it begins with "x,y\n1,2\n"`},
		{"short text", []byte("x\n"), ReadOptions{}, `not a NumPy file: it begins with "x\n"`},
		{"magic only", ok[:6], ReadOptions{}, "the file ends too early"},
		{"no length", ok[:9], ReadOptions{}, "the file ends too early"},
		{"cut header", ok[:40], ReadOptions{}, "the file ends within the NumPy header"},
		{"version", npyFile(4, "", two), ReadOptions{}, "NumPy format version 4.0; 1.0, 2.0 and 3.0 are accepted"},
		{"huge header", huge, ReadOptions{}, "NumPy header of 2147483648 bytes; up to 65536 are accepted"},
		{"long header", long, ReadOptions{}, "the file ends within the NumPy header"},
		{"truncated", ok[:len(ok)-1], ReadOptions{}, "truncated: 2 rows by 1 column need 8 bytes, the file holds 7"},
		{"trailing", append(ok[:len(ok):len(ok)], 0), ReadOptions{}, "1 byte after the last value; the file should end there"},
		{"columns", ok, ReadOptions{Cols: 2}, "the table has 1 column; 2 expected"},
		{"limit", ok, ReadOptions{MaxBytes: 7}, "a table of 2 rows by 1 column exceeds the limit of 7 bytes"},
		{"no rows", npyFile(1, dict("<f4", "False", "(0, 2)")), ReadOptions{}, "the table has no rows"},
		{"no columns", npyFile(1, dict("<f4", "False", "(5, 0)")), ReadOptions{}, "the table has no columns"},
		{"scalar", npyFile(1, dict("<f4", "False", "()"), two[:1]), ReadOptions{}, "the array has 0 dimensions; 1 or 2 are accepted (rows, columns)"},
		{"cube", npyFile(1, dict("<f4", "False", "(1, 2, 1)"), two), ReadOptions{}, "the array has 3 dimensions; 1 or 2 are accepted (rows, columns)"},
		{"lying shape", npyFile(1, dict("<f4", "False", "(1000000, 2000)"), two), ReadOptions{}, "truncated: 1000000 rows by 2000 columns need 8000000000 bytes, the file holds 8"},
		{"giant shape", npyFile(1, dict("<f4", "False", "(9223372036854775807, 2)"), two), ReadOptions{}, "a table of 9223372036854775807 rows by 2 columns exceeds the limit of 8589934592 bytes"},
		{"wrapping shape", npyFile(1, dict("<f4", "False", "(4294967296, 4294967296)"), two), ReadOptions{}, "a table of 4294967296 rows by 4294967296 columns exceeds the limit of 8589934592 bytes"},
		{"wrapping size", npyFile(1, dict("<f8", "False", "(2305843009213693952, 1)"), two), ReadOptions{MaxBytes: math.MaxInt64}, "a table of 2305843009213693952 rows by 1 column exceeds the limit of 72057594037927936 bytes"},
		{"overflowing shape", npyFile(1, dict("<f4", "False", "(99999999999999999999, 2)"), two), ReadOptions{}, `NumPy header: found "99999999999999999999, 2)..." where an array's length is expected`},
		{"negative shape", npyFile(1, dict("<f4", "False", "(-2, 1)"), two), ReadOptions{}, `NumPy header: found "-2, 1), }   \n" where an array's length is expected`},
		{"shape is a number", npyFile(1, dict("<f4", "False", "(2)"), two), ReadOptions{}, "NumPy header: the shape is not a tuple; (n,) has a comma"},
		{"objects", npyFile(1, dict("|O", "False", "(2,)"), two), ReadOptions{}, "NumPy header: the array holds Python objects; float32, float64 and integers are accepted"},
		{"structured", npyFile(1, "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,), }", two), ReadOptions{}, "NumPy header: the array is structured (named fields); plain float32, float64 and integers are accepted"},
		{"complex", npyFile(1, dict("<c8", "False", "(1,)"), two), ReadOptions{}, `NumPy header: values of type "<c8"; float32, float64 and integers are accepted`},
		{"string", npyFile(1, dict("<U11", "False", "(1,)"), two), ReadOptions{}, `NumPy header: values of type "<U11"; float32, float64 and integers are accepted`},
		{"no order", npyFile(1, dict("|f4", "False", "(2,)"), two), ReadOptions{}, `NumPy header: values of type "|f4"; float32, float64 and integers are accepted`},
		{"code", npyFile(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } or exit()", two), ReadOptions{}, `NumPy header: unexpected "or exit()" after the dictionary`},
		{"missing key", npyFile(1, "{'descr': '<f4', 'shape': (2,), }", two), ReadOptions{}, `NumPy header: key "fortran_order" is missing`},
		{"twice", npyFile(1, "{'shape': (2,), 'shape': (2,)}", two), ReadOptions{}, `NumPy header: key "shape" appears twice`},
		{"unknown key", npyFile(1, "{'shape': (2,), 'x': 1}", two), ReadOptions{}, `NumPy header: unknown key "x"`},
		{"bad boolean", npyFile(1, dict("<f4", "maybe", "(2,)"), two), ReadOptions{}, `NumPy header: found "maybe, 'shape': (2,), } ..." where True or False is expected`},
		{"no dictionary", npyFile(1, "   ", two), ReadOptions{}, `NumPy header: it ends where '{' is expected`},
		{"open string", npyFile(1, "{'descr", two), ReadOptions{}, "NumPy header: a string does not end"},
		{"NaN", npyFile(1, dict("<f4", "False", "(2, 2)"), []float32{1, 2, 3, float32(math.NaN())}), ReadOptions{}, "row 1, column 1 is NaN; finite numbers are accepted"},
		{"infinity", npyFile(1, dict("<f8", "True", "(2, 2)"), []float64{1, 2, math.Inf(-1), 4}), ReadOptions{}, "row 0, column 1 is -Inf; finite numbers are accepted"},
		{"float32 range", npyFile(1, dict("<f8", "False", "(1,)"), []float64{1e39}), ReadOptions{}, "row 0, column 0 is 1e+39; numbers within ±3.403e+38 are accepted"},
	} {
		path := writeFile(t, "samples.npy", c.content)
		got, err := Read(path, c.opt)
		if err == nil {
			t.Errorf("%s: no error, %+v", c.name, got)
		} else if err.Error() != path+": "+c.want {
			t.Errorf("%s: error %q, want %q", c.name, err, c.want)
		}
	}
}

func TestAllowNonFinite(t *testing.T) {
	path := writeFile(t, "x.npy", npyFile(1, dict("<f8", "False", "(3,)"), []float64{math.NaN(), math.Inf(1), -1e39}))
	got, err := Read(path, ReadOptions{AllowNonFinite: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := got.Data; d[0] == d[0] || !math.IsInf(float64(d[1]), 1) || !math.IsInf(float64(d[2]), -1) {
		t.Errorf("values %v", d)
	}
}

// Round trips over sizes around the buffers' lengths.
func TestNPYRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	for _, shape := range [][2]int{{1, 1}, {1, 5}, {8191, 1}, {8192, 1}, {8193, 2}, {20000, 3}, {5, 0}} {
		rows, cols := shape[0], max(shape[1], 1)
		data := make([]float32, rows*cols)
		for i := range data {
			data[i] = float32(i)*0.37 - 5
		}
		if err := WriteNPY(path, rows, shape[1], data); err != nil {
			t.Fatal(err)
		}
		got, err := Read(path, ReadOptions{})
		if err != nil || got.Rows != rows || got.Cols != cols || !slices.Equal(got.Data, data) {
			t.Fatalf("%v: %d × %d, %v", shape, got.Rows, got.Cols, err)
		}
	}
	weights := make([]float64, 9000)
	for i := range weights {
		weights[i] = 1 / float64(i+3)
	}
	if err := WriteNPYFloat64(path, weights); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadFloat64(path); err != nil || !slices.Equal(got, weights) {
		t.Errorf("float64: %v", err)
	}
	if err := WriteNPY(path, 2, 2, make([]float32, 4)); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFloat64(path); err == nil || err.Error() != path+": the table has 2 columns; 1 expected" {
		t.Errorf("error %v", err)
	}
}

func TestNPYWriter(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.npy")
	data := make([]float32, 50000*3)
	for i := range data {
		data[i] = float32(i % 1013)
	}
	if err := WriteNPY(path, 50000, 3, data); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := CreateNPY(path, 50000, 3)
	if err != nil {
		t.Fatal(err)
	}
	for at, n := 0, 3; at < len(data); n = n*2 + 3 {
		n = min(n, len(data)-at)
		if err := w.Write(data[at : at+n]); err != nil {
			t.Fatal(err)
		}
		at += n
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("written in parts, the file differs: %v", err)
	}

	// All failures leave the old file.
	for name, f := range map[string]func(w *RowWriter) error{
		"0 of 2 rows were written; the file is dropped": func(w *RowWriter) error { return w.Close() },
		"1 of 2 rows were written; the file is dropped": func(w *RowWriter) error {
			w.Write(data[:3])
			return w.Close()
		},
		"row 2 is written, the file has 2 rows": func(w *RowWriter) error { return w.Write(data[:9]) },
		"4 values are not a whole number of rows of 3 columns": func(w *RowWriter) error {
			return w.Write(data[:4])
		},
	} {
		w, err := CreateNPY(path, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		if err := f(w); err == nil || err.Error() != path+": "+name {
			t.Errorf("error %v, want %q", err, name)
		}
		w.Abort()
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("the old file changed: %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("files left: %v", entries)
	}
	if _, err := CreateNPY(filepath.Join(dir, "none", "x.npy"), 1, 1); err == nil {
		t.Error("no error for a missing directory")
	}
	if _, err := CreateNPY(path, -1, 1); err == nil {
		t.Error("no error for negative rows")
	}
}

func BenchmarkReadNPY(b *testing.B) {
	path := filepath.Join(b.TempDir(), "x.npy")
	if err := WriteNPY(path, 1<<18, 2, make([]float32, 1<<19)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(4 << 19)
	for b.Loop() {
		if _, err := Read(path, ReadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
