package hdf5

import (
	"errors"
	"fmt"
	"math/bits"
)

// fractalHeap holds the links or attributes of an object that has many.
type fractalHeap struct {
	src             *source
	idSize          int
	offsetBytes     int // of an object's place in the heap
	lengthBytes     int // of its length
	checksums       bool
	width           uint64 // blocks of a row
	start, maxBlock uint64 // bytes of the smallest and of the largest direct block
	root            uint64
	rows            int // of the root, 0 where it is a direct block
}

func (s *source) openFractalHeap(addr uint64) (*fractalHeap, error) {
	o, l := s.offsetSize, s.lengthSize
	c, err := s.sealed("fractal heap", "FRHP", addr, uint64(4+1+2+2+1+4+l+o+l+o+8*l+2+2*l+2+2+o+2+4))
	if err != nil {
		// With filters the header is longer, so that its checksum does not fit.
		if plain, e := s.block("fractal heap", "FRHP", addr, 9); e == nil {
			plain.skip(3)
			if plain.u16() != 0 {
				return nil, errors.New("a fractal heap with filters is not supported")
			}
		}
		return nil, err
	}
	h := &fractalHeap{src: s}
	version := c.u8()
	h.idSize = int(c.u16())
	c.skip(2)
	flags := c.u8()
	h.checksums = flags&2 != 0
	managed := uint64(c.u32())
	c.skip(l + o + l + o + 8*l)
	h.width = uint64(c.u16())
	h.start, h.maxBlock = c.length(), c.length()
	heapBits := int(c.u16())
	c.skip(2)
	h.root, h.rows = c.offset(), int(c.u16())
	h.offsetBytes = (heapBits + 7) / 8
	h.lengthBytes = min((bits.Len64(h.maxBlock)-1+7)/8, bytesFor(managed))
	power := func(n uint64) bool { return n != 0 && n&(n-1) == 0 }
	if version != 0 || !power(h.width) || !power(h.start) || !power(h.maxBlock) || h.start > h.maxBlock ||
		h.maxBlock > maxBlock || heapBits > 64 || h.rows > 64 || h.idSize < 1+h.offsetBytes+h.lengthBytes {
		return nil, fmt.Errorf("fractal heap at byte %d: its header makes no sense", addr)
	}
	return h, nil
}

// object returns the bytes that a heap ID stands for.
func (h *fractalHeap) object(id *cursor) ([]byte, error) {
	flags := id.u8()
	switch kind := flags >> 4 & 3; {
	case flags>>6 != 0:
		return nil, fmt.Errorf("heap ID of version %d; 0 is accepted", flags>>6)
	case kind == 2:
		b := id.take(uint64(flags&15) + 1)
		return b, id.err()
	case kind != 0:
		return nil, errors.New("an object too large for its fractal heap is not supported")
	}
	at, n := id.uint(h.offsetBytes), id.uint(h.lengthBytes)
	if err := id.err(); err != nil {
		return nil, err
	}
	addr, size, offset, err := h.find(at)
	if err != nil {
		return nil, err
	}
	if offset > size || n > size-offset {
		return nil, fmt.Errorf("fractal heap: an object of %d bytes leaves its block", n)
	}
	return h.src.read(addr+offset, n)
}

// rowSize returns the size of the blocks in a row of an indirect block.
func (h *fractalHeap) rowSize(row int) uint64 {
	if row == 0 {
		return h.start
	}
	if row-1 > bits.LeadingZeros64(h.start)-1 {
		return undefined
	}
	return h.start << (row - 1)
}

// find returns the direct block that holds a place of the heap, its size, and the
// place within it.
func (h *fractalHeap) find(at uint64) (addr, size, offset uint64, err error) {
	addr, rows := h.root, h.rows
	if rows == 0 {
		return addr, h.start, at, nil
	}
	directRows := bits.Len64(h.maxBlock) - bits.Len64(h.start) + 2
	for range maxTreeLevel {
		row := 0
		var block uint64
		for ; ; row++ {
			block = h.rowSize(row)
			if row >= rows || block == undefined || block > undefined/h.width {
				return 0, 0, 0, errors.New("fractal heap: an object lies outside of it")
			}
			if at < block*h.width {
				break
			}
			at -= block * h.width
		}
		column := at / block
		at %= block
		entries := uint64(rows) * h.width
		o := uint64(h.src.offsetSize)
		c, err := h.src.sealed("fractal heap block", "FHIB", addr, 4+1+o+uint64(h.offsetBytes)+entries*o+4)
		if err != nil {
			return 0, 0, 0, err
		}
		c.take(1 + o + uint64(h.offsetBytes) + (uint64(row)*h.width+column)*o)
		addr = c.offset()
		if err := c.err(); err != nil {
			return 0, 0, 0, err
		}
		if row < directRows {
			return addr, block, at, nil
		}
		// The child's rows are as many as fill a block of its size.
		rows = bits.Len64(block) - bits.Len64(h.start*h.width) + 1
	}
	return 0, 0, 0, errors.New("fractal heap: nested too deep")
}
