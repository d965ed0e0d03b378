package hdf5

import (
	"errors"
	"fmt"
)

// Types of the messages of an object header that are read here.
const (
	msgDataspace    = 0x01
	msgLinkInfo     = 0x02
	msgDatatype     = 0x03
	msgFillValue    = 0x05
	msgLink         = 0x06
	msgExternal     = 0x07
	msgLayout       = 0x08
	msgFilters      = 0x0b
	msgAttribute    = 0x0c
	msgContinuation = 0x10
	msgSymbolTable  = 0x11
	msgAttrInfo     = 0x15
)

const maxHeaderBlocks = 1 << 12

type message struct {
	kind uint16
	body *cursor
}

// header is the list of messages that describe a group, a data set or a type.
type header struct {
	addr     uint64
	messages []message
}

// get returns the body of the first message of a kind, from its beginning, or nil.
func (h *header) get(kind uint16) *cursor {
	for _, m := range h.messages {
		if m.kind == kind {
			c := *m.body
			return &c
		}
	}
	return nil
}

// span is a part of an object header.
type span struct{ addr, size uint64 }

// readHeader reads the object header at an address.
func (s *source) readHeader(addr uint64) (*header, error) {
	return s.readHeaderDepth(addr, 0)
}

func (s *source) readHeaderDepth(addr uint64, depth int) (*header, error) {
	start, err := s.block("object header", "", addr, 4)
	if err != nil {
		return nil, err
	}
	h := &header{addr: addr}
	if string(start.b) == "OHDR" {
		err = s.readHeader2(h, depth)
	} else {
		err = s.readHeader1(h, depth)
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

func (s *source) readHeader1(h *header, depth int) error {
	c, err := s.block("object header", "", h.addr, 16)
	if err != nil {
		return err
	}
	if v := c.u8(); v != 1 {
		return fmt.Errorf("object header at byte %d: version %d; 1 and 2 are accepted", h.addr, v)
	}
	c.skip(1)
	count := int(c.u16())
	c.skip(4)
	blocks := []span{{h.addr + 16, uint64(c.u32())}}
	for i := 0; i < len(blocks); i++ {
		c, err := s.block("object header", "", blocks[i].addr, blocks[i].size)
		if err != nil {
			return err
		}
		for len(c.b) >= 8 && count > 0 {
			count--
			kind, size, flags := c.u16(), c.u16(), c.u8()
			c.skip(3)
			if err := s.addMessage(h, &blocks, kind, flags, c.sub("a message of an object header", uint64(size)), depth); err != nil {
				return err
			}
		}
		if err := c.err(); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) readHeader2(h *header, depth int) error {
	left := s.size - s.base - h.addr
	c, err := s.block("object header", "OHDR", h.addr, min(left, 34))
	if err != nil {
		return err
	}
	if v := c.u8(); v != 2 {
		return fmt.Errorf("object header at byte %d: version %d; 1 and 2 are accepted", h.addr, v)
	}
	flags := c.u8()
	prefix := 6
	if flags&0x20 != 0 {
		prefix += 16 // times
	}
	if flags&0x10 != 0 {
		prefix += 4 // numbers of attributes
	}
	c.skip(prefix - 6)
	width := 1 << (flags & 3)
	size := c.uint(width)
	if err := c.err(); err != nil {
		return err
	}
	prefix += width
	if size > maxBlock {
		return fmt.Errorf("object header at byte %d: %d bytes; up to %d are accepted", h.addr, size, maxBlock)
	}
	blocks := []span{{h.addr, uint64(prefix) + size + 4}}
	for i := 0; i < len(blocks); i++ {
		sign := "OHDR"
		if i > 0 {
			sign = "OCHK"
		}
		c, err := s.sealed("object header", sign, blocks[i].addr, blocks[i].size)
		if err != nil {
			return err
		}
		head := 4
		if flags&4 != 0 {
			head = 6 // with the order of creation
		}
		if i == 0 {
			c.skip(prefix - 4)
		}
		for len(c.b) >= head { // what is shorter is a gap
			kind, size, mflags := c.u8(), c.u16(), c.u8()
			c.skip(head - 4)
			if err := s.addMessage(h, &blocks, uint16(kind), mflags, c.sub("a message of an object header", uint64(size)), depth); err != nil {
				return err
			}
		}
		if err := c.err(); err != nil {
			return err
		}
	}
	return nil
}

// addMessage appends a message to the header, or a block to be read.
func (s *source) addMessage(h *header, blocks *[]span, kind uint16, flags uint8, body *cursor, depth int) error {
	switch {
	case body.bad:
		return body.err()
	case kind == msgContinuation:
		next := span{body.offset(), body.length()}
		for _, b := range *blocks {
			if b.addr == next.addr {
				return fmt.Errorf("object header at byte %d goes round in a circle", h.addr)
			}
		}
		if len(*blocks) == maxHeaderBlocks {
			return fmt.Errorf("object header at byte %d has more than %d parts", h.addr, maxHeaderBlocks)
		}
		*blocks = append(*blocks, next)
		return body.err()
	case flags&2 != 0:
		shared, err := s.sharedMessage(kind, body, depth)
		if err != nil {
			return err
		}
		body = shared
	}
	h.messages = append(h.messages, message{kind, body})
	return nil
}

// sharedMessage follows a reference to a message in another object's header, such as
// a named data type.
func (s *source) sharedMessage(kind uint16, c *cursor, depth int) (*cursor, error) {
	version, where := c.u8(), c.u8()
	switch version {
	case 1:
		c.skip(6)
	case 2:
	case 3:
		if where == 1 {
			return nil, errors.New("a message is shared in a heap of the file, which is not supported")
		}
	default:
		return nil, fmt.Errorf("shared message of version %d; 1 to 3 are accepted", version)
	}
	addr := c.offset()
	if err := c.err(); err != nil {
		return nil, err
	}
	if depth > 0 {
		return nil, errors.New("a shared message refers to a shared message")
	}
	h, err := s.readHeaderDepth(addr, depth+1)
	if err != nil {
		return nil, err
	}
	if body := h.get(kind); body != nil {
		return body, nil
	}
	return nil, fmt.Errorf("the object at byte %d lacks the message that another shares", addr)
}
