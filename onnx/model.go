package onnx

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"etalon/graph"
	"etalon/nn"
)

// The opsets that can be imported.
const (
	MinOpset = 7
	MaxOpset = 26
)

// maxBytes is the size of the files that are read, if Options do not tell another.
const maxBytes = 1 << 30

// Options of Load. The zero value loads all outputs but labels.
type Options struct {
	// Outputs names the outputs that are wanted; nil is all, but integers and texts
	// beside floating-point numbers, which are the labels of a classifier. What only
	// others need is not looked at, and may be unsupported.
	Outputs []string
	// Logits takes the operand of a last Sigmoid for each output, and the logarithms
	// instead of a last Softmax: see Model.Logits.
	Logits bool
	// MaxBytes is the largest file that is read; 0 means 1 GiB.
	MaxBytes int64
}

// Port is an input or output of a model.
type Port struct {
	Name string
	// Dims are the dimensions in the file without that of the batch, which is the
	// first. A row has Width features: its elements in row-major order.
	Dims  []int
	Width int
}

// String writes the port as name (N, …).
func (p Port) String() string { return p.Name + " " + shapeText(append([]int{batch}, p.Dims...)) }

// The last operations of an output that Options.Logits may leave out.
const (
	FinalSigmoid = "Sigmoid"
	FinalSoftmax = "Softmax"
)

// Model is an ONNX file that was understood as a whole: every node is supported. It is
// not changed by its methods.
type Model struct {
	Inputs, Outputs []Port
	// Final has, for each output, FinalSigmoid or FinalSoftmax where that is its last
	// operation, FinalProbabilities for others that are a dictionary of classes, and ""
	// otherwise. FinalSoftmax is also a pair (1 - σ(a), σ(a)), and the scores of a
	// classifier of ai.onnx.ml behind either. With Options.Logits the first two are what
	// was left out.
	Final []string
	// Params are the weights: every constant of the file with more than one element
	// that the computation uses, under its name in the file. Kernels of convolutions
	// are stored taps and channels by filters, "name:taps".
	Params   *nn.Params
	Opset    int               // version of the operators of ai.onnx
	Producer string            // what wrote the file
	Metadata map[string]string // metadata_props of the file

	raw    []byte            // the file
	nodes  []*nodeProto      // that are needed, in order
	consts map[string]*value // initialisers and what was made of constants
	elems  []int32           // of the inputs
	outs   []string          // values that the outputs are
	batch  int               // length of the batch where the file fixes it, or 0
}

