package hdf5

import (
	"cmp"
	"fmt"
	"slices"
)

// storedChunk is where a chunk stands in the file.
type storedChunk struct {
	number uint64 // in row-major order of the grid of chunks
	addr   uint64
	size   uint64
	mask   uint32 // filters left out
}

// grid is how chunks cover a data set.
type grid struct {
	counts []uint64 // chunks along every dimension
	most   []uint64 // the same for the greatest dimensions; undefined where unlimited
	chunk  []uint64
	bytes  uint64 // of a chunk
}

// number returns the row-major number of a chunk, false where it lies outside.
func (g *grid) number(at []uint64) (uint64, bool) {
	n := uint64(0)
	for i, a := range at {
		if a >= g.counts[i] {
			return 0, false
		}
		n = n*g.counts[i] + a
	}
	return n, true
}

// chunkIndex reads the places of all chunks, sorted by number.
func (d *Dataset) chunkIndex() ([]storedChunk, error) {
	g, l := d.grid, d.layout
	if l.addr == undefined {
		return nil, nil // nothing was written
	}
	var list []storedChunk
	add := func(at []uint64, c storedChunk) {
		if n, ok := g.number(at); ok && c.addr != undefined {
			c.number = n
			list = append(list, c)
		}
	}
	var err error
	switch l.index {
	case indexTree1:
		err = d.tree1Index(add)
	case indexTree2:
		err = d.tree2Index(add)
	case indexSingle:
		size := g.bytes
		if l.filtered {
			size = l.storedSize
		}
		add(make([]uint64, len(g.counts)), storedChunk{addr: l.addr, size: size, mask: l.storedMask})
	case indexImplicit:
		err = d.implicitIndex(add)
	case indexFixed:
		err = d.fixedIndex(add)
	case indexExtensible:
		err = d.extensibleIndex(add)
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b storedChunk) int { return cmp.Compare(a.number, b.number) })
	for i := 1; i < len(list); i++ {
		if list[i].number == list[i-1].number {
			return nil, fmt.Errorf("chunk %d is stored twice", list[i].number)
		}
	}
	return list, nil
}

func (d *Dataset) tree1Index(add func([]uint64, storedChunk)) error {
	rank := len(d.grid.chunk)
	at := make([]uint64, rank)
	return d.file.src.walkTree1(d.layout.addr, 1, 8+8*(rank+1), func(key *cursor, child uint64) error {
		c := storedChunk{addr: child, size: uint64(key.u32()), mask: key.u32()}
		for i, n := range d.grid.chunk {
			x := key.uint(8)
			if x%n != 0 {
				return fmt.Errorf("a chunk begins at %d, no multiple of its length %d", x, n)
			}
			at[i] = x / n
		}
		add(at, c)
		return nil
	})
}

func (d *Dataset) tree2Index(add func([]uint64, storedChunk)) error {
	rank := len(d.grid.chunk)
	kind := uint8(10)
	if len(d.filters) > 0 {
		kind = 11
	}
	at := make([]uint64, rank)
	return d.file.src.walkTree2(d.layout.addr, kind, func(r *cursor) error {
		c := storedChunk{addr: r.offset(), size: d.grid.bytes}
		if kind == 11 {
			width := len(r.b) - 4 - 8*rank
			if width < 1 || width > 8 {
				return fmt.Errorf("the B-tree of chunks: sizes of %d bytes", width)
			}
			c.size, c.mask = r.uint(width), r.u32()
		}
		for i := range at {
			at[i] = r.uint(8)
		}
		add(at, c)
		return r.err()
	})
}

// coordinates returns the place in the grid of the chunk of an array index: row-major
// over the greatest dimensions, the unlimited one (or -1) first.
func (g *grid) coordinates(at []uint64, i uint64, unlimited int) {
	for k := len(at) - 1; k >= 0; k-- {
		if k != unlimited {
			at[k] = i % g.most[k]
			i /= g.most[k]
		}
	}
	if unlimited >= 0 {
		at[unlimited] = i
	} else if i > 0 {
		at[0] = undefined
	}
}

