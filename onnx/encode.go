package onnx

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message builds a protobuf message.
type message []byte

func (m *message) number(field protowire.Number, v int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
}

func (m *message) bytes(field protowire.Number, b []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), b)
}

func (m *message) text(field protowire.Number, s string) { m.bytes(field, []byte(s)) }

func (m *message) float(field protowire.Number, v float64) {
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, field, protowire.Fixed32Type), math.Float32bits(float32(v)))
}

// encodeTensor is a TensorProto of float32 or int64.
func encodeTensor(name string, dims []int, f []float32, i []int64) message {
	var m message
	for _, d := range dims {
		m.number(1, int64(d))
	}
	elem, raw := int64(elemInt64), make([]byte, 0, 4*len(f)+8*len(i))
	if i == nil {
		elem = elemFloat
	}
	m.number(2, elem)
	m.text(8, name)
	for _, v := range f {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	for _, v := range i {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	m.bytes(9, raw)
	return m
}

// attr is an attribute of a node to be written: an int64, a float64 or []int64.
type attr struct {
	name  string
	value any
}

func (a attr) encode() message {
	var m message
	m.text(1, a.name)
	kind := int64(0)
	switch v := a.value.(type) {
	case float64:
		m.float(2, v)
		kind = attrFloat
	case int:
		m.number(3, int64(v))
		kind = attrInt
	case []int64:
		for _, i := range v {
			m.number(8, i)
		}
		kind = attrInts
	}
	m.number(20, kind)
	return m
}

func encodeNode(op, name string, in, out []string, attrs []attr) message {
	var m message
	for _, s := range in {
		m.text(1, s)
	}
	for _, s := range out {
		m.text(2, s)
	}
	m.text(3, name)
	m.text(4, op)
	for _, a := range attrs {
		m.bytes(5, a.encode())
	}
	return m
}

// encodePort is the ValueInfoProto of float32 rows (N, width).
func encodePort(name string, width int) message {
	var rows, features, shape, tensor, typ, m message
	rows.text(2, "N")
	features.number(1, int64(width))
	shape.bytes(1, rows)
	shape.bytes(1, features)
	tensor.number(1, elemFloat)
	tensor.bytes(2, shape)
	typ.bytes(1, tensor)
	m.text(1, name)
	m.bytes(2, typ)
	return m
}
