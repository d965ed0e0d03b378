package onnx

import (
	"encoding/binary"
	"strings"
	"testing"
)

// Graphs within graphs: a file that nests them deeply is refused before the stack is.
func TestNestedGraphs(t *testing.T) {
	wrap := func(num byte, b []byte) []byte {
		head := binary.AppendUvarint([]byte{num<<3 | 2}, uint64(len(b)))
		return append(head, b...)
	}
	nested := func(depth int) []byte {
		graph := wrap(2, []byte("g")) // its name
		for range depth {
			graph = wrap(1, wrap(5, wrap(6, graph))) // node, attribute, graph
		}
		return wrap(7, graph)
	}
	if _, err := decodeModel(nested(maxNested)); err != nil {
		t.Errorf("%d deep: %v", maxNested, err)
	}
	for _, depth := range []int{maxNested + 1, 5000} {
		if _, err := decodeModel(nested(depth)); err == nil || !strings.Contains(err.Error(), "nested more than 8 deep") {
			t.Errorf("%d deep: %v", depth, err)
		}
	}
}
