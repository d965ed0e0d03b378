package hdf5

import "fmt"

// layoutKind says how the values of a data set stand in the file.
type layoutKind uint8

const (
	compact layoutKind = iota
	contiguous
	chunked
)

// Indexes of chunks.
const (
	indexTree1      = 0 // layouts of version 3
	indexSingle     = 1
	indexImplicit   = 2
	indexFixed      = 3
	indexExtensible = 4
	indexTree2      = 5
)

type layout struct {
	kind  layoutKind
	data  []byte // compact
	addr  uint64 // of the values, or of the index
	size  uint64 // contiguous: bytes
	chunk []uint64
	index uint8
	// single chunk, stored with filters
	filtered   bool
	storedSize uint64
	storedMask uint32
	// whole chunks alone are filtered
	plainEdges bool
	pageBits   int // fixed array
}

func parseLayout(c *cursor, rank int) (*layout, error) {
	version, class := c.u8(), c.u8()
	if version != 3 && version != 4 {
		return nil, fmt.Errorf("layout of version %d; 3 and 4 are accepted", version)
	}
	l := &layout{kind: layoutKind(class)}
	switch {
	case class == 0:
		l.data = c.take(uint64(c.u16()))
	case class == 1:
		l.addr, l.size = c.offset(), c.length()
	case class == 3:
		return nil, fmt.Errorf("a virtual data set, whose values are in other files, is not supported")
	case class != 2:
		return nil, fmt.Errorf("layout of class %d; 0 to 2 are accepted", class)
	case version == 3:
		n := int(c.u8())
		l.addr = c.offset()
		if err := l.dims(c, n, 4, rank); err != nil {
			return nil, err
		}
	default:
		flags := c.u8()
		l.plainEdges = flags&1 != 0
		n, width := int(c.u8()), int(c.u8())
		if err := l.dims(c, n, width, rank); err != nil {
			return nil, err
		}
		l.index = c.u8()
		switch l.index {
		case indexSingle:
			if l.filtered = flags&2 != 0; l.filtered {
				l.storedSize, l.storedMask = c.length(), c.u32()
			}
		case indexImplicit:
		case indexFixed:
			l.pageBits = int(c.u8())
		case indexExtensible:
			c.skip(5)
		case indexTree2:
			c.skip(6)
		default:
			return nil, fmt.Errorf("chunks with an index of type %d; 1 to 5 are accepted", l.index)
		}
		l.addr = c.offset()
	}
	return l, c.err()
}

// dims decodes the shape of the chunks, and the bytes of an element behind it.
func (l *layout) dims(c *cursor, n, width, rank int) error {
	if n != rank+1 || width < 1 || width > 8 {
		return fmt.Errorf("chunks of %d dimensions in a data set of %d", n-1, rank)
	}
	for range rank {
		d := c.uint(width)
		if d == 0 {
			return fmt.Errorf("chunks of length 0")
		}
		l.chunk = append(l.chunk, d)
	}
	c.uint(width)
	return c.err()
}

// parseFill returns the bytes of the fill value, nil for zeros.
func parseFill(c *cursor, size uint64) ([]byte, error) {
	version := c.u8()
	defined := true
	switch version {
	case 1, 2:
		c.skip(2)
		defined = c.u8() != 0 || version == 1
	case 3:
		defined = c.u8()&0x20 != 0
	default:
		return nil, fmt.Errorf("fill value of version %d; 1 to 3 are accepted", version)
	}
	if !defined {
		return nil, c.err()
	}
	n := uint64(c.u32())
	if n == 0 || c.bad {
		return nil, c.err()
	}
	if n != size {
		return nil, fmt.Errorf("a fill value of %d bytes for elements of %d", n, size)
	}
	return c.take(n), c.err()
}
