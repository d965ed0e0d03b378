package onnx

import (
	"fmt"
	"math"
	"strings"
	"unicode"
)

// The messages of onnx.proto, as far as they are needed. Field numbers stand beside
// the fields.

type modelProto struct {
	irVersion       int64       // 1
	producer        string      // 2
	producerVersion string      // 3
	graph           *graphProto // 7
	opsets          []opset     // 8
	metadata        [][2]string // 14
	functions       []string    // 25, their names
}

type opset struct {
	domain  string // 1
	version int64  // 2
}

type graphProto struct {
	nodes        []*nodeProto   // 1
	name         string         // 2
	initialisers []*tensorProto // 5
	inputs       []*valueInfo   // 11
	outputs      []*valueInfo   // 12
	sparse       int            // 15, how many
}

type nodeProto struct {
	in, out []string              // 1, 2
	name    string                // 3
	op      string                // 4
	attrs   map[string]*attribute // 5
	domain  string                // 7

	logarithm bool // of what stands last is wanted, not the result itself
}

// String names the node in errors.
func (n *nodeProto) String() string {
	name := n.name
	if name == "" && len(n.out) > 0 {
		name = n.out[0]
	}
	op := n.op
	if n.domain != "" && n.domain != "ai.onnx" {
		op = n.domain + "." + op
	}
	op = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, op)
	return fmt.Sprintf("node %.80q (%.80s)", name, op)
}

type attribute struct {
	name    string       // 1
	f       float64      // 2
	i       int64        // 3
	s       string       // 4
	t       *tensorProto // 5
	graph   *graphProto  // 6
	floats  []float64    // 7
	ints    []int64      // 8
	strings []string     // 9
	kind    int64        // 20
	ref     string       // 21
}

// The kinds of attributes.
const (
	attrFloat  = 1
	attrInt    = 2
	attrString = 3
	attrTensor = 4
	attrFloats = 6
	attrInts   = 7
)

// valueInfo is an input or output of the graph.
type valueInfo struct {
	name   string // 1
	elem   int32  // 2.1.1
	dims   []dim  // 2.1.2.1
	shaped bool   // there is a shape
	tensor bool   // it is a tensor
}

type dim struct {
	value int64  // 1; 0 where it is not known
	param string // 2
}

func decodeModel(b []byte) (*modelProto, error) {
	m := &modelProto{}
	err := eachField(b, func(v field) (err error) {
		var body []byte
		switch v.num {
		case 1:
			m.irVersion = int64(v.n)
		case 2:
			m.producer, err = v.text()
		case 3:
			m.producerVersion, err = v.text()
		case 7:
			if body, err = v.message(); err == nil {
				m.graph, err = decodeGraph(body, 0)
			}
		case 8:
			var o opset
			if body, err = v.message(); err == nil {
				o, err = decodeOpset(body)
			}
			m.opsets = append(m.opsets, o)
		case 14:
			var p [2]string
			if body, err = v.message(); err == nil {
				p, err = decodePair(body)
			}
			m.metadata = append(m.metadata, p)
		case 25:
			var name string
			if body, err = v.message(); err == nil {
				err = eachField(body, func(v field) (err error) {
					if v.num == 1 {
						name, err = v.text()
					}
					return err
				})
			}
			m.functions = append(m.functions, name)
		}
		return err
	})
	return m, err
}

func decodeOpset(b []byte) (o opset, err error) {
	err = eachField(b, func(v field) (err error) {
		switch v.num {
		case 1:
			o.domain, err = v.text()
		case 2:
			o.version = int64(v.n)
		}
		return err
	})
	return o, err
}

func decodePair(b []byte) (p [2]string, err error) {
	err = eachField(b, func(v field) (err error) {
		if v.num == 1 || v.num == 2 {
			p[v.num-1], err = v.text()
		}
		return err
	})
	return p, err
}

// maxNested bounds graphs within attributes of nodes of graphs.
const maxNested = 8

