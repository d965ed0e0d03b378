package onnx

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a protobuf message: bytes of a length-delimited one, or the
// number of any other.
type field struct {
	num   protowire.Number
	typ   protowire.Type
	bytes []byte
	n     uint64
}

// eachField calls f for every field of a message. Nothing is copied, and no more is
// read than is there.
func eachField(msg []byte, f func(field) error) error {
	for len(msg) > 0 {
		num, typ, n := protowire.ConsumeTag(msg)
		if n < 0 {
			return fmt.Errorf("no protobuf message: %w", protowire.ParseError(n))
		}
		msg = msg[n:]
		v := field{num: num, typ: typ}
		switch typ {
		case protowire.VarintType:
			v.n, n = protowire.ConsumeVarint(msg)
		case protowire.Fixed32Type:
			var u uint32
			u, n = protowire.ConsumeFixed32(msg)
			v.n = uint64(u)
		case protowire.Fixed64Type:
			v.n, n = protowire.ConsumeFixed64(msg)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(msg)
		default:
			n = protowire.ConsumeFieldValue(num, typ, msg)
		}
		if n < 0 {
			return fmt.Errorf("field %d: %w", num, protowire.ParseError(n))
		}
		msg = msg[n:]
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

// message returns the bytes of a field that must be length-delimited.
func (v field) message() ([]byte, error) {
	if v.typ != protowire.BytesType {
		return nil, fmt.Errorf("field %d has wire type %d; a message or text is accepted", v.num, v.typ)
	}
	return v.bytes, nil
}

// text returns a string field.
func (v field) text() (string, error) {
	b, err := v.message()
	return string(b), err
}

// ints appends the numbers of a repeated integer field, packed or not.
func (v field) ints(dst []int64) ([]int64, error) {
	if v.typ == protowire.VarintType {
		return append(dst, int64(v.n)), nil
	}
	b, err := v.message()
	for len(b) > 0 && err == nil {
		u, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return dst, fmt.Errorf("field %d: %w", v.num, protowire.ParseError(n))
		}
		dst, b = append(dst, int64(u)), b[n:]
	}
	return dst, err
}

// floats appends the numbers of a repeated float field, packed or not.
func (v field) floats(dst []float64) ([]float64, error) {
	if v.typ == protowire.Fixed32Type {
		return append(dst, float64(math.Float32frombits(uint32(v.n)))), nil
	}
	b, err := v.message()
	for len(b) > 0 && err == nil {
		u, n := protowire.ConsumeFixed32(b)
		if n < 0 {
			return dst, fmt.Errorf("field %d: %w", v.num, protowire.ParseError(n))
		}
		dst, b = append(dst, float64(math.Float32frombits(u))), b[n:]
	}
	return dst, err
}

// doubles appends the numbers of a repeated double field, packed or not.
func (v field) doubles(dst []float64) ([]float64, error) {
	if v.typ == protowire.Fixed64Type {
		return append(dst, math.Float64frombits(v.n)), nil
	}
	b, err := v.message()
	for len(b) > 0 && err == nil {
		u, n := protowire.ConsumeFixed64(b)
		if n < 0 {
			return dst, fmt.Errorf("field %d: %w", v.num, protowire.ParseError(n))
		}
		dst, b = append(dst, math.Float64frombits(u)), b[n:]
	}
	return dst, err
}
