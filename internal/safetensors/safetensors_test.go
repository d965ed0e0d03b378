package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"etalon/internal/safetensors"
)

const limit = 1 << 20

// sample has all types, shapes of all ranks and empty tensors between others.
func sample() *safetensors.File {
	return &safetensors.File{
		Metadata: map[string]string{"stage": "flow <α>", "empty": "", "json": `{"a": [1, "\n"]}`},
		Tensors: []safetensors.Tensor{
			{Name: "nothing", Shape: []int{0}, F64: []float64{}},
			{Name: "z/W", Shape: []int{2, 3}, F32: []float32{1, -2, float32(math.Inf(1)), float32(math.NaN()), math.SmallestNonzeroFloat32, 6}},
			{Name: "no rows", Shape: []int{0, 7}, F32: []float32{}},
			{Name: "a", Shape: []int{1, 1, 2}, F64: []float64{math.Pi, math.Inf(-1)}},
			{Name: "none", Shape: []int{3, 0}, U64: []uint64{}},
			{Name: "scalar", Shape: []int{}, F32: []float32{42}},
			{Name: "counter", Shape: []int{1}, U64: []uint64{math.MaxUint64}},
			{Name: `quote " and & line` + "\n", Shape: []int{3}, F32: []float32{1, 2, 3}},
		},
	}
}

func write(t *testing.T, f *safetensors.File) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.safetensors")
	if err := safetensors.Write(path, f); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bits makes NaN comparable.
func bits(f *safetensors.File) map[string]any {
	m := map[string]any{"metadata": f.Metadata}
	for _, t := range f.Tensors {
		v := []uint64{}
		for _, x := range t.F32 {
			v = append(v, uint64(math.Float32bits(x)))
		}
		for _, x := range t.F64 {
			v = append(v, math.Float64bits(x))
		}
		v = append(v, t.U64...)
		m[t.Name] = []any{t.Shape, t.F32 != nil, t.F64 != nil, t.U64 != nil, v}
	}
	return m
}

func TestRoundTrip(t *testing.T) {
	for range 20 { // the order of Go's maps must not matter
		path := write(t, sample())
		f, err := safetensors.Read(path, limit)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := bits(f), bits(sample()); !reflect.DeepEqual(got, want) {
			t.Fatalf("read %v\nwrote %v", got, want)
		}
	}
	path := write(t, &safetensors.File{})
	if f, err := safetensors.Read(path, limit); err != nil || len(f.Tensors) != 0 || len(f.Metadata) != 0 {
		t.Errorf("an empty file: %+v, %v", f, err)
	}
	f := sample()
	if f.Get("a").F64[0] != math.Pi || f.Get("missing") != nil {
		t.Error("Get does not find by name")
	}
}

func TestWriteIsDeterministic(t *testing.T) {
	want := load(t, write(t, sample()))
	for range 20 {
		if got := load(t, write(t, sample())); !bytes.Equal(got, want) {
			t.Fatal("equal contents gave other bytes")
		}
	}
	if n := binary.LittleEndian.Uint64(want); n%8 != 0 {
		t.Errorf("the header has %d bytes; values should be aligned to 8", n)
	}
}

// The layout byte by byte, as the format's description has it.
func TestLayout(t *testing.T) {
	path := write(t, &safetensors.File{Tensors: []safetensors.Tensor{{Name: "t", Shape: []int{2}, F32: []float32{1, -2}}}})
	header := `{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  `
	want := append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header...)
	want = append(want, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0)
	if got := load(t, path); !bytes.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestWriteErrors(t *testing.T) {
	one := []float32{1}
	for name, tensors := range map[string][]safetensors.Tensor{
		"shape too large":     {{Name: "t", Shape: []int{2}, F32: one}},
		"shape too small":     {{Name: "t", Shape: []int{1}, F32: []float32{1, 2}}},
		"negative shape":      {{Name: "t", Shape: []int{-1, -1}, F32: one}},
		"named twice":         {{Name: "t", Shape: []int{1}, F32: one}, {Name: "t", Shape: []int{1}, F32: one}},
		"named like metadata": {{Name: "__metadata__", Shape: []int{1}, F32: one}},
		"two types":           {{Name: "t", Shape: []int{1}, F32: one, F64: []float64{1}}},
	} {
		path := filepath.Join(t.TempDir(), "f.safetensors")
		err := safetensors.Write(path, &safetensors.File{Tensors: tensors})
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a file appeared", name)
		}
	}
}

