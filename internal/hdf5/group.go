package hdf5

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// link is a name in a group.
type link struct {
	name string
	addr uint64 // of the object header
	soft string // path that a soft link stands for; then addr is undefined
}

const (
	maxLinks = 1 << 20 // of a group
	maxName  = 1 << 12 // bytes
)

// links returns the names in a group, sorted; ok is false where the object is none.
func (s *source) links(h *header) (links []link, ok bool, err error) {
	switch {
	case h.get(msgSymbolTable) != nil:
		links, err = s.symbolTable(h.get(msgSymbolTable))
	case h.get(msgLinkInfo) != nil || h.get(msgLink) != nil:
		links, err = s.newLinks(h)
	default:
		return nil, false, nil
	}
	if err != nil {
		return nil, true, err
	}
	slices.SortFunc(links, func(a, b link) int { return strings.Compare(a.name, b.name) })
	return links, true, nil
}

// symbolTable reads a group of the old kind: a B-tree of tables, and a heap of names.
func (s *source) symbolTable(c *cursor) ([]link, error) {
	tree, heap := c.offset(), c.offset()
	if err := c.err(); err != nil {
		return nil, err
	}
	names, err := s.localHeap(heap)
	if err != nil {
		return nil, err
	}
	name := func(at uint64) (string, error) {
		if at >= uint64(len(names)) {
			return "", errors.New("a name lies outside the local heap")
		}
		b := names[at:]
		i := bytes.IndexByte(b, 0)
		if i < 0 || i > maxName {
			return "", fmt.Errorf("a name does not end within %d bytes", maxName)
		}
		return string(b[:i]), nil
	}
	var links []link
	seen := map[uint64]bool{}
	err = s.walkTree1(tree, 0, s.lengthSize, func(_ *cursor, child uint64) error {
		if seen[child] {
			return fmt.Errorf("symbol table: the node at byte %d is met twice", child)
		}
		seen[child] = true
		head, err := s.block("symbol table", "SNOD", child, 8)
		if err != nil {
			return err
		}
		head.skip(2)
		n := uint64(head.u16())
		c, err := s.block("symbol table", "", child+8, n*uint64(2*s.offsetSize+24))
		if err != nil {
			return err
		}
		for range n {
			at, addr, cache := c.offset(), c.offset(), c.u32()
			c.skip(4)
			scratch := c.sub("symbol table entry", 16)
			l := link{addr: addr}
			if l.name, err = name(at); err != nil {
				return err
			}
			if cache == 2 {
				l.addr = undefined
				if l.soft, err = name(uint64(scratch.u32())); err != nil {
					return err
				}
			}
			if links = append(links, l); len(links) > maxLinks {
				return fmt.Errorf("a group has more than %d members", maxLinks)
			}
		}
		return nil
	})
	return links, err
}

// localHeap returns the bytes of the heap of a group's names.
func (s *source) localHeap(addr uint64) ([]byte, error) {
	c, err := s.block("local heap", "HEAP", addr, uint64(8+2*s.lengthSize+s.offsetSize))
	if err != nil {
		return nil, err
	}
	c.skip(4)
	size := c.length()
	c.length()
	data, err := s.block("local heap", "", c.offset(), size)
	if err != nil {
		return nil, err
	}
	return data.b, nil
}

// newLinks reads a group of the new kind: link messages, or a fractal heap of them.
func (s *source) newLinks(h *header) ([]link, error) {
	var links []link
	add := func(c *cursor) error {
		l, err := parseLink(c)
		if err != nil {
			return err
		}
		if links = append(links, l); len(links) > maxLinks {
			return fmt.Errorf("a group has more than %d members", maxLinks)
		}
		return nil
	}
	for _, m := range h.messages {
		if m.kind == msgLink {
			c := *m.body
			if err := add(&c); err != nil {
				return nil, err
			}
		}
	}
	info := h.get(msgLinkInfo)
	if info == nil {
		return links, nil
	}
	info.skip(1)
	if flags := info.u8(); flags&1 != 0 {
		info.skip(8)
	}
	heap, tree := info.offset(), info.offset()
	if err := info.err(); err != nil {
		return nil, err
	}
	if heap == undefined {
		return links, nil
	}
	const nameIndex = 5
	err := s.heapObjects("link", heap, tree, nameIndex, 4, add)
	return links, err
}

// heapObjects calls add for the objects of a fractal heap that a B-tree lists, with
// skip bytes of each record before the heap ID.
func (s *source) heapObjects(what string, heap, tree uint64, kind uint8, skip int, add func(*cursor) error) error {
	h, err := s.openFractalHeap(heap)
	if err != nil {
		return err
	}
	return s.walkTree2(tree, kind, func(record *cursor) error {
		record.skip(skip)
		b, err := h.object(record)
		if err != nil {
			return err
		}
		return add(&cursor{b: b, src: s, what: what, addr: heap})
	})
}

func parseLink(c *cursor) (link, error) {
	version, flags := c.u8(), c.u8()
	if version != 1 {
		return link{}, fmt.Errorf("link of version %d; 1 is accepted", version)
	}
	kind := uint8(0)
	if flags&8 != 0 {
		kind = c.u8()
	}
	if flags&4 != 0 {
		c.skip(8)
	}
	if flags&16 != 0 {
		c.skip(1)
	}
	n := c.uint(1 << (flags & 3))
	if n > maxName {
		return link{}, fmt.Errorf("a name of %d bytes; up to %d are accepted", n, maxName)
	}
	l := link{name: string(c.take(n)), addr: undefined}
	switch kind {
	case 0:
		l.addr = c.offset()
	case 1:
		l.soft = string(c.take(uint64(c.u16())))
	}
	return l, c.err() // links of other kinds, to other files, lead nowhere
}
