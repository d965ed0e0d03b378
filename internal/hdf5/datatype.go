package hdf5

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Class is the kind of a data type.
type Class int

// Classes of data types.
const (
	Unsupported Class = iota // times, references, opaque bytes, sequences, unusual floats
	Integer                  // also enumerations, by their numbers, and bit fields
	Float                    // IEEE 754 of 16, 32 or 64 bits
	String                   // of fixed length
	VarString                // of variable length
	Compound                 // named fields
)

// String returns the name of the class.
func (c Class) String() string {
	return [...]string{"unsupported", "integer", "float", "string", "string", "compound"}[c]
}

// Type is the type of the values of a data set.
type Type struct {
	Class  Class
	Size   int // bytes of a value, without Dims
	Signed bool
	Dims   []uint64 // of an array type; the values of an element
	Fields []Field  // of a compound

	order   binary.ByteOrder
	padding uint8 // of a string
	what    string
}

// Field is one member of a compound type.
type Field struct {
	Name   string
	Offset int
	Type   Type
}

// Numeric reports whether the values are numbers.
func (t *Type) Numeric() bool { return t.Class == Integer || t.Class == Float }

// String returns a short name like "float32" or "int64[4]".
func (t *Type) String() string {
	var s string
	switch t.Class {
	case Integer:
		s = fmt.Sprintf("int%d", 8*t.Size)
		if !t.Signed {
			s = "u" + s
		}
	case Float:
		s = fmt.Sprintf("float%d", 8*t.Size)
	case Unsupported:
		s = t.what
	default:
		s = t.Class.String()
	}
	for _, d := range t.Dims {
		s += fmt.Sprintf("[%d]", d)
	}
	return s
}

// elementSize returns the bytes of an element, all values of an array type together.
func (t *Type) elementSize() uint64 { return uint64(t.Size) * t.perElement() }

// perElement returns the number of values of an element.
func (t *Type) perElement() uint64 {
	n := uint64(1)
	for _, d := range t.Dims {
		n *= d
	}
	return n
}

const (
	maxTypeDepth = 8
	maxTypeSize  = 1 << 24
)

// parseType parses a data type message and takes its bytes from c.
func parseType(c *cursor, depth int) (*Type, error) {
	head := c.u8()
	bits := uint32(c.uint(3))
	size := c.u32()
	class, version := head&15, head>>4
	if err := c.err(); err != nil {
		return nil, err
	}
	switch {
	case depth > maxTypeDepth:
		return nil, fmt.Errorf("a data type is nested more than %d deep", maxTypeDepth)
	case version < 1 || version > 5:
		return nil, fmt.Errorf("data type of version %d; 1 to 5 are accepted", version)
	case size == 0 || size > maxTypeSize:
		return nil, fmt.Errorf("a data type of %d bytes; 1 to %d are accepted", size, maxTypeSize)
	}
	t := &Type{Size: int(size), order: binary.LittleEndian}
	if bits&1 != 0 && class != 9 {
		t.order = binary.BigEndian
	}
	var err error
	switch class {
	case 0, 4:
		err = t.integer(c, bits, class)
	case 1:
		t.float(c, bits)
	case 2:
		t.what = "a time"
		c.skip(2)
	case 3:
		t.Class, t.padding = String, uint8(bits&15)
	case 5:
		t.what = "opaque bytes"
		c.take(uint64(bits & 0xff))
	case 6:
		err = t.compound(c, int(bits&0xffff), version, depth)
	case 7:
		t.what = "a reference"
	case 8:
		err = t.enumeration(c, int(bits&0xffff), version, depth)
	case 9:
		t.what = "a sequence of variable length"
		if bits&15 == 1 {
			t.Class = VarString
		}
		_, err = parseType(c, depth+1)
	case 10:
		err = t.array(c, version, depth)
	default:
		return nil, fmt.Errorf("data type of class %d; 0 to 10 are accepted", class)
	}
	if err != nil {
		return nil, err
	}
	return t, c.err()
}

func (t *Type) integer(c *cursor, bits uint32, class uint8) error {
	offset, precision := c.u16(), c.u16()
	t.Class, t.Signed = Integer, bits&8 != 0 && class == 0
	if t.Size > 8 || t.Size&(t.Size-1) != 0 || offset != 0 || int(precision) != 8*t.Size {
		t.Class, t.what = Unsupported, fmt.Sprintf("an integer of %d bits in %d bytes", precision, t.Size)
	}
	return nil
}

func (t *Type) float(c *cursor, bits uint32) {
	offset, precision := c.u16(), c.u16()
	exponentAt, exponent, mantissaAt, mantissa := c.u8(), c.u8(), c.u8(), c.u8()
	bias := c.u32()
	type layout struct {
		precision          uint16
		exponentAt, expLen uint8
		mantissa           uint8
		bias               uint32
	}
	got := layout{precision, exponentAt, exponent, mantissa, bias}
	known := map[int]layout{2: {16, 10, 5, 10, 15}, 4: {32, 23, 8, 23, 127}, 8: {64, 52, 11, 52, 1023}}
	if want, ok := known[t.Size]; ok && got == want && offset == 0 && mantissaAt == 0 && bits&0x40 == 0 {
		t.Class = Float
		return
	}
	t.what = fmt.Sprintf("a float of %d bits in an unusual format", precision)
}

