package onnx

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"etalon/graph"
	"etalon/version"
)

// exportOpset and exportIR are of ONNX 1.12 (2022): new enough for all that is needed,
// old enough for every runtime in use.
const (
	exportOpset = 17
	exportIR    = 8
)

// Weights collects the values of parameters by name; it is an nn.Binder.
type Weights map[string][]float32

// Bind implements nn.Binder.
func (w Weights) Bind(name string, values []float32) error {
	w[name] = values
	return nil
}

// Export says what an ONNX file is to hold: the part of a graph that computes outputs
// of its inputs.
type Export struct {
	Name    string // of the graph
	Outputs []Output
	Weights Weights // of all shared tensors that the outputs need
	// Metadata are written as metadata_props, in the order of their keys.
	Metadata map[string]string
}

// Output names a row node as an output of the file.
type Output struct {
	Name string
	Node *graph.Node
}

// Encode writes the file: opset 17, all numbers float32, parameters and constants as
// initialisers. Inputs of the graph become inputs (N, width) of the same name, outputs
// (N, width). Errors: those of the graph; an operation that ONNX has not, by name: random
// numbers, the gradient of convolution weights; a parameter without values.
func (e Export) Encode() ([]byte, error) {
	if len(e.Outputs) == 0 || e.Outputs[0].Node == nil {
		return nil, errors.New("onnx: no output to export")
	}
	g := e.Outputs[0].Node.Graph
	if err := g.Err(); err != nil {
		return nil, err
	}
	x := &exporter{weights: e.Weights, names: map[*graph.Node]string{}, consts: map[string]string{}, used: map[string]bool{}}
	need := make([]bool, len(g.Nodes()))
	for _, o := range e.Outputs {
		if o.Node.Graph != g || !o.Node.Rows {
			return nil, fmt.Errorf("onnx: output %q is no row tensor of the graph", o.Name)
		}
		need[o.Node.ID] = true
		x.used[o.Name] = true
	}
	nodes := g.Nodes()
	var inputs []*graph.Node
	for i := len(nodes) - 1; i >= 0; i-- {
		if nodes[i].Op == graph.OpInput { // also one that nothing depends on
			need[i] = true
			x.used[nodes[i].Name] = true
			inputs = append(inputs, nodes[i])
		}
		if need[i] {
			for _, in := range nodes[i].In {
				need[in.ID] = true
			}
		}
	}
	slices.Reverse(inputs)
	if len(inputs) == 0 {
		return nil, errors.New("onnx: the graph to export has no input")
	}
	x.input = inputs[0].Name
	for _, in := range inputs {
		x.names[in] = in.Name
	}
	for i, n := range nodes {
		if need[i] && n.Op != graph.OpInput {
			if err := x.node(n); err != nil {
				return nil, fmt.Errorf("onnx: %v: %w", n, err)
			}
		}
	}
	for _, o := range e.Outputs {
		x.add("Identity", o.Name, []string{x.names[o.Node]})
	}
	return e.model(x, inputs), nil
}

// model puts the file together.
func (e Export) model(x *exporter, inputs []*graph.Node) []byte {
	body := x.nodes
	body.text(2, e.Name)
	body = append(body, x.initialisers...)
	for _, in := range inputs {
		body.bytes(11, encodePort(in.Name, in.Width()))
	}
	for _, o := range e.Outputs {
		body.bytes(12, encodePort(o.Name, o.Node.Width()))
	}
	var m, set message
	m.number(1, exportIR)
	m.text(2, "etalon")
	m.text(3, version.String())
	m.bytes(7, body)
	set.text(1, "")
	set.number(2, exportOpset)
	m.bytes(8, set)
	for _, k := range slices.Sorted(maps.Keys(e.Metadata)) {
		var p message
		p.text(1, k)
		p.text(2, e.Metadata[k])
		m.bytes(14, p)
	}
	return m
}

// exporter holds the file in the making.
type exporter struct {
	nodes, initialisers message // fields 1 and 5 of the GraphProto
	weights             Weights
	names               map[*graph.Node]string
	consts              map[string]string // constants by their contents
	used                map[string]bool   // names
	count               int
	input               string // one of the inputs
	rows                string // the length of the batch, once it is needed
}

// name makes a name of a value that is not taken.
func (x *exporter) name(like string) string {
	s := like
	for x.used[s] || s == "" {
		x.count++
		s = fmt.Sprintf("%s_%d", like, x.count)
	}
	x.used[s] = true
	return s
}

// add writes a node whose result has the given name, and returns that.
func (x *exporter) add(op, out string, in []string, attrs ...attr) string {
	x.nodes.bytes(1, encodeNode(op, out, in, []string{out}, attrs))
	return out
}

// step writes a node between the graph's.
func (x *exporter) step(op string, in []string, attrs ...attr) string {
	return x.add(op, x.name(op), in, attrs...)
}

// floats writes a constant, one for equal contents.
func (x *exporter) floats(shape []int, values ...float64) string {
	f := make([]float32, len(values))
	for i, v := range values {
		f[i] = float32(v)
	}
	key := fmt.Sprint(shape, f)
	if len(f) > 64 {
		key = ""
	}
	if s, ok := x.consts[key]; ok && key != "" {
		return s
	}
	s := x.name("const")
	x.consts[key] = s
	x.initialisers.bytes(5, encodeTensor(s, shape, f, nil))
	return s
}

// ints writes a vector of integers.
func (x *exporter) ints(values ...int) string {
	key := fmt.Sprint("ints", values)
	if s, ok := x.consts[key]; ok {
		return s
	}
	i := make([]int64, len(values))
	for j, v := range values {
		i[j] = int64(v)
	}
	s := x.name("ints")
	x.consts[key] = s
	x.initialisers.bytes(5, encodeTensor(s, []int{len(i)}, nil, i))
	return s
}
