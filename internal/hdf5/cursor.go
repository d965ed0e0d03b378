package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// undefined is the address of what does not exist.
const undefined = ^uint64(0)

// maxBlock bounds a block of metadata; real ones have a few kilobytes.
const maxBlock = 64 << 20

// source is the file's bytes. Addresses count from the superblock.
type source struct {
	r          io.ReaderAt
	size       uint64 // of the file
	base       uint64 // of the superblock, at most size
	offsetSize int    // bytes of an address
	lengthSize int    // bytes of a length
}

// read returns n bytes at an address.
func (s *source) read(addr, n uint64) ([]byte, error) {
	left := s.size - s.base
	if addr == undefined {
		return nil, errors.New("it has no address")
	}
	if addr > left || n > left-addr {
		return nil, fmt.Errorf("%d bytes at byte %d lie beyond the end of the file", n, addr)
	}
	b := make([]byte, n)
	if _, err := s.r.ReadAt(b, int64(s.base+addr)); err != nil && !(err == io.EOF && n == 0) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

// block returns a cursor over n bytes of metadata at an address, which begin with the
// signature.
func (s *source) block(what, signature string, addr, n uint64) (*cursor, error) {
	if n > maxBlock {
		return nil, fmt.Errorf("%s: %d bytes; up to %d are accepted", what, n, maxBlock)
	}
	b, err := s.read(addr, n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	c := &cursor{b: b, src: s, what: what, addr: addr}
	if got := c.take(uint64(len(signature))); string(got) != signature {
		return nil, fmt.Errorf("%s at byte %d: found %q where %q is expected", what, addr, got, signature)
	}
	return c, nil
}

// sealed is block for structures that end with a checksum, which it verifies and cuts
// off.
func (s *source) sealed(what, signature string, addr, n uint64) (*cursor, error) {
	c, err := s.block(what, "", addr, n)
	if err != nil {
		return nil, err
	}
	end := len(c.b) - 4
	if end < len(signature) {
		return nil, fmt.Errorf("%s at byte %d: %d bytes are too few", what, addr, n)
	}
	if got := c.b[:len(signature)]; string(got) != signature {
		return nil, fmt.Errorf("%s at byte %d: found %q where %q is expected", what, addr, got, signature)
	}
	if lookup3(c.b[:end]) != binary.LittleEndian.Uint32(c.b[end:]) {
		return nil, fmt.Errorf("%s at byte %d: wrong checksum; the file is damaged", what, addr)
	}
	c.b = c.b[len(signature):end]
	return c, nil
}

// cursor decodes a block from front to back. Reading beyond the end gives zeros and
// makes err return an error.
type cursor struct {
	b    []byte // what is left
	src  *source
	what string
	addr uint64
	bad  bool
}

func (c *cursor) err() error {
	if c.bad {
		return fmt.Errorf("%s at byte %d ends too early", c.what, c.addr)
	}
	return nil
}

// take returns the next n bytes.
func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return nil
	}
	b := c.b[:n:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) skip(n int) { c.take(uint64(n)) }

// uint decodes a little-endian integer of n bytes, at most 8.
func (c *cursor) uint(n int) uint64 {
	var u uint64
	for i, b := range c.take(uint64(n)) {
		u |= uint64(b) << (8 * i)
	}
	return u
}

func (c *cursor) u8() uint8      { return uint8(c.uint(1)) }
func (c *cursor) u16() uint16    { return uint16(c.uint(2)) }
func (c *cursor) u32() uint32    { return uint32(c.uint(4)) }
func (c *cursor) length() uint64 { return c.uint(c.src.lengthSize) }

// offset decodes an address.
func (c *cursor) offset() uint64 {
	u := c.uint(c.src.offsetSize)
	if u == undefined>>(64-8*c.src.offsetSize) {
		return undefined
	}
	return u
}

// text decodes a string that ends with a zero byte, within the next n bytes, and takes
// all of them.
func (c *cursor) text(n uint64) string {
	b := c.take(n)
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// sub returns a cursor over the next n bytes.
func (c *cursor) sub(what string, n uint64) *cursor {
	b := c.take(n)
	return &cursor{b: b, src: c.src, what: what, addr: c.addr, bad: c.bad}
}
