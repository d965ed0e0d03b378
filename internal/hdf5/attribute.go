package hdf5

import (
	"fmt"
	"slices"
	"strings"
)

// Attribute is a small named value beside a group or a data set.
type Attribute struct {
	Name  string
	Shape []uint64 // nil for a single value
	// Numbers or Strings has the values; neither where the type is not supported.
	Numbers []float64
	Strings []string
}

// attributes reads the attributes of an object, sorted by name.
func (s *source) attributes(h *header) ([]Attribute, error) {
	var list []Attribute
	add := func(c *cursor) error {
		a, err := s.parseAttribute(c)
		if err == nil {
			list = append(list, *a)
		}
		return err
	}
	for _, m := range h.messages {
		if m.kind == msgAttribute {
			c := *m.body
			if err := add(&c); err != nil {
				return nil, err
			}
		}
	}
	if info := h.get(msgAttrInfo); info != nil {
		info.skip(1)
		if flags := info.u8(); flags&1 != 0 {
			info.skip(2)
		}
		heap, tree := info.offset(), info.offset()
		if err := info.err(); err != nil {
			return nil, err
		}
		if heap != undefined {
			const nameIndex = 8
			if err := s.heapObjects("attribute", heap, tree, nameIndex, 0, add); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(list, func(a, b Attribute) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (s *source) parseAttribute(c *cursor) (*Attribute, error) {
	version, flags := c.u8(), c.u8()
	names, types, spaces := uint64(c.u16()), uint64(c.u16()), uint64(c.u16())
	pad := func(n uint64) uint64 { return n }
	switch version {
	case 1:
		flags = 0
		pad = func(n uint64) uint64 { return (n + 7) &^ 7 }
	case 2:
	case 3:
		c.skip(1)
	default:
		return nil, fmt.Errorf("attribute of version %d; 1 to 3 are accepted", version)
	}
	a := &Attribute{Name: c.text(pad(names))}
	typeBody := c.sub("data type", pad(types))
	spaceBody := c.sub("data space", pad(spaces))
	if err := c.err(); err != nil {
		return nil, err
	}
	var err error
	if flags&1 != 0 {
		if typeBody, err = s.sharedMessage(msgDatatype, typeBody, 0); err != nil {
			return nil, fmt.Errorf("attribute %.60q: %w", a.Name, err)
		}
	}
	if flags&2 != 0 {
		return nil, fmt.Errorf("attribute %.60q: a shared data space is not supported", a.Name)
	}
	t, err := parseType(typeBody, 0)
	if err != nil {
		return nil, fmt.Errorf("attribute %.60q: %w", a.Name, err)
	}
	space, err := parseDataspace(spaceBody)
	if err != nil {
		return nil, fmt.Errorf("attribute %.60q: %w", a.Name, err)
	}
	a.Shape = append(space.dims, t.Dims...)
	n, err := space.count(t.elementSize())
	if err != nil {
		return nil, fmt.Errorf("attribute %.60q: %w", a.Name, err)
	}
	data := c.take(n * t.elementSize())
	if c.bad {
		return nil, fmt.Errorf("attribute %.60q ends too early", a.Name)
	}
	if err := a.decode(s, t, data); err != nil {
		return nil, fmt.Errorf("attribute %.60q: %w", a.Name, err)
	}
	return a, nil
}

func (a *Attribute) decode(s *source, t *Type, data []byte) error {
	switch {
	case t.Numeric():
		a.Numbers = make([]float64, len(data)/t.Size)
		convert(t, a.Numbers, data, 1, t.Size)
	case t.Class == String:
		a.Strings = []string{}
		for ; len(data) > 0; data = data[t.Size:] {
			a.Strings = append(a.Strings, fixedString(data[:t.Size], t.padding))
		}
	case t.Class == VarString:
		a.Strings = []string{}
		left := uint64(maxBlock)
		for ; len(data) >= t.Size; data = data[t.Size:] {
			text, err := s.varString(&cursor{b: data[:t.Size], src: s, what: "string"}, &left)
			if err != nil {
				return err
			}
			a.Strings = append(a.Strings, text)
		}
	}
	return nil
}

// fixedString cuts the padding off a string of fixed length.
func fixedString(b []byte, padding uint8) string {
	text, _, _ := strings.Cut(string(b), "\x00")
	if padding == 2 {
		text = strings.TrimRight(text, " ")
	}
	return text
}

// varString reads a string from a global heap. left is how many bytes may still be
// read.
func (s *source) varString(c *cursor, left *uint64) (string, error) {
	n, addr, index := uint64(c.u32()), c.offset(), uint16(c.u32())
	if err := c.err(); err != nil {
		return "", err
	}
	if n == 0 || addr == 0 || addr == undefined {
		return "", nil
	}
	head, err := s.block("global heap", "GCOL", addr, uint64(8+s.lengthSize))
	if err != nil {
		return "", err
	}
	head.skip(4)
	size := head.length()
	if n > size || size > *left {
		return "", fmt.Errorf("global heap at byte %d: a string of %d bytes in a heap of %d", addr, n, size)
	}
	*left -= size
	heap, err := s.block("global heap", "GCOL", addr, size)
	if err != nil {
		return "", err
	}
	heap.skip(4 + s.lengthSize)
	for len(heap.b) >= 8+s.lengthSize {
		i := heap.u16()
		heap.skip(6)
		length := heap.length()
		if i == 0 {
			break // free space
		}
		if i == index {
			b := heap.take(length)
			if heap.bad || n > length {
				return "", fmt.Errorf("global heap at byte %d: object %d ends too early", addr, index)
			}
			text, _, _ := strings.Cut(string(b[:n]), "\x00")
			return text, nil
		}
		if length > uint64(len(heap.b)) {
			break
		}
		heap.take((length + 7) &^ 7)
	}
	return "", fmt.Errorf("global heap at byte %d has no object %d", addr, index)
}
