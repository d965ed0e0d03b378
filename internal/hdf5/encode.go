package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// The oldest version of everything is written: what the specification calls
// superblock 0 (II.A), object headers 1 (IV.A.1.a), B-trees 1 (III.A.1), symbol tables
// (III.B) and local heaps (III.D). Addresses and lengths have 8 bytes.

const (
	superblockSize = 96
	groupK         = 16 // half of the children of a node of a group's B-tree
	chunkK         = 32 // the same of a data set's, which superblock 0 fixes
)

// encoder writes the metadata of a file, from the leaves to the root.
type encoder struct {
	w     *Writer
	leaf  int    // half of the entries of a symbol table node
	heap  uint64 // of the texts of all attributes
	index int    // of the next text
	err   error
}

var le = binary.LittleEndian

func superblock(root, end uint64, leaf int) []byte {
	b := append([]byte(signature), 0, 0, 0, 0, 0, 8, 8, 0)
	b = le.AppendUint16(b, uint16(leaf))
	b = le.AppendUint16(b, groupK)
	b = le.AppendUint32(b, 0)
	for _, v := range []uint64{0, undefined, end, undefined, 0, root} {
		b = le.AppendUint64(b, v) // base, free space, end, driver; name and header of the root
	}
	return append(b, make([]byte, 24)...)
}

// outgoing is one message of an object header.
type outgoing struct {
	kind uint16
	body []byte
}

// header writes an object header.
func (e *encoder) header(list []outgoing) uint64 {
	var b []byte
	for _, m := range list {
		body := slices.Grow(m.body, 8)
		for len(body)%8 != 0 {
			body = append(body, 0)
		}
		if len(body) > math.MaxUint16 {
			e.err = errors.New("hdf5: a message of an object header is too long")
			return undefined
		}
		b = le.AppendUint16(b, m.kind)
		b = le.AppendUint16(b, uint16(len(body)))
		b = append(b, 0, 0, 0, 0)
		b = append(b, body...)
	}
	head := []byte{1, 0}
	head = le.AppendUint16(head, uint16(len(list)))
	head = le.AppendUint32(head, 1) // references
	head = le.AppendUint32(head, uint32(len(b)))
	head = append(head, 0, 0, 0, 0)
	return e.w.put(append(head, b...))
}

// object writes a group and what is in it, or a data set, and returns the address of its
// header.
func (e *encoder) object(n *node) uint64 {
	var list []outgoing
	if n.data != nil {
		list = e.dataset(n.data)
	} else {
		list = []outgoing{e.symbolTable(n)}
	}
	for _, a := range n.attributes {
		list = append(list, outgoing{msgAttribute, e.attribute(a)})
	}
	return e.header(list)
}

func (e *encoder) dataset(d *RowWriter) []outgoing {
	dims := []uint64{d.rows}
	for _, n := range d.row {
		dims = append(dims, uint64(n))
	}
	list := []outgoing{
		{msgDataspace, dataspaceBody(dims, d.opt.Rows == 0)},
		{msgDatatype, d.number.body()},
		// Zeros, written where values are missing; space is taken late, of chunks one by one.
		{msgFillValue, []byte{2, 3, 2, 1, 0, 0, 0, 0}},
	}
	if d.opt.Contiguous {
		list[2].body[1] = 2
		b := []byte{3, 1}
		b = le.AppendUint64(b, d.at)
		return append(list, outgoing{msgLayout, le.AppendUint64(b, d.rows*uint64(d.rowBytes))})
	}
	b := []byte{3, 2, byte(len(dims) + 1)}
	b = le.AppendUint64(b, e.chunkTree(d))
	b = le.AppendUint32(b, uint32(d.opt.ChunkRows))
	for _, n := range d.row {
		b = le.AppendUint32(b, uint32(n))
	}
	b = le.AppendUint32(b, uint32(d.number.size()))
	list = append(list, outgoing{msgLayout, b})
	if d.opt.Level > 0 || d.opt.Shuffle {
		list = append(list, outgoing{msgFilters, filterBody(d)})
	}
	return list
}

func filterBody(d *RowWriter) []byte {
	b := []byte{1, 0, 0, 0, 0, 0, 0, 0}
	add := func(id uint16, value int) {
		b[1]++
		b = le.AppendUint16(b, id)
		b = append(b, 0, 0, 1, 0, 1, 0) // no name; optional; one value
		b = le.AppendUint32(b, uint32(value))
		b = append(b, 0, 0, 0, 0)
	}
	if d.opt.Shuffle {
		add(filterShuffle, d.number.size())
	}
	if d.opt.Level > 0 {
		add(filterDeflate, d.opt.Level)
	}
	return b
}

