package graph

import (
	"errors"
	"fmt"
	"strings"
)

// Graph holds nodes in the order in which they were built, which is a
// topological order. The zero value is not usable; see New.
type Graph struct {
	nodes []*Node
	err   error
	scope []string
	names map[string]*Node // inputs and shared tensors by name
}

// Node is one value of the graph. Its fields are set when it is built and must
// not be changed.
type Node struct {
	Graph *Graph
	ID    int     // position in Graph.Nodes
	Op    Op      // how the value arises
	In    []*Node // operands
	Rows  bool    // per row, otherwise shared
	Shape []int   // of one row, or of the shared tensor
	Name  string  // unique; given by the caller or made of scope, op and ID
	Attr  Attr
}

// Attr holds what an operation needs beside its operands.
type Attr struct {
	Alpha        float64       // slope of OpLeaky and OpLeakyMask
	Lo, Hi       int           // columns of OpSlice; first column of OpPad
	Perm         []int         // OpPermute
	Trans        bool          // OpMatMul: multiply by the transpose
	Conv         *ConvGeometry // OpConv, OpConvT, OpConvOuter
	Outer, Inner int           // OpRepeat, OpSumRepeats
	Data         []float64     // OpConst, row-major
	Stream       string        // name of the random stream
}

// ErrShape is wrapped by every error that concerns shapes.
var ErrShape = errors.New("shapes do not fit")

// New returns an empty graph.
func New() *Graph { return &Graph{names: map[string]*Node{}} }

// Err returns the first error made while building, or nil.
func (g *Graph) Err() error { return g.err }

// Nodes returns all nodes in topological order. The slice must not be changed.
func (g *Graph) Nodes() []*Node { return g.nodes }

// Lookup returns the input or shared tensor of that name, or nil.
func (g *Graph) Lookup(name string) *Node { return g.names[name] }

// Push opens a naming scope until the returned function is called: nodes built
// inside are named "scope/…", which is what errors print.
func (g *Graph) Push(scope string) (pop func()) {
	g.scope = append(g.scope, scope)
	n := len(g.scope)
	return func() { g.scope = g.scope[:n-1] }
}

// Size is the number of elements of one row, or of the shared tensor.
func (n *Node) Size() int {
	s := 1
	for _, d := range n.Shape {
		s *= d
	}
	return s
}

// Width is the number of features of a row tensor or the length of a shared vector.
func (n *Node) Width() int { return n.Shape[len(n.Shape)-1] }

// Scalar reports whether the tensor has one element (per row).
func (n *Node) Scalar() bool { return n.Size() == 1 }

// String describes the node with its kind and shape, for error messages.
func (n *Node) String() string {
	if n == nil {
		return "nil node"
	}
	kind := "shared"
	if n.Rows {
		kind = "rows"
	}
	dims := make([]string, len(n.Shape))
	for i, d := range n.Shape {
		dims[i] = fmt.Sprint(d)
	}
	return fmt.Sprintf("%s (%s %s)", n.Name, kind, strings.Join(dims, "×"))
}

// add appends a node. The caller has checked shapes.
func (g *Graph) add(op Op, rows bool, shape []int, attr Attr, in ...*Node) *Node {
	n := &Node{Graph: g, ID: len(g.nodes), Op: op, In: in, Rows: rows, Shape: shape, Attr: attr}
	n.Name = g.path(fmt.Sprintf("%s#%d", op, n.ID))
	g.nodes = append(g.nodes, n)
	return n
}

func (g *Graph) path(name string) string {
	if len(g.scope) == 0 {
		return name
	}
	return strings.Join(g.scope, "/") + "/" + name
}

// fail records the first error and returns an invalid node.
func (g *Graph) fail(op Op, format string, args ...any) *Node {
	if g.err == nil {
		g.err = fmt.Errorf("graph: %s: %w", g.path(fmt.Sprintf("%s#%d", op, len(g.nodes))), fmt.Errorf(format, args...))
	}
	return invalid(g)
}

// Fail records an error of a builder outside of this package, unless there is one
// already, and returns an invalid node.
func (g *Graph) Fail(err error) *Node {
	if g.err == nil {
		g.err = fmt.Errorf("graph: %s: %w", g.path("builder"), err)
	}
	return invalid(g)
}

func invalid(g *Graph) *Node {
	return &Node{Graph: g, ID: -1, Op: OpInvalid, Shape: []int{1}, Name: "invalid"}
}

// shapeError is fail with ErrShape.
func (g *Graph) shapeError(op Op, format string, args ...any) *Node {
	return g.fail(op, "%w: %s", ErrShape, fmt.Sprintf(format, args...))
}

// operands finds the graph of the operands and checks that they are valid nodes
// of one graph. On failure it returns an invalid node.
func operands(op Op, in ...*Node) (*Graph, *Node) {
	var g *Graph
	for _, n := range in {
		if n != nil {
			g = n.Graph
			break
		}
	}
	if g == nil {
		panic("graph: " + op.String() + ": all operands are nil")
	}
	for i, n := range in {
		switch {
		case n == nil:
			return g, g.fail(op, "operand %d is nil", i)
		case n.Op == OpInvalid:
			return g, g.fail(op, "operand %d is invalid", i)
		case n.Graph != g:
			return g, g.fail(op, "operand %d, %v, belongs to another graph", i, n)
		}
	}
	return g, nil
}
