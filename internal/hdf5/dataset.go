package hdf5

import (
	"errors"
	"fmt"
	"strings"
)

// maxChunk bounds the bytes of a chunk, of which one at least is in memory.
const maxChunk = 1 << 30

// Dataset is an array in a file: of numbers, or one field of a compound. It is not
// safe for concurrent use.
type Dataset struct {
	Path string
	// Shape are the lengths of the dimensions, those of an array type behind those of
	// the data set. A scalar has none.
	Shape []uint64
	Type  Type

	file    *File
	dims    []uint64 // of the data set alone
	element uint64   // bytes of an element in the file
	offset  uint64   // of the values within it
	layout  *layout
	grid    *grid
	filters []filter
	fill    []byte // of an element; nil is zeros
	chunks  *chunkStore
}

// chunkStore is what the fields of a data set share.
type chunkStore struct {
	index   []storedChunk
	indexed bool
	cache   chunkCache
}

// Dataset opens a data set. A path may go on to a field of a compound one:
// /data/table/values.
func (f *File) Dataset(path string) (*Dataset, error) {
	h, rest, err := f.find(path)
	if err == nil && h.get(msgLayout) == nil {
		err = errors.New("it is a group; a data set is expected")
	}
	if err != nil {
		return nil, f.wrap(path, err)
	}
	d, err := f.open(h, rest)
	if err != nil {
		return nil, f.wrap(path, err)
	}
	d.Path = path
	return d, nil
}

func (f *File) open(h *header, field string) (*Dataset, error) {
	d := &Dataset{file: f, chunks: &chunkStore{}}
	c := h.get(msgDatatype)
	space := h.get(msgDataspace)
	if c == nil || space == nil {
		return nil, errors.New("a data set without type or shape")
	}
	if h.get(msgExternal) != nil {
		return nil, errors.New("its values are in other files, which is not supported")
	}
	t, err := parseType(c, 0)
	if err != nil {
		return nil, err
	}
	s, err := parseDataspace(space)
	if err != nil {
		return nil, err
	}
	d.element, d.dims = t.elementSize(), s.dims
	if s.null {
		d.dims = []uint64{0}
	}
	if d.Type = *t; field != "" {
		if err := d.pick(field); err != nil {
			return nil, err
		}
	}
	d.Shape = append(append([]uint64{}, d.dims...), d.Type.Dims...)
	values, err := s.count(d.element)
	if err != nil {
		return nil, err
	}
	if d.layout, err = parseLayout(h.get(msgLayout), len(s.dims)); err != nil {
		return nil, err
	}
	if c := h.get(msgFilters); c != nil && d.layout.kind == chunked {
		if d.filters, err = parseFilters(c); err != nil {
			return nil, err
		}
	}
	if c := h.get(msgFillValue); c != nil {
		if d.fill, err = parseFill(c, d.element); err != nil {
			return nil, err
		}
	}
	l := d.layout
	switch {
	case l.kind == chunked:
		return d, d.setGrid(s)
	case l.kind == compact && uint64(len(l.data)) < values*d.element,
		l.kind == contiguous && l.addr != undefined && l.size < values*d.element:
		return nil, fmt.Errorf("%d values of %d bytes, more than are stored", values, d.element)
	}
	return d, nil
}

// Field opens a field of a compound data set. All its fields share the chunks that are
// kept: reading the same rows of each in turn decodes a chunk once.
func (d *Dataset) Field(name string) (*Dataset, error) {
	field := *d
	if err := field.pick(name); err != nil {
		return nil, d.file.wrap(d.Path, err)
	}
	field.Shape = append(append([]uint64{}, d.dims...), field.Type.Dims...)
	field.Path += "/" + name
	return &field, nil
}

// pick selects a field of a compound.
func (d *Dataset) pick(field string) error {
	if d.Type.Class != Compound {
		return ErrNotFound
	}
	for _, f := range d.Type.Fields {
		if f.Name == field {
			if len(d.Type.Dims) > 0 {
				return errors.New("arrays of compounds are not supported")
			}
			d.Type, d.offset = f.Type, uint64(f.Offset)
			return nil
		}
	}
	return fmt.Errorf("there is no field %.60q; %s", field, fieldList(&d.Type))
}

func fieldList(t *Type) string {
	var names []string
	for i, f := range t.Fields {
		if i == 10 {
			names = append(names, "...")
			break
		}
		names = append(names, fmt.Sprintf("%.60q", f.Name))
	}
	return "the fields are " + strings.Join(names, ", ")
}

// setGrid checks the chunks and counts them.
func (d *Dataset) setGrid(s *dataspace) error {
	g := &grid{chunk: d.layout.chunk, bytes: d.element}
	if len(g.chunk) == 0 {
		return errors.New("a scalar in chunks")
	}
	for i, n := range g.chunk {
		if n > maxChunk/g.bytes {
			return fmt.Errorf("chunks of shape %d; up to %d bytes are accepted", g.chunk, maxChunk)
		}
		g.bytes *= n
		g.counts = append(g.counts, ceil(s.dims[i], n))
		most := uint64(undefined)
		if s.most[i] != undefined {
			most = ceil(s.most[i], n)
		}
		g.most = append(g.most, most)
	}
	d.grid = g
	return nil
}

func ceil(a, b uint64) uint64 {
	n := a / b
	if a%b != 0 {
		n++
	}
	return n
}

// Rows returns the length of the first dimension, 1 for a scalar.
func (d *Dataset) Rows() uint64 {
	if len(d.dims) == 0 {
		return 1
	}
	return d.dims[0]
}

// RowSize returns the number of values of a row: the product of the other dimensions.
func (d *Dataset) RowSize() uint64 { return d.rowElements() * d.Type.perElement() }

// rowElements is RowSize without the dimensions of an array type.
func (d *Dataset) rowElements() uint64 {
	n := uint64(1)
	if len(d.dims) > 1 {
		for _, m := range d.dims[1:] {
			n *= m
		}
	}
	return n
}

// Attributes returns the attributes of the data set, sorted by name.
func (d *Dataset) Attributes() ([]Attribute, error) { return d.file.Attributes(d.Path) }

// StoredAtMost returns a bound on the bytes of values that the file can hold,
// whatever it says: how far compressed data can expand, at best.
func (d *Dataset) StoredAtMost() uint64 {
	size := d.file.src.size
	if len(d.filters) > 0 && size < 1<<50 {
		size *= expansion
	}
	return size
}

// ChunkRows returns how many rows are stored together: reading whole multiples of
// them, from a multiple on, decodes nothing twice. 1 where rows can be had one by one.
func (d *Dataset) ChunkRows() uint64 {
	if d.grid == nil {
		return 1
	}
	return d.grid.chunk[0]
}