// Load reads an ONNX file. Errors: what is no ONNX file, or not complete in itself; an
// operator, attribute or shape that is not supported, with the node's name.
func Load(path string, opt Options) (*Model, error) {
	limit := opt.MaxBytes
	if limit == 0 {
		limit = maxBytes
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("%s: it is no regular file of at most %d bytes", path, limit)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, err
	}
	m, err := Parse(data, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Parse is Load of the contents of a file, which the model keeps.
func Parse(data []byte, opt Options) (*Model, error) {
	p, err := decodeModel(data)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	m := &Model{Params: &nn.Params{}, Metadata: map[string]string{}, consts: map[string]*value{}, Producer: p.producer, raw: data}
	if err := m.header(p); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	if err := m.ports(p.graph, opt); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	if err := m.prepare(p.graph); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return m, nil
}

// header checks what stands around the graph.
func (m *Model) header(p *modelProto) error {
	if p.graph == nil || len(p.graph.nodes) == 0 && len(p.graph.outputs) == 0 {
		return fmt.Errorf("there is no graph; an ONNX model is accepted")
	}
	for _, o := range p.opsets {
		if o.domain == "" || o.domain == "ai.onnx" {
			m.Opset = int(min(max(o.version, 0), math.MaxInt32))
		}
	}
	if m.Opset < MinOpset || m.Opset > MaxOpset {
		return fmt.Errorf("opset %d; %d to %d are accepted", m.Opset, MinOpset, MaxOpset)
	}
	if p.graph.sparse > 0 {
		return fmt.Errorf("there are sparse initialisers, which are not supported")
	}
	for _, kv := range p.metadata {
		m.Metadata[kv[0]] = kv[1]
	}
	return nil
}

// ports finds inputs and outputs, and the nodes between them.
func (m *Model) ports(g *graphProto, opt Options) error {
	initial := map[string]bool{}
	for _, t := range g.initialisers {
		initial[t.name] = true
	}
	if opt.Outputs == nil {
		m.outs = wanted(g.outputs)
	} else {
		for _, name := range opt.Outputs {
			if !slices.ContainsFunc(g.outputs, func(o *valueInfo) bool { return o.name == name }) {
				return fmt.Errorf("there is no output %.80q; the file has %s", name, names(g.outputs))
			}
			m.outs = append(m.outs, name)
		}
	}
	if len(m.outs) == 0 {
		return fmt.Errorf("there is no output")
	}
	for _, name := range m.outs {
		m.Outputs = append(m.Outputs, Port{Name: name})
	}
	m.finals(g, opt.Logits)
	needed := map[string]bool{}
	for _, name := range m.outs {
		needed[name] = true
	}
	for i := len(g.nodes) - 1; i >= 0; i-- {
		n := g.nodes[i]
		if !slices.ContainsFunc(n.out, func(o string) bool { return o != "" && needed[o] }) {
			continue
		}
		n.reads(func(name string) { needed[name] = true })
		m.nodes = append(m.nodes, n)
	}
	slices.Reverse(m.nodes)
	for _, in := range g.inputs {
		if initial[in.name] || !needed[in.name] && len(g.inputs) > 1 {
			continue
		}
		p, err := m.input(in)
		if err != nil {
			return fmt.Errorf("input %.80q: %w", in.name, err)
		}
		m.Inputs = append(m.Inputs, p)
		m.elems = append(m.elems, in.elem)
	}
	if len(m.Inputs) == 0 {
		return fmt.Errorf("no input reaches the outputs; a map of latents or features is accepted")
	}
	for _, t := range g.initialisers {
		if !needed[t.name] {
			continue
		}
		v, err := decoded(t, t.name)
		if err != nil {
			return err
		}
		m.consts[t.name] = v
	}
	return nil
}

func names(list []*valueInfo) string {
	s := ""
	for i, v := range list {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%.80q", v.name)
	}
	return s
}

// input checks a declared input. Its first axis is the batch, whatever length the file
// gives it.
func (m *Model) input(in *valueInfo) (Port, error) {
	p := Port{Name: in.name, Width: 1}
	if !in.tensor || !in.shaped || len(in.dims) == 0 {
		return p, fmt.Errorf("it has no shape; a tensor whose first axis is the batch is accepted")
	}
	if !isFloat(in.elem) {
		return p, fmt.Errorf("elements of %s; floating-point numbers are accepted", elemName(in.elem))
	}
	if b := in.dims[0].value; b > 0 {
		if b > maxElements || m.batch > 0 && int64(m.batch) != b {
			return p, fmt.Errorf("the batch has the fixed length %d", b)
		}
		m.batch = int(b)
	}
	for i, d := range in.dims[1:] {
		if d.value < 1 || d.value > maxGather || p.Width*int(d.value) > maxGather {
			return p, fmt.Errorf("axis %d has length %d %s; all axes but the first must have a fixed length", i+1, d.value, d.param)
		}
		p.Dims = append(p.Dims, int(d.value))
		p.Width *= int(d.value)
	}
	return p, nil
}

// prepare lowers the model once, to see that it can be, to evaluate what is constant
// and to collect the parameters.
func (m *Model) prepare(g *graphProto) error {
	l := &lowering{opset: int64(m.Opset), g: graph.New(), params: m.Params, record: true, batch: m.batch}
	in := make([]*graph.Node, len(m.Inputs))
	for i, p := range m.Inputs {
		in[i] = l.g.Input(fmt.Sprint(i), p.Width)
	}
	out, err := m.lower(l, in)
	if err != nil {
		return err
	}
	for i, v := range out {
		m.Outputs[i].Width = v.size()
		m.Outputs[i].Dims = v.row()
	}
	return nil
}

// lower adds the model to a graph.
func (m *Model) lower(l *lowering, in []*graph.Node) ([]*value, error) {
	vals := map[string]*value{}
	for i, p := range m.Inputs {
		vals[p.Name] = &value{dims: append([]int{batch}, p.Dims...), elem: m.elems[i], node: in[i]}
	}
	l.gaps = slices.ContainsFunc(m.nodes, func(n *nodeProto) bool { return n.op == "Imputer" && n.domain == mlDomain })
	for _, n := range m.nodes {
		if err := m.node(l, n, vals); err != nil {
			return nil, err
		}
	}
	out := make([]*value, len(m.outs))
	for i, name := range m.outs {
		v := vals[name]
		if v == nil {
			v = m.consts[name]
		}
		if v == nil {
			return nil, fmt.Errorf("output %.80q is not computed", name)
		}
		if v.constant() || v.batchAxis() != 0 {
			return nil, fmt.Errorf("output %.80q has shape %s; a batch of rows, computed of the inputs, is accepted", name, v.shape())
		}
		x, err := l.widened(v)
		if err != nil {
			return nil, fmt.Errorf("output %.80q: %w", name, err)
		}
		out[i] = l.result(x, v.dims, v.elem)
	}
	return out, l.g.Err()
}

// node adds a node to a graph; vals has what was computed before.
func (m *Model) node(l *lowering, n *nodeProto, vals map[string]*value) error {
	if m.known(n) {
		return nil
	}
	ops := make([]*value, len(n.in))
	for i, name := range n.in {
		if name == "" {
			continue
		}
		if ops[i] = vals[name]; ops[i] == nil {
			ops[i] = m.consts[name]
		}
		if ops[i] == nil {
			return fmt.Errorf("%v: operand %.80q is not computed before it", n, name)
		}
	}
	var out []*value
	var err error
	if n.op == "If" && (n.domain == "" || n.domain == "ai.onnx") {
		out, err = m.branch(l, n, ops, vals)
	} else if out, err = l.apply(n, ops); err != nil {
		err = fmt.Errorf("%v: %w", n, err)
	}
	if err != nil {
		return err
	}
	for i, name := range n.out {
		if name == "" || i >= len(out) || out[i] == nil {
			continue // an error where it is used
		}
		if out[i].constant() {
			if out[i].name == "" {
				out[i].name = name
			}
			m.consts[name] = out[i]
			continue
		}
		vals[name] = out[i]
	}
	return nil
}

// known tells whether all outputs of a node are constants that were computed before.
func (m *Model) known(n *nodeProto) bool {
	for _, o := range n.out {
		if o != "" && m.consts[o] == nil {
			return false
		}
	}
	return true
}

// Build adds the model to the graph of its inputs, rows Inputs[i].Width, and returns its
// outputs, rows Outputs[i].Width. The names of the parameters start with prefix; Params
// has their values. It panics if the number of inputs is wrong.
func (m *Model) Build(prefix string, in ...*graph.Node) []*graph.Node {
	if len(in) != len(m.Inputs) {
		panic(fmt.Sprintf("onnx: %d inputs for a model of %d", len(in), len(m.Inputs)))
	}
	g := in[0].Graph
	x := make([]*graph.Node, len(in))
	for i, p := range m.Inputs {
		x[i] = graph.Split(in[i], p.Width)[0] // so that another width is the graph's error
	}
	if g.Err() != nil {
		return slices.Repeat(x[:1], len(m.Outputs))
	}
	defer g.Push("onnx")()
	l := &lowering{opset: int64(m.Opset), g: g, prefix: prefix, params: m.Params, batch: m.batch}
	vals, err := m.lower(l, x)
	out := make([]*graph.Node, len(m.Outputs))
	for i := range out {
		if err != nil {
			out[i] = g.Fail(err)
			continue
		}
		out[i] = vals[i].node
	}
	return out
}

// Bytes returns the contents of the file, which must not be changed.
func (m *Model) Bytes() []byte { return m.raw }

// Bind gives the parameters to a program that holds Build(prefix, …).
func (m *Model) Bind(b nn.Binder, prefix string) error { return m.Params.Bind(b, prefix) }
