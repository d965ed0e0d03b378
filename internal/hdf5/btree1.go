package hdf5

import "fmt"

// maxTreeLevel bounds the height of a tree; real ones have one or two levels.
const maxTreeLevel = 32

// walkTree1 calls leaf for every entry of a B-tree of version 1: the key before a
// child, and the child's address. keySize is the bytes of a key.
func (s *source) walkTree1(root uint64, kind uint8, keySize int, leaf func(key *cursor, child uint64) error) error {
	seen := map[uint64]bool{}
	var walk func(addr uint64, level int) error
	walk = func(addr uint64, level int) error {
		if seen[addr] {
			return fmt.Errorf("the B-tree: the node at byte %d is met twice", addr)
		}
		seen[addr] = true
		head, err := s.block("B-tree node", "TREE", addr, 8)
		if err != nil {
			return err
		}
		got, l, used := head.u8(), int(head.u8()), int(head.u16())
		if got != kind {
			return fmt.Errorf("the B-tree node at byte %d: type %d; %d is expected", addr, got, kind)
		}
		if l > maxTreeLevel || level >= 0 && l != level {
			return fmt.Errorf("the B-tree node at byte %d: level %d does not fit its parent", addr, l)
		}
		start := addr + 8 + 2*uint64(s.offsetSize)
		c, err := s.block("B-tree node", "", start, uint64(used*(keySize+s.offsetSize)+keySize))
		if err != nil {
			return err
		}
		for range used {
			key := c.sub("B-tree key", uint64(keySize))
			child := c.offset()
			if l == 0 {
				err = leaf(key, child)
			} else {
				err = walk(child, l-1)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return walk(root, -1)
}
