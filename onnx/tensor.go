package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The element types of tensors (TensorProto.DataType).
const (
	elemFloat    = 1
	elemUint8    = 2
	elemInt8     = 3
	elemUint16   = 4
	elemInt16    = 5
	elemInt32    = 6
	elemInt64    = 7
	elemString   = 8
	elemBool     = 9
	elemFloat16  = 10
	elemDouble   = 11
	elemUint32   = 12
	elemUint64   = 13
	elemBfloat16 = 16
)

var elemNames = map[int32]string{
	elemFloat: "float32", elemUint8: "uint8", elemInt8: "int8", elemUint16: "uint16", elemInt16: "int16", elemInt32: "int32",
	elemInt64: "int64", elemString: "string", elemBool: "bool", elemFloat16: "float16", elemDouble: "float64", elemUint32: "uint32",
	elemUint64: "uint64", elemBfloat16: "bfloat16",
}

func elemName(e int32) string {
	if s, ok := elemNames[e]; ok {
		return s
	}
	return fmt.Sprintf("type %d", e)
}

func isFloat(e int32) bool {
	return e == elemFloat || e == elemDouble || e == elemFloat16 || e == elemBfloat16
}

// tensorProto is a stored tensor, not yet decoded.
type tensorProto struct {
	dims     []int64 // 1
	elem     int32   // 2
	name     string  // 8
	raw      []byte  // 9
	typed    []field // 4, 5, 7, 10, 11: as they came
	external bool    // 13 or 14: the data are in another file
	segment  bool    // 3
}

func decodeTensor(b []byte) (*tensorProto, error) {
	t := &tensorProto{}
	err := eachField(b, func(v field) (err error) {
		switch v.num {
		case 1:
			t.dims, err = v.ints(t.dims)
		case 2:
			t.elem = int32(v.n)
		case 3:
			t.segment = true
		case 4, 5, 7, 10, 11:
			t.typed = append(t.typed, v)
		case 8:
			t.name, err = v.text()
		case 9:
			t.raw, err = v.message()
		case 13:
			t.external = true
		case 14:
			t.external = t.external || v.n == 1
		}
		return err
	})
	return t, err
}

// maxElements bounds a tensor.
const maxElements = 1 << 28

// shape returns the dimensions and the number of elements, both checked.
func (t *tensorProto) shape() (dims []int, size int, err error) {
	size = 1
	for _, d := range t.dims {
		if d < 0 || d > maxElements || int64(size)*d > maxElements {
			return nil, 0, fmt.Errorf("shape %v; at most %d elements are accepted", t.dims, maxElements)
		}
		size *= int(d)
		dims = append(dims, int(d))
	}
	return dims, size, nil
}

// values decodes the elements. Numbers of all types become float64.
func (t *tensorProto) values() (dims []int, data []float64, err error) {
	switch {
	case t.external:
		return nil, nil, fmt.Errorf("its data are in another file; only data inside of the ONNX file are accepted (onnx.save(…, save_as_external_data=False))")
	case t.segment:
		return nil, nil, fmt.Errorf("it is stored in segments, which are not accepted")
	}
	dims, size, err := t.shape()
	if err != nil {
		return nil, nil, err
	}
	if t.raw != nil {
		data, err = decodeRaw(t.raw, t.elem, size)
	} else {
		data, err = t.decodeTyped(size)
	}
	if err == nil && len(data) != size {
		err = fmt.Errorf("%d elements for shape %v", len(data), t.dims)
	}
	return dims, data, err
}

func decodeRaw(raw []byte, elem int32, size int) ([]float64, error) {
	width, read := rawReader(elem)
	if read == nil {
		return nil, fmt.Errorf("elements of %s; float32, float64, float16, bfloat16, bool and integers are accepted", elemName(elem))
	}
	if len(raw) != size*width {
		return nil, fmt.Errorf("%d bytes of data for %d elements of %s", len(raw), size, elemName(elem))
	}
	data := make([]float64, size)
	for i := range data {
		data[i] = read(raw[i*width:])
	}
	return data, nil
}

func rawReader(elem int32) (width int, read func([]byte) float64) {
	le := binary.LittleEndian
	switch elem {
	case elemFloat:
		return 4, func(b []byte) float64 { return float64(math.Float32frombits(le.Uint32(b))) }
	case elemDouble:
		return 8, func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) }
	case elemFloat16:
		return 2, func(b []byte) float64 { return float16(le.Uint16(b)) }
	case elemBfloat16:
		return 2, func(b []byte) float64 { return bfloat16(le.Uint16(b)) }
	case elemUint8, elemBool:
		return 1, func(b []byte) float64 { return float64(b[0]) }
	case elemInt8:
		return 1, func(b []byte) float64 { return float64(int8(b[0])) }
	case elemUint16:
		return 2, func(b []byte) float64 { return float64(le.Uint16(b)) }
	case elemInt16:
		return 2, func(b []byte) float64 { return float64(int16(le.Uint16(b))) }
	case elemInt32:
		return 4, func(b []byte) float64 { return float64(int32(le.Uint32(b))) }
	case elemUint32:
		return 4, func(b []byte) float64 { return float64(le.Uint32(b)) }
	case elemInt64:
		return 8, func(b []byte) float64 { return float64(int64(le.Uint64(b))) }
	case elemUint64:
		return 8, func(b []byte) float64 { return float64(le.Uint64(b)) }
	}
	return 0, nil
}

// decodeTyped reads the elements from the field of their type.
func (t *tensorProto) decodeTyped(size int) ([]float64, error) {
	var data []float64
	var ints []int64
	var err error
	for _, v := range t.typed {
		ints = ints[:0]
		switch {
		case v.num == 4 && t.elem == elemFloat:
			data, err = v.floats(data)
		case v.num == 10 && t.elem == elemDouble:
			data, err = v.doubles(data)
		case v.num == 7 && t.elem == elemInt64, v.num == 11 && (t.elem == elemUint32 || t.elem == elemUint64):
			ints, err = v.ints(ints)
			for _, i := range ints {
				data = append(data, float64(i))
			}
		case v.num == 5 && t.elem != elemFloat && t.elem != elemDouble:
			ints, err = v.ints(ints)
			for _, i := range ints {
				switch t.elem {
				case elemFloat16:
					data = append(data, float16(uint16(i)))
				case elemBfloat16:
					data = append(data, bfloat16(uint16(i)))
				default:
					data = append(data, float64(int32(i)))
				}
			}
		default:
			err = fmt.Errorf("elements of %s in field %d", elemName(t.elem), v.num)
		}
		if err == nil && len(data) > size {
			err = fmt.Errorf("more than %d elements for shape %v", size, t.dims)
		}
		if err != nil {
			return nil, err
		}
	}
	if t.elem == elemString {
		return nil, fmt.Errorf("elements of string; numbers are accepted")
	}
	return data, nil
}

// float16 decodes an IEEE half-precision number.
func float16(h uint16) float64 {
	sign := 1.0
	if h>>15 == 1 {
		sign = -1
	}
	exp, frac := int(h>>10&31), float64(h&1023)
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

func bfloat16(h uint16) float64 { return float64(math.Float32frombits(uint32(h) << 16)) }