// file makes a file of a header and some bytes of data.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

// hostile files and a word of the error that each must give.
var hostile = map[string]struct {
	bytes []byte
	says  string
}{
	"empty":                      {nil, "too few"},
	"seven bytes":                {[]byte("1234567"), "too few"},
	"length alone":               {binary.LittleEndian.AppendUint64(nil, 100), "header"},
	"length past the end":        {file(`{}`, 0)[:9], "header"},
	"length of 2^63":             {append(binary.LittleEndian.AppendUint64(nil, 1<<63), "{}"...), "header"},
	"length of 2^64-1":           {append(binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "{}"...), "header"},
	"length of 2^64-8":           {append(binary.LittleEndian.AppendUint64(nil, math.MaxUint64-7), "{}"...), "header"},
	"empty header":               {file(``, 0), "JSON"},
	"not JSON":                   {file(`{"a": `, 0), "JSON"},
	"an array":                   {file(`[1, 2]`, 0), "JSON"},
	"deep nesting":               {file(strings.Repeat(`{"a":`, 100000), 0), "JSON"},
	"binary":                     {file("\x80\x00\xff", 0), "JSON"},
	"metadata of numbers":        {file(`{"__metadata__": {"a": 1}}`, 0), "metadata"},
	"tensor of a string":         {file(`{"t": "F32"}`, 0), "t"},
	"unknown type":               {file(`{"t": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}`, 2), "F16"},
	"no type":                    {file(`{"t": {"shape": [1], "data_offsets": [0, 4]}}`, 4), "F32"},
	"no offsets":                 {file(`{"t": {"dtype": "F32", "shape": [1]}}`, 4), "t"},
	"no shape":                   {file(`{"t": {"dtype": "F32", "data_offsets": [0, 4]}}`, 4), "shape"},
	"shape of null":              {file(`{"t": {"dtype": "F32", "shape": null, "data_offsets": [0, 4]}}`, 4), "shape"},
	"negative dimension":         {file(`{"t": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}`, 4), "t"},
	"two negative dimensions":    {file(`{"t": {"dtype": "F32", "shape": [-1, -1], "data_offsets": [0, 4]}}`, 4), "t"},
	"fraction of a dimension":    {file(`{"t": {"dtype": "F32", "shape": [0.5], "data_offsets": [0, 4]}}`, 4), "t"},
	"huge dimension":             {file(`{"t": {"dtype": "F32", "shape": [4611686018427387904], "data_offsets": [0, 4]}}`, 4), "t"},
	"product that wraps to one":  {file(`{"t": {"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 4]}}`, 4), "t"},
	"dimension past int64":       {file(`{"t": {"dtype": "F32", "shape": [99999999999999999999], "data_offsets": [0, 4]}}`, 4), "t"},
	"data past the end":          {file(`{"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}`, 4), "fit"},
	"offsets of 2^64-1":          {file(`{"t": {"dtype": "F32", "shape": [1], "data_offsets": [18446744073709551612, 18446744073709551615]}}`, 4), "fit"},
	"offsets backwards":          {file(`{"t": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}`, 4), "fit"},
	"offsets negative":           {file(`{"t": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}`, 4), "t"},
	"one offset":                 {file(`{"t": {"dtype": "F32", "shape": [0], "data_offsets": [0]}}`, 0), "t"},
	"three offsets":              {file(`{"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 9]}}`, 4), "t"},
	"fewer bytes than the shape": {file(`{"t": {"dtype": "F64", "shape": [1], "data_offsets": [0, 4]}}`, 4), "fit"},
	"more bytes than the shape":  {file(`{"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 8]}}`, 8), "fit"},
	"gap at the start":           {file(`{"t": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}`, 8), "fit"},
	"gap between":                {file(`{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "b": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}`, 12), "fit"},
	"overlap":                    {file(`{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}`, 12), "fit"},
	"two at one place":           {file(`{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}`, 4), "fit"},
	"bytes after the last":       {file(`{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}`, 5), "follow"},
	"bytes without a tensor":     {file(`{}`, 1), "follow"},
}

