package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The .npy format is NumPy Enhancement Proposal 1: a magic string, a version,
// the length of the header, and the header: a Python dictionary literal with
// the keys 'descr', 'fortran_order' and 'shape', then the values.

const npyMagic = "\x93NUMPY"

// maxHeader bounds the header's length; a header of a plain array has about a
// hundred bytes.
const maxHeader = 1 << 16

// npyHeader is what a header says.
type npyHeader struct {
	order   binary.ByteOrder
	kind    byte // 'f', 'i' or 'u'
	size    int  // bytes of a value
	fortran bool
	shape   []uint64
	length  int64 // bytes before the values
}

// readNPYHeader reads up to the first value. size is the size of the whole
// file.
func readNPYHeader(r io.Reader, size int64) (*npyHeader, error) {
	var pre [12]byte
	n, err := io.ReadFull(r, pre[:8])
	if string(pre[:min(n, 6)]) != npyMagic[:min(n, 6)] {
		return nil, fmt.Errorf("not a NumPy file: it begins with %q", pre[:n])
	}
	if err != nil {
		return nil, err
	}
	major, minor := pre[6], pre[7]
	if major < 1 || major > 3 || minor != 0 {
		return nil, fmt.Errorf("NumPy format version %d.%d; 1.0, 2.0 and 3.0 are accepted", major, minor)
	}
	head := 10
	if major > 1 {
		head = 12
	}
	if _, err := io.ReadFull(r, pre[8:head]); err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint16(pre[8:]))
	if major > 1 {
		length = int64(binary.LittleEndian.Uint32(pre[8:]))
	}
	if length > maxHeader {
		return nil, fmt.Errorf("NumPy header of %d bytes; up to %d are accepted", length, maxHeader)
	}
	if int64(head)+length > size {
		return nil, errors.New("the file ends within the NumPy header")
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	h, err := parseNPYHeader(string(text))
	if err != nil {
		return nil, fmt.Errorf("NumPy header: %w", err)
	}
	h.length = int64(head) + length
	return h, nil
}

// parseNPYHeader parses the dictionary. It accepts what NumPy writes for plain
// arrays, with free white space and order of keys.
func parseNPYHeader(text string) (*npyHeader, error) {
	p := &literal{text: text}
	h := &npyHeader{}
	seen := map[string]bool{}
	if err := p.expect('{'); err != nil {
		return nil, err
	}
	for !p.accept('}') {
		key, err := p.str()
		if err != nil {
			return nil, err
		}
		if seen[key] {
			return nil, fmt.Errorf("key %q appears twice", key)
		}
		seen[key] = true
		if err := p.expect(':'); err != nil {
			return nil, err
		}
		switch key {
		case "descr":
			err = p.descr(h)
		case "fortran_order":
			h.fortran, err = p.boolean()
		case "shape":
			h.shape, err = p.tuple()
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return nil, err
		}
		if !p.accept(',') {
			if err := p.expect('}'); err != nil {
				return nil, err
			}
			break
		}
	}
	if p.skip(); p.text != "" {
		return nil, fmt.Errorf("unexpected %q after the dictionary", clip(p.text))
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return nil, fmt.Errorf("key %q is missing", key)
		}
	}
	return h, nil
}

// setType sets the type of the values from NumPy's code for it.
func (h *npyHeader) setType(code string) error {
	if len(code) >= 2 && code[1] == 'O' {
		return errors.New("the array holds Python objects; float32, float64 and integers are accepted")
	}
	refuse := fmt.Errorf("values of type %q; float32, float64 and integers are accepted", clip(code))
	if len(code) != 3 {
		return refuse
	}
	h.kind, h.size = code[1], int(code[2]-'0')
	switch code[0] {
	case '<':
		h.order = binary.LittleEndian
	case '>':
		h.order = binary.BigEndian
	case '|':
		h.order = binary.LittleEndian
		if h.size != 1 {
			return refuse
		}
	default:
		return refuse
	}
	switch code[1:] {
	case "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8":
		return nil
	}
	return refuse
}

// literal is the rest of a Python literal that is being parsed.
type literal struct{ text string }

func (p *literal) skip() { p.text = strings.TrimLeft(p.text, " \t\r\n") }

func (p *literal) accept(c byte) bool {
	p.skip()
	if p.text == "" || p.text[0] != c {
		return false
	}
	p.text = p.text[1:]
	return true
}

func (p *literal) expect(c byte) error {
	if p.accept(c) {
		return nil
	}
	if p.text == "" {
		return fmt.Errorf("it ends where %q is expected", c)
	}
	return fmt.Errorf("found %q where %q is expected", clip(p.text), c)
}

func (p *literal) str() (string, error) {
	p.skip()
	if p.text == "" || p.text[0] != '\'' && p.text[0] != '"' {
		return "", fmt.Errorf("found %q where a string is expected", clip(p.text))
	}
	end := strings.IndexByte(p.text[1:], p.text[0])
	if end < 0 {
		return "", errors.New("a string does not end")
	}
	s := p.text[1 : end+1]
	if strings.Contains(s, `\`) {
		return "", fmt.Errorf("escape sequence in %q", clip(s))
	}
	p.text = p.text[end+2:]
	return s, nil
}

func (p *literal) boolean() (bool, error) {
	p.skip()
	for word, value := range map[string]bool{"True": true, "False": false} {
		if rest, ok := strings.CutPrefix(p.text, word); ok {
			p.text = rest
			return value, nil
		}
	}
	return false, fmt.Errorf("found %q where True or False is expected", clip(p.text))
}

// tuple parses a tuple of non-negative integers; Python 2 wrote 5L for 5.
func (p *literal) tuple() ([]uint64, error) {
	if err := p.expect('('); err != nil {
		return nil, err
	}
	dims := []uint64{}
	for !p.accept(')') {
		p.skip()
		digits := p.text[:len(p.text)-len(strings.TrimLeft(p.text, "0123456789"))]
		n, err := strconv.ParseUint(digits, 10, 63)
		if err != nil {
			return nil, fmt.Errorf("found %q where an array's length is expected", clip(p.text))
		}
		dims = append(dims, n)
		p.text = strings.TrimPrefix(p.text[len(digits):], "L")
		if p.accept(',') {
			continue
		}
		if err := p.expect(')'); err != nil {
			return nil, err
		}
		if len(dims) == 1 {
			return nil, errors.New("the shape is not a tuple; (n,) has a comma")
		}
		break
	}
	return dims, nil
}

func (p *literal) descr(h *npyHeader) error {
	if p.accept('[') {
		return errors.New("the array is structured (named fields); plain float32, float64 and integers are accepted")
	}
	code, err := p.str()
	if err != nil {
		return err
	}
	return h.setType(code)
}

// clip shortens a text that is quoted in an error.
func clip(s string) string {
	if len(s) > 24 {
		return s[:24] + "..."
	}
	return s
}
