package hdf5

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"etalon/internal/atomicfile"
)

// Writer writes an HDF5 file in the oldest format (superblock 0), which every reader
// knows. Data sets may grow side by side; memory is that of a few chunks of each. The
// file appears at Close, whole, or not at all. It is not safe for concurrent use.
type Writer struct {
	path string
	file *atomicfile.File
	root *node
	end  uint64 // bytes so far
	sets []*RowWriter
	err  error // the first one of a write
}

// node is a group (with members) or a data set of a file in the making.
type node struct {
	members    map[string]*node
	data       *RowWriter // of a data set
	attributes []attribute
}

// attribute has either numbers, integers or texts.
type attribute struct {
	name     string
	scalar   bool
	numbers  []float64
	integers []int64
	texts    []string
}

func newGroup() *node { return &node{members: map[string]*node{}} }

// Create starts a file. Close or Abort must follow; Abort may be deferred. Errors are
// one line that begins with the path.
func Create(path string) (*Writer, error) {
	f, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	return &Writer{path: path, file: f, root: newGroup(), end: superblockSize}, nil
}

// Options say how the values of a data set are stored. The zero value is chunks without
// compression, as many rows as are appended.
type Options struct {
	// Rows is the number of rows, of which exactly as many must be appended. 0 leaves it
	// open; such data sets may also be grown later.
	Rows int
	// Contiguous stores the values in one piece, without chunks and compression. It
	// needs Rows.
	Contiguous bool
	// Level is the effort of deflate (gzip), 1 to 9; 0 stores values as they are.
	Level int
	// Shuffle brings bytes of equal significance together, so that deflate finds more.
	Shuffle bool
	// ChunkRows is the number of rows of a chunk; 0 takes about 1 MiB.
	ChunkRows int
}

// Dataset starts a data set of rows of the shape row (nil for single values; h5py sees
// (rows, row...)). Groups on the way are made. Errors: a path that is taken; a shape of
// no values, or of rows above 256 MiB; options that contradict each other.
func (w *Writer) Dataset(path string, t Number, row []int, opt Options) (*RowWriter, error) {
	d, err := newRowWriter(w, path, t, row, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %.200s: %w", w.path, path, err)
	}
	names := split(path)
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: a data set without a name", w.path)
	}
	parent, err := w.group(names[:len(names)-1])
	if err != nil {
		return nil, err
	}
	name := names[len(names)-1]
	if parent.members[name] != nil {
		return nil, fmt.Errorf("%s: %.200s: it is there already", w.path, path)
	}
	parent.members[name] = &node{data: d}
	w.sets = append(w.sets, d)
	if opt.Contiguous {
		d.at = w.end
		w.end += pad8(uint64(d.rowBytes) * uint64(opt.Rows))
	}
	return d, nil
}

// Attribute gives a data set or a group (made where it is not there; "/" is the root) a
// named value: a string, a []string, a float64, a []float64, an int or a []int.
func (w *Writer) Attribute(path, name string, value any) error {
	a := attribute{name: name}
	size := 0 // bytes of the values
	switch v := value.(type) {
	case string:
		a.scalar, a.texts = true, []string{v}
	case []string:
		a.texts = slices.Clone(v)
	case float64:
		a.scalar, a.numbers = true, []float64{v}
	case []float64:
		a.numbers = slices.Clone(v)
	case int:
		a.scalar, a.integers = true, []int64{int64(v)}
	case []int:
		a.integers = []int64{}
		for _, x := range v {
			a.integers = append(a.integers, int64(x))
		}
	default:
		return fmt.Errorf("%s: attribute %.60q: a value of type %T; texts and numbers are accepted", w.path, name, value)
	}
	size = 16*len(a.texts) + 8*len(a.numbers) + 8*len(a.integers)
	if size+len(name) > maxAttribute || name == "" || strings.Contains(name, "\x00") {
		return fmt.Errorf("%s: attribute %.60q of %d bytes; a name and up to %d are accepted", w.path, name, size, maxAttribute)
	}
	names := split(path)
	n := w.root
	if len(names) > 0 {
		parent, err := w.group(names[:len(names)-1])
		if err != nil {
			return err
		}
		if n = parent.members[names[len(names)-1]]; n == nil {
			if n, err = w.group(names); err != nil {
				return err
			}
		}
	}
	for _, old := range n.attributes {
		if old.name == name {
			return fmt.Errorf("%s: %.200s: attribute %.60q is there already", w.path, path, name)
		}
	}
	n.attributes = append(n.attributes, a)
	return nil
}

// maxAttribute bounds an attribute: it must fit a message of an object header.
const maxAttribute = 60000

// split divides a path into names.
func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// group finds or makes a group.
func (w *Writer) group(names []string) (*node, error) {
	if len(names) > maxDepth {
		return nil, fmt.Errorf("%s: groups are nested more than %d deep", w.path, maxDepth)
	}
	n := w.root
	for i, name := range names {
		next := n.members[name]
		switch {
		case strings.Contains(name, "\x00") || name == "." || name == ".." || len(name) > maxName:
			return nil, fmt.Errorf("%s: a group cannot be named %.60q", w.path, name)
		case next == nil:
			next = newGroup()
			n.members[name] = next
		case next.data != nil:
			return nil, fmt.Errorf("%s: /%.200s is a data set and cannot have members", w.path, strings.Join(names[:i+1], "/"))
		}
		n = next
	}
	return n, nil
}

// put appends a block of the file and returns its address.
func (w *Writer) put(b []byte) uint64 {
	at := w.end
	w.putAt(b, at)
	w.end += pad8(uint64(len(b)))
	return at
}

func (w *Writer) putAt(b []byte, at uint64) {
	if w.err == nil {
		_, w.err = w.file.WriteAt(b, int64(at))
	}
}

func pad8(n uint64) uint64 { return (n + 7) &^ 7 }

// Close makes the file appear. It is an error, and nothing appears, where a data set has
// not got the rows that it should.
func (w *Writer) Close() error {
	defer w.Abort()
	for _, d := range w.sets {
		if err := d.finish(); err != nil {
			return err
		}
	}
	e := &encoder{w: w, leaf: 4}
	e.texts(w.root)
	e.widest(w.root)
	root := e.object(w.root)
	if w.err == nil {
		w.err = e.err
	}
	// The file ends where the superblock says, also behind a last block's padding.
	w.put(make([]byte, 8))
	w.putAt(superblock(root, w.end, e.leaf), 0)
	if w.err != nil {
		return w.err
	}
	return w.file.Commit()
}

// Abort drops the file. After Close it does nothing.
func (w *Writer) Abort() {
	w.file.Abort()
	if w.err == nil {
		w.err = errors.New(w.path + ": the file is closed")
	}
}