func TestHostileFiles(t *testing.T) {
	for name, c := range hostile {
		path := filepath.Join(t.TempDir(), "f.safetensors")
		if err := os.WriteFile(path, c.bytes, 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := safetensors.Read(path, limit)
		if err == nil {
			t.Errorf("%s: read as %+v", name, f)
			continue
		}
		if !errors.Is(err, safetensors.ErrFormat) || !strings.HasPrefix(err.Error(), path) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q should name the path, say %q and wrap ErrFormat", name, err, c.says)
		}
		if len(err.Error()) > 400+len(path) {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

// No prefix of a file is a file.
func TestTruncation(t *testing.T) {
	whole := load(t, write(t, sample()))
	path := filepath.Join(t.TempDir(), "cut")
	for n := range whole {
		if err := os.WriteFile(path, whole[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := safetensors.Read(path, limit); !errors.Is(err, safetensors.ErrFormat) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(whole), err)
		}
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := safetensors.Read(filepath.Join(dir, "none"), limit); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := safetensors.Read(dir, limit); err == nil || !strings.HasPrefix(err.Error(), dir) {
		t.Errorf("a directory: %v", err)
	}
	path := write(t, sample())
	size := int64(len(load(t, path)))
	if _, err := safetensors.Read(path, size-1); !errors.Is(err, safetensors.ErrFormat) {
		t.Errorf("a file above the limit: %v", err)
	}
	if _, err := safetensors.Read(path, size); err != nil {
		t.Errorf("a file at the limit: %v", err)
	}
}

// A long name or shape must not become a long error, nor break its line.
func TestErrorsAreOneShortLine(t *testing.T) {
	for _, b := range [][]byte{
		file(`{"`+strings.Repeat("n\\n", 20000)+`": {"dtype": "F32", "shape": [1], "data_offsets": [0, 8]}}`, 4),
		file(`{"t": {"dtype": "`+strings.Repeat("F", 50000)+`", "shape": [1], "data_offsets": [0, 4]}}`, 4),
		file(`{"t": {"dtype": "F32", "shape": [`+strings.Repeat("1,", 50000)+`2], "data_offsets": [0, 4]}}`, 4),
	} {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := safetensors.Read(path, limit)
		if !errors.Is(err, safetensors.ErrFormat) || len(err.Error()) > len(path)+400 || strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of %d bytes: %.200q", len(err.Error()), err.Error())
		}
	}
}

// FuzzRead: whatever the bytes, Read fails with one line or returns what Write
// would write, within memory bounded by the file.
func FuzzRead(f *testing.F) {
	for _, c := range hostile {
		f.Add(c.bytes)
	}
	f.Add(file(`{"t":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"u":{"dtype":"U64","shape":[1],"data_offsets":[8,16]},"__metadata__":{"a":"b"}}`, 16))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, "f")
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := safetensors.Read(path, limit)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		total := 0
		for _, x := range got.Tensors {
			total += 4*len(x.F32) + 8*len(x.F64) + 8*len(x.U64)
		}
		if total > len(b) {
			t.Errorf("%d bytes of tensors from a file of %d", total, len(b))
		}
		if err := safetensors.Write(path, got); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := safetensors.Read(path, limit*8)
		if err != nil || !reflect.DeepEqual(bits(again), bits(got)) {
			t.Errorf("read %v, then %v (%v)", bits(got), bits(again), err)
		}
	})
}
