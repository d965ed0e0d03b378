// Package graph is a static computation graph over rows of examples, with
// reverse-mode differentiation into more graph. It knows operations and shapes,
// never executes anything: engine/cpu compiles a graph and runs it in float32,
// engine/ref evaluates it plainly in float64.
//
// # Rows and shared tensors
//
// A row is one example. A tensor is either per row (its leading axis is the
// batch, whose length is not part of the graph; Node.Shape is the shape of one
// row) or shared by all rows (parameters, constants, sums over the batch).
// Operations act on each row by itself. Only SumRows, MeanRows, OuterSum and
// ConvOuterSum mix rows: they reduce the batch to a shared tensor. Hence a batch of any length
// can be cut into blocks that are evaluated independently.
//
// Rows are vectors, Shape = [d]. Shared tensors are vectors [d] or matrices
// [k, n]; a scalar is [1].
//
// A volume is a vector whose features are positions with the channels last; see
// ConvGeometry.
//
// # Broadcasting
//
// In an elementwise operation a shared operand meets every row, and an operand
// of one element meets every feature. Anything else must agree in shape.
//
// # Errors
//
// Building is written as plain expressions, so the first error sticks to the
// graph, as in bufio.Writer: operations on an invalid node return an invalid
// node, and Graph.Err (also returned by Grad and by every compiler) tells what
// was wrong and in which node.
//
// # Differentiation
//
// Grad adds the nodes that compute derivatives. The set of operations is closed
// under it, so gradients of gradients are ordinary graphs too.
package graph