// size returns the number of chunks that an array lists; the file's size bounds those
// that can be stored.
func (g *grid) size() uint64 {
	n := uint64(1)
	for _, m := range g.most {
		if m == undefined || m != 0 && n > undefined/m {
			return undefined
		}
		n *= m
	}
	return n
}

func (d *Dataset) implicitIndex(add func([]uint64, storedChunk)) error {
	n := d.grid.size()
	if n > d.file.src.size/d.grid.bytes {
		return fmt.Errorf("%d chunks of %d bytes do not fit the file", n, d.grid.bytes)
	}
	at := make([]uint64, len(d.grid.chunk))
	for i := range n {
		d.grid.coordinates(at, i, -1)
		add(at, storedChunk{addr: d.layout.addr + i*d.grid.bytes, size: d.grid.bytes})
	}
	return nil
}

// arrayEntry decodes an element of an array: where a chunk is stored.
func (d *Dataset) arrayEntry(c *cursor, width int, filtered bool) storedChunk {
	e := storedChunk{addr: c.offset(), size: d.grid.bytes}
	if filtered {
		e.size, e.mask = c.uint(width-d.file.src.offsetSize-4), c.u32()
	}
	return e
}

// checkElement holds the element of an array's header against the filters.
func (d *Dataset) checkElement(what string, version, client uint8, width int) (filtered bool, err error) {
	o := d.file.src.offsetSize
	filtered = client == 1
	switch {
	case version != 0:
		return false, fmt.Errorf("%s of version %d; 0 is accepted", what, version)
	case client > 1 || filtered != (len(d.filters) > 0):
		return false, fmt.Errorf("%s does not fit the data set's filters", what)
	case !filtered && width != o, filtered && (width < o+4+1 || width > o+4+8):
		return false, fmt.Errorf("%s with elements of %d bytes", what, width)
	}
	return filtered, nil
}

func (d *Dataset) fixedIndex(add func([]uint64, storedChunk)) error {
	s := d.file.src
	o := s.offsetSize
	c, err := s.sealed("fixed array", "FAHD", d.layout.addr, uint64(4+4+s.lengthSize+o+4))
	if err != nil {
		return err
	}
	version, client, width, bits := c.u8(), c.u8(), int(c.u8()), int(c.u8())
	n, addr := c.length(), c.offset()
	filtered, err := d.checkElement("fixed array", version, client, width)
	if err != nil {
		return err
	}
	if addr == undefined {
		return nil
	}
	if bits > 32 || n > s.size/uint64(width) {
		return fmt.Errorf("fixed array of %d elements, which do not fit the file", n)
	}
	at := make([]uint64, len(d.grid.chunk))
	take := func(c *cursor, from, n uint64) {
		for i := range n {
			d.grid.coordinates(at, from+i, -1)
			add(at, d.arrayEntry(c, width, filtered))
		}
	}
	page := uint64(1) << bits
	prefix := uint64(4 + 1 + 1 + o)
	if n <= page {
		c, err := s.sealed("fixed array", "FADB", addr, prefix+n*uint64(width)+4)
		if err != nil {
			return err
		}
		c.skip(2 + o)
		take(c, 0, n)
		return c.err()
	}
	pages := (n + page - 1) / page
	bitmap := (pages + 7) / 8
	if c, err = s.sealed("fixed array", "FADB", addr, prefix+bitmap+4); err != nil {
		return err
	}
	c.skip(2 + o)
	used := c.take(bitmap)
	addr += prefix + bitmap + 4
	for p := range pages {
		from := p * page
		m := min(page, n-from)
		if used[p/8]>>(7-p%8)&1 != 0 {
			c, err := s.sealed("page of a fixed array", "", addr, m*uint64(width)+4)
			if err != nil {
				return err
			}
			take(c, from, m)
		}
		addr += page*uint64(width) + 4
	}
	return nil
}
