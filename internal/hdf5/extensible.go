package hdf5

import (
	"errors"
	"fmt"
	"math/bits"
)

// extensible is an extensible array, the index of chunks with one unlimited dimension:
// a few elements and the addresses of the first data blocks in an index block, those of
// later ones in super blocks, of ever more and ever larger data blocks.
type extensible struct {
	data      *Dataset
	filtered  bool
	width     int // bytes of an element
	blockBits int // the array's positions have so many bits
	minimum   uint64
	page      uint64 // elements of a page; larger data blocks are paged
	next      uint64 // index of the next element
	end       uint64 // one beyond the greatest index in use
	taken     uint64 // elements
	unlimited int    // dimension
	at        []uint64
	add       func([]uint64, storedChunk)
}

func (d *Dataset) extensibleIndex(add func([]uint64, storedChunk)) error {
	s := d.file.src
	o, l := s.offsetSize, s.lengthSize
	c, err := s.sealed("extensible array", "EAHD", d.layout.addr, uint64(4+8+6*l+o+4))
	if err != nil {
		return err
	}
	a := &extensible{data: d, add: add, at: make([]uint64, len(d.grid.chunk)), unlimited: -1}
	version, client := c.u8(), c.u8()
	a.width, a.blockBits = int(c.u8()), int(c.u8())
	inIndex, minimum, pointers, pageBits := uint64(c.u8()), uint64(c.u8()), uint64(c.u8()), int(c.u8())
	c.skip(4 * l)
	a.end = c.length()
	c.skip(l)
	index := c.offset()
	if a.filtered, err = d.checkElement("extensible array", version, client, a.width); err != nil {
		return err
	}
	power := func(n uint64) bool { return n != 0 && n&(n-1) == 0 }
	if a.blockBits > 64 || !power(minimum) || !power(pointers) || pointers < 2 || pageBits > 32 {
		return fmt.Errorf("extensible array at byte %d: its header makes no sense", d.layout.addr)
	}
	for i, m := range d.grid.most {
		if m == undefined {
			a.unlimited = i
		}
	}
	if index == undefined {
		return nil
	}
	a.minimum, a.page = minimum, 1<<pageBits
	// The index block lists the data blocks of the first super blocks itself.
	first := 2 * (bits.Len64(pointers) - 1)
	blocks := 2 * (pointers - 1)
	supers := 1 + a.blockBits - (bits.Len64(minimum) - 1) - first
	if supers < 0 {
		supers = 0
	}
	c, err = s.sealed("extensible array", "EAIB", index, uint64(4+2+o)+inIndex*uint64(a.width)+(blocks+uint64(supers))*uint64(o)+4)
	if err != nil {
		return err
	}
	c.skip(2 + o)
	if err := a.take(c, inIndex); err != nil {
		return err
	}
	for k := range first {
		n, size := a.superBlock(k)
		for range n {
			if err := a.dataBlock(c.offset(), size, nil, 0); err != nil {
				return err
			}
		}
	}
	for k := first; k < first+supers && a.next < a.end; k++ {
		if err := a.readSuper(c.offset(), k); err != nil {
			return err
		}
	}
	return c.err()
}

// superBlock returns the number of data blocks in super block k, and the number of
// their elements.
func (a *extensible) superBlock(k int) (blocks, elements uint64) {
	return 1 << (k / 2), a.minimum << ((k + 1) / 2)
}

// take reads n elements.
func (a *extensible) take(c *cursor, n uint64) error {
	// Blocks that are listed again and again would give more than the file holds.
	if a.taken += n; a.taken > a.data.file.src.size/uint64(a.width) {
		return errors.New("extensible array: more elements than fit the file")
	}
	for range n {
		if e := a.data.arrayEntry(c, a.width, a.filtered); a.next < a.end {
			a.data.grid.coordinates(a.at, a.next, a.unlimited)
			a.add(a.at, e)
		}
		a.next++
	}
	return c.err()
}

// skip passes over n elements that are not stored.
func (a *extensible) skip(n uint64) {
	if a.next += n; a.next < n {
		a.next = undefined
	}
}

// dataBlock reads a data block of n elements. used has a bit for each page of the paged
// blocks of a super block, this one's from bit first on.
func (a *extensible) dataBlock(addr, n uint64, used []byte, first uint64) error {
	if addr == undefined || a.next >= a.end {
		a.skip(n)
		return nil
	}
	s := a.data.file.src
	prefix := uint64(4+2+s.offsetSize) + uint64(a.blockBits+7)/8
	if n > s.size {
		return fmt.Errorf("extensible array: a block of %d elements does not fit the file", n)
	}
	width := uint64(a.width)
	if n <= a.page {
		c, err := s.sealed("block of an extensible array", "EADB", addr, prefix+n*width+4)
		if err != nil {
			return err
		}
		c.take(prefix - 4)
		return a.take(c, n)
	}
	if _, err := s.sealed("block of an extensible array", "EADB", addr, prefix+4); err != nil {
		return err
	}
	addr += prefix + 4
	for p := range n / a.page {
		if bit := first + p; bit/8 < uint64(len(used)) && used[bit/8]>>(7-bit%8)&1 == 0 {
			a.skip(a.page)
		} else {
			c, err := s.sealed("page of an extensible array", "", addr, a.page*width+4)
			if err != nil {
				return err
			}
			if err := a.take(c, a.page); err != nil {
				return err
			}
		}
		addr += a.page*width + 4
	}
	return nil
}

// readSuper reads super block k and its data blocks.
func (a *extensible) readSuper(addr uint64, k int) error {
	if k >= 100 || a.minimum > undefined>>((k+1)/2+k/2+1) {
		return fmt.Errorf("extensible array: %d super blocks are too many", k)
	}
	n, size := a.superBlock(k)
	if addr == undefined {
		a.skip(n * size)
		return nil
	}
	s := a.data.file.src
	o := uint64(s.offsetSize)
	if n > s.size/o || size > s.size {
		return fmt.Errorf("extensible array: super block %d does not fit the file", k)
	}
	pages, bitmap := uint64(0), uint64(0) // of a data block
	if size > a.page {
		pages = size / a.page
		bitmap = (pages + 7) / 8
	}
	prefix := 4 + 2 + o + uint64(a.blockBits+7)/8
	c, err := s.sealed("super block of an extensible array", "EASB", addr, prefix+n*(bitmap+o)+4)
	if err != nil {
		return err
	}
	c.take(prefix - 4)
	used := c.take(n * bitmap) // the bits of all blocks in one row
	for i := range n {
		if err := a.dataBlock(c.offset(), size, used, i*pages); err != nil {
			return err
		}
	}
	return c.err()
}