func (t *Type) compound(c *cursor, members int, version uint8, depth int) error {
	t.Class = Compound
	for range members {
		var f Field
		f.Name = typeName(c, version)
		if version >= 3 {
			width := 1
			for t.Size>>(8*width) != 0 {
				width++
			}
			f.Offset = int(c.uint(width))
		} else {
			f.Offset = int(c.u32())
		}
		var dims []uint64
		if version == 1 {
			rank := int(c.u8())
			c.skip(11)
			for i := range 4 {
				if d := c.u32(); i < rank {
					dims = append(dims, uint64(d))
				}
			}
		}
		ft, err := parseType(c, depth+1)
		if err != nil {
			return err
		}
		if len(dims) > 0 {
			ft.Dims = append(dims, ft.Dims...)
			if err := ft.checkArray(); err != nil {
				return err
			}
		}
		if uint64(f.Offset)+ft.elementSize() > uint64(t.Size) {
			return fmt.Errorf("field %.60q lies outside its compound of %d bytes", f.Name, t.Size)
		}
		f.Type = *ft
		t.Fields = append(t.Fields, f)
	}
	return nil
}

// typeName decodes a name in a data type, which older versions pad to eight bytes.
func typeName(c *cursor, version uint8) string {
	for i, b := range c.b {
		if b != 0 {
			continue
		}
		n := uint64(i + 1)
		if version < 3 {
			n = (n + 7) &^ 7
		}
		return c.text(n)
	}
	c.take(uint64(len(c.b)) + 1)
	return ""
}

// enumeration takes the type of the numbers behind the names.
func (t *Type) enumeration(c *cursor, members int, version uint8, depth int) error {
	base, err := parseType(c, depth+1)
	if err != nil {
		return err
	}
	if base.Size != t.Size {
		return fmt.Errorf("an enumeration of %d bytes on numbers of %d", t.Size, base.Size)
	}
	for range members {
		typeName(c, version)
		if c.bad {
			break
		}
	}
	c.take(uint64(members) * uint64(t.Size))
	*t = *base
	return nil
}

func (t *Type) array(c *cursor, version uint8, depth int) error {
	rank := int(c.u8())
	if version < 3 {
		c.skip(3)
	}
	if rank > maxRank {
		return fmt.Errorf("an array type of %d dimensions; up to %d are accepted", rank, maxRank)
	}
	var dims []uint64
	for range rank {
		dims = append(dims, uint64(c.u32()))
	}
	if version < 3 {
		c.skip(4 * rank)
	}
	base, err := parseType(c, depth+1)
	if err != nil {
		return err
	}
	size := t.Size
	*t = *base
	t.Dims = append(dims, base.Dims...)
	if err := t.checkArray(); err != nil {
		return err
	}
	if t.elementSize() != uint64(size) {
		return fmt.Errorf("an array type of %d bytes that should have %d", size, t.elementSize())
	}
	return nil
}

// checkArray bounds the size of an array type, so that products cannot overflow.
func (t *Type) checkArray() error {
	n := uint64(t.Size)
	for _, d := range t.Dims {
		if d == 0 || d > maxTypeSize/n {
			return fmt.Errorf("an array type of shape %d; 1 to %d bytes are accepted", t.Dims, maxTypeSize)
		}
		n *= d
	}
	return nil
}

// number decodes one value.
func (t *Type) number(b []byte) float64 {
	var u uint64
	switch t.Size {
	case 1:
		u = uint64(b[0])
	case 2:
		u = uint64(t.order.Uint16(b))
	case 4:
		u = uint64(t.order.Uint32(b))
	case 8:
		u = t.order.Uint64(b)
	}
	switch {
	case t.Class == Float && t.Size == 8:
		return math.Float64frombits(u)
	case t.Class == Float && t.Size == 4:
		return float64(math.Float32frombits(uint32(u)))
	case t.Class == Float:
		return half(uint16(u))
	case t.Signed:
		shift := 64 - 8*t.Size
		return float64(int64(u<<shift) >> shift)
	}
	return float64(u)
}

// half decodes a 16-bit float.
func half(u uint16) float64 {
	sign := 1.0
	if u>>15 != 0 {
		sign = -1
	}
	exponent, mantissa := int(u>>10&31), float64(u&1023)
	switch exponent {
	case 0:
		return sign * math.Ldexp(mantissa, -24)
	case 31:
		if mantissa != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+mantissa, exponent-25)
}

// convert decodes len(dst) values that stand stride bytes apart in groups of per
// values.
func convert[T float32 | float64](t *Type, dst []T, src []byte, per, stride int) {
	if t.Class == Float && t.Size == 4 && t.order == binary.LittleEndian && stride == 4*per {
		src = src[:4*len(dst)]
		for i := range dst {
			dst[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:])))
		}
		return
	}
	for i := 0; len(dst) > 0; i++ {
		e := src[i*stride:]
		n := min(per, len(dst))
		for j := range n {
			dst[j] = T(t.number(e[j*t.Size:]))
		}
		dst = dst[n:]
	}
}
