// Package safetensors reads and writes the safetensors format: a length, a JSON
// header that names every tensor with its type, shape and place, then the raw
// little-endian values.
//
//	bytes 0–7    length H of the header, uint64 little-endian
//	8 … 8+H      JSON: {"__metadata__": {string: string}, NAME: {"dtype", "shape", "data_offsets": [begin, end]}, …}
//	8+H … end    the tensors, without gaps
//
// Types read and written here: F32, F64 and U64.
package safetensors

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"

	"etalon/internal/atomicfile"
)

// Tensor is one named array; exactly one of the data slices is used.
type Tensor struct {
	Name  string
	Shape []int
	F32   []float32
	F64   []float64
	U64   []uint64
}

// File is the content of a safetensors file.
type File struct {
	Metadata map[string]string
	Tensors  []Tensor
}

// Get returns the tensor of that name, or nil.
func (f *File) Get(name string) *Tensor {
	for i := range f.Tensors {
		if f.Tensors[i].Name == name {
			return &f.Tensors[i]
		}
	}
	return nil
}

func (t *Tensor) kind() (dtype string, data any, count int, bytes int) {
	switch {
	case t.F64 != nil:
		return "F64", t.F64, len(t.F64), 8
	case t.U64 != nil:
		return "U64", t.U64, len(t.U64), 8
	}
	return "F32", t.F32, len(t.F32), 4
}

type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets []uint64 `json:"data_offsets"` // begin and end
}

const metadataName = "__metadata__"

// check tells what keeps a tensor from being written.
func (t *Tensor) check() error {
	_, _, count, _ := t.kind()
	size, bad := 1, false
	for _, d := range t.Shape {
		size *= d
		bad = bad || d < 0
	}
	kinds := 0
	for _, used := range []bool{t.F32 != nil, t.F64 != nil, t.U64 != nil} {
		if used {
			kinds++
		}
	}
	switch {
	case bad || size != count:
		return fmt.Errorf("tensor %.60q: %d values for shape %v", t.Name, count, t.Shape)
	case kinds > 1:
		return fmt.Errorf("tensor %.60q: values of more than one type", t.Name)
	case t.Name == metadataName:
		return fmt.Errorf("a tensor cannot be named %q", metadataName)
	}
	return nil
}

// Write puts the file at path, whole or not at all. Equal contents give equal bytes.
func Write(path string, f *File) error {
	header := map[string]any{}
	if len(f.Metadata) > 0 {
		header[metadataName] = f.Metadata
	}
	off := uint64(0)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		if err := t.check(); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if header[t.Name] != nil {
			return fmt.Errorf("%s: two tensors are named %.60q", path, t.Name)
		}
		dtype, _, count, bytes := t.kind()
		end := off + uint64(count*bytes)
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		header[t.Name] = entry{dtype, shape, []uint64{off, end}}
		off = end
	}
	text, err := json.Marshal(header) // keys sorted: deterministic
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<16)
		if err := binary.Write(b, binary.LittleEndian, uint64(len(text))); err != nil {
			return err
		}
		if _, err := b.Write(text); err != nil {
			return err
		}
		for i := range f.Tensors {
			_, data, _, _ := f.Tensors[i].kind()
			if err := binary.Write(b, binary.LittleEndian, data); err != nil {
				return err
			}
		}
		return b.Flush()
	})
}

const maxHeader = 16 << 20

// ErrFormat is wrapped by every error about a file that is not what it claims.
var ErrFormat = errors.New("no valid safetensors file")

// Read reads a file of at most maxBytes. Sizes in the header are checked against
// the file before anything is allocated.
func Read(path string, maxBytes int64) (*File, error) {
	bad := func(format string, args ...any) (*File, error) {
		return nil, fmt.Errorf("%s: %w: %s", path, ErrFormat, fmt.Sprintf(format, args...))
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return bad("it is no regular file")
	}
	if info.Size() > maxBytes {
		return bad("%d bytes; at most %d are accepted here", info.Size(), maxBytes)
	}
	r := bufio.NewReaderSize(in, 1<<16)
	var n uint64
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return bad("%d bytes are too few", info.Size())
	}
	if n > maxHeader || int64(n)+8 > info.Size() {
		return bad("a header of %d bytes in a file of %d", n, info.Size())
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return bad("the header is cut off")
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return bad("the header is no JSON object")
	}
	f := &File{}
	type placed struct {
		name string
		entry
	}
	var list []placed
	for name, msg := range raw {
		if name == metadataName {
			if err := json.Unmarshal(msg, &f.Metadata); err != nil {
				return bad("the metadata are not strings")
			}
			continue
		}
		p := placed{name: name}
		if err := json.Unmarshal(msg, &p.entry); err != nil || p.Shape == nil || len(p.Offsets) != 2 {
			return bad("tensor %.60q is described wrongly: dtype, shape and two data_offsets are needed", name)
		}
		list = append(list, p)
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i].Offsets, list[j].Offsets
		switch { // an empty tensor comes before the one that starts where it lies
		case a[0] != b[0]:
			return a[0] < b[0]
		case a[1] != b[1]:
			return a[1] < b[1]
		}
		return list[i].name < list[j].name
	})
	data := uint64(info.Size()) - 8 - n
	at := uint64(0)
	for _, p := range list {
		width := uint64(0)
		switch p.DType {
		case "F32":
			width = 4
		case "F64", "U64":
			width = 8
		default:
			return bad("tensor %.60q has type %.60q; F32, F64 and U64 are accepted", p.name, p.DType)
		}
		count := uint64(1)
		for _, d := range p.Shape {
			if d < 0 || (d > 0 && count > data/uint64(d)) {
				return bad("tensor %.60q has shape %.80s", p.name, fmt.Sprint(p.Shape))
			}
			count *= uint64(d)
		}
		if p.Offsets[0] != at || p.Offsets[1] < at || p.Offsets[1] > data || p.Offsets[1]-at != count*width {
			return bad("tensor %.60q: shape %.80s and bytes %v do not fit the file", p.name, fmt.Sprint(p.Shape), p.Offsets)
		}
		at = p.Offsets[1]
		t := Tensor{Name: p.name, Shape: slices.Clone(p.Shape)}
		var dst any
		switch p.DType {
		case "F32":
			t.F32 = make([]float32, count)
			dst = t.F32
		case "F64":
			t.F64 = make([]float64, count)
			dst = t.F64
		case "U64":
			t.U64 = make([]uint64, count)
			dst = t.U64
		}
		if err := binary.Read(r, binary.LittleEndian, dst); err != nil {
			return bad("tensor %.60q is cut off", p.name)
		}
		f.Tensors = append(f.Tensors, t)
	}
	if at != data {
		return bad("%d bytes follow the last tensor", data-at)
	}
	return f, nil
}
