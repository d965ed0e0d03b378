package hdf5

import (
	"fmt"
	"math/bits"
)

// tree2 is the header of a B-tree of version 2.
type tree2 struct {
	src                  *source
	kind                 uint8
	nodeSize, recordSize uint64
	depth                int
	// widths of the fields of a child pointer: the number of its records, and of those
	// of its subtree where the child stands at level i
	countWidth int
	totalWidth [maxTreeLevel + 1]int
	seen       map[uint64]bool
}

// bytesFor returns the bytes that hold numbers up to n.
func bytesFor(n uint64) int { return max(1, (bits.Len64(n)+7)/8) }

// walkTree2 calls record for every record of a B-tree of version 2, in order.
func (s *source) walkTree2(addr uint64, kind uint8, record func(c *cursor) error) error {
	c, err := s.sealed("B-tree header", "BTHD", addr, uint64(4+1+1+4+2+2+1+1+s.offsetSize+2+s.lengthSize+4))
	if err != nil {
		return err
	}
	version, got := c.u8(), c.u8()
	t := &tree2{src: s, kind: kind, seen: map[uint64]bool{}}
	t.nodeSize, t.recordSize, t.depth = uint64(c.u32()), uint64(c.u16()), int(c.u16())
	c.skip(2)
	root, count := c.offset(), uint64(c.u16())
	switch {
	case version != 0:
		return fmt.Errorf("the B-tree header at byte %d: version %d; 0 is accepted", addr, version)
	case got != kind:
		return fmt.Errorf("the B-tree header at byte %d: type %d; %d is expected", addr, got, kind)
	case t.depth > maxTreeLevel || t.recordSize == 0 || t.nodeSize < 10+t.recordSize || t.nodeSize > maxBlock:
		return fmt.Errorf("the B-tree header at byte %d: records of %d bytes in nodes of %d, %d levels", addr, t.recordSize, t.nodeSize, t.depth)
	}
	if root == undefined {
		return nil // no records
	}
	most := (t.nodeSize - 10) / t.recordSize // records of a node of the level
	t.countWidth = bytesFor(most)
	total := most // records of a subtree of the level
	for level := 1; level <= t.depth; level++ {
		pointer := uint64(s.offsetSize + t.countWidth + t.totalWidth[level-1])
		if t.nodeSize < 10+pointer {
			return fmt.Errorf("the B-tree header at byte %d: nodes of %d bytes are too small", addr, t.nodeSize)
		}
		most = (t.nodeSize - 10 - pointer) / (t.recordSize + pointer)
		hi, lo := bits.Mul64(most+1, total)
		if total = lo + most; hi != 0 || total < lo {
			return fmt.Errorf("the B-tree header at byte %d: %d levels are too many", addr, t.depth)
		}
		t.totalWidth[level] = bytesFor(total)
	}
	return t.walk(root, count, t.depth, record)
}

func (t *tree2) walk(addr, count uint64, level int, record func(c *cursor) error) error {
	if t.seen[addr] {
		return fmt.Errorf("the B-tree: the node at byte %d is met twice", addr)
	}
	t.seen[addr] = true
	sign, used := "BTLF", 10+count*t.recordSize
	if level > 0 {
		sign = "BTIN"
		used += (count + 1) * uint64(t.src.offsetSize+t.countWidth+t.totalWidth[level-1])
	}
	if used > t.nodeSize || count > t.nodeSize {
		return fmt.Errorf("the B-tree node at byte %d: %d records do not fit", addr, count)
	}
	c, err := t.src.sealed("B-tree node", sign, addr, used)
	if err != nil {
		return err
	}
	if version, kind := c.u8(), c.u8(); version != 0 || kind != t.kind {
		return fmt.Errorf("the B-tree node at byte %d: version %d and type %d; 0 and %d are expected", addr, version, kind, t.kind)
	}
	records := c.sub("B-tree records", count*t.recordSize)
	for i := uint64(0); ; i++ {
		if level > 0 {
			child, n := c.offset(), c.uint(t.countWidth)
			c.skip(t.totalWidth[level-1])
			if err := t.walk(child, n, level-1, record); err != nil {
				return err
			}
		}
		if i == count {
			return c.err()
		}
		if err := record(records.sub("B-tree record", t.recordSize)); err != nil {
			return err
		}
	}
}