func decodeGraph(b []byte, depth int) (*graphProto, error) {
	g := &graphProto{}
	if depth > maxNested {
		return nil, fmt.Errorf("graphs within graphs are nested more than %d deep", maxNested)
	}
	err := eachField(b, func(v field) (err error) {
		var body []byte
		switch v.num {
		case 2:
			g.name, err = v.text()
			return err
		case 15:
			g.sparse++
			return nil
		case 1, 5, 11, 12:
			if body, err = v.message(); err != nil {
				return err
			}
		}
		switch v.num {
		case 1:
			var n *nodeProto
			n, err = decodeNode(body, depth)
			g.nodes = append(g.nodes, n)
		case 5:
			var t *tensorProto
			t, err = decodeTensor(body)
			g.initialisers = append(g.initialisers, t)
		case 11, 12:
			var i *valueInfo
			i, err = decodeValueInfo(body)
			if v.num == 11 {
				g.inputs = append(g.inputs, i)
			} else {
				g.outputs = append(g.outputs, i)
			}
		}
		return err
	})
	return g, err
}

func decodeNode(b []byte, depth int) (*nodeProto, error) {
	n := &nodeProto{attrs: map[string]*attribute{}}
	err := eachField(b, func(v field) (err error) {
		var s string
		switch v.num {
		case 1:
			s, err = v.text()
			n.in = append(n.in, s)
		case 2:
			s, err = v.text()
			n.out = append(n.out, s)
		case 3:
			n.name, err = v.text()
		case 4:
			n.op, err = v.text()
		case 7:
			n.domain, err = v.text()
		case 5:
			var body []byte
			if body, err = v.message(); err != nil {
				return err
			}
			a, err := decodeAttribute(body, depth)
			if err != nil {
				return err
			}
			n.attrs[a.name] = a
		}
		return err
	})
	return n, err
}

func decodeAttribute(b []byte, depth int) (*attribute, error) {
	a := &attribute{}
	err := eachField(b, func(v field) (err error) {
		var body []byte
		switch v.num {
		case 1:
			a.name, err = v.text()
		case 2:
			a.f = float64(math.Float32frombits(uint32(v.n)))
		case 3:
			a.i = int64(v.n)
		case 4:
			a.s, err = v.text()
		case 5:
			if body, err = v.message(); err == nil {
				a.t, err = decodeTensor(body)
			}
		case 6:
			if body, err = v.message(); err == nil {
				a.graph, err = decodeGraph(body, depth+1)
			}
		case 7:
			a.floats, err = v.floats(a.floats)
		case 8:
			a.ints, err = v.ints(a.ints)
		case 9:
			var s string
			s, err = v.text()
			a.strings = append(a.strings, s)
		case 20:
			a.kind = int64(v.n)
		case 21:
			a.ref, err = v.text()
		}
		return err
	})
	return a, err
}

func decodeValueInfo(b []byte) (*valueInfo, error) {
	i := &valueInfo{}
	// within enters a nested message.
	within := func(v field, f func(field) error) error {
		body, err := v.message()
		if err != nil {
			return err
		}
		return eachField(body, f)
	}
	dims := func(v field) error {
		if v.num != 1 {
			return nil
		}
		var d dim
		err := within(v, func(v field) (err error) {
			switch v.num {
			case 1:
				d.value = int64(v.n)
			case 2:
				d.param, err = v.text()
			}
			return err
		})
		i.dims = append(i.dims, d)
		return err
	}
	tensor := func(v field) error {
		switch v.num {
		case 1:
			i.elem = int32(v.n)
		case 2:
			i.shaped = true
			return within(v, dims)
		}
		return nil
	}
	err := eachField(b, func(v field) (err error) {
		switch v.num {
		case 1:
			i.name, err = v.text()
		case 2:
			err = within(v, func(v field) error {
				if v.num == 1 {
					i.tensor = true
					return within(v, tensor)
				}
				return nil
			})
		}
		return err
	})
	return i, err
}
