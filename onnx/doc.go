// Package onnx turns ONNX files into graphs, and graphs into ONNX files.
//
// # Reading
//
// Load reads a network that was exported from PyTorch, Keras, scikit-learn or anything
// else that writes ONNX, opsets 7 to 26, and understands it as a whole or not at all: an
// operator, attribute or shape that is not supported is an error that names the node.
// Operators lists what is supported.
//
//	m, err := onnx.Load("decoder.onnx", onnx.Options{})
//	x := m.Build("decoder/", z)[0]     // nodes of the graph of z, with gradients
//	err = m.Bind(program, "decoder/")  // the file's weights
//
// The first axis of every input is the batch, whatever length the file gives it. The
// other axes must have fixed lengths. A row of the graph is one vector: the elements of
// an example in row-major order, as PyTorch's flatten(1) gives them. Operators that
// would mix rows, such as a mean over axis 0, are refused. Shapes that exporters compute
// (Shape, Gather, Concat, Reshape) are evaluated when the file is read; N stands for the
// length of the batch in them.
//
// A classifier's label beside its probabilities is left out unless Options names it, and
// a dictionary of classes is their columns. The condition of an If must be known when
// the file is read.
//
// Networks are read in inference form: BatchNormalization takes its running statistics,
// Dropout is the identity, and training mode is refused. Numbers are float32, whatever
// the file's type. Erf, and Gelu with it, has an absolute error of 2e-7.
//
// Constants with several elements are parameters, Model.Params, under their names in
// the file, so that they can be saved, replaced and differentiated. Within the graph
// the axes of images lie channel-last, where convolutions work; nothing is moved between
// layers that do not need it.
//
// # Writing
//
// Export writes any part of a graph that computes rows of rows: opset 17, float32
// initialisers, inputs and outputs named, any length of the batch ("N"). Every
// operation of package graph is written but random numbers, which must be inputs, and
// the gradient of convolution weights. What is written can be read again, and the
// tests hold both against ONNX Runtime.
//
// # Untrusted files
//
// Nothing that a file says of its sizes is believed before it is there. A file holds at
// most 1 GiB (Options), a row at most 2^22 features at a time and 2^27 in all
// intermediate values, and data in other files are refused.
package onnx
