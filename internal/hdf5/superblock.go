package hdf5

import (
	"errors"
	"fmt"
)

const signature = "\x89HDF\r\n\x1a\n"

// openSuperblock finds the superblock and returns the address of the root group's
// object header.
func openSuperblock(s *source) (root uint64, err error) {
	for s.base = 0; ; s.base = max(512, 2*s.base) { // behind a user block of 512, 1024, … bytes
		if s.base >= s.size || s.size-s.base < 8 {
			s.base = 0
			return 0, errors.New("not an HDF5 file")
		}
		b, err := s.read(0, 8)
		if err != nil {
			return 0, err
		}
		if string(b) == signature {
			break
		}
	}
	s.offsetSize, s.lengthSize = 8, 8
	head, err := s.block("superblock", signature, 0, min(s.size-s.base, 16))
	if err != nil {
		return 0, err
	}
	version := head.u8()
	var c *cursor
	switch version {
	case 0, 1:
		head.skip(4)
	case 2, 3:
	default:
		return 0, fmt.Errorf("superblock of version %d; 0 to 3 are accepted", version)
	}
	s.offsetSize, s.lengthSize = int(head.u8()), int(head.u8())
	if head.bad || !wordSize(s.offsetSize) || !wordSize(s.lengthSize) {
		return 0, fmt.Errorf("superblock: addresses of %d and lengths of %d bytes; 2, 4 and 8 are accepted", s.offsetSize, s.lengthSize)
	}
	o := uint64(s.offsetSize)
	var end uint64
	if version < 2 {
		n := 24 + 6*o + 24
		if version == 1 {
			n += 4
		}
		if c, err = s.block("superblock", signature, 0, n); err != nil {
			return 0, err
		}
		c.skip(int(n - 8 - 6*o - 24)) // up to the base address
		c.offset()                    // base address
		c.offset()                    // free space
		end = c.offset()
		c.offset() // driver information
		c.offset() // the root's name
		root = c.offset()
	} else {
		if c, err = s.sealed("superblock", signature, 0, 12+4*o+4); err != nil {
			return 0, err
		}
		c.skip(4)
		c.offset() // base address
		c.offset() // extension
		end = c.offset()
		root = c.offset()
	}
	if end != undefined && end > s.size {
		return 0, fmt.Errorf("truncated: the file should have %d bytes, it has %d", end, s.size)
	}
	return root, c.err()
}

func wordSize(n int) bool { return n == 2 || n == 4 || n == 8 }