func dataspaceBody(dims []uint64, unlimited bool) []byte {
	b := []byte{1, byte(len(dims)), 0, 0, 0, 0, 0, 0}
	for _, n := range dims {
		b = le.AppendUint64(b, n)
	}
	if unlimited {
		b[2] = 1
		b = le.AppendUint64(b, undefined)
		for _, n := range dims[1:] {
			b = le.AppendUint64(b, n)
		}
	}
	return b
}

// body is the message of the type.
func (t Number) body() []byte {
	bits := uint16(8 * t.size())
	if !t.float() {
		sign := byte(0)
		if t.signed() {
			sign = 8
		}
		b := []byte{0x10, sign, 0, 0}
		b = le.AppendUint32(b, uint32(t.size()))
		b = le.AppendUint16(b, 0)
		return le.AppendUint16(b, bits)
	}
	exponent, mantissa, bias := byte(8), byte(23), uint32(127)
	if t == Float64 {
		exponent, mantissa, bias = 11, 52, 1023
	}
	b := []byte{0x11, 0x20, byte(bits - 1), 0} // the leading 1 of a mantissa is not stored
	b = le.AppendUint32(b, uint32(t.size()))
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, bits)
	b = append(b, mantissa, exponent, 0, mantissa)
	return le.AppendUint32(b, bias)
}

func (e *encoder) attribute(a attribute) []byte {
	var kind, values []byte
	n := len(a.texts) + len(a.numbers) + len(a.integers)
	switch {
	case a.texts != nil:
		// Sequences of characters in UTF-8, each in the global heap.
		kind = []byte{0x19, 1, 1, 0, 16, 0, 0, 0, 0x13, 0x10, 0, 0, 1, 0, 0, 0}
		for _, s := range a.texts {
			values = le.AppendUint32(values, uint32(len(s)))
			if s == "" {
				values = append(values, make([]byte, 12)...)
				continue
			}
			e.index++
			values = le.AppendUint64(values, e.heap)
			values = le.AppendUint32(values, uint32(e.index))
		}
	case a.numbers != nil:
		kind = Float64.body()
		for _, v := range a.numbers {
			values = le.AppendUint64(values, math.Float64bits(v))
		}
	default:
		kind = Int64.body()
		for _, v := range a.integers {
			values = le.AppendUint64(values, uint64(v))
		}
	}
	space := dataspaceBody(nil, false)
	if !a.scalar {
		space = dataspaceBody([]uint64{uint64(n)}, false)
	}
	name := append([]byte(a.name), 0)
	b := []byte{1, 0}
	for _, part := range [][]byte{name, kind, space} {
		b = le.AppendUint16(b, uint16(len(part)))
	}
	for _, part := range [][]byte{name, kind, space} {
		b = append(b, part...)
		for len(b)%8 != 0 {
			b = append(b, 0)
		}
	}
	return append(b, values...)
}

// walk calls do for all attributes, in the order in which they are written.
func (n *node) walk(do func(a *attribute)) {
	for _, name := range slices.Sorted(maps.Keys(n.members)) {
		n.members[name].walk(do)
	}
	for i := range n.attributes {
		do(&n.attributes[i])
	}
}

// texts writes the global heap that has the texts of all attributes.
func (e *encoder) texts(root *node) {
	b := append([]byte("GCOL"), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	count := 0
	root.walk(func(a *attribute) {
		for _, s := range a.texts {
			if s == "" {
				continue
			}
			count++
			b = le.AppendUint16(b, uint16(count))
			b = append(b, 1, 0, 0, 0, 0, 0)
			b = le.AppendUint64(b, uint64(len(s)))
			b = append(b, s...)
			for len(b)%8 != 0 {
				b = append(b, 0)
			}
		}
	})
	if count == 0 {
		return
	}
	if count > math.MaxUint16 || len(b) > maxBlock/2 {
		e.err = fmt.Errorf("%s: %d texts in attributes of %d bytes; up to %d and %d are accepted", e.w.path, count, len(b), math.MaxUint16, maxBlock/2)
		return
	}
	const least = 4096 // bytes of a heap
	size := max(least, len(b)+16)
	le.PutUint64(b[8:], uint64(size))
	free := uint64(size - len(b))
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // object 0 is free space
	b = le.AppendUint64(b, free)
	e.heap = e.w.put(append(b, make([]byte, size-len(b))...))
}
